package chart

import (
	"fmt"
	"math"
	"strings"

	"tabletop/workbook"
)

// A filling puts the rows of a table into a chart, and counts what is not in it.
type filling struct {
	chart *Chart
	table workbook.Table
	show  func(string) string
	// at is where a category stands.
	at map[string]int
	// odd are values that are no numbers, the first of them kept; empty those that
	// are nothing at all.
	odd, empty int
	firstOdd   string
	// layout, where set, is how times among the categories are written.
	layout string
	// left are rows without a category that could be drawn.
	left int
}

// columns finds the columns of values; those that are not there are told.
func (f *filling) columns(names []string) []int {
	var out []int
	for _, name := range names {
		i := f.table.Index(name)
		if i < 0 {
			f.chart.note("the rows have no column %s", f.show(name))
			continue
		}
		out = append(out, i)
		f.chart.Series = append(f.chart.Series, Series{Name: f.show(name)})
	}
	return out
}

// categories groups the rows by the primary column.
func (f *filling) categories() {
	c := f.chart
	primary := f.table.Index(c.Primary)
	if primary < 0 {
		c.note("the rows have no column %s", f.show(c.Primary))
		return
	}
	values := f.columns(c.Secondary)
	if len(c.Secondary) == 0 {
		c.Series = []Series{{Name: "rows"}}
	}
	if len(c.Series) == 0 {
		return
	}
	place := func(v workbook.Value) (int, bool) { return f.category(v), true }
	switch {
	case c.Type == Timeline:
		place = f.timeline(primary)
	case strings.EqualFold(strings.TrimPrefix(c.Primary, "$"), "CNAMTime"):
		f.timed(primary)
	}
	for _, row := range f.table.Rows {
		i, ok := place(row.Values[primary])
		if !ok {
			f.left++
			continue
		}
		if len(c.Secondary) == 0 {
			f.put(0, i, int64(1))
		}
		for s, column := range values {
			f.put(s, i, row.Values[column])
		}
	}
	if drawn := len(f.table.Rows) - f.left; drawn > len(c.Labels) && len(c.Secondary) > 0 && c.Type != Timeline {
		c.note("%d rows stand in %d places: values of the same %s are added up", drawn, len(c.Labels), f.show(c.Primary))
	}
}

// category is where the category of a value stands: values that are the same as
// texts are the same category, as in GROUP BY.
func (f *filling) category(v workbook.Value) int {
	key, label := "t"+workbook.Text(v), f.show(workbook.Text(v))
	if f.layout != "" {
		if t, ok := moment(v); ok {
			label = t.Format(f.layout)
		}
	}
	if v == nil {
		key, label = "", "–"
	}
	return f.labelled(key, label)
}

func (f *filling) labelled(key, label string) int {
	i, known := f.at[key]
	if !known {
		i = len(f.chart.Labels)
		f.at[key] = i
		f.chart.Labels = append(f.chart.Labels, label)
		for s := range f.chart.Series {
			f.chart.Series[s].Values = append(f.chart.Series[s].Values, nil)
		}
	}
	return i
}

// put adds a value to a category of a series.
func (f *filling) put(series, category int, v workbook.Value) {
	number := workbook.Number(v)
	switch n := number.(type) {
	case nil:
		if v == nil {
			f.empty++
			return
		}
		f.notNumber(v)
		return
	case float64:
		if math.IsNaN(n) || math.IsInf(n, 0) {
			f.notNumber(v)
			return
		}
	}
	if n, ok := number.(int64); (f.chart.Type == Pie || f.chart.Type == Donut) && (ok && n < 0 || !ok && number.(float64) < 0) {
		f.notNumber(v)
		return
	}
	at := &f.chart.Series[series].Values[category]
	if *at == nil {
		*at = number
		return
	}
	*at = add(*at, number)
}

func (f *filling) notNumber(v workbook.Value) {
	if f.odd == 0 {
		f.firstOdd = f.show(workbook.Text(v)) // which has escapes where any are needed
	}
	f.odd++
}

// metric takes the value of each column: that of the only row, else the sum.
func (f *filling) metric() {
	c := f.chart
	names := append([]string{c.Primary}, c.Secondary...)
	columns := f.columns(names)
	c.Series = []Series{{Name: "value"}}
	for _, column := range columns {
		name := f.table.Columns[column]
		i := f.labelled(name, f.show(name))
		for _, row := range f.table.Rows {
			f.put(0, i, row.Values[column])
		}
	}
	if len(f.table.Rows) > 1 && len(columns) > 0 {
		c.note("the sum over %d rows", len(f.table.Rows))
	}
}

// told notes what was counted.
func (f *filling) told() {
	c := f.chart
	if f.odd > 0 {
		what := "no numbers"
		if c.Type == Pie || c.Type == Donut {
			what = "no numbers, or less than nothing"
		}
		c.note("%s not drawn, being %s: the first is “%s”", counted(f.odd, "value is", "values are"), what, f.firstOdd)
	}
	if f.empty > 0 {
		c.note("%s not there", counted(f.empty, "value is", "values are"))
	}
	if f.left > 0 {
		c.note("%s left out, %s being no time", counted(f.left, "row is", "rows are"), f.show(c.Primary))
	}
}

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
