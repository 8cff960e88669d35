package code

import (
	"fmt"
	"math"
	"math/big"
	"strings"

	"tabletop/workbook"
)

// side says which sides of a comparison are computed, and so are compared by
// what they turn out to be.
type side struct{ left, right bool }

// compareDynamic compares where neither side is known to be a number or a text:
// a computed side decides by its value, two texts or columns compare as text.
func compareDynamic(operator string, a, b any, computed side) (any, error) {
	if computed.left && isNumber(a) || computed.right && isNumber(b) {
		return compareNumbers(operator, a, b)
	}
	return compareTexts(operator, a, b)
}

// compareNumbers compares two values as numbers. Where one is none, the answer
// is nil.
func compareNumbers(operator string, a, b any) (any, error) {
	x, y := numberOf(a), numberOf(b)
	if x == nil || y == nil {
		return nil, nil
	}
	return holds(operator, order(x, y)), nil
}

// compareTexts compares two values as text, byte for byte; nil where one is nil.
func compareTexts(operator string, a, b any) (any, error) {
	x, y, missing, err := twoTexts(a, b)
	if missing || err != nil {
		return nil, err
	}
	return holds(operator, strings.Compare(x, y)), nil
}

// compareColumns compares two columns: as text, but which of two numbers is
// larger is told by their values.
func compareColumns(operator string, a, b any) (any, error) {
	if isNumber(a) && isNumber(b) && operator != "==" && operator != "!=" {
		return compareNumbers(operator, a, b)
	}
	return compareTexts(operator, a, b)
}

// holds tells whether an operator holds for two values in this order.
func holds(operator string, order int) bool {
	switch operator {
	case "==":
		return order == 0
	case "!=":
		return order != 0
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	}
	return order >= 0
}

// in reports whether a list holds a value: each element is compared with it as
// == would, and where none is equal but one is nil, the answer is nil.
func in(value, list any, isColumn bool) (any, error) {
	if value == nil || list == nil {
		return nil, nil
	}
	if object, ok := list.(map[string]any); ok {
		key, err := textOf(value)
		if err != nil {
			return nil, err
		}
		_, ok := object[key]
		return ok, nil
	}
	elements, ok := list.([]any)
	if !ok {
		return nil, fmt.Errorf("in wants a list, not %s; contains looks into a text", describe(list))
	}
	var answer any = false
	for _, element := range elements {
		equal, err := compareDynamic("==", value, element, side{!isColumn, true})
		if err != nil {
			return nil, err
		}
		if equal == true {
			return true, nil
		}
		if equal == nil && element == nil {
			answer = nil
		}
	}
	return answer, nil
}

func isNumber(v any) bool {
	switch v.(type) {
	case int64, float64:
		return true
	}
	return false
}

// numberOf reads a value as a number, nil where it is none.
func numberOf(v any) any {
	switch v := v.(type) {
	case string:
		return workbook.Number(v)
	case int64, float64:
		return v
	}
	return nil
}

// order compares two numbers by value, exactly also where one is an integer and
// the other is not.
func order(a, b any) int {
	x, xInt := a.(int64)
	y, yInt := b.(int64)
	if xInt && yInt {
		return compareOrdered(x, y)
	}
	f, g := float(a), float(b)
	if xInt != yInt && (math.Abs(f) >= 1<<53 || math.Abs(g) >= 1<<53) {
		return exact(a).Cmp(exact(b))
	}
	return compareOrdered(f, g)
}

func compareOrdered[T int64 | float64](a, b T) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func float(v any) float64 {
	if i, ok := v.(int64); ok {
		return float64(i)
	}
	return v.(float64)
}

func exact(v any) *big.Float {
	if i, ok := v.(int64); ok {
		return new(big.Float).SetInt64(i)
	}
	return big.NewFloat(v.(float64))
}
