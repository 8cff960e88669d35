package events

import (
	"slices"

	"tabletop/workbook"
)

// A dispatch finds the case that an event is for. Cases tend to look at the same
// fields: each is read once an event.
type dispatch struct {
	fields []expression
	cases  [][]test
}

// A test asks whether one of the dispatch's fields has one of some texts.
type test struct {
	field int
	is    map[string]bool
}

func newDispatch(cases []*rule) *dispatch {
	d := &dispatch{cases: make([][]test, len(cases))}
	number := map[string]int{}
	for i, c := range cases {
		for _, w := range c.when {
			n, known := number[w.written]
			if !known {
				n = len(d.fields)
				number[w.written] = n
				d.fields = append(d.fields, w.field)
			}
			d.cases[i] = append(d.cases[i], test{n, w.is})
		}
	}
	return d
}

// answer is a field's text, once it was read.
type answer struct {
	text         string
	read, filled bool
}

// fewFields is how many fields are read without asking for memory.
const fewFields = 4

// pick returns the number of the first case whose conditions all hold, -1 where
// none is for the event.
func (d *dispatch) pick(r *record) int {
	var few [fewFields]answer
	answers := few[:]
	if len(d.fields) > fewFields {
		answers = make([]answer, len(d.fields))
	}
	for i, tests := range d.cases {
		holds := true
		for _, t := range tests {
			a := &answers[t.field]
			if !a.read {
				v := d.fields[t.field].eval(r)
				*a = answer{workbook.Text(v), true, v != nil}
			}
			if !a.filled || !t.is[a.text] {
				holds = false
				break
			}
		}
		if holds {
			return i
		}
	}
	return -1
}

func (d *dispatch) reads() []string { return readsOf(d.fields) }

// choice is the expression of the first case that an event is for; nil stands
// for a case that has none.
type choice struct {
	dispatch *dispatch
	then     []expression
}

var _ expression = (*choice)(nil)

// perEvent makes the expression that is of's for the case that an event is for.
func (r *rule) perEvent(of func(*rule) expression) expression {
	c := &choice{dispatch: r.dispatch, then: make([]expression, len(r.cases))}
	for i, one := range r.cases {
		c.then[i] = of(one)
	}
	return c
}

func (c *choice) eval(r *record) workbook.Value {
	i := c.dispatch.pick(r)
	if i < 0 || c.then[i] == nil {
		return nil
	}
	return c.then[i].eval(r)
}

func (c *choice) reads() []string {
	keys := c.dispatch.reads()
	for _, e := range c.then {
		if e != nil {
			keys = append(keys, e.reads()...)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}
