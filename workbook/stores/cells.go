package stores

import (
	"encoding/base64"
	"encoding/json"
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

// A cell is read from JSON into the kind that was written.
type cell struct{ workbook.Value }

func (c *cell) UnmarshalJSON(data []byte) (err error) {
	switch data[0] {
	case 'n':
		c.Value = nil
	case '"':
		var s string
		err = json.Unmarshal(data, &s)
		c.Value = s
	case '{':
		c.Value, err = strange(data)
	default:
		for _, b := range data {
			if b == '.' || b == 'e' {
				c.Value, err = strconv.ParseFloat(string(data), 64)
				return err
			}
		}
		c.Value, err = strconv.ParseInt(string(data), 10, 64)
	}
	return err
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

// readCells undoes appendCells.
func readCells(stored []byte, columns int) ([]workbook.Value, error) {
	cells := make([]cell, 0, columns)
	if err := json.Unmarshal(stored, &cells); err != nil {
		return nil, err
	}
	if len(cells) > columns {
		return nil, fmt.Errorf("a row has %d cells, and the store %d columns", len(cells), columns)
	}
	values := make([]workbook.Value, columns)
	for i, c := range cells {
		values[i] = c.Value
	}
	return values, nil
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
