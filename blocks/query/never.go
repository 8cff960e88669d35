package query

import (
	"fmt"
	"math"
	"strings"

	"tabletop/workbook"
)

// never says why a SELECT can't give a row, and where; an empty message where it
// may. It finds what conditions say plainly and is silent where it takes thought.
func (s *Select) never() (at int, message, fix string) {
	switch {
	case s.Limit == 0:
		return s.LimitAt, "LIMIT 0 keeps no row", "write how many rows are to stay, or take LIMIT away"
	case s.Window.empty():
		return s.Window.EndAt, fmt.Sprintf("the time ends (%s) before it begins (%s)", s.Window.End, s.Window.Start), "swap the two"
	}
	one := aggregated(s) && len(s.Groups) == 0 // a row, if only of zeros
	if !one {
		c := contradictions{of: map[string]*bounds{}}
		if c.all(s.Where); c.message != "" {
			return c.at, c.message, "one of the two can't be meant, or OR is"
		}
	}
	if s.Having != nil {
		c := contradictions{of: map[string]*bounds{}, counts: len(s.Groups) > 0}
		if c.all(s.Having); c.message != "" {
			return c.at, c.message, "one of the two can't be meant, or OR is"
		}
	}
	for i, src := range s.From {
		if one || src.Select == nil || len(src.Unions) > 0 || i > 0 && src.Join == "LEFT JOIN" {
			continue
		}
		if at, message, fix := src.Select.never(); message != "" {
			return at, message, fix
		}
	}
	return 0, "", ""
}

// contradictions collects what conditions joined by AND demand of each expression
// until two of them can't both hold.
type contradictions struct {
	of      map[string]*bounds
	at      int
	message string
	// counts says that a row stands for at least one event.
	counts bool
}

// bounds are what is demanded of one expression. A text is a condition as it reads.
type bounds struct {
	equal         *Literal
	low, high     float64
	lowIs, highIs string
	lowOpen       bool
	highOpen      bool
	null, some    string
	differs       []*Literal
}

func (c *contradictions) say(at int, format string, a ...any) {
	if c.message == "" {
		c.at, c.message = at, fmt.Sprintf(format, a...)
	}
}

// all goes through the conditions that must hold together.
func (c *contradictions) all(e Expr) {
	switch x := e.(type) {
	case nil:
	case *Literal:
		if x.Value == false {
			c.say(x.At, "FALSE holds for no event")
		}
	case *Binary:
		c.binary(x)
	case *Between:
		if !x.Not {
			c.compare(begins(x), x.X, ">=", x.Low, print(x, 0))
			c.compare(begins(x), x.X, "<=", x.High, print(x, 0))
		}
	case *IsNull:
		b := c.bounds(x.X)
		if x.Not {
			b.some = print(x, 0)
		} else {
			b.null = print(x, 0)
		}
		c.nulls(begins(x), b)
	case *In:
		if !x.Not && x.Select == nil {
			c.in(x)
		}
	case *Like:
		b := c.bounds(x.X)
		b.some = print(x, 0)
		c.nulls(begins(x), b)
	}
}

func (c *contradictions) binary(x *Binary) {
	switch x.Op {
	case "AND":
		c.all(x.X)
		c.all(x.Y)
	case "OR":
		left, right := contradictions{of: map[string]*bounds{}, counts: c.counts}, contradictions{of: map[string]*bounds{}, counts: c.counts}
		left.all(x.X)
		if right.all(x.Y); left.message != "" && right.message != "" {
			c.say(left.at, "%s", left.message)
		}
	case "=", "<>", "<", "<=", ">", ">=":
		if _, literal := x.X.(*Literal); literal {
			c.compare(begins(x), x.Y, mirrored[x.Op], x.X, print(x, 0))
			return
		}
		c.compare(begins(x), x.X, x.Op, x.Y, print(x, 0))
	}
}

// mirrored are the comparisons with their sides swapped.
var mirrored = map[string]string{"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}

func (c *contradictions) bounds(x Expr) *bounds {
	key := print(x, 0)
	if _, plain := x.(*Column); plain {
		key = strings.ToLower(key)
	}
	b := c.of[key]
	if b == nil {
		b = &bounds{low: math.Inf(-1), high: math.Inf(1)}
		if call, ok := x.(*Call); ok && c.counts && call.Name == "count" && !call.Distinct && call.Star {
			b.low, b.lowIs = 1, "count(*) >= 1 (as every group)"
		}
		c.of[key] = b
	}
	return b
}

// compare takes one comparison with a literal.
func (c *contradictions) compare(at int, x Expr, op string, y Expr, written string) {
	value, ok := literalOf(y)
	if !ok || value.Value == nil { // that nothing equals NULL is told apart
		return
	}
	if constant, ok := literalOf(x); ok {
		if op == "=" && !quotedName(constant) && !quotedName(value) && constant.Value != nil && apart(constant, value) {
			c.say(at, "%s holds for no event", written)
		}
		return
	}
	b := c.bounds(x)
	b.some = written
	c.nulls(at, b)
	switch n, number := numberOf(value); {
	case op == "=":
		c.equal(at, x, b, value)
	case op == "<>":
		b.differs = append(b.differs, value)
	case !number:
		return // texts have an order of their own
	case (op == ">" || op == ">=") && (n > b.low || n == b.low && op == ">"):
		b.low, b.lowOpen, b.lowIs = n, op == ">", written
	case (op == "<" || op == "<=") && (n < b.high || n == b.high && op == "<"):
		b.high, b.highOpen, b.highIs = n, op == "<", written
	}
	c.within(at, x, b)
}

// quotedName reports whether a text is likely meant as a column, which is told
// apart.
func quotedName(l *Literal) bool {
	text, _ := l.Value.(string)
	return strings.HasPrefix(text, "$")
}

// equal takes a demand for one value.
func (c *contradictions) equal(at int, x Expr, b *bounds, value *Literal) {
	if b.equal != nil && apart(b.equal, value) {
		c.say(at, "%s can't be %s and %s", print(x, 0), printValue(b.equal.Value), printValue(value.Value))
	}
	b.equal = value
}

// within tells of bounds that leave no value.
func (c *contradictions) within(at int, x Expr, b *bounds) {
	if b.low > b.high || b.low == b.high && (b.lowOpen || b.highOpen) {
		c.say(at, "nothing is both %s and %s", b.lowIs, b.highIs)
	}
	if b.equal == nil {
		return
	}
	for _, other := range b.differs {
		if b.equal.Value == other.Value {
			c.say(at, "%s can't be %s and something else", print(x, 0), printValue(other.Value))
		}
	}
	if b.lowIs == "" && b.highIs == "" {
		return
	}
	bound := b.lowIs
	if bound == "" {
		bound = b.highIs
	}
	switch n, number := numberOf(b.equal); {
	case !number:
		c.say(at, "%s can't be %s and a number as in %s", print(x, 0), printValue(b.equal.Value), bound)
	case n < b.low || n == b.low && b.lowOpen:
		c.say(at, "%s is %s, which contradicts: %s", print(x, 0), printValue(b.equal.Value), b.lowIs)
	case n > b.high || n == b.high && b.highOpen:
		c.say(at, "%s is %s, which contradicts: %s", print(x, 0), printValue(b.equal.Value), b.highIs)
	}
}

// nulls tells of an expression that must have a value and none.
func (c *contradictions) nulls(at int, b *bounds) {
	if b.null != "" && b.some != "" {
		c.say(at, "%s contradicts %s", b.some, b.null)
	}
}

// in takes a list of values, of which one must be left.
func (c *contradictions) in(x *In) {
	b := c.bounds(x.X)
	b.some = print(x, 0)
	c.nulls(begins(x), b)
	if b.equal == nil {
		return
	}
	for _, e := range x.List {
		if value, ok := literalOf(e); !ok || !apart(b.equal, value) {
			return
		}
	}
	c.say(begins(x), "%s can't be %s and one of the list", print(x.X, 0), printValue(b.equal.Value))
}

// begins is where a condition begins: a comparison's own place is its operator.
func begins(e Expr) int {
	switch x := e.(type) {
	case *Binary:
		return min(x.At, begins(x.X))
	case *Between:
		return min(x.At, begins(x.X))
	case *In:
		return min(x.At, begins(x.X))
	case *Like:
		return min(x.At, begins(x.X))
	case *IsNull:
		return min(x.At, begins(x.X))
	}
	return e.place()
}

// literalOf is a literal, also behind a minus.
func literalOf(e Expr) (*Literal, bool) {
	switch x := e.(type) {
	case *Literal:
		return x, true
	case *Unary:
		l, ok := x.X.(*Literal)
		if !ok || x.Op != "-" {
			return nil, false
		}
		switch v := l.Value.(type) {
		case int64:
			return &Literal{At: x.At, Value: -v}, true
		case float64:
			return &Literal{At: x.At, Value: -v}, true
		}
	}
	return nil, false
}

// numberOf is a literal as a number, as a comparison with a number reads it.
func numberOf(l *Literal) (float64, bool) {
	v := l.Value
	if text, ok := v.(string); ok {
		v = workbook.Number(text)
	}
	switch n := v.(type) {
	case int64:
		return float64(n), true
	case float64:
		return n, true
	}
	return 0, false
}

// apart reports whether nothing equals both literals. A text and a number are
// compared as numbers, so that '0443' equals 443.
func apart(a, b *Literal) bool {
	x, xIsText := a.Value.(string)
	y, yIsText := b.Value.(string)
	if xIsText && yIsText {
		return x != y
	}
	m, ok1 := numberOf(a)
	n, ok2 := numberOf(b)
	if !ok1 && !ok2 {
		return a.Value != b.Value
	}
	return ok1 != ok2 || m != n
}
