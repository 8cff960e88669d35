package query

import (
	"slices"
	"strings"

	"tabletop/workbook/source"
)

// check makes a parsed SELECT ready to be written: the window is taken out of
// WHERE, names that are aliases become what they stand for, and ordinals the
// columns that they count.
func check(text source.Text, s *Select) (problems source.Problems) {
	defer func() {
		if r := recover(); r != nil {
			m, ok := r.(mistake)
			if !ok {
				panic(r)
			}
			problems = append(problems, m.problem)
		}
	}()
	(&checker{text}).selectStatement(s, Window{})
	return nil
}

type checker struct{ text source.Text }

func (c *checker) fail(at int, message, fix string) {
	panic(mistake{c.text.Problem(at, message, fix)})
}

func (c *checker) selectStatement(s *Select, outer Window) {
	if s.Where != nil {
		s.Where = s.Window.take(c.text, s.Where)
	}
	if !s.Window.set() {
		s.Window = outer // what stands inside reads the same time
	}
	for i := range s.From {
		if inner := s.From[i].Select; inner != nil {
			c.selectStatement(inner, s.Window)
		}
		for _, u := range s.From[i].Unions {
			c.selectStatement(u.Select, s.Window)
		}
		c.walk(&s.From[i].On, s.Window)
	}
	c.walk(&s.Where, s.Window)
	if s.Where != nil {
		c.noAggregates(s.Where, s)
	}
	for i := range s.Items {
		c.walk(&s.Items[i].Expr, s.Window)
	}
	c.groups(s)
	for _, e := range append([]*Expr{&s.Having}, orders(s)...) {
		if *e != nil {
			c.aliases(e, s)
			c.walk(e, s.Window)
		}
	}
	if s.Distinct {
		c.distinct(s)
	}
}

func orders(s *Select) []*Expr {
	var out []*Expr
	for i := range s.Order {
		out = append(out, &s.Order[i].Expr)
	}
	return out
}

// walk goes into the SELECTs of an expression and refuses what only a window
// may hold.
func (c *checker) walk(e *Expr, w Window) {
	switch x := (*e).(type) {
	case nil:
		return
	case *Column:
		if name := windowName(x); name != "" {
			c.fail(x.At, name+" sets the time of the whole query", "join it to the other conditions of WHERE with AND")
		}
	case *Binary:
		c.misspeltWindow(x)
		c.condition(x)
	case *Span:
		c.fail(x.At, "a duration or a moment where a value must stand", "these stand behind $Duration=, $StartTime= and $EndTime=")
	case *In:
		if x.Select != nil {
			c.selectStatement(x.Select, w)
		}
	case *Subquery:
		c.selectStatement(x.Select, w)
	case *Exists:
		c.selectStatement(x.Select, w)
	case *Call:
		c.call(x)
	}
	for _, child := range children(*e) {
		c.walk(child, w)
	}
}

// misspeltWindow tells $Duraton=7d from other durations out of place.
func (c *checker) misspeltWindow(x *Binary) {
	column, named := x.X.(*Column)
	span, timed := x.Y.(*Span)
	if !timed || !named || windowName(column) != "" {
		return
	}
	if strings.HasSuffix(strings.ToLower(column.Name), "time") || strings.HasSuffix(strings.ToLower(column.Name), "tstamp") {
		c.fail(column.At, "the query's time is not a condition on "+column.Name, "write $StartTime="+span.Text+" or $EndTime="+span.Text+", or $Duration=1h")
	}
	c.fail(column.At, "unknown time "+column.Name, source.DidYouMean(column.Name, windowNames))
}

// condition refuses a number or a text that AND or OR joins, as in $A=1 OR 2.
func (c *checker) condition(x *Binary) {
	if x.Op != "AND" && x.Op != "OR" {
		return
	}
	for _, side := range []Expr{x.X, x.Y} {
		l, ok := side.(*Literal)
		if !ok {
			continue
		}
		switch l.Value.(type) {
		case string, int64, float64:
			c.fail(l.At, "a value where a condition must stand: "+renderLiteral(l.Value), "write $Field = "+renderLiteral(l.Value)+", or a list: $Field IN (…, "+renderLiteral(l.Value)+")")
		}
	}
}

// call checks a function's name and the number of its arguments.
func (c *checker) call(x *Call) {
	f, ok := functions()[x.Name]
	if !ok {
		c.fail(x.At, "unknown function "+x.Name, UnknownFunction(x.Name))
	}
	n := len(x.Args)
	if x.Star {
		if x.Name != "count" {
			c.fail(x.At, x.Name+"(*) means nothing", "only count takes *")
		}
		return
	}
	if n < f.least || f.most >= 0 && n > f.most {
		fix := ""
		if x.Name == "count" {
			fix = "write count(*) for all"
		}
		c.fail(x.At, x.Name+" takes "+f.takes(), fix)
	}
	if x.Distinct && !f.distinct {
		c.fail(x.At, "DISTINCT means nothing in "+x.Name, "")
	}
	if f.aggregate {
		for _, arg := range x.Args {
			if inner := findAggregate(arg); inner != nil {
				c.fail(inner.At, "an aggregate inside an aggregate", "make the inner one a SELECT of its own in FROM ( … )")
			}
		}
	}
}

// noAggregates refuses aggregates in WHERE, also by their alias.
func (c *checker) noAggregates(where Expr, s *Select) {
	if inner := findAggregate(where); inner != nil {
		c.fail(inner.At, "an aggregate can't stand in WHERE", "put the condition into HAVING")
	}
	aggregates := map[string]bool{}
	for _, item := range s.Items {
		if item.Alias != "" && item.Expr != nil && findAggregate(item.Expr) != nil {
			aggregates[item.Alias] = true
		}
	}
	if len(aggregates) > 0 {
		c.noAliases(where, aggregates)
	}
}

func (c *checker) noAliases(e Expr, aggregates map[string]bool) {
	if column, ok := e.(*Column); ok && aggregates[column.Name] {
		c.fail(column.At, column.Name+" is an aggregate, which can't stand in WHERE", "put the condition into HAVING")
	}
	for _, child := range children(e) {
		c.noAliases(*child, aggregates)
	}
}

// groups puts items in the place of ordinals and aliases in GROUP BY.
func (c *checker) groups(s *Select) {
	for i := range s.Groups {
		c.ordinal(&s.Groups[i], s)
		if column, ok := s.Groups[i].(*Column); ok {
			for _, item := range s.Items {
				// In lower($User) AS $User the name in GROUP BY is the column.
				if item.Expr != nil && aliased(item, column) && !mentions(item.Expr, column) {
					s.Groups[i] = item.Expr
				}
			}
		}
		c.walk(&s.Groups[i], s.Window)
		if inner := findAggregate(s.Groups[i]); inner != nil {
			c.fail(inner.At, "an aggregate can't stand in GROUP BY", "group by columns")
		}
	}
	for i := range s.Order {
		c.ordinal(&s.Order[i].Expr, s)
	}
}

// ordinal replaces a whole number by the item that it counts.
func (c *checker) ordinal(e *Expr, s *Select) {
	l, ok := (*e).(*Literal)
	if !ok {
		return
	}
	n, ok := l.Value.(int64)
	if !ok {
		return
	}
	if n < 1 || n > int64(len(s.Items)) || s.Items[n-1].Expr == nil {
		c.fail(l.At, "there is no column of that number", "count the columns behind SELECT from 1, or name one")
	}
	*e = s.Items[n-1].Expr
}

// aliases puts items in the place of their aliases.
func (c *checker) aliases(e *Expr, s *Select) {
	if column, ok := (*e).(*Column); ok {
		for _, item := range s.Items {
			if item.Expr != nil && aliased(item, column) && *e != item.Expr {
				*e = item.Expr
				return
			}
		}
		return
	}
	if call, ok := (*e).(*Call); ok && functions()[call.Name].aggregate {
		return // inside an aggregate a name is a column
	}
	for _, child := range children(*e) {
		c.aliases(child, s)
	}
}

func aliased(item Item, column *Column) bool {
	return item.Alias != "" && column.Qualifier == "" && sameColumn(item.Alias, column.Name)
}

// mentions reports whether an expression reads a column.
func mentions(e Expr, column *Column) bool {
	if c, ok := e.(*Column); ok {
		return same(c, column)
	}
	for _, child := range children(e) {
		if mentions(*child, column) {
			return true
		}
	}
	return false
}

// distinct turns SELECT DISTINCT into grouping by all its columns, through
// which events can be followed.
func (c *checker) distinct(s *Select) {
	if s.ofGroups() {
		s.Groups = nil // the selected ones make the groups
	}
	if len(s.Groups) > 0 || aggregated(s) {
		c.fail(s.At, "DISTINCT beside GROUP BY or an aggregate is not supported", "groups are distinct already: remove DISTINCT")
	}
	for _, item := range s.Items {
		if item.Expr == nil {
			c.fail(item.At, "DISTINCT * is not supported", "name the columns")
		}
		s.Groups = append(s.Groups, item.Expr)
	}
	s.Distinct = false
}

// ofGroups reports whether a SELECT names nothing but what it groups by.
func (s *Select) ofGroups() bool {
	if len(s.Groups) == 0 || s.Having != nil || len(s.Order) > 0 {
		return false
	}
	for _, item := range s.Items {
		if item.Expr == nil || !slices.ContainsFunc(s.Groups, func(g Expr) bool { return same(g, item.Expr) }) {
			return false
		}
	}
	return true
}

// aggregated reports whether a SELECT gives groups instead of rows.
func aggregated(s *Select) bool {
	if len(s.Groups) > 0 || s.Having != nil {
		return true
	}
	for _, item := range s.Items {
		if item.Expr != nil && findAggregate(item.Expr) != nil {
			return true
		}
	}
	return false
}

// findAggregate returns the first aggregate in an expression, nil for none.
func findAggregate(e Expr) *Call {
	if call, ok := e.(*Call); ok && (functions()[call.Name].aggregate || call.Star) {
		return call
	}
	for _, child := range children(e) {
		if found := findAggregate(*child); found != nil {
			return found
		}
	}
	return nil
}

// mentionsColumn reports whether an expression reads a column of that name.
func mentionsColumn(e Expr, name string) bool { return e != nil && mentions(e, &Column{Name: name}) }
