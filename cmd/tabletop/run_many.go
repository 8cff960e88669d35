package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"tabletop/audit"
	"tabletop/workbook"
	"tabletop/workbook/stores"
)

// maxWorkbooks bounds the workbooks of one command, maxDepth how far below a
// folder they are looked for.
const (
	maxWorkbooks = 1000
	maxDepth     = 3
)

// workbooksIn finds what a path names: a workbook's file, a folder that holds
// workbook.yaml, or one in which folders do, in the order of their names.
func workbooksIn(named string) ([]string, error) {
	info, err := os.Stat(named)
	if err != nil {
		return nil, nothingRan(err)
	}
	if !info.IsDir() {
		return []string{named}, nil
	}
	if _, err := os.Stat(filepath.Join(named, "workbook.yaml")); err == nil {
		return []string{named}, nil
	}
	var found []string
	err = filepath.WalkDir(named, func(at string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		below, _ := filepath.Rel(named, at)
		switch {
		case entry.IsDir() && strings.Count(filepath.ToSlash(below), "/") >= maxDepth:
			return fs.SkipDir
		case !entry.IsDir() && entry.Name() == "workbook.yaml":
			found = append(found, filepath.Dir(at))
		case len(found) > maxWorkbooks:
			return fs.SkipAll
		}
		return nil
	})
	if err != nil {
		return nil, nothingRan(err)
	}
	if len(found) == 0 {
		return nil, nothingRan(fmt.Errorf("no workbook.yaml in %s or the folders in it: name a workbook's file", named))
	}
	return found, nil
}

// A rehearsedWorkbook is one of several workbooks, with what came of it.
type rehearsedWorkbook struct {
	Path     string `json:"path"`
	Workbook string `json:"workbook"`
	Run      int64  `json:"run,omitempty"`
	// Status is that of the run, or refused where it could not begin.
	Status string `json:"status"`
	// Rows are those of the first block that gives any, behind its query.
	Rows      int            `json:"rows"`
	Signals   int            `json:"signals"`
	WouldSend int            `json:"dnif_would_send"`
	Protected int            `json:"protected"`
	Invalid   int            `json:"invalid"`
	Totals    map[string]int `json:"totals,omitempty"`
	Seconds   float64        `json:"seconds"`
	Error     string         `json:"error,omitempty"`
	Warnings  []string       `json:"warnings,omitempty"`

	err    error
	failed error
	result workbook.Result
	ready  *readied
	one    *rehearsal
}

// A sharedTarget is one that several workbooks would act on.
type sharedTarget struct {
	Type      string   `json:"type"`
	Target    string   `json:"target"`
	Workbooks []string `json:"workbooks"`
}

// neverBegan is the status of a workbook that could not be run.
const neverBegan = "not begun"

// several rehearses workbooks one after the other with one clock. One that fails
// does not stop the others.
func (r *rehearsal) several(ctx context.Context, c *console, paths []string, failOn []workbook.Verdict) error {
	if err := r.bounds("text", "json", "junit", "sarif"); err != nil {
		return err
	}
	if r.keepStores {
		return nothingRan(errors.New("--keep-stores is for one workbook: what several write would hang on their order"))
	}
	kept, err := r.openStores(ctx)
	if err != nil {
		return err
	}
	defer kept.Close()
	list := make([]*rehearsedWorkbook, len(paths))
	for i, at := range paths {
		list[i] = r.begin(ctx, c, at, kept)
	}
	now, from, err := r.commonClock(list)
	if err != nil {
		return err
	}
	earlier, err := r.earlier(ctx)
	if err != nil {
		return err
	}
	log, err := r.log(ctx)
	if err != nil {
		return err
	}
	targets := map[[2]string][]string{}
	for _, w := range list {
		if ctx.Err() == nil && w.err == nil {
			w.rehearse(ctx, log, now, from, earlier)
			w.judge(failOn, targets)
		}
	}
	if err := errors.Join(ctx.Err(), log.Close()); err != nil {
		return err
	}
	if err := r.tell(c, now, from, list, sharedTargets(targets)); err != nil {
		return err
	}
	return severalEnded(list)
}

// begin prepares one workbook and reads its events. Each has a session of its own:
// what one writes to event stores the next does not see.
func (r *rehearsal) begin(ctx context.Context, c *console, at string, kept *stores.Stores) *rehearsedWorkbook {
	one := *r
	w := &rehearsedWorkbook{Path: filepath.ToSlash(at), Status: neverBegan, one: &one}
	if one.session, w.err = kept.Begin(ctx); w.err == nil {
		w.ready, w.err = one.ready(ctx, c, at)
	}
	if one.bar != nil {
		one.bar.hide()
	}
	if w.err != nil {
		w.Error = describe(w.err)
		return w
	}
	w.Workbook = w.ready.program.Workbook.Name
	return w
}

// commonClock is --now, or the newest event that any of the workbooks reads.
func (r *rehearsal) commonClock(list []*rehearsedWorkbook) (now time.Time, from string, err error) {
	zone, err := r.location()
	if err != nil {
		return now, "", err
	}
	if now, err = r.clock(zone); err != nil || !now.IsZero() {
		return now, "--now", err
	}
	for _, w := range list {
		if w.err != nil {
			continue
		}
		at, said, err := w.one.clockOf(w.ready.bench, w.ready.survey, w.ready.program.Streams())
		if err != nil {
			w.err, w.Error = err, describe(err)
			continue
		}
		if at.After(now) {
			now, from = at, said+", for "+w.Path
		}
	}
	return now, from, nil
}

// rehearse runs the workbook at the common clock.
func (w *rehearsedWorkbook) rehearse(ctx context.Context, log *audit.Log, now time.Time, from string, earlier []workbook.Signal) {
	start := time.Now()
	info, err := w.ready.info(ctx, w.one, now, from)
	if err == nil {
		w.result, err = w.ready.program.Run(ctx, workbook.Options{Info: info, MaxRows: w.one.maxRows, Strict: w.one.strict, Recorder: log, Earlier: earlier})
	}
	w.Seconds, w.err = rounded(time.Since(start).Seconds()), err
}

// judge takes from the run's result what is told of it, and its targets.
func (w *rehearsedWorkbook) judge(failOn []workbook.Verdict, targets map[[2]string][]string) {
	result := w.result
	if w.err == nil {
		w.failed = failing(result, failOn)
	}
	switch {
	case w.err != nil:
		w.Error = describe(w.err)
	case w.failed != nil:
		w.Error = describe(w.failed)
	}
	if result.Run == 0 {
		return
	}
	w.Run, w.Status, w.Signals, w.Warnings = result.Run, result.Status, len(result.Signals), result.Warnings
	w.WouldSend, w.Protected, w.Invalid = result.Totals.DNIFWouldSend, result.Totals.Protected, result.Totals.ByVerdict[workbook.Invalid]
	w.Totals = totalsJSON(result.Totals)
	for _, b := range result.Blocks {
		if !b.Block.Kind.Silent {
			w.Rows = len(b.Output.Table.Rows)
			break
		}
	}
	for _, a := range result.Actions {
		target := [2]string{a.Type, cmp.Or(a.Canonical, a.Target)}
		if a.DNIF == workbook.DNIFWouldSend && target[1] != "" && !slices.Contains(targets[target], w.Path) {
			targets[target] = append(targets[target], w.Path)
		}
	}
}

// sharedTargets lists those that more than one workbook acts on.
func sharedTargets(targets map[[2]string][]string) []sharedTarget {
	out := []sharedTarget{}
	for target, paths := range targets {
		if len(paths) > 1 {
			out = append(out, sharedTarget{target[0], target[1], paths})
		}
	}
	slices.SortFunc(out, func(a, b sharedTarget) int {
		return cmp.Or(cmp.Compare(len(b.Workbooks), len(a.Workbooks)), cmp.Compare(a.Type, b.Type), cmp.Compare(a.Target, b.Target))
	})
	return out
}

// severalEnded is the error of several runs: the gravest of theirs, or nil.
func severalEnded(list []*rehearsedWorkbook) error {
	code, bad := 0, 0
	for _, w := range list {
		var f failure
		switch {
		case w.err != nil && w.Run > 0:
			code, bad = exitFailed, bad+1
		case w.err != nil:
			bad++
			if code != exitFailed {
				code = exitNothingRan
			}
		case errors.As(w.failed, &f):
			bad++
			if code == 0 {
				code = f.code
			}
		}
	}
	if bad == 0 {
		return nil
	}
	return failure{code, fmt.Errorf("%d of %s did not end well", bad, plural(len(list), "workbook", "workbooks"))}
}
