package events

import (
	"fmt"
	"math"
	"math/big"

	"tabletop/workbook"
)

// An Aggregate is one number or value of a group.
type Aggregate struct {
	// Kind is count, count_if, sum, avg, min, max or count_distinct.
	Kind string
	// Column is what it is made of; -1 for count(*).
	Column int
	// If is the condition of count_if.
	If Filter
}

// state is what an aggregate has seen so far.
type state struct {
	count int64
	// sum adds up while it fits; all else that some aggregates need is wide.
	sum  int64
	wide *wide
}

type wide struct {
	total total
	best  workbook.Value
	at    int64
	set   map[string]struct{}
}

func (s *state) widened() *wide {
	if s.wide == nil {
		s.wide = &wide{}
	}
	return s.wide
}

// maxDistinct bounds the different values that a worker holds for the
// count(DISTINCT) of all groups, maxHeld the bytes of all texts that it keeps.
const (
	maxDistinct = 2_000_000
	maxHeld     = 256 << 20
)

var (
	errTooManyDistinct = fmt.Errorf("more than %d different values to count: narrow the query with WHERE", maxDistinct)
	errTooMuchText     = fmt.Errorf("the groups hold more than %d MB of text: group by shorter columns, or narrow the query with WHERE", maxHeld>>20)
)

// held is what a worker keeps for all its groups.
type held struct {
	distinct int
	bytes    int64
}

func (h *held) err() error {
	switch {
	case h.distinct > maxDistinct:
		return errTooManyDistinct
	case h.bytes > maxHeld:
		return errTooMuchText
	}
	return nil
}

// add takes one event into an aggregate.
func (s *state) add(a *Aggregate, h hit, rowid int64, kept *held) {
	switch a.Kind {
	case "count":
		if a.Column < 0 || !h.cells[a.Column].null() {
			s.count++
		}
	case "count_if":
		if a.If.test(h.cells) == isTrue {
			s.count++
		}
	case "sum", "avg":
		s.addNumber(&h.cells[a.Column])
	case "min", "max":
		if c := &h.cells[a.Column]; !c.null() {
			kept.bytes += s.widened().take(a, c.value(), rowid)
		}
	case "count_distinct":
		if c := &h.cells[a.Column]; !c.null() {
			w := s.widened()
			if w.set == nil {
				w.set = map[string]struct{}{}
			}
			text := c.text()
			if _, ok := w.set[string(text)]; !ok {
				kept.distinct++
				kept.bytes += int64(len(text))
				w.set[string(text)] = struct{}{}
			}
		}
	}
}

// addNumber adds a cell that is a number.
func (s *state) addNumber(c *cell) {
	if c.form != noForm {
		if n, ok := c.smallInt(); ok {
			if sum := s.sum + n; (sum > s.sum) == (n > 0) || n == 0 {
				s.sum = sum
				s.count++
				return
			}
		}
	}
	if v := c.number(); v != nil {
		s.count++
		s.widened().total.add(v)
	}
}

// take keeps the lowest or the highest value; of equal ones the first. It
// returns by how many bytes of text more is kept.
func (w *wide) take(a *Aggregate, v workbook.Value, rowid int64) int64 {
	if v == nil {
		return 0
	}
	if w.best != nil {
		order := Order(v, w.best)
		if a.Kind == "max" {
			order = -order
		}
		if order > 0 || order == 0 && rowid > w.at {
			return 0
		}
	}
	was, _ := w.best.(string)
	is, _ := v.(string)
	w.best, w.at = v, rowid
	return int64(len(is) - len(was))
}

// merge joins what two workers saw of a group.
func (s *state) merge(a *Aggregate, o *state) error {
	s.count += o.count
	if sum := s.sum + o.sum; (sum > s.sum) == (o.sum > 0) || o.sum == 0 {
		s.sum = sum
	} else {
		s.widened().total.addInt(o.sum)
	}
	if o.wide == nil {
		return nil
	}
	w := s.widened()
	w.total.merge(&o.wide.total)
	w.take(a, o.wide.best, o.wide.at)
	if w.set == nil {
		w.set = o.wide.set
		return nil
	}
	for text := range o.wide.set {
		w.set[text] = struct{}{}
	}
	if len(w.set) > maxDistinct {
		return errTooManyDistinct
	}
	return nil
}

// result is the aggregate's value.
func (s *state) result(a *Aggregate) workbook.Value {
	switch a.Kind {
	case "count", "count_if":
		return s.count
	case "sum", "avg":
		t := total{}
		if s.wide != nil {
			t = s.wide.total
		}
		t.addInt(s.sum)
		t.count = s.count
		if a.Kind == "sum" {
			return t.sum()
		}
		return t.mean()
	}
	switch {
	case s.wide == nil && a.Kind == "count_distinct":
		return int64(0)
	case s.wide == nil:
		return nil
	case a.Kind == "count_distinct":
		return int64(len(s.wide.set))
	}
	return s.wide.best
}

// A total adds numbers: whole ones exactly, real ones without loss until the
// end, so that it does not matter in which order they come.
type total struct {
	count int64
	small int64
	large *big.Int
	real  *big.Float
}

// exactBits hold any sum of float64s without loss.
const exactBits = 2300

func (t *total) add(v workbook.Value) {
	switch n := v.(type) {
	case int64:
		t.count++
		t.addInt(n)
	case float64:
		t.count++
		if t.real == nil {
			t.real = new(big.Float).SetPrec(exactBits)
		}
		t.real.Add(t.real, new(big.Float).SetFloat64(n))
	}
}

// addInt makes a new large number rather than change the one that a copy of the
// total may hold.
func (t *total) addInt(n int64) {
	if sum := t.small + n; (sum > t.small) == (n > 0) || n == 0 {
		t.small = sum
		return
	}
	large := big.NewInt(t.small)
	if t.large != nil {
		large.Add(large, t.large)
	}
	t.large = large
	t.small = n
}

func (t *total) merge(o *total) {
	t.count += o.count
	t.addInt(o.small)
	if o.large != nil {
		if t.large == nil {
			t.large = new(big.Int)
		}
		t.large.Add(t.large, o.large)
	}
	if o.real != nil {
		if t.real == nil {
			t.real = new(big.Float).SetPrec(exactBits)
		}
		t.real.Add(t.real, o.real)
	}
}

// whole is the exact sum of the whole numbers.
func (t *total) whole() *big.Int {
	w := big.NewInt(t.small)
	if t.large != nil {
		w.Add(w, t.large)
	}
	return w
}

// sum is an int64 where all numbers were whole and their sum fits, else a
// float64; nil for no numbers.
func (t *total) sum() workbook.Value {
	if t.count == 0 {
		return nil
	}
	if t.real == nil && t.large == nil {
		return t.small
	}
	if w := t.whole(); t.real == nil && w.IsInt64() {
		return w.Int64()
	}
	return finite(t.exact())
}

func (t *total) exact() float64 {
	sum := new(big.Float).SetPrec(exactBits).SetInt(t.whole())
	if t.real != nil {
		sum.Add(sum, t.real)
	}
	f, _ := sum.Float64()
	return f
}

func (t *total) mean() workbook.Value {
	if t.count == 0 {
		return nil
	}
	return finite(t.exact() / float64(t.count))
}

// finite is nil for what no number can hold.
func finite(f float64) workbook.Value {
	if math.IsInf(f, 0) || math.IsNaN(f) {
		return nil
	}
	return f
}
