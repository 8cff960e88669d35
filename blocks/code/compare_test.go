package code

import (
	"context"
	"fmt"
	"math/big"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tabletop/workbook"
)

// The reference compares slowly: numbers as fractions read from their text, and
// says "" for nil.

var numeral = regexp.MustCompile(`^[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

func fraction(v any) *big.Rat {
	s, ok := v.(string)
	if !ok {
		s = fmt.Sprint(v)
	}
	if !numeral.MatchString(s) {
		return nil
	}
	// Beyond 64 bits a number is what a float64 says.
	if i, ok := new(big.Int).SetString(strings.TrimPrefix(s, "+"), 10); ok && i.IsInt64() {
		return new(big.Rat).SetInt(i)
	}
	f, ok := new(big.Float).SetPrec(53).SetString(s)
	if !ok {
		return nil
	}
	exact, _ := f.Rat(nil)
	return exact
}

func reference(operator string, a, b any, numeric bool) string {
	if a == nil || b == nil {
		return ""
	}
	order := strings.Compare(workbook.Text(a), workbook.Text(b))
	if numeric {
		x, y := fraction(a), fraction(b)
		if x == nil || y == nil {
			return ""
		}
		order = x.Cmp(y)
	}
	return fmt.Sprint(map[string]bool{
		"==": order == 0, "!=": order != 0, "<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0,
	}[operator])
}

// evaluate runs one expression on a row of $A and $B and gives its cell.
func evaluate(t testing.TB, expression string, a, b workbook.Value) workbook.Value {
	step, p := prepared(t, "$R = "+expression, "", "$A", "$B")
	if len(p.Problems()) > 0 {
		t.Fatal(p.Problems())
	}
	out, err := step.Run(context.Background(), table(columns{"$A", "$B"}, values{a, b}), environment())
	if err != nil {
		t.Fatal(err)
	}
	return out.Table.Rows[0].Values[2]
}

func anyValue() *rapid.Generator[any] {
	texts := rapid.SampledFrom([]string{"", "0", "-0", "007", "7", "7.0", "1e5", "100000", "+3", "0x10", " 1", "1 ", "abc", "ABC", "1.", ".5", "1e", "9007199254740993", "9007199254740992", "9223372036854775807", "9223372036854775808", "3389", "nil", "true"})
	return rapid.OneOf(
		rapid.Just[any](nil),
		rapid.Map(texts, func(s string) any { return s }),
		rapid.Map(rapid.Int64(), func(i int64) any { return i }),
		rapid.Map(rapid.SampledFrom([]int64{0, 7, 3389, 100000, 1<<53 + 1, 1<<63 - 1}), func(i int64) any { return i }),
		rapid.Map(rapid.SampledFrom([]float64{0, 7, 0.5, 1e5, 1 << 53, 1 << 63, -1.25}), func(f float64) any { return f }),
	)
}

func TestComparisonsFollowTheReference(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		operator := rapid.SampledFrom([]string{"==", "!=", "<", "<=", ">", ">="}).Draw(r, "operator")
		a, b := anyValue().Draw(r, "a"), anyValue().Draw(r, "b")
		check := func(expression, want string) {
			if got := workbook.Text(evaluate(t, expression, a, b)); got != want {
				r.Fatalf("%s with $A = %#v, $B = %#v is %q, want %q", expression, a, b, got, want)
			}
		}
		// Against a number, written out or computed.
		check("$A "+operator+" 3389", reference(operator, a, int64(3389), true))
		check("7.5 "+operator+" $A", reference(operator, 7.5, a, true))
		check("$A "+operator+" -len('abc')", reference(operator, a, int64(-3), true))
		if b, ok := b.(int64); ok && b > 0 {
			check(fmt.Sprintf("$A %s %d", operator, b), reference(operator, a, b, true))
		}
		// Against a text, written out or computed.
		check("$A "+operator+" '007'", reference(operator, a, "007", false))
		check("$A "+operator+" lower('ABC')", reference(operator, a, "abc", false))
		// Against a column: as text, but for which of two numbers is larger.
		bothNumbers := isNumber(a) && isNumber(b) && operator != "==" && operator != "!="
		check("$A "+operator+" $B", reference(operator, a, b, bothNumbers))
	})
}

func TestInFollowsEquals(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		a := anyValue().Draw(r, "a")
		got := workbook.Text(evaluate(t, "$A in [3389, '007', 'abc', 0.5]", a, nil))
		want := workbook.Text(evaluate(t, "$A == nil ? nil : $A == 3389 and true or $A == '007' or $A == 'abc' or $A == 0.5 and true", a, nil))
		// A text that is no number is not unknown to a list, only not in it.
		if want == "" && a != nil {
			want = "false"
		}
		if got != want {
			r.Fatalf("%#v in the list is %q, want %q", a, got, want)
		}
	})
}

func TestLogicIsThatOfSQL(t *testing.T) {
	truths := map[string]string{"true": "true", "false": "false", "nil": ""}
	for x, a := range truths {
		for y, b := range truths {
			and, or := "true", "false"
			switch {
			case a == "false" || b == "false":
				and = "false"
			case a == "" || b == "":
				and = ""
			}
			switch {
			case a == "true" || b == "true":
				or = "true"
			case a == "" || b == "":
				or = ""
			}
			if got := workbook.Text(evaluate(t, x+" and "+y, nil, nil)); got != and {
				t.Errorf("%s and %s is %q, want %q", x, y, got, and)
			}
			if got := workbook.Text(evaluate(t, x+" or "+y, nil, nil)); got != or {
				t.Errorf("%s or %s is %q, want %q", x, y, got, or)
			}
		}
	}
}
