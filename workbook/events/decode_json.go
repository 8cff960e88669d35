package events

import (
	"bytes"
	"encoding/json"
	"slices"
)

// A lineDecoder takes the cells out of the lines of a chunk. Each worker has
// one of its own.
type lineDecoder interface {
	// decode fills cells from a line; the problem is not empty where the line
	// is no event.
	decode(line []byte, at place, cells []cell) (when moment, problem string, err error)
	// keys are those of the last line, in their order. The same kind of event
	// gives the same list.
	keys() *[]string
}

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
	// colon. Of one of 8 to 16 bytes, first and last are its ends, so that two
	// words tell whether a line has it.
	prefix      []byte
	first, last uint64
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

func (j *jsonLines) decode(line []byte, at place, cells []cell) (moment, string, error) {
	if j.layout.file.rule == nil {
		for i, s := range j.shapes {
			if s.read(line, cells) {
				if i > 0 {
					copy(j.shapes[1:i+1], j.shapes[:i])
					j.shapes[0] = s
				}
				j.last = s
				when, err := j.layout.time(cells, at)
				return when, "", err
			}
		}
	}
	return j.slow(line, at, cells)
}

// slow reads a line key by key.
func (j *jsonLines) slow(line []byte, at place, cells []cell) (moment, string, error) {
	j.record.reset()
	j.record.offset, j.record.line = at.offset, at.line
	j.names.object(&j.record, line)
	if j.record.problem != "" {
		return 0, j.record.problem, nil
	}
	when, err := j.layout.fromRecord(&j.record, cells)
	j.last = nil
	if err == nil && j.layout.file.rule == nil {
		j.learn(line)
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
func (s *shape) read(line []byte, cells []cell) bool {
	for _, c := range s.absent {
		cells[c].form = noForm
	}
	at := 0
	for i := range s.fields {
		f := &s.fields[i]
		n := len(f.prefix)
		if at+n >= len(line) {
			return false
		}
		if f.first != 0 {
			if load(line, at) != f.first || load(line, at+n-8) != f.last {
				return false
			}
		} else if string(line[at:at+n]) != string(f.prefix) {
			return false
		}
		at += n
		if f.columns == nil {
			if at = valueSkip(line, at); at < 0 {
				return false
			}
			continue
		}
		end, value, form := jsonValueAt(line, at)
		if end < 0 || form == jsonForm && value[0] != '"' && !validValue(value) {
			return false
		}
		for _, c := range f.columns {
			cells[c].raw, cells[c].form = value, form
		}
		at = end
	}
	return at == len(line)-1 && line[at] == '}'
}

func newShapeField(prefix []byte) shapeField {
	f := shapeField{prefix: prefix}
	if n := len(prefix); n >= 8 && n <= 16 {
		f.first, f.last = load(prefix, 0), load(prefix, n-8)
	}
	return f
}

// valueSkip returns the index behind the value at i, which nobody reads but
// which must be valid all the same; -1 where it is not.
func valueSkip(line []byte, i int) int {
	if line[i] == '"' {
		end, _ := textEnd(line, i+1)
		if end < 0 {
			return -1
		}
		return end + 1
	}
	end, value, _ := jsonValueAt(line, i)
	if end < 0 || line[i] != '{' && line[i] != '[' && !validValue(value) {
		return -1
	}
	return end
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
		if end >= len(line) || !json.Valid(line[i:end]) {
			return -1, nil, noForm
		}
		return end, line[i:end], jsonForm
	}
	if end = bareEnd(line, i); end < 0 {
		return -1, nil, noForm
	}
	return end, line[i:end], jsonForm
}

// validValue checks a value that is read: a simple whole number is seen at
// once, all else is json's to tell.
func validValue(text []byte) bool {
	if text[0] >= '1' && text[0] <= '9' {
		if _, ok := smallInt(text); ok {
			return true
		}
	}
	return json.Valid(text)
}
