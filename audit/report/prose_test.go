package report

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// proseElements are all that an author's Markdown may become.
var proseElements = []string{"p", "h4", "h5", "h6", "ul", "ol", "li", "pre", "code", "em", "strong", "blockquote", "hr", "br"}

// checkProse parses what prose gives as a browser would.
func checkProse(t *testing.T, text string) {
	t.Helper()
	made := string(prose(text))
	if visible(made, true) != made {
		t.Errorf("%q becomes %q, which does not show all that it holds", text, made)
	}
	nodes, err := html.ParseFragment(strings.NewReader(made), &html.Node{Type: html.ElementNode, Data: "div", DataAtom: atom.Div})
	if err != nil {
		t.Fatal(err)
	}
	for _, top := range nodes {
		for n := range each(top) {
			switch n.Type {
			case html.TextNode:
				continue
			case html.ElementNode:
			default:
				t.Errorf("%q becomes %q, which has a node of type %d", text, made, n.Type)
			}
			if !slices.Contains(proseElements, n.Data) {
				t.Errorf("%q becomes a %s: %q", text, n.Data, made)
			}
			for _, a := range n.Attr {
				language := n.Data == "code" && a.Key == "class" && strings.HasPrefix(a.Val, "language-")
				if !language && (n.Data != "ol" || a.Key != "start") {
					t.Errorf("%q becomes a %s with %s=%q", text, n.Data, a.Key, a.Val)
				}
			}
		}
	}
}

// each walks a node and all below it.
func each(n *html.Node) func(func(*html.Node) bool) {
	return func(yield func(*html.Node) bool) {
		if !yield(n) {
			return
		}
		for below := range n.Descendants() {
			if !yield(below) {
				return
			}
		}
	}
}

var hostileProse = []string{
	"<script>alert(1)</script>", "a <b onclick=x>b</b>", "<div>\n<script>\n</script>\n", "<!-- x -->", "<![CDATA[ x ]]>", "<?php ?>",
	"[a](javascript:alert(1))", "[a](http://evil.example \"t\")", "![a](http://evil.example/x.png)", "<http://evil.example>", "<a@evil.example>",
	"[a]: http://evil.example\n\n[a] ![a]", "&#x202e;&#0;&lt;script&gt;&#xfeff;", "\u202eabc\x00\x1b[2J\xff", "# one\n###### six\n", "```x\" onload=y\n<x>\n```\n",
	"1. a\n2. b\n\n5) c", "- a\n  - b\n> c\n\n---\na\\\nb  \nc", "`<x>` **b** *c*", "    <indented>", "</div></section></main><script>",
}

func TestProseHoldsNoMarkupOfOthers(t *testing.T) {
	for _, text := range hostileProse {
		checkProse(t, text)
	}
	for text, want := range map[string]string{
		"**Why**: a `x`":                    "<p><strong>Why</strong>: a <code>x</code></p>\n",
		"# Title":                           "<h4>Title</h4>\n",
		"see [the page](https://x.example)": "<p>see the page (<code>https://x.example</code>)</p>\n",
		"![a map](https://x.example/m.png)": "<p>a map (<code>https://x.example/m.png</code>)</p>\n",
		"<https://x.example>":               "<p><code>https://x.example</code></p>\n",
		"a <b>c</b>":                        "<p>a &lt;b&gt;c&lt;/b&gt;</p>\n",
		"<div>\nx\n</div>":                  "<pre>&lt;div&gt;\nx\n&lt;/div&gt;</pre>\n",
		"&#x202e;x":                         "<p>\\u202ex</p>\n",
	} {
		if got := string(prose(text)); got != want {
			t.Errorf("%q becomes %q, not %q", text, got, want)
		}
	}
}

func FuzzProse(f *testing.F) {
	for _, text := range hostileProse {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) <= textBytes {
			checkProse(t, visible(text, true))
			checkProse(t, text)
		}
	})
}
