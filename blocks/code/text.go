package code

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

var textFunctions = []function{
	writing("lower", strings.ToLower),
	writing("upper", strings.ToUpper),
	texts("trim", 1, 2, text, func(s []string) (any, error) {
		if len(s) == 1 {
			return strings.TrimSpace(s[0]), nil
		}
		return strings.Trim(s[0], s[1]), nil
	}),
	texts("trimPrefix", 2, 2, text, func(s []string) (any, error) { return strings.TrimPrefix(s[0], s[1]), nil }),
	texts("trimSuffix", 2, 2, text, func(s []string) (any, error) { return strings.TrimSuffix(s[0], s[1]), nil }),
	texts("hasPrefix", 2, 2, truth, func(s []string) (any, error) { return strings.HasPrefix(s[0], s[1]), nil }),
	texts("hasSuffix", 2, 2, truth, func(s []string) (any, error) { return strings.HasSuffix(s[0], s[1]), nil }),
	texts("indexOf", 2, 2, number, func(s []string) (any, error) { return indexOf(s[0], s[1]), nil }),
	texts("replace", 3, 3, text, replace),
	texts("split", 2, 2, computed, split2),
	texts("string", 1, 1, text, func(s []string) (any, error) { return s[0], nil }),
	texts("json_parse", 1, 1, computed, func(s []string) (any, error) {
		v, _, err := parseJSON(s[0])
		return v, err
	}),
	{name: "json_stringify", least: 1, most: 1, gives: text, call: func(a []any) (any, error) { return jsonText(a[0]) }},
	{name: "join", least: 1, most: 2, gives: text, call: join},
	{name: "len", least: 1, most: 1, gives: number, call: length},
}

// texts makes a function of one whose arguments are all texts.
func texts(name string, least, most int, gives class, call func([]string) (any, error)) function {
	return function{name: name, least: least, most: most, gives: gives, call: func(a []any) (any, error) {
		s := make([]string, len(a))
		for i := range a {
			t, err := textOf(a[i])
			if err != nil {
				return nil, err
			}
			if len(t) > maxText {
				return nil, tooLong(len(t))
			}
			s[i] = t
		}
		return call(s)
	}}
}

// indexOf counts characters, from 0; -1 where there is none.
func indexOf(s, part string) int64 {
	i := strings.Index(s, part)
	if i < 0 {
		return -1
	}
	return int64(utf8.RuneCountInString(s[:i]))
}

// replace puts one text in the place of another, everywhere. The length is
// known before anything is made.
func replace(s []string) (any, error) {
	if s[1] == "" {
		return nil, errors.New("nothing to replace: the second text is empty")
	}
	if length := len(s[0]) + strings.Count(s[0], s[1])*(len(s[2])-len(s[1])); length > maxText {
		return nil, tooLong(length)
	}
	return strings.ReplaceAll(s[0], s[1], s[2]), nil
}

func split2(s []string) (any, error) {
	if s[1] == "" {
		return nil, errors.New("nothing to split at: the second text is empty")
	}
	if n := strings.Count(s[0], s[1]) + 1; n > maxElements {
		return nil, fmt.Errorf("a list of %d elements, over the %d that code keeps", n, maxElements)
	}
	parts := strings.Split(s[0], s[1])
	list := make([]any, len(parts))
	for i, part := range parts {
		list[i] = part
	}
	return list, nil
}

// join writes a list's elements one after the other; nil ones are left out.
func join(a []any) (any, error) {
	list, ok := a[0].([]any)
	if !ok {
		return nil, fmt.Errorf("%s is no list", describe(a[0]))
	}
	separator := ""
	if len(a) == 2 {
		var err error
		if separator, err = textOf(a[1]); err != nil {
			return nil, err
		}
	}
	var b strings.Builder
	for i, element := range list {
		if element == nil {
			continue
		}
		s, err := textOf(element)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			b.WriteString(separator)
		}
		b.WriteString(s)
		if b.Len() > maxText {
			return nil, tooLong(b.Len())
		}
	}
	return b.String(), nil
}

// length counts the characters of a text, or the elements of a list or object.
func length(a []any) (any, error) {
	switch v := a[0].(type) {
	case []any:
		return int64(len(v)), nil
	case map[string]any:
		return int64(len(v)), nil
	}
	s, err := textOf(a[0])
	return int64(utf8.RuneCountInString(s)), err
}

// joinTexts writes one text behind another; nil gives nil.
func joinTexts(a, b any) (any, error) {
	x, y, missing, err := twoTexts(a, b)
	if missing || err != nil {
		return nil, err
	}
	if len(x)+len(y) > maxText {
		return nil, tooLong(len(x) + len(y))
	}
	return x + y, nil
}

// textTest answers contains, startsWith and endsWith; nil gives nil.
func textTest(operator string, a, b any) (any, error) {
	if list, ok := a.([]any); ok && operator == "contains" {
		return in(b, list, false)
	}
	x, y, missing, err := twoTexts(a, b)
	switch {
	case missing || err != nil:
		return nil, err
	case operator == "contains":
		return strings.Contains(x, y), nil
	case operator == "startsWith":
		return strings.HasPrefix(x, y), nil
	}
	return strings.HasSuffix(x, y), nil
}
