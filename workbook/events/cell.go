package events

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"tabletop/workbook"
)

// A cell is the value of a column in an event, not decoded before it must be.
type cell struct {
	raw  []byte
	form cellForm
	// ready holds the value where the form is readyForm.
	ready *workbook.Value
}

// A cellForm says how a cell's bytes are to be read.
type cellForm uint8

const (
	noForm    cellForm = iota // there is no value
	jsonForm                  // raw is JSON text
	textForm                  // raw is a text of ASCII, and not nothing where empty
	plainForm                 // raw is the text itself
	readyForm                 // the value was computed
)

// null reports whether there is nothing in the cell.
func (c *cell) null() bool {
	switch c.form {
	case textForm:
		return false
	case jsonForm:
		return c.raw[0] == 'n'
	case plainForm:
		return len(c.raw) == 0
	case readyForm:
		return *c.ready == nil
	}
	return true
}

// value decodes the cell.
func (c *cell) value() workbook.Value {
	switch c.form {
	case textForm:
		return string(c.raw)
	case jsonForm, plainForm:
		return rawValue{text: c.raw, json: c.form == jsonForm}.value()
	}
	if c.form == readyForm {
		return *c.ready
	}
	return nil
}

// text is the value as a text; it must not be kept. The cell must not be null.
func (c *cell) text() []byte {
	switch c.form {
	case textForm:
		return c.raw
	case jsonForm:
		if c.raw[0] != '"' {
			return c.raw
		}
		inner := c.raw[1 : len(c.raw)-1]
		if simple(inner) {
			return inner
		}
		return []byte(jsonText(c.raw))
	case plainForm:
		if simple(c.raw) || utf8.Valid(c.raw) {
			return c.raw
		}
	}
	return []byte(workbook.Text(c.value()))
}

// equals reports whether the value is the text, byte for byte. The cell must not
// be null.
func (c *cell) equals(text string) bool {
	plain := c.form == textForm || c.form == plainForm
	// Broken bytes become U+FFFD, so only a text that holds it must be told apart
	// from the bytes as they stand.
	if plain && !strings.ContainsRune(text, utf8.RuneError) {
		return string(c.raw) == text
	}
	return string(c.text()) == text
}

// smallInt reads the cell's bytes as a whole number, where they are one that
// surely fits.
func (c *cell) smallInt() (int64, bool) {
	if c.form == readyForm {
		return 0, false
	}
	return smallInt(c.raw)
}

// simple reports whether a text is ASCII without a backslash, so that it reads
// as it stands.
func simple(text []byte) bool {
	if bytes.IndexByte(text, '\\') >= 0 {
		return false
	}
	for len(text) >= 8 {
		if (uint64(text[0])|uint64(text[1])|uint64(text[2])|uint64(text[3])|uint64(text[4])|uint64(text[5])|uint64(text[6])|uint64(text[7]))&0x80 != 0 {
			return false
		}
		text = text[8:]
	}
	for _, b := range text {
		if b >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// number is the value as a number; nil where it is none.
func (c *cell) number() workbook.Value {
	if c.null() {
		return nil
	}
	if i, ok := smallInt(c.text()); ok {
		return i
	}
	if c.form == readyForm {
		return workbook.Number(*c.ready)
	}
	return workbook.Number(string(c.text()))
}

// smallInt reads digits of a whole number that surely fits.
func smallInt(text []byte) (int64, bool) {
	negative := len(text) > 1 && text[0] == '-'
	digits := text
	if negative {
		digits = text[1:]
	}
	if len(digits) == 0 || len(digits) > 18 {
		return 0, false
	}
	var n int64
	for _, b := range digits {
		if b < '0' || b > '9' {
			return 0, false
		}
		n = n*10 + int64(b-'0')
	}
	if negative {
		n = -n
	}
	return n, true
}

// isNumber reports whether the value is a number of its own, not a text that
// reads as one.
func (c *cell) isNumber() bool {
	switch c.form {
	case jsonForm:
		return c.raw[0] == '-' || c.raw[0] >= '0' && c.raw[0] <= '9'
	case readyForm:
		_, text := (*c.ready).(string)
		return !text && *c.ready != nil
	}
	return false
}
