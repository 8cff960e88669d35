package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"tabletop/workbook"
	"tabletop/workbook/events"
	"tabletop/workbook/stores"
)

// A ranAgain is a recorded run that was made again. Nothing of it is recorded.
type ranAgain struct {
	bench  *bench
	result workbook.Result
	// failed is the error that ended it, nil where it completed.
	failed error
	// elsewhere says in a sentence each what is not as it was: files, stores, the
	// program.
	elsewhere []string
}

// unrecorded is the recorder of a run that is made again. It has the number of
// the recorded one, which rows and stores may tell, and the workbooks that it calls
// have those behind it.
type unrecorded struct{ next int64 }

func (n *unrecorded) Begin(context.Context, workbook.Info) (int64, error) {
	n.next++
	return n.next - 1, nil
}

func (n *unrecorded) Block(context.Context, int64, workbook.BlockResult) error { return nil }

func (n *unrecorded) End(context.Context, workbook.Result) (workbook.Head, error) {
	return workbook.Head{}, nil
}

// An againOptions says how a recorded run is made again.
type againOptions struct {
	// events names other events, empty for those of the run.
	events string
	// ready, where set, gets the workbook before it runs, at the run's clock.
	ready func(ctx context.Context, b *bench, now time.Time) error
	// watch, where set, is told of each step before it runs.
	watch workbook.Watch
}

// again runs the recorded workbook over the events, with a bar of its own. An
// error is one before the first block.
func (r *recordedRun) again(ctx context.Context, c *console, o againOptions) (*ranAgain, error) {
	in := r.input(o.events)
	if _, err := os.Stat(in.events); err != nil {
		return nil, nothingRan(fmt.Errorf("name with --events where the events of run %d lie now: %w", r.run.Number, err))
	}
	file, err := stores.Open(r.stores)
	if err != nil {
		return nil, nothingRan(err)
	}
	defer file.Close()
	if in.session, err = file.Begin(ctx); err != nil {
		return nil, nothingRan(err)
	}
	in.bar = newBar(c)
	b, err := in.prepare(ctx, "", true)
	if err != nil {
		return nil, r.unprepared(err)
	}
	in.bar.show()
	defer in.bar.hide()
	survey, _, err := in.surveyed(ctx, b, r.terms.Strict)
	if err != nil {
		return nil, err
	}
	now, _, err := in.clockOf(b, survey, b.program.Streams())
	if err != nil {
		return nil, err
	}
	files, err := b.set.Hash(ctx)
	if err != nil {
		return nil, nothingRan(err)
	}
	files = append(files, b.options.Trigger.Guard.Files()...)
	states, err := storeStates(ctx, b, in.session)
	if err != nil {
		return nil, nothingRan(err)
	}
	done := &ranAgain{bench: b, elsewhere: slices.Concat(r.changedFiles(files), r.changedStores(states), r.changedProgram())}
	info := workbook.Info{
		Workbook: b.program.Workbook, Mode: r.run.Mode, Now: now, NowSource: r.run.NowSource, Zone: b.zoneOr(time.UTC),
		Parameters: b.program.Parameters, Integrations: b.integrations, Guard: b.guard, Files: files,
	}
	if o.ready != nil {
		if err := o.ready(ctx, b, now); err != nil {
			return nil, err
		}
	}
	done.result, done.failed = b.program.Run(ctx, workbook.Options{
		Info: info, MaxRows: r.terms.MaxRows, Strict: r.terms.Strict, Recorder: &unrecorded{r.run.Number}, Earlier: r.earlier, Watch: o.watch,
	})
	return done, ctx.Err()
}

// unprepared says of a mistake in a recorded workbook whose it is.
func (r *recordedRun) unprepared(err error) error {
	var f failure
	if !errors.As(err, &f) {
		return err
	}
	return failure{f.code, fmt.Errorf("run %d can't be made again with what it recorded:\n%w", r.run.Number, f.err)}
}

// changedFiles compares the files as they were read with the record.
func (r *recordedRun) changedFiles(now []workbook.EventFile) []string {
	var out []string
	for _, was := range r.run.Files {
		i := slices.IndexFunc(now, func(f workbook.EventFile) bool { return sameFile(was, f) })
		switch {
		case i < 0:
			out = append(out, fmt.Sprintf("%s %s is gone", fileKind(was.Kind), was.Path))
		case now[i].Root != was.Root:
			out = append(out, fmt.Sprintf("%s %s changed since", fileKind(was.Kind), was.Path))
		}
	}
	for _, f := range now {
		if f.Kind != "" && !slices.ContainsFunc(r.run.Files, func(was workbook.EventFile) bool { return sameFile(was, f) }) {
			out = append(out, fmt.Sprintf("%s %s is there now, and was not then", fileKind(f.Kind), f.Path))
		}
	}
	return out
}

// sameFile tells files by their names in the folder of events, which may have
// been moved, others by their kinds and last names.
func sameFile(a, b workbook.EventFile) bool {
	if a.Kind != b.Kind {
		return false
	}
	if a.Kind == "" {
		return events.NameInside(a.Path) == events.NameInside(b.Path)
	}
	return lastName(a.Path) == lastName(b.Path)
}

func lastName(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

// fileKind names a kind of file.
func fileKind(kind string) string {
	switch kind {
	case workbook.KindSources:
		return "the sources file"
	case workbook.KindList:
		return "the list"
	case workbook.KindMMDB:
		return "the database of addresses"
	case workbook.KindStore:
		return "the event store"
	case workbook.KindGuard:
		return "the guard's list"
	}
	return "the event file"
}

// changedStores compares the event stores that blocks name with the record.
func (r *recordedRun) changedStores(now []workbook.StoreState) []string {
	if r.run.Terms == nil {
		return nil
	}
	var out []string
	find := func(list []workbook.StoreState, name string) int {
		return slices.IndexFunc(list, func(s workbook.StoreState) bool { return strings.EqualFold(s.Name, name) })
	}
	for _, was := range r.terms.StoreStates {
		i := find(now, was.Name)
		switch {
		case i < 0:
			out = append(out, "the event store "+was.Name+" is gone")
		case !now[i].Updated.Equal(was.Updated) || now[i].Rows != was.Rows:
			text := "the event store " + was.Name + " was written since"
			if now[i].Run > 0 {
				text += fmt.Sprintf(", last by run %d", now[i].Run)
			}
			out = append(out, text)
		}
	}
	for _, s := range now {
		if find(r.terms.StoreStates, s.Name) < 0 {
			out = append(out, "the event store "+s.Name+" is there now, and was not then")
		}
	}
	return out
}

// changedProgram compares this program with the one that made the run.
func (r *recordedRun) changedProgram() []string {
	switch digest := programDigest(); {
	case r.run.Version != version():
		return []string{fmt.Sprintf("the run was made by version %s of the program, this is %s", r.run.Version, version())}
	case r.run.Program != "" && digest != "" && digest != r.run.Program:
		return []string{"the run was made by another build of the program, of the same version"}
	}
	return nil
}
