package prose

import (
	"bufio"
	"bytes"
	stdhtml "html"
	"strings"

	"github.com/charmbracelet/x/ansi"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/renderer/html"
)

// inline is the text of a block: words that are styled each, and a line break
// where the author forces one.
func (w writer) inline(n ast.Node, strong bool) string {
	var b strings.Builder
	w.spans(&b, n, strong, 0)
	return b.String()
}

// deepestSpan is how far spans are looked into; a text holds few in one another.
const deepestSpan = 100

func (w writer) spans(b *strings.Builder, n ast.Node, strong bool, depth int) {
	if depth > deepestSpan {
		return
	}
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		switch c := c.(type) {
		case *ast.Text:
			w.words(b, w.said(c.Value(w.source), c.IsRaw()), strong)
			switch {
			case c.HardLineBreak():
				b.WriteByte('\n')
			case c.SoftLineBreak():
				b.WriteByte(' ')
			}
		case *ast.String:
			w.words(b, string(c.Value), strong)
		case *ast.CodeSpan:
			w.words(b, "`"+w.plain(c)+"`", strong)
		case *ast.Emphasis:
			w.spans(b, c, strong || c.Level > 1, depth+1)
		case *ast.Link:
			w.spans(b, c, strong, depth+1)
			w.address(b, c.Destination)
		case *ast.Image:
			w.spans(b, c, strong, depth+1)
			w.address(b, c.Destination)
		case *ast.AutoLink:
			w.words(b, string(c.Label(w.source)), strong)
		case *ast.RawHTML:
			for i := range c.Segments.Len() {
				at := c.Segments.At(i)
				w.words(b, string(at.Value(w.source)), strong)
			}
		default:
			w.spans(b, c, strong, depth+1)
		}
	}
}

// said is a text without the author's escapes and character references.
func (w writer) said(written []byte, raw bool) string {
	if raw {
		return string(written)
	}
	var b bytes.Buffer
	out := bufio.NewWriter(&b)
	html.DefaultWriter.Write(out, written)
	_ = out.Flush() // a Buffer takes everything
	return stdhtml.UnescapeString(b.String())
}

// plain is the text of a code span.
func (w writer) plain(n ast.Node) string {
	var b strings.Builder
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		if t, ok := c.(*ast.Text); ok {
			b.Write(t.Value(w.source))
		}
	}
	return b.String()
}

// address writes where a link leads behind its text.
func (w writer) address(b *strings.Builder, to []byte) {
	b.WriteString(" (")
	w.words(b, string(to), false)
	b.WriteByte(')')
}

// words writes a text word by word, so that no style reaches over the end of a
// line.
func (w writer) words(b *strings.Builder, text string, strong bool) {
	for i, word := range strings.Split(strings.NewReplacer("\n", " ", "\r", " ", "\t", " ").Replace(text), " ") {
		if i > 0 {
			b.WriteByte(' ')
		}
		if word = w.Clean(word); word != "" && strong {
			word = w.Strong(word)
		}
		b.WriteString(word)
	}
}

// wrap breaks a text at blanks so that its lines fit a width; a word that is
// longer is cut.
func wrap(text string, width int) []string {
	var out []string
	for _, part := range strings.Split(text, "\n") {
		line, wide := "", 0
		for _, word := range strings.Fields(part) {
			pieces := strings.Split(ansi.Hardwrap(word, width, true), "\n")
			for i, piece := range pieces {
				size := ansi.StringWidth(piece)
				switch {
				case wide == 0:
				case i == 0 && wide+1+size <= width:
					line, wide = line+" ", wide+1
				default:
					out, line, wide = append(out, line), "", 0
				}
				line, wide = line+piece, wide+size
			}
		}
		out = append(out, line)
	}
	return out
}
