package code

import (
	"math"

	"tabletop/workbook"
)

var numberFunctions = []function{
	{name: "int", least: 1, most: 1, gives: number, call: func(a []any) (any, error) { return whole(numberOf(a[0]), math.Trunc) }},
	{name: "float", least: 1, most: 1, gives: number, call: func(a []any) (any, error) {
		if n := numberOf(a[0]); n != nil {
			return float(n), nil
		}
		return nil, nil
	}},
	rounding("floor", math.Floor), rounding("ceil", math.Ceil), rounding("round", math.Round),
	{name: "abs", least: 1, most: 1, gives: number, call: func(a []any) (any, error) {
		n := numberOf(a[0])
		if n == nil || order(n, int64(0)) >= 0 {
			return n, nil
		}
		return arithmetic("-", int64(0), n)
	}},
	{name: "min", least: 1, most: -1, gives: number, call: func(a []any) (any, error) { return extreme(a, -1) }},
	{name: "max", least: 1, most: -1, gives: number, call: func(a []any) (any, error) { return extreme(a, 1) }},
}

func rounding(name string, to func(float64) float64) function {
	return function{name: name, least: 1, most: 1, gives: number, call: func(a []any) (any, error) { return whole(numberOf(a[0]), to) }}
}

// whole turns a number into a whole one.
func whole(n any, to func(float64) float64) (any, error) {
	f, ok := n.(float64)
	if !ok {
		return n, nil
	}
	f = to(f)
	if math.Abs(f) >= 1<<63 {
		return nil, errTooLarge
	}
	return int64(f), nil
}

// extreme is the least (-1) or the greatest (1) of the numbers; what is none is
// left out.
func extreme(a []any, sign int) (any, error) {
	var best workbook.Value
	for _, v := range a {
		if n := numberOf(v); n != nil && (best == nil || order(n, best) == sign) {
			best = n
		}
	}
	return best, nil
}
