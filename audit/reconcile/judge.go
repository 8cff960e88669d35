package reconcile

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

func (s *side) finding(k Kind, at time.Time, reason string, ids []string, records []*Record) Finding {
	return Finding{Kind: k, Type: s.target.Type, Target: s.target.Text, Reason: reason, Time: at, Expected: append([]string{}, ids...), Found: places(records)}
}

// judge says what became of an ask.
func (s *side) judge(a *ask) Finding {
	records := a.records()
	if len(records) == 0 {
		return s.finding(Missing, a.first, s.missing(a), a.ids, nil)
	}
	gone := s.gone(records)
	switch {
	case a.takenBack && gone == "":
		return s.finding(Unexpected, a.first, "it was taken back, and "+records[0].said(), a.ids, records)
	case a.takenBack:
		return s.finding(There, a.first, "taken back, and gone: "+gone, a.ids, records)
	case gone != "":
		return s.finding(Gone, a.first, gone, a.ids, records)
	}
	said := make([]string, len(records))
	for i, r := range records {
		said[i] = r.said()
	}
	reason := strings.Join(said, "; ")
	if a.standing != nil {
		reason += ": it stood there before, and the vendor makes no second one"
	}
	return s.finding(There, a.first, reason, a.ids, records)
}

// missing says why an ask has no record, as far as the records tell.
func (s *side) missing(a *ask) string {
	if a.takenBack {
		return "it was taken back, and the export no longer holds it"
	}
	for _, r := range s.failed {
		if r.Time.IsZero() || s.near(a.apart(r.Time)) {
			return r.said() + ": it ended without a block"
		}
	}
	reason := "no record of the target"
	if r := s.closest(a); r != nil {
		reason = fmt.Sprintf("none at that time; the nearest is %s, %s away", r.said(), roughly(a.apart(r.Time)))
	}
	if a.doubt != "" {
		reason += "; " + a.doubt
	}
	return reason
}

// closest is the record of a block whose time is the nearest to an ask.
func (s *side) closest(a *ask) *Record {
	var found *Record
	for _, r := range slices.Concat(s.tasks, s.entries) {
		if !r.Time.IsZero() && (found == nil || a.apart(r.Time) < a.apart(found.Time)) {
			found = r
		}
	}
	return found
}

// gone says why a block that was there is no more, and is empty where it stands.
func (s *side) gone(records []*Record) string {
	if u := s.takenOff(newest(records)); u != nil {
		return "taken off by " + u.said()
	}
	for _, r := range s.entries {
		if r.Expires.IsZero() || r.Expires.After(s.AsOf) {
			return ""
		}
	}
	switch {
	case len(s.entries) > 0:
		return "on the list, and expired " + moment(s.entries[len(s.entries)-1].Expires)
	case s.Listed:
		return records[0].said() + ", and not on the list: it expired, was evicted or was taken off there"
	}
	return ""
}

// takenOff is the task that took the block of a time back, unless another block
// came after it; nil where none did.
func (s *side) takenOff(blocked time.Time) *Record {
	for _, u := range slices.Backward(s.undone) {
		again := slices.ContainsFunc(slices.Concat(s.tasks, s.entries), func(r *Record) bool { return r.Time.After(u.Time) })
		if !u.Time.Before(blocked) && !again {
			return u
		}
	}
	return nil
}

// stray says what records are that belong to no ask.
func (s *side) stray(group []*Record) Finding {
	r := group[0]
	at := newest(group)
	near := s.nearest(r.Time)
	if near != nil && len(near.records()) > 0 && r.State != Failed {
		return s.finding(Twice, at, fmt.Sprintf("%s, beside %s", r.said(), near.records()[0].said()), near.ids, group)
	}
	reason := r.said() + "; no recorded run expects it"
	if len(s.asks) > 0 && !r.Time.IsZero() {
		best := slices.MinFunc(s.asks, func(a, b *ask) int { return cmp.Compare(a.apart(r.Time), b.apart(r.Time)) })
		reason = fmt.Sprintf("%s; %s expects it %s away", r.said(), best.ids[0], roughly(best.apart(r.Time)))
	}
	return s.finding(Unexpected, at, reason, nil, group)
}

// protected tells of records that block what must not be blocked.
func (s *side) protected(shown []*Record) (Finding, bool) {
	var records []*Record
	var ids []string
	reason := ""
	for _, r := range shown {
		if r.Protected != "" && !slices.Contains(records, r) {
			records, reason = append(records, r), r.Protected
		}
	}
	if len(records) == 0 {
		return Finding{}, false
	}
	for _, a := range s.asks {
		if slices.ContainsFunc(a.records(), func(r *Record) bool { return slices.Contains(records, r) }) {
			ids = append(ids, a.ids...)
		}
	}
	return s.finding(Protected, newest(records), reason, ids, records), true
}

// roughly writes a span of time in its largest unit.
func roughly(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%.0f seconds", d.Seconds())
	case d < 2*time.Hour:
		return fmt.Sprintf("%.0f minutes", d.Minutes())
	case d < 48*time.Hour:
		return fmt.Sprintf("%.0f hours", d.Hours())
	}
	return fmt.Sprintf("%.0f days", d.Hours()/24)
}
