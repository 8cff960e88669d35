package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"tabletop/blocks/query"
	"tabletop/workbook"
	"tabletop/workbook/events"
	"tabletop/workbook/scenario"
	"tabletop/workbook/stores"
)

// The bounds of a recorded test: the events that are looked at, those that it may
// have, and the runs that look for fewer.
const (
	maxGathered = 20_000
	maxInline   = 1000
	maxTried    = 600
)

// A choice is the events of a recorded test.
type choice struct {
	// behind counts those that stood behind the rows, tried the runs.
	behind, tried int
	streams       []scenario.Stream
	count         int
}

// A chooser looks for the fewest events that give what a test expects.
type chooser struct {
	ctx    context.Context
	book   string
	test   *scenario.Test
	all    []*events.Event
	keep   func(string) bool
	reads  []string
	tried  int
	answer error
}

// choose looks for the fewest events: those behind the rows first, then all of the
// streams that are read.
func (r *recording) choose(ctx context.Context, again played, test *scenario.Test) (choice, error) {
	ctx, cancel := context.WithTimeout(ctx, r.within)
	defer cancel()
	h := &chooser{ctx: ctx, book: r.workbook, test: test, reads: again.program.Streams()}
	behind := placesBehind(again.result)
	if err := h.gather(again.set, func(at workbook.Position) bool { return behind[at] }); err != nil {
		return choice{}, err
	}
	c := choice{behind: len(h.all)}
	if !h.holds(h.every()) {
		if err := h.widen(again.set, behind); err != nil {
			return c, err
		}
	}
	kept := fewest(ctx, len(h.all), maxTried, h.holds)
	h.fewerColumns(kept, again.program)
	c.count, c.tried = len(kept), h.tried
	if c.count > maxInline {
		return c, fmt.Errorf("it takes %d events, and a test has at most %d: write it by hand, with events: and the path of a file", c.count, maxInline)
	}
	c.streams = h.streams(kept)
	return c, nil
}

// widen takes in all events of the streams that are read, in the order in which
// they lie.
func (h *chooser) widen(set *events.Set, behind map[workbook.Position]bool) error {
	h.all = nil
	others := 0
	err := h.gather(set, func(at workbook.Position) bool {
		if !behind[at] {
			others++
		}
		return behind[at] || others <= maxGathered
	})
	if err != nil {
		return err
	}
	if h.holds(h.every()) {
		return nil
	}
	switch {
	case h.answer != nil:
		return fmt.Errorf("the events don't run as rows of a test: %w", h.answer)
	case others > maxGathered:
		return fmt.Errorf("neither the events behind the rows nor the first %d give the same: write the test by hand, with events: and the path of a file", maxGathered)
	}
	return errors.New("the events don't give the same as rows of a test, without the files that they stand in: write the test by hand, with events: and the path of their folder")
}

// gather takes events of the streams that are read.
func (h *chooser) gather(set *events.Set, want func(workbook.Position) bool) error {
	return set.Gather(h.ctx, want, func(e *events.Event) error {
		if slices.Contains(h.reads, e.Stream) || slices.Contains(h.reads, query.EveryStream) {
			h.all = append(h.all, e)
		}
		return nil
	})
}

// placesBehind are the places of the events behind the rows of a run.
func placesBehind(result workbook.Result) map[workbook.Position]bool {
	behind := map[workbook.Position]bool{}
	for _, done := range result.Blocks {
		for _, row := range done.Output.Table.Rows {
			for _, at := range row.Evidence.First {
				behind[at] = true
			}
		}
	}
	return behind
}

func (h *chooser) every() []int {
	kept := make([]int, len(h.all))
	for i := range kept {
		kept[i] = i
	}
	return kept
}

// holds runs the test on some of the events.
func (h *chooser) holds(kept []int) bool {
	h.tried++
	test := *h.test
	test.Events.Streams = h.streams(kept)
	came, err := runTest(h.ctx, h.book, &test, &forgetful{})
	h.answer = err
	return err == nil && h.ctx.Err() == nil && len(test.Expect.Compare(came.result, came.failed)) == 0
}

// streams are some of the events as streams of a test, with every stream that is
// read.
func (h *chooser) streams(kept []int) []scenario.Stream {
	var list []scenario.Stream
	of := func(name string) *scenario.Stream {
		i := slices.IndexFunc(list, func(s scenario.Stream) bool { return s.Name == name })
		if i < 0 {
			i, list = len(list), append(list, scenario.Stream{Name: name})
		}
		return &list[i]
	}
	for _, name := range h.reads {
		if name != query.EveryStream {
			of(name)
		}
	}
	for _, i := range kept {
		s := of(h.all[i].Stream)
		s.Rows = append(s.Rows, scenario.Inline(h.all[i], h.keep))
	}
	return list
}

// fewerColumns leaves out the columns that no block reads, where that gives the
// same.
func (h *chooser) fewerColumns(kept []int, program *workbook.Program) {
	var names []string
	for _, r := range program.Reads() {
		for _, column := range r.Columns {
			names = append(names, bare(column))
		}
	}
	h.keep = func(column string) bool { return slices.Contains(names, bare(column)) }
	if len(kept) > 0 && !h.holds(kept) {
		h.keep = nil
	}
}

func bare(column string) string { return strings.ToLower(strings.TrimPrefix(column, "$")) }

// storesUsed are the event stores that a workbook reads, as they are now.
func (r *recording) storesUsed(ctx context.Context, program *workbook.Program) ([]scenario.Store, error) {
	infos, err := r.session.List(ctx)
	if err != nil || len(infos) == 0 {
		return nil, err
	}
	var list []scenario.Store
	for _, step := range program.Steps() {
		uses, ok := step.(interface{ StoreUses() []query.StoreUse })
		if !ok {
			continue
		}
		for _, use := range uses.StoreUses() {
			i := slices.IndexFunc(infos, func(info stores.Info) bool { return strings.EqualFold(info.Name, use.Store) })
			if i < 0 || slices.ContainsFunc(list, func(s scenario.Store) bool { return s.Name == infos[i].Name }) {
				continue
			}
			if infos[i].Rows > maxInline {
				return nil, nothingRan(fmt.Errorf("the event store %s has %d rows, and a test holds at most %d", infos[i].Name, infos[i].Rows, maxInline))
			}
			table, err := r.session.Rows(ctx, infos[i].Name, 0)
			if err != nil {
				return nil, err
			}
			list = append(list, scenario.Store{Name: infos[i].Name, Table: table})
		}
	}
	return list, nil
}

// write writes the file once the test was read from its text and holds.
func (r *recording) write(ctx context.Context, c *console, test *scenario.Test, chosen choice) error {
	test.Events.Streams = chosen.streams
	folder := filepath.Dir(r.to)
	relative := func(path string) (string, error) {
		if path == "" {
			return "", nil
		}
		from, err := filepath.Abs(folder)
		if err != nil {
			return "", err
		}
		to, err := filepath.Abs(path)
		if err != nil {
			return "", err
		}
		out, err := filepath.Rel(from, to)
		return filepath.ToSlash(out), err
	}
	book, err := relative(r.workbook)
	if err != nil {
		return nothingRan(err)
	}
	if test.Integrations, err = relative(test.Integrations); err != nil {
		return nothingRan(err)
	}
	if test.Guard, err = relative(test.Guard); err != nil {
		return nothingRan(err)
	}
	text, err := test.YAML(book)
	if err != nil {
		return err
	}
	file, err := scenario.Parse(r.to, text)
	if err != nil {
		return nothingRan(fmt.Errorf("the test would not read: %w", err))
	}
	t := &trial{file: file, test: file.Tests[0]}
	if t.run(ctx, time.Minute); !t.passed() {
		c.trial(t)
		return nothingRan(errors.New("the test that was made does not hold, and was not written"))
	}
	if err := replaceWith(r.to, r.force, func(f *os.File) error {
		_, err := f.Write(text)
		return err
	}); err != nil {
		return err
	}
	c.line(clean(filepath.ToSlash(r.to)), ": ", plural(chosen.count, "event", "events"), fmt.Sprintf(", of %d behind the rows; %s looked for fewer", chosen.behind, plural(chosen.tried, "run", "runs")))
	return nil
}
