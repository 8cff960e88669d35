package exportfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// lists are the plain names under which objects stand in lists: the items of an
// API's page, the data of an older one, the result of a search.
var lists = map[string]bool{
	"items": true, "data": true, "tasks": true, "suspiciousobjects": true, "result": true, "results": true, "records": true, "objects": true, "signals": true,
}

// readJSON reads one value or several behind one another: a list, pages, or an
// object a line.
func (f *file) readJSON() {
	d := json.NewDecoder(bytes.NewReader(f.text))
	for {
		var raw json.RawMessage
		err := d.Decode(&raw)
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			f.syntax(d, err)
			return
		}
		if !f.value(int(d.InputOffset())-len(raw), raw, "", 0) {
			return
		}
	}
}

// syntax tells what is wrong where the decoder stands.
func (f *file) syntax(d *json.Decoder, err error) {
	var broken *json.SyntaxError
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		f.report(len(f.text), "the JSON ends too early", "the file is cut off: export it again")
	case errors.As(err, &broken):
		f.report(max(int(broken.Offset)-1, int(d.InputOffset())), "broken JSON: "+broken.Error(), "export it again, or take the record out")
	default:
		f.report(int(d.InputOffset()), "broken JSON: "+err.Error(), "export it again, or take the record out")
	}
}

// deepest is how far lists may stand in one another.
const deepest = 4

// value reads what stands at an offset: a list of objects, an object that holds
// such lists, or an object that is a record. It returns false where there is no
// room for more.
func (f *file) value(offset int, raw []byte, part string, depth int) bool {
	switch {
	case depth > deepest:
		f.report(offset, "lists in lists", "an export is a list of objects, or an object that holds one as items or data")
		return true
	case raw[0] == '[':
		return f.list(offset, raw, part, depth)
	case raw[0] == '{':
		return f.object(offset, raw, part, depth)
	}
	f.report(offset, fmt.Sprintf("a record that is no object: %.60s", raw), `write each as {"type": …, "value": …}`)
	return true
}

// list reads a list; its text is known to be JSON.
func (f *file) list(offset int, raw []byte, part string, depth int) bool {
	d := json.NewDecoder(bytes.NewReader(raw))
	if _, err := d.Token(); err != nil {
		f.syntax(d, err)
		return false
	}
	for d.More() {
		var element json.RawMessage
		if err := d.Decode(&element); err != nil {
			f.syntax(d, err)
			return false
		}
		if !f.value(offset+int(d.InputOffset())-len(element), element, part, depth+1) {
			return false
		}
	}
	return true
}

// object reads a record, or a page with lists of them.
func (f *file) object(offset int, raw []byte, part string, depth int) bool {
	d := json.NewDecoder(bytes.NewReader(raw))
	if _, err := d.Token(); err != nil {
		f.syntax(d, err)
		return false
	}
	fields, page, next := map[string]string{}, false, false
	for d.More() {
		key, err := d.Token()
		var raw json.RawMessage
		if err == nil {
			err = d.Decode(&raw)
		}
		if err != nil {
			f.syntax(d, err)
			return false
		}
		text, _ := key.(string)
		name := plain(text)
		if raw[0] == '[' && lists[name] || raw[0] == '{' && name == "data" {
			page, f.parts[name] = true, true
			if !f.value(offset+int(d.InputOffset())-len(raw), raw, name, depth+1) {
				return false
			}
			continue
		}
		next = next || name == "nextlink" && len(raw) > 2 && raw[0] == '"'
		f.field(fields, name, jsonText(raw))
	}
	if page {
		f.cut = next
		return true
	}
	if !f.fits(offset, len(raw), len(fields)) {
		return true
	}
	return f.add(offset, part, fields)
}

// fits reports whether a record is within its bounds.
func (f *file) fits(offset, bytes, fields int) bool {
	switch {
	case bytes > MaxRecord:
		f.report(offset, fmt.Sprintf("a record of %d bytes; the most is %d", bytes, MaxRecord), "take it out")
	case fields > MaxFields:
		f.report(offset, fmt.Sprintf("a record of %d fields; the most is %d", fields, MaxFields), "take it out")
	default:
		return true
	}
	return false
}

// field keeps a field; of two with one plain name the first that says something.
func (f *file) field(fields map[string]string, name, value string) {
	if nothing(fields[name]) {
		fields[name] = value
	}
}

// jsonText is a value as text: a text itself, a number as it is written, nothing
// for null, and a list or an object as JSON.
func jsonText(raw []byte) string {
	switch {
	case raw[0] == '"':
		var text string
		if err := json.Unmarshal(raw, &text); err == nil {
			return text
		}
	case string(raw) == "null":
		return ""
	}
	return string(raw)
}
