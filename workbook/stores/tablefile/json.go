package tablefile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"unicode/utf8"

	"tabletop/workbook"
	"tabletop/workbook/events"
)

// readJSON reads a list of objects. The columns stand in the order in which
// their keys first appear.
func (b *builder) readJSON() {
	d := b.decoder(0, len(b.text))
	if token, err := d.Token(); err != nil || token != json.Delim('[') {
		b.syntax(d, 0, err, "this must be a list of objects: [{…}, …]")
		return
	}
	for !b.full && d.More() {
		if !b.object(d, 0) {
			return
		}
	}
	if b.full {
		return
	}
	if _, err := d.Token(); err != nil {
		b.syntax(d, 0, err, "")
		return
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		b.reportAt(int(d.InputOffset()), "something behind the end of the list", "keep one list in the file; NDJSON has an object a line")
	}
}

// readNDJSON reads an object a line.
func (b *builder) readNDJSON() {
	for from := 0; from < len(b.text) && !b.full; {
		end := bytes.IndexByte(b.text[from:], '\n')
		if end < 0 {
			end = len(b.text) - from
		}
		if len(bytes.TrimSpace(b.text[from:from+end])) > 0 {
			d := b.decoder(from, from+end)
			if b.object(d, from) {
				if _, err := d.Token(); !errors.Is(err, io.EOF) {
					b.reportAt(from+int(d.InputOffset()), "something behind the object", "write one object a line")
				}
			}
		}
		from += end + 1
	}
}

// decoder reads a part of the text. A mark of the byte order at its beginning
// counts as blank.
func (b *builder) decoder(from, to int) *json.Decoder {
	part := b.text[from:to]
	if from == 0 && bytes.HasPrefix(part, []byte("\ufeff")) {
		part = append([]byte("   "), part[3:]...)
	}
	d := json.NewDecoder(bytes.NewReader(part))
	d.UseNumber()
	return d
}

// syntax tells what is wrong at the decoder's place; base is where its part of
// the text begins.
func (b *builder) syntax(d *json.Decoder, base int, err error, otherwise string) {
	offset, message := base+int(d.InputOffset()), otherwise
	var broken *json.SyntaxError
	switch {
	case errors.As(err, &broken):
		message = "broken JSON: " + broken.Error()
		// Its own offset counts what the decoder took in, of tokens too.
		if at := base + int(broken.Offset) - 1; at > offset {
			offset = at
		}
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		offset, message = base+int(d.InputOffset()), "the JSON ends too early"
	case err != nil:
		message = "broken JSON: " + err.Error()
	}
	b.reportAt(offset, message, "")
}

// object reads one row; false where the text can't be read on.
func (b *builder) object(d *json.Decoder, base int) bool {
	start := base + b.next(d, base)
	token, err := d.Token()
	if err != nil {
		b.syntax(d, base, err, "")
		return false
	}
	if token != json.Delim('{') {
		b.reportAt(start, "this must be an object", "as in {\"$SrcIP\": \"192.0.2.1\"}")
		return b.skip(d, base, token)
	}
	values := slices.Repeat([]workbook.Value{nil}, len(b.columns))
	seen := map[int]bool{}
	for d.More() {
		at := base + b.next(d, base)
		key, err := d.Token()
		if err != nil {
			b.syntax(d, base, err, "")
			return false
		}
		here := func(message, fix string) { b.reportAt(at, message, fix) }
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			b.syntax(d, base, err, "")
			return false
		}
		name, _ := key.(string)
		i := b.column(name, here)
		if i < 0 {
			continue
		}
		if seen[i] {
			here(fmt.Sprintf("a second %.100s in one object", name), "keep one of them")
			continue
		}
		seen[i] = true
		for len(values) < len(b.columns) {
			values = append(values, nil)
		}
		if !utf8.Valid(raw) {
			here("a value that is not UTF-8", "save the file as UTF-8")
			continue
		}
		values[i] = b.value(valueOf(raw), here)
	}
	if _, err := d.Token(); err != nil {
		b.syntax(d, base, err, "")
		return false
	}
	return b.add(values, func(message, fix string) { b.reportAt(start, message, fix) })
}

// valueOf reads a value as events do, and beside that as a number each that is
// written as this package writes floating ones.
func valueOf(raw []byte) workbook.Value {
	v := events.JSONValue(raw)
	literal, ok := v.(string)
	if !ok || raw[0] != '-' && (raw[0] < '0' || raw[0] > '9') {
		return v
	}
	if f, err := strconv.ParseFloat(literal, 64); err == nil && floatText(f) == literal {
		return f
	}
	return v
}

// next is where the next token begins, behind blanks and a comma.
func (b *builder) next(d *json.Decoder, base int) int {
	at := int(d.InputOffset())
	for base+at < len(b.text) && bytes.IndexByte([]byte(" \t\r\n,"), b.text[base+at]) >= 0 {
		at++
	}
	return at
}

// skip passes over the rest of a value whose first token was read.
func (b *builder) skip(d *json.Decoder, base int, first json.Token) bool {
	depth := 0
	for token := first; ; {
		switch token {
		case json.Delim('['), json.Delim('{'):
			depth++
		case json.Delim(']'), json.Delim('}'):
			depth--
		}
		if depth <= 0 {
			return true
		}
		var err error
		if token, err = d.Token(); err != nil {
			b.syntax(d, base, err, "")
			return false
		}
	}
}
