package query

import "fmt"

// An operandKind is what is known of the values of an expression before any
// has been seen.
type operandKind int

const (
	// isAny are the values of events: each a number or a text of its own.
	isAny operandKind = iota
	isNumber
	isText
	isBool
	isNull
)

// with is the kind of an expression that gives one or the other.
func (k operandKind) with(other operandKind) operandKind {
	switch {
	case k == other, other == isNull:
		return k
	case k == isNull:
		return other
	}
	return isAny
}

// An operand is an expression in SQLite's SQL with its kind.
type operand struct {
	sql  string
	kind operandKind
}

// number writes the operand as a number, NULL where it is none.
func (o operand) number() string {
	switch o.kind {
	case isNumber, isBool, isNull:
		return o.sql
	}
	return "number(" + o.sql + ")"
}

// text writes the operand as a text.
func (o operand) text() string {
	switch o.kind {
	case isText, isNull:
		return o.sql
	case isBool:
		return fmt.Sprintf("CASE %s WHEN 0 THEN 'false' WHEN 1 THEN 'true' END", o.sql)
	}
	return "CAST(" + o.sql + " AS TEXT)"
}

// condition writes the operand as a truth value: a text is true where it says
// so.
func (o operand) condition() string {
	switch o.kind {
	case isBool, isNull:
		return o.sql
	case isNumber:
		return "(" + o.sql + " <> 0)"
	}
	return "(lower(" + o.text() + ") = 'true')"
}

// truth writes the operand as CAST to BOOLEAN does: NULL where it says neither.
func (o operand) truth() string {
	switch o.kind {
	case isBool, isNull:
		return o.sql
	case isNumber:
		return "(" + o.sql + " <> 0)"
	}
	return "CASE WHEN lower(" + o.text() + ") IN ('true', 't', 'yes', 'y', '1') THEN 1 WHEN lower(" + o.text() + ") IN ('false', 'f', 'no', 'n', '0') THEN 0 END"
}

// compare writes a comparison by what stands on the other side: with a number
// both sides are numbers, else both are texts.
func (w *writer) compare(op string, x, y operand) string {
	if op == "<=>" {
		op = "IS"
	}
	a, b := x.text(), y.text()
	switch {
	case x.kind == isNumber || y.kind == isNumber:
		a, b = x.number(), y.number()
	case x.kind == isBool && y.kind == isBool:
		a, b = x.sql, y.sql
	}
	return "(" + a + " " + op + " " + b + ")"
}

// order writes the terms by which ORDER BY sorts an operand: nothing first,
// then numbers by value, then texts, all turned around by DESC.
func (o operand) order(descending bool) string {
	direction := ""
	if descending {
		direction = " DESC"
	}
	if o.kind != isAny {
		return o.sql + direction
	}
	n := "number(" + o.sql + ")"
	return fmt.Sprintf("(%[1]s IS NOT NULL)%[3]s, (%[2]s IS NULL)%[3]s, %[2]s%[3]s, %[1]s%[3]s", o.sql, n, direction)
}
