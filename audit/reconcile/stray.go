package reconcile

import (
	"cmp"
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
// on the list: the one that it names, else the first that was before it. Tasks
// come before entries, each by time.
func (s *side) strays() [][]*Record {
	var groups [][]*Record
	byTask := map[string]int{}
	alone := func(i int) bool {
		return len(groups[i]) == 1 && groups[i][0].Kind == Task && groups[i][0].State != Failed
	}
	next := 0
	for _, r := range s.left {
		if r.Kind == Entry {
			i, known := byTask[r.Task]
			if r.Task == "" {
				for next < len(groups) && !alone(next) {
					next++
				}
				i, known = next, next < len(groups) && !r.Time.Before(groups[next][0].Time)
			}
			if known && alone(i) {
				groups[i] = append(groups[i], r)
				continue
			}
		} else if r.Task != "" {
			byTask[r.Task] = len(groups)
		}
		groups = append(groups, []*Record{r})
	}
	return groups
}

// places are where records stand, each once.
func places(records []*Record) []string {
	all, seen := []string{}, map[string]bool{}
	for _, r := range records {
		if !seen[r.Place] {
			seen[r.Place] = true
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
