package code

import (
	"encoding/json"
	"fmt"
	"math"

	"go.starlark.net/starlark"

	"tabletop/workbook"
)

// maxPythonDepth is how deep lists and dicts may nest where they are written.
const maxPythonDepth = 64

// toStarlark turns a value of a table, or of JSON, into one of Python.
func toStarlark(v any) starlark.Value {
	switch v := v.(type) {
	case nil:
		return starlark.None
	case string:
		return starlark.String(v)
	case int64:
		return starlark.MakeInt64(v)
	case float64:
		return starlark.Float(v)
	case bool:
		return starlark.Bool(v)
	case []any:
		elements := make([]starlark.Value, len(v))
		for i := range v {
			elements[i] = toStarlark(v[i])
		}
		return starlark.NewList(elements)
	case map[string]any:
		dict := starlark.NewDict(len(v))
		for _, k := range sortedKeys(v) {
			mustSet(dict, k, toStarlark(v[k]))
		}
		return dict
	}
	panic(fmt.Sprintf("code: a value of type %T", v))
}

// mustSet sets a key that is a text in a dict that nobody iterates.
func mustSet(d *starlark.Dict, key string, v starlark.Value) {
	if err := d.SetKey(starlark.String(key), v); err != nil {
		panic(err)
	}
}

// fromStarlark turns a value of Python into one of a table: a truth becomes the
// text true or false, a list or dict its JSON, a number beyond 64 bits its text.
func fromStarlark(v starlark.Value) (workbook.Value, error) {
	switch v := v.(type) {
	case starlark.NoneType:
		return nil, nil
	case starlark.String:
		return bounded(string(v))
	case starlark.Bool:
		return textOf(bool(v))
	case starlark.Int:
		if i, ok := v.Int64(); ok {
			return i, nil
		}
		return bounded(v.String())
	case starlark.Float:
		return cell(float64(v))
	}
	m := meter{left: maxText}
	value, err := m.plain(v, 0)
	if err != nil {
		return nil, err
	}
	return cell(value)
}

// A meter bounds how much text values may give.
type meter struct{ left int }

func (m *meter) take(n, depth int) error {
	if depth > maxPythonDepth {
		return limitf("lists nested deeper than %d", maxPythonDepth)
	}
	if m.left -= n; m.left < 0 {
		return limitf("a value too large to be written as text")
	}
	return nil
}

// measure takes what a value, written as text, gives at most.
func (m *meter) measure(v starlark.Value, depth int) error {
	switch v := v.(type) {
	case starlark.Int:
		return m.take(1+v.BigInt().BitLen()/3, depth)
	case *starlark.Dict:
		for _, item := range v.Items() {
			if err := m.measure(item, depth+1); err != nil {
				return err
			}
		}
	case starlark.Indexable:
		if size, most := sizeOf(v); most == maxPythonText {
			return m.take(size+2, depth)
		}
		for i := range v.Len() {
			if err := m.measure(v.Index(i), depth+1); err != nil {
				return err
			}
		}
	case starlark.Iterable:
		for element := range starlark.Elements(v) {
			if err := m.measure(element, depth+1); err != nil {
				return err
			}
		}
	}
	return m.take(2, depth)
}

// plain turns a value of Python into one that jsonText writes.
func (m *meter) plain(v starlark.Value, depth int) (any, error) {
	if err := m.take(1, depth); err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case starlark.NoneType:
		return nil, nil
	case starlark.String:
		return string(v), m.take(len(v), depth)
	case starlark.Bool:
		return bool(v), nil
	case starlark.Int:
		return json.Number(v.String()), m.take(v.BigInt().BitLen()/3, depth)
	case starlark.Float:
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			return nil, nil
		}
		return float64(v), nil
	case *starlark.Dict:
		return m.object(v, depth)
	case starlark.Iterable:
		list := []any{}
		for element := range starlark.Elements(v) {
			p, err := m.plain(element, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, p)
		}
		return list, nil
	case address, network:
		return v.String(), nil
	}
	return nil, fmt.Errorf("a %s is no value", v.Type())
}

func (m *meter) object(d *starlark.Dict, depth int) (any, error) {
	object := make(map[string]any, d.Len())
	for k, v := range d.Entries() {
		name, ok := starlark.AsString(k)
		if !ok {
			name = k.String()
		}
		p, err := m.plain(v, depth+1)
		if err != nil {
			return nil, err
		}
		object[name] = p
		if err := m.take(len(name), depth); err != nil {
			return nil, err
		}
	}
	return object, nil
}

// describeStarlark names a value in a message.
func describeStarlark(v starlark.Value) string {
	size, most := sizeOf(v)
	switch {
	case most == maxPythonText:
		return fmt.Sprintf("a text of %d bytes", size)
	case most > 0:
		return fmt.Sprintf("a list of %d elements", size)
	}
	return v.Type()
}
