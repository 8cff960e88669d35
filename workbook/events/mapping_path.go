package events

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"tabletop/workbook"
)

// maxSteps bounds the parts of a dotted path.
const maxSteps = 32

// nested names a field inside of others: keys joined with dots, with [0] behind
// one that holds an array. A key that holds dots itself wins over nesting, the
// longest first.
type nested struct{ root *steps }

// steps are the ways to read what is left of a path.
type steps struct{ ways []way }

// A way takes a key as it stands, then items of the array behind it, then what
// is left of the path; rest is nil at the path's end.
type way struct {
	key   string
	items []int
	rest  *steps
}

// parsePath reads a field's name.
func parsePath(name string) expression {
	if !strings.ContainsAny(name, ".[") {
		return path(name)
	}
	parts := strings.Split(name, ".")
	if len(parts) > maxSteps {
		return path(name)
	}
	// behind[n] are the ways to read what begins with part n.
	behind := make([]*steps, len(parts)+1)
	for from := len(parts) - 1; from >= 0; from-- {
		behind[from] = &steps{}
		for to := len(parts); to > from; to-- {
			behind[from].add(strings.Join(parts[from:to], "."), behind[to])
		}
	}
	return &nested{behind[0]}
}

// add takes a way for a key, and another one where it names items of an array.
func (s *steps) add(key string, rest *steps) {
	s.ways = append(s.ways, way{key: key, rest: rest})
	if bare, items := cutItems(key); items != nil {
		s.ways = append(s.ways, way{key: bare, items: items, rest: rest})
	}
}

// cutItems parts key[1][2] into the key and the numbers.
func cutItems(text string) (key string, items []int) {
	for strings.HasSuffix(text, "]") {
		open := strings.LastIndexByte(text, '[')
		if open < 0 {
			break
		}
		n, err := strconv.Atoi(text[open+1 : len(text)-1])
		if err != nil || n < 0 {
			break
		}
		items = append(items, n)
		text = text[:open]
	}
	slices.Reverse(items)
	return text, items
}

func (p *nested) reads() []string {
	var keys []string
	for _, w := range p.root.ways {
		keys = append(keys, w.key)
	}
	return keys
}

func (p *nested) eval(r *record) workbook.Value {
	for _, w := range p.root.ways {
		for i, key := range slices.Backward(r.keys) {
			if key != w.key {
				continue
			}
			if w.rest == nil && w.items == nil {
				return r.values[i].value()
			}
			if text, ok := jsonInside(r.values[i]); ok {
				if found := w.follow(text); found != nil {
					return jsonValue(found)
				}
			}
			break
		}
	}
	return nil
}

// jsonInside gives the JSON that a field holds: as a value, or as a text, as tables
// carry it.
func jsonInside(v rawValue) ([]byte, bool) {
	if len(v.text) == 0 || v.text[0] != '{' && v.text[0] != '[' {
		return nil, false
	}
	return v.text, v.json || json.Valid(v.text)
}

// follow reads on from the value of the way's key; nil where nothing is there.
func (w way) follow(text []byte) []byte {
	for _, n := range w.items {
		if text = valueOfItem(text, n); text == nil {
			return nil
		}
	}
	if w.rest == nil {
		return text
	}
	for _, next := range w.rest.ways {
		if value := valueOfKey(text, next.key); value != nil {
			if found := next.follow(value); found != nil {
				return found
			}
		}
	}
	return nil
}

// valueOfKey returns the value of a key of a JSON object; the last one counts. It
// is nil where text is no object or lacks the key.
func valueOfKey(text []byte, name string) []byte {
	var found []byte
	eachField(text, func(key, value []byte) {
		if string(key) == name || strings.IndexByte(string(key), '\\') >= 0 && jsonText(slices.Concat([]byte{'"'}, key, []byte{'"'})) == name {
			found = value
		}
	})
	return found
}

// valueOfItem returns value n of a JSON array, counted from 0; nil where text is no
// array or is shorter.
func valueOfItem(text []byte, n int) []byte {
	i := skipSpace(text, 0)
	if i >= len(text) || text[i] != '[' {
		return nil
	}
	for i = skipSpace(text, i+1); i < len(text) && text[i] != ']'; n-- {
		end := valueEnd(text, i)
		if n == 0 {
			return text[i:end]
		}
		i = skipSpace(text, end)
		if i >= len(text) || text[i] != ',' {
			return nil
		}
		i = skipSpace(text, i+1)
	}
	return nil
}
