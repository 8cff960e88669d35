package query

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"tabletop/workbook"
	"tabletop/workbook/events"
	"tabletop/workbook/source"
)

// same gives the columns that come in, for directives that only choose rows.
type sameColumns struct{}

func (sameColumns) columns(in workbook.Columns) workbook.Columns { return in }

// chosen makes a table of some rows of in, by their numbers from 0.
func chosen(in workbook.Table, rows []int) workbook.Table {
	out := workbook.Table{Columns: in.Columns}
	for _, i := range rows {
		row := in.Rows[i]
		row.From = i + 1
		out.Rows = append(out.Rows, row)
	}
	return out
}

// upTo lists the numbers below n.
func upTo(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// sorting is _sort by a field.
type sorting struct {
	sameColumns
	by         Word
	descending bool
}

func (l *legacy) sorting() part {
	if !l.accept("by") {
		if w := l.peek(); strings.HasPrefix(w.Text, "$") && !w.Quoted {
			l.fail(w.At, "by is missing before "+w.Text, "write _sort by "+w.Text+" DESC")
		}
		l.unexpected(l.peek(), "by", "by")
	}
	s := sorting{by: l.field("the field to sort by, as in count_unique")}
	l.known(s.by)
	switch {
	case l.accept("DESC"):
		s.descending = true
	case l.accept("ASC"):
	}
	if w := l.peek(); w.Text != "" {
		l.unexpected(w, "ASC, DESC or the end of _sort", "ASC", "DESC")
	}
	return s
}

func (s sorting) run(_ context.Context, in workbook.Table, _ *workbook.Env) (workbook.Output, error) {
	at := in.Index(s.by.Text)
	order := upTo(len(in.Rows))
	if at >= 0 {
		slices.SortStableFunc(order, func(a, b int) int {
			x, y := in.Rows[a].Values[at], in.Rows[b].Values[at]
			if s.descending {
				x, y = y, x
			}
			return orderValues(x, y)
		})
	}
	return workbook.Output{Table: chosen(in, order), Warnings: missingFields(in, []Word{s.by})}, nil
}

// orderValues sorts nothing first, then as ORDER BY does.
func orderValues(x, y workbook.Value) int {
	switch {
	case x == nil && y == nil:
		return 0
	case x == nil:
		return -1
	case y == nil:
		return 1
	}
	return events.Order(x, y)
}

// limiting is _limit.
type limiting struct {
	sameColumns
	n    int
	spot source.Spot
	// tellsLeftOut says that something behind acts upon the rows.
	tellsLeftOut bool
}

func (l *legacy) limiting() part {
	w := l.next()
	n, err := strconv.ParseUint(w.Text, 10, 31)
	if w.Quoted || err != nil {
		l.unexpected(w, "a whole number behind _limit")
	}
	l.end()
	return limiting{n: int(n), spot: l.text.Spot(w.At)}
}

func (s limiting) run(_ context.Context, in workbook.Table, _ *workbook.Env) (workbook.Output, error) {
	out := workbook.Output{Table: chosen(in, upTo(min(s.n, len(in.Rows))))}
	if left := others(in.Rows, s.n); s.tellsLeftOut && left != "" {
		out.Warnings = append(out.Warnings, left)
	}
	return out, nil
}

// exporting is _export, which passes the rows on: nothing leaves a rehearsal.
type exporting struct {
	sameColumns
	form string
}

// exportForms are those of _export.
var exportForms = []string{"csv", "json", "xlsx"}

func (l *legacy) exporting() part {
	w := l.next()
	form := strings.ToLower(w.Text)
	if w.Quoted || !slices.Contains(exportForms, form) {
		l.unexpected(w, "csv, json or xlsx", exportForms...)
	}
	if w := l.peek(); w.Text != "" {
		if strings.EqualFold(w.Text, "notify_email") {
			l.fail(w.At, "_export … notify_email is not supported yet: it mails the rows out", "leave notify_email out, and write a notification block behind this one")
		}
		l.unexpected(w, "notify_email or the end of _export", "notify_email")
	}
	return exporting{form: form}
}

func (e exporting) run(_ context.Context, in workbook.Table, _ *workbook.Env) (workbook.Output, error) {
	rows := "1 row"
	if len(in.Rows) != 1 {
		rows = fmt.Sprintf("%d rows", len(in.Rows))
	}
	return workbook.Output{
		Table:    chosen(in, upTo(len(in.Rows))),
		Warnings: []string{fmt.Sprintf("_export %s: DNIF would write %s; a rehearsal writes no file", e.form, rows)},
	}, nil
}
