package query

import (
	"fmt"
	"strconv"
	"strings"
)

// selectItems reads what select names.
func (z *pipe) selectItems() {
	for {
		t := z.peek()
		switch {
		case z.accept("*"):
			z.s.Items = append(z.s.Items, Item{At: t.start, Bare: true})
		default:
			z.s.Items = append(z.s.Items, z.selected(t))
		}
		if !z.accept(",") {
			z.noComma()
			return
		}
	}
}

// selected reads one column with its name.
func (z *pipe) selected(t token) Item {
	position := len(z.s.Items)
	if t.is("DISTINCT") {
		z.next()
		z.s.Distinct = true
		i := Item{Expr: z.expr(), At: t.start, Alias: "distinct_col" + strconv.Itoa(position)}
		z.alias(&i)
		return i
	}
	i := Item{Expr: z.expr(), At: t.start}
	i.Alias = pipeTitle(i.Expr, position, t)
	z.alias(&i)
	return i
}

func (z *pipe) alias(i *Item) {
	if z.accept("AS") {
		i.Alias = z.name("a name behind as")
	}
}

// pipeTitle is the name of a result column without one of its own: a field's is
// the field's, a function's its name and its place, counted from 0.
func pipeTitle(e Expr, position int, t token) string {
	switch e := e.(type) {
	case *Column:
		return bare(e.Name)
	case *Call:
		if t.kind == pathToken {
			return pathTitle(t.text)
		}
		return fmt.Sprintf("%s_col%d", e.Name, position)
	case *Cast:
		return fmt.Sprintf("cast_col%d", position)
	case *Case:
		return fmt.Sprintf("case_col%d", position)
	case *Like:
		return fmt.Sprintf("%s_col%d", strings.ToLower(e.Op), position)
	}
	return fmt.Sprintf("expression_col%d", position)
}

var notOfName = compiled(`[^\p{L}\p{N}_]+`)

// pathTitle is the name that pipe DQL gives a path: userIdentity_type for
// @userIdentity.type.
func pathTitle(path string) string {
	return strings.Trim(notOfName().ReplaceAllString(path, "_"), "_")
}

// pathField reads a path out of the raw line, else out of the event's own field
// of that name.
func pathField(t token) Expr {
	call := func(column, rest string) Expr {
		return &Call{At: t.start, Name: "raw_field", Args: []Expr{&Column{At: t.start, Name: column}, &Literal{At: t.start, Value: rest}}}
	}
	first, rest := t.text, ""
	if i := strings.IndexAny(t.text, ".["); i >= 0 {
		first, rest = t.text[:i], strings.TrimPrefix(t.text[i:], ".")
	}
	var own Expr = &Column{At: t.start, Name: first}
	if rest != "" {
		own = call(first, rest)
	}
	return &Call{At: t.start, Name: "coalesce", Args: []Expr{call(rawColumn, t.text), own}}
}

// pathColumns gathers the columns that are read only where a path may lead, by
// their names in small letters: that no event has them is no mistake.
func pathColumns(s *Select, into map[string]bool) {
	s.eachExpr(func(e Expr) {
		c, ok := e.(*Call)
		if !ok || c.Name != "raw_field" && c.Name != "coalesce" || len(c.Args) == 0 {
			return
		}
		first, ok := c.Args[0].(*Call)
		if c.Name == "coalesce" && (!ok || first.Name != "raw_field") {
			return
		}
		for _, arg := range c.Args {
			if column, ok := arg.(*Column); ok {
				into[bare(column.Name)] = true
			}
		}
	})
	eachSelect(s, func(inner *Select) { pathColumns(inner, into) })
}

// finish makes the SELECT whole once all pipes are known, and tells which can't
// stand together.
func (z *pipe) finish() {
	s := z.s
	grouped, sliced := len(s.Groups) > 0, z.slice.text != ""
	for _, check := range z.checks {
		s.Where = joined(s.Where, check)
	}
	at, having := z.at["having"]
	starred := len(s.Items) == 0
	for _, item := range s.Items {
		starred = starred || item.Expr == nil
	}
	switch {
	case having && !grouped && !sliced:
		z.failAt(at, "having without groupby", "put the condition behind where, or group the events")
	case len(s.Items) > 0 && starred && (grouped || sliced):
		z.failAt(z.at["select"], "select * can't stand beside groupby or timeslice", "name the grouped fields")
	case len(s.Items) > 0 && sliced && !grouped:
		z.failAt(z.at["timeslice"], "timeslice beside select alone", "add groupby, or leave select out: timeslice counts on its own")
	}
	if grouped || sliced {
		z.groups(grouped, sliced)
		return
	}
	if len(s.Items) == 0 {
		s.Items = []Item{{At: s.At, Bare: true}}
	}
	if aggregatedItems(s) {
		s.Newest, s.Oldest = false, false
		return
	}
	if s.Limit < 0 {
		s.Limit, s.Newest, s.defaultLimit = pipeLimit, true, true
	}
}

// groups names the columns of a grouped query: select's, else the grouped fields
// with a count. timeslice puts its times before them.
func (z *pipe) groups(grouped, sliced bool) {
	s := z.s
	if len(s.Items) == 0 {
		for _, g := range s.Groups {
			s.Items = append(s.Items, Item{Expr: g, At: g.place(), Alias: z.groupTitle(g, len(s.Items))})
		}
		name := "count_col0"
		if grouped {
			name = "count_col1" // as DNIF has it, whatever the number of fields
		}
		s.Items = append(s.Items, Item{Expr: &Call{At: s.At, Name: "count", Star: true}, At: s.At, Alias: name})
	}
	if _, limited := z.at["limit"]; limited {
		s.Newest = false // groups have no time: they come by their first event
	}
	if sliced {
		slice := timeSlice(z.slice.start, z.slice.text)
		s.Groups = append([]Expr{slice}, s.Groups...)
		s.Items = append([]Item{{Expr: slice, At: z.slice.start, Alias: "cnamtime"}}, s.Items...)
		s.Order, s.Newest, s.Oldest = []Order{{Expr: slice}}, false, false
	}
	if s.Distinct {
		z.distinctGroups()
	}
}

// groupTitle is the name of a grouped field in the result.
func (z *pipe) groupTitle(g Expr, position int) string {
	for _, t := range z.tokens {
		if t.start == g.place() {
			return pipeTitle(g, position, t)
		}
	}
	return pipeTitle(g, position, token{})
}

// distinctGroups says select distinct(a) over groups as groups of a.
func (z *pipe) distinctGroups() {
	s := z.s
	if aggregatedItems(s) || s.Having != nil {
		z.failAt(z.at["select"], "distinct beside an aggregate or having", "groups are distinct already: leave distinct out")
	}
	s.Distinct, s.Groups = false, nil
	for _, item := range s.Items {
		s.Groups = append(s.Groups, item.Expr)
	}
}

// aggregatedItems reports whether an aggregate is selected.
func aggregatedItems(s *Select) bool {
	for _, item := range s.Items {
		if item.Expr != nil && findAggregate(item.Expr) != nil {
			return true
		}
	}
	return false
}

// timeSlice is the beginning of the slice of time in which an event lies.
func timeSlice(at int, span string) Expr {
	return &Call{At: at, Name: "timeslice", Args: []Expr{&Call{At: at, Name: "event_time"}, &Literal{At: at, Value: span}}}
}
