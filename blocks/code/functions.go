package code

import (
	"errors"
	"fmt"
	"slices"

	"github.com/expr-lang/expr/ast"

	"tabletop/workbook/indicator"
)

// A function is one that an expression may call.
type function struct {
	name string
	// least and most bound the number of arguments; most is -1 where there is
	// no bound.
	least, most int
	gives       class
	call        func(a []any) (any, error)
	// constant, where set, is asked for each argument before anything runs. It
	// gives what a literal stands for, nil to leave it, or an error.
	constant func(i int, literal *ast.StringNode) (any, error)
	fix      string
}

// run calls the function; nil among the arguments gives nil.
func (f function) run(a ...any) (any, error) {
	if slices.Contains(a, nil) {
		return nil, nil
	}
	v, err := f.call(a)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.name, err)
	}
	if s, ok := v.(string); ok {
		return bounded(s)
	}
	return v, nil
}

// takes says how many arguments the function takes.
func (f function) takes() string {
	switch {
	case f.most < 0:
		return fmt.Sprintf("at least %d", f.least)
	case f.least == f.most:
		return fmt.Sprint(f.least)
	}
	return fmt.Sprintf("%d to %d", f.least, f.most)
}

func functionNamed(name string) (function, bool) {
	i := slices.IndexFunc(functions, func(f function) bool { return f.name == name })
	if i < 0 {
		return function{}, false
	}
	return functions[i], true
}

// functions are all that expressions may call, besides col.
var functions = slices.Concat(indicatorFunctions, textFunctions, numberFunctions, patternFunctions)

var indicatorFunctions = []function{
	reading("host", indicator.Host),
	reading("domain", indicator.Domain),
	reading("mailbox", indicator.Mailbox),
	reading("md5", indicator.FindMD5), reading("find_md5", indicator.FindMD5),
	reading("sha1", indicator.FindSHA1), reading("find_sha1", indicator.FindSHA1),
	reading("sha256", indicator.FindSHA256), reading("find_sha256", indicator.FindSHA256),
	reading("ip", canonicalAddress),
	writing("refang", indicator.Refang),
	writing("defang", indicator.Defang),
	{name: "is_private", least: 1, most: 1, gives: truth, call: isPrivate},
	{name: "in_cidr", least: 2, most: -1, gives: truth, call: inCIDR, constant: constantNetwork, fix: "write in_cidr($SrcIP, '10.0.0.0/8')"},
}

// reading makes a function of one that finds something in a text, or nothing.
func reading(name string, find func(string) (string, bool)) function {
	return function{name: name, least: 1, most: 1, gives: text, call: func(a []any) (any, error) {
		s, err := textOf(a[0])
		if err != nil {
			return nil, err
		}
		if found, ok := find(s); ok {
			return found, nil
		}
		return nil, nil
	}}
}

// writing makes a function of one that writes a text otherwise.
func writing(name string, write func(string) string) function {
	return function{name: name, least: 1, most: 1, gives: text, call: func(a []any) (any, error) {
		s, err := textOf(a[0])
		if err != nil {
			return nil, err
		}
		if len(s) > maxText {
			return nil, tooLong(len(s))
		}
		return write(s), nil
	}}
}

var patternFunctions = []function{
	{name: "regexp_match", least: 2, most: 2, gives: truth, constant: constantPattern, fix: patternFix, call: func(a []any) (any, error) {
		return matches(a[0].(*pattern), a[1])
	}},
	{name: "regexp_extract", least: 2, most: 3, gives: text, constant: constantPattern, fix: patternFix, call: func(a []any) (any, error) {
		s, err := textOf(a[1])
		if err != nil {
			return nil, err
		}
		group := int64(0)
		if len(a) == 3 {
			n, ok := numberOf(a[2]).(int64)
			if !ok {
				return nil, fmt.Errorf("%s is no group", describe(a[2]))
			}
			group = n
		}
		return a[0].(*pattern).extract(s, group)
	}},
}

// constantPattern compiles the pattern before anything runs. It must be written
// out: a pattern out of an event could take any time.
func constantPattern(i int, literal *ast.StringNode) (any, error) {
	if i > 0 {
		return nil, nil
	}
	if literal == nil {
		return nil, errors.New("a pattern must be a text in quotes, and comes first")
	}
	return compilePattern(literal.Value)
}
