package scenario

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"tabletop/workbook"
)

// A matching holds rows as expected against rows as they came: each expected row
// has at most one that came.
type matching struct {
	where    string
	expected []Row
	got      workbook.Table
	// ordered asks for the rows in the order in which they are expected, some
	// lets others come beside them, strict makes a column that is not there a
	// difference, where else it is null.
	ordered, some, strict bool
}

// whole is a matching of all rows in any order.
func whole(where string, expected []Row, got workbook.Table) matching {
	return matching{where: where, expected: expected, got: got}
}

// rowsOf are the rows of a table with all their columns.
func rowsOf(t workbook.Table) []Row {
	m := matching{got: t, strict: true}
	rows := make([]Row, len(t.Rows))
	for j := range rows {
		rows[j] = m.come(j)
	}
	return rows
}

// maxOrdered bounds the rows of which the best order is sought; of more, each
// stands against the row in its place.
const maxOrdered = 1000

// differences lists the cells and the rows that differ.
func (m matching) differences() []Difference {
	pairs, extra := m.pairs()
	var found []Difference
	for i, j := range pairs {
		if j < 0 {
			found = append(found, Difference{Where: m.where, Row: i + 1, What: "row", Expected: m.expected[i].String(), Got: "no such row"})
			continue
		}
		found = append(found, m.cells(i, j)...)
	}
	if m.ordered {
		found = append(found, m.misplaced(pairs)...)
	}
	if m.some {
		return found
	}
	for _, j := range extra {
		found = append(found, Difference{Where: m.where, What: "row", Expected: "no such row", Got: m.come(j).String()})
	}
	return found
}

// cells compares two rows cell by cell.
func (m matching) cells(i, j int) []Difference {
	var found []Difference
	for _, c := range m.expected[i].Cells {
		value, known := m.value(j, c.Column)
		if known && equal(c.Value, value) {
			continue
		}
		d := Difference{Where: m.where, Row: i + 1, What: c.Column, Expected: shown(c.Value), Got: shown(value)}
		if !known {
			d.Got = "no such column"
		}
		found = append(found, d)
	}
	return found
}

// misplaced tells of the first row that comes before one that is expected before
// it.
func (m matching) misplaced(pairs []int) []Difference {
	last := -1
	for i, j := range pairs {
		if j >= 0 && j < last {
			return []Difference{{Where: m.where, Row: i + 1, What: "order", Expected: "after row " + strconv.Itoa(i), Got: fmt.Sprintf("row %d of those that came", j+1)}}
		}
		last = max(last, j)
	}
	return nil
}

// value is the cell of a row that came; known is false where there is no such
// column and that matters.
func (m matching) value(j int, column string) (v workbook.Value, known bool) {
	at := m.got.Index(column)
	if at < 0 || at >= len(m.got.Rows[j].Values) {
		return nil, !m.strict
	}
	return m.got.Rows[j].Values[at], true
}

func (m matching) matches(i, j int) bool {
	return !slices.ContainsFunc(m.expected[i].Cells, func(c Cell) bool {
		v, known := m.value(j, c.Column)
		return !known || !equal(c.Value, v)
	})
}

// alike counts the cells of an expected row that one which came has too.
func (m matching) alike(i, j int) int {
	n := 0
	for _, c := range m.expected[i].Cells {
		if v, known := m.value(j, c.Column); known && equal(c.Value, v) {
			n++
		}
	}
	return n
}

// pairs finds for each expected row one that came, -1 where none is left that is
// like it, and lists those that came for none.
func (m matching) pairs() (pairs, extra []int) {
	if m.ordered && len(m.expected) <= maxOrdered && len(m.got.Rows) <= maxOrdered {
		pairs = m.inOrder()
	} else {
		pairs = m.inAnyOrder()
	}
	taken := make([]bool, len(m.got.Rows))
	for _, j := range pairs {
		if j >= 0 {
			taken[j] = true
		}
	}
	for i, j := range pairs {
		if j >= 0 {
			continue
		}
		if near := m.nearest(i, taken); near >= 0 {
			pairs[i], taken[near] = near, true
		}
	}
	for j, is := range taken {
		if !is {
			extra = append(extra, j)
		}
	}
	return pairs, extra
}

// nearest is the row most like an expected one among those that are not taken.
func (m matching) nearest(i int, taken []bool) int {
	best, most := -1, 0
	for j := range m.got.Rows {
		if taken[j] {
			continue
		}
		if n := m.alike(i, j); n > most {
			best, most = j, n
		}
	}
	return best
}

// inAnyOrder matches as many rows as can be: a row that is taken is given up
// where the one that has it finds another (augmenting paths).
func (m matching) inAnyOrder() []int {
	pairs, taken := make([]int, len(m.expected)), make([]int, len(m.got.Rows))
	for j := range taken {
		taken[j] = -1
	}
	var find func(i int, seen []bool) bool
	find = func(i int, seen []bool) bool {
		for j := range m.got.Rows {
			if seen[j] || !m.matches(i, j) {
				continue
			}
			seen[j] = true
			if taken[j] < 0 || find(taken[j], seen) {
				taken[j], pairs[i] = i, j
				return true
			}
		}
		return false
	}
	for i := range pairs {
		pairs[i] = -1
		find(i, make([]bool, len(m.got.Rows)))
	}
	return pairs
}

// inOrder matches as many rows as can be without crossing (the longest common
// subsequence).
func (m matching) inOrder() []int {
	n, k := len(m.expected), len(m.got.Rows)
	best := make([][]int, n+1)
	for i := range best {
		best[i] = make([]int, k+1)
	}
	match := make([][]bool, n)
	for i := n - 1; i >= 0; i-- {
		match[i] = make([]bool, k)
		for j := k - 1; j >= 0; j-- {
			match[i][j] = m.matches(i, j)
			best[i][j] = max(best[i+1][j], best[i][j+1])
			if match[i][j] {
				best[i][j] = max(best[i][j], best[i+1][j+1]+1)
			}
		}
	}
	pairs := make([]int, n)
	j := 0
	for i := range pairs {
		pairs[i] = -1
		for at := j; at < k; at++ {
			if match[i][at] && best[i][j] == best[i+1][at+1]+1 {
				pairs[i], j = at, at+1
				break
			}
		}
	}
	return pairs
}

// come is a row that came, in the columns that rows are expected by; where none
// are in all of them, of a signal in those that tell it from others.
func (m matching) come(j int) Row {
	columns := columnsOf(m.expected)
	chosen := len(columns) > 0
	if !chosen {
		columns = m.got.Columns
	}
	var row Row
	for _, c := range columns {
		v, known := m.value(j, c)
		if known && (chosen || m.strict || v != nil && telling(c)) {
			row.Cells = append(row.Cells, Cell{c, v})
		}
	}
	return row
}

// telling reports whether a field tells signals apart.
func telling(field string) bool {
	switch field {
	case "name", "score", "occurrences":
		return true
	}
	return strings.HasPrefix(field, "target.") || strings.HasPrefix(field, "suspect.")
}

// columnsOf lists the columns of rows, in the order of their first appearance.
func columnsOf(rows []Row) []string {
	var columns []string
	for _, row := range rows {
		for _, c := range row.Cells {
			if !slices.Contains(columns, c.Column) {
				columns = append(columns, c.Column)
			}
		}
	}
	return columns
}

// String writes a row for a reader.
func (r Row) String() string {
	parts := make([]string, len(r.Cells))
	for i, c := range r.Cells {
		parts[i] = c.Column + " " + shown(c.Value)
	}
	return strings.Join(parts, ", ")
}

// shown writes a value for a reader.
func shown(v workbook.Value) string {
	if v == nil {
		return "null"
	}
	return workbook.Text(v)
}

// equal compares as a query does: with a number by value, else as text.
func equal(expected, got workbook.Value) bool {
	switch {
	case expected == nil || got == nil:
		return expected == nil && got == nil
	case workbook.Text(expected) == workbook.Text(got):
		return true
	}
	if _, isText := expected.(string); isText {
		return false
	}
	return sameNumber(expected, workbook.Number(got))
}

func sameNumber(a, b workbook.Value) bool {
	x, whole := a.(int64)
	y, alsoWhole := b.(int64)
	if whole && alsoWhole {
		return x == y
	}
	return b != nil && real(a) == real(b)
}

func real(v workbook.Value) float64 {
	if i, ok := v.(int64); ok {
		return float64(i)
	}
	return v.(float64)
}
