package events

import (
	"bytes"
	"cmp"

	"tabletop/workbook"
)

// A Filter is a condition on the columns of a scan, tested before a row reaches
// SQLite. Like SQL's conditions it is true, false or, where a value is nothing,
// unknown; a row passes where it is true.
type Filter interface {
	test(cells []cell) truth
	// over is the same condition where column i of the scan is cell at[i].
	over(at []int) Filter
}

// truth has the three values of SQL's logic.
type truth int8

const (
	isFalse   truth = -1
	isUnknown truth = 0
	isTrue    truth = 1
)

func truthOf(b bool) truth {
	if b {
		return isTrue
	}
	return isFalse
}

type (
	// And holds where all of them do.
	And []Filter
	// Or holds where one of them does.
	Or []Filter
	// Not turns a condition around.
	Not struct{ Filter Filter }
	// Compare holds where column Op Value does, Op one of = <> < <= > >=: with a
	// number as numbers, with a text as texts.
	Compare struct {
		Column int
		Op     string
		Value  workbook.Value
	}
	// OneOf is IN over a list: equal to one of the numbers, or to one of the
	// texts.
	OneOf struct {
		Column  int
		Numbers []workbook.Value
		Texts   map[string]bool
	}
	// Matches is LIKE.
	Matches struct {
		Column  int
		Pattern string
	}
	// IsNull holds where there is nothing.
	IsNull struct{ Column int }
)

func (f And) test(cells []cell) truth {
	out := isTrue
	for _, part := range f {
		out = min(out, part.test(cells))
		if out == isFalse {
			return out
		}
	}
	return out
}

func (f Or) test(cells []cell) truth {
	out := isFalse
	for _, part := range f {
		out = max(out, part.test(cells))
		if out == isTrue {
			return out
		}
	}
	return out
}

func (f Not) test(cells []cell) truth { return -f.Filter.test(cells) }

func (f IsNull) test(cells []cell) truth { return truthOf(cells[f.Column].null()) }

func (f Compare) test(cells []cell) truth {
	c := &cells[f.Column]
	if c.null() || f.Value == nil {
		return isUnknown
	}
	switch want := f.Value.(type) {
	case string:
		if f.Op == "=" {
			return truthOf(c.equals(want))
		}
		return truthOf(Holds(f.Op, compareText(c.text(), want)))
	case int64: // the usual case, without a value made
		if n, ok := c.smallInt(); ok {
			return truthOf(Holds(f.Op, cmp.Compare(n, want)))
		}
	}
	n := c.number()
	if n == nil {
		return isUnknown
	}
	return truthOf(Holds(f.Op, orderNumbers(n, f.Value)))
}

func compareText(a []byte, b string) int {
	if string(a) == b {
		return 0
	}
	if string(a) < b {
		return -1
	}
	return 1
}

// Holds reports whether op, one of = <> < <= > >=, holds for two values in this
// order, below, at or above 0.
func Holds(op string, order int) bool {
	switch op {
	case "=":
		return order == 0
	case "<>":
		return order != 0
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	}
	return order >= 0
}

func (f OneOf) test(cells []cell) truth {
	c := &cells[f.Column]
	if c.null() {
		return isUnknown
	}
	if f.Texts[string(c.text())] {
		return isTrue
	}
	if len(f.Numbers) == 0 {
		return isFalse
	}
	n := c.number()
	if n == nil {
		return isUnknown
	}
	for _, v := range f.Numbers {
		if orderNumbers(n, v) == 0 {
			return isTrue
		}
	}
	return isFalse
}

func (f Matches) test(cells []cell) truth {
	c := &cells[f.Column]
	if c.null() {
		return isUnknown
	}
	text := c.text()
	if word, ok := inside(f.Pattern); ok {
		return truthOf(bytes.Contains(text, word))
	}
	return truthOf(Like(string(text), f.Pattern))
}

// inside returns the word of a pattern %word% that holds no other mark.
func inside(pattern string) ([]byte, bool) {
	if len(pattern) < 3 || pattern[0] != '%' || pattern[len(pattern)-1] != '%' {
		return nil, false
	}
	word := pattern[1 : len(pattern)-1]
	for i := range len(word) {
		if word[i] == '%' || word[i] == '_' || word[i] == '\\' {
			return nil, false
		}
	}
	return []byte(word), true
}

func (f And) over(at []int) Filter {
	out := make(And, len(f))
	for i, part := range f {
		out[i] = part.over(at)
	}
	return out
}

func (f Or) over(at []int) Filter { return Or(And(f).over(at).(And)) }

func (f Not) over(at []int) Filter { return Not{f.Filter.over(at)} }

func (f Compare) over(at []int) Filter {
	f.Column = at[f.Column]
	return f
}

func (f OneOf) over(at []int) Filter {
	f.Column = at[f.Column]
	return f
}

func (f Matches) over(at []int) Filter {
	f.Column = at[f.Column]
	return f
}

func (f IsNull) over(at []int) Filter { return IsNull{at[f.Column]} }
