package tablefile

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"tabletop/workbook"
	"tabletop/workbook/source"
	"tabletop/workbook/stores"
)

// A builder gathers a table and the mistakes in its file.
type builder struct {
	path string
	text []byte

	// headless says that the header has mistakes, so that rows can't be held
	// against it.
	headless bool
	columns  []string
	index    map[string]int
	rows     [][]workbook.Value

	problems source.Problems
	// more counts the mistakes past those that are told, and full says that
	// reading on makes no sense.
	more int
	full bool
	// at and line are the last place that was asked for, from which the next one
	// is counted.
	at, line int
}

// report tells of a mistake at a line and column, both from 1.
func (b *builder) report(line, column int, message, fix string) {
	if len(b.problems.Errors()) == mostProblems {
		b.more++
		return
	}
	b.problems = append(b.problems, source.Problem{
		Place:   source.Place{File: b.path, Line: line, Column: column},
		Message: message, Fix: fix,
	})
}

// reportAt tells of a mistake at an offset of the text.
func (b *builder) reportAt(offset int, message, fix string) {
	offset = min(max(offset, 0), len(b.text))
	if offset < b.at {
		b.at, b.line = 0, 0
	}
	b.line += bytes.Count(b.text[b.at:offset], []byte{'\n'})
	b.at = offset
	start := bytes.LastIndexByte(b.text[:offset], '\n') + 1
	before := len(b.problems)
	b.report(b.line+1, offset-start+1, message, fix)
	if len(b.problems) > before {
		b.problems[before].LineText = excerpt(b.text[start:])
	}
}

// excerpt is a line as a mistake shows it.
func excerpt(rest []byte) string {
	line, _, _ := bytes.Cut(rest[:min(len(rest), 4096)], []byte{'\n'})
	return strings.TrimRight(string(line), "\r")
}

// place is where a problem is told.
type place func(message, fix string)

// column finds or adds a column; -1 where there are too many.
func (b *builder) column(name string, at place) int {
	if i, ok := b.index[name]; ok {
		return i
	}
	switch {
	case name == "":
		at("a column without a name", "name it, or take it out")
		return -1
	case len(name) > stores.MaxColumnName:
		at(fmt.Sprintf("a column's name of %d bytes; the most is %d", len(name), stores.MaxColumnName), "")
		return -1
	case len(b.columns) == stores.MaxColumns:
		at(fmt.Sprintf("more than %d columns", stores.MaxColumns), "take some out")
		b.full = true
		return -1
	}
	b.columns = append(b.columns, name)
	b.index[name] = len(b.columns) - 1
	return len(b.columns) - 1
}

// add takes a row; false where there is no room for another.
func (b *builder) add(values []workbook.Value, at place) bool {
	if len(b.rows) == stores.MaxRows {
		at(fmt.Sprintf("more than %d rows", stores.MaxRows), "take some out, or split the file over several stores")
		b.full = true
		return false
	}
	b.rows = append(b.rows, values)
	return true
}

// value checks the size of a text.
func (b *builder) value(v workbook.Value, at place) workbook.Value {
	if s, ok := v.(string); ok && len(s) > stores.MaxValue {
		at(fmt.Sprintf("a text of %d bytes; the most is %d", len(s), stores.MaxValue), "")
		return nil
	}
	return v
}

// done is the table, or the mistakes.
func (b *builder) done() (workbook.Table, source.Problems, error) {
	if b.more > 0 {
		b.problems = append(b.problems, source.Problem{Place: source.Place{File: b.path}, Message: fmt.Sprintf("and %d more mistakes", b.more)})
	}
	if b.problems.Err() != nil {
		return workbook.Table{}, nil, b.problems
	}
	t := workbook.Table{Columns: slices.Clip(b.columns), Rows: make([]workbook.Row, len(b.rows))}
	for i, values := range b.rows {
		for len(values) < len(t.Columns) {
			values = append(values, nil)
		}
		t.Rows[i].Values = values
	}
	return t, b.problems, nil
}
