// Package prose reads the Markdown in which authors explain: the text blocks of a
// workbook. In goes a text from anywhere; out come lines for a terminal, with
// headings, lists, quotes, code and tables laid out, HTML and links as the texts
// that they are, and a bound on what a text may cost.
package prose

import (
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"
)

// MostBytes is the most of a text that is read as Markdown.
const MostBytes = 16_000

// mostMarks is the most marks of one kind that a text may hold. goldmark looks for
// the other end of a mark among those before it, so that 16,000 bytes of nothing
// but marks take it a second, and four times as many bytes half a minute.
const mostMarks = 2_000

// Costly reports whether a text is to be shown as it was written, since reading it
// as Markdown would take long for what it says.
func Costly(text string) bool {
	if len(text) > MostBytes {
		return true
	}
	marks := 0
	for _, mark := range []string{"*", "_", "[", "]", "<", "`", "|"} {
		marks = max(marks, strings.Count(text, mark))
	}
	return marks > mostMarks
}

// A Style says how words of Markdown look; each function takes one word.
type Style struct {
	// Strong is for headings and what is strong, Faint for what frames a text.
	Strong, Faint func(string) string
	// Clean makes a text harmless, and one line of it.
	Clean func(string) string
}

// Lines lays Markdown out in so many columns. A text that is costly, or longer
// than MostBytes, comes back as it was written, cut and cleaned.
func Lines(written string, width int, s Style) []string {
	w := writer{Style: s, source: []byte(written)}
	if Costly(written) {
		return w.asWritten(written, width)
	}
	document := goldmark.New(goldmark.WithExtensions(extension.Table)).Parser().Parse(text.NewReader(w.source))
	return w.children(document, width, 0, true)
}

// asWritten wraps a text's own lines.
func (w writer) asWritten(written string, width int) []string {
	shown := written[:min(len(written), MostBytes)]
	var out []string
	for _, line := range strings.Split(strings.TrimRight(shown, "\n"), "\n") {
		out = append(out, wrap(w.Clean(line), width)...)
	}
	if len(shown) < len(written) {
		out = append(out, w.Faint("…"))
	}
	return out
}

// A writer writes the nodes of one text.
type writer struct {
	Style
	source []byte
}

// deepest is how far quotes and lists are set in; what is deeper stands there too.
const deepest = 12

// narrowest is the least width that a text is laid out in, wherever it stands.
const narrowest = 20

// children writes the blocks below a node, where apart says so with an empty line
// between them.
func (w writer) children(n ast.Node, width, depth int, apart bool) []string {
	var out []string
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		lines := w.block(c, max(width, narrowest), depth)
		if len(lines) == 0 {
			continue
		}
		if len(out) > 0 && apart {
			out = append(out, "")
		}
		out = append(out, lines...)
	}
	return out
}
