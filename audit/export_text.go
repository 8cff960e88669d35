package audit

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"tabletop/workbook"
	"tabletop/workbook/indicator"
)

// held is a body, or nil for one that was purged: a purge takes it away or
// leaves {"purged":N}, which names the entry that tells of it.
func held(body *string) *string {
	if body == nil || strings.HasPrefix(*body, `{"purged":`) {
		return nil
	}
	return body
}

// readable is a text as it is exported: itself, or in its stored form where
// JSON has no place for it or it could be taken for that form.
func readable(s string) string {
	if utf8.ValidString(s) && !strings.Contains(s, marker) {
		return s
	}
	return encodeText(s)
}

func readableList(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = readable(s)
	}
	return out
}

func readableMap(m map[string]string) map[string]string {
	out := make(map[string]string, len(m))
	for key, value := range m {
		out[readable(key)] = readable(value)
	}
	return out
}

// jsonCell is a list or an object as one cell: JSON in one line.
func jsonCell(v any) workbook.Value {
	text, err := encodeJSON(v)
	if err != nil {
		panic("audit: a record that JSON can't hold: " + err.Error())
	}
	return string(text)
}

// flag is a truth as a cell, as SQLite has it.
func flag(is bool) workbook.Value {
	if is {
		return int64(1)
	}
	return int64(0)
}

// some is a count as a cell, nothing for 0.
func some[N int | int64](n N) workbook.Value {
	if n == 0 {
		return nil
	}
	return int64(n)
}

// cells is a row as an object with its columns in their order.
func cells(columns []string, values []workbook.Value) (json.RawMessage, error) {
	object := []byte{'{'}
	for i, v := range values {
		if i >= len(columns) {
			break
		}
		if i > 0 {
			object = append(object, ',')
		}
		key, err := encodeJSON(readable(columns[i]))
		if err != nil {
			return nil, err
		}
		switch w := v.(type) {
		case string:
			v = readable(w)
		case float64:
			if math.IsNaN(w) || math.IsInf(w, 0) {
				v = workbook.Text(w)
			}
		}
		text, err := encodeJSON(v)
		if err != nil {
			return nil, err
		}
		object = append(append(append(object, key...), ':'), text...)
	}
	return append(object, '}'), nil
}

// targetForms are targets as they were written and in the form in which a
// guard judges them: addresses, hosts, mailboxes and hashes.
func targetForms(targets []string) map[string]bool {
	forms := map[string]bool{}
	for _, target := range targets {
		forms[target] = true
		if strings.Contains(target, "/") {
			continue // a URL's path minds case
		}
		forms[strings.ToLower(target)] = true
		if address, ok := indicator.Address(target); ok {
			forms[address.String()] = true
		}
		if mailbox, ok := indicator.Mailbox(target); ok && strings.Contains(target, "@") {
			forms[mailbox] = true
		} else if host, ok := indicator.Host(target); ok {
			forms[host] = true
		}
	}
	return forms
}

// aimedAt reports whether the filter lets one of some texts in.
func (e *exporter) aimedAt(texts ...string) bool {
	return len(e.targets) == 0 || slices.ContainsFunc(texts, func(s string) bool { return s != "" && e.targets[s] })
}

// values are those of several maps.
func mapValues(of ...map[string]string) []string {
	var list []string
	for _, m := range of {
		list = append(list, slices.Collect(maps.Values(m))...)
	}
	return list
}
