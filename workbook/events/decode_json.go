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
// The structure of every line is checked; what a value holds is checked where
// it is read.
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
}

type shapeField struct {
	// prefix is what stands before the value: a brace or a comma, the key, the
	// colon.
	prefix []byte
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
		s.fields = append(s.fields, shapeField{prefix: bytes.Clone(prefix)})
		at = start + len(value)
	})
	if !plain || len(s.fields) == 0 || at != len(line)-1 {
		return
	}
	for i, k := range j.layout.picker.at {
		if k >= 0 {
			s.fields[k].columns = append(s.fields[k].columns, i)
		}
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
	clear(cells)
	at := 0
	for i := range s.fields {
		f := &s.fields[i]
		end := at + len(f.prefix)
		if end >= len(line) || !bytes.Equal(line[at:end], f.prefix) {
			return false
		}
		at = end
		end = simpleValueEnd(line, at)
		if end < 0 {
			return false
		}
		for _, c := range f.columns {
			cells[c] = cell{raw: line[at:end], form: jsonForm}
		}
		if f.columns != nil && !validValue(line[at:end]) {
			return false
		}
		at = end
	}
	return at == len(line)-1 && line[at] == '}'
}

// simpleValueEnd returns the index behind the value at i, -1 where it is broken
// or does not end before the line.
func simpleValueEnd(line []byte, i int) int {
	switch line[i] {
	case '"':
		for from := i + 1; ; {
			n := bytes.IndexByte(line[from:], '"')
			if n < 0 {
				return -1
			}
			end := from + n
			if line[end-1] != '\\' || end-1 == i {
				return end + 1
			}
			slashes := 0
			for k := end - 1; k > i && line[k] == '\\'; k-- {
				slashes++
			}
			if slashes%2 == 0 {
				return end + 1
			}
			from = end + 1
		}
	case '{', '[':
		end := valueEnd(line, i)
		if end >= len(line) || !json.Valid(line[i:end]) {
			return -1
		}
		return end
	}
	for k := i; k < len(line); k++ {
		switch line[k] {
		case ',', '}':
			if k == i {
				return -1
			}
			return k
		case '"', ' ', '\t', '{', '[', ']', ':':
			return -1
		}
	}
	return -1
}

// validValue checks a value that is read: a simple text or number is seen at
// once, all else is json's to tell.
func validValue(text []byte) bool {
	if text[0] == '"' {
		inner := text[1 : len(text)-1]
		for _, b := range inner {
			if b < ' ' || b == '\\' {
				return json.Valid(text)
			}
		}
		return true
	}
	if text[0] >= '1' && text[0] <= '9' {
		if _, ok := smallInt(text); ok {
			return true
		}
	}
	return json.Valid(text)
}
