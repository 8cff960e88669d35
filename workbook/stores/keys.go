package stores

import (
	"maps"
	"slices"

	"tabletop/workbook"
)

// replaceKeys replaces rows by key; see Session.Write. All rows have been read.
func (d *draft) replaceKeys(in *batch, change *Change) *draft {
	next := *d
	next.columns = union(d.columns, in.columns)
	next.rows = slices.Clone(d.rows)
	next.changed = maps.Clone(d.changed)
	if next.changed == nil {
		next.changed = map[int64]struct{}{}
	}
	place := placesOf(in.columns, next.columns)
	first := firstByKey(next.rows, place[in.key])
	touched := map[int]bool{}
	lost := map[int]bool{}
	for _, values := range in.rows {
		row := placed(values, place, len(next.columns))
		next.bytes += cellBytes(row)
		key := values[in.key]
		i, known := 0, false
		if key != nil {
			i, known = first[workbook.Text(key)]
		}
		if !known {
			i = len(next.rows)
			next.rows = append(next.rows, row)
			touched[i] = true
			change.Added++
			if key == nil {
				change.Unkeyed++
			} else {
				first[workbook.Text(key)] = i
			}
			continue
		}
		for j, v := range next.rows[i] {
			if v != nil && row[j] == nil {
				lost[j] = true
			}
		}
		next.bytes -= cellBytes(next.rows[i])
		next.rows[i] = row
		if touched[i] {
			change.Repeated++
			continue
		}
		touched[i] = true
		change.Replaced++
		if number := int64(i) + 1; number <= next.standing {
			next.changed[number] = struct{}{}
		}
	}
	next.dropEmpty(lost, place)
	return &next
}

// firstByKey tells which row is the first with each key in a column.
func firstByKey(rows [][]workbook.Value, column int) map[string]int {
	first := make(map[string]int, len(rows))
	for i, row := range rows {
		if column >= len(row) || row[column] == nil {
			continue
		}
		key := workbook.Text(row[column])
		if _, known := first[key]; !known {
			first[key] = i
		}
	}
	return first
}

// dropEmpty takes out the columns that lost values, did not come in, and have
// no value left.
func (d *draft) dropEmpty(lost map[int]bool, came []int) {
	for j := range lost {
		if slices.Contains(came, j) || slices.ContainsFunc(d.rows, func(row []workbook.Value) bool { return j < len(row) && row[j] != nil }) {
			delete(lost, j)
		}
	}
	if len(lost) == 0 {
		return
	}
	old := d.columns
	d.columns = nil
	for j, name := range old {
		if !lost[j] {
			d.columns = append(d.columns, name)
		}
	}
	place := placesOf(old, d.columns)
	d.bytes = 0
	for i, row := range d.rows {
		d.rows[i] = placed(row, place, len(d.columns))
		d.bytes += cellBytes(d.rows[i])
	}
	// Every row has other places now.
	d.standing, d.changed = 0, nil
}
