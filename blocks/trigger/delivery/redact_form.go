package delivery

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// A form is one way in which a secret may stand in a text, character by
// character; each may be spelled as it is, or as JSON, a URL or HTML escape it.
type form struct {
	name  string
	units []unit
}

// A unit is a character of a form with its plain spellings.
type unit struct {
	plain []string
	// code is the character, -1 for a byte that is none.
	code rune
}

// leastCut is how many characters of a secret at the end of a text that was cut
// are struck out. Fewer give nothing away.
const leastCut = 3

// newForm makes a form; with fold, upper and lower case are the same.
func newForm(name, text string, fold bool) form {
	f := form{name: name}
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		u := unit{plain: []string{text[:size]}, code: r}
		if r == utf8.RuneError && size == 1 {
			u.code = -1
		}
		if fold && strings.ToUpper(text[:size]) != text[:size] {
			u.plain = append(u.plain, strings.ToUpper(text[:size]))
		}
		f.units = append(f.units, u)
		text = text[size:]
	}
	return f
}

// longest is how many bytes the form has where every character is escaped.
func (f form) longest() int {
	n := 0
	for _, u := range f.units {
		n += max(12, 6*len(u.plain[0]))
	}
	return n
}

// firstBytes are the bytes with which the form may begin.
func (f form) firstBytes() []byte {
	starts := []byte{'%', '\\', '&'}
	for _, p := range f.units[0].plain {
		starts = append(starts, p[0])
	}
	if f.units[0].code == ' ' {
		starts = append(starts, '+')
	}
	slices.Sort(starts)
	return slices.Compact(starts)
}

// match finds the longest spelling of the form that begins at i; end is i where
// there is none. runsOut says that the text ends within one.
//
// It walks the characters with the set of places that were reached, so that no
// text makes it try the same thing twice.
func (f form) match(text []byte, i int) (end int, runsOut bool) {
	places := make([]int, 1, 8)
	places[0] = i
	var next []int
	for n, u := range f.units {
		next = next[:0]
		for _, at := range places {
			if at == len(text) || n >= leastCut && cutEscape(text[at:]) {
				runsOut = runsOut || n >= leastCut
				continue
			}
			next = u.spelled(text, at, next)
		}
		if len(next) == 0 {
			return i, runsOut
		}
		slices.Sort(next)
		places, next = slices.Compact(next), places
	}
	return slices.Max(places), runsOut
}

// cutEscape reports whether a text is the beginning of an escape.
func cutEscape(text []byte) bool {
	switch text[0] {
	case '%':
		return len(text) < 3
	case '\\':
		return len(text) < 6
	case '&':
		return len(text) < 8 && bytes.IndexByte(text, ';') < 0
	}
	return false
}

// spelled adds the ends of the spellings of a character that begin at a place.
func (u unit) spelled(text []byte, at int, ends []int) []int {
	rest := text[at:]
	for _, p := range u.plain {
		if len(rest) >= len(p) && string(rest[:len(p)]) == p {
			ends = append(ends, at+len(p))
		}
	}
	switch rest[0] {
	case '+':
		if u.code == ' ' {
			ends = append(ends, at+1)
		}
	case '%':
		ends = u.inURL(text, at, ends)
	case '\\':
		ends = u.inJSON(text, at, ends)
	case '&':
		ends = u.inHTML(text, at, ends)
	}
	return ends
}

// inURL reads %41, and %2541 where it was escaped twice.
func (u unit) inURL(text []byte, at int, ends []int) []int {
	for _, p := range u.plain {
		i := at
		for _, b := range []byte(p) {
			escape, ok := bytes.CutPrefix(text[i:], []byte("%"))
			for ok && bytes.HasPrefix(escape, []byte("25")) && len(escape) >= 4 && b != '%' {
				escape = escape[2:]
			}
			if !ok || len(escape) < 2 || !isHex(escape[:2], uint64(b)) {
				i = -1
				break
			}
			i = len(text) - len(escape) + 2
		}
		if i > at {
			ends = append(ends, i)
		}
	}
	return ends
}

// jsonEscapes are the characters with a short escape.
const jsonEscapes = "\"\"\\\\//b\bf\fn\nr\rt\t''"

// inJSON reads \/, \" and \u0041, also where JSON stands in a text of JSON, so
// that the backslashes are more.
func (u unit) inJSON(text []byte, at int, ends []int) []int {
	i := at
	for i < len(text) && text[i] == '\\' && i-at < 8 {
		i++
		if u.code == '\\' {
			ends = append(ends, i)
		}
	}
	if i == len(text) {
		return ends
	}
	for e := 0; e < len(jsonEscapes); e += 2 {
		if text[i] == jsonEscapes[e] && u.code == rune(jsonEscapes[e+1]) {
			ends = append(ends, i+1)
		}
	}
	if u.code < 0 {
		return ends
	}
	for _, code := range utf16.Encode([]rune{u.code}) {
		for i < len(text) && text[i] == '\\' {
			i++
		}
		if len(text)-i < 5 || text[i] != 'u' || !isHex(text[i+1:i+5], uint64(code)) {
			return ends
		}
		i += 5
	}
	return append(ends, i)
}

// htmlNames are the entities that encoders write.
var htmlNames = map[rune][]string{'&': {"amp"}, '<': {"lt"}, '>': {"gt"}, '"': {"quot"}, '\'': {"apos"}}

// inHTML reads &amp;, &#38; and &#x26;.
func (u unit) inHTML(text []byte, at int, ends []int) []int {
	end := bytes.IndexByte(text[at:min(len(text), at+12)], ';')
	if end < 0 || u.code < 0 {
		return ends
	}
	entity := text[at+1 : at+end]
	number, numeric := bytes.CutPrefix(entity, []byte("#"))
	switch {
	case !numeric:
		if slices.Contains(htmlNames[u.code], string(entity)) {
			ends = append(ends, at+end+1)
		}
	case len(number) > 1 && (number[0] == 'x' || number[0] == 'X'):
		if isHex(number[1:], uint64(u.code)) {
			ends = append(ends, at+end+1)
		}
	default:
		if n, err := strconv.ParseUint(string(number), 10, 32); err == nil && n == uint64(u.code) {
			ends = append(ends, at+end+1)
		}
	}
	return ends
}

// isHex reports whether digits are a number in hexadecimal.
func isHex(digits []byte, number uint64) bool {
	n, err := strconv.ParseUint(string(digits), 16, 32)
	return err == nil && n == number
}
