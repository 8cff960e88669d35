package events

import (
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

func momentOf(t time.Time) moment {
	if t.IsZero() {
		return 0
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
}

// newLayout reads the named columns of a file.
func newLayout(f *file, columns []string, tz *time.Location) *layout {
	l := &layout{file: f, wanted: len(columns), zone: tz}
	l.columns = slices.Concat(columns, timeColumns, []string{"$Stream"})
	l.picker = newPicker(l.columns, f.fields())
	l.timer = newTimer(f, tz)
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
	t, err := l.timer.of(r)
	return momentOf(t), err
}

// time reads an event's time from its cells. Only files without a rule come
// here: a rule's time needs the whole event.
func (l *layout) time(cells []cell, at place) (moment, error) {
	cnam, stamp, minute := &cells[l.wanted], &cells[l.wanted+1], &cells[l.wanted+2]
	if n, ok := plainMillis(cnam); ok {
		return n, nil
	}
	for _, c := range []*cell{cnam, stamp} {
		if c.null() {
			continue
		}
		t, local, err := ParseTime(c.value(), l.zone)
		switch {
		case err != nil:
			continue
		case local:
			var minutes workbook.Value
			if !minute.null() {
				minutes = minute.value()
			}
			t, err = placeLocal(t, minutes)
			if err != nil {
				return 0, &ZoneError{workbook.Position{File: l.file.name, Offset: at.offset, Line: at.line}, workbook.Text(c.value())}
			}
		}
		return momentOf(t), nil
	}
	return 0, nil
}

// plainMillis reads the usual form of $CNAMTime, thirteen digits.
func plainMillis(c *cell) (moment, bool) {
	text := c.raw
	if c.form == noForm || c.form == readyForm || len(text) != 13 {
		return 0, false
	}
	n, ok := smallInt(text)
	if !ok || n < leastEpoch*1e3 {
		return 0, false
	}
	return moment(n * 1e6), true
}

// A streamTest tells whether an event belongs to a stream. Events come in runs
// of the same streams, so the answers for their names are remembered.
type streamTest struct {
	layout *layout
	wanted streamNames
	known  map[string]bool
	// last is the name tested last, answer what came of it.
	last     []byte
	lastForm cellForm
	answer   bool
}

// maxStreams bounds the names that are remembered.
const maxStreams = 1000

func newStreamTest(l *layout, wanted streamNames) *streamTest {
	return &streamTest{layout: l, wanted: wanted, known: map[string]bool{}}
}

// holds reports whether the event's own $Stream, or its file, names the wanted
// stream.
func (s *streamTest) holds(c *cell) bool {
	if s.wanted.has("") {
		return true
	}
	if c.null() {
		return s.wanted.has(s.layout.file.streamOf(nil))
	}
	if c.form == readyForm {
		return s.wanted.has(s.layout.file.streamOf(*c.ready))
	}
	if s.lastForm == c.form && string(c.raw) == string(s.last) {
		return s.answer
	}
	s.last, s.lastForm = append(s.last[:0], c.raw...), c.form
	s.answer = s.ask(c)
	return s.answer
}

// ask looks at a name that is not the last one's.
func (s *streamTest) ask(c *cell) bool {
	if known, ok := s.known[string(c.raw)]; ok {
		return known
	}
	answer := s.wanted.has(s.layout.file.streamOf(c.value()))
	if len(s.known) < maxStreams {
		s.known[string(c.raw)] = answer
	}
	return answer
}
