package code

import (
	"fmt"
	"strings"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// Limits on single values in Python: what one step may make.
const (
	// maxPythonText is the longest text, in bytes.
	maxPythonText = 4 << 20
	// maxPythonElements is the longest list, and the longest range.
	maxPythonElements = 1 << 20
	// maxPythonBits is the largest whole number.
	maxPythonBits = 1 << 14
)

// A limitError is what a block may not do for the time or memory it takes.
// Unlike an error of its Python it ends the run.
type limitError struct{ text string }

func (e limitError) Error() string { return e.text }

func limitf(format string, a ...any) error { return limitError{fmt.Sprintf(format, a...)} }

// sizeOf is the size of a value that grows: bytes of a text, elements of a list.
func sizeOf(v starlark.Value) (size, most int) {
	switch v := v.(type) {
	case starlark.String:
		return len(v), maxPythonText
	case starlark.Bytes:
		return len(v), maxPythonText
	case *starlark.List:
		return v.Len(), maxPythonElements
	case starlark.Tuple:
		return v.Len(), maxPythonElements
	}
	return 0, 0
}

// fits refuses a text or list of more than is allowed.
func fits(size, most int) error {
	if most == 0 || size <= most {
		return nil
	}
	if most == maxPythonText {
		return limitf("a text of %d bytes, over the %d that a block may make", size, most)
	}
	return limitf("a list of %d elements, over the %d that a block may make", size, most)
}

// add is x + y.
func add(_ *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
	size, most := sizeOf(args[0])
	more, _ := sizeOf(args[1])
	if err := fits(size+more, most); err != nil {
		return nil, err
	}
	return starlark.Binary(syntax.PLUS, args[0], args[1])
}

// extend is x += y, which for a list changes the list itself.
func extend(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	list, ok := args[0].(*starlark.List)
	if !ok {
		return add(thread, b, args, kwargs)
	}
	if err := fits(list.Len()+starlark.Len(args[1]), maxPythonElements); err != nil {
		return nil, err
	}
	method, err := list.Attr("extend")
	if err != nil {
		return nil, err
	}
	if _, err := starlark.Call(thread, method, args[1:], nil); err != nil {
		return nil, err
	}
	return list, nil
}

// multiplied is x * y.
func multiplied(_ *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
	x, y := args[0], args[1]
	if _, ok := x.(starlark.Int); ok {
		x, y = y, x
	}
	times, ok := y.(starlark.Int)
	if !ok {
		return starlark.Binary(syntax.STAR, args[0], args[1])
	}
	if i, ok := x.(starlark.Int); ok {
		if i.BigInt().BitLen()+times.BigInt().BitLen() > maxPythonBits {
			return nil, limitf("a whole number of more than %d bits", maxPythonBits)
		}
		return starlark.Binary(syntax.STAR, args[0], args[1])
	}
	size, most := sizeOf(x)
	n, ok := times.Int64()
	if most > 0 && size > 0 && (!ok && times.Sign() > 0 || n > int64(most/size)) {
		return nil, limitf("%s times %s is more than a block may make", describeStarlark(x), times)
	}
	return starlark.Binary(syntax.STAR, args[0], args[1])
}

// formatted is x % y: for a text, the values of y put into it.
func formatted(_ *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
	if s, ok := args[0].(starlark.String); ok {
		if err := formatFits(len(s), strings.Count(string(s), "%"), args[1:]); err != nil {
			return nil, err
		}
	}
	return starlark.Binary(syntax.PERCENT, args[0], args[1])
}

// formatFits bounds the text that a format makes of values, each of which may
// stand in every one of its places.
func formatFits(length, places int, values starlark.Tuple) error {
	m := meter{left: maxPythonText}
	if err := m.measure(values, 0); err != nil {
		return err
	}
	return fits(length+(maxPythonText-m.left)*places, maxPythonText)
}

// guardedMethods are the methods that can make much out of little: those of a
// text, and a list's extend.
var guardedMethods = map[string]bool{"replace": true, "join": true, "format": true, "extend": true}

// guardedGetattr is getattr(x, name[, default]), and x.name for guarded methods.
func guardedGetattr(thread *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	v, err := starlark.Universe["getattr"].(*starlark.Builtin).CallInternal(thread, args, kwargs)
	method, ok := v.(*starlark.Builtin)
	if err != nil || !ok || !guardedMethods[method.Name()] {
		return v, err
	}
	return starlark.NewBuiltin(method.Name(), func(thread *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		if err := methodFits(method, args, kwargs); err != nil {
			return nil, err
		}
		return method.CallInternal(thread, args, kwargs)
	}), nil
}

// methodFits bounds what a method would make.
func methodFits(method *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) error {
	size, most := sizeOf(method.Receiver())
	if most == 0 || len(args) == 0 && len(kwargs) == 0 {
		return nil
	}
	receiver, _ := starlark.AsString(method.Receiver())
	switch method.Name() {
	case "format":
		values := args
		for _, pair := range kwargs {
			values = append(values[:len(values):len(values)], pair[1])
		}
		return formatFits(size, strings.Count(receiver, "{"), values)
	case "replace":
		if len(args) < 2 {
			return nil
		}
		old, _ := starlark.AsString(args[0])
		more, _ := sizeOf(args[1])
		return fits(size+strings.Count(receiver, old)*more, most)
	case "extend":
		return fits(size+starlark.Len(args[0]), most)
	}
	m := meter{left: maxPythonText}
	if err := m.measure(args[0], 0); err != nil {
		return err
	}
	return fits(maxPythonText-m.left+max(starlark.Len(args[0]), 0)*size, most)
}

// boundedRange is range, of no more elements than a list may have.
func boundedRange(thread *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	v, err := starlark.Universe["range"].(*starlark.Builtin).CallInternal(thread, args, kwargs)
	if err != nil {
		return nil, err
	}
	return v, fits(starlark.Len(v), maxPythonElements)
}

// boundedInt is int, of a text no longer than the largest number.
func boundedInt(thread *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	if len(args) > 0 {
		if size, _ := sizeOf(args[0]); size > maxPythonBits/4 {
			return nil, limitf("a whole number of more than %d bits", maxPythonBits)
		}
	}
	return starlark.Universe["int"].(*starlark.Builtin).CallInternal(thread, args, kwargs)
}

// measured is a builtin that writes its arguments as text, bounded.
func measured(name string) builtin {
	inner := starlark.Universe[name].(*starlark.Builtin)
	return func(thread *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		m := meter{left: maxPythonText}
		if err := m.measure(args, 0); err != nil {
			return nil, err
		}
		return inner.CallInternal(thread, args, kwargs)
	}
}
