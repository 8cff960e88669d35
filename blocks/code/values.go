package code

import (
	"fmt"
	"math"

	"tabletop/workbook"
)

// textOf reads a value as text; a list or an object is none.
func textOf(v any) (string, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case bool:
		if v {
			return "true", nil
		}
		return "false", nil
	case int64, float64:
		return workbook.Text(v), nil
	}
	return "", fmt.Errorf("%s is no text", describe(v))
}

// twoTexts reads two values as texts; missing says that one is nil.
func twoTexts(a, b any) (x, y string, missing bool, err error) {
	if a == nil || b == nil {
		return "", "", true, nil
	}
	if x, err = textOf(a); err == nil {
		y, err = textOf(b)
	}
	return x, y, false, err
}

// describe names a value in a message.
func describe(v any) string {
	switch v := v.(type) {
	case nil:
		return "nil"
	case string:
		return quoted(v)
	case []any:
		return "a list"
	case map[string]any:
		return "an object"
	}
	return fmt.Sprint(v)
}

// cell turns what an expression gave into what a table holds: a truth becomes
// the text true or false, a list or an object its JSON.
func cell(v any) (workbook.Value, error) {
	switch v := v.(type) {
	case nil, int64:
		return v, nil
	case string:
		return bounded(v)
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, nil
		}
		return v, nil
	case bool:
		return textOf(v)
	}
	return jsonText(v)
}

// part takes the element of a list, from 0 or from the end (-1), or the value
// of an object's key; nil where there is none.
func part(v, key any) (any, error) {
	switch v := v.(type) {
	case nil:
		return nil, nil
	case []any:
		i, ok := numberOf(key).(int64)
		if !ok {
			return nil, fmt.Errorf("a list has no %s; write [0]", describe(key))
		}
		if i < 0 {
			i += int64(len(v))
		}
		if i < 0 || i >= int64(len(v)) {
			return nil, nil
		}
		return v[i], nil
	case map[string]any:
		name, err := textOf(key)
		if err != nil {
			return nil, err
		}
		return v[name], nil
	}
	return nil, fmt.Errorf("%s has no parts; json_parse and split give some", describe(v))
}

// slice cuts a list by elements or a text by characters. Bounds beyond the ends
// mean the ends; negative ones count from the end.
func slice(v, from, to any) (any, error) {
	switch v := v.(type) {
	case nil:
		return nil, nil
	case []any:
		i, j, err := slicing(from, to, len(v))
		return v[i:j], err
	}
	s, err := textOf(v)
	if err != nil {
		return nil, err
	}
	if len(s) > maxText {
		return nil, tooLong(len(s))
	}
	characters := []rune(s)
	i, j, err := slicing(from, to, len(characters))
	return string(characters[i:j]), err
}

func slicing(from, to any, length int) (i, j int, err error) {
	bound := func(v any, otherwise int) int {
		if v == nil {
			return otherwise
		}
		n, ok := numberOf(v).(int64)
		if !ok {
			err = fmt.Errorf("%s is no place to cut; write [0:3]", describe(v))
			return otherwise
		}
		if n < 0 {
			n += int64(length)
		}
		return int(min(max(n, 0), int64(length)))
	}
	i, j = bound(from, 0), bound(to, length)
	return i, max(i, j), err
}
