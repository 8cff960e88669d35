package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"tabletop/audit"
	"tabletop/blocks/trigger/plan"
	"tabletop/workbook"
)

// alsoCalled counts the workbooks that a program calls, for a sentence.
func alsoCalled(p *workbook.Program) string {
	called := p.Called()
	if len(called) == 0 {
		return ""
	}
	blocks := 0
	for _, w := range called {
		blocks += len(w.Blocks)
	}
	return fmt.Sprintf(" and %d of %s", blocks, plural(len(called), "called workbook", "called workbooks"))
}

// calledTexts are the workbooks that a program calls, for the record.
func calledTexts(p *workbook.Program) []workbook.Document {
	var out []workbook.Document
	for _, w := range p.Called() {
		out = append(out, workbook.Document{Path: w.Path, Text: w.Text})
	}
	return out
}

// calledFiles names called workbooks by their hashes.
func calledFiles(documents []workbook.Document) []plan.File {
	var out []plan.File
	for _, d := range documents {
		out = append(out, *planFile(&d))
	}
	return out
}

// calledRuns are the runs of the workbooks that the blocks of a run called, and of
// those that these called, by their numbers.
func calledRuns(r workbook.Result) map[int64]*workbook.CalledRun {
	out := map[int64]*workbook.CalledRun{}
	for _, done := range r.Blocks {
		if called := done.Output.Called; called != nil {
			out[called.Run] = called
			maps.Copy(out, calledRuns(called.Result))
		}
	}
	return out
}

// called shows the blocks of a called workbook, numbered behind the block that
// called it.
func (c *console) called(place string, done workbook.BlockResult) {
	called := done.Output.Called
	c.wrapped(fmt.Sprintf("run %d, %s, on %s", called.Run, called.Workbook.Name, plural(done.RowsIn, "row", "rows")))
	for _, name := range slices.Sorted(maps.Keys(called.Parameters)) {
		c.wrapped("{" + name + "} is " + called.Parameters[name])
	}
	for _, inner := range called.Blocks {
		c.blockAt(place+".", inner)
	}
	c.line()
	c.line(c.strong("back in " + place + "  " + done.Block.Kind.Name))
}

// A calledObject is the run of a called workbook in JSON.
type calledObject struct {
	Run        int64             `json:"run"`
	Workbook   string            `json:"workbook"`
	Path       string            `json:"workbook_path"`
	Status     string            `json:"status"`
	Parameters map[string]string `json:"parameters,omitempty"`
	Blocks     []blockObject     `json:"blocks"`
}

// calledJSON is the object of a called run, nil for none.
func calledJSON(called *workbook.CalledRun, keepRows int) *calledObject {
	if called == nil {
		return nil
	}
	o := &calledObject{Run: called.Run, Workbook: called.Workbook.Name, Path: called.Workbook.Path, Status: called.Status, Parameters: called.Parameters, Blocks: []blockObject{}}
	for _, done := range called.Blocks {
		o.Blocks = append(o.Blocks, blockJSON(done, keepRows))
	}
	return o
}

// mostCalled is how many called runs are read for one run: more than any has.
const mostCalled = 10 * workbook.MaxCalls

// recordedCalls reads the runs of the workbooks that a run called, and those that
// these called. One that is gone is left out.
func recordedCalls(ctx context.Context, reader *audit.Reader, run audit.Run) (map[int64]audit.Run, error) {
	out := map[int64]audit.Run{}
	queue := run.Blocks
	for len(queue) > 0 && len(out) < mostCalled {
		number := queue[0].Called
		queue = queue[1:]
		if _, known := out[number]; known || number == 0 || number == run.Number {
			continue
		}
		called, err := reader.Show(ctx, number)
		if errors.Is(err, audit.ErrNoRun) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out[number] = called
		queue = append(queue, called.Blocks...)
	}
	return out, nil
}

// replayedCall puts the recorded run of a called workbook into the form in which a
// running one is shown; nil for a block that called none.
func replayedCall(b audit.Block, called map[int64]audit.Run) *workbook.CalledRun {
	of, known := called[b.Called]
	if !known {
		return nil
	}
	// Each is shown once, so that a record which somebody bent into a circle ends.
	rest := maps.Clone(called)
	delete(rest, b.Called)
	out := &workbook.CalledRun{Workbook: &workbook.Workbook{Name: of.Workbook.Name, Path: of.Workbook.Path}, Parameters: of.Parameters}
	out.Run, out.Status = of.Number, of.Status
	for _, inner := range of.Blocks {
		out.Blocks = append(out.Blocks, replayed(inner, of, rest))
	}
	return out
}

// calledEvidence are the events behind the actions of the workbooks that a recorded
// run called, by the numbers of the actions.
func calledEvidence(ctx context.Context, reader *audit.Reader, run audit.Run) (map[int]workbook.Evidence, error) {
	called, err := recordedCalls(ctx, reader, run)
	out := map[int]workbook.Evidence{}
	for _, of := range called {
		for _, a := range of.Actions {
			i := slices.IndexFunc(of.Blocks, func(b audit.Block) bool { return a.Run == 0 && b.Index == a.Block })
			if i < 0 {
				continue
			}
			rows := of.Blocks[i].Rows
			at, found := slices.BinarySearchFunc(rows, a.Row, func(r audit.Row, number int) int { return r.Number - number })
			if found {
				out[a.Number] = rows[at].Evidence
			}
		}
	}
	return out, err
}
