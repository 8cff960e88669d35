package layout

import (
	"regexp"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
)

// mapping lays out a map that stands on the lines from..to.
func (w *writer) mapping(n *yaml.Node, from, to, indent int, o order) []string {
	list, foot := w.entries(w.pairs(n), from, to, n.Content[0].Column-1)
	var out []string
	for _, e := range w.sorted(list, o) {
		out = append(out, indented(e.head, indent)...)
		out = append(out, w.pair(e, indent, o)...)
	}
	return begun(append(out, indented(foot, indent)...))
}

// begun is without blank lines at its beginning.
func begun(lines []string) []string {
	for len(lines) > 0 && lines[0] == "" {
		lines = lines[1:]
	}
	return lines
}

// indented puts comments at an indentation.
func indented(lines []string, indent int) []string {
	var out []string
	for _, line := range lines {
		if line != "" {
			line = strings.Repeat(" ", indent) + line
		}
		out = append(out, line)
	}
	return out
}

// pair lays out a key and its value.
func (w *writer) pair(e entry, indent int, o order) []string {
	line := w.lines[e.first][len(prefix(w.lines[e.first], e.key.Column)):]
	switch {
	case inLines(e.value) && e.value.Line > e.first:
		head := strings.Repeat(" ", indent) + strings.TrimRight(line, " \t")
		inner := o.of(e.key.Value)
		if e.value.Kind == yaml.SequenceNode {
			return append([]string{head}, w.sequence(e.value, e.first+1, e.last, indent+step, inner)...)
		}
		return append([]string{head}, w.mapping(e.value, e.first+1, e.last, indent+step, inner)...)
	case inLines(e.value):
		panic(kept{"a map or list that begins behind its key: " + strings.TrimSpace(line)})
	}
	if o.text != nil && o.text(e.key.Value) {
		if out, ok := w.underBar(e, line, indent); ok {
			return out
		}
	}
	return w.value(e, w.spaced(e, line), e.key.Column-1, indent)
}

// spaced puts one blank between a key and a value on its line.
func (w *writer) spaced(e entry, line string) string {
	if e.value.Line != e.first || e.value.Tag == "!!null" {
		return line
	}
	behind := w.lines[e.first][len(prefix(w.lines[e.first], e.value.Column)):]
	before := strings.TrimSuffix(line, behind)
	key := strings.TrimRight(before, " \t")
	if behind == "" || before == line || !strings.HasSuffix(key, ":") {
		return line
	}
	return strings.TrimRight(strings.TrimSuffix(key, ":"), " \t") + ": " + behind
}

// sequence lays out a list.
func (w *writer) sequence(n *yaml.Node, from, to, indent int, o order) []string {
	list, foot := w.entries(w.items(n), from, to, n.Column-1)
	var out []string
	for _, e := range list {
		out = append(out, indented(e.head, indent)...)
		out = append(out, w.item(e, n.Column-1, indent, o)...)
	}
	return begun(append(out, indented(foot, indent)...))
}

// item lays out an item of a list. Comments before its first key stand above it.
func (w *writer) item(e entry, column, indent int, o order) []string {
	dash := w.lines[e.first][column:]
	if !inLines(e.value) {
		rest := strings.TrimLeft(strings.TrimPrefix(dash, "-"), " ")
		return w.value(e, strings.TrimRight("- "+rest, " "), column, indent)
	}
	if e.value.Kind != yaml.MappingNode {
		panic(kept{"a list in a list: " + strings.TrimSpace(dash)})
	}
	from := e.value.Content[0].Line
	var above []string
	if from > e.first {
		above = w.comments(e.first+1, from-1)
		switch rest := strings.TrimSpace(strings.TrimPrefix(dash, "-")); {
		case strings.HasPrefix(rest, "#"):
			above = append([]string{rest}, above...)
		case rest != "":
			panic(kept{"something behind a dash: " + rest})
		}
	}
	lines := w.mapping(e.value, from, e.last, indent+step, o)
	for len(lines) > 0 && (isComment(lines[0]) || isBlank(lines[0])) {
		above, lines = append(above, strings.TrimSpace(lines[0])), lines[1:]
	}
	lines[0] = strings.Repeat(" ", indent) + "- " + lines[0][indent+step:]
	return append(indented(squeezed(above), indent), lines...)
}

// barMark is what begins a text under | or >.
var barMark = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[|>]([-+0-9]*)[ \t]*(#.*)?$`) })

// value lays out a scalar, an alias or what stands in brackets: its first line is
// given, the others move with it. column is where its key or dash stood.
func (w *writer) value(e entry, first string, column, indent int) []string {
	out := []string{strings.Repeat(" ", indent) + strings.TrimRight(first, " \t")}
	if e.value.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		return append(out, w.block(e, first, column, indent)...)
	}
	last := e.last
	for last > e.first && (isComment(w.lines[last]) || isBlank(w.lines[last])) {
		last--
	}
	for i := e.first + 1; i <= last; i++ {
		line := strings.TrimRight(w.lines[i], " \t")
		if line != "" {
			line = strings.Repeat(" ", max(indentOf(line)+indent-column, 0)) + strings.TrimLeft(line, " ")
		}
		out = append(out, line)
	}
	return append(out, indented(w.comments(last+1, e.last), indent)...)
}

// block lays out the lines of a text under | or >. Where the mark tells their
// indentation, it stays as it is beside the key's.
func (w *writer) block(e entry, first string, column, indent int) []string {
	m := barMark().FindStringSubmatch(first)
	if m == nil {
		panic(kept{"a text whose mark does not end its line: " + strings.TrimSpace(first)})
	}
	base, to := w.base(e), indent+step
	if told := strings.IndexAny(m[1], "123456789"); told >= 0 {
		base = column + int(m[1][told]-'0')
		to = indent + int(m[1][told]-'0')
	}
	var out []string
	i := e.first + 1
	for ; i <= e.last; i++ {
		line := w.lines[i]
		switch {
		case isBlank(line) && len(line) <= base:
			out = append(out, "")
		case indentOf(line) >= base:
			out = append(out, strings.Repeat(" ", to)+line[base:])
		default: // a comment behind the text
			return append(out, indented(w.comments(i, e.last), indent)...)
		}
	}
	return out
}

// base is how far the first line of a text under | or > is indented; -1 where it
// has none.
func (w *writer) base(e entry) int {
	for i := e.first + 1; i <= e.last; i++ {
		if !isBlank(w.lines[i]) {
			return indentOf(w.lines[i])
		}
	}
	return -1
}

// underBar writes the text of a block under |; false where it stands so already,
// or can't.
func (w *writer) underBar(e entry, line string, indent int) ([]string, bool) {
	v := strings.TrimRight(e.value.Value, "\n")
	if e.value.Kind != yaml.ScalarNode || e.value.Tag != "!!str" || e.value.Style&(yaml.LiteralStyle|yaml.TaggedStyle) != 0 || e.value.Anchor != "" || !plainText(v) {
		return nil, false
	}
	// Under > a line that looks like a comment is text where it stands as far in.
	last, base := e.last, w.base(e)
	folded := e.value.Style&yaml.FoldedStyle != 0
	for last > e.first && (isBlank(w.lines[last]) || isComment(w.lines[last]) && (!folded || indentOf(w.lines[last]) < base)) {
		last--
	}
	for i := e.first; i <= last; i++ {
		if strings.Contains(w.lines[i], "#") { // a comment may stand in between
			return nil, false
		}
	}
	for i := e.first; i <= last; i++ {
		w.anew[i] = true
	}
	key := line[:strings.IndexByte(line, ':')]
	out := []string{strings.Repeat(" ", indent) + key + ": |"}
	for text := range strings.SplitSeq(v, "\n") {
		if text != "" {
			text = strings.Repeat(" ", indent+step) + text
		}
		out = append(out, text)
	}
	return append(out, indented(w.comments(last+1, e.last), indent)...), true
}

// plainText reports whether a text reads the same under |.
func plainText(text string) bool {
	if text == "" || strings.ContainsFunc(text, func(r rune) bool {
		return r < ' ' && r != '\n' && r != '\t' || r == 0x7f || r == 0x85 || r == 0xa0 || r == 0x2028 || r == 0x2029 || r == 0xfeff || r == 0xfffd
	}) {
		return false
	}
	for i, line := range strings.Split(text, "\n") {
		if line != "" && strings.TrimSpace(line) == "" || i == 0 && strings.TrimLeft(line, " \t") != line || strings.HasPrefix(line, "\t") {
			return false
		}
	}
	return !strings.HasPrefix(text, "\n")
}
