package events

import (
	"bytes"
	"errors"
	"strings"
	"time"

	"tabletop/workbook"
)

// inspected is a stream that is being inspected, in one file or in several.
type inspected struct {
	InspectedStream
	inspector *inspector
	// mapped are the columns that a source gives, found by picker.
	mapped []*inspectedColumn
	picker *picker
	// byKey are the columns by the event's key, byName those by their names in
	// lower case.
	byKey   map[string]*inspectedColumn
	byName  map[string]*inspectedColumn
	columns []*inspectedColumn
}

type inspectedColumn struct {
	InspectedColumn
	// last is the event that filled it last: an event may hold a key twice.
	last int64
}

func newInspected(i *inspector, f *file, own string) *inspected {
	s := &inspected{inspector: i, byKey: map[string]*inspectedColumn{}, byName: map[string]*inspectedColumn{}}
	names := f.mappedColumns(f.streamOf(own))
	s.picker = newPicker(names, f.fields())
	for _, name := range names {
		column := s.column(name)
		if column != nil {
			column.Mapped = true
		}
		s.mapped = append(s.mapped, column)
	}
	return s
}

// column returns the column of a name, a new one where there is none yet; nil
// where there are too many.
func (s *inspected) column(name string) *inspectedColumn {
	name = columnName(name)
	folded := strings.ToLower(name)
	if c := s.byName[folded]; c != nil {
		return c
	}
	if s.inspector.columns == inspectedColumns || len(s.columns) == maxColumns {
		s.inspector.Cut = true
		return nil
	}
	s.inspector.columns++
	c := &inspectedColumn{InspectedColumn: InspectedColumn{Name: strings.Clone(name), Samples: []string{}}}
	s.byName[folded] = c
	s.columns = append(s.columns, c)
	return c
}

// event takes one event.
func (s *inspected) event(r *record, timer *timer) {
	s.Events++
	s.time(timer.of(r))
	s.picker.find(r)
	for n, c := range s.mapped {
		if c == nil {
			continue
		}
		if v := s.picker.value(r, n); v != nil && v != "" {
			c.fill(s.Events)
			c.sample(v)
		}
	}
	for n, key := range r.keys {
		c, known := s.byKey[key]
		if !known {
			c = s.column(key)
			if len(s.byKey) < maxKeys {
				s.byKey[strings.Clone(key)] = c
			}
		}
		if c == nil || c.Mapped || empty(r.values[n]) {
			continue
		}
		c.fill(s.Events)
		if len(c.Samples) < keptSamples {
			c.sample(r.values[n].value())
		}
	}
}

// empty reports whether a field holds nothing.
func empty(v rawValue) bool {
	return len(v.text) == 0 || v.json && (bytes.Equal(v.text, []byte("null")) || bytes.Equal(v.text, []byte(`""`)))
}

func (s *inspected) time(at time.Time, err error) {
	var zone *ZoneError
	switch {
	case errors.As(err, &zone):
		s.NoZone++
	case err != nil || at.IsZero():
		s.NoTime++
	default:
		s.span(at, at)
	}
}

func (s *inspected) span(oldest, newest time.Time) {
	if s.Oldest.IsZero() || !oldest.IsZero() && oldest.Before(s.Oldest) {
		s.Oldest = oldest
	}
	if newest.After(s.Newest) {
		s.Newest = newest
	}
}

func (c *inspectedColumn) fill(event int64) {
	if c.last != event {
		c.last = event
		c.Filled++
	}
}

// sample keeps a value where it is new and few are kept.
func (c *inspectedColumn) sample(v workbook.Value) {
	if len(c.Samples) == keptSamples {
		return
	}
	text := workbook.Text(v)
	if len(text) > sampleCharacters {
		characters := []rune(text[:min(len(text), 4*sampleCharacters)])
		text = string(characters[:min(len(characters), sampleCharacters)]) + "…"
	}
	for _, known := range c.Samples {
		if known == text {
			return
		}
	}
	c.Samples = append(c.Samples, strings.Clone(text))
}

// join adds what another file holds of the stream.
func (s *inspected) join(part *inspected) {
	s.Events += part.Events
	s.NoTime += part.NoTime
	s.NoZone += part.NoZone
	s.span(part.Oldest, part.Newest)
	for _, from := range part.columns {
		s.inspector.columns--
		c := s.column(from.Name)
		if c == nil {
			continue
		}
		c.Filled += from.Filled
		c.Mapped = c.Mapped || from.Mapped
		for _, text := range from.Samples {
			c.sample(text)
		}
	}
}

func (s *inspected) result() InspectedStream {
	s.Columns = make([]InspectedColumn, len(s.columns))
	for i, c := range s.columns {
		s.Columns[i] = c.InspectedColumn
	}
	s.Enrichable = s.enrichable()
	return s.InspectedStream
}
