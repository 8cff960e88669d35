package scenario

import (
	"strings"

	"tabletop/workbook"
)

// Refresh is what e would have to expect so that a run holds: the same blocks,
// columns and fields, with what came. What must not be acted on stays as it is,
// since no run may change that.
func (e *Expect) Refresh(result workbook.Result, failed error) *Expect {
	out := &Expect{MustNotAct: e.MustNotAct, Fails: e.Fails}
	switch {
	case failed == nil:
		out.Fails = ""
	case e.Fails == "" || !strings.Contains(failed.Error(), e.Fails):
		out.Fails = failed.Error()
	}
	for _, b := range e.Blocks {
		if done, ran := b.result(result); ran {
			out.Blocks = append(out.Blocks, b.refresh(done))
		}
	}
	if e.Signals != nil {
		out.Signals = whole("", e.Signals, signalTable(result.Signals)).refreshed()
	}
	if e.Actions != nil {
		out.Actions = verdictsOf(result.Actions)
	}
	if e.Requests != nil {
		out.Requests = e.requests(result.Actions).refreshed()
	}
	return out
}

func (b BlockExpect) refresh(done workbook.BlockResult) BlockExpect {
	out := b
	if b.Rows >= 0 {
		out.Rows = len(done.Output.Table.Rows)
	}
	if b.Columns != nil {
		out.Columns = done.Output.Table.Columns
	}
	if b.Values != nil {
		out.Values = b.matching(done).refreshed()
	}
	return out
}

// refreshed are the rows as they came: those that are like an expected one in its
// columns, and behind them the others where all are expected. Rows whose order
// counts come in the order in which they came.
func (m matching) refreshed() []Row {
	pairs, extra := m.pairs()
	rows := []Row{}
	if m.ordered && !m.some {
		for j := range m.got.Rows {
			rows = append(rows, m.come(j))
		}
		return rows
	}
	byPlace := make([]int, len(m.got.Rows))
	for j := range byPlace {
		byPlace[j] = -1
	}
	for i, j := range pairs {
		switch {
		case j < 0:
		case m.ordered:
			byPlace[j] = i
		default:
			rows = append(rows, m.now(i, j))
		}
	}
	for j, i := range byPlace {
		if i >= 0 {
			rows = append(rows, m.now(i, j))
		}
	}
	if !m.some {
		for _, j := range extra {
			rows = append(rows, m.come(j))
		}
	}
	return rows
}

// now is an expected row with the values that came. A column that is no longer
// there goes.
func (m matching) now(i, j int) Row {
	var row Row
	for _, c := range m.expected[i].Cells {
		v, known := m.value(j, c.Column)
		if !known {
			continue
		}
		if equal(c.Value, v) {
			v = c.Value // as its author wrote it
		}
		row.Cells = append(row.Cells, Cell{c.Column, v})
	}
	return row
}

// verdictsOf lists the targets of actions by verdict, in the order of the first
// action of each.
func verdictsOf(actions []workbook.Action) []VerdictExpect {
	list := []VerdictExpect{}
	for _, verdict := range Verdicts() {
		v := VerdictExpect{Verdict: verdict}
		for _, a := range actions {
			if a.Verdict == verdict {
				v.Targets = append(v.Targets, Label(a))
			}
		}
		if v.Targets != nil {
			list = append(list, v)
		}
	}
	return list
}
