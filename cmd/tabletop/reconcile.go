package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tabletop/audit"
	"tabletop/audit/reconcile"
	"tabletop/workbook"
	"tabletop/workbook/events"
	"tabletop/workbook/source"
)

// A reconciliation is the command reconcile with its flags.
type reconciliation struct {
	record
	vendor, signals       []string
	from, until, within   string
	at, zone              string
	filter                audit.ExportFilter
	runs                  []int64
	configurations, modes []string
	// rules are those of the guard.
	rules guardTest

	options  reconcile.Options
	location *time.Location
}

// The times by which --at places what a rehearsal expects.
const (
	atClock    = "clock"
	atRecorded = "recorded"
)

// reconciledModes are the modes of runs whose actions can be expected.
var reconciledModes = []string{workbook.ModeRehearse, workbook.ModePlan, workbook.ModeApply, workbook.ModeSimulate}

func reconcileCommand(c *console) *cobra.Command {
	r := &reconciliation{}
	cmd := &cobra.Command{
		Use:   "reconcile",
		Short: "Hold a vendor's own list against what DNIF would have sent",
		Long: `reconcile reads what a vendor exports, its tasks or its list of what is
blocked, and DNIF's export of the stream SIGNALS, and holds both against the
audit: what DNIF would have sent, by the rehearsals, and what tabletop sent. It
tells, target by target, what is

  protected    there, and the guard says that it must never be blocked
  missing      expected, and not there
  unexpected   there, and no run expects it
  twice        there more often than it is expected
  gone         was there, and has expired, was evicted or was taken off
  there        expected and there

and exits 3 where one of the first four is told.

--vendor reads tasks and lists of Trend Micro's API v3.0 and v2.0 as it answers
them, also pages behind one another, the CSV of its console, and what tabletop
simulate --export writes. Give it again for tasks and the list: tasks alone
don't tell what expired, the list alone not what failed. --signals reads a
search's JSON, NDJSON, or the grid's CSV.

A rehearsal expects its actions at its clock, or with --at recorded when it ran;
what tabletop sent is expected when it was sent. A record belongs to them where
its time lies --within of that. A block from before that still stands counts,
since a vendor makes no second one. --from and --until bound what is told, by
default the time of all that is expected. Requests with a hole or without a
target are left out. The audit is only read.`,
		Example: `  tabletop reconcile --vendor tasks.json --vendor list.json
  tabletop reconcile --vendor list.csv --signals signals.csv --tz Asia/Kolkata
  tabletop reconcile --vendor tasks.json --from 2026-01-01 --until 2026-02-01
  tabletop reconcile --vendor tasks.json --run 7 --within 7d -o json
  tabletop reconcile --vendor vendor.csv --mode simulate`,
		Args: exactly(0, "no arguments: name the files with --vendor and --signals"),
		RunE: func(cmd *cobra.Command, _ []string) error { return r.run(cmd.Context(), c) },
	}
	r.record.flags(cmd)
	f := cmd.Flags()
	f.StringArrayVar(&r.vendor, "vendor", nil, "`file` that a vendor exported; may be given again")
	f.StringArrayVar(&r.signals, "signals", nil, "`file` of signals that DNIF exported; may be given again")
	f.StringVar(&r.from, "from", "", "only what was expected or found from this time on")
	f.StringVar(&r.until, "until", "", "only what was expected or found before this time")
	f.StringVar(&r.within, "within", "1d", "how far the times of what belongs together may lie apart, as 2h or 7d; any for any")
	f.StringVar(&r.at, "at", atClock, "when a rehearsal's actions are expected: clock or recorded")
	f.StringVar(&r.filter.Workbook, "workbook", "", "only runs of the workbook of this name or path")
	f.Int64SliceVar(&r.runs, "run", nil, "only these `runs`")
	f.StringArrayVar(&r.configurations, "configuration", nil, "only actions of the configuration of this name; may be given again")
	f.StringSliceVar(&r.modes, "mode", []string{workbook.ModeRehearse, workbook.ModeApply}, "runs of these modes: "+strings.Join(reconciledModes, ", "))
	f.StringVar(&r.rules.input.guard, "guard", "", "own guard lists (default guard.yaml)")
	f.StringVar(&r.rules.input.integrations, "integrations", "", "webhook configurations, whose hosts are protected (default integrations.yaml)")
	f.StringVar(&r.zone, "tz", "", "zone of times in the files that name none, as Asia/Kolkata")
	return cmd
}

func (r *reconciliation) run(ctx context.Context, c *console) error {
	if err := r.readFlags(); err != nil {
		return nothingRan(err)
	}
	guard, err := r.rules.rules()
	if err != nil {
		return err
	}
	r.options.AsOf = time.Now()
	found, err := r.readFiles(newJudge(guard.At(r.options.AsOf)))
	if err != nil {
		return notLoaded(err)
	}
	return r.read(ctx, func(reader *audit.Reader) error {
		expected, err := r.expected(ctx, reader, found)
		if errors.Is(err, audit.ErrNoRun) || errors.Is(err, audit.ErrNoWorkbook) {
			return nothingRan(err)
		}
		if err != nil {
			return err
		}
		done := r.reconciled(expected, found)
		if r.output == "json" {
			c.json(done.json())
		} else {
			c.reconciled(done)
		}
		if !done.holds() {
			return failure{exitNotHeld, nil}
		}
		return nil
	})
}

// readFlags reads the flags, and reports every mistake in them.
func (r *reconciliation) readFlags() error {
	var mistakes []error
	wrong := func(format string, a ...any) { mistakes = append(mistakes, fmt.Errorf(format, a...)) }
	if len(r.vendor)+len(r.signals) == 0 {
		wrong("name what to hold against the audit, with --vendor FILE or --signals FILE")
	}
	var err error
	if r.options.From, err = exportMoment("--from", r.from); err != nil {
		mistakes = append(mistakes, err)
	}
	if r.options.Until, err = exportMoment("--until", r.until); err != nil {
		mistakes = append(mistakes, err)
	}
	if len(mistakes) == 0 && !r.options.Until.IsZero() && !r.options.From.Before(r.options.Until) {
		wrong("--until %s is not after --from %s", r.until, r.from)
	}
	if r.options.Within = -1; r.within != "any" {
		if r.options.Within, err = events.ParseDuration(r.within); err != nil {
			wrong("--within %w, or any", err)
		}
	}
	if r.at != atClock && r.at != atRecorded {
		wrong("--at %s: write %s or %s", r.at, atClock, atRecorded)
	}
	for _, mode := range r.modes {
		if !slices.Contains(reconciledModes, mode) {
			wrong("--mode %s: %s", mode, source.DidYouMean(mode, reconciledModes))
		}
	}
	for _, run := range r.runs {
		if run < 1 {
			wrong("--run %d is no run's number: tabletop runs lists them", run)
		}
	}
	if r.location, err = (&input{zone: r.zone}).location(); err != nil {
		mistakes = append(mistakes, err)
	}
	return errors.Join(mistakes...)
}

// A reconciled is what came of it.
type reconciled struct {
	within time.Duration
	// actions and signals are nil where no file of theirs was named.
	actions, signals *reconcile.Report
	notes            []string
}

func (d reconciled) holds() bool {
	return (d.actions == nil || d.actions.Holds()) && (d.signals == nil || d.signals.Holds())
}

// reconciled holds what was found against what is expected.
func (r *reconciliation) reconciled(expected expectations, found exported) reconciled {
	done := reconciled{within: r.options.Within, notes: append(found.notes, expected.notes...)}
	if len(r.vendor) > 0 {
		o := r.options
		o.Listed = found.listed
		report := reconcile.Actions(expected.actions, found.records, o)
		done.actions = &report
	}
	if len(r.signals) > 0 {
		key := func(s signalOf) reconcile.Signal { return s.keyed(found.signals) }
		wanted := make([]reconcile.Signal, len(expected.signals))
		for i, s := range expected.signals {
			wanted[i] = key(s)
		}
		report := reconcile.Signals(wanted, found.raised(expected.workbooks, &done.notes), r.options)
		done.signals = &report
	}
	done.notes = append(done.notes, done.remarks()...)
	return done
}

// remarks say what the reports left out.
func (d reconciled) remarks() []string {
	var notes []string
	if a := d.actions; a != nil {
		if a.Repeated > 0 {
			notes = append(notes, plural(a.Repeated, "record names a task that another names", "records name a task that another names")+": they count once")
		}
		if n := len(a.Nameless); n > 0 {
			notes = append(notes, plural(n, "task names no target", "tasks name no target")+" and could not be held against anything, as "+a.Nameless[0]+": v2.0's listTasks gives none; export v3.0's tasks or the list")
		}
		if a.Expected == 0 {
			notes = append(notes, "no recorded run expects a request in this time: tabletop runs lists them, --mode takes those of plan and simulate, --from and --until another time")
		}
		if a.Outside > 0 {
			notes = append(notes, plural(a.Outside, "record", "records")+" of the vendor out of this time: --from and --until take them in")
		}
	}
	if s := d.signals; s != nil && s.Outside > 0 {
		notes = append(notes, plural(s.Outside, "signal", "signals")+" of DNIF out of this time: --from and --until take them in")
	}
	return notes
}
