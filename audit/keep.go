package audit

import (
	"math"
	"slices"

	"tabletop/workbook"
)

// How a row is kept.
type keeping byte

const (
	notKept keeping = iota
	keptWhole
	keptBySame
)

// A ranBlock is a block of a run that goes on, with what is known of its rows.
// Rows are held until the run ends, since only a later block tells which of
// them stand behind a signal or an action.
type ranBlock struct {
	index int
	table workbook.Table
	// passes says that these are the rows of the block before, as they were.
	passes bool
	kept   []keeping
}

// A lineage is the blocks of a run so far, in order.
type lineage []ranBlock

// with is a lineage with one more block. What is kept is noted in the new one
// only, so that the old one still holds should the entries fail to be written.
func (l lineage) with(done workbook.BlockResult) lineage {
	l = slices.Clone(l)
	for i := range l {
		l[i].kept = slices.Clone(l[i].kept)
	}
	b := ranBlock{index: done.Block.Index, table: done.Output.Table}
	if len(l) > 0 {
		b.passes = sameTable(l[len(l)-1].table, b.table)
	}
	if !b.passes {
		b.kept = make([]keeping, len(b.table.Rows))
	}
	return append(l, b)
}

// sameTable reports whether two tables are one and the same.
func sameTable(a, b workbook.Table) bool {
	return len(a.Rows) > 0 && len(a.Rows) == len(b.Rows) && &a.Rows[0] == &b.Rows[0] && slices.Equal(a.Columns, b.Columns)
}

// holder is the position of the block whose rows block i has.
func (l lineage) holder(i int) int {
	for i > 0 && l[i].passes {
		i--
	}
	return i
}

// A place is a row of a block: the block's position in the lineage and the
// row's number from 1.
type place struct{ block, row int }

// wanted lists the places to keep now that the last block has run: its first
// rows, those that its signals and actions name, and all rows that these were
// made from, so far as they are not kept yet. Earlier blocks come first.
func (l lineage) wanted(done workbook.BlockResult, first int) []place {
	marks := make([][]marking, len(l))
	last := len(l) - 1
	if !l[last].passes {
		for row := 1; row <= min(first, len(l[last].table.Rows)); row++ {
			l.mark(marks, place{last, row}, false)
		}
	}
	for _, row := range behind(done) {
		at := place{last, row}
		if row > len(l[last].table.Rows) {
			// The block failed, or it gives no rows: the row is one that came in.
			at.block--
		}
		l.mark(marks, at, true)
	}
	var places []place
	for block, rows := range marks {
		for i, marked := range rows {
			if marked != unmarked && l[block].kept[i] == notKept {
				places = append(places, place{block, i + 1})
			}
		}
	}
	return places
}

// behind lists the rows that a block's signals and actions name.
func behind(done workbook.BlockResult) []int {
	var rows []int
	for _, s := range done.Output.Signals {
		rows = append(append(rows, s.Row), s.Rows...)
	}
	for _, a := range done.Output.Actions {
		rows = append(rows, a.Row)
	}
	return rows
}

// How far wanted has followed a row.
type marking byte

const (
	unmarked marking = iota
	markedAlone
	markedWithAncestors
)

// mark marks a row and, where ancestors is set, every row that it was made
// from.
func (l lineage) mark(marks [][]marking, at place, ancestors bool) {
	for at.block >= 0 {
		at.block = l.holder(at.block)
		rows := l[at.block].table.Rows
		if at.row < 1 || at.row > len(rows) {
			return
		}
		if marks[at.block] == nil {
			marks[at.block] = make([]marking, len(rows))
		}
		mark := &marks[at.block][at.row-1]
		if *mark == markedWithAncestors {
			return
		}
		if !ancestors {
			*mark = markedAlone
			return
		}
		*mark = markedWithAncestors
		at = place{at.block - 1, rows[at.row-1].From}
	}
}

// row is the body of a row's entry. A row that begins with the values of one
// it was made from, kept whole, and has its evidence, refers to that one.
func (l lineage) row(at place) (rowBody, keeping) {
	row := l[at.block].table.Rows[at.row-1]
	up := at
	for up.block > 0 {
		from := l[up.block].table.Rows[up.row-1].From
		up = place{l.holder(up.block - 1), from}
		if from < 1 || from > len(l[up.block].table.Rows) {
			break
		}
		source := l[up.block].table.Rows[from-1]
		if !begins(row.Values, source.Values) || !sameEvidence(row.Evidence, source.Evidence) {
			break
		}
		if l[up.block].kept[from-1] == keptWhole {
			same := [2]int{l[up.block].index, from}
			return rowBody{Same: &same, More: values(row.Values[len(source.Values):]), From: row.From}, keptBySame
		}
	}
	return rowBody{Values: values(row.Values), From: row.From, Source: newEvidence(row.Evidence)}, keptWhole
}

func values(list []workbook.Value) []value {
	out := make([]value, len(list))
	for i, v := range list {
		out[i] = value{v}
	}
	return out
}

// begins reports whether a row's values begin with those of another, which has
// at least one.
func begins(values, with []workbook.Value) bool {
	return len(with) > 0 && len(with) <= len(values) && slices.EqualFunc(values[:len(with)], with, sameValue)
}

// sameValue is stricter than ==, to which 0.0 and -0.0 are the same.
func sameValue(a, b workbook.Value) bool {
	switch a := a.(type) {
	case nil:
		return b == nil
	case string:
		b, ok := b.(string)
		return ok && a == b
	case int64:
		b, ok := b.(int64)
		return ok && a == b
	case float64:
		b, ok := b.(float64)
		return ok && math.Float64bits(a) == math.Float64bits(b)
	}
	return false
}

func sameEvidence(a, b workbook.Evidence) bool {
	return a.Events == b.Events && a.Unknown == b.Unknown && a.Store == b.Store && a.StoreRun == b.StoreRun && slices.Equal(a.First, b.First)
}
