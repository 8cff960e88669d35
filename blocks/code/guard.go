package code

import (
	"go.starlark.net/syntax"

	"tabletop/workbook/source"
)

// Starlark counts steps, but one step may make gigabytes: [0] * 10**9, or a
// text joined from itself. guardFile rewrites the operators and methods that can
// into calls of our own, which look at the sizes first.
func guardFile(text source.Text, file *syntax.File) source.Problems {
	g := guard{text: text}
	g.statements(file.Stmts)
	return g.problems
}

// The names of what is called instead: none that could be written by hand.
const (
	guardedAdd      = "x + y"
	guardedExtend   = "x += y"
	guardedMultiply = "x * y"
	guardedFormat   = "x % y"
	guardedMethod   = "x.method"
)

var guardedOperators = map[syntax.Token]string{
	syntax.PLUS: guardedAdd, syntax.STAR: guardedMultiply, syntax.PERCENT: guardedFormat,
	syntax.PLUS_EQ: guardedExtend, syntax.STAR_EQ: guardedMultiply, syntax.PERCENT_EQ: guardedFormat,
}

type guard struct {
	text     source.Text
	problems source.Problems
}

func (g *guard) report(at syntax.Position, message, fix string) {
	g.problems = append(g.problems, g.text.Problem(pythonOffset(g.text.Value, at), message, fix))
}

func (g *guard) statements(list []syntax.Stmt) {
	for _, s := range list {
		g.statement(s)
	}
}

func (g *guard) statement(s syntax.Stmt) {
	switch s := s.(type) {
	case *syntax.AssignStmt:
		g.assignment(s)
	case *syntax.DefStmt:
		g.all(s.Params)
		g.statements(s.Body)
	case *syntax.ExprStmt:
		g.one(&s.X)
	case *syntax.ForStmt:
		g.iterated(s.X)
		g.one(&s.X)
		g.one(&s.Vars)
		g.statements(s.Body)
	case *syntax.WhileStmt:
		g.one(&s.Cond)
		g.statements(s.Body)
	case *syntax.IfStmt:
		g.one(&s.Cond)
		g.statements(s.True)
		g.statements(s.False)
	case *syntax.ReturnStmt:
		g.one(&s.Result)
	case *syntax.LoadStmt:
		g.report(s.Load, "load is not part of this Python", "nothing is imported")
	}
}

// assignment turns x += y into x = (x += y guarded). What is assigned to is
// computed twice then, so it must be simple.
func (g *guard) assignment(s *syntax.AssignStmt) {
	g.one(&s.RHS)
	name, ok := guardedOperators[s.Op]
	if !ok {
		g.one(&s.LHS)
		return
	}
	read := simpleCopy(s.LHS)
	if read == nil {
		g.report(s.OpPos, "too much before "+s.Op.String(), "write x = … on a line of its own, then x "+s.Op.String()+" …")
		return
	}
	s.RHS, s.Op = call(name, s.OpPos, read, s.RHS), syntax.EQ
}

// simpleCopy copies a name, or an element of one by a name or a literal; nil for
// anything else.
func simpleCopy(e syntax.Expr) syntax.Expr {
	switch e := e.(type) {
	case *syntax.Ident:
		return &syntax.Ident{NamePos: e.NamePos, Name: e.Name}
	case *syntax.Literal:
		return e
	case *syntax.ParenExpr:
		return simpleCopy(e.X)
	case *syntax.IndexExpr:
		x, y := simpleCopy(e.X), simpleCopy(e.Y)
		if x == nil || y == nil {
			return nil
		}
		return &syntax.IndexExpr{X: x, Lbrack: e.Lbrack, Y: y, Rbrack: e.Rbrack}
	}
	return nil
}

func call(name string, at syntax.Position, arguments ...syntax.Expr) syntax.Expr {
	return &syntax.CallExpr{Fn: &syntax.Ident{NamePos: at, Name: name}, Lparen: at, Args: arguments, Rparen: at}
}

// iterated reports a loop over what is plainly a text.
func (g *guard) iterated(e syntax.Expr) {
	if literal, ok := e.(*syntax.Literal); ok && literal.Token == syntax.STRING {
		g.report(literal.TokenPos, "a text can't be iterated in this Python", "write for c in text.elems():")
	}
}

func (g *guard) all(list []syntax.Expr) {
	for i := range list {
		g.one(&list[i])
	}
}

// one rewrites an expression where it stands.
func (g *guard) one(e *syntax.Expr) {
	switch x := (*e).(type) {
	case *syntax.BinaryExpr:
		// The default of a parameter and a named argument are binary too.
		g.one(&x.X)
		g.one(&x.Y)
		if name, ok := guardedOperators[x.Op]; ok {
			*e = call(name, x.OpPos, x.X, x.Y)
		}
	case *syntax.CallExpr:
		g.one(&x.Fn)
		g.all(x.Args)
	case *syntax.DotExpr:
		g.one(&x.X)
		if guardedMethods[x.Name.Name] {
			name := &syntax.Literal{Token: syntax.STRING, TokenPos: x.NamePos, Raw: x.Name.Name, Value: x.Name.Name}
			*e = call(guardedMethod, x.Dot, x.X, name)
		}
	case *syntax.Comprehension:
		g.one(&x.Body)
		for _, c := range x.Clauses {
			switch c := c.(type) {
			case *syntax.ForClause:
				g.iterated(c.X)
				g.one(&c.X)
			case *syntax.IfClause:
				g.one(&c.Cond)
			}
		}
	case *syntax.CondExpr:
		g.one(&x.Cond)
		g.one(&x.True)
		g.one(&x.False)
	case *syntax.DictExpr:
		g.all(x.List)
	case *syntax.DictEntry:
		g.one(&x.Key)
		g.one(&x.Value)
	case *syntax.IndexExpr:
		g.one(&x.X)
		g.one(&x.Y)
	case *syntax.LambdaExpr:
		g.all(x.Params)
		g.one(&x.Body)
	case *syntax.ListExpr:
		g.all(x.List)
	case *syntax.ParenExpr:
		g.one(&x.X)
	case *syntax.SliceExpr:
		g.one(&x.X)
		g.one(&x.Lo)
		g.one(&x.Hi)
		g.one(&x.Step)
	case *syntax.TupleExpr:
		g.all(x.List)
	case *syntax.UnaryExpr:
		g.one(&x.X)
	}
}
