package events

import (
	"strings"
	"unicode/utf8"

	"tabletop/workbook"
)

// A record is one event as its format read it. Its fields are only valid until
// the reader moves on.
type record struct {
	// offset counts bytes of the decompressed file from 0, line counts from 1.
	offset, line int64
	// problem says why the event could not be decoded; it has no fields then.
	problem string
	keys    []string
	values  []rawValue
}

// A rawValue is a value that has not been decoded yet: JSON text, or plain
// text.
type rawValue struct {
	text []byte
	json bool
}

// value decodes the value; an empty plain text is nothing, and bytes that are no
// UTF-8 become U+FFFD each, as encoding/json has it.
func (v rawValue) value() workbook.Value {
	if v.json {
		return jsonValue(v.text)
	}
	if len(v.text) == 0 {
		return nil
	}
	if !utf8.Valid(v.text) {
		return string([]rune(string(v.text)))
	}
	return string(v.text)
}

func (r *record) reset() { r.problem, r.keys, r.values = "", r.keys[:0], r.values[:0] }

func (r *record) add(key string, v rawValue) {
	r.keys = append(r.keys, key)
	r.values = append(r.values, v)
}

// How well a key fits a column. Of two that fit equally the last one counts.
const (
	noMatch = iota
	matchFolded
	matchBare
	matchExact
)

// match tells how well a key of an event fits a column that a query names.
func match(column, key string) int {
	bareColumn, bareKey := strings.TrimPrefix(column, "$"), strings.TrimPrefix(key, "$")
	switch {
	case column == key:
		return matchExact
	case bareColumn == bareKey:
		return matchBare
	case strings.EqualFold(bareColumn, bareKey):
		return matchFolded
	}
	return noMatch
}

// A picker finds the values of chosen columns in records, through the names
// that a source gives to the keys.
type picker struct {
	columns []string
	mapped  []expression
	// fits remembers for each key seen the columns that it fits.
	fits map[string][]fit
	rank []int
	at   []int
}

type fit struct{ column, rank int }

// maxKeys bounds the keys that a picker remembers; events with ever new keys
// are matched anew each time.
const maxKeys = 10_000

func newPicker(columns []string, fields map[string]expression) *picker {
	p := &picker{columns: columns, mapped: make([]expression, len(columns)), fits: map[string][]fit{}}
	p.rank, p.at = make([]int, len(columns)), make([]int, len(columns))
	for i, column := range columns {
		best := noMatch
		for name, e := range fields {
			if m := match(column, name); m > best {
				best, p.mapped[i] = m, e
			}
		}
	}
	return p
}

// find locates the columns in a record; value then decodes one of them.
func (p *picker) find(r *record) {
	for i := range p.columns {
		p.rank[i], p.at[i] = noMatch, -1
	}
	for i, key := range r.keys {
		for _, f := range p.fit(key) {
			if f.rank >= p.rank[f.column] {
				p.rank[f.column], p.at[f.column] = f.rank, i
			}
		}
	}
}

func (p *picker) fit(key string) []fit {
	fits, known := p.fits[key]
	if known {
		return fits
	}
	for i, column := range p.columns {
		if m := match(column, key); m != noMatch {
			fits = append(fits, fit{i, m})
		}
	}
	if len(p.fits) < maxKeys {
		p.fits[strings.Clone(key)] = fits
	}
	return fits
}

// value returns column i of the record that find was given.
func (p *picker) value(r *record, i int) workbook.Value {
	if e := p.mapped[i]; e != nil {
		if v := e.eval(r); v != nil {
			return v
		}
	}
	if p.at[i] < 0 {
		return nil
	}
	return r.values[p.at[i]].value()
}
