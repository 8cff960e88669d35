package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
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
	log, err := audit.Open(ctx, r.audit, audit.Options{Now: time.Now, KeepRows: keepAtLeast(r.keepRows)})
	if err != nil {
		return nothingRan(err)
	}
	targets := map[[2]string][]string{}
	for _, w := range list {
		if ctx.Err() == nil && w.err == nil {
			w.rehearse(ctx, log, now, from, failOn, targets)
		}
	}
	if err := errors.Join(ctx.Err(), log.Close()); err != nil {
		return err
	}
	shared := sharedTargets(targets)
	if r.output == "json" {
		c.json(severalJSON(now, list, shared))
	} else {
		c.several(now, from, list, shared)
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
func (w *rehearsedWorkbook) rehearse(ctx context.Context, log *audit.Log, now time.Time, from string, failOn []workbook.Verdict, targets map[[2]string][]string) {
	start := time.Now()
	info := w.ready.info(w.one, now, from)
	result, err := w.ready.program.Run(ctx, workbook.Options{Info: info, MaxRows: w.one.maxRows, Strict: w.one.strict, Recorder: log})
	w.Seconds = math.Round(time.Since(start).Seconds()*1e6) / 1e6
	if w.err = err; err == nil {
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

// shownShared bounds the shared targets that are shown.
const shownShared = 20

// several shows what came of several workbooks, one line each.
func (c *console) several(now time.Time, from string, list []*rehearsedWorkbook, shared []sharedTarget) {
	c.line(c.strong(plural(len(list), "workbook", "workbooks")), "; nothing is sent")
	if !now.IsZero() {
		c.para("the clock stands at " + now.UTC().Format(time.RFC3339) + ", " + from)
	}
	c.line()
	g := grid{header: []string{"workbook", "run", "rows", "signals", "DNIF", "protected", "invalid", "time"}, right: []bool{false, true, true, true, true, true, true, true}}
	folder := commonFolder(list)
	for _, w := range list {
		name := clean(strings.TrimPrefix(w.Path, folder))
		cells := []string{name, "–", "–", "–", "–", "–", "–", "–"}
		if w.Run > 0 {
			cells = []string{name, strconv.FormatInt(w.Run, 10), some(w.Rows), some(w.Signals), some(w.WouldSend), some(w.Protected), some(w.Invalid), fmt.Sprintf("%.2f s", w.Seconds)}
		}
		g.rows = append(g.rows, cells)
	}
	c.draw(g, "")
	for _, w := range list {
		if w.Error != "" {
			c.line()
			c.line(clean(w.Path), ": ", c.red(ending(w)))
			c.warningLines(w.Error)
		}
	}
	if len(shared) > 0 {
		c.line()
		c.line(c.strong("targets of several workbooks"))
	}
	for _, s := range shared[:min(len(shared), shownShared)] {
		c.wrapped(s.Type + " " + s.Target + ": " + strings.Join(s.Workbooks, ", "))
	}
	if more := len(shared) - shownShared; more > 0 {
		c.line(indent, indent, c.faint(fmt.Sprintf("… and %d more", more)))
	}
}

// commonFolder is the folder in which all workbooks lie, with a slash behind it, or
// nothing.
func commonFolder(list []*rehearsedWorkbook) string {
	folder := path.Dir(list[0].Path) + "/"
	for _, w := range list[1:] {
		for folder != "" && !strings.HasPrefix(w.Path, folder) {
			cut := strings.LastIndexByte(strings.TrimSuffix(folder, "/"), '/')
			folder = folder[:cut+1]
		}
	}
	return folder
}

// ending says how a workbook ended that did not end well.
func ending(w *rehearsedWorkbook) string {
	if w.failed != nil {
		return "completed, and"
	}
	return w.Status
}

// warningLines writes an error's lines, as they are laid out.
func (c *console) warningLines(text string) {
	for _, line := range strings.Split(cleanLines(text), "\n") {
		c.line("  ", line)
	}
}

// The object that run -o json prints for several workbooks.
type severalObject struct {
	Now       string               `json:"now"`
	Workbooks []*rehearsedWorkbook `json:"workbooks"`
	Shared    []sharedTarget       `json:"shared_targets"`
}

func severalJSON(now time.Time, list []*rehearsedWorkbook, shared []sharedTarget) severalObject {
	o := severalObject{Workbooks: notNil(list), Shared: shared}
	if !now.IsZero() {
		o.Now = now.UTC().Format(time.RFC3339Nano)
	}
	return o
}
