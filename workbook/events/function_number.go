package events

import (
	"database/sql/driver"
	"math"

	"tabletop/workbook"
)

// numberFunctions are those of numbers:
//
//	floor_of(x), ceiling_of(x)  the whole number below and above
//	greatest_of(x, …)           by the order of ORDER BY; NULL is passed over
//	least_of(x, …)
func numberFunctions() []scalar {
	return []scalar{
		{"floor_of", 1, wholeNumber(math.Floor)},
		{"ceiling_of", 1, wholeNumber(math.Ceil)},
		{"greatest_of", -1, extremeOf(1)},
		{"least_of", -1, extremeOf(-1)},
	}
}

func wholeNumber(round func(float64) float64) func([]driver.Value) (driver.Value, error) {
	return func(args []driver.Value) (driver.Value, error) {
		switch n := workbook.Number(plain(args[0])).(type) {
		case int64:
			return n, nil
		case float64:
			if r := round(n); math.Abs(r) < math.MaxInt64 {
				return int64(r), nil
			}
		}
		return nil, nil
	}
}

func extremeOf(sign int) func([]driver.Value) (driver.Value, error) {
	return func(args []driver.Value) (driver.Value, error) {
		var best workbook.Value
		for _, arg := range args {
			if v := plain(arg); v != nil && (best == nil || Order(v, best)*sign > 0) {
				best = v
			}
		}
		return best, nil
	}
}

// Total adds up what of the values are numbers, or with mean gives their mean;
// it is NULL where none is.
func Total(values []workbook.Value, mean bool) workbook.Value {
	var t total
	for _, v := range values {
		t.add(workbook.Number(v))
	}
	if mean {
		return clean(t.mean())
	}
	return clean(t.sum())
}
