package report

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// visible shows a text as it is read and no more: what would turn the direction
// of writing, can't be seen or is no UTF-8 stands as an escape. With lines, line
// breaks and tabs stay.
func visible(text string, lines bool) string {
	var b strings.Builder
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, text[i])
		case lines && r == '\r' && strings.HasPrefix(text[i+1:], "\n"):
		case lines && (r == '\n' || r == '\t') || unicode.IsPrint(r) || r == '\u00a0':
			b.WriteRune(r)
		default:
			quoted := strconv.QuoteRune(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		}
		i += size
	}
	return b.String()
}

// A room is what is left of a report's size.
type room struct{ left int }

// full reports that nothing more fits.
func (r *room) full() bool { return r.left <= 0 }

// line makes one line of a text, at most so many bytes of it.
func (r *room) line(text string, most int) string { return r.take(text, most, false) }

// lines is line for a text whose line breaks are meant.
func (r *room) lines(text string, most int) string {
	return strings.TrimRight(r.take(text, most, true), "\n")
}

func (r *room) take(text string, most int, lines bool) string {
	most = max(min(most, r.left), 0)
	whole := len(text)
	if whole > most {
		for most > 0 && !utf8.RuneStart(text[most]) {
			most--
		}
		text = text[:most]
	}
	shown := visible(text, lines)
	if whole > most {
		shown += fmt.Sprintf("… (%d bytes)", whole)
	}
	r.left -= len(shown) + aroundBytes
	return shown
}

// A phrase is a piece of a sentence; a value is told apart from the words around
// it.
type phrase struct {
	Text  string
	Value bool
}

func word(format string, a ...any) phrase { return phrase{Text: fmt.Sprintf(format, a...)} }

func (r *room) value(text string) phrase { return phrase{r.line(text, cellBytes), true} }

// plural counts things in words.
func plural[N int | int64](n N, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return grouped(int64(n)) + " " + many
}

// grouped writes a number with its thousands apart.
func grouped(n int64) string {
	digits := strconv.FormatInt(n, 10)
	from := len(digits) - 3
	for ; from > 0 && digits[from-1] != '-'; from -= 3 {
		digits = digits[:from] + "," + digits[from:]
	}
	return digits
}

// leftOut says how many are not shown, or nothing.
func leftOut(all, shown int, what string) string {
	if all <= shown {
		return ""
	}
	return grouped(int64(all-shown)) + " more " + what + " are not shown here; tabletop show has them"
}
