package query

import (
	"fmt"
	"slices"
	"strings"

	"tabletop/workbook/findings"
	"tabletop/workbook/source"
)

// maxExpressionBytes bounds the SQL of one expression: BETWEEN and its like
// repeat their operand, so that nesting them doubles it.
const maxExpressionBytes = 1 << 20

// expr writes an expression. In a grouped SELECT it is either made of grouped
// expressions and aggregates, or a mistake.
func (w *writer) expr(e Expr) operand {
	o := w.expression(e)
	if len(o.sql) > maxExpressionBytes {
		w.fail(e.place(), "an expression that grows beyond all bounds when it is written out", "nest less")
	}
	return o
}

func (w *writer) expression(e Expr) operand {
	if w.pushed != nil {
		if o, ok := w.fromGroups(e); ok {
			return o
		}
	}
	if w.grouped && !w.inside {
		if slices.ContainsFunc(w.groups, func(g Expr) bool { return same(g, e) }) {
			if _, literal := e.(*Literal); !literal {
				// All values of a group are one text; the least is an integer
				// where any is, so that it does not depend on the order.
				w.inside = true
				defer func() { w.inside = false }()
				o := w.expr(e)
				return operand{"min(" + o.sql + ")", o.kind}
			}
		}
	}
	switch e := e.(type) {
	case *Column:
		return w.column(e)
	case *Literal:
		return w.literal(e)
	case *Unary:
		if e.Op == "NOT" {
			return operand{"(NOT " + w.conditionOf(w.expr(e.X)) + ")", isBool}
		}
		return numeric("(- %s)", w.numberOf(w.expr(e.X)))
	case *Binary:
		return w.binary(e)
	case *Between:
		x, low, high := w.expr(e.X), w.expr(e.Low), w.expr(e.High)
		return negated(e.Not, "("+w.compare(">=", x, low)+" AND "+w.compare("<=", x, high)+")")
	case *In:
		return w.in(e)
	case *Like:
		return w.like(e)
	case *IsNull:
		return operand{"(" + w.expr(e.X).sql + " IS" + not(e.Not) + " NULL)", isBool}
	case *Cast:
		return w.cast(e)
	case *Case:
		return w.caseOf(e)
	case *Call:
		if plain := unsugared(e); plain != Expr(e) {
			return w.expr(plain)
		}
		return w.call(e)
	case *Subquery:
		inner := w.selectStatement(e.Select, false, nil)
		w.oneColumn(e.At, inner)
		return operand{"(" + inner.sql + ")", inner.kinds[0]}
	case *Exists:
		return operand{"EXISTS (" + w.selectStatement(e.Select, false, nil).sql + ")", isBool}
	}
	panic(fmt.Sprintf("query: an expression of type %T", e))
}

func negated(is bool, sql string) operand {
	if is {
		return operand{"(NOT " + sql + ")", isBool}
	}
	return operand{sql, isBool}
}

func (w *writer) literal(e *Literal) operand {
	switch v := e.Value.(type) {
	case nil:
		return operand{"NULL", isNull}
	case bool:
		if v {
			return operand{"1", isBool}
		}
		return operand{"0", isBool}
	case string:
		return operand{w.parameter(e.At, v), isText}
	}
	return operand{w.parameter(e.At, e.Value), isNumber}
}

// column finds a column in the innermost scope that has it.
func (w *writer) column(e *Column) operand {
	if w.grouped && !w.inside && w.local(e) {
		fix := "add it to GROUP BY, or write min(" + e.Name + ") for one of its values"
		if near := w.groupedNear(e); near != "" {
			fix = "did you mean " + near + "? Else " + fix
		}
		panic(mistake{w.text.Problem(e.At, e.Name+" is neither grouped nor aggregated", fix).Coded(findings.UngroupedColumn)})
	}
	for i := len(w.scopes) - 1; i >= 0; i-- {
		if o, ok := w.columnIn(w.scopes[i], e); ok {
			return o
		}
		if e.Qualifier == "" {
			break
		}
	}
	var known []string
	for _, src := range w.scopes[len(w.scopes)-1].sources {
		if e.Qualifier == "" {
			known = append(known, src.names...)
		} else {
			known = append(known, src.alias)
		}
	}
	if e.Qualifier == "" {
		panic(mistake{w.text.Problem(e.At, "unknown column "+e.Name, source.DidYouMean(e.Name, known)).Coded(findings.UnknownColumn)})
	}
	w.fail(e.At, "FROM names no "+e.Qualifier, "a name with a dot in it stands in backticks: `"+e.Qualifier+"."+e.Name+"`")
	panic("unreachable")
}

// groupedNear is the column that the groups know and that a name nearly is, "" for
// none: such a name is more often misspelt than not grouped.
func (w *writer) groupedNear(e *Column) string {
	var known []string
	add := func(c *Column) {
		if !sameColumn(c.Name, e.Name) {
			known = append(known, c.Name)
		}
	}
	for _, g := range w.groups {
		eachColumn(g, add)
	}
	for _, item := range w.items {
		if item.Alias != "" {
			add(&Column{Name: item.Alias})
		}
		if item.Expr != nil {
			if call := findAggregate(item.Expr); call != nil {
				eachColumn(call, add)
			}
		}
	}
	return source.Nearest(e.Name, known)
}

// eachColumn visits the columns of an expression.
func eachColumn(e Expr, visit func(*Column)) {
	if c, ok := e.(*Column); ok {
		visit(c)
	}
	for _, child := range children(e) {
		eachColumn(*child, visit)
	}
}

// local reports whether a column is one of the innermost SELECT, not of one
// around it.
func (w *writer) local(e *Column) bool {
	if e.Qualifier == "" {
		return true
	}
	return slices.ContainsFunc(w.scopes[len(w.scopes)-1].sources, func(s scopeSource) bool { return strings.EqualFold(s.alias, e.Qualifier) })
}

func (w *writer) columnIn(sc *scope, e *Column) (operand, bool) {
	var stream *scopeSource
	streams := 0
	for i := range sc.sources {
		src := &sc.sources[i]
		if e.Qualifier != "" && !strings.EqualFold(e.Qualifier, src.alias) {
			continue
		}
		if src.scan >= 0 {
			stream = src
			streams++
			continue
		}
		if k := slices.IndexFunc(src.names, func(n string) bool { return same(&Column{Name: n}, &Column{Name: e.Name}) }); k >= 0 {
			return operand{fmt.Sprintf(`%s."k%d"`, src.table, k), src.kinds[k]}, true
		}
		if src.open {
			return operand{"NULL", isAny}, true
		}
	}
	switch streams {
	case 0:
		return operand{}, false
	case 1:
		return operand{w.scanColumn(stream, e.Name), isAny}, true
	}
	w.fail(e.At, e.Name+" may belong to several streams", "write which one, as in "+sc.sources[0].alias+"."+e.Name)
	return operand{}, false
}

func (w *writer) binary(e *Binary) operand {
	if e.Op == "AND" || e.Op == "OR" {
		return w.chain(e)
	}
	x, y := w.expr(e.X), w.expr(e.Y)
	switch e.Op {
	case "||":
		return textual("(%s || %s)", w.textOf(x), w.textOf(y))
	case "/":
		return numeric("(CAST(%s AS %s) / %s)", w.numberOf(x), w.real, w.numberOf(y))
	case "%":
		return numeric("%s(%s, %s)", w.modulo, w.numberOf(x), w.numberOf(y))
	case "+", "-", "*":
		return numeric("(%s %s %s)", w.numberOf(x), e.Op, w.numberOf(y))
	}
	return operand{w.compare(e.Op, x, y), isBool}
}

// chain writes terms joined by the same AND or OR as a balanced tree: SQLite
// bounds how deep expressions nest, and a list of indicators is long.
func (w *writer) chain(e *Binary) operand {
	var terms []string
	var walk func(x Expr)
	walk = func(x Expr) {
		if b, ok := x.(*Binary); ok && b.Op == e.Op {
			walk(b.X)
			walk(b.Y)
			return
		}
		terms = append(terms, w.conditionOf(w.expr(x)))
	}
	walk(e)
	var b strings.Builder
	balance(&b, terms, " "+e.Op+" ")
	return operand{b.String(), isBool}
}

func balance(b *strings.Builder, terms []string, op string) {
	if len(terms) == 1 {
		b.WriteString(terms[0])
		return
	}
	b.WriteString("(")
	balance(b, terms[:len(terms)/2], op)
	b.WriteString(op)
	balance(b, terms[len(terms)/2:], op)
	b.WriteString(")")
}

// in writes IN; a list of one kind is handed to SQLite whole.
func (w *writer) in(e *In) operand {
	x := w.expr(e.X)
	if e.Select != nil {
		numbers := x.kind == isNumber
		inner := w.selectStatement(e.Select, false, func(o operand) string {
			if numbers = numbers || o.kind == isNumber; numbers {
				return w.numberOf(o)
			}
			return w.textOf(o)
		})
		w.oneColumn(e.At, inner)
		if numbers {
			return negated(e.Not, "("+w.numberOf(x)+" IN ("+inner.sql+"))")
		}
		return negated(e.Not, "("+w.textOf(x)+" IN ("+inner.sql+"))")
	}
	var numbers, texts, others []string
	for _, item := range e.List {
		o := w.expr(item)
		_, literal := item.(*Literal)
		switch {
		case literal && o.kind == isNumber:
			numbers = append(numbers, o.sql)
		case literal && o.kind == isText && x.kind != isNumber:
			texts = append(texts, o.sql)
		default:
			others = append(others, w.compare("=", x, o))
		}
	}
	if len(numbers) > 0 {
		others = append(others, w.numberOf(x)+" IN ("+strings.Join(numbers, ", ")+")")
	}
	if len(texts) > 0 {
		others = append(others, w.textOf(x)+" IN ("+strings.Join(texts, ", ")+")")
	}
	return negated(e.Not, "("+strings.Join(others, " OR ")+")")
}

// oneColumn refuses a SELECT that does not give one value a row.
func (w *writer) oneColumn(at int, inner written) {
	if len(inner.names) != 1 {
		w.fail(at, "a SELECT used as a value must have one column", "")
	}
}

// like writes the three ways of matching a text.
func (w *writer) like(e *Like) operand {
	x, pattern := w.textOf(w.expr(e.X)), w.textOf(w.expr(e.Pattern))
	switch e.Op {
	case "RLIKE":
		w.pattern(e.Pattern)
		return negated(e.Not, w.rlike+"("+x+", "+pattern+")")
	case "ILIKE":
		return negated(e.Not, w.matches+"("+w.folded+"("+x+"), "+w.folded+"("+pattern+"))")
	}
	return negated(e.Not, w.matches+"("+x+", "+pattern+")")
}

func (w *writer) cast(e *Cast) operand {
	x := w.expr(e.X)
	switch e.Type {
	case "int":
		return numeric("to_int(%s)", x.sql)
	case "real":
		return numeric("to_real(%s)", x.sql)
	case "bool":
		return operand{w.truthOf(x), isBool}
	case "timestamp", "date":
		return textual("to_%s(%s, %s)", e.Type, x.sql, w.zone())
	}
	return textual("%s", w.textOf(x))
}

func (w *writer) caseOf(e *Case) operand {
	var of operand
	if e.Of != nil {
		of = w.expr(e.Of)
	}
	sql, kind := "CASE", isNull
	for _, branch := range e.Whens {
		condition := w.expr(branch.If)
		test := w.conditionOf(condition)
		if e.Of != nil {
			test = w.compare("=", of, condition)
		}
		then := w.expr(branch.Then)
		sql += " WHEN " + test + " THEN " + then.sql
		kind = kind.with(then.kind)
	}
	if e.Else != nil {
		otherwise := w.expr(e.Else)
		sql += " ELSE " + otherwise.sql
		kind = kind.with(otherwise.kind)
	}
	return operand{sql + " END", kind}
}

func (w *writer) call(e *Call) operand {
	if e.Star {
		return numeric("count(*)")
	}
	if e.Name == holdsName { // of no text: a query that looks for a value is made here
		return w.holds(e)
	}
	f := functions()[e.Name]
	if f.aggregate && !w.inside {
		w.inside = true
		defer func() { w.inside = false }()
	}
	args := make([]operand, len(e.Args))
	for i, arg := range e.Args {
		args[i] = w.expr(arg)
	}
	w.calling = append(w.calling, e)
	defer func() { w.calling = w.calling[:len(w.calling)-1] }()
	if own := w.functions[e.Name]; own != nil {
		return own(w, e.Distinct, args)
	}
	return f.write(w, e.Distinct, args)
}
