package reconcile

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// noon is a moment around which tests lie.
var noon = time.Date(2026, 1, 30, 12, 0, 0, 0, time.UTC)

// at is so many minutes behind noon.
func at(minutes int) time.Time { return noon.Add(time.Duration(minutes) * time.Minute) }

// TestPairGivesAsManyAsCanBe holds the pairs against all that could be chosen.
func TestPairGivesAsManyAsCanBe(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		o := Options{Within: time.Duration(rapid.IntRange(-1, 6).Draw(rt, "within")) * time.Minute}
		var spans []span
		from := 0
		for range rapid.IntRange(0, 5).Draw(rt, "spans") {
			from += rapid.IntRange(1, 8).Draw(rt, "gap")
			to := from + rapid.IntRange(0, 4).Draw(rt, "long")
			spans = append(spans, span{at(from), at(to)})
			from = to
		}
		minutes := rapid.SliceOfN(rapid.IntRange(-5, 50), 0, 6).Draw(rt, "moments")
		slices.Sort(minutes)
		moments := make([]time.Time, len(minutes), len(minutes)+2)
		for i, m := range minutes {
			moments[i] = at(m)
		}
		moments = append(moments, make([]time.Time, rapid.IntRange(0, 2).Draw(rt, "untimed"))...)
		of := o.pair(spans, moments)
		paired, taken := 0, map[int]bool{}
		for i, m := range of {
			if m < 0 {
				continue
			}
			if taken[m] {
				rt.Fatalf("moment %d belongs to two spans: %v", m, of)
			}
			if !moments[m].IsZero() && !o.near(spans[i].apart(moments[m])) {
				rt.Fatalf("moment %d is far from span %d: %v", m, i, of)
			}
			taken[m] = true
			paired++
		}
		if most := mostPairs(o, spans, moments); paired != most {
			rt.Fatalf("%d pairs of %d that can be: %v", paired, most, of)
		}
	})
}

// mostPairs tries every choice.
func mostPairs(o Options, spans []span, moments []time.Time) int {
	if len(spans) == 0 {
		return 0
	}
	best := mostPairs(o, spans[1:], moments)
	for m, t := range moments {
		if t.IsZero() || o.near(spans[0].apart(t)) {
			best = max(best, 1+mostPairs(o, spans[1:], slices.Concat(moments[:m], moments[m+1:])))
		}
	}
	return best
}
