package report

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"strings"
)

var (
	//go:embed report.html
	layout string
	//go:embed report.css
	sheet string

	// style is the sheet as it stands in the file. The hash in the policy is that of
	// these bytes, so they hold no carriage return, which a browser would drop.
	style = template.CSS(strings.ReplaceAll(sheet, "\r\n", "\n"))

	// policy forbids a report everything but its own style: scripts, pictures,
	// connections, forms and frames.
	policy = "default-src 'none'; style-src 'sha256-" + hashed(string(style)) + "'; base-uri 'none'; form-action 'none'"

	drawn = template.Must(template.New("report").Funcs(template.FuncMap{"tone": tone, "grouped": func(n int) string { return grouped(int64(n)) }}).Parse(layout))
)

// A document is a page in its HTML file.
type document struct {
	CSP   string
	Style template.CSS
	page
}

func hashed(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.StdEncoding.EncodeToString(sum[:])
}
