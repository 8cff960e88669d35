package events

import (
	"slices"
	"strings"

	"tabletop/workbook"
	"tabletop/workbook/source"
)

// An expression gives a column of DNIF's its value from the fields of a raw
// event.
type expression interface {
	// eval gives the value, nil where the event has none.
	eval(r *record) workbook.Value
	// reads names the top-level keys that the value may come from, some of them
	// perhaps twice; none for a value that no event changes. A key of an event is
	// needed where match finds that it fits one of them, in whatever degree: the
	// record that eval is given must hold those keys, and may lack all others.
	reads() []string
}

var (
	_ expression = path("")
	_ expression = constant("")
	_ expression = template(nil)
	_ expression = first(nil)
	_ expression = (*nested)(nil)
	_ expression = (*pattern)(nil)
	_ expression = (*folded)(nil)
)

// path names a field by its key as it stands.
type path string

func (p path) eval(r *record) workbook.Value {
	for i := len(r.keys) - 1; i >= 0; i-- {
		if r.keys[i] == string(p) {
			return r.values[i].value()
		}
	}
	return nil
}

func (p path) reads() []string { return []string{string(p)} }

// constant is the same for every event.
type constant string

func (c constant) eval(*record) workbook.Value { return string(c) }

func (c constant) reads() []string { return nil }

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

func (t template) reads() []string { return readsOf(t) }

// first is the first of several that has a value; the empty text is none.
type first []expression

func (f first) eval(r *record) workbook.Value {
	for _, e := range f {
		if v := e.eval(r); v != nil && v != "" {
			return v
		}
	}
	return nil
}

func (f first) reads() []string { return readsOf(f) }

func readsOf(list []expression) []string {
	var keys []string
	for _, e := range list {
		keys = append(keys, e.reads()...)
	}
	return keys
}

// folded is a text in lower or upper case.
type folded struct {
	of    expression
	upper bool
}

func (f *folded) eval(r *record) workbook.Value {
	v := f.of.eval(r)
	switch {
	case v == nil:
		return nil
	case f.upper:
		return strings.ToUpper(workbook.Text(v))
	}
	return strings.ToLower(workbook.Text(v))
}

func (f *folded) reads() []string { return f.of.reads() }

// columnForms are the ways to write a column in sources.yaml.
const columnForms = "a field's name, {const: text}, {template: text}, {first: [a, b]}, {regex: pattern, field: name, group: 1}, {lower: name} or {upper: name}"

// columnNode is the map form of a column in sources.yaml.
type columnNode struct {
	Const    *source.Text  `yaml:"const" doc:"the same text for every event"`
	Template *source.Text  `yaml:"template" doc:"a text with {field} in it"`
	First    []source.Node `yaml:"first" doc:"several columns: the first that has a value"`
	Regex    *source.Text  `yaml:"regex" doc:"a pattern (RE2) that is looked for in field"`
	Field    source.Node   `yaml:"field" doc:"what regex looks into"`
	Group    *int          `yaml:"group" doc:"the group of regex that is the value; 0 is all that fits"`
	Lower    source.Node   `yaml:"lower" doc:"a column in lower case"`
	Upper    source.Node   `yaml:"upper" doc:"a column in upper case"`
}

// parseExpression reads what stands behind a column in sources.yaml.
func parseExpression(n source.Node) (expression, source.Problems) {
	if t, ok := n.Text(); ok {
		return parsePath(t.Value), nil
	}
	if pairs := n.Pairs(); len(pairs) != 1 && (len(pairs) == 0 || !slices.ContainsFunc(pairs, func(p source.Pair) bool { return p.Key.Value == "regex" })) {
		return nil, source.Problems{n.Problem("a column is "+columnForms, "")}
	}
	var c columnNode
	if problems := source.Decode(n, &c); len(problems) > 0 {
		return nil, problems
	}
	switch {
	case c.Const != nil:
		return constant(c.Const.Value), nil
	case c.Template != nil:
		return parseTemplate(*c.Template)
	case c.Regex != nil:
		return parsePattern(n, c)
	case c.First != nil:
		return parseFirst(c.First)
	case c.Lower.Exists():
		of, problems := parseExpression(c.Lower)
		return &folded{of: of}, problems
	case c.Upper.Exists():
		of, problems := parseExpression(c.Upper)
		return &folded{of: of, upper: true}, problems
	}
	return nil, source.Problems{n.Problem("a column is "+columnForms, "")}
}

func parseFirst(nodes []source.Node) (expression, source.Problems) {
	var list first
	var problems source.Problems
	for _, n := range nodes {
		e, more := parseExpression(n)
		list, problems = append(list, e), append(problems, more...)
	}
	return list, problems
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
		parts = append(parts, parsePath(name))
		rest = more
	}
}
