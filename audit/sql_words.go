package audit

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// The kinds of piece that the text of a query is made of. SQLite parses it;
// this only finds the place that a message of SQLite means.
type pieceKind byte

const (
	pieceWord pieceKind = iota
	pieceText
	pieceNumber
	pieceParameter
	pieceSign
)

// A piece is a word, a text in quotes, a number, a parameter or a sign of a
// query. Comments and blanks are none.
type piece struct {
	kind pieceKind
	// text is as written; name is a word without its quotes.
	text, name string
	offset     int
}

// pieces takes the text of a query apart, as SQLite's own tokenizer does; see
// https://www.sqlite.org/lang_keywords.html for the three quotes of names.
func pieces(query string) []piece {
	var list []piece
	for i := 0; i < len(query); {
		kind, n := nextPiece(query[i:])
		if n == 0 { // a blank or a comment
			i += blank(query[i:])
			continue
		}
		p := piece{kind: kind, text: query[i : i+n], offset: i}
		p.name = p.text
		if kind == pieceWord && strings.ContainsRune("\"`[", rune(p.text[0])) {
			p.name = unquoted(p.text)
		}
		list = append(list, p)
		i += n
	}
	return list
}

// blank is the length of the blanks, or of the comment, that a text begins
// with: 0 for none.
func blank(s string) int {
	switch {
	case strings.HasPrefix(s, "--"):
		if end := strings.IndexByte(s, '\n'); end >= 0 {
			return end + 1
		}
		return len(s)
	case strings.HasPrefix(s, "/*"):
		if end := strings.Index(s[2:], "*/"); end >= 0 {
			return end + 4
		}
		return len(s)
	case s != "" && strings.IndexByte(" \t\n\f\r", s[0]) >= 0:
		return 1
	}
	return 0
}

// nextPiece is the kind and the length of the piece that a text begins with:
// length 0 for a blank or a comment.
func nextPiece(s string) (pieceKind, int) {
	if blank(s) > 0 {
		return pieceSign, 0
	}
	switch c := s[0]; {
	case c == '\'':
		return pieceText, quoted(s, '\'')
	case c == '"' || c == '`':
		return pieceWord, quoted(s, c)
	case c == '[':
		if end := strings.IndexByte(s, ']'); end >= 0 {
			return pieceWord, end + 1
		}
		return pieceWord, len(s)
	case c >= '0' && c <= '9':
		return pieceNumber, letters(s)
	case strings.IndexByte("$@:#?", c) >= 0:
		return pieceParameter, 1 + letters(s[1:])
	}
	if n := letters(s); n > 0 {
		return pieceWord, n
	}
	_, n := utf8.DecodeRuneInString(s)
	return pieceSign, n
}

// quoted is the length of a piece in quotes, in which a quote stands twice. One
// without an end goes to the end.
func quoted(s string, quote byte) int {
	for i := 1; i < len(s); i++ {
		if s[i] != quote {
			continue
		}
		if i+1 == len(s) || s[i+1] != quote {
			return i + 1
		}
		i++
	}
	return len(s)
}

// letters is the length of the letters, digits, _ and $ that a text begins
// with.
func letters(s string) int {
	for i, r := range s {
		if r != '_' && r != '$' && r < 0x80 && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return i
		}
	}
	return len(s)
}

// unquoted is the name in a quoted word.
func unquoted(word string) string {
	quote := word[:1]
	inner := strings.TrimSuffix(word[1:], quote)
	if quote == "[" {
		return strings.TrimSuffix(word[1:], "]")
	}
	return strings.ReplaceAll(inner, quote+quote, quote)
}
