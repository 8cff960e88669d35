// Package chart makes pictures of tables. In goes what a visual block asks for
// and the rows that came to it; out comes a Chart, a few series of numbers over
// common categories, and its drawings: lines of plain text for a terminal, SVG
// for a report, and a table for those who can see neither. What of the rows could
// not be drawn, or is drawn in another way than asked, the Chart says in words.
package chart

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"tabletop/workbook"
)

// A Spec is a chart as a workbook asks for it.
type Spec struct {
	// Type is one of Types.
	Type string
	// Primary is the column of the categories; of a metric, the value's.
	Primary string
	// Secondary are the columns of the values, at most MostSeries. Without any,
	// the rows of each category are counted.
	Secondary []string
	// Style is "", Stacked, Grouped or DonutStyle.
	Style string
	Title string
}

// The types of DNIF's visual block. Those of OthersAsBars are drawn as bars.
const (
	Bar       = "bar"
	Column    = "column"
	Line      = "line"
	Area      = "area"
	Pie       = "pie"
	Donut     = "donut"
	Timeline  = "timeline"
	Metric    = "metric"
	Radial    = "radial"
	WordCloud = "word cloud"
	Geomap    = "geomap"
)

// The styles: series on top of one another, side by side, and DNIF's word for a
// pie with a hole.
const (
	Stacked    = "stacked"
	Grouped    = "grouped"
	DonutStyle = "donut"
)

// MostSeries is the most series of a chart: more can't be told apart.
const MostSeries = 6

// A Chart is what is drawn. All its texts have passed through the function that
// it was made with.
type Chart struct {
	Spec
	// Heading says what is shown.
	Heading string
	// Category says what the labels are.
	Category string
	// Labels are the categories in the order in which they are drawn.
	Labels []string
	// Series hold a value for each label.
	Series []Series
	// Notes say what the drawing does not show, or shows otherwise.
	Notes []string
}

// A Series is one value a category.
type Series struct {
	Name string
	// Values are int64, or float64 that are finite, or nil for none.
	Values []workbook.Value
}

// Of makes the chart of a table's rows. show makes a text harmless and one line,
// since rows and column names may hold anything.
func Of(s Spec, t workbook.Table, show func(string) string) Chart {
	if s.Style == DonutStyle && s.Type == Pie {
		s.Type = Donut
	}
	c := Chart{Spec: s}
	c.Heading, c.Category = heading(s, show), show(s.Primary)
	if s.Type == Metric {
		c.Category = "column"
	}
	if slices.Contains([]string{Radial, WordCloud, Geomap}, s.Type) {
		c.note("a %s is drawn as bars", s.Type)
	}
	if len(t.Rows) == 0 {
		c.note("no rows to draw")
		return c
	}
	f := filling{chart: &c, table: t, show: show, at: map[string]int{}}
	if s.Type == Metric {
		f.metric()
	} else {
		f.categories()
	}
	f.told()
	return c
}

func (c *Chart) note(format string, a ...any) { c.Notes = append(c.Notes, fmt.Sprintf(format, a...)) }

func heading(s Spec, show func(string) string) string {
	values := "rows"
	if len(s.Secondary) > 0 {
		values = strings.Join(s.Secondary, ", ")
	}
	switch {
	case s.Title != "":
		return show(s.Title)
	case s.Type == Metric:
		return show(strings.Join(append([]string{s.Primary}, s.Secondary...), ", "))
	}
	return show(values + " by " + s.Primary)
}

// stacked reports whether the series stand on top of one another.
func (c Chart) stacked() bool { return c.Style == Stacked && len(c.Series) > 1 }

// at is a value as a number to draw.
func (s Series) at(i int) (float64, bool) {
	switch v := s.Values[i].(type) {
	case int64:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}

// add adds two numbers: exactly, as far as 64 bits hold them, and without ever
// leaving what is finite.
func add(a, b workbook.Value) workbook.Value {
	x, whole := a.(int64)
	y, also := b.(int64)
	if whole && also {
		if sum := x + y; (sum > x) == (y > 0) {
			return sum
		}
	}
	return finite(real64(a) + real64(b))
}

func real64(v workbook.Value) float64 {
	if i, ok := v.(int64); ok {
		return float64(i)
	}
	return v.(float64)
}

// finite is a sum that has not left the numbers.
func finite(v float64) float64 { return min(max(v, -math.MaxFloat64), math.MaxFloat64) }

// Number writes a value for a reader: a whole number with its thousands apart, a
// real one with at most four digits behind the point, nothing as a dash.
func Number(v workbook.Value) string {
	switch v := v.(type) {
	case int64:
		return thousands(strconv.FormatInt(v, 10))
	case float64:
		size := math.Abs(v)
		if size != 0 && (size < 1e-3 || size >= 1e15) {
			return strconv.FormatFloat(v, 'e', 3, 64)
		}
		text := strings.TrimRight(strings.TrimRight(strconv.FormatFloat(v, 'f', 4, 64), "0"), ".")
		whole, part, broken := strings.Cut(text, ".")
		if broken {
			return thousands(whole) + "." + part
		}
		return thousands(whole)
	}
	return "–"
}

func thousands(digits string) string {
	from := len(digits) - 3
	for ; from > 0 && digits[from-1] != '-'; from -= 3 {
		digits = digits[:from] + "," + digits[from:]
	}
	return digits
}

// short is Number in few characters, for an axis.
func short(v float64) string {
	size := math.Abs(v)
	for _, unit := range []struct {
		from float64
		name string
	}{{1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e4, "k"}} {
		if size >= unit.from && size < 1e15 {
			scaled := v / unit.from
			if unit.name == "k" {
				scaled = v / 1e3
			}
			return strconv.FormatFloat(scaled, 'g', 4, 64) + unit.name
		}
	}
	if size != 0 && (size < 1e-3 || size >= 1e15) {
		return strconv.FormatFloat(v, 'e', 1, 64)
	}
	return strings.TrimRight(strings.TrimRight(strconv.FormatFloat(v, 'f', 3, 64), "0"), ".")
}
