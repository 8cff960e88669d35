package query

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"tabletop/workbook"
	"tabletop/workbook/events"
)

// aggregating is _agg over the rows that come in.
type aggregating struct {
	form, stat string
	by, of     []Word
}

func (l *legacy) agg() part {
	form, by, stat, of := l.grouping(false)
	l.end()
	a := aggregating{form: form, stat: stat, by: by, of: of}
	for _, w := range append(slices.Clone(by), of...) {
		l.known(w)
	}
	if form != "count_unique" && form != "stat_unique" {
		a.stat = form
	}
	return a
}

func (a aggregating) columns(workbook.Columns) workbook.Columns {
	return workbook.Columns{Names: a.names(), Known: true}
}

// names are the columns of the result.
func (a aggregating) names() []string {
	var names []string
	for _, w := range a.by {
		names = append(names, fieldTitle(w))
	}
	switch a.form {
	case "count_unique":
		return append(names, "count_unique")
	case "stat_unique":
		return append(names, statTitle(a.stat))
	}
	return append(names, "$"+capital(a.form))
}

// gathered are the rows of one group.
type gathered struct {
	by   []workbook.Value
	rows []int
}

func (a aggregating) run(_ context.Context, in workbook.Table, _ *workbook.Env) (workbook.Output, error) {
	groups := a.groups(in)
	of := -1
	if len(a.of) > 0 {
		of = in.Index(fieldTitle(a.of[0]))
	}
	out := workbook.Table{Columns: a.names()}
	for _, g := range groups {
		var values []workbook.Value
		for _, i := range g.rows {
			if of >= 0 {
				values = append(values, in.Rows[i].Values[of])
			}
		}
		var result workbook.Value = int64(len(g.rows))
		if a.form != "count" && a.form != "count_unique" {
			result = statistic(a.stat, values)
		}
		row := workbook.Row{Values: append(slices.Clone(g.by), result), Evidence: evidenceOf(in, g.rows)}
		if len(g.rows) == 1 {
			row.From = g.rows[0] + 1
		}
		out.Rows = append(out.Rows, row)
	}
	if a.form == "count_unique" {
		last := len(out.Columns) - 1
		slices.SortStableFunc(out.Rows, func(x, y workbook.Row) int { return events.Order(y.Values[last], x.Values[last]) })
	}
	return workbook.Output{Table: out, Warnings: missingFields(in, append(slices.Clone(a.by), a.of...))}, nil
}

// groups puts the rows together whose fields are equal as texts, in the order of
// their first ones. Without fields all rows are one group, even if there are
// none.
func (a aggregating) groups(in workbook.Table) []*gathered {
	if len(a.by) == 0 {
		all := &gathered{}
		for i := range in.Rows {
			all.rows = append(all.rows, i)
		}
		return []*gathered{all}
	}
	at := make([]int, len(a.by))
	for i, w := range a.by {
		at[i] = in.Index(fieldTitle(w))
	}
	known := map[string]*gathered{}
	var out []*gathered
	for i, row := range in.Rows {
		var key strings.Builder
		by := make([]workbook.Value, len(at))
		for k, column := range at {
			if column >= 0 {
				by[k] = row.Values[column]
			}
			text := valueKey(by[k])
			key.WriteString(strconv.Itoa(len(text)) + text)
		}
		g := known[key.String()]
		if g == nil {
			g = &gathered{by: by}
			known[key.String()] = g
			out = append(out, g)
		}
		g.rows = append(g.rows, i)
	}
	return out
}

// missingFields warns of fields that no row has.
func missingFields(in workbook.Table, fields []Word) []string {
	var out []string
	for _, w := range fields {
		if len(in.Rows) > 0 && in.Index(fieldTitle(w)) < 0 {
			out = append(out, "the rows have no column "+w.Text+hint(w.Text, in.Columns))
		}
	}
	return out
}

// statistic is sum, min, max, avg or count_distinct of values.
func statistic(stat string, values []workbook.Value) workbook.Value {
	switch stat {
	case "count_distinct":
		different := map[string]bool{}
		for _, v := range values {
			if v != nil {
				different[workbook.Text(v)] = true
			}
		}
		return int64(len(different))
	case "min", "max":
		var best workbook.Value
		for _, v := range values {
			if v != nil && (best == nil || events.Order(v, best) < 0 == (stat == "min") && events.Order(v, best) != 0) {
				best = v
			}
		}
		return best
	}
	return events.Total(values, stat == "avg")
}

// evidenceOf joins the events behind several rows.
func evidenceOf(in workbook.Table, rows []int) workbook.Evidence {
	var e workbook.Evidence
	for _, i := range rows {
		of := in.Rows[i].Evidence
		if of.Unknown != "" {
			return workbook.Evidence{Unknown: of.Unknown}
		}
		e.Events += of.Events
		e.First = append(e.First, of.First[:min(len(of.First), workbook.MaxPositions-len(e.First))]...)
	}
	return e
}
