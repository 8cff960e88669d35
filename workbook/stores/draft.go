package stores

import (
	"context"
	"fmt"
	"slices"
	"time"

	"tabletop/workbook"
)

// A draft is a store as a session would leave it. It is not changed once it is
// made: a write makes the next one. The values of rows are shared.
type draft struct {
	name    string
	columns []string
	updated time.Time
	run     int64
	bytes   int64

	// base is the store in the file, nil where it is new.
	base *record
	// standing counts the rows of the file, from the first, that stand in their
	// places; those in changed (by number, from 1) have other values. It is 0
	// once the rows are all written anew.
	standing int64
	changed  map[int64]struct{}
	// below counts the rows that have not been read, and rows are those behind
	// them. A row may lack the last columns.
	below int64
	rows  [][]workbook.Value
}

// draftOf is a store that nothing was written to yet.
func draftOf(r *record) *draft {
	return &draft{
		name: r.Name, columns: r.columns, updated: r.updated, run: r.Run, bytes: r.Bytes,
		base: r, standing: r.Rows, below: r.Rows,
	}
}

func (d *draft) count() int64 { return d.below + int64(len(d.rows)) }

func (d *draft) info() Info {
	return Info{Name: d.name, Columns: slices.Clone(d.columns), Rows: d.count(), Updated: d.updated, Run: d.run}
}

// loaded is the draft with its first rows read, at least as many as are asked
// for. Where that is not all of them it is good for reading only.
func (d *draft) loaded(ctx context.Context, at *snapshot, most int64) (*draft, error) {
	if d.below == 0 {
		return d, nil
	}
	rows, err := at.rows(ctx, d.base, min(most, d.below))
	if err != nil {
		return nil, err
	}
	next := *d
	next.below = 0
	next.rows = rows
	if int64(len(rows)) == d.below {
		next.rows = slices.Concat(rows, d.rows)
	}
	return &next, nil
}

// table copies the first rows.
func (d *draft) table(most int64) workbook.Table {
	n := int(min(most, int64(len(d.rows))))
	t := workbook.Table{Columns: slices.Clone(d.columns), Rows: make([]workbook.Row, n)}
	width := len(d.columns)
	cells := make([]workbook.Value, n*width)
	for i := range t.Rows {
		values := cells[i*width : (i+1)*width : (i+1)*width]
		copy(values, d.rows[i])
		t.Rows[i].Values = values
		t.Rows[i].Evidence.Unknown = "the row comes from the store " + d.name
	}
	return t
}

// bounded returns an error where the store has become too large.
func (d *draft) bounded() error {
	switch {
	case d.count() > MaxRows:
		return fmt.Errorf("it would have %d rows; the most is %d", d.count(), MaxRows)
	case len(d.columns) > MaxColumns:
		return fmt.Errorf("it would have %d columns; the most is %d", len(d.columns), MaxColumns)
	case d.bytes > MaxBytes:
		return fmt.Errorf("it would take %d bytes; the most is %d", d.bytes, MaxBytes)
	}
	return nil
}

// write makes the store that the batch leaves.
func (d *draft) write(ctx context.Context, at *snapshot, in *batch) (*draft, Change, error) {
	change := Change{Store: d.name, Mode: in.mode, Before: d.count()}
	var next *draft
	switch in.mode {
	case StackReplace:
		next = d.replace(in, &change)
	case StackAppend:
		next = d.append(in, &change)
	case KeyReplace:
		change.Key = in.columns[in.key]
		whole, err := d.loaded(ctx, at, MaxRows)
		if err != nil {
			return nil, change, err
		}
		next = whole.replaceKeys(in, &change)
	}
	change.After = next.count()
	change.ColumnsAdded = without(next.columns, d.columns)
	change.ColumnsRemoved = without(d.columns, next.columns)
	return next, change, nil
}

func (d *draft) replace(in *batch, change *Change) *draft {
	next := &draft{name: d.name, base: d.base, columns: in.columns, rows: in.rows}
	for _, row := range in.rows {
		next.bytes += cellBytes(row)
	}
	change.Added, change.Removed = int64(len(in.rows)), change.Before
	return next
}

func (d *draft) append(in *batch, change *Change) *draft {
	next := *d
	next.columns = union(d.columns, in.columns)
	place := placesOf(in.columns, next.columns)
	next.rows = slices.Clone(d.rows)
	for _, row := range in.rows {
		row = placed(row, place, len(next.columns))
		next.rows = append(next.rows, row)
		next.bytes += cellBytes(row)
	}
	change.Added = int64(len(in.rows))
	return &next
}

// union is the columns of a store to which others come.
func union(have, come []string) []string {
	return slices.Concat(have, without(come, have))
}

// without lists the names that are not among others.
func without(names, others []string) []string {
	known := make(map[string]struct{}, len(others))
	for _, name := range others {
		known[name] = struct{}{}
	}
	var rest []string
	for _, name := range names {
		if _, ok := known[name]; !ok {
			rest = append(rest, name)
		}
	}
	return rest
}

// placesOf tells where each column of one list stands in another.
func placesOf(columns, among []string) []int {
	place := make([]int, len(columns))
	for i, name := range columns {
		place[i] = slices.Index(among, name)
	}
	return place
}

// placed moves values to their places in a row of the given width. Those that
// have none are dropped.
func placed(values []workbook.Value, place []int, width int) []workbook.Value {
	row := make([]workbook.Value, width)
	for i, v := range values {
		if place[i] >= 0 {
			row[place[i]] = v
		}
	}
	return row
}
