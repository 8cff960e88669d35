package report

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"strings"
)

//go:embed report.html
var layout string

//go:embed report.css
var sheet string

// A document is a page in its HTML file.
type document struct {
	// CSP forbids the file everything but its own style: scripts, pictures,
	// connections, forms and frames.
	CSP   string
	Style template.CSS
	page
}

func newDocument(p page) document {
	// The hash is that of the bytes as a browser reads them, which drops carriage
	// returns.
	style := strings.ReplaceAll(sheet, "\r\n", "\n")
	sum := sha256.Sum256([]byte(style))
	csp := fmt.Sprintf("default-src 'none'; style-src 'sha256-%s'; base-uri 'none'; form-action 'none'", base64.StdEncoding.EncodeToString(sum[:]))
	return document{CSP: csp, Style: template.CSS(style), page: p}
}

// parsed is the layout, ready to be filled. Parsed where it is used: other
// commands don't wait for it.
func parsed() *template.Template {
	functions := template.FuncMap{"tone": tone, "grouped": func(n int) string { return grouped(int64(n)) }}
	return template.Must(template.New("report").Funcs(functions).Parse(layout))
}
