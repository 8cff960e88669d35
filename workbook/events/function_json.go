package events

import (
	"bytes"
	"database/sql/driver"
	"encoding/json"
	"strconv"
	"strings"

	"tabletop/workbook"
)

// jsonFunctions read out of structured texts:
//
//	json_at(text, path)    Spark's get_json_object, path as in $.a.b[0]
//	raw_field(text, path)  a field that was not extracted: of JSON by its path,
//	                       of a line of key=value pairs by its key
func jsonFunctions() []scalar {
	return []scalar{
		{"json_at", 2, onTexts(func(a []string) driver.Value {
			path, ok := strings.CutPrefix(a[1], "$")
			if !ok {
				return nil
			}
			return jsonAt(a[0], strings.TrimPrefix(path, "."))
		})},
		{"raw_field", 2, onTexts(func(a []string) driver.Value { return rawField(a[0], a[1]) })},
	}
}

// jsonAt follows a path of names and places through a JSON text. A text comes
// without its quotes, an object or a list as JSON.
func jsonAt(text, path string) driver.Value {
	current := []byte(text)
	for path != "" {
		var step string
		step, path = cutStep(path)
		var next json.RawMessage
		if inner, isPlace := strings.CutPrefix(step, "["); isPlace {
			next = listItem(current, inner)
		} else {
			next = objectField(current, step)
		}
		if next == nil {
			return nil
		}
		current = next
	}
	return jsonPlain(current)
}

// cutStep takes the first name or [place off a path.
func cutStep(path string) (step, rest string) {
	if path[0] == '[' {
		inner, rest, closed := strings.Cut(path, "]")
		if quoted := strings.Trim(inner[1:], `'"`); closed && quoted != inner[1:] { // ['name']
			return quoted, strings.TrimPrefix(rest, ".")
		}
		return inner, strings.TrimPrefix(rest, ".")
	}
	end := strings.IndexAny(path, ".[")
	if end < 0 {
		return path, ""
	}
	return path[:end], strings.TrimPrefix(path[end:], ".")
}

func listItem(text []byte, place string) json.RawMessage {
	n, err := strconv.Atoi(place)
	var list []json.RawMessage
	if err != nil || json.Unmarshal(text, &list) != nil || n < 0 || n >= len(list) {
		return nil
	}
	return list[n]
}

func objectField(text []byte, name string) json.RawMessage {
	var object map[string]json.RawMessage
	if json.Unmarshal(text, &object) != nil {
		return nil
	}
	return object[name]
}

func jsonPlain(text []byte) driver.Value {
	text = bytes.TrimSpace(text)
	if len(text) == 0 || string(text) == "null" {
		return nil
	}
	if text[0] == '"' {
		var s string
		if json.Unmarshal(text, &s) != nil {
			return nil
		}
		return s
	}
	if !json.Valid(text) {
		return nil
	}
	if n := workbook.Number(string(text)); n != nil {
		return n
	}
	var compact bytes.Buffer
	if json.Compact(&compact, text) != nil {
		return nil
	}
	return compact.String()
}

// rawField reads a field out of a raw line.
func rawField(line, path string) driver.Value {
	if i := strings.IndexByte(line, '{'); i >= 0 {
		if v := jsonAt(line[i:], path); v != nil {
			return v
		}
	}
	for rest := line; rest != ""; {
		i := strings.Index(rest, path+"=")
		if i < 0 {
			return nil
		}
		before := i == 0 || strings.IndexByte(" \t,;|", rest[i-1]) >= 0
		rest = rest[i+len(path)+1:]
		if before {
			return pairValue(rest)
		}
	}
	return nil
}

// pairValue takes the value that begins s: in quotes, or up to a blank or a mark
// between pairs.
func pairValue(s string) driver.Value {
	if s != "" && s[0] == '"' {
		value, _, closed := strings.Cut(s[1:], `"`)
		if closed {
			return value
		}
	}
	if end := strings.IndexAny(s, " \t,;|"); end >= 0 {
		s = s[:end]
	}
	return s
}
