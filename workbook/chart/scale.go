package chart

import (
	"cmp"
	"math"
	"slices"

	"tabletop/workbook"
)

// A scale is the range that a drawing covers: from least to greatest, with
// nothing always in it.
type scale struct{ least, greatest float64 }

// scaled is the range of the first categories.
func (c Chart) scaled(categories int) scale {
	var s scale
	for i := range categories {
		for _, p := range c.parts(i) {
			s.least, s.greatest = min(s.least, p.from, p.to), max(s.greatest, p.from, p.to)
		}
	}
	return s
}

// share is where a value lies on the way from the least to the greatest.
func (s scale) share(v float64) float64 {
	// Divided first, so that the widest range has no width beyond all numbers.
	size := max(-s.least, s.greatest)
	if size == 0 {
		return 0
	}
	width := s.greatest/size - s.least/size
	return (v/size - s.least/size) / width
}

// A part is the stretch of a category that a series takes.
type part struct {
	series   int
	from, to float64
}

// parts are those of a category: from nothing to each value, or one on top of the
// other, what is less than nothing to the other side.
func (c Chart) parts(category int) []part {
	var out []part
	up, down := 0.0, 0.0
	for i, s := range c.Series {
		v, ok := s.at(category)
		switch {
		case !ok:
		case !c.stacked():
			out = append(out, part{i, 0, v})
		case v < 0:
			out = append(out, part{i, down, finite(down + v)})
			down = finite(down + v)
		default:
			out = append(out, part{i, up, finite(up + v)})
			up = finite(up + v)
		}
	}
	return out
}

// total is the sum of a category as a reader sees it.
func (c Chart) total(category int) string {
	var sum workbook.Value
	for _, s := range c.Series {
		switch v := s.Values[category]; {
		case v == nil:
		case sum == nil:
			sum = v
		default:
			sum = add(sum, v)
		}
	}
	return Number(sum)
}

// stretch is a part's place in so many cells, from the lower end to the upper.
func (s scale) stretch(p part, cells int) (from, to int) {
	at := func(v float64) int { return int(math.Round(s.share(v) * float64(cells))) }
	from, to = at(p.from), at(p.to)
	if from > to {
		from, to = to, from
	}
	return from, to
}

// A slice is a piece of a pie.
type slice struct {
	label, value string
	// share is its part of the whole, from and to where it lies on the round.
	share, from, to float64
	// class tells its colour; 0 is that of the others.
	class int
}

// mostSlices is the most pieces of a pie; the rest is one piece.
const mostSlices = 8

// slices cuts the pie: the largest pieces first and each for itself, the others
// together.
func (c Chart) slices() []slice {
	if len(c.Series) == 0 {
		return nil
	}
	s := c.Series[0]
	order := make([]int, 0, len(c.Labels))
	largest := 0.0
	for i := range c.Labels {
		if v, ok := s.at(i); ok && v > 0 {
			order = append(order, i)
			largest = max(largest, v)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(real64(s.Values[b]), real64(s.Values[a])) })
	whole := 0.0 // in the largest's, so that it is finite
	for _, i := range order {
		whole += real64(s.Values[i]) / largest
	}
	shown := order[:min(len(order), mostSlices)]
	if len(order) == mostSlices+1 { // one that is alone has its own name
		shown = order
	}
	var out []slice
	at := 0.0
	put := func(label string, value workbook.Value, share float64, class int) {
		out = append(out, slice{label, Number(value), share, at, min(at+share, 1), class})
		at = min(at+share, 1)
	}
	part := func(i int) float64 { return real64(s.Values[i]) / largest / whole }
	for n, i := range shown {
		put(c.Labels[i], s.Values[i], part(i), (n+1)%(mostSlices+1))
	}
	if rest := order[len(shown):]; len(rest) > 0 {
		sum, share := s.Values[rest[0]], part(rest[0])
		for _, i := range rest[1:] {
			sum, share = add(sum, s.Values[i]), share+part(i)
		}
		put(counted(len(rest), "other", "others"), sum, share, 0)
	}
	return out
}
