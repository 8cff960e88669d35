package events

import (
	"encoding/json"
	"strings"

	"tabletop/workbook"
	"tabletop/workbook/source"
)

// An expression gives a column of DNIF's its value from the fields of a raw
// event.
type expression interface {
	eval(r *record) workbook.Value
}

// path names a field: a key as it stands, else keys of nested objects joined
// with dots.
type path string

func (p path) eval(r *record) workbook.Value {
	for i := len(r.keys) - 1; i >= 0; i-- {
		if r.keys[i] == string(p) {
			return r.values[i].value()
		}
	}
	key, rest, nested := strings.Cut(string(p), ".")
	for nested {
		for i := len(r.keys) - 1; i >= 0; i-- {
			if r.keys[i] == key && r.values[i].json {
				return descend(r.values[i].text, rest)
			}
		}
		var more string
		more, rest, nested = strings.Cut(rest, ".")
		key += "." + more
	}
	return nil
}

// descend follows dotted keys into a JSON value.
func descend(text []byte, keys string) workbook.Value {
	key, rest, more := strings.Cut(keys, ".")
	var members map[string]json.RawMessage
	if json.Unmarshal(text, &members) != nil {
		return nil
	}
	value, ok := members[key]
	switch {
	case !ok:
		return nil
	case more:
		return descend(value, rest)
	}
	return jsonValue(value)
}

// constant is the same for every event.
type constant string

func (c constant) eval(*record) workbook.Value { return string(c) }

// template is a text with {field} in it; where a field has nothing, neither has
// the column.
type template []expression

func (t template) eval(r *record) workbook.Value {
	var b strings.Builder
	for _, part := range t {
		v := part.eval(r)
		if v == nil {
			return nil
		}
		b.WriteString(workbook.Text(v))
	}
	return b.String()
}

// mapping is the map form of a column in sources.yaml.
type mapping struct {
	Const    *source.Text `yaml:"const" doc:"the same text for every event"`
	Template *source.Text `yaml:"template" doc:"a text with {field} in it"`
}

// parseExpression reads what stands behind a column in sources.yaml.
func parseExpression(n source.Node) (expression, source.Problems) {
	if t, ok := n.Text(); ok {
		return path(t.Value), nil
	}
	var m mapping
	if problems := source.Decode(n, &m); len(problems) > 0 {
		return nil, problems
	}
	switch {
	case m.Const != nil && m.Template == nil:
		return constant(m.Const.Value), nil
	case m.Template != nil && m.Const == nil:
		return parseTemplate(*m.Template)
	}
	return nil, source.Problems{n.Problem("a column is a field's name, {const: text} or {template: text}", "")}
}

func parseTemplate(t source.Text) (expression, source.Problems) {
	var parts template
	rest := t.Value
	for {
		before, after, found := strings.Cut(rest, "{")
		if before != "" {
			parts = append(parts, constant(before))
		}
		if !found {
			return parts, nil
		}
		name, more, closed := strings.Cut(after, "}")
		if !closed || name == "" {
			return nil, source.Problems{t.Problem(len(t.Value)-len(after)-1, "{ without a field's name and }", "write {field}")}
		}
		parts = append(parts, path(name))
		rest = more
	}
}
