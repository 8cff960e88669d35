package query

import (
	"strings"
	"unicode"

	"tabletop/workbook/source"
)

// A Directive is a DQL directive that does something rather than ask: what it
// is called and its words, each with the place where it stands.
type Directive struct {
	Name string
	At   int
	// Words are what follows the name; those in quotes without them.
	Words []Word
}

// A Word is a word of a directive.
type Word struct {
	Text   string
	Quoted bool
	At     int
}

// looksDQL tells DQL from SQL by its beginning.
func looksDQL(text string) (at int, ok bool) {
	trimmed := strings.TrimLeftFunc(text, unicode.IsSpace)
	at = len(text) - len(trimmed)
	lower := strings.ToLower(trimmed)
	for _, start := range []string{"_", "stream=", "stream =", "sourcename=", "sourcename ="} {
		if strings.HasPrefix(lower, start) {
			return at, true
		}
	}
	return at, false
}

// directiveNames are DNIF's; those that are asked for but not built are named
// in the message.
var directiveNames = []string{"_fetch", "_agg", "_checkif", "_store", "_retrieve", "_sort", "_limit", "_export", "_lookup", "_trigger"}

// ParseDirective reads the text of a DQL block as one directive. Only _trigger
// is supported so far; the others, and pipe DQL, are named as such.
func ParseDirective(text source.Text) (Directive, source.Problems) {
	d := Directive{}
	fail := func(at int, message, fix string) (Directive, source.Problems) {
		return d, source.Problems{text.Problem(at, message, fix)}
	}
	words, at, ok := splitWords(text.Value)
	switch {
	case !ok:
		return fail(at, "a text that does not end", "end it with the quote that it begins with")
	case len(words) == 0:
		return fail(0, "no directive", "as in _trigger api generic_webhook send_alert 'name'")
	}
	d.Name, d.At, d.Words = words[0].Text, words[0].At, words[1:]
	if !strings.HasPrefix(d.Name, "_") {
		if _, pipe := looksDQL(text.Value); pipe {
			return fail(d.At, "pipe DQL is not supported yet", "ask with an sql or a search block")
		}
		return fail(d.At, "a DQL directive begins with _, not with "+d.Name, source.DidYouMean("_"+d.Name, directiveNames))
	}
	for _, w := range d.Words {
		if w.Text == ">>" && !w.Quoted {
			return fail(w.At, "directives joined by >> are not supported yet", "write each in a block of its own")
		}
	}
	if d.Name == "_trigger" {
		return d, nil
	}
	for _, known := range directiveNames {
		if d.Name == known {
			return fail(d.At, d.Name+" is not supported yet", "only _trigger is; ask with an sql or a search block")
		}
	}
	return fail(d.At, "unknown directive "+d.Name, source.DidYouMean(d.Name, directiveNames))
}

// splitWords splits a directive at blanks, but not inside quotes. Where a quote
// does not end it returns its place and false.
func splitWords(text string) (words []Word, at int, ok bool) {
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			i++
		case c == '\'' || c == '"':
			end := strings.IndexByte(text[i+1:], c)
			if end < 0 {
				return words, i, false
			}
			words = append(words, Word{Text: text[i+1 : i+1+end], Quoted: true, At: i})
			i += end + 2
		default:
			n := strings.IndexAny(text[i:], " \t\r\n'\"")
			if n < 0 {
				n = len(text) - i
			}
			words = append(words, Word{Text: text[i : i+n], At: i})
			i += n
		}
	}
	return words, 0, true
}
