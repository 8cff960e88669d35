package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"tabletop/audit"
	"tabletop/blocks/trigger"
	"tabletop/workbook"
	"tabletop/workbook/source"
)

// A recordedRun is a run with the texts that it used, to be made again.
type recordedRun struct {
	run      audit.Run
	workbook workbook.Document
	// integrations and guard are nil where the run used none.
	integrations, guard *workbook.Document
	terms               workbook.Terms
	// stores is the file of event stores.
	stores string
	// earlier are the signals of runs before it that it could read.
	earlier []workbook.Signal
	// assumed says what the record does not hold and was taken to be standard.
	assumed []string
}

func (r *recordedRun) integrationsText() *workbook.Document { return r.integrations }
func (r *recordedRun) guardText() *workbook.Document        { return r.guard }

// readRecorded reads a run with all that its workbook was prepared with. A text
// that is gone is an error, which names it.
func (r *record) readRecorded(ctx context.Context, reader *audit.Reader, number int64) (*recordedRun, error) {
	run, err := reader.Show(ctx, number)
	if err != nil {
		return nil, nothingRan(err)
	}
	if err := repeatable(ctx, reader, run); err != nil {
		return nil, err
	}
	again := &recordedRun{run: run}
	again.takeTerms()
	again.stores = again.path(again.terms.Stores)
	if again.stores == "" {
		again.stores = storesPath("", r.path)
	}
	text := func(kind audit.TextKind, used bool) (*workbook.Document, error) {
		if !used {
			return nil, nil
		}
		d, err := reader.Text(ctx, number, kind)
		return &workbook.Document{Path: again.path(d.Path), Text: d.Text}, textGone(err)
	}
	book, err := text(audit.WorkbookText, true)
	if err != nil {
		return nil, err
	}
	again.workbook = *book
	if again.integrations, err = text(audit.IntegrationsText, run.Integrations != nil); err != nil {
		return nil, err
	}
	if again.guard, err = text(audit.GuardText, run.Guard != nil); err != nil {
		return nil, err
	}
	for _, d := range run.Called {
		if d.Text == nil {
			return nil, failure{exitNotHeld, fmt.Errorf("the workbook %s, which run %d called: %w", d.Path, number, audit.ErrTextGone)}
		}
	}
	return again, again.takeEarlier(ctx, reader)
}

// takeEarlier gathers the signals of the runs before this one that it could
// read.
func (r *recordedRun) takeEarlier(ctx context.Context, reader *audit.Reader) error {
	if of := r.terms.SignalsOf; of > 0 {
		before, err := reader.Show(ctx, of)
		if err != nil {
			return nothingRan(fmt.Errorf("run %d read the signals of run %d: %w", r.run.Number, of, err))
		}
		if r.earlier, err = raised(ctx, reader, before); err != nil {
			return err
		}
	}
	for n := r.terms.SignalsFrom; n > 0 && n < r.run.Number; n++ {
		before, err := reader.Show(ctx, n)
		if err != nil {
			return nothingRan(fmt.Errorf("run %d read the signals of run %d: %w", r.run.Number, n, err))
		}
		if before.Mode == r.run.Mode && before.Workbook.Digest == r.run.Workbook.Digest {
			signals, err := raised(ctx, reader, before)
			if err != nil {
				return err
			}
			r.earlier = workbook.Coalesce(r.earlier, workbook.AcrossRuns(signals))
		}
	}
	return nil
}

// textGone marks the errors of texts that an audit does not give back.
func textGone(err error) error {
	switch {
	case errors.Is(err, audit.ErrTextGone):
		return failure{exitNotHeld, err}
	case errors.Is(err, audit.ErrNoRun), errors.Is(err, audit.ErrNoText):
		return nothingRan(err)
	}
	return err
}

// repeatable refuses runs that ran no workbook.
func repeatable(ctx context.Context, reader *audit.Reader, run audit.Run) error {
	if by := run.Caller; by != nil {
		return nothingRan(fmt.Errorf("run %d is of a workbook that block %d of run %d called, on its rows: name run %d", run.Number, by.Block, by.Run, by.Run))
	}
	switch run.Mode {
	case workbook.ModeRehearse, workbook.ModePlan, workbook.ModeStream:
		return nil
	case "":
		return nothingRan(fmt.Errorf("run %d: what it ran was purged, so it can't be run again", run.Number))
	}
	fix := "name one of mode rehearse or plan, which tabletop runs lists"
	if made, err := reader.FindPlan(ctx, run.Plan); run.Plan != "" && err == nil {
		fix = fmt.Sprintf("its plan was made by run %d", made.Run)
	}
	return nothingRan(fmt.Errorf("run %d is of mode %s, which runs no workbook: %s", run.Number, clean(run.Mode), fix))
}

// takeTerms takes the terms of the run, or the standard ones where the record is
// older than they are.
func (r *recordedRun) takeTerms() {
	if r.run.Terms != nil {
		r.terms = *r.run.Terms
		return
	}
	r.terms = workbook.Terms{Window: standardWindow, MaxRows: standardMaxRows}
	if r.run.Zone != time.UTC.String() {
		r.terms.Zone = r.run.Zone
	}
	r.assumed = append(r.assumed, fmt.Sprintf("the record does not say what --window, --max-rows, --strict, --year, --sources and --stores were: taken are --window %s, --max-rows %d, and none of the others", standardWindow, standardMaxRows))
}

// path is where a file of the record lies: one that is relative, below the
// folder that the run was made in.
func (r *recordedRun) path(recorded string) string {
	if here, err := os.Getwd(); err == nil && here == r.terms.Folder || recorded == "" || filepath.IsAbs(recorded) {
		return recorded
	}
	return filepath.Join(r.terms.Folder, recorded)
}

// input is what the run was prepared with, over other events where they are
// named.
func (r *recordedRun) input(events string) input {
	return input{
		events: eventsOf(events, r.run, r.workbook.Path), sources: r.path(r.terms.Sources), now: r.run.Now.UTC().Format(time.RFC3339Nano),
		zone: r.terms.Zone, year: r.terms.Year, window: r.terms.Window, set: r.run.Parameters,
		planning: r.run.Mode == workbook.ModePlan, recorded: r,
	}
}

// bookFile is the workbook's file: that of the record, or the one at path.
func (in *input) bookFile(path string) (string, error) {
	if in.recorded != nil {
		return in.recorded.workbook.Path, nil
	}
	return workbookFile(path)
}

func (in *input) readBook(file string, kinds []workbook.Kind) (*workbook.Workbook, source.Problems, error) {
	if in.recorded != nil {
		return in.recorded.book(kinds)
	}
	return workbook.ReadFile(file, kinds)
}

// book reads the recorded workbook, whose calls are those of the record too.
func (r *recordedRun) book(kinds []workbook.Kind) (*workbook.Workbook, source.Problems, error) {
	w, problems, err := workbook.ReadRecorded(r.workbook, kinds)
	if err != nil {
		return nil, problems, err
	}
	return w.Calling(func(name string) (workbook.CalledFile, error) {
		for _, d := range r.run.Called {
			if r.path(d.Path) == filepath.Join(filepath.Dir(r.workbook.Path), filepath.FromSlash(name)) {
				return workbook.CalledFile{Name: name, Text: d.Text}, nil
			}
		}
		return workbook.CalledFile{}, fs.ErrNotExist
	}), problems, nil
}

func (in *input) loadIntegrations(d workbook.Document) (*trigger.Integrations, error) {
	if in.recorded != nil {
		return trigger.Recorded(d)
	}
	return trigger.Load(d.Path)
}

func (in *input) loadGuard(d workbook.Document) (*trigger.Guard, error) {
	if in.recorded != nil {
		return trigger.RecordedGuard(d)
	}
	return trigger.LoadGuard(d.Path)
}
