package query

import (
	"slices"

	"tabletop/workbook/events"
)

// What the files' readers can test and group is pushed down to them: conditions
// on plain columns, and groups of plain columns with the common aggregates. All
// else is SQLite's, with the same answer.

// pushWhere moves the conditions of a SELECT over one stream into its scan. It
// returns what is left of them for SQLite.
func (w *writer) pushWhere(s *Select, sc *scope) Expr {
	if !w.pushable(s, sc) || s.Where == nil {
		return s.Where
	}
	var pushed events.And
	var left Expr
	for _, term := range terms(s.Where) {
		if f, ok := w.columns(&sc.sources[0]).filter(term); ok {
			pushed = append(pushed, f)
			continue
		}
		left = and(left, term)
	}
	if len(pushed) > 0 {
		w.query.Scans[sc.sources[0].scan].Where = pushed
	}
	return left
}

// pushable reports whether a SELECT reads one stream that lies in files.
func (w *writer) pushable(s *Select, sc *scope) bool {
	return len(s.From) == 1 && sc.sources[0].scan >= 0 && (w.inMemory == nil || !w.inMemory(w.query.Scans[sc.sources[0].scan].Stream))
}

// terms lists what AND joins.
func terms(e Expr) []Expr {
	if b, ok := e.(*Binary); ok && b.Op == "AND" {
		return append(terms(b.X), terms(b.Y)...)
	}
	return []Expr{e}
}

// A columnFinder returns the number of the column that an expression stands for,
// and whether it stands for one.
type columnFinder func(Expr) (int, bool)

// plainColumn returns the number of a column of the source, and whether the
// expression is one.
func (w *writer) plainColumn(e Expr, src *scopeSource) (int, bool) {
	c, ok := e.(*Column)
	if !ok || c.Qualifier != "" && !sameName(c.Qualifier, src.alias) {
		return 0, false
	}
	return w.scanIndex(src, c.Name), true
}

// columns finds the plain columns of a source.
func (w *writer) columns(src *scopeSource) columnFinder {
	return func(e Expr) (int, bool) { return w.plainColumn(e, src) }
}

// filter says a condition as one that the readers test.
func (find columnFinder) filter(e Expr) (events.Filter, bool) {
	switch e := e.(type) {
	case *Unary:
		if e.Op != "NOT" {
			return nil, false
		}
		f, ok := find.filter(e.X)
		return events.Not{Filter: f}, ok
	case *Binary:
		if e.Op == "AND" || e.Op == "OR" {
			return find.joined(e)
		}
		return find.comparison(e)
	case *IsNull:
		column, ok := find(e.X)
		return negate(e.Not, events.IsNull{Column: column}), ok
	case *Between:
		low, ok1 := find.comparison(&Binary{Op: ">=", X: e.X, Y: e.Low})
		high, ok2 := find.comparison(&Binary{Op: "<=", X: e.X, Y: e.High})
		return negate(e.Not, events.And{low, high}), ok1 && ok2
	case *In:
		return find.oneOf(e)
	case *Like:
		column, ok := find(e.X)
		pattern, literal := e.Pattern.(*Literal)
		if !ok || !literal || e.Op != "LIKE" {
			return nil, false
		}
		text, ok := pattern.Value.(string)
		return negate(e.Not, events.Matches{Column: column, Pattern: text}), ok
	}
	return nil, false
}

func negate(not bool, f events.Filter) events.Filter {
	if not {
		return events.Not{Filter: f}
	}
	return f
}

// joined says a chain of AND or OR.
func (find columnFinder) joined(e *Binary) (events.Filter, bool) {
	var parts []events.Filter
	var walk func(x Expr) bool
	walk = func(x Expr) bool {
		if b, ok := x.(*Binary); ok && b.Op == e.Op {
			return walk(b.X) && walk(b.Y)
		}
		f, ok := find.filter(x)
		parts = append(parts, f)
		return ok
	}
	if !walk(e) {
		return nil, false
	}
	if e.Op == "AND" {
		return events.And(parts), true
	}
	return events.Or(parts), true
}

// comparison says a column compared with a number or a text.
func (find columnFinder) comparison(e *Binary) (events.Filter, bool) {
	op, x, y := e.Op, e.X, e.Y
	if _, turned := x.(*Literal); turned {
		x, y = y, x
		op = map[string]string{"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}[op]
	}
	literal, ok := y.(*Literal)
	if !ok || !slices.Contains([]string{"=", "<>", "<", "<=", ">", ">="}, op) {
		return nil, false
	}
	switch literal.Value.(type) {
	case string, int64, float64:
	default:
		return nil, false
	}
	column, ok := find(x)
	return events.Compare{Column: column, Op: op, Value: literal.Value}, ok
}

// oneOf says IN over numbers and texts.
func (find columnFinder) oneOf(e *In) (events.Filter, bool) {
	if e.Select != nil {
		return nil, false
	}
	out := events.OneOf{Texts: map[string]bool{}}
	for _, item := range e.List {
		literal, ok := item.(*Literal)
		if !ok {
			return nil, false
		}
		switch v := literal.Value.(type) {
		case string:
			out.Texts[v] = true
		case int64, float64:
			out.Numbers = append(out.Numbers, v)
		default:
			return nil, false
		}
	}
	column, ok := find(e.X)
	out.Column = column
	return negate(e.Not, out), ok
}

// pushGroups makes the groups of a SELECT in its scan, where all conditions were
// pushed down and every aggregate is one that the readers know. It reports
// whether it did.
func (w *writer) pushGroups(s *Select, sc *scope, left Expr) bool {
	if left != nil || !w.pushable(s, sc) || !aggregated(s) || len(s.Groups) > 0 && (s.Newest || s.Oldest) {
		return false
	}
	src := &sc.sources[0]
	g := &events.Grouping{}
	for _, e := range s.Groups {
		column, ok := w.plainColumn(e, src)
		if !ok {
			return false
		}
		g.By = append(g.By, column)
	}
	var calls []*Call
	for _, e := range grouped(s) {
		if !w.collect(e, s, src, g, &calls) {
			return false
		}
	}
	w.query.Scans[src.scan].Grouping = g
	w.pushed, w.pushedCalls = g, calls
	return true
}

// pushHaving moves the conditions on groups that the readers can test into the
// grouping. It returns what is left of them for SQLite.
func (w *writer) pushHaving(s *Select) Expr {
	if w.pushed == nil || s.Having == nil {
		return s.Having
	}
	made := columnFinder(func(e Expr) (int, bool) {
		for i, by := range s.Groups {
			if same(by, e) {
				return i, true
			}
		}
		for i, call := range w.pushedCalls {
			if same(call, e) {
				return len(s.Groups) + i, true
			}
		}
		return 0, false
	})
	var pushed events.And
	var left Expr
	for _, term := range terms(s.Having) {
		if f, ok := made.filter(term); ok && !holdsText(term) {
			pushed = append(pushed, f)
			continue
		}
		left = and(left, term)
	}
	if len(pushed) > 0 {
		w.pushed.Having = pushed
	}
	return left
}

// holdsText reports whether a text stands in an expression: beside an aggregate,
// which is a number, it would be compared otherwise than beside a column.
func holdsText(e Expr) bool {
	if l, ok := e.(*Literal); ok {
		_, text := l.Value.(string)
		return text
	}
	return slices.ContainsFunc(children(e), func(child *Expr) bool { return holdsText(*child) })
}

// and joins two conditions, of which the first may be nil.
func and(left, term Expr) Expr {
	if left == nil {
		return term
	}
	return &Binary{At: term.place(), Op: "AND", X: left, Y: term}
}

// grouped lists the expressions of a SELECT that are made of its groups.
func grouped(s *Select) []Expr {
	var out []Expr
	for _, item := range s.Items {
		if item.Expr == nil {
			return []Expr{nil}
		}
		out = append(out, item.Expr)
	}
	if s.Having != nil {
		out = append(out, s.Having)
	}
	for _, o := range s.Order {
		out = append(out, o.Expr)
	}
	return out
}

// collect gathers the aggregates of an expression; false where one is not for
// the readers, or a SELECT stands in it.
func (w *writer) collect(e Expr, s *Select, src *scopeSource, g *events.Grouping, calls *[]*Call) bool {
	if e == nil || slices.ContainsFunc(s.Groups, func(by Expr) bool { return same(by, e) }) {
		return e != nil
	}
	switch e := e.(type) {
	case *Subquery, *Exists:
		return false
	case *In:
		if e.Select != nil {
			return false
		}
	case *Call:
		if plain := unsugared(e); plain != Expr(e) {
			return w.collect(plain, s, src, g, calls)
		}
		if functions()[e.Name].aggregate {
			if slices.ContainsFunc(*calls, func(c *Call) bool { return same(c, e) }) {
				return true
			}
			a, ok := w.aggregate(e, src)
			g.Aggregates = append(g.Aggregates, a)
			*calls = append(*calls, e)
			return ok
		}
	}
	for _, child := range children(e) {
		if !w.collect(*child, s, src, g, calls) {
			return false
		}
	}
	return true
}

// aggregate says an aggregate as one that the readers know.
func (w *writer) aggregate(e *Call, src *scopeSource) (events.Aggregate, bool) {
	if e.Star {
		return events.Aggregate{Kind: "count", Column: -1}, true
	}
	if len(e.Args) != 1 {
		return events.Aggregate{}, false
	}
	if e.Name == "count_if" {
		f, ok := w.columns(src).filter(e.Args[0])
		return events.Aggregate{Kind: "count_if", Column: -1, If: f}, ok
	}
	if l, ok := e.Args[0].(*Literal); ok && e.Name == "count" && l.Value != nil && !e.Distinct {
		return events.Aggregate{Kind: "count", Column: -1}, true
	}
	column, ok := w.plainColumn(e.Args[0], src)
	kind := e.Name
	if kind == "mean" {
		kind = "avg"
	}
	switch {
	case !slices.Contains([]string{"count", "sum", "avg", "min", "max"}, kind):
		return events.Aggregate{}, false
	case e.Name == "count" && e.Distinct:
		kind = "count_distinct"
	case e.Distinct:
		return events.Aggregate{}, false
	}
	return events.Aggregate{Kind: kind, Column: column}, ok
}

// fromGroups writes an expression that the readers have made already: a column
// of the groups or an aggregate. It reports whether it is one.
func (w *writer) fromGroups(e Expr) (operand, bool) {
	table := w.scopes[len(w.scopes)-1].sources[0].table
	for i, by := range w.groups {
		if same(by, e) {
			return dynamic(`%s."g%d"`, table, i), true
		}
	}
	for i, call := range w.pushedCalls {
		if same(call, e) {
			o := numeric(`%s."a%d"`, table, i)
			if call.Name == "min" || call.Name == "max" {
				o.kind = isAny
			}
			return o, true
		}
	}
	return operand{}, false
}
