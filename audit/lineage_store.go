package audit

import (
	"slices"
	"strings"
)

// A Written is where a row that was read from an event store was written to it.
type Written struct {
	Store string
	// Run is the last run that wrote the store before the row was read, as the
	// store itself says; 0 where none did.
	Run int64
	// From is a kept row with the same values in all columns that it has, of a
	// block that wrote the store; its Run is 0 where there is none, and Gap says
	// why then. Mode is how the block wrote.
	From ID
	Mode string
	Gap  string
}

const (
	// mostWriters is how many runs are looked through for the one that wrote a
	// row, mostStored how many rows of each.
	mostWriters = 100
	mostStored  = 1000
)

// written looks for where a row of a store was written: in the run that the
// store says wrote it last, then in those before it.
func (t *tracer) written(s Step) (*Written, error) {
	w := &Written{Store: s.Evidence.Store, Run: s.Evidence.StoreRun}
	if w.Run == 0 {
		w.Gap = "no run wrote the store; it was imported"
		return w, nil
	}
	last, err := t.lastWriter(w.Run, s.Run)
	if err != nil {
		return nil, err
	}
	wrote := false
	for run := last; run > max(w.Run-mostWriters, 0); run-- {
		writer, err := newTracer(t.ctx, t.tx, run)
		if err != nil {
			return nil, err
		}
		for at := range slices.Backward(writer.blocks) {
			b := writer.blocks[at]
			if run == s.Run && b.Index >= s.Block.Index {
				continue
			}
			for _, change := range b.Stores {
				if !strings.EqualFold(change.Store, w.Store) {
					continue
				}
				wrote = true
				row, err := writer.alike(at, s)
				if err != nil {
					return nil, err
				}
				if row > 0 {
					w.From, w.Mode = ID{Run: run, Block: b.Index, Row: row}, string(change.Mode)
					return w, nil
				}
			}
		}
	}
	w.Gap = "no run of this audit wrote the store: it may belong to another audit"
	if wrote {
		w.Gap = "no kept row of the blocks that wrote the store has these values"
	}
	return w, nil
}

// alike finds a kept row of the block at a position whose values are those of a
// step in all columns that both have; 0 where there is none.
func (t *tracer) alike(at int, s Step) (int, error) {
	var both [][2]int
	for i, name := range t.blocks[at].Columns {
		if j := slices.Index(s.Block.Columns, name); j >= 0 {
			both = append(both, [2]int{i, j})
		}
	}
	if len(both) == 0 {
		return 0, nil
	}
	entries, err := find(t.ctx, t.tx, "e.run = ? AND e.kind = 'row' AND e.block = ? ORDER BY e.number LIMIT ?", t.run, t.rowsOf[at], mostStored)
	if err != nil {
		return 0, err
	}
	for _, e := range entries {
		var said rowBody
		var row Step
		if err := e.decode(&said); err != nil {
			return 0, err
		}
		if err := t.fill(&row, said); err != nil {
			return 0, err
		}
		if !slices.ContainsFunc(both, func(of [2]int) bool { return !sameValue(row.Values[of[0]], s.Values[of[1]]) }) {
			return e.Number, nil
		}
	}
	return 0, nil
}
