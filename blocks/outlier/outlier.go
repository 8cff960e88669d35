// Package outlier tells which entities stand apart from the others. In goes a
// table with a row an entity and a column a feature, such as how many events a
// source has; out comes a score for each, the feature in which the entity is
// farthest out, and the median there.
//
// The score is the modified z-score of Iglewicz and Hoaglin (How to Detect and
// Handle Outliers, ASQC Quality Press, 1993), which the NIST/SEMATECH e-Handbook of
// Statistical Methods gives in section 1.3.5.17:
//
//	M = 0.6745 · (x − median) / MAD,   MAD = median of |x − median|
//
// With normal values M is measured in standard deviations, and a few extreme ones
// move neither the median nor the MAD. Where more than half of the values are the
// same, MAD is 0; the mean absolute deviation takes its place, as
// (x − median) / (1.253314 · mean of |x − median|), where 1.253314, √(π/2), makes
// it a standard deviation as well; the page "Modified z score" of IBM's Cognos
// Analytics gives it so. Where all are the same, M is 0.
//
// DNIF does not publish the model of its own Outlier block: its outliers may be
// others.
package outlier

import (
	"math"
	"slices"
)

// Threshold is the |M| above which Iglewicz and Hoaglin call a value a potential
// outlier.
const Threshold = 3.5

// Fewest is the least number of entities among which one can be an outlier: with
// four, three of them the same, the fourth stands at 3.19 however far it is out.
const Fewest = 5

// A Spread is where values lie, and how far from one another.
type Spread struct {
	// Median is that of the values.
	Median float64
	// unit is what the values are measured in, so that no difference of two is
	// beyond all numbers; median and deviation are in it.
	unit, median float64
	// deviation is what differences are divided by, 0 where all values are the
	// same, and factor what they are multiplied with.
	deviation, factor float64
}

// Of measures values, which are finite. Their order does not matter.
func Of(values []float64) Spread {
	s := Spread{unit: 1}
	if len(values) == 0 {
		return s
	}
	largest := 0.0
	for _, v := range values {
		largest = max(largest, math.Abs(v))
	}
	if largest > 0 {
		_, exponent := math.Frexp(largest)
		s.unit = math.Ldexp(1, exponent-1) // a power of two, which changes no digit
	}
	scaled := make([]float64, len(values))
	for i, v := range values {
		scaled[i] = v / s.unit
	}
	s.median = median(scaled)
	s.Median = s.median * s.unit
	mean := 0.0
	for i, v := range scaled {
		scaled[i] = math.Abs(v - s.median)
		mean += scaled[i] / float64(len(scaled))
	}
	s.deviation, s.factor = median(scaled), 0.6745
	if s.deviation == 0 {
		s.deviation, s.factor = mean*math.Sqrt(math.Pi/2), 1
	}
	return s
}

// Score is M of a value.
func (s Spread) Score(x float64) float64 {
	if s.deviation == 0 {
		return 0
	}
	m := s.factor * (x/s.unit - s.median) / s.deviation
	return min(max(m, -math.MaxFloat64), math.MaxFloat64)
}

// median is the middle value, or the mean of the two in the middle. It sorts.
func median(values []float64) float64 {
	slices.Sort(values)
	middle := len(values) / 2
	if len(values)%2 == 1 {
		return values[middle]
	}
	return values[middle-1]/2 + values[middle]/2
}
