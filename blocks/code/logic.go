package code

import "fmt"

// truthOf reads a value as true, false or nil. A column holds a truth as the
// text true or false.
func truthOf(v any) (any, error) {
	switch v {
	case nil, true, false:
		return v, nil
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return nil, fmt.Errorf("%s is neither true nor false", describe(v))
}

func isTrue(v any) (any, error) {
	t, err := truthOf(v)
	return t == true, err
}

func isFalse(v any) (any, error) {
	t, err := truthOf(v)
	return t == false, err
}

func not(v any) (any, error) {
	t, err := truthOf(v)
	if t == nil || err != nil {
		return nil, err
	}
	return t == false, nil
}

// and is false where one side is, else nil where one side is, as in SQL.
func and(a, b any) (any, error) { return both(a, b, false) }

// or is true where one side is, else nil where one side is, as in SQL.
func or(a, b any) (any, error) { return both(a, b, true) }

func both(a, b any, decides bool) (any, error) {
	x, err := truthOf(a)
	if err != nil {
		return nil, err
	}
	y, err := truthOf(b)
	switch {
	case err != nil:
		return nil, err
	case x == decides || y == decides:
		return decides, nil
	case x == nil || y == nil:
		return nil, nil
	}
	return !decides, nil
}
