package reconcile

import (
	"slices"
	"time"
)

// pair gives each span at most one of the moments that lie near it, and each
// moment to at most one span, so that as many spans as can be have one. Both come
// sorted by time and the spans don't overlap; moments that are zero, whose time
// nobody knows, lie near each span and fill what is left. Of each span the index
// of its moment comes back, -1 for none.
//
// All spans reach equally far beyond their ends, so that of two spans the one that
// begins first also ends first: whoever waits for the moment that comes next, and
// can wait the least, gets it.
func (o Options) pair(spans []span, moments []time.Time) []int {
	of := slices.Repeat([]int{-1}, len(spans))
	next := 0
	for m, t := range moments {
		if t.IsZero() {
			continue
		}
		for next < len(spans) && t.After(spans[next].last) && !o.near(spans[next].apart(t)) {
			next++ // it can wait no longer
		}
		if next < len(spans) && o.near(spans[next].apart(t)) {
			of[next] = m
			next++
		}
	}
	left := 0
	for m, t := range moments {
		if !t.IsZero() {
			continue
		}
		for left < len(of) && of[left] >= 0 {
			left++
		}
		if left < len(of) {
			of[left] = m
		}
	}
	return of
}
