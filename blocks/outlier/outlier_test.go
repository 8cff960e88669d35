package outlier

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tabletop/workbook"
)

// naive is M as the books write it.
func naive(values []float64, x float64) float64 {
	middle := func(list []float64) float64 {
		list = slices.Sorted(slices.Values(list))
		n := len(list)
		return (list[(n-1)/2] + list[n/2]) / 2
	}
	center := middle(values)
	var apart []float64
	sum := 0.0
	for _, v := range values {
		apart = append(apart, math.Abs(v-center))
		sum += math.Abs(v - center)
	}
	switch mad := middle(apart); {
	case mad > 0:
		return 0.6745 * (x - center) / mad
	case sum > 0:
		return (x - center) / (1.2533141373155001 * sum / float64(len(values)))
	}
	return 0
}

func near(a, b float64) bool { return math.Abs(a-b) <= 1e-9*max(math.Abs(a), math.Abs(b), 1) }

func TestScoresByHand(t *testing.T) {
	for _, c := range []struct {
		values []float64
		x      float64
		want   float64
	}{
		{[]float64{1, 2, 3, 4, 100}, 100, 65.4265},         // median 3, MAD 1
		{[]float64{1, 2, 3, 4, 100}, 1, -1.349},            // two below
		{[]float64{2, 4, 6, 8, 10, 12}, 12, 1.124166666},   // median 7, MAD 3
		{[]float64{5, 5, 5, 5, 10}, 10, 3.98942280401},     // MAD 0, mean deviation 1
		{[]float64{5, 5, 5, 10}, 10, 3.19153824321},        // why four are too few
		{[]float64{7, 7, 7}, 7, 0},                         // all the same
		{nil, 7, 0},                                        // none
		{[]float64{0, 0, 0, 0, 0}, 3, 0},                   // nothing to measure in
		{[]float64{-1e308, 1e308, 0, 1e308, -1e308}, 0, 0}, // differences beyond all numbers
	} {
		if got := Of(c.values).Score(c.x); math.Abs(got-c.want) > 1e-8 {
			t.Errorf("%v among %v: %.9f, want %.9f", c.x, c.values, got, c.want)
		}
	}
}

// TestScoresAgreeWithTheFormula compares scores with the formula written down
// plainly, over values whose differences can be told apart.
func TestScoresAgreeWithTheFormula(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole := rapid.Map(rapid.IntRange(-50, 50), func(i int) float64 { return float64(i) })
		values := rapid.SliceOfN(rapid.OneOf(whole, rapid.Float64Range(-1e6, 1e6), rapid.Just(3.0)), 1, 40).Draw(t, "values")
		for i, v := range values {
			values[i] = math.Round(v*64) / 64
		}
		given := slices.Clone(values)
		s := Of(values)
		if !slices.Equal(values, given) {
			t.Fatal("the values were changed")
		}
		for _, x := range values {
			if got, want := s.Score(x), naive(values, x); !near(got, want) {
				t.Fatalf("%v scores %v, not %v", x, got, want)
			}
		}
	})
}

// TestScoresHaveNoUnit scales and moves values: the scores stay.
func TestScoresHaveNoUnit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Map(rapid.IntRange(0, 1000), func(i int) float64 { return float64(i) }), 5, 30).Draw(t, "values")
		by, plus := float64(int(1)<<rapid.IntRange(0, 20).Draw(t, "by")), float64(rapid.IntRange(-1000, 1000).Draw(t, "plus"))
		var moved []float64
		for _, v := range values {
			moved = append(moved, v*by+plus)
		}
		a, b := Of(values), Of(moved)
		for i := range values {
			if x, y := a.Score(values[i]), b.Score(moved[i]); math.Abs(x-y) > 1e-6*max(1, math.Abs(x)) {
				t.Fatalf("%v scores %v and %v", values[i], x, y)
			}
		}
	})
}

func TestScoresAreFinite(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{math.MaxFloat64, -math.MaxFloat64, 5e-324, 0})), 1, 12).Draw(t, "values")
		s := Of(values)
		for _, x := range values {
			if m := s.Score(x); math.IsNaN(m) || math.IsInf(m, 0) {
				t.Fatalf("%v scores %v", x, m)
			}
		}
	})
}

func table(rows ...[]workbook.Value) workbook.Table {
	t := workbook.Table{Columns: []string{"$SrcIP", "$Count(1)", "$Sum(TXLen)"}}
	for i, values := range rows {
		t.Rows = append(t.Rows, workbook.Row{Values: values, Evidence: workbook.Evidence{Events: int64(i + 1)}})
	}
	return t
}

// written writes a table, each row with the number of its events.
func written(t workbook.Table) string {
	var lines []string
	for _, row := range t.Rows {
		var cells []string
		for _, v := range row.Values {
			cells = append(cells, workbook.Text(v))
		}
		lines = append(lines, fmt.Sprint(strings.Join(cells, " "), " /", row.Evidence.Events))
	}
	return strings.Join(lines, "\n")
}

var six = table(
	[]workbook.Value{"a", int64(1), int64(10)}, []workbook.Value{"b", int64(2), nil}, []workbook.Value{"c", int64(3), "12"},
	[]workbook.Value{"d", int64(4), "x"}, []workbook.Value{"e", int64(100), int64(11)}, []workbook.Value{"f", int64(3), int64(-900)},
)

func TestFind(t *testing.T) {
	for _, c := range []struct {
		name        string
		search      Search
		table       workbook.Table
		want, warns string
	}{
		{"those that are out, the farthest first", Search{Threshold: Threshold}, six, "e 100 11 65.427 $Count(1) 3 /5", "2 of 6 entities have no number for $Sum(TXLen)"},
		{
			"all",
			Search{Threshold: Threshold, All: true},
			six,
			"e 100 11 65.427 $Count(1) 3 /5\na 1 10 -1.349 $Count(1) 3 /1\nb 2  -0.675 $Count(1) 3 /2\nd 4 x 0.675 $Count(1) 3 /4\nc 3 12 0.0 $Count(1) 3 /3\nf 3 -900 0.0 $Count(1) 3 /6", "",
		},
		{"at the threshold is not beyond it", Search{Threshold: 65.4265}, six, "", ""},
		{"too few", Search{Threshold: Threshold}, workbook.Table{Columns: six.Columns, Rows: six.Rows[:4]}, "", "4 of the 5 entities that a score needs"},
		{"too few of all", Search{Threshold: Threshold, All: true}, workbook.Table{Columns: six.Columns, Rows: six.Rows[:1]}, "a 1 10    /1", "1 of the 5"},
		{"none", Search{Threshold: Threshold}, workbook.Table{Columns: six.Columns}, "", "0 of the 5"},
		{
			"no numbers at all",
			Search{Threshold: Threshold, All: true},
			table([]workbook.Value{"a", "x", nil}, []workbook.Value{"b", "x", nil}, []workbook.Value{"c", "x", nil}, []workbook.Value{"d", "x", nil}, []workbook.Value{"e", "x", math.Inf(1)}),
			"a x     /1\nb x     /2\nc x     /3\nd x     /4\ne x +Inf    /5", "5 of 5 entities have no number for $Count(1)",
		},
	} {
		got, warnings := c.search.Find(c.table)
		if diff := cmp.Diff(c.want, written(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
		if !strings.Contains(strings.Join(warnings, "\n"), c.warns) {
			t.Errorf("%s: warned %q, want %q", c.name, warnings, c.warns)
		}
	}
	if len(six.Rows[0].Values) != 3 {
		t.Error("the table that was asked of was changed")
	}
}
