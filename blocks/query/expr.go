package query

import (
	"slices"
	"strconv"
	"strings"
)

// The levels of expressions, loosest first: OR, AND, NOT, comparisons, + - ||,
// * / %, unary minus, and what stands for itself.

func (q *parser) expr() Expr {
	q.deeper()
	defer func() { q.depth-- }()
	x := q.and()
	for {
		t := q.peek()
		if !q.accept("OR") {
			return x
		}
		x = &Binary{t.start, "OR", x, q.and()}
	}
}

func (q *parser) and() Expr {
	x := q.not()
	for {
		t := q.peek()
		if !q.accept("AND") {
			return x
		}
		x = &Binary{t.start, "AND", x, q.not()}
	}
}

func (q *parser) not() Expr {
	t := q.peek()
	if !q.accept("NOT") && !q.accept("!") {
		return q.comparison()
	}
	q.deeper()
	defer func() { q.depth-- }()
	return &Unary{t.start, "NOT", q.not()}
}

// comparisons, with the way in which the tree writes them.
var comparisons = map[string]string{"=": "=", "==": "=", "!=": "<>", "<>": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">=", "<=>": "<=>"}

func (q *parser) comparison() Expr {
	x := q.sum()
	for n := 0; ; n++ {
		t := q.peek()
		if n > 2 {
			q.fail(t, "comparisons one behind the other", "put them in parentheses, or join them with AND")
		}
		if op := comparisons[t.text]; t.kind == symbolToken && op != "" {
			q.next()
			x = &Binary{t.start, op, x, q.sum()}
			continue
		}
		not := false
		if t.is("NOT") {
			after := q.tokens[q.at+1]
			if !slices.ContainsFunc([]string{"IN", "LIKE", "ILIKE", "RLIKE", "REGEXP", "BETWEEN"}, after.is) {
				return x
			}
			q.next()
			not = true
		}
		switch {
		case q.accept("IN"):
			x = q.in(t.start, x, not)
		case q.accept("BETWEEN"):
			low := q.sum()
			q.expect("AND")
			x = &Between{t.start, not, x, low, q.sum()}
		case q.accept("LIKE"):
			x = &Like{t.start, not, "LIKE", x, q.patterned(q.sum(), false)}
		case q.accept("ILIKE"):
			x = &Like{t.start, not, "ILIKE", x, q.patterned(q.sum(), false)}
		case q.accept("RLIKE"), q.accept("REGEXP"):
			x = &Like{t.start, not, "RLIKE", x, q.patterned(q.sum(), true)}
		case q.accept("IS"):
			isNot := q.accept("NOT")
			q.expect("NULL")
			x = &IsNull{t.start, isNot, x}
		default:
			return x
		}
	}
}

// patterned makes a text the pattern that it stands for: parameters in it match
// themselves.
func (q *parser) patterned(e Expr, regular bool) Expr {
	l, ok := e.(*Literal)
	if !ok {
		return e
	}
	i, found := slices.BinarySearchFunc(q.tokens, l.At, func(t token, at int) int { return t.start - at })
	switch {
	case !found || q.tokens[i].kind != stringToken:
		return e
	case regular:
		return &Literal{l.At, q.tokens[i].pattern}
	}
	return &Literal{l.At, q.tokens[i].like}
}

func (q *parser) in(at int, x Expr, not bool) Expr {
	q.expect("(")
	in := &In{At: at, Not: not, X: x}
	if q.peek().is("SELECT") {
		in.Select = q.selectStatement()
	} else {
		in.List = q.list()
	}
	q.expect(")")
	return in
}

// maxTerms bounds the terms of a sum or a product; SQLite bounds how deep they
// nest.
const maxTerms = 400

func (q *parser) sum() Expr {
	x := q.product()
	for n := 0; ; n++ {
		t := q.peek()
		q.bound(n)
		if t.is("||") && q.emptyPipe() {
			return x
		}
		if !q.accept("+") && !q.accept("-") && !q.accept("||") {
			return x
		}
		x = &Binary{t.start, t.text, x, q.product()}
	}
}

// emptyPipe reports whether || is a pipe with nothing in it, not a joining of
// texts.
func (q *parser) emptyPipe() bool {
	after := q.tokens[q.at+1]
	return q.pipes && (after.kind == endToken || after.is("|") || after.is("||") || after.is(";") ||
		after.kind == wordToken && slices.Contains(pipeNames, strings.ToLower(after.text)))
}

func (q *parser) bound(terms int) {
	if terms > maxTerms {
		q.fail(q.peek(), "more than "+strconv.Itoa(maxTerms)+" terms", "")
	}
}

func (q *parser) product() Expr {
	x := q.unary()
	for n := 0; ; n++ {
		t := q.peek()
		q.bound(n)
		if !q.accept("*") && !q.accept("/") && !q.accept("%") {
			return x
		}
		x = &Binary{t.start, t.text, x, q.unary()}
	}
}

func (q *parser) unary() Expr {
	t := q.peek()
	if q.accept("+") {
		return q.unary()
	}
	if !q.accept("-") {
		return q.primary()
	}
	q.deeper()
	defer func() { q.depth-- }()
	x := q.unary()
	if l, ok := x.(*Literal); ok {
		switch v := l.Value.(type) {
		case int64:
			return &Literal{t.start, -v}
		case float64:
			return &Literal{t.start, -v}
		}
	}
	return &Unary{t.start, "-", x}
}

func (q *parser) primary() Expr {
	t := q.peek()
	switch t.kind {
	case stringToken:
		q.next()
		return &Literal{t.start, t.text}
	case numberToken:
		q.next()
		return q.numeral(t)
	case durationToken, atToken:
		q.next()
		return &Span{t.start, t.text}
	case columnToken, quotedToken:
		q.next()
		return q.named(t)
	case pathToken:
		q.next()
		return pathField(t)
	case wordToken:
		return q.word()
	}
	if !q.accept("(") {
		q.unexpected("a value")
	}
	if q.peek().is("SELECT") {
		s := &Subquery{t.start, q.selectStatement()}
		q.expect(")")
		return s
	}
	x := q.expr()
	if q.peek().is(",") {
		q.fail(q.peek(), "a list of values where one value must stand", "lists stand behind IN")
	}
	q.expect(")")
	return x
}

// numeral reads a number: exact where it is a whole number of 64 bits.
func (q *parser) numeral(t token) Expr {
	if n, err := strconv.ParseInt(t.text, 10, 64); err == nil {
		return &Literal{t.start, n}
	}
	f, err := strconv.ParseFloat(t.text, 64)
	if err != nil {
		q.fail(t, "a number out of all bounds: "+t.text, "")
	}
	return &Literal{t.start, f}
}

// named reads what a column's name begins: the column, alias.column, or a name
// that DNIF generates, as in $Count(1).
func (q *parser) named(t token) Expr {
	if t.kind == columnToken && q.peek().is("(") && q.peek().start == t.end {
		return q.call(token{kind: wordToken, text: strings.TrimPrefix(t.text, "$"), start: t.start, end: t.end})
	}
	if q.accept(".") {
		return q.qualified(t)
	}
	return &Column{At: t.start, Name: t.text}
}

func (q *parser) qualified(t token) Expr {
	if q.peek().is("*") {
		q.fail(q.peek(), t.text+".* where one value must stand", "it stands behind SELECT, or name a column")
	}
	return &Column{At: t.start, Qualifier: t.text, Name: q.name("a column")}
}

func (q *parser) word() Expr {
	t := q.peek()
	switch {
	case q.accept("NULL"):
		return &Literal{t.start, nil}
	case q.accept("TRUE"):
		return &Literal{t.start, true}
	case q.accept("FALSE"):
		return &Literal{t.start, false}
	case q.accept("CASE"):
		return q.caseOf(t.start)
	case q.accept("EXISTS"):
		q.expect("(")
		e := &Exists{t.start, q.selectStatement()}
		q.expect(")")
		return e
	case t.is("CAST") && q.tokens[q.at+1].is("("):
		q.next()
		return q.cast(t.start)
	case !q.pipes && slices.ContainsFunc(keywords, t.is) && !q.tokens[q.at+1].is("("):
		q.unexpected("a value")
	case q.pipes && slices.ContainsFunc(pipeKeywords, t.is) && !q.tokens[q.at+1].is("("):
		q.unexpected("a value")
	}
	q.next()
	if q.peek().is("(") {
		return q.call(t)
	}
	return q.named(t)
}

func (q *parser) caseOf(at int) Expr {
	c := &Case{At: at}
	if !q.peek().is("WHEN") {
		c.Of = q.expr()
	}
	for q.accept("WHEN") {
		w := When{If: q.expr()}
		q.expect("THEN")
		w.Then = q.expr()
		c.Whens = append(c.Whens, w)
	}
	if len(c.Whens) == 0 {
		q.unexpected("WHEN")
	}
	if q.accept("ELSE") {
		c.Else = q.expr()
	}
	q.expect("END")
	return c
}

// castTypes maps the types of Spark to those of the tree.
var castTypes = map[string]string{
	"INT": "int", "INTEGER": "int", "BIGINT": "int", "LONG": "int", "SMALLINT": "int", "TINYINT": "int", "SHORT": "int",
	"FLOAT": "real", "DOUBLE": "real", "REAL": "real", "DECIMAL": "real", "NUMERIC": "real",
	"STRING": "text", "BOOLEAN": "bool", "BOOL": "bool", "TIMESTAMP": "timestamp", "DATE": "date", "VARCHAR": "text", "CHAR": "text", "TEXT": "text",
}

func (q *parser) cast(at int) Expr {
	q.expect("(")
	c := &Cast{At: at, X: q.expr()}
	q.expect("AS")
	t := q.next()
	c.Type = castTypes[strings.ToUpper(t.text)]
	if c.Type == "" {
		q.fail(t, "unknown type "+t.text, "INT, BIGINT, FLOAT, DOUBLE, STRING, BOOLEAN, TIMESTAMP or DATE")
	}
	if q.accept("(") { // DECIMAL(10,2), VARCHAR(20): the size changes nothing
		q.list()
		q.expect(")")
	}
	q.expect(")")
	return c
}

// call reads a function's arguments.
func (q *parser) call(t token) Expr {
	q.expect("(")
	c := &Call{At: t.start, Name: strings.ToLower(t.text)}
	switch {
	case q.accept(")"):
	case q.accept("*"):
		c.Star = true
		q.expect(")")
	default:
		c.Distinct = q.accept("DISTINCT")
		c.Args = q.list()
		q.expect(")")
		if f, ok := functions()[c.Name]; ok && f.pattern > 0 && f.pattern < len(c.Args) {
			c.Args[f.pattern] = q.patterned(c.Args[f.pattern], true)
		}
	}
	if q.peek().is("OVER") {
		q.fail(q.peek(), "window functions (OVER) are not supported yet", "")
	}
	return c
}
