package prose

import (
	"strconv"
	"strings"

	"github.com/charmbracelet/x/ansi"
	"github.com/yuin/goldmark/ast"
	east "github.com/yuin/goldmark/extension/ast"
)

// block writes one block.
func (w writer) block(n ast.Node, width, depth int) []string {
	switch n := n.(type) {
	case *ast.Heading:
		return w.heading(n, width)
	case *ast.Paragraph, *ast.TextBlock:
		return wrap(w.inline(n, false), width)
	case *ast.Blockquote:
		return w.within(n, "│ ", width, depth)
	case *ast.List:
		return w.list(n, width, depth)
	case *ast.FencedCodeBlock, *ast.CodeBlock:
		return w.code(n, width)
	case *ast.HTMLBlock:
		lines := w.code(n, width)
		if n.HasClosure() {
			lines = append(lines, w.codeLine(string(n.ClosureLine.Value(w.source)), width)...)
		}
		return lines
	case *ast.ThematicBreak:
		return []string{w.Faint(strings.Repeat("─", min(width, 40)))}
	case *east.Table:
		return w.table(n, width)
	}
	return w.children(n, width, depth, true)
}

// heading writes the first two levels with a line below, since not every terminal
// has bold letters.
func (w writer) heading(n *ast.Heading, width int) []string {
	lines := wrap(w.inline(n, true), width)
	if n.Level > 2 || len(lines) == 0 {
		return lines
	}
	longest := 0
	for _, line := range lines {
		longest = max(longest, ansi.StringWidth(line))
	}
	under := "═"
	if n.Level == 2 {
		under = "─"
	}
	return append(lines, w.Faint(strings.Repeat(under, longest)))
}

// within writes what stands in a quote.
func (w writer) within(n ast.Node, lead string, width, depth int) []string {
	if depth >= deepest {
		return w.children(n, width, depth, true)
	}
	lines := w.children(n, width-ansi.StringWidth(lead), depth+1, true)
	for i := range lines {
		lines[i] = strings.TrimRight(w.Faint(lead)+lines[i], " ")
	}
	return lines
}

// list writes items, with empty lines between them where the author left some.
func (w writer) list(n *ast.List, width, depth int) []string {
	var out []string
	number := n.Start
	for item := n.FirstChild(); item != nil; item = item.NextSibling() {
		lead := "- "
		if n.IsOrdered() {
			lead = strconv.Itoa(number) + string(n.Marker) + " "
			number++
		}
		inside, indent := width-len(lead), strings.Repeat(" ", len(lead))
		if depth >= deepest {
			lead, inside, indent = "", width, ""
		}
		lines := w.children(item, inside, depth+1, !n.IsTight)
		if len(lines) == 0 {
			lines = []string{""}
		}
		if len(out) > 0 && !n.IsTight {
			out = append(out, "")
		}
		for i, line := range lines {
			if i == 0 {
				line = lead + line
			} else {
				line = indent + line
			}
			out = append(out, strings.TrimRight(line, " "))
		}
	}
	return out
}

// code writes the lines of a block as they are, set in.
func (w writer) code(n ast.Node, width int) []string {
	var out []string
	for i := range n.Lines().Len() {
		line := n.Lines().At(i)
		out = append(out, w.codeLine(string(line.Value(w.source)), width)...)
	}
	return out
}

func (w writer) codeLine(line string, width int) []string {
	const indent = "    "
	line = w.Clean(strings.ReplaceAll(strings.TrimRight(line, "\r\n"), "\t", indent))
	var out []string
	for _, part := range strings.Split(ansi.Hardwrap(line, max(width-len(indent), narrowest), true), "\n") {
		out = append(out, strings.TrimRight(indent+part, " "))
	}
	return out
}
