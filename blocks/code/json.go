package code

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
)

// maxJSONDepth is how deep JSON may nest.
const maxJSONDepth = 64

// parseJSON reads one JSON value, whole numbers exact to 64 bits; ok is false
// for text that is none. It fails on more than code keeps.
func parseJSON(s string) (value any, ok bool, err error) {
	if len(s) > maxText {
		return nil, false, tooLong(len(s))
	}
	if err := measureJSON(s); err != nil {
		return nil, false, err
	}
	d := json.NewDecoder(bytes.NewReader([]byte(s)))
	d.UseNumber()
	var v any
	if isJSON := d.Decode(&v) == nil; !isJSON {
		return nil, false, nil
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, false, nil
	}
	return plain(v), true, nil
}

// measureJSON counts values and depth before anything is built.
func measureJSON(s string) error {
	depth, values, inText := 0, 0, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case inText && c == '\\':
			i++
		case c == '"':
			inText = !inText
		case inText:
		case c == '[' || c == '{':
			depth++
		case c == ']' || c == '}':
			depth--
		case c == ',':
			values++
		}
		if depth > maxJSONDepth || values > maxElements {
			return fmt.Errorf("JSON of more than %d values or %d levels", maxElements, maxJSONDepth)
		}
	}
	return nil
}

// plain turns numbers as written into numbers.
func plain(v any) any {
	switch v := v.(type) {
	case json.Number:
		if i, err := strconv.ParseInt(v.String(), 10, 64); err == nil {
			return i
		}
		if f, err := v.Float64(); err == nil {
			return f
		}
		return v.String()
	case []any:
		for i := range v {
			v[i] = plain(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = plain(v[k])
		}
	}
	return v
}

// jsonText writes a value as JSON, keys in order.
func jsonText(v any) (any, error) {
	var b bytes.Buffer
	if err := writeJSON(&b, v); err != nil {
		return nil, err
	}
	return b.String(), nil
}

// writeJSON stops as soon as the text is longer than code keeps: one long text
// may stand in a list many times.
func writeJSON(b *bytes.Buffer, v any) error {
	if b.Len() > maxText {
		return tooLong(b.Len())
	}
	switch v := v.(type) {
	case []any:
		b.WriteByte('[')
		for i, element := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := writeJSON(b, element); err != nil {
				return err
			}
		}
		b.WriteByte(']')
	case map[string]any:
		return writeObject(b, v)
	default:
		return writeScalar(b, v)
	}
	return nil
}

func writeObject(b *bytes.Buffer, object map[string]any) error {
	b.WriteByte('{')
	for i, k := range sortedKeys(object) {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := writeScalar(b, k); err != nil {
			return err
		}
		b.WriteByte(':')
		if err := writeJSON(b, object[k]); err != nil {
			return err
		}
	}
	b.WriteByte('}')
	return nil
}

func writeScalar(b *bytes.Buffer, v any) error {
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return fmt.Errorf("write %s as JSON: %w", describe(v), err)
	}
	// Encode ends with a newline.
	b.Truncate(b.Len() - 1)
	if b.Len() > maxText {
		return tooLong(b.Len())
	}
	return nil
}

func sortedKeys(object map[string]any) []string { return slices.Sorted(maps.Keys(object)) }
