package events

import (
	"slices"
	"strings"
	"time"

	"modernc.org/sqlite/vtab"

	"tabletop/workbook"
)

// memory is the cursor over a stream that stands in no file. Its rows have
// their time in $CNAMTime.
type memory struct {
	table  *table
	rows   []workbook.Row
	index  []int
	timeAt int
	row    int
	at     time.Time
}

func newMemory(t *table, rows workbook.Table) *memory {
	m := &memory{table: t, rows: rows.Rows, timeAt: rows.Index("$CNAMTime")}
	for _, column := range t.scan.Columns {
		m.index = append(m.index, indexFolded(rows, column))
	}
	return m
}

// indexFolded finds a column as events are read: its exact name, else letter case
// aside; -1 where there is none.
func indexFolded(t workbook.Table, name string) int {
	if i := t.Index(name); i >= 0 {
		return i
	}
	return slices.IndexFunc(t.Columns, func(c string) bool {
		return strings.EqualFold(strings.TrimPrefix(c, "$"), strings.TrimPrefix(name, "$"))
	})
}

func (m *memory) Filter(int, string, []vtab.Value) error {
	m.row = -1
	return m.Next()
}

// Next goes to the next row inside the window.
func (m *memory) Next() error {
	for m.row++; m.row < len(m.rows); m.row++ {
		m.at = time.Time{}
		if m.timeAt >= 0 {
			if at, _, err := ParseTime(m.rows[m.row].Values[m.timeAt], time.UTC); err == nil {
				m.at = at
			}
		}
		if w := m.table.scan.Window; w.Open() || !m.at.IsZero() && w.holds(momentOf(m.at)) {
			return nil
		}
	}
	return nil
}

func (m *memory) Eof() bool { return m.row >= len(m.rows) }

func (m *memory) Column(i int) (vtab.Value, error) {
	last := len(m.index)
	switch {
	case i < last && m.index[i] >= 0:
		return m.rows[m.row].Values[m.index[i]], nil
	case i == last && !m.at.IsZero():
		return m.at.UnixMilli(), nil
	}
	return nil, nil
}

func (m *memory) Rowid() (int64, error) { return int64(m.row), nil }
func (m *memory) Close() error          { return nil }
