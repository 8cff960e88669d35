package query

import (
	"slices"
	"strings"
)

// union reads the SELECTs joined to s by UNION, and what orders them all. The
// result is SELECT * over them.
func (q *parser) union(s *Select) *Select {
	if len(s.Order) > 0 || s.Limit >= 0 || s.Offset >= 0 {
		s = &Select{At: s.At, Items: []Item{{At: s.At}}, From: []Source{{Select: s, At: s.At}}, Limit: -1, Offset: -1}
	}
	from := Source{Select: s, At: s.At}
	for q.accept("UNION") {
		all := q.accept("ALL")
		if !all {
			q.accept("DISTINCT")
		}
		next := q.branch()
		from.Unions = append(from.Unions, Union{All: all, Select: next})
	}
	out := &Select{At: s.At, Items: []Item{{At: s.At}}, From: []Source{from}, Limit: -1, Offset: -1}
	last := from.Unions[len(from.Unions)-1].Select
	if last.Limit >= 0 || last.Offset >= 0 || len(last.Order) > 0 || last.Newest || last.Oldest {
		// Behind the last SELECT these are the whole's; in parentheses they
		// stand a level deeper.
		out.Order, out.Newest, out.Oldest, out.Limit, out.Offset = last.Order, last.Newest, last.Oldest, last.Limit, last.Offset
		last.Order, last.Newest, last.Oldest, last.Limit, last.Offset = nil, false, false, -1, -1
	}
	return out
}

// branch reads a SELECT behind UNION. One in parentheses keeps its own order
// and limit.
func (q *parser) branch() *Select {
	if q.selects++; q.selects > maxSelects {
		q.fail(q.peek(), "too many SELECTs", "")
	}
	paren := q.peek().is("(")
	s := q.oneSelect()
	if paren {
		s = &Select{At: s.At, Items: []Item{{At: s.At}}, From: []Source{{Select: s, At: s.At}}, Limit: -1, Offset: -1}
	}
	return s
}

// flatten makes FROM (a UNION b) of FROM (SELECT * FROM (a UNION b)).
func (src *Source) flatten() {
	inner := src.Select
	whole := len(inner.From) == 1 && len(inner.From[0].Unions) > 0 && len(inner.Items) == 1 && inner.Items[0].Expr == nil && !inner.Items[0].Bare &&
		inner.Items[0].Except == nil && inner.Where == nil && inner.Groups == nil && inner.Having == nil && inner.Order == nil &&
		inner.Limit < 0 && inner.Offset < 0 && !inner.Newest && !inner.Oldest && !inner.Distinct
	if whole {
		src.Select, src.Unions = inner.From[0].Select, inner.From[0].Unions
	}
}

// commons reads what WITH names: each SELECT is read once here, to find its
// mistakes, and again wherever it is named.
func (q *parser) commons() {
	if q.peek().is("RECURSIVE") {
		q.fail(q.peek(), "WITH RECURSIVE is not supported", "")
	}
	for {
		t := q.peek()
		name := strings.ToUpper(strings.TrimPrefix(q.name("a name behind WITH"), "$"))
		if _, twice := q.with[name]; twice {
			q.fail(t, name+" stands twice behind WITH", "")
		}
		q.expect("AS")
		q.expect("(")
		begin := q.at
		q.selectStatement()
		q.expect(")")
		q.with[name] = begin
		if !q.accept(",") {
			return
		}
	}
}

// common reads a SELECT that WITH names, at the place where it is used.
func (q *parser) common(begin int) *Select {
	behind := q.at
	defer func() { q.at = behind }()
	q.at = begin
	return q.selectStatement()
}

// star reads what * leaves out.
func (q *parser) star(i Item) Item {
	if !q.accept("EXCEPT", "(") {
		return i
	}
	for {
		i.Except = append(i.Except, q.name("a column"))
		if !q.accept(",") {
			break
		}
	}
	q.expect(")")
	return i
}

// special reads STREAMS(a, b), STREAMS(*) and STORE(name), by which what DQL
// reads is written in SQL.
func (q *parser) special(s *Source) bool {
	switch {
	case q.accept("STREAMS", "("):
		if s.Every = q.accept("*"); !s.Every {
			for {
				s.Streams = append(s.Streams, q.stream())
				if !q.accept(",") {
					break
				}
			}
		}
	case q.accept("STORE", "("):
		t := q.next()
		if !slices.Contains([]tokenKind{wordToken, quotedToken, stringToken}, t.kind) {
			q.fail(t, "expected the name of an event store", "")
		}
		s.Store = t.text
	default:
		return false
	}
	q.expect(")")
	return true
}
