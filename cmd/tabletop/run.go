package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"tabletop/audit"
	"tabletop/workbook"
	"tabletop/workbook/events"
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
	f.StringVar(&r.audit, "audit", "audit.db", "the audit to record the run in")
	f.StringVar(&r.stores, "stores", "", "the file of event stores (default beside the audit, as in audit.stores.db)")
	f.BoolVar(&r.keepStores, "keep-stores", false, "keep what the run writes to event stores")
	f.StringVar(&r.reason, "reason", "", "why the run is made, for the audit")
	f.StringVar(&r.ticket, "ticket", "", "the ticket that the run belongs to, for the audit")
	f.StringVarP(&r.output, "output", "o", "text", "text or json")
	f.Int64Var(&r.signals, "signals", 0, "also read the signals of this recorded run in SIGNALS")
	f.StringSliceVar(&r.failOn, "fail-on", nil, "exit 3 where an action has one of these verdicts, as in protected,invalid")
	f.IntVar(&r.maxRows, "max-rows", standardMaxRows, "the most rows that a block may give")
	f.IntVar(&r.keepRows, "keep-rows", 1000, "rows of each block that are kept and shown in JSON")
	r.steps.flags(f)
	f.BoolVar(&r.strict, "strict", false, "make errors of lines and files that can't be decoded and of Python that fails")
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
	if len(paths) > 1 {
		if r.steps.asked() {
			return nothingRan(errors.New("--step goes through one workbook: name one"))
		}
		if err := r.bounds(); err != nil {
			return err
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

// bounds checks the form of the output and the numbers among the flags.
func (r *rehearsal) bounds() error {
	if err := outputForm(r.output, "text", "json"); err != nil {
		return err
	}
	if r.maxRows < 1 || r.keepRows < 0 {
		return nothingRan(fmt.Errorf("--max-rows must be at least 1 and --keep-rows at least 0"))
	}
	return nil
}

// rehearse rehearses a workbook and hands what came of it to then, while the
// audit is still open for writing.
func (r *rehearsal) rehearse(ctx context.Context, c *console, path string, then func(*bench, *audit.Log, workbook.Info, workbook.Result) error) error {
	if err := r.bounds(); err != nil {
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
	log, err := audit.Open(ctx, r.audit, audit.Options{Now: time.Now, KeepRows: keepAtLeast(r.keepRows)})
	if err != nil {
		return nothingRan(err)
	}
	info := ready.info(r, now, from)
	if info.Terms, err = r.terms(ctx, b); err != nil {
		return nothingRan(errors.Join(err, log.Close()))
	}
	if r.signals > 0 {
		info.Warnings = append(info.Warnings, fmt.Sprintf("SIGNALS holds the %s of run %d as well", plural(len(earlier), "signal", "signals"), r.signals))
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

// A readied is a workbook with its events read, before its clock is set.
type readied struct {
	*bench
	survey   *events.Survey
	files    []workbook.EventFile
	warnings []string
	// digest gives the program's, once.
	digest func() string
}

// ready prepares a workbook and reads its events. The bar may still show.
func (r *rehearsal) ready(ctx context.Context, c *console, path string) (*readied, error) {
	digest := make(chan string, 1)
	go func() { digest <- programDigest() }()
	r.bar = newBar(c)
	b, err := r.prepare(ctx, path, true)
	if err != nil {
		return nil, err
	}
	r.bar.show()
	out := &readied{bench: b, digest: sync.OnceValue(func() string { return <-digest })}
	if err := r.readEvents(ctx, out); err != nil {
		r.bar.hide()
		return nil, err
	}
	return out, nil
}

// readEvents surveys and hashes the events, and gathers what is to be said of
// them.
func (r *rehearsal) readEvents(ctx context.Context, out *readied) error {
	b := out.bench
	survey, warnings, err := r.surveyed(ctx, b, r.strict)
	if err != nil {
		return err
	}
	left, err := leftOut(ctx, b.set, r.strict)
	if err != nil {
		return nothingRan(err)
	}
	out.survey, out.warnings = survey, append(left, warnings...)
	for _, p := range b.warnings {
		p.Warning = false // which is said before all of them
		out.warnings = append(out.warnings, p.String())
	}
	if out.files, err = b.set.Hash(ctx); err != nil {
		return nothingRan(err)
	}
	out.files = append(out.files, b.options.Trigger.Guard.Files()...)
	return nil
}

// info gathers what the record says of a run whose clock stands at now.
func (y *readied) info(r *rehearsal, now time.Time, from string) workbook.Info {
	warnings := append(slices.Clone(y.warnings), y.options.Trigger.Guard.At(now).Expired()...)
	info := r.info(y.bench, y.files, now, from, warnings)
	info.Program = y.digest()
	return info
}

// earlier are the signals of the run that --signals names.
func (r *rehearsal) earlier(ctx context.Context) ([]workbook.Signal, error) {
	if r.signals == 0 {
		return nil, nil
	}
	reader, err := audit.OpenReader(ctx, r.audit)
	if err != nil {
		return nil, nothingRan(err)
	}
	defer reader.Close()
	run, err := reader.Show(ctx, r.signals)
	if err != nil {
		return nil, nothingRan(fmt.Errorf("--signals: %w", err))
	}
	called, err := recordedCalls(ctx, reader, run)
	for i := range run.Signals {
		s := &run.Signals[i]
		s.RaisedBy = run.Workbook.Name
		if s.Run > 0 {
			s.RaisedBy = called[s.Run].Workbook.Name
		}
	}
	return run.Signals, err
}

// keepAtLeast turns --keep-rows into what the audit takes, for which 0 is its
// own standard.
func keepAtLeast(n int) int {
	if n == 0 {
		return -1
	}
	return n
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

// info gathers what the record says of the run as a whole.
func (r *rehearsal) info(b *bench, files []workbook.EventFile, now time.Time, from string, warnings []string) workbook.Info {
	zone := b.zoneOr(time.UTC)
	name, host := whoami()
	// Without the absolute path why looks beside the workbook.
	lies, _ := filepath.Abs(b.set.Path)
	mode := workbook.ModeRehearse
	if r.planning {
		mode = workbook.ModePlan
	}
	return workbook.Info{
		Workbook: b.program.Workbook, Mode: mode, Now: now, NowSource: from, Zone: zone,
		Called: calledTexts(b.program), Parameters: b.program.Parameters, User: name, Host: host, Reason: r.reason, Ticket: r.ticket,
		Version: version(), Integrations: b.integrations, Guard: b.guard, Events: lies, Files: files, Warnings: warnings,
	}
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
