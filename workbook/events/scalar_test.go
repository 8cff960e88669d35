package events

import (
	"database/sql/driver"
	"math"
	"regexp"
	"strings"
	"testing"

	"modernc.org/sqlite"
	"pgregory.net/rapid"
)

// TestLike compares with the pattern written as a regular expression.
func TestLike(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.SampledFrom([]rune("ab%_\\é\x00")), 0, 8, -1).Draw(t, "text")
		pattern := rapid.StringOfN(rapid.SampledFrom([]rune("ab%_\\é\x00")), 0, 6, -1).Draw(t, "pattern")
		var re strings.Builder
		re.WriteString(`(?s)\A`)
		runes := []rune(pattern)
		for i := 0; i < len(runes); i++ {
			switch c := runes[i]; {
			case c == '%':
				re.WriteString(".*")
			case c == '_':
				re.WriteString(".")
			case c == '\\' && i+1 < len(runes):
				i++
				re.WriteString(regexp.QuoteMeta(string(runes[i])))
			default:
				re.WriteString(regexp.QuoteMeta(string(c)))
			}
		}
		re.WriteString(`\z`)
		if got, want := Like(text, pattern), regexp.MustCompile(re.String()).MatchString(text); got != want {
			t.Fatalf("%q LIKE %q is %v, want %v", text, pattern, got, want)
		}
	})
}

func TestScalars(t *testing.T) {
	tests := []struct {
		call func([]driver.Value) (driver.Value, error)
		args []driver.Value
		want driver.Value
	}{
		{part, []driver.Value{"Spark SQL", int64(5), nil}, "k SQL"},
		{part, []driver.Value{"Spark SQL", int64(-3), nil}, "SQL"},
		{part, []driver.Value{"Spark SQL", int64(5), int64(1)}, "k"},
		{part, []driver.Value{"Spark SQL", int64(0), int64(2)}, "Sp"},
		{part, []driver.Value{"a\x00b", int64(1), int64(9)}, "a\x00b"},
		{part, []driver.Value{"abc", int64(-5), int64(3)}, "a"},
		{part, []driver.Value{nil, int64(1), nil}, nil},
		{modulo, []driver.Value{5.5, int64(2)}, 1.5},
		{modulo, []driver.Value{int64(-7), int64(4)}, int64(-3)},
		{modulo, []driver.Value{int64(math.MinInt64), int64(-1)}, int64(0)},
		{modulo, []driver.Value{int64(7), int64(0)}, nil},
		{roundTo, []driver.Value{1234.5, int64(-2)}, 1200.0},
		{roundTo, []driver.Value{2.5, int64(0)}, 3.0},
		{roundTo, []driver.Value{int64(1250), int64(-2)}, int64(1300)},
		{roundTo, []driver.Value{"x", int64(0)}, nil},
	}
	for _, test := range tests {
		if got, err := test.call(test.args); err != nil || got != test.want {
			t.Errorf("%v: got %v (%v), want %v", test.args, got, err, test.want)
		}
	}
}

func TestSum(t *testing.T) {
	tests := []struct {
		mean   bool
		values []driver.Value
		want   driver.Value
	}{
		{false, []driver.Value{int64(math.MaxInt64), int64(1), int64(-1)}, int64(math.MaxInt64)},
		{false, []driver.Value{int64(math.MaxInt64), int64(math.MaxInt64)}, 2 * float64(math.MaxInt64)},
		{false, []driver.Value{"7", nil, "x", 0.5}, 7.5},
		{false, []driver.Value{1e100, 1.0, -1e100}, 1.0},
		{true, []driver.Value{int64(1), int64(2)}, 1.5},
		{false, nil, nil},
		{true, []driver.Value{"x"}, nil},
	}
	for _, test := range tests {
		s := &sum{mean: test.mean}
		for _, v := range test.values {
			if err := s.Step((*sqlite.FunctionContext)(nil), []driver.Value{v}); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := s.WindowValue(nil); err != nil || got != test.want {
			t.Errorf("%v: got %v (%v), want %v", test.values, got, err, test.want)
		}
	}
}
