package events

import (
	"cmp"
	"container/list"
	"database/sql/driver"
	"encoding/binary"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"modernc.org/sqlite"

	"tabletop/workbook"
)

// MaxGroups is the most groups that a query may make.
const MaxGroups = 1_000_000

// register adds the functions that a query's SQL may use beside SQLite's own:
//
//	number(x)               x as a number, NULL where it is none
//	to_int(x), to_real(x)   Spark's CAST: NULL where x is no number
//	rlike(text, pattern)    whether the RE2 pattern is found in text; NULL where
//	                        it is none
//	matches(text, pattern)  Spark's LIKE: % and _, letter case counts
//	upper_case, lower_case, characters, part(text, from, length)
//	modulo(x, y), round_to(x, digits)
//	lowest(x), highest(x)   aggregates: numbers first, by value, then text
//	total_of(x), mean_of(x) aggregates: whole numbers exactly, as far as they fit
//	set_of(x), list_of(x)   aggregates: a JSON list
//	first_of(x), last_of(x) aggregates: by the order of the events
//	evidence(rowid, line)   aggregate: the events of a group, for decodeEvidence
//
// The files beside this one, function_*.go, add those of texts, times, addresses
// and structured texts, and the one by which a value is looked for.
func register(d *sqlite.Driver) error {
	p := newPatterns()
	scalars := []scalar{
		{"number", 1, func(a []driver.Value) (driver.Value, error) { return workbook.Number(plain(a[0])), nil }},
		{"to_int", 1, func(a []driver.Value) (driver.Value, error) { return toInt(a[0]), nil }},
		{"to_real", 1, func(a []driver.Value) (driver.Value, error) { return toReal(a[0]), nil }},
		{"rlike", 2, p.rlike},
		{"matches", 2, onTexts(func(a []string) driver.Value { return Like(a[0], a[1]) })},
		{"upper_case", 1, onTexts(func(a []string) driver.Value { return strings.ToUpper(a[0]) })},
		{"lower_case", 1, onTexts(func(a []string) driver.Value { return strings.ToLower(a[0]) })},
		{"characters", 1, onTexts(func(a []string) driver.Value { return int64(utf8.RuneCountInString(a[0])) })},
		{"part", 3, part},
		{"modulo", 2, modulo},
		{"round_to", 2, roundTo},
	}
	scalars = slices.Concat(scalars, textFunctions(p), numberFunctions(), timeFunctions(), networkFunctions(), jsonFunctions(), soughtFunctions())
	for _, s := range scalars {
		impl := &sqlite.FunctionImpl{
			NArgs: s.args, Deterministic: true, VolatileArgs: true,
			Scalar: func(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) { return s.call(args) },
		}
		if err := d.RegisterFunction(s.name, impl); err != nil {
			return err
		}
	}
	aggregates := []struct {
		name string
		args int32
		make func() sqlite.AggregateFunction
	}{
		{"lowest", 1, func() sqlite.AggregateFunction { return &extreme{sign: -1} }},
		{"highest", 1, func() sqlite.AggregateFunction { return &extreme{sign: 1} }},
		{"total_of", 1, func() sqlite.AggregateFunction { return &sum{} }},
		{"mean_of", 1, func() sqlite.AggregateFunction { return &sum{mean: true} }},
		{"set_of", 1, func() sqlite.AggregateFunction { return &collected{distinct: true} }},
		{"list_of", 1, func() sqlite.AggregateFunction { return &collected{} }},
		{"first_of", 1, func() sqlite.AggregateFunction { return &endmost{} }},
		{"last_of", 1, func() sqlite.AggregateFunction { return &endmost{last: true} }},
		{"evidence", 2, func() sqlite.AggregateFunction { return &collector{} }},
	}
	for _, a := range aggregates {
		impl := &sqlite.FunctionImpl{
			NArgs: a.args, Deterministic: true, VolatileArgs: true, // copies would end at a NUL byte
			MakeAggregate: func(sqlite.FunctionContext) (sqlite.AggregateFunction, error) { return a.make(), nil },
		}
		if err := d.RegisterFunction(a.name, impl); err != nil {
			return err
		}
	}
	return nil
}

// plain turns what SQLite hands over into a Value; blobs do not occur.
func plain(v driver.Value) workbook.Value {
	switch v := v.(type) {
	case []byte:
		return string(v)
	case bool:
		if v {
			return int64(1)
		}
		return int64(0)
	}
	return v
}

func toInt(v driver.Value) driver.Value {
	switch n := workbook.Number(plain(v)).(type) {
	case int64:
		return n
	case float64:
		if math.Abs(n) < math.MaxInt64 {
			return int64(n)
		}
	}
	return nil
}

func toReal(v driver.Value) driver.Value {
	switch n := workbook.Number(plain(v)).(type) {
	case int64:
		return float64(n)
	case float64:
		return n
	}
	return nil
}

// patterns keeps the regular expressions of a connection compiled, the last
// used ones first.
type patterns struct {
	byText map[string]*list.Element
	used   *list.List
}

type compiled struct {
	text    string
	pattern *regexp.Regexp
}

// maxPatterns bounds the patterns kept: a column may be the pattern.
const maxPatterns = 100

func newPatterns() *patterns { return &patterns{map[string]*list.Element{}, list.New()} }

func (p *patterns) rlike(args []driver.Value) (driver.Value, error) {
	text, pattern := plain(args[0]), plain(args[1])
	if text == nil || pattern == nil {
		return nil, nil
	}
	re := p.compile(workbook.Text(pattern))
	if re == nil { // a pattern out of the data: one event must not end a run
		return nil, nil
	}
	return re.MatchString(workbook.Text(text)), nil
}

// compile returns nil for what is no pattern.
func (p *patterns) compile(text string) *regexp.Regexp {
	if e, ok := p.byText[text]; ok {
		p.used.MoveToFront(e)
		return e.Value.(compiled).pattern
	}
	text = strings.Clone(text) // the argument's memory is SQLite's
	re, err := regexp.Compile(text)
	if err != nil {
		re = nil
	}
	if p.used.Len() == maxPatterns {
		delete(p.byText, p.used.Remove(p.used.Back()).(compiled).text)
	}
	p.byText[text] = p.used.PushFront(compiled{text, re})
	return re
}

// Order compares two values as ORDER BY, MIN and MAX do: numbers first, by
// value, then text. It returns a negative number, zero or a positive one.
func Order(a, b workbook.Value) int {
	x, y := workbook.Number(a), workbook.Number(b)
	switch {
	case x != nil && y != nil:
		return orderNumbers(x, y)
	case x != nil:
		return -1
	case y != nil:
		return 1
	}
	s, t := workbook.Text(a), workbook.Text(b)
	switch {
	case s < t:
		return -1
	case s > t:
		return 1
	}
	return 0
}

func orderNumbers(x, y workbook.Value) int {
	i, xi := x.(int64)
	j, yj := y.(int64)
	if xi && yj {
		return cmp.Compare(i, j)
	}
	switch {
	case xi:
		return orderMixed(i, y.(float64))
	case yj:
		return -orderMixed(j, x.(float64))
	}
	return cmp.Compare(x.(float64), y.(float64))
}

// orderMixed compares a whole number with a real one exactly: not every whole
// number of 64 bits is a float64.
func orderMixed(i int64, f float64) int {
	switch {
	case f >= -math.MinInt64:
		return -1
	case f < math.MinInt64:
		return 1
	}
	if order := cmp.Compare(i, int64(f)); order != 0 {
		return order
	}
	return cmp.Compare(float64(i), f)
}

func asFloat(v workbook.Value) float64 {
	if i, ok := v.(int64); ok {
		return float64(i)
	}
	return v.(float64)
}

// extreme is the aggregate behind MIN and MAX.
type extreme struct {
	sign int
	best workbook.Value
}

func (e *extreme) Step(_ *sqlite.FunctionContext, args []driver.Value) error {
	v := plain(args[0])
	if v != nil && (e.best == nil || Order(v, e.best)*e.sign > 0) {
		if text, ok := v.(string); ok {
			v = strings.Clone(text) // the argument's memory is SQLite's
		}
		e.best = v
	}
	return nil
}

func (e *extreme) WindowInverse(*sqlite.FunctionContext, []driver.Value) error {
	return errNoWindow
}

func (e *extreme) WindowValue(*sqlite.FunctionContext) (driver.Value, error) { return e.best, nil }
func (e *extreme) Final(*sqlite.FunctionContext)                             {}

var errNoWindow = fmt.Errorf("not a window function")

// collector is the aggregate that counts a group's events and keeps the first.
type collector struct {
	events int64
	first  []byte
}

func (c *collector) Step(_ *sqlite.FunctionContext, args []driver.Value) error {
	if c.events++; c.events > workbook.MaxPositions {
		return nil
	}
	rowid, _ := args[0].(int64)
	line, _ := args[1].(int64)
	c.first = binary.AppendVarint(binary.AppendVarint(c.first, rowid), line)
	return nil
}

func (c *collector) WindowInverse(*sqlite.FunctionContext, []driver.Value) error { return errNoWindow }
func (c *collector) Final(*sqlite.FunctionContext)                               {}

func (c *collector) WindowValue(*sqlite.FunctionContext) (driver.Value, error) {
	return append(strconv.AppendInt(nil, c.events, 10), append([]byte{':'}, c.first...)...), nil
}

// decodeEvidence reads what evidence(rowid, line) gave; place turns a row id
// and a line into a position.
func decodeEvidence(text string, place func(rowid, line int64) workbook.Position) (workbook.Evidence, error) {
	for i := range len(text) {
		if text[i] != ':' {
			continue
		}
		n, err := strconv.ParseInt(text[:i], 10, 64)
		e := workbook.Evidence{Events: n}
		for rest := []byte(text[i+1:]); len(rest) > 0 && err == nil; {
			rowid, a := binary.Varint(rest)
			line, b := binary.Varint(rest[max(a, 0):])
			if a <= 0 || b <= 0 {
				return e, fmt.Errorf("broken evidence")
			}
			rest = rest[a+b:]
			e.First = append(e.First, place(rowid, line))
		}
		return e, err
	}
	return workbook.Evidence{}, fmt.Errorf("no evidence in %q", text)
}
