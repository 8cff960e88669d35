package events

import (
	"database/sql/driver"
	"math"
	"unicode/utf8"

	"modernc.org/sqlite"

	"tabletop/workbook"
)

// SQLite's own functions of text end at a NUL byte and know the letter case of
// ASCII alone; these take texts whole.

// onTexts makes a function of texts, NULL where an argument is.
func onTexts(call func(a []string) driver.Value) func([]driver.Value) (driver.Value, error) {
	return func(args []driver.Value) (driver.Value, error) {
		texts := make([]string, len(args))
		for i, arg := range args {
			v := plain(arg)
			if v == nil {
				return nil, nil
			}
			texts[i] = workbook.Text(v)
		}
		return call(texts), nil
	}
}

// Like reports whether a text matches a pattern of LIKE: % is any text, _ any
// character, a backslash makes the character behind it stand for itself.
func Like(text, pattern string) bool {
	// backText and backPattern are where to go on after a % that must take one
	// character more.
	backText, backPattern := -1, 0
	t, p := 0, 0
	for t < len(text) {
		if p < len(pattern) && pattern[p] == '%' {
			backText, backPattern = t, p+1
			p++
			continue
		}
		if n, m, ok := likeOne(text[t:], pattern[p:]); ok {
			t += n
			p += m
			continue
		}
		if backText < 0 {
			return false
		}
		_, n := utf8.DecodeRuneInString(text[backText:])
		backText += n
		t, p = backText, backPattern
	}
	for p < len(pattern) && pattern[p] == '%' {
		p++
	}
	return p == len(pattern)
}

// likeOne matches one character and returns the bytes that it took of both.
func likeOne(text, pattern string) (n, m int, ok bool) {
	if pattern == "" {
		return 0, 0, false
	}
	_, n = utf8.DecodeRuneInString(text)
	skip := 0
	switch {
	case pattern[0] == '_':
		return n, 1, true
	case pattern[0] == '\\' && len(pattern) > 1:
		skip = 1
	}
	if len(pattern)-skip < n || text[:n] != pattern[skip:skip+n] {
		return 0, 0, false
	}
	return n, skip + n, true
}

// part is Spark's substring: positions count characters from 1, negative ones
// from the end, and 0 is 1.
func part(args []driver.Value) (driver.Value, error) {
	text, from, length := plain(args[0]), toInt(args[1]), toInt(args[2])
	if text == nil || from == nil || args[2] != nil && length == nil {
		return nil, nil
	}
	runes := []rune(workbook.Text(text))
	size := int64(len(runes))
	start := from.(int64)
	switch {
	case start > 0:
		start--
	case start < 0:
		start += size
	}
	end := size
	if length != nil {
		end = min(size, max(start, 0)+max(length.(int64), 0))
		if start < 0 { // a start before the text takes from the length
			end = min(size, max(0, start+max(length.(int64), 0)))
		}
	}
	start = max(start, 0)
	if start >= end {
		return "", nil
	}
	return string(runes[start:end]), nil
}

// modulo is the rest of a division, of real numbers too, with the sign of x;
// NULL for division by nothing.
func modulo(args []driver.Value) (driver.Value, error) {
	x, y := workbook.Number(plain(args[0])), workbook.Number(plain(args[1]))
	if x == nil || y == nil {
		return nil, nil
	}
	i, whole := x.(int64)
	j, wholeToo := y.(int64)
	if whole && wholeToo {
		if j == 0 {
			return nil, nil
		}
		if j == -1 {
			return int64(0), nil
		}
		return i % j, nil
	}
	if asFloat(y) == 0 {
		return nil, nil
	}
	return math.Mod(asFloat(x), asFloat(y)), nil
}

// roundTo rounds half away from zero to a number of digits behind the point, or
// before it where the number is negative.
func roundTo(args []driver.Value) (driver.Value, error) {
	x, digits := workbook.Number(plain(args[0])), toInt(args[1])
	if x == nil || digits == nil {
		return nil, nil
	}
	d := digits.(int64)
	if i, whole := x.(int64); whole && d >= 0 {
		return i, nil
	}
	if d > 15 || d < -15 {
		return x, nil
	}
	scale := math.Pow(10, math.Abs(float64(d)))
	var rounded float64
	if d >= 0 {
		rounded = math.Round(asFloat(x)*scale) / scale
	} else {
		rounded = math.Round(asFloat(x)/scale) * scale
	}
	if _, whole := x.(int64); whole && math.Abs(rounded) < math.MaxInt64 {
		return int64(rounded), nil
	}
	return rounded, nil
}

// sum is the aggregate behind SUM and AVG.
type sum struct {
	mean  bool
	total total
}

func (s *sum) Step(_ *sqlite.FunctionContext, args []driver.Value) error {
	s.total.add(workbook.Number(plain(args[0])))
	return nil
}

func (s *sum) WindowInverse(*sqlite.FunctionContext, []driver.Value) error { return errNoWindow }
func (s *sum) Final(*sqlite.FunctionContext)                               {}

func (s *sum) WindowValue(*sqlite.FunctionContext) (driver.Value, error) {
	if s.mean {
		return s.total.mean(), nil
	}
	return s.total.sum(), nil
}
