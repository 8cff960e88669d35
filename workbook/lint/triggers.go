package lint

import (
	"fmt"
	"slices"
	"strings"

	"tabletop/workbook"
	"tabletop/workbook/events"
	"tabletop/workbook/findings"
)

// signalsStream is where signals are read that were raised before.
const signalsStream = "SIGNALS"

// triggers looks at what stands before each trigger.
func (l *linter) triggers() {
	signalled, ordered := false, false
	var cut *deed
	for i := range l.deeds {
		d := l.deeds[i]
		if d.Fresh {
			ordered, cut = false, nil
		}
		signalled = signalled || d.Signal != nil || slices.ContainsFunc(d.Streams, func(s workbook.Named) bool { return s.Name == signalsStream })
		if d.Limit != nil && d.Limit.Rows > 0 && (d.Limit.Any || !d.Fresh && !ordered) {
			cut = &l.deeds[i]
		}
		ordered = ordered || d.Ordered
		if d.Trigger == nil {
			continue
		}
		if !signalled {
			l.warn(d, d.Spot, findings.NoSignal, "a trigger without a signal before it: what it blocks leaves no detection", "put a signal block before it")
		}
		if cut != nil {
			l.warn(*cut, cut.Limit.Spot, findings.AnyRows,
				fmt.Sprintf("LIMIT %d without an order: which rows block %d acts upon is chance", cut.Limit.Rows, d.block.Index),
				"add ORDER BY, or take LIMIT away")
			cut = nil
		}
		if !d.Trigger.Known {
			l.unseen(i)
		}
	}
}

// unseen tells of what a trigger needs where the rows have the columns of the
// events, and those lack it.
func (l *linter) unseen(at int) {
	columns, known := l.columnsAt(at)
	if !known {
		return
	}
	d := l.deeds[at]
	for _, need := range d.Trigger.Needs {
		if workbook.ColumnIndex(columns, need) < 0 {
			l.warn(d, d.Spot, findings.PayloadUnseen,
				fmt.Sprintf("%s needs %s, which no event has and no block makes", d.Trigger.Configuration, need), "make it in a code block before, or see tabletop events for what there is")
		}
	}
}

// columnsAt are the columns that come into a deed, of rows whose columns the
// events tell; false where that can't be known.
func (l *linter) columnsAt(at int) ([]string, bool) {
	from := at - 1
	for from >= 0 && !l.deeds[from].Fresh {
		from--
	}
	if from < 0 || !l.deeds[from].Star || l.Events == nil || l.Events.Sampled || len(l.deeds[from].Streams) == 0 {
		return nil, false
	}
	var columns []string
	for _, s := range l.deeds[from].Streams {
		i := slices.IndexFunc(l.Events.Streams, func(e events.InspectedStream) bool { return strings.EqualFold(e.Name, s.Name) })
		if i < 0 {
			return nil, false
		}
		for _, c := range l.Events.Streams[i].Columns {
			if l.deeds[from].Bare {
				c.Name = strings.ToLower(c.Name)
			}
			columns = append(columns, c.Name)
		}
	}
	for _, d := range l.deeds[from+1 : at] {
		if d.Star {
			return nil, false
		}
		for _, name := range d.Makes {
			columns = append(columns, name.Name)
		}
	}
	return columns, true
}
