package prose

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
	east "github.com/yuin/goldmark/extension/ast"
)

// mostCells bounds a table: goldmark fills short rows up to the width of the first.
const mostCells = 10_000

// table writes rows under their header where they fit, else each cell on a line
// behind its column's name.
func (w writer) table(n *east.Table, width int) []string {
	var rows [][]string
	cells := 0
	for r := n.FirstChild(); r != nil && cells < mostCells; r = r.NextSibling() {
		var row []string
		for c := r.FirstChild(); c != nil; c = c.NextSibling() {
			text := strings.Join(strings.Fields(w.inline(c, r.Kind() == east.KindTableHeader)), " ")
			row, cells = append(row, text), cells+1
		}
		rows = append(rows, row)
	}
	if len(rows) == 0 || len(rows[0]) == 0 {
		return nil
	}
	widths := make([]int, len(rows[0]))
	whole := -2
	for i := range widths {
		for _, row := range rows {
			if i < len(row) {
				widths[i] = max(widths[i], ansi.StringWidth(row[i]))
			}
		}
		whole += widths[i] + 2
	}
	if whole > width {
		return w.long(rows, width)
	}
	var out []string
	for at, row := range rows {
		out = append(out, laid(row, widths, n.Alignments))
		if at == 0 {
			out = append(out, w.Faint(strings.Repeat("─", whole)))
		}
	}
	return out
}

func laid(row []string, widths []int, alignments []east.Alignment) string {
	var b strings.Builder
	for i, cell := range row {
		blanks := strings.Repeat(" ", max(widths[i]-ansi.StringWidth(cell), 0))
		if i > 0 {
			b.WriteString("  ")
		}
		if i < len(alignments) && alignments[i] == east.AlignRight {
			b.WriteString(blanks + cell)
		} else {
			b.WriteString(cell + blanks)
		}
	}
	return strings.TrimRight(b.String(), " ")
}

// long writes a table that is too wide cell by cell.
func (w writer) long(rows [][]string, width int) []string {
	var out []string
	for at, row := range rows[1:] {
		if at > 0 {
			out = append(out, "")
		}
		for i, cell := range row {
			if cell == "" || i >= len(rows[0]) {
				continue
			}
			for n, line := range wrap(rows[0][i]+": "+cell, width-2) {
				if n > 0 {
					line = "  " + line
				}
				out = append(out, line)
			}
		}
	}
	if len(rows) == 1 {
		out = wrap(strings.Join(rows[0], "  "), width)
	}
	return out
}
