// Command tabletop rehearses DNIF workbooks offline: it runs their blocks over
// event files on this machine, shows what would be blocked and why, and records
// every block in an append-only audit. Only apply sends, and only a plan that was
// reviewed.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"tabletop/workbook/source"
)

// The exit codes, the same for every command.
const (
	exitDone        = 0
	exitFailed      = 1   // failed while running
	exitNothingRan  = 2   // bad flags, bad workbook, bad configuration
	exitNotHeld     = 3   // what was checked does not hold
	exitRefused     = 4   // refused: a plan that changed, caps, disabled
	exitInterrupted = 130 // interrupted
)

func main() {
	// A reader that goes away, as head does, must not end the process before the
	// record is whole; nor must whoever ends it kindly.
	signal.Ignore(syscall.SIGPIPE)
	// Most of what is allocated lives as long as the command, so collecting often
	// costs more than the memory that it saves.
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
	// net/http writes there what a vendor says out of turn, secrets and all.
	log.SetOutput(io.Discard)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// A failure is an error that carries the code to exit with. A nil error was
// told to the user already.
type failure struct {
	code int
	err  error
}

func (f failure) Error() string {
	if f.err == nil {
		return ""
	}
	return f.err.Error()
}

func (f failure) Unwrap() error { return f.err }

// nothingRan marks an error that came before anything ran.
func nothingRan(err error) error {
	if err == nil {
		return nil
	}
	return failure{exitNothingRan, err}
}

// refused marks an error for what tabletop would not do although all was well
// formed.
func refused(err error) error {
	if err == nil {
		return nil
	}
	return failure{exitRefused, err}
}

// run is the whole program: it parses the arguments, runs a command and tells
// what went wrong.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	c := newConsole(stdout, stderr)
	root := rootCommand(c)
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(c.out)
	root.SetErr(c.err)
	err := root.ExecuteContext(ctx)
	flushed := c.flush()
	if err == nil {
		if flushed != nil && !errors.Is(flushed, syscall.EPIPE) {
			c.problem("write the output: " + flushed.Error())
			return exitFailed
		}
		return exitDone
	}
	if ctx.Err() != nil {
		c.problem("interrupted")
		return exitInterrupted
	}
	code := exitFailed
	var f failure
	if errors.As(err, &f) {
		code = f.code
	}
	if message := describe(err); message != "" {
		c.problem(message)
	}
	return code
}

// describe words an error for a reader: problems are told line by line, a file
// that does not exist without the name of a system call.
func describe(err error) string {
	var problems source.Problems
	if errors.As(err, &problems) {
		return problems.Error()
	}
	if errors.Is(err, context.Canceled) {
		return "interrupted"
	}
	var path *fs.PathError
	if errors.As(err, &path) {
		reason := path.Err.Error()
		if errors.Is(err, fs.ErrNotExist) {
			reason = "does not exist"
		}
		before, _, _ := strings.Cut(err.Error(), path.Error())
		before = strings.TrimSuffix(before, path.Path+": ") // a path is told once
		return before + path.Path + ": " + reason
	}
	return err.Error()
}

// unknownCommand refuses arguments of the program itself: they are mistyped
// commands.
func unknownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, sub := range cmd.Commands() {
		names = append(names, sub.Name())
	}
	return nothingRan(fmt.Errorf("unknown command %s: %s", args[0], source.DidYouMean(args[0], names)))
}

// exactly takes n arguments, which usage names.
func exactly(n int, usage string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == n {
			return nil
		}
		return nothingRan(fmt.Errorf("%s takes %s\n  usage: %s", cmd.CommandPath(), usage, cmd.UseLine()))
	}
}

func rootCommand(c *console) *cobra.Command {
	root := &cobra.Command{
		Use:   "tabletop",
		Short: "Rehearse DNIF workbooks over event files on this machine",
		Long: `tabletop rehearses DNIF workbooks offline: it runs their blocks over event files
on this machine, shows what would be blocked and why, and records every block in
an append-only audit. A rehearsal sends nothing.`,
		Example: `  tabletop run examples/suspicious-remote-desktop
  tabletop check examples/*/workbook.yaml
  tabletop show 1`,
		Version:       version(),
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          unknownCommand,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return nothingRan(fmt.Errorf("%w%s\n  %s --help tells its flags", err, nearestFlag(cmd, err), cmd.CommandPath()))
	})
	cobra.AddTemplateFunc("flags", flagUsages)
	usage := strings.ReplaceAll(root.UsageTemplate(), ".FlagUsages ", " | flags ")
	root.SetUsageTemplate(strings.ReplaceAll(usage, " for more information about a command", " tells more about one"))
	root.PersistentFlags().BoolVar(&c.noColor, "no-color", false, "plain output")
	root.PersistentFlags().BoolVarP(&c.quiet, "quiet", "q", false, "no remarks on stderr")
	root.AddCommand(runCommand(c), planCommand(c), approveCommand(c), applyCommand(c), resumeCommand(c), undoCommand(c), integrationsCommand(c), checkCommand(c), streamCommand(c), queryCommand(c), explainCommand(c), functionsCommand(c), runsCommand(c), showCommand(c), whyCommand(c), verifyCommand(c), eventsCommand(c), storesCommand(c), guardCommand(c), simulateCommand(c), versionCommand(c))
	root.AddCommand(exportCommand(c), sqlCommand(c), versionsCommand(c), auditCommand(c), keysCommand(c), reportCommand(c), reconcileCommand(c), replayCommand(c))
	root.AddCommand(initCommand(c), importCommand(c), docsCommand(c), testCommand(c), fmtCommand(c), diffCommand(c), whyNotCommand(c))
	completions(root)
	return root
}
