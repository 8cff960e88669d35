package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"tabletop/audit"
	"tabletop/blocks/trigger/simulator"
	"tabletop/workbook"
	"tabletop/workbook/events"
	"tabletop/workbook/scenario"
	"tabletop/workbook/source"
	"tabletop/workbook/stores"
)

// testRows is the most rows that a block may give in a test.
const testRows = 100_000

// start runs trials, as many at a time as there are processors. It returns at
// once; each trial says when it is done.
func (t *proving) start(ctx context.Context, trials []*trial) {
	next := make(chan *trial)
	for range min(runtime.GOMAXPROCS(0), len(trials)) {
		go func() {
			for one := range next {
				one.run(ctx, t.timeout)
				close(one.done)
			}
		}()
	}
	go func() {
		for _, one := range trials {
			next <- one
		}
		close(next)
	}()
}

// run runs the test and compares.
func (t *trial) run(ctx context.Context, within time.Duration) {
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	t.played, t.mistake = runTest(ctx, t.file.Workbook, t.test, nil)
	t.seconds = time.Since(began).Seconds()
	switch {
	case ctx.Err() != nil:
		t.mistake = fmt.Errorf("not done within %s: give it more with --timeout", within)
	case t.mistake != nil:
	case t.test.Expect == nil:
		t.differences = []scenario.Difference{{Where: "expect", What: "all", Expected: "nothing is written yet", Got: "see tabletop test --update"}}
	default:
		t.differences = t.test.Expect.Compare(t.result, t.failed)
	}
}

// A played is what came of running a test, and the events that it ran on.
type played struct {
	program *workbook.Program
	set     *events.Set
	result  workbook.Result
	failed  error
}

// script is the vendor of a test.
func script(t *scenario.Test) (*simulator.Script, source.Problems) {
	var lines []simulator.Line
	for _, a := range t.Answers {
		lines = append(lines, simulator.Line{Requests: a.Requests, Fault: a.Fault, Timeout: a.Timeout, Status: a.Status, Headers: a.Headers, Body: a.Body})
	}
	return simulator.NewScript(simulator.New(), lines)
}

// runTest runs a test in a folder of its own, which is gone when it returns; a
// recorder that is nil is an audit in that folder. The error is why nothing ran.
func runTest(ctx context.Context, path string, t *scenario.Test, recorder workbook.Recorder) (r played, err error) {
	folder, err := os.MkdirTemp("", "tabletop-test-")
	if err != nil {
		return r, err
	}
	defer os.RemoveAll(folder)
	in := input{set: t.Set, integrations: t.Integrations, guard: t.Guard, window: "5m", unmapped: len(t.Events.Streams) > 0}
	if in.events, err = t.Events.Write(filepath.Join(folder, "events")); err != nil {
		return r, err
	}
	if t.Window != "" {
		in.window = t.Window
	}
	if t.Zone != nil {
		in.zone = t.Zone.String()
	}
	if !t.Now.IsZero() {
		in.now = t.Now.UTC().Format(time.RFC3339Nano)
	}
	vendor, problems := script(t)
	if problems.Err() != nil {
		return r, problems
	}
	in.vendor = vendor
	kept, err := storesOf(ctx, filepath.Join(folder, "stores.db"), t.Stores)
	if err != nil {
		return r, err
	}
	defer kept.Close()
	if in.session, err = kept.Begin(ctx); err != nil {
		return r, err
	}
	if recorder != nil {
		return in.trial(ctx, path, recorder, t.Strict)
	}
	log, err := audit.Open(ctx, filepath.Join(folder, "audit.db"), audit.Options{Now: time.Now})
	if err != nil {
		return r, err
	}
	defer log.Close()
	return in.trial(ctx, path, log, t.Strict)
}

// storesOf makes a file of event stores.
func storesOf(ctx context.Context, path string, list []scenario.Store) (*stores.Stores, error) {
	file, err := stores.Open(path)
	if err != nil || len(list) == 0 {
		return file, err
	}
	session, err := file.Begin(ctx)
	if err != nil {
		return nil, err
	}
	for _, s := range list {
		if _, err := session.Write(ctx, s.Name, stores.StackReplace, "", s.Table, 0, time.Now()); err != nil {
			return nil, fmt.Errorf("the event store %s: %w", s.Name, err)
		}
	}
	return file, session.Commit(ctx)
}

// trial runs a workbook and keeps its record in a recorder that nobody else
// sees. The error is why nothing ran.
func (in *input) trial(ctx context.Context, path string, recorder workbook.Recorder, strict bool) (r played, err error) {
	b, err := in.prepare(ctx, path, true)
	if err != nil {
		return r, err
	}
	r.program, r.set = b.program, b.set
	survey, warnings, err := in.surveyed(ctx, b, strict)
	if err != nil {
		return r, err
	}
	now, from, err := in.clockOf(b, survey, b.program.Streams())
	if err != nil {
		return r, err
	}
	info := workbook.Info{
		Workbook: b.program.Workbook, Mode: workbook.ModeRehearse, Now: now, NowSource: from, Zone: b.zoneOr(time.UTC),
		Parameters: b.program.Parameters, Version: version(), Warnings: warnings,
	}
	r.result, r.failed = b.program.Run(ctx, workbook.Options{Info: info, MaxRows: testRows, Strict: strict, Recorder: recorder})
	return r, nil
}
