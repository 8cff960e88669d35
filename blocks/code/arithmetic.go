package code

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
)

var errTooLarge = errors.New("the result is too large for a number")

// arithmetic computes with two numbers, or texts that are numbers. Nil gives
// nil, as does a division by zero; whole numbers stay exact to 64 bits.
func arithmetic(operator string, a, b any) (any, error) {
	if a == nil || b == nil {
		return nil, nil
	}
	x, y := numberOf(a), numberOf(b)
	for i, n := range []any{x, y} {
		if n == nil {
			return nil, notANumber(operator, []any{a, b}[i])
		}
	}
	i, whole := x.(int64)
	j, alsoWhole := y.(int64)
	if whole && alsoWhole {
		if v, ok, err := integers(operator, i, j); ok {
			return v, err
		}
	}
	return floats(operator, float(x), float(y))
}

func notANumber(operator string, v any) error {
	if operator == "+" {
		return fmt.Errorf("%s is no number; to join texts write \"\" + $A + $B", describe(v))
	}
	return fmt.Errorf("%s is no number", describe(v))
}

// integers computes what whole numbers give a whole number for; ok is false for
// division and powers.
func integers(operator string, a, b int64) (v any, ok bool, err error) {
	switch operator {
	case "+":
		if sum := a + b; (sum > a) == (b > 0) {
			return sum, true, nil
		}
	case "-":
		if difference := a - b; (difference < a) == (b > 0) {
			return difference, true, nil
		}
	case "*":
		if product, exact := multiply(a, b); exact {
			return product, true, nil
		}
	case "%":
		switch b {
		case 0:
			return nil, true, nil
		case -1:
			return int64(0), true, nil
		}
		return a % b, true, nil
	default:
		return nil, false, nil
	}
	return nil, true, errTooLarge
}

func multiply(a, b int64) (int64, bool) {
	high, low := bits.Mul64(magnitude(a), magnitude(b))
	negative := (a < 0) != (b < 0)
	switch {
	case high != 0 || low > 1<<63 || low == 1<<63 && !negative:
		return 0, false
	case negative:
		return -int64(low), true
	}
	return int64(low), true
}

func magnitude(a int64) uint64 {
	if a < 0 {
		return -uint64(a)
	}
	return uint64(a)
}

func floats(operator string, a, b float64) (any, error) {
	var v float64
	switch operator {
	case "+":
		v = a + b
	case "-":
		v = a - b
	case "*":
		v = a * b
	case "/":
		if b == 0 {
			return nil, nil
		}
		v = a / b
	case "%":
		if b == 0 {
			return nil, nil
		}
		v = math.Mod(a, b)
	default:
		v = math.Pow(a, b)
	}
	if math.IsInf(v, 0) || math.IsNaN(v) {
		return nil, errTooLarge
	}
	return v, nil
}
