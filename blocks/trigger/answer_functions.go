package trigger

import (
	"maps"
	"net/url"
	"slices"
	"strings"
)

// An answerFunction is one that expressions over answers may call. It gives nil
// where there is nothing to give.
type answerFunction struct {
	name  string
	call  func(arguments ...any) (any, error)
	types []any
}

// answerFunctions are all of them. What they make is never longer than what they
// are given.
var answerFunctions = []answerFunction{
	// header(headers, "Location") finds a header whatever the case of its name: in
	// the answer's headers, in an item's list of {name, value}, in an item's map,
	// or in the headers of an item itself.
	{"header", func(a ...any) (any, error) { return headerOf(a[0], a[1].(string), 0), nil }, []any{new(func(any, string) any)}},
	// last_segment("https://h/a/7?x=1") is "7".
	{"last_segment", func(a ...any) (any, error) { return lastSegment(a[0]), nil }, []any{new(func(any) any)}},
	// error_code(body) is the code of an error as vendors write it.
	{"error_code", func(a ...any) (any, error) { return orNil(firstOf(errorOf(a[0]))), nil }, []any{new(func(any) any)}},
	// same(a, b) compares texts and numbers as texts, letter case aside; nothing
	// is the same as nothing else.
	{"same", func(a ...any) (any, error) { return same(a[0], a[1]), nil }, []any{new(func(any, any) bool)}},
}

func firstOf(first, _ string) string { return first }

func orNil(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func headerOf(thing any, name string, depth int) any {
	switch t := thing.(type) {
	case map[string]string:
		for key, value := range t {
			if strings.EqualFold(key, name) {
				return value
			}
		}
	case []any:
		for _, element := range t {
			entry, ok := element.(map[string]any)
			if !ok {
				continue
			}
			if text, ok := field(entry, "name").(string); ok && strings.EqualFold(text, name) {
				return field(entry, "value")
			}
		}
	case map[string]any:
		if value := field(t, name); value != nil {
			return value
		}
		if headers := field(t, "headers"); headers != nil && depth == 0 {
			return headerOf(headers, name, depth+1)
		}
	}
	return nil
}

// field finds a field of an object, letter case aside where no field has the
// very name.
func field(object map[string]any, name string) any {
	if value, ok := object[name]; ok {
		return value
	}
	for _, key := range slices.Sorted(maps.Keys(object)) {
		if strings.EqualFold(key, name) {
			return object[key]
		}
	}
	return nil
}

func lastSegment(value any) any {
	text, ok := value.(string)
	if !ok {
		return nil
	}
	u, err := url.Parse(text)
	if err != nil {
		return nil
	}
	path := strings.TrimRight(u.EscapedPath(), "/")
	segment, err := url.PathUnescape(path[strings.LastIndexByte(path, '/')+1:])
	if err != nil {
		return nil
	}
	return orNil(segment)
}

// errorOf finds the code and message of an error: {"error": {"code", "message"}},
// the same within a body, or the two bare.
func errorOf(value any) (code, message string) {
	object, ok := value.(map[string]any)
	for range 3 {
		if !ok {
			return "", ""
		}
		inner, nested := object["error"].(map[string]any)
		if !nested {
			inner, nested = object["body"].(map[string]any)
		}
		if !nested {
			break
		}
		object = inner
	}
	code = asName(object["code"])
	message, _ = object["message"].(string)
	if text, is := object["error"].(string); is && message == "" {
		message = text
	}
	return code, message
}

func same(a, b any) bool {
	left, right := asText(a), asText(b)
	return left != "" && strings.EqualFold(left, right)
}
