package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"tabletop/blocks/trigger"
	"tabletop/blocks/trigger/guard"
	"tabletop/blocks/trigger/guard/lookout"
	"tabletop/workbook/source"
)

func guardCommand(c *console) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "guard",
		Short: "Ask what the guard says of targets, or propose own lists",
		Long: `guard asks the guard, which judges every target of an action before a
request is sent, and proposes the own lists that it judges by.`,
		Example: `  tabletop guard test 203.0.113.7 evil.example
  tabletop guard test 10.0.0.5 -o json
  tabletop guard init --from events --to guard.yaml`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(guardTestCommand(c), guardInitCommand(c))
	return cmd
}

// A guardTest is the command guard test with its flags.
type guardTest struct {
	input
	kind   string
	output string
}

// testKinds are the types as guard test takes them.
var testKinds = []string{"ip", "url", "domain", "mailbox", "hash", "recipients"}

func guardTestCommand(c *console) *cobra.Command {
	t := &guardTest{}
	cmd := &cobra.Command{
		Use:   "test TARGET…",
		Short: "Tell the verdict on targets, and the rule behind it",
		Long: `test tells what the guard says of each target as it stands: allowed,
needs_approval (a signed approval would let it through), refused_protected
(nothing would) or invalid (it could not be sent so), with the rule and the
reason. Nothing is sent and nothing is recorded.

The type of a target is told by its text, or set with --type. - reads targets
from the standard input, one a line. Own lists stand in guard.yaml, and the
hosts of integrations.yaml are protected; both are looked for in this folder.
With --events a file's hash is looked up there, as a run does in its own events:
one on five hosts or more, or in a folder of the system, needs an approval.`,
		Example: `  tabletop guard test 10.0.0.5 8.8.8.8 203.0.113.7
  tabletop guard test 'hxxp://login[.]example[.]net/a' --type url
  tabletop guard test - -o json < targets.txt
  tabletop guard test 3395856ce81f2b7382dee72602f798b642f14140 --events events`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nothingRan(errors.New("name the targets, or - to read them from the standard input"))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return t.run(cmd.Context(), c, cmd.InOrStdin(), args) },
	}
	f := cmd.Flags()
	f.StringVar(&t.kind, "type", "", "the type of all targets: "+strings.Join(testKinds, ", ")+" (default by the text)")
	f.StringVar(&t.input.guard, "guard", "", "own guard lists (default guard.yaml)")
	f.StringVar(&t.integrations, "integrations", "", "webhook configurations (default integrations.yaml)")
	f.StringVar(&t.events, "events", "", "file or folder of events in which files are looked up")
	f.StringVar(&t.sources, "sources", "", "what raw logs mean (default sources.yaml in the folder of events, or above it)")
	f.StringVarP(&t.output, "output", "o", "text", "text or json")
	return cmd
}

// A guardVerdict is what is said of one target.
type guardVerdict struct {
	Target    string `json:"target"`
	Type      string `json:"type"`
	Canonical string `json:"canonical"`
	Verdict   string `json:"verdict"`
	Rule      string `json:"rule"`
	Reason    string `json:"reason"`
}

func (t *guardTest) run(ctx context.Context, c *console, in io.Reader, args []string) error {
	if err := outputForm(t.output, "text", "json"); err != nil {
		return err
	}
	if t.kind != "" && !slices.Contains(testKinds, t.kind) {
		return nothingRan(fmt.Errorf("--type %s: write %s", t.kind, strings.Join(testKinds, ", ")))
	}
	targets, err := targetsOf(in, args)
	if err != nil {
		return err
	}
	g, err := t.rules()
	if err != nil {
		return err
	}
	if g, err = t.seeing(ctx, c, g, targets); err != nil {
		return err
	}
	verdicts := make([]guardVerdict, 0, len(targets))
	for _, target := range targets {
		verdicts = append(verdicts, t.judge(g, target))
	}
	if t.output == "json" {
		c.json(verdicts)
		return nil
	}
	for _, v := range verdicts {
		c.verdictOn(v)
	}
	return nil
}

// maxTargets bounds the targets that are read.
const maxTargets = 100_000

// targetsOf lists the targets, those of the standard input where - stands.
func targetsOf(in io.Reader, args []string) ([]string, error) {
	var targets []string
	for _, arg := range args {
		if arg != "-" {
			targets = append(targets, arg)
			continue
		}
		lines := bufio.NewScanner(in)
		for lines.Scan() {
			if line := strings.TrimSpace(lines.Text()); line != "" {
				targets = append(targets, line)
			}
			if len(targets) > maxTargets {
				return nil, nothingRan(fmt.Errorf("more than %d targets: ask in parts", maxTargets))
			}
		}
		if err := lines.Err(); err != nil {
			return nil, nothingRan(fmt.Errorf("read the targets: %w", err))
		}
	}
	return targets, nil
}

// seeing gives the guard what the events say of the files among the targets.
func (t *guardTest) seeing(ctx context.Context, c *console, g *trigger.Guard, targets []string) (*trigger.Guard, error) {
	var hashes []string
	for _, target := range targets {
		hashes = append(hashes, guard.Hashes(target)...)
	}
	if t.events == "" || len(hashes) == 0 {
		return g, nil
	}
	t.untimed, t.bar = true, newBar(c)
	defer t.bar.hide()
	set, err := t.openAt(t.events, filepath.Dir(t.events), nil)
	if err != nil {
		return nil, nothingRan(err)
	}
	t.bar.show()
	files, err := lookout.Look(ctx, set, hashes)
	if err != nil {
		return nil, err
	}
	return g.Seeing(files), nil
}

// rules makes the guard as a run would.
func (t *guardTest) rules() (*trigger.Guard, error) {
	g := trigger.NewGuard()
	if path := here(t.input.guard, "guard.yaml"); path != "" {
		var err error
		if g, err = trigger.LoadGuard(path); err != nil {
			return nil, notLoaded(err)
		}
	}
	if path := here(t.integrations, "integrations.yaml"); path != "" {
		loaded, err := trigger.Load(path)
		if err != nil {
			return nil, notLoaded(err)
		}
		g = loaded.Protected(g)
	}
	return g, nil
}

func notLoaded(err error) error {
	var problems source.Problems
	if errors.As(err, &problems) {
		return failure{exitNothingRan, problems.Sorted()}
	}
	return nothingRan(err)
}

// here is the file named, else the standard one where it exists.
func here(named, standard string) string {
	if named != "" {
		return named
	}
	if _, err := os.Stat(standard); err != nil {
		return ""
	}
	return standard
}

func (t *guardTest) judge(g *trigger.Guard, target string) guardVerdict {
	kind := t.kind
	switch kind {
	case "":
		kind = guard.KindOf(target)
	case "hash":
		kind = guard.TypeFileSHA256
		if of, ok := guard.HashKindOf(target); ok {
			kind = of
		}
	}
	j := g.Judge(kind, target)
	verdict := string(j.Verdict)
	if j.Approved.Covers(kind, target) {
		verdict = "allowed"
	}
	if strings.HasPrefix(kind, "file_") {
		kind = "hash"
	}
	return guardVerdict{target, kind, j.Canonical, verdict, j.Rule, j.Reason}
}

// verdictOn prints what is said of one target.
func (c *console) verdictOn(v guardVerdict) {
	colour := c.red
	switch v.Verdict {
	case "allowed":
		colour = c.green
	case "needs_approval":
		colour = c.yellow
	}
	head := fmt.Sprintf("%-17s", v.Verdict)
	about := v.Type
	if v.Rule != "" {
		about += ", " + v.Rule
	}
	c.line(colour(head), "  ", clean(v.Target), c.faint("  "+about))
	if v.Canonical != "" && v.Canonical != v.Target {
		c.paragraph(strings.Repeat(" ", 19), "judged as "+clean(v.Canonical))
	}
	if v.Reason != "" {
		c.paragraph(strings.Repeat(" ", 19), clean(v.Reason))
	}
}
