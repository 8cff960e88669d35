package query

import (
	"context"
	"fmt"
	"slices"

	"tabletop/workbook"
	"tabletop/workbook/events"
)

// fetching is _fetch as a part of a pipeline: what it finds is joined to the
// rows of the directives before it.
type fetching struct {
	asked
	fetch  *fetch
	joined bool
}

// fetching reads _fetch.
func (l *legacy) fetching(o Options, joined bool) part {
	f := l.fetch()
	statement, problems := newStatement(l.text, f.tree)
	if problems.Err() != nil {
		panic(mistake{problems.Errors()[0]})
	}
	return fetching{asked{options: o, statement: statement, lines: o.lines}, f, joined}
}

func (f fetching) columns(in workbook.Columns) workbook.Columns {
	own := f.asked.columns(in)
	if !f.joined {
		return own
	}
	return workbook.Columns{Names: union(in.Names, own.Names), Known: in.Known && own.Known}
}

func (f fetching) run(ctx context.Context, in workbook.Table, env *workbook.Env) (workbook.Output, error) {
	most := env.MaxRows
	if f.fetch.nested > 0 {
		most = events.MaxGroups
	}
	out, err := f.ask(ctx, in, env, most)
	if err != nil {
		return out, err
	}
	if f.fetch.nested > 0 {
		out.Table.Rows = nestedTop(out.Table.Rows, f.fetch.levels, f.fetch.nested)
	}
	out.Warnings = f.fetch.warnings(in, len(out.Table.Rows), out.Warnings)
	if f.joined {
		out.Table = appended(in, out.Table)
	}
	return out, nil
}

// warnings adds those of the fetch itself, which gave so many rows, to others.
func (f *fetch) warnings(in workbook.Table, rows int, others []string) []string {
	out := append(missingFields(in, f.reads), others...)
	if n := f.cut; n > 0 && int64(rows) == n {
		out = append(out, fmt.Sprintf("limit %d keeps any rows: last %d gives the newest, first %d the oldest", n, n, n))
	}
	return out
}

// union joins two lists of columns.
func union(a, b []string) []string {
	out := slices.Clone(a)
	for _, name := range b {
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// appended puts the rows of b behind those of a. A column that a row lacks is
// NULL.
func appended(a, b workbook.Table) workbook.Table {
	out := workbook.Table{Columns: union(a.Columns, b.Columns)}
	for i, row := range a.Rows {
		values := make([]workbook.Value, len(out.Columns))
		copy(values, row.Values)
		out.Rows = append(out.Rows, workbook.Row{Values: values, Evidence: row.Evidence, From: i + 1})
	}
	at := make([]int, len(b.Columns))
	for i, name := range b.Columns {
		at[i] = slices.Index(out.Columns, name)
	}
	for _, row := range b.Rows {
		values := make([]workbook.Value, len(out.Columns))
		for i, v := range row.Values {
			values[at[i]] = v
		}
		out.Rows = append(out.Rows, workbook.Row{Values: values, Evidence: row.Evidence})
	}
	return out
}

// nestedTop keeps of groups over several fields, which come sorted by their
// counts, up to n values of the first field, up to n of the second for each of
// those, and so on. The rows stay sorted.
func nestedTop(rows []workbook.Row, levels, n int) []workbook.Row {
	kept := make([]bool, len(rows))
	all := make([]int, len(rows))
	for i := range rows {
		all[i] = i
	}
	keepTop(rows, all, 0, levels, n, kept)
	var out []workbook.Row
	for i, row := range rows {
		if kept[i] {
			out = append(out, row)
		}
	}
	return out
}

// keepTop marks those of the rows some that stay, from a level on.
func keepTop(rows []workbook.Row, some []int, level, levels, n int, kept []bool) {
	if level == levels {
		for _, i := range some {
			kept[i] = true
		}
		return
	}
	type value struct {
		rows  []int
		count int64
	}
	byValue := map[string]*value{}
	var order []*value
	for _, i := range some {
		key := valueKey(rows[i].Values[level])
		v := byValue[key]
		if v == nil {
			v = &value{}
			byValue[key] = v
			order = append(order, v)
		}
		v.rows = append(v.rows, i)
		count, _ := rows[i].Values[levels].(int64)
		v.count += count
	}
	slices.SortStableFunc(order, func(a, b *value) int { return int(min(max(b.count-a.count, -1), 1)) })
	for _, v := range order[:min(n, len(order))] {
		keepTop(rows, v.rows, level+1, levels, n, kept)
	}
}

// valueKey is equal for values that are one group: those of one text, and NULL.
func valueKey(v workbook.Value) string {
	if v == nil {
		return ""
	}
	return "=" + workbook.Text(v)
}
