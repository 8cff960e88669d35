package reconcile

import (
	"cmp"
	"slices"
	"time"
)

func compareTargets(a, b Target) int {
	return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.Text, b.Text))
}

func momentsOf(records []*Record) []time.Time {
	moments := make([]time.Time, len(records))
	for i, r := range records {
		moments[i] = r.Time
	}
	return moments
}

// nearest is the ask that a moment lies near, nil where it lies near none.
func (s *side) nearest(t time.Time) *ask {
	for _, a := range s.asks {
		if t.IsZero() || s.near(a.apart(t)) {
			return a
		}
	}
	return nil
}

// strays are the records that belong to no ask, an entry with the task that put it
// on the list.
func (s *side) strays() [][]*Record {
	var groups [][]*Record
	for _, r := range s.left {
		i := slices.IndexFunc(groups, func(g []*Record) bool {
			return r.Kind == Entry && len(g) == 1 && g[0].Kind == Task && g[0].State != Failed &&
				(r.Task != "" && r.Task == g[0].Task || r.Task == "" && !r.Time.Before(g[0].Time))
		})
		if i >= 0 {
			groups[i] = append(groups[i], r)
			continue
		}
		groups = append(groups, []*Record{r})
	}
	return groups
}

// places are where records stand.
func places(records []*Record) []string {
	all := []string{}
	for _, r := range records {
		if !slices.Contains(all, r.Place) {
			all = append(all, r.Place)
		}
	}
	return all
}

// distinct counts records, each once.
func distinct(records []*Record) int {
	seen := map[*Record]bool{}
	for _, r := range records {
		seen[r] = true
	}
	return len(seen)
}
