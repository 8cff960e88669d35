package main

import (
	"fmt"

	"tabletop/workbook"
	"tabletop/workbook/chart"
)

// chart draws a visual block from its rows and its text, which a record has as
// well as a run.
func (c *console) chart(done workbook.BlockResult) {
	spec, err := chart.Recorded(done.Block.Text())
	if err != nil {
		c.wrapped("not drawn: " + err.Error())
		return
	}
	rows := done.Output.Table.Rows
	drawn := chart.Of(spec, done.Output.Table, clean)
	for _, line := range drawn.Text(c.width - len(indent)) {
		c.line(indent, line)
	}
	notes := drawn.Notes
	if len(rows) < done.RowsIn {
		notes = append(notes, fmt.Sprintf("drawn from the %s that the record keeps, of %d", plural(len(rows), "row", "rows"), done.RowsIn))
	}
	for _, note := range notes {
		for _, line := range wrap(note, c.width-len(indent)) {
			c.line(indent, c.faint(line))
		}
	}
	c.line(indent, plural(done.RowsIn, "row", "rows")+" passed on")
}
