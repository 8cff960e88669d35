package events

import (
	"errors"
	"math"
	"slices"
	"time"

	"tabletop/workbook"
)

// A place is where an event stands in its file.
type place struct{ offset, line int64 }

// A moment is a time in nanoseconds since 1970; 0 is none.
type moment int64

func (m moment) time() time.Time {
	if m == 0 {
		return time.Time{}
	}
	return time.Unix(0, int64(m)).UTC()
}

// lastSecond is the last whole one that a moment can hold, in 2262; the first, in
// 1677, is its opposite.
const lastSecond = math.MaxInt64 / 1_000_000_000

// momentOf takes what lies beyond the moments as the first or the last of them.
func momentOf(t time.Time) moment {
	if t.IsZero() {
		return 0
	}
	switch { // UnixNano would turn around
	case t.Unix() <= -lastSecond:
		return math.MinInt64
	case t.Unix() >= lastSecond:
		return math.MaxInt64
	}
	return moment(t.UnixNano())
}

// A layout says what is read of each event of one file: the columns, and the
// columns that tell an event's time and stream behind them.
type layout struct {
	file    *file
	columns []string
	zone    *time.Location
	// wanted is how many columns somebody asked for; time, then stream follow.
	wanted int
	picker *picker
	timer  *timer
	// streamed are the wanted columns that are $Stream.
	streamed []int
	// unnamed is the stream of events that name none.
	unnamed cell
}

// newLayout reads the named columns of a file.
func newLayout(f *file, columns []string, tz *time.Location) *layout {
	l := &layout{file: f, wanted: len(columns), zone: tz}
	l.timer = newTimer(f, tz)
	l.columns = slices.Concat(columns, timeColumns, l.timer.raw, []string{"$Stream"})
	l.picker = newPicker(l.columns, f.fields())
	l.unnamed = cell{raw: []byte(f.streamOf(nil)), form: plainForm}
	for i, column := range columns {
		if match(column, "$Stream") != noMatch {
			l.streamed = append(l.streamed, i)
		}
	}
	if l.zone == nil && f.rule != nil {
		l.zone = f.rule.zone
	}
	return l
}

// clone is a layout that another worker may use at the same time.
func (l *layout) clone() *layout { return newLayout(l.file, l.columns[:l.wanted], l.timer.zone) }

// fromRecord takes the columns out of a record that was read whole.
func (l *layout) fromRecord(r *record, cells []cell) (moment, error) {
	l.picker.find(r)
	for i := range cells {
		cells[i] = cell{}
		if e := l.picker.mapped[i]; e != nil {
			if v := e.eval(r); v != nil {
				cells[i] = cell{form: readyForm, ready: &v}
				continue
			}
		}
		if k := l.picker.at[i]; k >= 0 {
			cells[i] = cell{raw: r.values[k].text, form: plainForm}
			if r.values[k].json {
				cells[i].form = jsonForm
			}
		}
	}
	l.nameStream(cells)
	t, err := l.timer.of(r)
	return momentOf(t), err
}

// nameStream puts the stream's name into the columns that are $Stream, where the
// event names none, or its source names it instead. What an event calls itself
// stays as it is written.
func (l *layout) nameStream(cells []cell) {
	for _, i := range l.streamed {
		c := &cells[i]
		if l.file.rule != nil && l.file.rule.stream != "" || !c.namesStream() {
			*c = l.unnamed
		}
	}
}

// namesStream reports whether the cell is a name of a stream.
func (c *cell) namesStream() bool {
	if c.form == textForm && len(c.raw) > 0 && (c.raw[0] >= 'A' && c.raw[0] <= 'Z' || c.raw[0] >= 'a' && c.raw[0] <= 'z') {
		return true // the usual case, without a value made
	}
	return !c.null() && streamName(c.value()) != ""
}

// time reads an event's time from its cells. Only files without a rule come
// here: a rule's time needs the whole event.
func (l *layout) time(cells []cell, at place) (moment, error) {
	cnam, stamp, minute := &cells[l.wanted], &cells[l.wanted+1], &cells[l.wanted+2]
	if n, ok := plainMillis(cnam); ok {
		return n, nil
	}
	minutes := func() workbook.Value { return valueOf(minute) }
	for _, c := range []*cell{cnam, stamp} {
		if c.null() {
			continue
		}
		if t, err := l.timer.read(c.value(), minutes, at); !errors.Is(err, errNoTime) {
			return momentOf(t), err
		}
	}
	first := l.wanted + len(timeColumns)
	t, err := l.timer.rawTime(func(i int) workbook.Value { return valueOf(&cells[first+i]) }, minutes, at)
	return momentOf(t), err
}

// valueOf is a cell's value, nil where it has none.
func valueOf(c *cell) workbook.Value {
	if c.null() {
		return nil
	}
	return c.value()
}

// plainMillis reads the usual form of $CNAMTime, thirteen digits.
func plainMillis(c *cell) (moment, bool) {
	text := c.raw
	if c.form == noForm || c.form == readyForm || len(text) != 13 {
		return 0, false
	}
	n, ok := eightDigits(text, 0)
	if !ok {
		return 0, false
	}
	for _, b := range text[8:] {
		if b < '0' || b > '9' {
			return 0, false
		}
		n = n*10 + int64(b-'0')
	}
	if n < leastEpoch*1e3 || n > math.MaxInt64/1_000_000 {
		return 0, false
	}
	return moment(n * 1e6), true
}

// A streamTest tells whether an event belongs to a stream. A file names few
// streams, so the answers for their names are remembered.
type streamTest struct {
	layout *layout
	wanted streamNames
	known  []streamAnswer
	// nameless is the answer for events that name no stream.
	nameless bool
}

type streamAnswer struct {
	raw   string
	form  cellForm
	holds bool
}

// maxStreams bounds the names that are remembered.
const maxStreams = 16

func newStreamTest(l *layout, wanted streamNames) *streamTest {
	return &streamTest{layout: l, wanted: wanted, nameless: wanted.has(l.file.streamOf(nil))}
}

// holds reports whether the event's own $Stream, or its file, names the wanted
// stream.
func (s *streamTest) holds(c *cell) bool {
	switch {
	case s.wanted.all():
		return true
	case c.form == readyForm:
		return s.wanted.has(s.layout.file.streamOf(*c.ready))
	case c.form == noForm:
		return s.nameless
	}
	for i := range s.known {
		if k := &s.known[i]; k.form == c.form && k.raw == string(c.raw) {
			return k.holds
		}
	}
	return s.ask(c)
}

// ask looks at a name that is not known.
func (s *streamTest) ask(c *cell) bool {
	answer := s.nameless
	if !c.null() {
		answer = s.wanted.has(s.layout.file.streamOf(c.value()))
	}
	if len(s.known) < maxStreams {
		s.known = append(s.known, streamAnswer{string(c.raw), c.form, answer})
	}
	return answer
}
