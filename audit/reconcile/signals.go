package reconcile

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"
)

// A Signal is one that is expected, or one that was found. Two with the same Key
// are the same but for their time.
type Signal struct {
	// ID names an expected signal for other commands, as 1/s1; of one that was found
	// it is its place.
	ID   string
	Key  string
	Name string
	// First and Last are when it was first and last seen. Of one that was found only
	// First counts, and is zero where nobody knows.
	First, Last time.Time
}

// raisedWithin is the rolling window in which DNIF makes one of equal signals.
const raisedWithin = 3 * time.Hour

// A raising is one expected signal with all that DNIF would have made one of.
type raising struct {
	span
	ids []string
}

// A voice is all signals that are the same but for their times.
type voice struct {
	name            string
	expected, found []Signal
}

// Signals holds the signals that were found against those that are expected, of
// which equal ones within three hours count as one, as in DNIF.
func Signals(expected, found []Signal, o Options) Report {
	voices := map[string]*voice{}
	at := func(s Signal) *voice {
		if voices[s.Key] == nil {
			voices[s.Key] = &voice{name: s.Name}
		}
		return voices[s.Key]
	}
	var spans []span
	for _, s := range expected {
		at(s).expected = append(at(s).expected, s)
		spans = append(spans, span{s.First, s.Last})
	}
	for _, s := range found {
		at(s).found = append(at(s).found, s)
	}
	w := windowOf(o, spans)
	report := Report{From: w.from, Until: w.until}
	for _, key := range slices.Sorted(maps.Keys(voices)) {
		voices[key].report(o, w, &report)
	}
	report.Findings = sorted(report.Findings)
	return report
}

// bySeen puts signals in order, those without a time at the end.
func bySeen(signals []Signal) {
	slices.SortStableFunc(signals, func(a, b Signal) int {
		if a.First.IsZero() != b.First.IsZero() {
			if a.First.IsZero() {
				return 1
			}
			return -1
		}
		return cmp.Or(a.First.Compare(b.First), cmp.Compare(a.ID, b.ID))
	})
}

// raisings joins what DNIF would have made one of.
func (v *voice) raisings() []raising {
	bySeen(v.expected)
	var all []raising
	for _, s := range v.expected {
		if n := len(all); n == 0 || s.First.Sub(all[n-1].last) > raisedWithin {
			all = append(all, raising{span: span{s.First, s.Last}})
		}
		last := &all[len(all)-1]
		last.span, last.ids = last.with(span{s.First, s.Last}), append(last.ids, s.ID)
	}
	return all
}

func (v *voice) report(o Options, w window, to *Report) {
	expected := v.raisings()
	bySeen(v.found)
	spans, moments := make([]span, len(expected)), make([]time.Time, len(v.found))
	for i, r := range expected {
		spans[i] = r.span
	}
	for i, s := range v.found {
		moments[i] = s.First
	}
	taken := map[int]bool{}
	for i, m := range o.pair(spans, moments) {
		if m >= 0 {
			taken[m] = true
		}
		switch {
		case !w.meets(spans[i]):
		case m < 0:
			to.Expected++
			to.Findings = append(to.Findings, v.finding(Missing, spans[i].first, noSignal(spans[i], moments), expected[i].ids))
		default:
			to.Expected, to.Found = to.Expected+1, to.Found+1
			to.Findings = append(to.Findings, v.finding(There, spans[i].first, raised(v.found[m]), expected[i].ids, v.found[m].ID))
		}
	}
	for m, s := range v.found {
		switch {
		case taken[m]:
		case !w.holds(s.First):
			to.Outside++
		default:
			to.Found++
			to.Findings = append(to.Findings, v.surplus(o, s, expected))
		}
	}
}

// surplus says what a signal is that belongs to nothing expected.
func (v *voice) surplus(o Options, s Signal, expected []raising) Finding {
	for _, r := range expected {
		if s.First.IsZero() || o.near(r.apart(s.First)) {
			return v.finding(Twice, s.First, raised(s)+", beside the one that belongs to it", r.ids, s.ID)
		}
	}
	return v.finding(Unexpected, s.First, raised(s)+"; no recorded run raises it then", nil, s.ID)
}

func (v *voice) finding(k Kind, at time.Time, reason string, ids []string, places ...string) Finding {
	return Finding{Kind: k, Type: "signal", Target: v.name, Reason: reason, Time: at, Expected: append([]string{}, ids...), Found: append([]string{}, places...)}
}

// noSignal says why a signal has no record.
func noSignal(of span, moments []time.Time) string {
	var nearest time.Time
	for _, t := range moments {
		if !t.IsZero() && (nearest.IsZero() || of.apart(t) < of.apart(nearest)) {
			nearest = t
		}
	}
	if nearest.IsZero() {
		return "no such signal"
	}
	return fmt.Sprintf("none at that time; the nearest was raised %s, %s away", moment(nearest), roughly(of.apart(nearest)))
}

func raised(s Signal) string {
	if s.First.IsZero() {
		return "raised, when is not told"
	}
	return "raised " + moment(s.First)
}
