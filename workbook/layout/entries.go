package layout

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// An entry is a key of a map with its value, or an item of a list, with the lines
// that belong to it.
type entry struct {
	key, value *yaml.Node
	// head are the comments and blank lines above it.
	head []string
	// first and last are its lines, from that of its key or dash on.
	first, last int
}

// A line that holds nothing but a comment, or nothing at all.
func isComment(line string) bool { return strings.HasPrefix(strings.TrimSpace(line), "#") }
func isBlank(line string) bool   { return strings.TrimSpace(line) == "" }

func indentOf(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

// entries cuts the lines from..to among the entries that begin on the given
// lines, at a column (from 0). What follows the last of them and is not its own is
// returned beside them.
func (w *writer) entries(list []entry, from, to, column int) (entries []entry, foot []string) {
	head := w.comments(from, list[0].first-1)
	for i := range list {
		list[i].head = head
		end := to
		if i+1 < len(list) {
			end = list[i+1].first - 1
		}
		list[i].last = w.ownLines(list[i], end, column)
		head = w.comments(list[i].last+1, end)
	}
	return list, head
}

// comments are lines that are comments or blank, without their indentation.
func (w *writer) comments(from, to int) []string {
	var out []string
	for i := from; i <= to; i++ {
		line := strings.TrimSpace(w.lines[i])
		if line != "" && line[0] != '#' {
			panic(kept{"a line that is neither a comment nor a key: " + line})
		}
		if line != "" || len(out) == 0 || out[len(out)-1] != "" {
			out = append(out, line)
		}
	}
	return out
}

// ownLines finds the last line of an entry before a line where the next one may
// begin: comments that stand no further in than the entry belong to the next.
func (w *writer) ownLines(e entry, end, column int) int {
	last := end
	for i := end; i > e.first; i-- {
		line := w.lines[i]
		if isBlank(line) {
			continue
		}
		if !isComment(line) || indentOf(line) > column {
			break
		}
		last = i - 1
	}
	if keepsBlanks(e.value) {
		return last
	}
	for last > e.first && isBlank(w.lines[last]) {
		last--
	}
	return last
}

// keepsBlanks reports whether the blank lines behind a value are part of it.
func keepsBlanks(n *yaml.Node) bool {
	for inLines(n) {
		n = n.Content[len(n.Content)-1]
	}
	return n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 && strings.HasSuffix(n.Value, "\n\n")
}

// pairs lists the keys of a map with the lines they begin on.
func (w *writer) pairs(n *yaml.Node) []entry {
	var list []entry
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Line < 1 || key.Line >= len(w.lines) {
			panic(kept{"a key without a line"})
		}
		before := prefix(w.lines[key.Line], key.Column)
		if strings.Trim(before, " -") != "" || key.Kind != yaml.ScalarNode || i > 0 && (key.Column != n.Content[0].Column || strings.Contains(before, "-")) {
			panic(kept{"a key that does not begin its line: " + strings.TrimSpace(w.lines[key.Line])})
		}
		list = append(list, entry{key: key, value: value, first: key.Line})
	}
	return list
}

// items lists the items of a list with the lines of their dashes.
func (w *writer) items(n *yaml.Node) []entry {
	var list []entry
	least := n.Line
	for _, item := range n.Content {
		at := min(item.Line, len(w.lines)-1)
		dash := func(i int) bool {
			line := w.lines[i]
			return indentOf(line) == n.Column-1 && strings.HasPrefix(line[indentOf(line):], "-")
		}
		for at > least && !dash(at) {
			at--
		}
		if at < 1 || !dash(at) {
			panic(kept{"a list whose dashes do not begin their lines: " + strings.TrimSpace(w.lines[item.Line])})
		}
		list = append(list, entry{value: item, first: at})
		least = at + 1
	}
	return list
}

// prefix is what stands before a column (from 1).
func prefix(line string, column int) string {
	for i := range line {
		if column--; column == 0 {
			return line[:i]
		}
	}
	return line
}
