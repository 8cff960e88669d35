package audit

import (
	"maps"
	"slices"

	"tabletop/workbook"
)

// A kinship is a run with those that called it and those that it called, as they
// are in this process.
type kinship map[int64]*openRun

// kin is the kinship of a run, in which the run itself stands as after. The others
// are copies, so that the old ones still hold should the entries fail to be
// written.
func (l *Log) kin(run int64, after *openRun) kinship {
	l.mu.Lock()
	defer l.mu.Unlock()
	kin := kinship{run: after}
	for other, open := range l.runs {
		if open.root == after.root && other != run {
			own := *open
			kin[other] = &own
		}
	}
	return kin
}

// close forgets a run that has ended, and those that it called; one that was
// called itself waits for its caller's end.
func (l *Log) close(run int64, ended *openRun) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if ended.root != run {
		ended.ended = true
		return
	}
	maps.DeleteFunc(l.runs, func(_ int64, open *openRun) bool { return open.root == run })
}

// How far wanted has followed a row.
type marking byte

const (
	unmarked marking = iota
	markedAlone
	markedWithAncestors
)

// A rowMarker marks rows of a kinship, by run and the position of their block.
type rowMarker struct {
	kin   kinship
	marks map[int64][][]marking
}

// wanted lists the places to keep now that the last block of a run has run: its
// first rows, those that its signals and actions name, and all rows that these
// were made from, those of other runs among them, so far as they are not kept yet.
// Earlier blocks come first.
func (k kinship) wanted(run int64, done workbook.BlockResult, first int) map[int64][]place {
	m := rowMarker{kin: k, marks: map[int64][][]marking{}}
	l := k[run].lineage
	last := len(l) - 1
	if !l[last].passes {
		for row := 1; row <= min(first, len(l[last].table.Rows)); row++ {
			m.mark(run, place{last, row}, false)
		}
	}
	for _, row := range behind(done) {
		at := place{last, row}
		if row > len(l[last].table.Rows) {
			// The block failed, or it gives no rows: the row is one that came in.
			at.block--
		}
		m.mark(run, at, true)
	}
	places := map[int64][]place{}
	for of, blocks := range m.marks {
		for block, rows := range blocks {
			for i, marked := range rows {
				if marked != unmarked && k[of].lineage[block].kept[i] == notKept {
					places[of] = append(places[of], place{block, i + 1})
				}
			}
		}
	}
	return places
}

// mark marks a row and, where ancestors is set, every row that it was made from:
// in its own run, in the one whose block called that, and in the called one whose
// last rows a block has.
func (m *rowMarker) mark(run int64, at place, ancestors bool) {
	for at.row > 0 {
		open := m.kin[run]
		if open == nil {
			return
		}
		if at.block < 0 {
			if open.caller == nil || m.kin[open.caller.Run] == nil {
				return
			}
			run, at.block = open.caller.Run, m.kin[open.caller.Run].lineage.before(open.caller.Block)
			continue
		}
		at.block = open.lineage.holder(at.block)
		b := &open.lineage[at.block]
		if at.row > len(b.table.Rows) {
			return
		}
		mark := m.at(run, at)
		if *mark == markedWithAncestors {
			return
		}
		if !ancestors {
			*mark = markedAlone
			return
		}
		*mark = markedWithAncestors
		if called := m.kin[b.returned]; called != nil {
			m.mark(b.returned, place{len(called.lineage) - 1, at.row}, true)
		}
		at = place{at.block - 1, b.table.Rows[at.row-1].From}
	}
}

// at is the marking of a row.
func (m *rowMarker) at(run int64, at place) *marking {
	l := m.kin[run].lineage
	if m.marks[run] == nil {
		m.marks[run] = make([][]marking, len(l))
	}
	of := &m.marks[run][at.block]
	if *of == nil {
		*of = make([]marking, len(l[at.block].table.Rows))
	}
	return &(*of)[at.row-1]
}

// before is the position of the last block before one with an index, -1 for none.
func (l lineage) before(index int) int {
	for i := len(l) - 1; i >= 0; i-- {
		if l[i].index < index {
			return i
		}
	}
	return -1
}

// addAllRows appends rows of a kinship, those of earlier runs first.
func (a *appender) addAllRows(kin kinship, places map[int64][]place) error {
	for _, run := range slices.Sorted(maps.Keys(places)) {
		of := kin[run]
		of.lineage = of.lineage.copied(places[run])
		if err := a.addRows(run, of.lineage, places[run]); err != nil {
			return err
		}
	}
	return nil
}

// copied is a lineage in which what is kept of the blocks of places can be noted
// without a change of the old one.
func (l lineage) copied(places []place) lineage {
	l = slices.Clone(l)
	last := -1
	for _, at := range places {
		if at.block != last {
			last = at.block
			l[last].kept = slices.Clone(l[last].kept)
		}
	}
	return l
}
