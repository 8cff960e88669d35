package code

import (
	"fmt"

	"go.starlark.net/starlark"
)

// maxPatterns is the most patterns that one run of Python may compile.
const maxPatterns = 100

type builtin = func(*starlark.Thread, *starlark.Builtin, starlark.Tuple, []starlark.Tuple) (starlark.Value, error)

// library is what a block's Python may call: DNIF's own functions, and guarded
// forms of what Starlark brings. A library serves one run.
func library() starlark.StringDict {
	names := starlark.StringDict{}
	for name, call := range map[string]builtin{
		"json_parse": pythonParse, "json_stringify": pythonStringify,
		"IP_Address": pythonAddress, "IP_Network": pythonNetwork,
		"range": boundedRange, "int": boundedInt, "getattr": guardedGetattr,
		"str": measured("str"), "repr": measured("repr"), "fail": measured("fail"), "print": silent,
		guardedAdd: add, guardedExtend: extend, guardedMultiply: multiplied, guardedFormat: formatted, guardedMethod: guardedGetattr,
	} {
		names[name] = starlark.NewBuiltin(name, call)
	}
	patterns := map[string]*pattern{}
	names["regexp_match"] = starlark.NewBuiltin("regexp_match", func(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		v, err := pythonMatch(patterns, b, args, kwargs)
		return starlark.Bool(v != starlark.None), err
	})
	names["regexp_extract"] = starlark.NewBuiltin("regexp_extract", func(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		return pythonMatch(patterns, b, args, kwargs)
	})
	return names
}

// pythonMatch is regexp_extract(pattern, s, group=0): the text of the group in
// the first match, None where there is none.
func pythonMatch(patterns map[string]*pattern, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var written string
	var s starlark.Value
	var group int64
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, "pattern", &written, "s", &s, "group?", &group); err != nil {
		return starlark.None, err
	}
	p, ok := patterns[written]
	if !ok {
		if len(patterns) == maxPatterns {
			return starlark.None, fmt.Errorf("%s: more than %d patterns", b.Name(), maxPatterns)
		}
		var err error
		if p, err = compilePattern(written); err != nil {
			return starlark.None, err
		}
		patterns[written] = p
	}
	switch s := s.(type) {
	case starlark.NoneType:
		return starlark.None, nil
	case starlark.String:
		found, err := p.extract(string(s), group)
		if text, ok := found.(string); ok {
			return starlark.String(text), nil
		}
		return starlark.None, err
	}
	return starlark.None, fmt.Errorf("%s: got %s, want a text", b.Name(), s.Type())
}

// pythonParse is json_parse(s); None for None.
func pythonParse(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var s starlark.Value
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, "s", &s); err != nil {
		return nil, err
	}
	switch s := s.(type) {
	case starlark.NoneType:
		return s, nil
	case starlark.String:
		v, ok, err := parseJSON(string(s))
		if err != nil {
			return nil, fmt.Errorf("json_parse: %w", err)
		}
		if !ok {
			return nil, fmt.Errorf("json_parse: %s is no JSON", quoted(string(s)))
		}
		return toStarlark(v), nil
	}
	return nil, fmt.Errorf("json_parse: got %s, want a text", s.Type())
}

// pythonStringify is json_stringify(value).
func pythonStringify(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var v starlark.Value
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, "value", &v); err != nil {
		return nil, err
	}
	m := meter{left: maxText}
	value, err := m.plain(v, 0)
	if err != nil {
		return nil, fmt.Errorf("json_stringify: %w", err)
	}
	s, err := jsonText(value)
	if err != nil {
		return nil, fmt.Errorf("json_stringify: %w", err)
	}
	return starlark.String(s.(string)), nil
}

// silent is print: a block has nowhere to print to.
func silent(*starlark.Thread, *starlark.Builtin, starlark.Tuple, []starlark.Tuple) (starlark.Value, error) {
	return starlark.None, nil
}
