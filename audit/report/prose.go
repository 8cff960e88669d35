package report

import (
	"bytes"
	"html/template"
	"strconv"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/util"

	authored "tabletop/workbook/prose"
)

// prose turns an author's Markdown into HTML: HTML in it stands as text, links
// and pictures too, with their addresses beside them, and headings stand below
// those of the report.
func prose(text string) template.HTML {
	if authored.Costly(text) {
		return "<pre>" + template.HTML(template.HTMLEscapeString(text)) + "</pre>"
	}
	own := plainRenderer{html.NewRenderer()}
	drawer := renderer.NewRenderer(renderer.WithNodeRenderers(util.Prioritized(own.plain, 1000), util.Prioritized(own, 100)))
	var b bytes.Buffer
	tables := extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute)) // a style would be forbidden
	if err := goldmark.New(goldmark.WithRenderer(drawer), goldmark.WithExtensions(tables)).Convert([]byte(text), &b); err != nil {
		return template.HTML(template.HTMLEscapeString(text))
	}
	// What a character reference stands for was not seen before.
	return template.HTML(visible(b.String(), true))
}

// A plainRenderer takes the place of goldmark's own renderer where that would
// make something that can be followed.
type plainRenderer struct{ plain renderer.NodeRenderer }

// RegisterFuncs tells goldmark which nodes are written here.
func (plainRenderer) RegisterFuncs(to renderer.NodeRendererFuncRegisterer) {
	to.Register(ast.KindLink, func(w util.BufWriter, _ []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
		return address(w, node.(*ast.Link).Destination, entering)
	})
	to.Register(ast.KindImage, func(w util.BufWriter, _ []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
		return address(w, node.(*ast.Image).Destination, entering)
	})
	to.Register(ast.KindAutoLink, func(w util.BufWriter, source []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			code(w, node.(*ast.AutoLink).Label(source))
		}
		return ast.WalkContinue, nil
	})
	to.Register(ast.KindRawHTML, func(w util.BufWriter, source []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			segments := node.(*ast.RawHTML).Segments
			for i := range segments.Len() {
				s := segments.At(i)
				escaped(w, s.Value(source))
			}
		}
		return ast.WalkSkipChildren, nil
	})
	to.Register(ast.KindHTMLBlock, htmlBlock)
	to.Register(ast.KindHeading, heading)
}

// address writes the address of a link behind its text.
func address(w util.BufWriter, to []byte, entering bool) (ast.WalkStatus, error) {
	if !entering {
		_, _ = w.WriteString(" (")
		code(w, to)
		_, _ = w.WriteString(")")
	}
	return ast.WalkContinue, nil
}

func htmlBlock(w util.BufWriter, source []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	block := node.(*ast.HTMLBlock)
	if entering {
		_, _ = w.WriteString("<pre>")
		for i := range block.Lines().Len() {
			line := block.Lines().At(i)
			escaped(w, line.Value(source))
		}
		if block.HasClosure() {
			escaped(w, block.ClosureLine.Value(source))
		}
		_, _ = w.WriteString("</pre>\n")
	}
	return ast.WalkContinue, nil
}

// heading writes a heading three levels down: a block's own is of the third.
func heading(w util.BufWriter, _ []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	tag := "h" + strconv.Itoa(min(node.(*ast.Heading).Level+3, 6)) + ">"
	if entering {
		_, _ = w.WriteString("<" + tag)
	} else {
		_, _ = w.WriteString("</" + tag + "\n")
	}
	return ast.WalkContinue, nil
}

func code(w util.BufWriter, text []byte) {
	_, _ = w.WriteString("<code>")
	escaped(w, text)
	_, _ = w.WriteString("</code>")
}

func escaped(w util.BufWriter, text []byte) { template.HTMLEscape(w, text) }
