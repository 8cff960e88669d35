package main

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"tabletop/workbook"
)

// A grid is a table as text: a header and rows of cells, all of them clean.
type grid struct {
	header []string
	rows   [][]string
	// right says which columns are numbers, which stand to the right.
	right []bool
	// whole are the columns that mean nothing when they are cut, such as times.
	whole []int
}

// gridOf makes a grid of the first rows of a table.
func gridOf(t workbook.Table, most int) grid {
	g := grid{right: make([]bool, len(t.Columns))}
	for i, c := range t.Columns {
		g.header = append(g.header, clean(c))
		g.right[i] = len(t.Rows) > 0
	}
	for _, row := range t.Rows[:min(len(t.Rows), most)] {
		cells := make([]string, len(row.Values))
		for i, v := range row.Values {
			cells[i] = cell(v)
			_, isText := v.(string)
			g.right[i] = g.right[i] && !isText
		}
		g.rows = append(g.rows, cells)
	}
	for i := range t.Columns {
		if g.addresses(i) { // cut, one looks like the other
			g.whole = append(g.whole, i)
		}
	}
	return g
}

// addresses reports whether a column holds addresses and nothing else.
func (g grid) addresses(column int) bool {
	found := false
	for _, r := range g.rows {
		if r[column] == "–" {
			continue
		}
		if _, err := netip.ParseAddr(r[column]); err != nil {
			return false
		}
		found = true
	}
	return found
}

// cell writes a value for a reader; nothing is a dash.
func cell(v workbook.Value) string {
	if v == nil {
		return "–"
	}
	return clean(workbook.Text(v))
}

// gap parts columns.
const gap = "  "

// draw writes the grid, its widest columns cut until it fits. Columns that do
// not fit even then follow below, under the rows they belong to.
func (c *console) draw(g grid, indent string) {
	if len(g.header) == 0 {
		return
	}
	widths, fits := fit(g, c.width-len(indent))
	if !fits {
		c.drawLong(g, indent)
		return
	}
	c.line(indent, c.strong(row(g.header, widths, g.right)))
	for _, r := range g.rows {
		c.line(indent, row(r, widths, g.right))
	}
}

// longRows is how many rows are shown at first of a table that is too wide to
// stand side by side.
const longRows = 5

// preview draws the first rows of a table, and tells how many more there are.
func (c *console) preview(g grid, of, most int, indent string) {
	if _, fits := fit(g, c.width-len(indent)); !fits {
		most = min(most, longRows)
	}
	g.rows = g.rows[:min(len(g.rows), most)]
	c.draw(g, indent)
	if more := of - most; more > 0 {
		c.line(indent, c.faint(fmt.Sprintf("… and %d more", more)))
	}
}

// narrowest is the least width that a column is cut to.
const narrowest = 8

// fit gives every column the width it needs, then takes from the widest until
// all of them fit; false where they don't.
func fit(g grid, room int) (widths []int, fits bool) {
	if len(g.header)*(narrowest+len(gap)) > room+len(gap) {
		return nil, false
	}
	widths = make([]int, len(g.header))
	total := len(gap) * (len(widths) - 1)
	for i := range widths {
		widths[i] = ansi.StringWidth(g.header[i])
		for _, r := range g.rows {
			widths[i] = max(widths[i], ansi.StringWidth(r[i]))
		}
		total += widths[i]
	}
	for total > room {
		widest := -1
		for i, width := range widths {
			if width > narrowest && !slices.Contains(g.whole, i) && (widest < 0 || width > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			return widths, false
		}
		widths[widest]--
		total--
	}
	return widths, true
}

func row(cells []string, widths []int, right []bool) string {
	var b strings.Builder
	for i, text := range cells {
		text = ansi.Truncate(text, widths[i], "…")
		blanks := strings.Repeat(" ", widths[i]-ansi.StringWidth(text))
		if i > 0 {
			b.WriteString(gap)
		}
		if right[i] {
			b.WriteString(blanks + text)
		} else {
			b.WriteString(text + blanks)
		}
	}
	return strings.TrimRight(b.String(), " ")
}

// drawLong writes each row as lines of column and value, for tables too wide
// to stand side by side. Columns without a value are left out.
func (c *console) drawLong(g grid, indent string) {
	width := 0
	for _, h := range g.header {
		width = max(width, min(ansi.StringWidth(h), 24))
	}
	for n, r := range g.rows {
		c.line(indent, c.faint(fmt.Sprintf("row %d", n+1)))
		for i, text := range r {
			if text == "–" {
				continue
			}
			name := ansi.Truncate(g.header[i], width, "…")
			name += strings.Repeat(" ", width-ansi.StringWidth(name))
			c.line(indent, gap, name, gap, ansi.Truncate(text, max(c.width-len(indent)-width-2*len(gap), narrowest), "…"))
		}
	}
}

// plural writes a count with its word.
func plural[N int | int64](n N, one, many string) string {
	if n == 1 {
		return fmt.Sprintf("1 %s", one)
	}
	return fmt.Sprintf("%d %s", n, many)
}
