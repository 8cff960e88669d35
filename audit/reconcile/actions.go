package reconcile

import (
	"maps"
	"slices"
)

// Actions holds a vendor's records against the actions that are expected.
//
// A block is there where the vendor has a task for its target, or an entry of its
// list, at about the time, or one from before that still stood: the vendor makes
// no second one. Of several records for one time the first belongs to it, and the
// others are there twice.
func Actions(expected []Action, records []Record, o Options) Report {
	records, nameless := named(records, expected)
	records, repeated := once(records)
	sides := map[Target]*side{}
	at := func(t Target) *side {
		if sides[t] == nil {
			sides[t] = &side{Options: o, target: t}
		}
		return sides[t]
	}
	var spans []span
	for _, a := range expected {
		at(a.Target).actions = append(at(a.Target).actions, a)
		spans = append(spans, span{a.Time, a.Time})
	}
	for _, r := range records {
		at(r.Target).records = append(at(r.Target).records, r)
	}
	w := windowOf(o, spans)
	report := Report{From: w.from, Until: w.until, Nameless: nameless, Repeated: repeated}
	for _, target := range slices.SortedFunc(maps.Keys(sides), compareTargets) {
		sides[target].report(w, &report)
	}
	report.Findings = sorted(report.Findings)
	return report
}

// A side is one target: what is expected of it and what was found.
type side struct {
	Options
	target  Target
	actions []Action
	records []Record

	asks []*ask
	// tasks and entries are the records of blocks, undone those that took one back,
	// failed tasks that ended without one; each by time.
	tasks, entries, undone, failed []*Record
	// left are the records of blocks that belong to no ask.
	left []*Record
}

func (s *side) report(w window, to *Report) {
	s.asks = s.asksOf(s.actions)
	s.sort()
	s.assign()
	var shown []*Record
	for _, a := range s.asks {
		if w.meets(a.span) {
			to.Expected += len(a.ids)
			to.Findings = append(to.Findings, s.judge(a))
			shown = append(shown, a.records()...)
		}
	}
	for _, group := range s.strays() {
		inside := slices.ContainsFunc(group, func(r *Record) bool { return w.holds(r.Time) })
		if !inside {
			to.Outside += len(group)
			continue
		}
		to.Findings = append(to.Findings, s.stray(group))
		shown = append(shown, group...)
	}
	to.Found += distinct(shown)
	if f, ok := s.protected(shown); ok {
		to.Findings = append(to.Findings, f)
	}
}

// sort parts the records by what they say.
func (s *side) sort() {
	for i := range s.records {
		r := &s.records[i]
		switch {
		case r.Undoes:
			if r.State != Failed {
				s.undone = append(s.undone, r)
			}
		case !r.blocks():
			s.failed = append(s.failed, r)
		case r.Kind == Entry:
			s.entries = append(s.entries, r)
		default:
			s.tasks = append(s.tasks, r)
		}
	}
}

// assign gives the records to the asks.
func (s *side) assign() {
	for i, m := range s.pair(spansOf(s.asks), momentsOf(s.tasks)) {
		if m >= 0 {
			s.asks[i].task = s.tasks[m]
		}
	}
	for i, m := range s.pair(spansOf(s.asks), momentsOf(s.entries)) {
		if m >= 0 {
			s.asks[i].entry = s.entries[m]
		}
	}
	taken := map[*Record]bool{}
	for _, a := range s.asks {
		taken[a.task], taken[a.entry] = true, true
	}
	for _, r := range s.tasks {
		if !taken[r] {
			s.left = append(s.left, r)
		}
	}
	for _, r := range s.entries {
		if !taken[r] && !s.adopted(r) {
			s.left = append(s.left, r)
		}
	}
	for _, r := range s.failed {
		if s.nearest(r.Time) == nil {
			s.left = append(s.left, r)
		}
	}
	for _, a := range s.asks {
		if a.task != nil || a.entry != nil {
			continue
		}
		if a.standing = s.before(a); a.standing != nil {
			s.left = slices.DeleteFunc(s.left, func(r *Record) bool { return r == a.standing })
		}
	}
}

// adopted gives an entry to the ask whose task put it on the list: an entry's time
// is that of its last change.
func (s *side) adopted(r *Record) bool {
	for _, a := range slices.Backward(s.asks) {
		if a.task == nil || a.entry != nil {
			continue
		}
		if r.Task != "" && r.Task == a.task.Task || r.Task == "" && !r.Time.Before(a.task.Time) {
			a.entry = r
			return true
		}
	}
	return false
}

// before is the newest block from before an ask that still stood by then.
func (s *side) before(a *ask) *Record {
	var found *Record
	for _, r := range slices.Concat(s.tasks, s.entries) {
		stood := r.Time.Before(a.first) && (r.Expires.IsZero() || r.Expires.After(a.first)) && !s.lifted(r, a.span)
		if stood && !r.Time.IsZero() && (found == nil || r.Time.After(found.Time)) {
			found = r
		}
	}
	return found
}

// lifted reports whether a task took a block back before a span began.
func (s *side) lifted(r *Record, until span) bool {
	return slices.ContainsFunc(s.undone, func(u *Record) bool { return !u.Time.Before(r.Time) && !u.Time.After(until.first) })
}
