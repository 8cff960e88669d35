package query

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

// An operand is an expression in the dialect that is written, with its kind.
type operand struct {
	sql  string
	kind operandKind
}

// compare writes a comparison by what stands on the other side: with a number
// both sides are numbers, else both are texts.
func (w *writer) compare(op string, x, y operand) string {
	if op == "<=>" {
		op = w.same
	}
	a, b := w.textOf(x), w.textOf(y)
	switch {
	case x.kind == isNumber || y.kind == isNumber:
		a, b = w.numberOf(x), w.numberOf(y)
	case x.kind == isBool && y.kind == isBool:
		a, b = x.sql, y.sql
	}
	return "(" + a + " " + op + " " + b + ")"
}
