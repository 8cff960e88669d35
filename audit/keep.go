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
	// returned is the run of a called workbook whose last rows these are, 0 for
	// none.
	returned int64
	kept     []keeping
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
		b.passes = b.table.Is(l[len(l)-1].table)
	}
	if c := done.Output.Called; c != nil && done.Block.Kind.Name == kindReturn {
		b.returned = c.Run
	}
	if !b.passes {
		b.kept = make([]keeping, len(b.table.Rows))
	}
	return append(l, b)
}

// kindReturn is the kind of block that has the rows of the workbook which it
// calls.
const kindReturn = "return"

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
