package report

import (
	"fmt"
	"html/template"
	"math"

	"tabletop/audit"
	"tabletop/workbook"
	"tabletop/workbook/chart"
)

// A drawn is the picture of a visual block, and the same as a table.
type drawn struct {
	Heading string
	SVG     template.HTML
	Columns []string
	Rows    [][]string
	// Notes say what the picture does not show, or shows otherwise.
	Notes []string
}

// labelBytes is the most that a picture shows of a text.
const labelBytes = 200

// chart draws a visual block from the rows that the record keeps. What the
// picture takes is taken from the report's room as a whole.
func (r *reporter) chart(b audit.Block) *drawn {
	if r.full() {
		return &drawn{Notes: []string{"not drawn: the report is full; tabletop show draws it"}}
	}
	spec, err := chart.Recorded(b.Text)
	if err != nil {
		return &drawn{Notes: []string{"not drawn: " + r.line(err.Error(), valueBytes)}}
	}
	t := workbook.Table{Columns: b.Columns}
	for _, kept := range b.Rows {
		if len(kept.Values) == len(b.Columns) { // else purged
			t.Rows = append(t.Rows, kept.Row)
		}
	}
	labels := room{math.MaxInt}
	c := chart.Of(spec, t, func(text string) string { return labels.line(text, labelBytes) })
	// Everything in it was escaped where it was written.
	d := &drawn{Heading: c.Heading, SVG: template.HTML(c.SVG(fmt.Sprintf("chart%d", b.Index))), Notes: c.Notes}
	d.Columns, d.Rows = c.Table()
	if len(t.Rows) < b.RowsOut {
		d.Notes = append(d.Notes, fmt.Sprintf("drawn from the %s that the record keeps, of %s", plural(len(t.Rows), "row", "rows"), grouped(int64(b.RowsOut))))
	}
	if more := len(c.Labels) - c.Shown(); more > 0 && spec.Type != chart.Pie && spec.Type != chart.Donut {
		d.Notes = append(d.Notes, grouped(int64(more))+" more are not in the picture")
	}
	if more := c.Shown() - len(d.Rows); more > 0 && len(d.Rows) > 0 && spec.Type != chart.Pie && spec.Type != chart.Donut {
		d.Notes = append(d.Notes, grouped(int64(more))+" of the picture are not in the table")
	}
	r.left -= len(d.SVG)
	for _, row := range d.Rows {
		for _, text := range row {
			r.left -= len(text) + aroundBytes
		}
	}
	return d
}

// chart writes a picture as the table of what it shows.
func (m *markdown) chart(d drawn) {
	m.para(span(d.Heading))
	if len(d.Rows) > 0 {
		var header []string
		for _, name := range d.Columns {
			header = append(header, cellSpan(name))
		}
		m.table(header)
		for _, row := range d.Rows {
			cells := make([]string, len(row))
			for i, text := range row {
				cells[i] = cellSpan(text)
			}
			m.row(cells...)
		}
		m.WriteByte('\n')
	}
	for _, note := range d.Notes {
		m.item(span(note))
	}
	m.end(len(d.Notes), "")
}
