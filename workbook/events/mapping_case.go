package events

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"tabletop/workbook/source"
)

// A condition tells the events that a rule is for: those whose field has one of
// some texts.
type condition struct {
	field expression
	// written is the field as it stands in the source, to tell equal ones.
	written string
	is      map[string]bool
}

// conditions must all hold; where there are none, all events are meant.
type conditions []condition

// conditionNode is a condition as written.
type conditionNode struct {
	Field source.Node `yaml:"field,required" doc:"the field that is looked at, or any other form of a column"`
	Is    source.Node `yaml:"is,required" doc:"the texts of which the field must have one"`
}

// parseConditions reads one condition, or a list of which all must hold.
func parseConditions(n source.Node) (conditions, source.Problems) {
	nodes := []source.Node{n}
	switch {
	case !n.Exists():
		return nil, nil
	case n.IsList():
		nodes = n.Items()
	}
	var list conditions
	var problems source.Problems
	for _, node := range nodes {
		var c conditionNode
		if more := source.Decode(node, &c); len(more) > 0 {
			problems = append(problems, more...)
			continue
		}
		field, more := parseExpression(c.Field)
		texts, still := parseTexts(c.Is)
		problems = append(append(problems, more...), still...)
		list = append(list, condition{field, c.Field.YAML(), texts})
	}
	return list, problems
}

// parseTexts reads one text or a list of them.
func parseTexts(n source.Node) (map[string]bool, source.Problems) {
	nodes := []source.Node{n}
	if n.IsList() {
		nodes = n.Items()
	}
	texts := map[string]bool{}
	for _, node := range nodes {
		t, ok := node.Text()
		if !ok {
			return nil, source.Problems{node.Problem("is must be a text or a list of texts", "write is: [3, 22]")}
		}
		texts[t.Value] = true
	}
	return texts, nil
}

// ruleFor returns the rule for one event of the file: the only one, else the
// first whose conditions hold; nil where none does.
func (f *file) ruleFor(r *record) *rule {
	if f.rule == nil || len(f.rule.cases) == 0 {
		return f.rule
	}
	if i := f.rule.dispatch.pick(r); i >= 0 {
		return f.rule.cases[i]
	}
	return nil
}

// combine makes one rule of those that name a file, in their order. Its fields
// choose among theirs for each event, so that whoever reads them need not know
// that there are several; its stream is the field $Stream.
func combine(fitting []*rule) *rule {
	var cases []*rule
	for _, r := range fitting {
		if len(r.cases) > 0 {
			cases = append(cases, r.cases...)
		} else {
			cases = append(cases, r)
		}
	}
	if len(cases) == 1 && len(cases[0].when) == 0 {
		return cases[0]
	}
	whole := &rule{cases: cases, fields: map[string]expression{}, dispatch: newDispatch(cases)}
	spelled := map[string]string{}
	for _, c := range cases {
		for name := range c.fields {
			if lower := strings.ToLower(name); spelled[lower] == "" || name < spelled[lower] {
				spelled[lower] = name
			}
		}
	}
	for lower, name := range spelled {
		whole.fields[name] = whole.perEvent(func(c *rule) expression { return c.field(lower) })
	}
	whole.fields["$Stream"] = whole.perEvent((*rule).streamField)
	whole.time = whole.perEvent(func(c *rule) expression { return c.time })
	for _, c := range cases {
		whole.settle(c)
	}
	return whole
}

// settle takes what holds for a file and not for an event.
func (r *rule) settle(c *rule) {
	if r.format == "" {
		r.format = c.format
	}
	if r.zone == nil {
		r.zone = c.zone
	}
	if r.comma == nil {
		r.comma = c.comma
	}
	if r.quote == nil {
		r.quote = c.quote
	}
	if r.year == 0 {
		r.year = c.year
	}
	if c.year != 0 && c.year != r.year {
		r.conflict = fmt.Sprintf("years, %d and %d", r.year, c.year)
	}
	if c.format != "" && c.format != r.format {
		r.conflict = "formats, " + r.format + " and " + c.format
	}
	if c.zone != nil && c.zone.String() != r.zone.String() {
		r.conflict = "zones, " + r.zone.String() + " and " + c.zone.String()
	}
}

// field returns the expression of a column, letter case aside; nil where the
// rule has none.
func (r *rule) field(lower string) expression {
	for _, name := range slices.Sorted(maps.Keys(r.fields)) {
		if strings.ToLower(name) == lower {
			return r.fields[name]
		}
	}
	return nil
}

// streamField is the stream as a field of its events.
func (r *rule) streamField() expression {
	if r.stream == "" {
		return r.field("$stream")
	}
	return constant(r.stream)
}

// mappedColumns lists the columns that the file's source gives to the events of
// a stream, sorted.
func (f *file) mappedColumns(stream string) []string {
	if f.rule == nil {
		return nil
	}
	if len(f.rule.cases) == 0 {
		return slices.Sorted(maps.Keys(f.rule.fields))
	}
	names := map[string]bool{}
	for _, c := range f.rule.cases {
		if c.stream == "" || c.stream == stream {
			for name := range c.fields {
				names[name] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(names))
}
