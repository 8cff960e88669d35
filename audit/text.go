package audit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// marker begins what stands in a stored text for something that can't: a byte
// as the marker and two hexadecimal digits, the marker itself as two of it.
const marker = "\uFFFD"

// encodeText writes a text as it is stored: UTF-8 without anything that would
// stop SQLite's functions or act on the terminal of a person who reads the
// database with the sqlite3 shell. Bytes that are no UTF-8, control characters
// but tab and newline, and those that turn the direction of writing are marked
// byte by byte. Two texts never have the same form, and decodeText gives the
// text back.
func encodeText(s string) string {
	i := 0
	for i < len(s) && (s[i] >= ' ' && s[i] < 0x7f || s[i] == '\n' || s[i] == '\t') {
		i++
	}
	if i == len(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 16)
	b.WriteString(s[:i])
	for i < len(s) {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size > 1:
			b.WriteString(marker + marker)
		case r == utf8.RuneError || acts(r):
			for _, c := range []byte(s[i : i+size]) {
				fmt.Fprintf(&b, marker+"%02x", c)
			}
		default:
			b.WriteString(s[i : i+size])
		}
		i += size
	}
	return b.String()
}

// acts reports whether a character does something to a terminal or a parser
// instead of being shown.
func acts(r rune) bool {
	switch {
	case r == '\n' || r == '\t':
		return false
	case r < ' ' || r >= 0x7f && r < 0xa0:
		return true
	}
	return r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
}

// decodeText undoes encodeText. An error means that the text was stored by
// something else.
func decodeText(s string) (string, error) {
	at := strings.Index(s, marker)
	if at < 0 {
		return s, nil
	}
	var b strings.Builder
	for at >= 0 {
		b.WriteString(s[:at])
		s = s[at+len(marker):]
		if rest, ok := strings.CutPrefix(s, marker); ok {
			b.WriteString(marker)
			s = rest
		} else {
			if len(s) < 2 {
				return "", fmt.Errorf("a stored text ends within a marked byte")
			}
			c, err := strconv.ParseUint(s[:2], 16, 8)
			if err != nil {
				return "", fmt.Errorf("a stored text has the mark %q: %w", s[:2], err)
			}
			b.WriteByte(byte(c))
			s = s[2:]
		}
		at = strings.Index(s, marker)
	}
	b.WriteString(s)
	return b.String(), nil
}

// A text is a string that is stored in the form of encodeText.
type text string

func (t text) MarshalText() ([]byte, error) { return []byte(encodeText(string(t))), nil }

func (t *text) UnmarshalText(stored []byte) error {
	s, err := decodeText(string(stored))
	*t = text(s)
	return err
}

// texts and strings turn lists, textMap and stringMap turn maps.
func texts(list []string) []text {
	out := make([]text, len(list))
	for i, s := range list {
		out[i] = text(s)
	}
	return out
}

func plain(list []text) []string {
	if list == nil {
		return nil
	}
	out := make([]string, len(list))
	for i, t := range list {
		out[i] = string(t)
	}
	return out
}

// textMap is a map whose keys and values are stored in the form of encodeText;
// encoding/json asks a key that is a string for nothing but its bytes.
type textMap map[string]string

func (m textMap) MarshalJSON() ([]byte, error) {
	stored := make(map[string]string, len(m))
	for key, value := range m {
		stored[encodeText(key)] = encodeText(value)
	}
	return encodeJSON(stored)
}

func (m *textMap) UnmarshalJSON(data []byte) error {
	var stored map[text]text
	if err := json.Unmarshal(data, &stored); err != nil {
		return err
	}
	*m = make(textMap, len(stored))
	for key, value := range stored {
		(*m)[string(key)] = string(value)
	}
	return nil
}

// A value is a cell of a table. A whole number is stored by its digits, a
// floating one always with a point or an exponent, so that 5 and 5.0 stay told
// apart; what JSON has no number for stands as {"float": "NaN"}.
type value struct{ any }

type strangeFloat struct {
	Float string `json:"float"`
}

func (v value) MarshalJSON() ([]byte, error) {
	switch v := v.any.(type) {
	case nil:
		return []byte("null"), nil
	case string:
		return encodeJSON(encodeText(v))
	case int64:
		return strconv.AppendInt(nil, v, 10), nil
	case float64:
		b := strconv.AppendFloat(nil, v, 'g', -1, 64)
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return encodeJSON(strangeFloat{string(b)})
		}
		if !bytes.ContainsAny(b, ".e") {
			b = append(b, ".0"...)
		}
		return b, nil
	}
	return nil, fmt.Errorf("a cell holds a %T, which is no value", v.any)
}

func (v *value) UnmarshalJSON(data []byte) (err error) {
	v.any = nil
	switch {
	case string(data) == "null":
		return nil
	case data[0] == '"':
		var t text
		err = json.Unmarshal(data, &t)
		v.any = string(t)
	case data[0] == '{':
		var strange strangeFloat
		if err = json.Unmarshal(data, &strange); err == nil {
			v.any, err = strconv.ParseFloat(strange.Float, 64)
		}
	case bytes.ContainsAny(data, ".eE"):
		v.any, err = strconv.ParseFloat(string(data), 64)
	default:
		v.any, err = strconv.ParseInt(string(data), 10, 64)
	}
	return err
}

// encodeJSON writes v as JSON in one line, & < and > as they are.
func encodeJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
