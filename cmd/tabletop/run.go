package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"tabletop/audit"
	"tabletop/workbook"
	"tabletop/workbook/source"
)

// A rehearsal is the command run with its flags.
type rehearsal struct {
	input
	audit      string
	stores     string
	keepStores bool
	reason     string
	ticket     string
	output     string
	failOn     []string
	// failOnSet says that --fail-on was given, if only as the empty text.
	failOnSet bool
	// signals is the run whose signals are read beside the run's own, 0 for none.
	signals  int64
	maxRows  int
	keepRows int
	strict   bool
	// steps are the flags for going step by step, walker leads through a run.
	steps  stepping
	walker *walker
}

func runCommand(c *console) *cobra.Command {
	r := &rehearsal{}
	cmd := &cobra.Command{
		Use:   "run PATH…",
		Short: "Rehearse workbooks; nothing is sent",
		Long: `run rehearses a workbook: a file, or a folder that holds workbook.yaml. Its
queries run over the events, every request is built in full, judged by the guard
and answered by a simulated vendor. Nothing leaves the machine.

What blocks write to event stores is seen by the run alone, and told at its end;
--keep-stores makes it lasting where the run completed.

--step stops before each block: it shows the rows that come in, the block and
what it means, takes guesses of what will come, and runs it; help lists its
commands. Guesses, with who and what came, stand in the record. To go back, or
to change a parameter, begins another run: what is recorded can't be taken back.

Of several workbooks, or of those in the folders of a folder, each runs at the
same clock and is told in a line; one that fails does not stop the others, and
targets that several of them act on are named.`,
		Example: `  tabletop run examples/suspicious-remote-desktop
  tabletop run examples/malicious-domain/published.yaml \
      --now 2026-01-28T12:00:00Z
  tabletop run workbook.yaml --set Vector=EMAIL
  tabletop run workbook.yaml --events /var/log/zeek --window all -o json
  tabletop run workbook.yaml --stores lists.db --keep-stores
  tabletop run workbook.yaml --fail-on protected,invalid
  tabletop run examples/malicious-url --step
  tabletop run examples/malicious-url --script class.txt --project
  tabletop run workbook.yaml --break 'rows > 100'
  tabletop run examples`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return exactly(1, "a workbook, or several: files, or folders that hold workbook.yaml")(cmd, args)
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			r.failOnSet = cmd.Flags().Changed("fail-on")
			r.steps.in = cmd.InOrStdin()
			return r.run(cmd.Context(), c, args)
		},
	}
	f := cmd.Flags()
	r.workbookFlags(f)
	r.eventFlags(f, standardWindow)
	r.recordingFlags(f, "the run is made", "text or json; several workbooks also junit or sarif")
	f.BoolVar(&r.keepStores, "keep-stores", false, "keep what the run writes to event stores")
	f.Int64Var(&r.signals, "signals", 0, "also read the signals of this recorded run in SIGNALS")
	f.StringSliceVar(&r.failOn, "fail-on", nil, "exit 3 where an action has one of these verdicts, as in protected,invalid")
	r.steps.flags(f)
	return cmd
}

// What a run reads and gives where its flags don't say otherwise.
const (
	standardWindow  = "5m"
	standardMaxRows = 100_000
)

// failNames are the short names that --fail-on takes beside the verdicts.
var failNames = map[string]workbook.Verdict{
	"protected": workbook.RefusedProtected, "cap": workbook.RefusedCap, "disabled": workbook.RefusedDisabled, "approval": workbook.NeedsApproval,
}

// verdicts reads --fail-on.
func (r *rehearsal) verdicts() ([]workbook.Verdict, error) {
	var known []string
	for _, v := range workbook.Verdicts {
		known = append(known, string(v))
	}
	for name := range failNames {
		known = append(known, name)
	}
	var out []workbook.Verdict
	for _, name := range r.failOn {
		if name == "" {
			return nil, nothingRan(errors.New("--fail-on names no verdict: write one, as in --fail-on protected,invalid"))
		}
		if !slices.Contains(known, name) {
			return nil, nothingRan(fmt.Errorf("--fail-on %s: no such verdict: %s", name, source.DidYouMean(name, known)))
		}
		if v, short := failNames[name]; short {
			out = append(out, v)
			continue
		}
		out = append(out, workbook.Verdict(name))
	}
	return out, nil
}

func (r *rehearsal) run(ctx context.Context, c *console, named []string) error {
	if r.failOnSet && len(r.failOn) == 0 {
		r.failOn = []string{""}
	}
	failOn, err := r.verdicts()
	if err != nil {
		return err
	}
	var paths []string
	for _, path := range named {
		more, err := workbooksIn(path)
		if err != nil {
			return err
		}
		paths = append(paths, more...)
	}
	if len(paths) > maxWorkbooks {
		return nothingRan(fmt.Errorf("%d workbooks, and at most %d run at once", len(paths), maxWorkbooks))
	}
	if len(paths) > 1 || r.output == "junit" || r.output == "sarif" {
		if r.steps.asked() {
			return nothingRan(errors.New("--step goes through one workbook, and shows it as text: name one"))
		}
		return r.several(ctx, c, paths, failOn)
	}
	if r.steps.asked() {
		return r.walk(ctx, c, paths[0], func(result workbook.Result) error { return failing(result, failOn) })
	}
	return r.rehearse(ctx, c, paths[0], func(_ *bench, _ *audit.Log, _ workbook.Info, result workbook.Result) error {
		return failing(result, failOn)
	})
}

// rehearse rehearses a workbook and hands what came of it to then, while the
// audit is still open for writing.
func (r *rehearsal) rehearse(ctx context.Context, c *console, path string, then func(*bench, *audit.Log, workbook.Info, workbook.Result) error) error {
	if err := r.bounds("text", "json"); err != nil {
		return err
	}
	kept, err := r.openStores(ctx)
	if err != nil {
		return err
	}
	defer kept.Close()
	ready, err := r.ready(ctx, c, path)
	if err != nil {
		return err
	}
	defer r.bar.hide()
	b := ready.bench
	now, from, err := r.clockOf(b, ready.survey, b.program.Streams())
	if err != nil {
		return err
	}
	earlier, err := r.earlier(ctx)
	if err != nil {
		return err
	}
	info, err := ready.info(ctx, r, now, from)
	if err != nil {
		return err
	}
	log, err := r.log(ctx)
	if err != nil {
		return err
	}
	if r.walker != nil {
		info.Warnings = append(info.Warnings, r.walker.since...)
	}
	result, err := r.play(ctx, c, b, log, info, earlier)
	if err == nil {
		err = then(b, log, info, result)
	}
	if closing := log.Close(); err == nil {
		err = closing
	}
	return err
}

// play runs the program and shows it.
func (r *rehearsal) play(ctx context.Context, c *console, b *bench, log *audit.Log, info workbook.Info, earlier []workbook.Signal) (workbook.Result, error) {
	o := workbook.Options{Info: info, MaxRows: r.maxRows, Strict: r.strict, Recorder: log, Earlier: earlier}
	if r.planning {
		result, err := b.program.Run(ctx, o)
		r.bar.hide()
		return result, err
	}
	if r.output == "text" {
		r.bar.hide()
		r.opening(c, b, info)
		_ = c.flush()
		r.bar.show()
		o.Observe = func(done workbook.BlockResult) {
			r.bar.hide()
			c.block(done)
			_ = c.flush()
			r.bar.show()
		}
	}
	if r.walker != nil {
		r.walker.attach(b.program, r.bar, &o)
	}
	result, err := b.program.Run(ctx, o)
	r.bar.hide()
	if result.Run == 0 {
		return result, err
	}
	held := writings{changes: r.session.Changes()}
	if r.keepStores && err == nil && result.Status == workbook.Completed {
		err = r.session.Commit(ctx)
		held.kept = err == nil
	}
	said := unusual(ctx, log, b.program.Workbook.Name, result)
	if r.output == "json" {
		o := runJSON(info, result, r.keepRows)
		o.Stores, o.StoresKept, o.Unusual = notNil(held.changes), &held.kept, said
		c.json(o)
		return result, err
	}
	r.closing(c, result, held, said)
	return result, err
}

// failing is the error of a run that has a verdict of --fail-on.
func failing(result workbook.Result, failOn []workbook.Verdict) error {
	var found []string
	for _, v := range failOn {
		if n := result.Totals.ByVerdict[v]; n > 0 {
			found = append(found, fmt.Sprintf("%s %d", v, n))
		}
	}
	if len(found) == 0 {
		return nil
	}
	return failure{exitNotHeld, fmt.Errorf("--fail-on: %s", strings.Join(found, ", "))}
}

// outputForm checks the value of --output.
func outputForm(value string, allowed ...string) error {
	if slices.Contains(allowed, value) {
		return nil
	}
	return nothingRan(fmt.Errorf("--output %s: write one of %s", value, strings.Join(allowed, ", ")))
}
