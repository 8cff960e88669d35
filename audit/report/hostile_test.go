package report

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"
	"golang.org/x/net/html"
	"pgregory.net/rapid"
)

var hostileTexts = []string{
	"</style><script>alert(1)</script>", "<script>alert(1)</script>", "</title></svg></desc><b>", `"><img src=x onerror=alert(1)>`, `' onmouseover='x`,
	"javascript:alert(1)", "https://evil.example/ www.evil.example @all #1 evil@evil.example", "[a](javascript:x) ![b](http://evil.example)", "{{.CSP}}{{end}}", "<!--", "]]>", "-->", "<![CDATA[",
	"\u202egpj.exe\u2066\u2069\u200b\ufeff", "a\x00b\x1b[2J\x7f\u0085\u2028\r\n\v", "\xff\xfe\xc0\xaf", "`|`` \\|\\\\| ~~~ ```", "| a | b |\n|---|---|\n| c | d |", "# x\n- y\n> z\n\n---\n",
	"&lt;script&gt;&#x202e;&amp;", "ﷺ﷽𒐫", strings.Repeat("<b>", 7_000), strings.Repeat("`", 1_100), strings.Repeat("a\n", 1_100),
}

// plainText is what stands in a report that has no hostile text.
func plainText(what string) string { return "x" + what }

// TestTextsNeverBecomeMarkup puts each hostile text into every field that comes
// from outside: a browser sees the elements of a harmless report, and so does a
// reader of Markdown.
func TestTextsNeverBecomeMarkup(t *testing.T) {
	b := newBench(t)
	want := forms(t, b.stories(t, plainText))
	for _, text := range hostileTexts {
		got := b.stories(t, func(string) string { return "x" + text })
		for mode, story := range got {
			compare(t, want[mode], story, fmt.Sprintf("%s with %.40q", mode, text))
		}
	}
}

func TestNoTextBecomesMarkup(t *testing.T) {
	b := newBench(t)
	want := forms(t, b.stories(t, plainText))
	var short []string
	for _, text := range hostileTexts {
		if len(text) < cellBytes {
			short = append(short, text)
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		bits := rapid.OneOf(rapid.String(), rapid.SampledFrom(short), rapid.StringOf(rapid.RuneFrom([]rune("<>&\"'`|\\[]()!#*_~-\n \t\r\u202e"))))
		got := b.stories(rt, func(string) string { return "x" + bits.Draw(rt, "text") + bits.Draw(rt, "and") })
		for mode, story := range got {
			compare(rt, want[mode], story, mode)
		}
	})
}

// A reporter of errors is a test, or a draw of a property test.
type errorer interface {
	failer
	Errorf(format string, args ...any)
}

// A form is the elements of a page and the parts of a ticket.
type form struct{ Page, Ticket []string }

func formOf(t failer, page, ticket string) form { return form{elements(t, page), kinds(ticket)} }

func forms(t failer, stories map[string]Story) map[string]form {
	out := map[string]form{}
	for mode, s := range stories {
		out[mode] = formOf(t, inHTML(t, s, Standard), inMarkdown(t, s, Standard))
	}
	return out
}

func compare(t errorer, want form, got Story, what string) {
	t.Helper()
	page, ticket := inHTML(t, got, Standard), inMarkdown(t, got, Standard)
	checkFile(t, page, what)
	checkFile(t, ticket, what)
	if diff := cmp.Diff(want, formOf(t, page, ticket)); diff != "" {
		t.Errorf("%s: other elements:\n%s", what, diff)
	}
}

// checkFile checks what holds of the bytes of any report.
func checkFile(t errorer, page, what string) {
	t.Helper()
	if !utf8.ValidString(page) {
		t.Errorf("%s: the page is no UTF-8", what)
	}
	for _, r := range page {
		if r != '\n' && r != '\t' && r != '\u00a0' && !unicode.IsPrint(r) {
			t.Errorf("%s: the page holds %U", what, r)
			return
		}
	}
}

// elements lists the elements of a page as a browser finds them, by depth, with
// those attributes that it may act on.
func elements(t failer, page string) []string {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	var walk func(n *html.Node, depth int)
	walk = func(n *html.Node, depth int) {
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			switch c.Type {
			case html.TextNode:
			case html.ElementNode:
				out = append(out, fmt.Sprint(depth, " ", c.Namespace, c.Data, " ", attributes(c)))
			default:
				out = append(out, fmt.Sprint(depth, " node of type ", c.Type))
			}
			walk(c, depth+1)
		}
	}
	walk(root, 0)
	return out
}

// otherRun begins the name of an action of another run, whose number counts on.
var otherRun = regexp.MustCompile(`^r\d+a`)

func attributes(n *html.Node) []string {
	var out []string
	for _, a := range n.Attr {
		switch a.Key {
		case "aria-label":
			out = append(out, a.Key)
		default:
			out = append(out, a.Key+"="+otherRun.ReplaceAllString(a.Val, "rNa"))
		}
	}
	return out
}

// kinds lists the parts of a Markdown text as GitHub's form of it has them.
func kinds(written string) []string {
	source := []byte(written)
	document := goldmark.New(goldmark.WithExtensions(extension.GFM)).Parser().Parse(text.NewReader(source))
	var out []string
	_ = ast.Walk(document, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering && n.Kind() != ast.KindText {
			out = append(out, n.Kind().String())
		}
		return ast.WalkContinue, nil
	})
	return out
}

// TestAPageAllowsNothing reads the page as a browser does: its policy, its one
// style, and where it leads.
func TestAPageAllowsNothing(t *testing.T) {
	b := newBench(t)
	for mode, story := range b.stories(t, plainText) {
		root, err := html.Parse(strings.NewReader(inHTML(t, story, Standard)))
		if err != nil {
			t.Fatal(err)
		}
		ids := map[string]bool{}
		var links, named []string
		var policy, style string
		for n := range each(root) {
			if n.Type == html.ElementNode && slices.Contains([]string{"script", "link", "img", "iframe", "object", "form", "base", "image", "use", "foreignObject"}, n.Data) {
				t.Errorf("%s: the page has a %s", mode, n.Data)
			}
			if n.Data == "style" {
				style += n.FirstChild.Data
			}
			for _, a := range n.Attr {
				switch a.Key {
				case "id":
					if ids[a.Val] {
						t.Errorf("%s: two elements are called %s", mode, a.Val)
					}
					ids[a.Val] = true
				case "href":
					links = append(links, a.Val)
				case "aria-labelledby":
					named = append(named, strings.Fields(a.Val)...)
				case "content":
					if strings.Contains(a.Val, "default-src") {
						policy = a.Val
					}
				case "style", "src", "srcset", "action", "formaction", "ping", "http-equiv":
					if a.Key != "http-equiv" || a.Val != "Content-Security-Policy" {
						t.Errorf("%s: a %s has %s=%q", mode, n.Data, a.Key, a.Val)
					}
				}
			}
		}
		for _, link := range links {
			if to, within := strings.CutPrefix(link, "#"); !within || !ids[to] {
				t.Errorf("%s: a link leads to %s", mode, link)
			}
		}
		for _, name := range named {
			if !ids[name] {
				t.Errorf("%s: nothing is called %s", mode, name)
			}
		}
		sum := sha256.Sum256([]byte(style))
		want := "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'"
		if policy != want || len(links) == 0 || len(named) == 0 {
			t.Errorf("%s: the policy is %s, not %s; %d links, %d names", mode, policy, want, len(links), len(named))
		}
	}
}
