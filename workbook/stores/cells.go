package stores

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"

	"tabletop/workbook"
)

// appendCells writes a row as it is stored: a JSON array without blanks. A whole
// number stands by its digits, a floating one always with a point or an
// exponent, so that 5 and 5.0 stay told apart.
func appendCells(b []byte, values []workbook.Value) []byte {
	b = append(b, '[')
	for i, v := range values {
		if i > 0 {
			b = append(b, ',')
		}
		switch v := v.(type) {
		case nil:
			b = append(b, "null"...)
		case string:
			b = appendText(b, v)
		case int64:
			b = strconv.AppendInt(b, v, 10)
		case float64:
			b = appendFloat(b, v)
		}
	}
	return append(b, ']')
}

func appendFloat(b []byte, v float64) []byte {
	from := len(b)
	if math.IsNaN(v) || math.IsInf(v, 0) {
		b = append(b, `{"float":"`...)
		return append(strconv.AppendFloat(b, v, 'g', -1, 64), `"}`...)
	}
	b = strconv.AppendFloat(b, v, 'g', -1, 64)
	for _, c := range b[from:] {
		if c == '.' || c == 'e' {
			return b
		}
	}
	return append(b, ".0"...)
}

// appendText writes a text as JSON. What would act on the terminal of a person
// who reads the file with the sqlite3 shell is escaped; bytes that are no UTF-8
// stand in base64.
func appendText(b []byte, s string) []byte {
	if !utf8.ValidString(s) {
		b = append(b, `{"bytes":"`...)
		return append(base64.StdEncoding.AppendEncode(b, []byte(s)), `"}`...)
	}
	b = append(b, '"')
	from := 0
	for i, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(append(b, s[from:i]...), '\\')
			from = i
		case r < ' ' || r >= 0x7f && r < 0xa0 || r >= 0x200b && r <= 0x200f || r >= 0x2028 && r <= 0x202e || r >= 0x2066 && r <= 0x2069:
			b = fmt.Appendf(append(b, s[from:i]...), `\u%04x`, r)
			from = i + utf8.RuneLen(r)
		}
	}
	return append(append(b, s[from:]...), '"')
}

// readCells undoes appendCells. The row gets as many values as there are
// columns. Only the form that appendCells writes is read; a decoder for all of
// JSON takes five times as long.
func readCells(stored []byte, columns int) ([]workbook.Value, error) {
	rest, ok := bytes.CutPrefix(stored, []byte{'['})
	if !ok {
		return nil, errors.New("a row that is no list")
	}
	values := make([]workbook.Value, columns)
	for n := 0; ; n++ {
		if n == 0 && string(rest) == "]" {
			return values, nil
		}
		if n == columns {
			return nil, fmt.Errorf("a row has more cells than the store has columns, %d", columns)
		}
		end := cellEnd(rest)
		if end >= len(rest) {
			return nil, errors.New("a row that does not end")
		}
		var err error
		if values[n], err = readCell(rest[:end]); err != nil {
			return nil, err
		}
		switch {
		case rest[end] == ',':
			rest = rest[end+1:]
		case string(rest[end:]) == "]":
			return values, nil
		default:
			return nil, errors.New("a row that does not end with its cells")
		}
	}
}

// cellEnd is where the first cell ends.
func cellEnd(stored []byte) int {
	switch {
	case len(stored) > 0 && stored[0] == '"':
		for i := 1; i < len(stored); i++ {
			switch stored[i] {
			case '\\':
				i++
			case '"':
				return i + 1
			}
		}
		return len(stored)
	case len(stored) > 0 && stored[0] == '{':
		return bytes.IndexByte(stored, '}') + 1
	}
	if end := bytes.IndexAny(stored, ",]"); end >= 0 {
		return end
	}
	return len(stored)
}

// readCell reads a cell into the kind that was written.
func readCell(stored []byte) (workbook.Value, error) {
	switch {
	case string(stored) == "null":
		return nil, nil
	case len(stored) > 0 && stored[0] == '"':
		inner := stored[1 : len(stored)-1]
		if bytes.IndexByte(inner, '\\') < 0 {
			return string(inner), nil
		}
		var text string
		err := json.Unmarshal(stored, &text)
		return text, err
	case len(stored) > 0 && stored[0] == '{':
		return strange(stored)
	case bytes.ContainsAny(stored, ".e"):
		return strconv.ParseFloat(string(stored), 64)
	}
	return strconv.ParseInt(string(stored), 10, 64)
}

// strange reads what JSON has no form for.
func strange(data []byte) (workbook.Value, error) {
	var o struct {
		Float *string
		Bytes *[]byte
	}
	if err := json.Unmarshal(data, &o); err != nil {
		return nil, err
	}
	switch {
	case o.Float != nil:
		return strconv.ParseFloat(*o.Float, 64)
	case o.Bytes != nil:
		return string(*o.Bytes), nil
	}
	return nil, fmt.Errorf("a cell holds an object of no known kind")
}

// cellBytes is what a row counts of MaxBytes.
func cellBytes(values []workbook.Value) int64 {
	n := int64(16 * len(values))
	for _, v := range values {
		if s, ok := v.(string); ok {
			n += int64(len(s))
		}
	}
	return n
}
