package events

import (
	"bytes"
	"encoding/json"
	"strconv"
	"unicode/utf8"

	"tabletop/workbook"
)

// eachField calls visit for every key of the JSON object in text, which must be
// valid JSON, with the key's bytes between its quotes and the value's text.
// It reports whether text is an object at all.
func eachField(text []byte, visit func(key, value []byte)) bool {
	i := skipSpace(text, 0)
	if i >= len(text) || text[i] != '{' {
		return false
	}
	for i = skipSpace(text, i+1); i < len(text) && text[i] == '"'; {
		end := stringEnd(text, i)
		key := text[i+1 : end-1]
		i = skipSpace(text, skipSpace(text, end)+1) // past the colon
		end = valueEnd(text, i)
		visit(key, text[i:end])
		i = skipSpace(text, end)
		if i < len(text) && text[i] == ',' {
			i = skipSpace(text, i+1)
		}
	}
	return true
}

func skipSpace(text []byte, i int) int {
	for i < len(text) && (text[i] == ' ' || text[i] == '\t' || text[i] == '\n' || text[i] == '\r') {
		i++
	}
	return i
}

// stringEnd returns the index behind the closing quote of the string at i.
func stringEnd(text []byte, i int) int {
	for i++; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}

// valueEnd returns the index behind the value that begins at i.
func valueEnd(text []byte, i int) int {
	depth := 0
	for ; i < len(text); i++ {
		switch text[i] {
		case '"':
			i = stringEnd(text, i) - 1
		case '{', '[':
			depth++
			continue
		case '}', ']':
			depth--
			if depth < 0 {
				return i
			}
		case ',', ' ', '\t', '\n', '\r', ':':
			if depth == 0 {
				return i
			}
			continue
		default:
			if depth == 0 {
				for i < len(text) && !bytes.ContainsRune([]byte(",]} \t\r\n"), rune(text[i])) {
					i++
				}
				return i
			}
			continue
		}
		if depth == 0 {
			return i + 1
		}
	}
	return i
}

// jsonValue turns the text of a JSON value into what a cell holds: null is nil,
// texts are unescaped, numbers keep their literal (see number), true and false
// are texts, and objects and arrays stay JSON text.
func jsonValue(text []byte) workbook.Value {
	switch text[0] {
	case 'n':
		return nil
	case '"':
		return jsonText(text)
	case 't', 'f', '{', '[':
		return string(text)
	}
	return number(string(text))
}

// jsonText unescapes a JSON string as encoding/json does.
func jsonText(quoted []byte) string {
	inner := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(inner, '\\') < 0 && utf8.Valid(inner) {
		return string(inner)
	}
	var s string
	if err := json.Unmarshal(quoted, &s); err != nil {
		return string(inner)
	}
	return s
}

// number keeps a numeric literal so that it is never changed by being read: a
// whole number that is written as Go writes it becomes an int64, a short
// decimal one that SQLite prints as it stands a float64, all others stay text.
func number(literal string) workbook.Value {
	if i, err := strconv.ParseInt(literal, 10, 64); err == nil {
		if literal == "-0" {
			return literal
		}
		return i
	}
	if plainDecimal(literal) {
		if f, err := strconv.ParseFloat(literal, 64); err == nil {
			return f
		}
	}
	return literal
}

// plainDecimal reports whether a literal is digits.digits of at most fifteen
// digits, without a zero at the end but for ".0": %.15g prints those unchanged.
func plainDecimal(s string) bool {
	body := s
	if len(body) > 0 && body[0] == '-' {
		body = body[1:]
	}
	dot := -1
	for i := range len(body) {
		switch {
		case body[i] == '.' && dot < 0:
			dot = i
		case body[i] < '0' || body[i] > '9':
			return false
		}
	}
	if dot < 1 || dot == len(body)-1 || len(body) > 16 {
		return false
	}
	if body[len(body)-1] == '0' && body[dot+1:] != "0" {
		return false
	}
	zero := true
	for _, c := range body {
		zero = zero && (c == '0' || c == '.')
	}
	small := body[0] == '0' && len(body) > dot+4 && body[dot+1:dot+5] == "0000"
	return !zero && !small
}

// JSONValue turns the text of one JSON value into what a cell holds, as for
// events: see jsonValue. The text must be valid JSON without blanks around it.
func JSONValue(text []byte) workbook.Value { return jsonValue(text) }
