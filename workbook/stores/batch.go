package stores

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"tabletop/workbook"
	"tabletop/workbook/source"
)

// A batch is rows to be written, checked and copied.
type batch struct {
	mode    Mode
	columns []string
	rows    [][]workbook.Value
	// key is the index of the key's column, -1 where there is none.
	key int
}

func newBatch(mode Mode, key string, t workbook.Table) (*batch, error) {
	if !slices.Contains(Modes(), string(mode)) {
		return nil, fmt.Errorf("no mode %.100q: write one of %s", mode, strings.Join(Modes(), ", "))
	}
	if err := checkColumns(t.Columns); err != nil {
		return nil, err
	}
	if len(t.Rows) > MaxRows {
		return nil, fmt.Errorf("%d rows, and a store has at most %d", len(t.Rows), MaxRows)
	}
	b := &batch{mode: mode, columns: slices.Clone(t.Columns), key: -1}
	switch {
	case mode == KeyReplace && key == "":
		return nil, fmt.Errorf("%s needs the column that is the key, as in %s $SrcIP", mode, mode)
	case mode == KeyReplace:
		if b.key = t.Index(key); b.key < 0 {
			return nil, fmt.Errorf("the rows have no column %.100s, which is to be the key%s", key, hint(source.DidYouMean(key, t.Columns)))
		}
	case key != "":
		return nil, fmt.Errorf("%s takes no key, and %.100s was given; did you mean %s?", mode, key, KeyReplace)
	}
	width := len(t.Columns)
	cells := make([]workbook.Value, 0, len(t.Rows)*width)
	b.rows = make([][]workbook.Value, len(t.Rows))
	for i, row := range t.Rows {
		if len(row.Values) != width {
			return nil, fmt.Errorf("row %d has %d values for %d columns", i+1, len(row.Values), width)
		}
		from := len(cells)
		for j, v := range row.Values {
			kept, err := storable(v)
			if err != nil {
				return nil, fmt.Errorf("row %d, column %.100s: %w", i+1, t.Columns[j], err)
			}
			cells = append(cells, kept)
		}
		b.rows[i] = cells[from:len(cells):len(cells)]
	}
	return b, nil
}

func hint(text string) string {
	if text == "" {
		return ""
	}
	return ": " + text
}

func checkColumns(columns []string) error {
	if len(columns) > MaxColumns {
		return fmt.Errorf("%d columns, and a store has at most %d", len(columns), MaxColumns)
	}
	seen := map[string]bool{}
	for i, name := range columns {
		switch {
		case name == "":
			return fmt.Errorf("column %d has no name", i+1)
		case len(name) > MaxColumnName:
			return fmt.Errorf("the name of column %d has %d bytes; the most is %d", i+1, len(name), MaxColumnName)
		case seen[name]:
			return fmt.Errorf("two columns are called %.100s: name one otherwise, as with AS", name)
		}
		seen[name] = true
	}
	return nil
}

// storable checks a value and turns it into what is kept.
func storable(v any) (workbook.Value, error) {
	switch v := v.(type) {
	case nil, int64, float64:
		return v, nil
	case string:
		if len(v) > MaxValue {
			return nil, fmt.Errorf("a text of %d bytes; the most is %d", len(v), MaxValue)
		}
		return v, nil
	case bool:
		if v {
			return "true", nil
		}
		return "false", nil
	}
	return nil, errors.New("a value that is neither text nor number")
}
