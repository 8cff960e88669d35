package events

import (
	"bytes"
	"encoding/json"
	"slices"
)

// A lineDecoder takes the cells out of the lines of a page. Each worker has one
// of its own.
type lineDecoder interface {
	// marks are the two bytes that the pages must have marked.
	marks() (first, second byte)
	// decode fills cells from a line; the problem is not empty where the line
	// is no event.
	decode(l line, at place, cells []cell) (when moment, problem string, err error)
	// keys are those of the last line, in their order. The same kind of event
	// gives the same list.
	keys() *[]string
}

// A line is text[from:to] of a page.
type line struct {
	*page
	from, to int
	// odd says that it may hold bytes that are odd, second that it may hold some
	// of the second kind.
	odd, second bool
}

func (l line) bytes() []byte { return l.text[l.from:l.to] }

// jsonLines decodes NDJSON. Events of one kind have their keys in one order, so
// the order of the last lines is kept as shapes and tried first: a line that
// fits one is read by comparing its keys as bytes. A line that fits none is read
// key by key, and becomes a shape.
//
// Every line is checked whole: one that encoding/json refuses is no event, in
// whichever way it was read.
type jsonLines struct {
	layout *layout
	shapes []*shape
	names  interner
	last   *shape
	record record
}

// A shape is an order of keys.
type shape struct {
	fields []shapeField
	keys   []string
	// absent are the columns that no field is for.
	absent []int
}

type shapeField struct {
	// prefix is what stands before the value: a brace or a comma, the key, the
	// colon. A short one has 8 to 24 bytes, of which words are the beginning, the
	// end and the middle, so that they tell whether a line has it.
	prefix []byte
	short  bool
	words  [3]uint64
	// columns are those that the value is for.
	columns []int
}

// maxShapes is how many orders of keys are tried; maxShapeFields bounds one.
const (
	maxShapes      = 6
	maxShapeFields = 400
)

func newJSONLines(l *layout) *jsonLines {
	return &jsonLines{layout: l, names: interner{}}
}

// keys are those of the shape that the last line had, else its own.
func (j *jsonLines) keys() *[]string {
	if j.last != nil {
		return &j.last.keys
	}
	keys := slices.Clone(j.record.keys)
	return &keys
}

func (j *jsonLines) marks() (first, second byte) { return '"', '\\' }

func (j *jsonLines) decode(l line, at place, cells []cell) (moment, string, error) {
	if j.layout.file.rule == nil {
		for i, s := range j.shapes {
			if s.read(l, cells) {
				if i > 0 {
					copy(j.shapes[1:i+1], j.shapes[:i])
					j.shapes[0] = s
				}
				j.last = s
				j.layout.nameStream(cells)
				when, err := j.layout.time(cells, at)
				return when, "", err
			}
		}
	}
	return j.slow(l.bytes(), at, cells)
}

// slow reads a line key by key.
func (j *jsonLines) slow(text []byte, at place, cells []cell) (moment, string, error) {
	j.record.reset()
	j.record.offset, j.record.line = at.offset, at.line
	j.names.object(&j.record, text)
	if j.record.problem != "" {
		return 0, j.record.problem, nil
	}
	when, err := j.layout.fromRecord(&j.record, cells)
	j.last = nil
	if err == nil && j.layout.file.rule == nil {
		j.learn(text)
	}
	return when, "", err
}

// learn keeps the order of a line's keys, if the line is written without blanks
// and no key stands twice.
func (j *jsonLines) learn(line []byte) {
	s := &shape{keys: slices.Clone(j.record.keys)}
	at := 0
	keys := map[string]bool{}
	plain := true
	eachField(line, func(key, value []byte) {
		start := cap(line) - cap(value)
		prefix := line[at:start]
		name := j.names.name(key)
		plain = plain && len(prefix) == len(key)+4 && !keys[name] && len(s.fields) < maxShapeFields
		keys[name] = true
		s.fields = append(s.fields, newShapeField(bytes.Clone(prefix)))
		at = start + len(value)
	})
	if !plain || len(s.fields) == 0 || at != len(line)-1 {
		return
	}
	for i, k := range j.layout.picker.at {
		if k < 0 {
			s.absent = append(s.absent, i)
			continue
		}
		s.fields[k].columns = append(s.fields[k].columns, i)
	}
	if len(j.shapes) == maxShapes {
		j.shapes = j.shapes[:maxShapes-1]
	}
	j.shapes = append([]*shape{s}, j.shapes...)
	j.last = s
}

// read takes the values out of a line that has the shape. It returns false
// where the line does not have it; cells then hold anything.
func (s *shape) read(l line, cells []cell) bool {
	for _, c := range s.absent {
		cells[c].form = noForm
	}
	text, at := l.text[:l.to], l.from
	clean := !l.odd && !l.second
	for i := range s.fields {
		f := &s.fields[i]
		start := at + len(f.prefix)
		if start >= len(text) {
			return false
		}
		if f.short {
			if load(text, at) != f.words[0] || load(text, start-8) != f.words[1] || len(f.prefix) > 16 && load(text, at+8) != f.words[2] {
				return false
			}
		} else if string(text[at:start]) != string(f.prefix) {
			return false
		}
		var value []byte
		form := jsonForm
		if clean && text[start] == '"' {
			end := l.next(start + 1)
			if end >= len(text) {
				return false
			}
			value, form, at = text[start+1:end], textForm, end+1
		} else if at = wholeNumberEnd(text, start); at > 0 {
			value = text[start:at]
		} else if at, value, form = jsonValueAt(text, start); at < 0 {
			return false
		}
		for _, c := range f.columns {
			cells[c].raw, cells[c].form = value, form
		}
	}
	return at == len(text)-1 && text[at] == '}'
}

func newShapeField(prefix []byte) shapeField {
	f := shapeField{prefix: prefix}
	if n := len(prefix); n >= 8 && n <= 24 {
		f.short = true
		f.words = [3]uint64{load(prefix, 0), load(prefix, n-8), load(prefix, min(8, n-8))}
	}
	return f
}

// jsonValueAt finds the value at i: the index behind it, and its bytes with the
// form in which they are to be read. The index is -1 where the value is broken.
func jsonValueAt(line []byte, i int) (end int, value []byte, form cellForm) {
	switch line[i] {
	case '"':
		end, plain := textEnd(line, i+1)
		if end < 0 {
			return -1, nil, noForm
		}
		if plain {
			return end + 1, line[i+1 : end], textForm
		}
		return end + 1, line[i : end+1], jsonForm
	case '{', '[':
		end := valueEnd(line, i)
		if end >= len(line) || !json.Valid(line[i:end]) || tooDeep(line[i:end]) {
			return -1, nil, noForm
		}
		return end, line[i:end], jsonForm
	}
	if end = bareEnd(line, i); end < 0 || !validBare(line[i:end]) {
		return -1, nil, noForm
	}
	return end, line[i:end], jsonForm
}

// maxNesting is how deep encoding/json goes, in a value that stands in an object.
const maxNesting = 9_999

// tooDeep reports whether a value may be nested deeper than that, which is then
// for a look at the whole line to tell.
func tooDeep(text []byte) bool {
	return len(text) > 2*maxNesting && bytes.Count(text, []byte{'['})+bytes.Count(text, []byte{'{'}) > maxNesting
}

// validBare checks a number, true, false or null.
func validBare(text []byte) bool {
	switch string(text) {
	case "true", "false", "null", "0":
		return true
	}
	return json.Valid(text)
}
