package delivery

import (
	"bytes"
	"html"
	"slices"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// A view is a text with escapes of some kinds undone. Byte i of it stands for
// the bytes of the text from at[i] to at[i+1].
type view struct {
	text []byte
	at   []int
	// end is the end of the text, past an escape that was cut.
	end int
}

// An escape undoes one kind of escape.
type escape struct {
	// marks are the bytes with which one begins, needs those without which this
	// kind is none of its own.
	marks, needs string
	// undo reads the escape at the beginning of a text: what it stands for and
	// how many bytes it has, 0 where there is none.
	undo func(text []byte) (plain []byte, size int)
	// longest is how many bytes one has at most.
	longest int
}

// escapes are the kinds that are undone.
func escapes() []escape {
	return []escape{
		{`\`, `\`, fromJSON, len(`\ud83d\ude00`)},
		{"%", "%", fromURL, len("%41")},
		{"%+", "+", fromURL, len("%41")},
		{"&", "&", fromHTML, len("&#x10FFFF;")},
	}
}

// viewsOf are a text as it stands and with the escapes undone, once and twice,
// in each order. Where the text was cut, an escape that was cut is left out.
func viewsOf(text []byte, wasCut bool) []view {
	plain := view{text, make([]int, len(text)+1), len(text)}
	for i := range plain.at {
		plain.at[i] = i
	}
	views := []view{plain}
	level := views
	for range 2 {
		var next []view
		for _, v := range level {
			for _, e := range escapes() {
				if w, ok := v.without(e, wasCut); ok && !slices.ContainsFunc(next, w.same) {
					next = append(next, w)
				}
			}
		}
		views = append(views, next...)
		level = next
	}
	return views
}

// same reports whether two views show the same.
func (v view) same(w view) bool { return bytes.Equal(v.text, w.text) && slices.Equal(v.at, w.at) }

// without undoes one kind of escape; ok is false where there is none.
func (v view) without(e escape, wasCut bool) (view, bool) {
	if !bytes.ContainsAny(v.text, e.needs) {
		return v, false
	}
	w := view{text: make([]byte, 0, len(v.text)), at: make([]int, 0, len(v.at)), end: v.end}
	changed := false
	i := 0
	for i < len(v.text) {
		rest := v.text[i:]
		plain := bytes.IndexAny(rest, e.marks)
		if plain < 0 {
			plain = len(rest)
		}
		if plain > 0 {
			w.text = append(w.text, rest[:plain]...)
			w.at = append(w.at, v.at[i:i+plain]...)
			i += plain
			continue
		}
		undone, size := e.undo(rest)
		switch {
		case size > 0:
			changed = true
		case wasCut && len(rest) < e.longest:
			w.at = append(w.at, v.at[i])
			return w, true
		default:
			undone, size = rest[:1], 1
		}
		for range undone {
			w.at = append(w.at, v.at[i])
		}
		w.text = append(w.text, undone...)
		i += size
	}
	w.at = append(w.at, v.at[i])
	return w, changed
}

// shortJSON are the short escapes of JSON, each with what it stands for.
const shortJSON = "\"\"\\\\//''b\bf\fn\nr\rt\t"

// fromJSON reads \/, \" and \u0041.
func fromJSON(text []byte) (plain []byte, size int) {
	if len(text) < 2 {
		return nil, 0
	}
	for i := 0; i < len(shortJSON); i += 2 {
		if text[1] == shortJSON[i] {
			return []byte{shortJSON[i+1]}, 2
		}
	}
	first, ok := codeUnit(text)
	if !ok {
		return nil, 0
	}
	if second, ok := codeUnit(text[6:]); ok && utf16.IsSurrogate(first) {
		if r := utf16.DecodeRune(first, second); r != utf8.RuneError {
			return utf8.AppendRune(nil, r), 12
		}
	}
	if utf16.IsSurrogate(first) {
		return nil, 0 // the other half was cut, or there is none
	}
	return utf8.AppendRune(nil, first), 6
}

// codeUnit reads \u0041.
func codeUnit(text []byte) (rune, bool) {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(text[2:6]), 16, 16)
	return rune(n), err == nil
}

// fromURL reads %41, and + as a blank.
func fromURL(text []byte) (plain []byte, size int) {
	if text[0] == '+' {
		return []byte{' '}, 1
	}
	if len(text) < 3 {
		return nil, 0
	}
	n, err := strconv.ParseUint(string(text[1:3]), 16, 8)
	if err != nil {
		return nil, 0
	}
	return []byte{byte(n)}, 3
}

// fromHTML reads &amp;, &#38; and &#x26;.
func fromHTML(text []byte) (plain []byte, size int) {
	end := bytes.IndexByte(text[:min(len(text), len("&#x10FFFF;"))], ';')
	if end < 0 {
		return nil, 0
	}
	entity := string(text[:end+1])
	undone := html.UnescapeString(entity)
	if undone == entity {
		return nil, 0
	}
	return []byte(undone), end + 1
}
