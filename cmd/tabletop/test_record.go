package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tabletop/audit"
	"tabletop/workbook"
	"tabletop/workbook/scenario"
	"tabletop/workbook/source"
)

// A recording is the command test record with its flags.
type recording struct {
	record
	input
	workbook string
	stores   string
	to       string
	name     string
	force    bool
	strict   bool
	within   time.Duration
}

func testRecordCommand(c *console) *cobra.Command {
	r := &recording{}
	cmd := &cobra.Command{
		Use:   "record RUN",
		Short: "Write a test from a recorded run, with the fewest events",
		Long: `record rehearses a recorded run again, on its events and with its clock, and
writes a test of what came: rows, signals and verdicts. Its events are the
fewest that still give that, found by trying: those behind the rows first, more
where they don't do, then as few of them as can be, in as few columns as the
workbook reads. They stand in the file as they are: read it before it goes out.

The workbook and the events must still be there. A run that gives another result
by now is not written. What the fewest events can't show is a condition that
kept others out: add such events, and expect that nothing comes of them.`,
		Example: `  tabletop test record 7
  tabletop test record 7 --to workbook.test.yaml --name 'RDP from outside'
  tabletop test record 7 --audit /var/lib/audit.db --events old/events`,
		Args: exactly(1, "the number of a run"),
		RunE: func(cmd *cobra.Command, args []string) error { return r.run(cmd.Context(), c, args[0]) },
	}
	f := cmd.Flags()
	f.StringVar(&r.path, "audit", "audit.db", "the audit that holds the run")
	f.StringVar(&r.to, "to", "", "the `file` to write (default workbook.run-7.test.yaml beside the workbook)")
	f.StringVar(&r.name, "name", "", "the test's name (default which run it was)")
	f.StringVar(&r.workbook, "workbook", "", "the workbook's `file` (default where the run read it)")
	f.StringVar(&r.events, "events", "", "file or folder of events (default where the run read them)")
	f.StringVar(&r.sources, "sources", "", "what raw logs mean (default sources.yaml in the folder of events, or beside the workbook)")
	f.StringVar(&r.window, "window", "", "span that a query without a time reads (default as the run had it)")
	f.StringVar(&r.stores, "stores", "", "the file of event stores (default the one that the run read)")
	f.BoolVar(&r.force, "force", false, "write over a file that is there")
	f.DurationVar(&r.within, "within", time.Minute, "how `long` fewer events are looked for")
	return cmd
}

func (r *recording) run(ctx context.Context, c *console, arg string) error {
	number, err := runNumber(arg)
	if err != nil {
		return err
	}
	if r.within <= 0 {
		return nothingRan(errors.New("--within must be more than nothing"))
	}
	var recorded audit.Run
	if err := r.use(ctx, func(reader *audit.Reader) error {
		recorded, err = reader.Show(ctx, number)
		return nothingRan(err)
	}); err != nil {
		return err
	}
	if err := r.fit(recorded); err != nil {
		return nothingRan(err)
	}
	if err := mayReplace(r.to, r.force); err != nil {
		return err
	}
	again, used, err := r.again(ctx, recorded)
	if err != nil {
		return err
	}
	expect := scenario.Observe(again.result, again.failed)
	if different := expect.Compare(recordedResult(recorded, again.result), recordedFailure(recorded)); len(different) > 0 {
		for i, d := range different { // what was recorded is what is expected here
			different[i].Expected, different[i].Got = d.Got, d.Expected
		}
		c.differences(different)
		return nothingRan(fmt.Errorf("run %d gives another result by now, or its workbook or events changed: above, expected is what was recorded, got what comes now", number))
	}
	test := r.test(recorded, expect, used)
	chosen, err := r.choose(ctx, again, test)
	if err != nil {
		return nothingRan(err)
	}
	return r.write(ctx, c, test, chosen)
}

// fit checks that a run can be recorded, and fills in where it found what it read.
func (r *recording) fit(run audit.Run) error {
	if run.Mode != workbook.ModeRehearse && run.Mode != workbook.ModePlan {
		return fmt.Errorf("run %d is none of a workbook's rehearsals: its mode is %s", run.Number, run.Mode)
	}
	if run.Status != workbook.Completed && run.Status != workbook.Broken {
		return fmt.Errorf("run %d did not end by itself: its status is %s", run.Number, run.Status)
	}
	if r.workbook == "" {
		r.workbook = run.Workbook.Path
	}
	r.terms(run.Terms)
	if _, err := os.Stat(r.workbook); err != nil {
		return fmt.Errorf("the workbook of run %d is not at %s: name it with --workbook", run.Number, r.workbook)
	}
	if r.to == "" {
		stem := strings.TrimSuffix(r.workbook, filepath.Ext(r.workbook))
		r.to = fmt.Sprintf("%s.run-%d%s", stem, run.Number, scenario.Ending)
	}
	if !strings.HasSuffix(r.to, scenario.Ending) {
		return fmt.Errorf("--to %s: tabletop test finds files whose name ends in %s", r.to, scenario.Ending)
	}
	if r.events == "" {
		r.events = run.Events
		if _, err := os.Stat(r.events); errors.Is(err, fs.ErrNotExist) {
			r.events = ""
		}
	}
	for _, found := range []struct {
		into *string
		said *audit.Document
	}{{&r.integrations, run.Integrations}, {&r.guard, run.Guard}} {
		if found.said == nil {
			continue
		}
		if _, err := os.Stat(found.said.Path); err == nil {
			*found.into = found.said.Path
		}
	}
	r.set, r.now = run.Parameters, run.Now.UTC().Format(time.RFC3339Nano)
	if r.zone == "" && run.Zone != time.UTC.String() {
		r.zone = run.Zone
	}
	r.stores = storesPath(r.stores, r.path)
	return nil
}

// terms takes over what the run depended on beside its files, where flags don't
// say otherwise and the record knows it.
func (r *recording) terms(t *workbook.Terms) {
	if t == nil {
		t = &workbook.Terms{}
	}
	for _, one := range []struct {
		into           *string
		said, standard string
	}{{&r.window, t.Window, "5m"}, {&r.stores, t.Stores, ""}, {&r.sources, t.Sources, ""}} {
		if *one.into == "" {
			*one.into = one.said
		}
		if *one.into == "" {
			*one.into = one.standard
		}
	}
	r.zone, r.year, r.strict = t.Zone, t.Year, t.Strict
}

// again rehearses the run as it was. It returns the event stores that it read as
// well.
func (r *recording) again(ctx context.Context, run audit.Run) (played, []scenario.Store, error) {
	session, done, err := openSession(r.stores)
	if err != nil {
		return played{}, nil, err
	}
	defer done()
	r.session = session
	came, err := r.trial(ctx, r.workbook, &forgetful{}, r.strict)
	if err != nil {
		return came, nil, nothingRan(fmt.Errorf("rehearse run %d again: %w", run.Number, err))
	}
	used, err := r.storesUsed(ctx, came.program)
	return came, used, err
}

// test is the test without its events.
func (r *recording) test(run audit.Run, expect *scenario.Expect, used []scenario.Store) *scenario.Test {
	name := r.name
	if name == "" {
		name = fmt.Sprintf("run %d of %s gives what it gave", run.Number, run.Started.UTC().Format("2006-01-02"))
	}
	t := &scenario.Test{
		Name: source.NewText("--name", name), Now: run.Now, Set: run.Parameters, Expect: expect, Stores: used, Strict: r.strict,
		Integrations: r.named(r.integrations, "integrations.yaml"), Guard: r.named(r.guard, "guard.yaml"),
	}
	if r.window != "5m" {
		t.Window = r.window
	}
	if r.zone != "" {
		t.Zone, _ = time.LoadLocation(r.zone) // the run itself was read with it
	}
	return t
}

// named is the path of a configuration that a test must name: "" where it is
// found by itself.
func (r *recording) named(path, standard string) string {
	found, err := beside("", r.workbook, standard)
	if path == "" || err == nil && isFile(found, path) {
		return ""
	}
	return path
}

func isFile(a, b string) bool {
	x, err := os.Stat(a)
	y, other := os.Stat(b)
	return err == nil && other == nil && os.SameFile(x, y)
}

// recordedResult puts a record into the form of a result. Of a block whose rows
// were not all kept, those that come now stand for the rest; so do signals and
// actions where some are of workbooks that were called, which are recorded as runs
// of their own.
func recordedResult(run audit.Run, now workbook.Result) workbook.Result {
	out := workbook.Result{Signals: run.Signals, Actions: run.Actions}
	for i, b := range run.Blocks {
		if b.Called > 0 {
			out.Signals, out.Actions = now.Signals, now.Actions
		}
		done := replayed(b, run, nil)
		done.Block.Index = b.Index
		if i < len(now.Blocks) {
			if rows := now.Blocks[i].Output.Table.Rows; len(b.Rows) < b.RowsOut && b.RowsOut == len(rows) {
				done.Output.Table.Rows = rows
			}
		}
		out.Blocks = append(out.Blocks, done)
	}
	return out
}

// recordedFailure is the error that ended a run.
func recordedFailure(run audit.Run) error {
	for _, b := range run.Blocks {
		if b.Failed != "" {
			return fmt.Errorf("block %d (%s): %s", b.Index, b.Kind, b.Failed)
		}
	}
	return nil
}

// A forgetful recorder keeps nothing but the number of runs, those of workbooks
// that are called too: what is tried on the way to a test is no run of anybody's.
type forgetful struct{ runs int64 }

var _ workbook.Recorder = (*forgetful)(nil)

// Begin numbers the run.
func (f *forgetful) Begin(context.Context, workbook.Info) (int64, error) {
	f.runs++
	return f.runs, nil
}

// Block keeps nothing.
func (*forgetful) Block(context.Context, int64, workbook.BlockResult) error { return nil }

// End keeps nothing.
func (*forgetful) End(context.Context, workbook.Result) (workbook.Head, error) {
	return workbook.Head{}, nil
}
