package main

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// A branch is a line of a tree with what hangs from it. Its text is clean, and
// is broken over lines where it is too long.
type branch struct {
	text  string
	style func(string) string
	kids  []branch
	// aside says that the branch is more of the one above it, and hangs from it
	// without a line.
	aside bool
}

// mostBranch is the most of a branch's text that is shown, in columns.
const mostBranch = 1200

// leaf makes a branch of a text from anywhere.
func leaf(text string) branch { return branch{text: clean(text)} }

// more makes a line that goes on with the branch above it.
func more(text string) branch { return branch{text: clean(text), aside: true} }

// add hangs branches from another.
func (b *branch) add(kids ...branch) { b.kids = append(b.kids, kids...) }

// tree writes a tree.
func (c *console) tree(b branch) { c.branch(b, "", "") }

// branch writes a branch whose first line begins with lead, and the others with
// below.
func (c *console) branch(b branch, lead, below string) {
	text := b.text
	if len(text) > mostBranch {
		text = ansi.Truncate(text, mostBranch, "…")
	}
	for i, line := range wrap(text, max(c.width-ansi.StringWidth(lead)-2, narrowest)) {
		if b.style != nil {
			line = b.style(line)
		}
		switch {
		case i == 0:
			c.line(lead, line)
		case hangs(b.kids):
			c.line(below, "│ ", line)
		default:
			c.line(below, "  ", line)
		}
	}
	for i, kid := range b.kids {
		kidLead, kidBelow := "├─ ", "│  "
		if !hangs(b.kids[i+1:]) {
			kidLead, kidBelow = "└─ ", "   "
		}
		if kid.aside {
			kidLead, kidBelow = "│  ", "│  "
			if !hangs(b.kids[i+1:]) {
				kidLead, kidBelow = "   ", "   "
			}
		}
		c.branch(kid, below+kidLead, below+kidBelow)
	}
}

// hangs reports whether a branch with a line of its own is among some.
func hangs(list []branch) bool {
	for _, b := range list {
		if !b.aside {
			return true
		}
	}
	return false
}

// trimmedLines are the lines of a text, without empty ones at its ends.
func trimmedLines(text string) []string {
	return strings.Split(strings.Trim(text, "\r\n"), "\n")
}
