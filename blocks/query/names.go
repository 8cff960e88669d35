package query

import (
	"fmt"
	"reflect"
	"strings"

	"tabletop/workbook"
)

// title is the name of a result column without an alias: the column's own, or
// for a function what DNIF makes of it, as in $Count(1) for COUNT(*).
func title(e Expr) string {
	switch e := e.(type) {
	case *Column:
		return e.Name
	case *Call:
		return "$" + strings.ToUpper(e.Name[:1]) + render(e)[1:]
	}
	return "$" + render(e)
}

// same reports whether two expressions mean the same: the letter case and the $
// of columns aside. It stops at the first difference, so that asking it of every
// part of a large expression is cheap.
func same(a, b Expr) bool {
	if reflect.TypeOf(a) != reflect.TypeOf(b) {
		return false
	}
	x, y := children(a), children(b)
	if len(x) != len(y) || !sameNode(a, b) {
		return false
	}
	for i := range x {
		if !same(*x[i], *y[i]) {
			return false
		}
	}
	return true
}

func sameName(a, b string) bool { return strings.EqualFold(a, b) }

// sameNode compares what two expressions of one type are without what stands
// below them.
func sameNode(a, b Expr) bool {
	switch x := a.(type) {
	case *Column:
		y := b.(*Column)
		return strings.EqualFold(x.Qualifier, y.Qualifier) && strings.EqualFold(strings.TrimPrefix(x.Name, "$"), strings.TrimPrefix(y.Name, "$"))
	case *Literal:
		return x.Value == b.(*Literal).Value
	case *Span:
		return x.Text == b.(*Span).Text
	case *Unary:
		return x.Op == b.(*Unary).Op
	case *Binary:
		return x.Op == b.(*Binary).Op
	case *Between:
		return x.Not == b.(*Between).Not
	case *In:
		return x.Not == b.(*In).Not && x.Select == b.(*In).Select
	case *Like:
		return x.Not == b.(*Like).Not && x.Op == b.(*Like).Op
	case *IsNull:
		return x.Not == b.(*IsNull).Not
	case *Case:
		y := b.(*Case)
		return (x.Of == nil) == (y.Of == nil) && (x.Else == nil) == (y.Else == nil) && len(x.Whens) == len(y.Whens)
	case *Cast:
		return x.Type == b.(*Cast).Type
	case *Call:
		y := b.(*Call)
		return x.Name == y.Name && x.Distinct == y.Distinct && x.Star == y.Star
	}
	return a == b
}

// render writes an expression in one way, columns without their $.
func render(e Expr) string {
	switch e := e.(type) {
	case *Column:
		name := strings.TrimPrefix(e.Name, "$")
		if e.Qualifier != "" {
			return e.Qualifier + "." + name
		}
		return name
	case *Literal:
		return renderLiteral(e.Value)
	case *Span:
		return e.Text
	case *Unary:
		return e.Op + " " + render(e.X)
	case *Binary:
		return "(" + render(e.X) + " " + e.Op + " " + render(e.Y) + ")"
	case *Between:
		return render(e.X) + not(e.Not) + " BETWEEN " + render(e.Low) + " AND " + render(e.High)
	case *In:
		list := renderAll(e.List)
		if e.Select != nil {
			list = fmt.Sprintf("SELECT@%d", e.At)
		}
		return render(e.X) + not(e.Not) + " IN (" + list + ")"
	case *Like:
		return render(e.X) + not(e.Not) + " " + e.Op + " " + render(e.Pattern)
	case *IsNull:
		return render(e.X) + " IS" + not(e.Not) + " NULL"
	case *Cast:
		return "cast(" + render(e.X) + " as " + e.Type + ")"
	case *Call:
		return renderCall(e)
	case *Case:
		return renderCase(e)
	}
	return fmt.Sprintf("SELECT@%d", e.place())
}

func not(is bool) string {
	if is {
		return " NOT"
	}
	return ""
}

func renderLiteral(v any) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case string:
		return "'" + strings.ReplaceAll(v, "'", "''") + "'"
	case bool:
		return fmt.Sprint(v)
	}
	return workbook.Text(v)
}

func renderAll(list []Expr) string {
	texts := make([]string, len(list))
	for i, e := range list {
		texts[i] = render(e)
	}
	return strings.Join(texts, ", ")
}

func renderCall(e *Call) string {
	args := renderAll(e.Args)
	if e.Star {
		args = "1"
	}
	if e.Distinct {
		args = "DISTINCT " + args
	}
	return e.Name + "(" + args + ")"
}

func renderCase(e *Case) string {
	var b strings.Builder
	b.WriteString("CASE")
	if e.Of != nil {
		b.WriteString(" " + render(e.Of))
	}
	for _, w := range e.Whens {
		b.WriteString(" WHEN " + render(w.If) + " THEN " + render(w.Then))
	}
	if e.Else != nil {
		b.WriteString(" ELSE " + render(e.Else))
	}
	return b.String() + " END"
}
