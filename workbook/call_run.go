package workbook

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// A CalledRun is the run of a workbook that a block called.
type CalledRun struct {
	Workbook   *Workbook
	Parameters map[string]string
	Result
}

// Call runs a called workbook on the rows that came into the block that calls it,
// as a run of its own whose record names the block. What it did counts into the
// rehearsal: its actions have their numbers behind those before, so that no cap and
// no deduplication begins anew. The rows that come back are those of its last
// block, each From the row of in that it was made from.
func (e *Env) Call(ctx context.Context, c *Called, in Table) (*CalledRun, Table, error) {
	if e.options == nil {
		return nil, Table{}, errors.New("no workbook can be called from here")
	}
	o := *e.options
	o.Observe, o.Before = nil, nil
	o.Info.Workbook, o.Info.Parameters = c.Program.Workbook, c.Program.Parameters
	o.Info.Called, o.Info.Warnings = nil, nil
	o.Info.Caller = &Caller{Run: e.Run, Block: e.Block}
	below := *e
	below.options = &o
	result, err := c.Program.run(ctx, o, &below, in.numbered())
	e.Signals, e.Actions = below.Signals, below.Actions
	called := &CalledRun{c.Program.Workbook, c.Program.Parameters, result}
	if err != nil {
		return called, Table{}, fmt.Errorf("%s: %w", c.Program.Workbook.Path, err)
	}
	if !c.Returns {
		return called, in, nil
	}
	e.streams = below.streams
	return called, returned(in, result.Blocks), nil
}

// take takes what a block did into the rehearsal.
func (e *Env) take(out Output) {
	for _, a := range out.Actions {
		a.Run = e.Run
		e.Actions = append(e.Actions, a)
	}
	raised := slices.Clone(out.Signals)
	for i := range raised {
		raised[i].Run, raised[i].RaisedBy = e.Run, e.Workbook
	}
	e.Signals = Coalesce(e.Signals, raised)
}

// ownActions are actions as their run has them, which does not name itself.
func ownActions(actions []Action, run int64) []Action {
	own := slices.Clone(actions)
	for i := range own {
		if own[i].Run == run {
			own[i].Run = 0
		}
	}
	return own
}

func ownSignals(signals []Signal, run int64) []Signal {
	own := slices.Clone(signals)
	for i := range own {
		if own[i].Run == run {
			own[i].Run = 0
		}
	}
	return own
}

// numbered is a table each of whose rows was made from itself.
func (t Table) numbered() Table {
	out := Table{Columns: t.Columns, Rows: slices.Clone(t.Rows)}
	for i := range out.Rows {
		out.Rows[i].From = i + 1
	}
	return out
}

// returned are the rows of the last block, each From the row that came into the
// first: through all blocks, as far as they know.
func returned(in Table, blocks []BlockResult) Table {
	if len(blocks) == 0 {
		return in
	}
	last := blocks[len(blocks)-1].Output.Table
	out := last.numbered()
	for i := len(blocks) - 1; i >= 0; i-- {
		table := blocks[i].Output.Table
		if i > 0 && table.Is(blocks[i-1].Output.Table) {
			continue
		}
		for j := range out.Rows {
			if from := out.Rows[j].From; from > 0 && from <= len(table.Rows) {
				out.Rows[j].From = table.Rows[from-1].From
			}
		}
	}
	return out
}

// Is reports whether two tables are one and the same, as where a block hands on
// what it got.
func (t Table) Is(other Table) bool {
	return len(t.Rows) > 0 && len(t.Rows) == len(other.Rows) && &t.Rows[0] == &other.Rows[0] && slices.Equal(t.Columns, other.Columns)
}

// AcrossRuns are signals without regard to the run that raised them: a workbook
// that is called twice raises one signal again.
func AcrossRuns(signals []Signal) []Signal {
	all := slices.Clone(signals)
	for i := range all {
		all[i].Run = 0
	}
	return Coalesce(nil, all)
}
