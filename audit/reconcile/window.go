package reconcile

import "time"

// A span is a time with a beginning and an end, both in it.
type span struct{ first, last time.Time }

// apart is how far a moment lies from a span; 0 within it.
func (s span) apart(t time.Time) time.Duration {
	switch {
	case t.Before(s.first):
		return s.first.Sub(t)
	case t.After(s.last):
		return t.Sub(s.last)
	}
	return 0
}

// with is the span widened so that it holds another.
func (s span) with(other span) span {
	if other.first.Before(s.first) {
		s.first = other.first
	}
	if other.last.After(s.last) {
		s.last = other.last
	}
	return s
}

// near reports whether a distance is within the options' own.
func (o Options) near(d time.Duration) bool { return o.Within < 0 || d <= o.Within }

// A window is the time that is reported; a bound that is zero bounds nothing.
type window struct{ from, until time.Time }

// windowOf is that of the options, else the time of all that is expected.
func windowOf(o Options, expected []span) window {
	if !o.From.IsZero() || !o.Until.IsZero() || o.Within < 0 || len(expected) == 0 {
		return window{o.From, o.Until}
	}
	all := expected[0]
	for _, s := range expected {
		all = all.with(s)
	}
	// In whole seconds; the last moment is in the window, whose end is not.
	return window{all.first.Add(-o.Within).Truncate(time.Second), all.last.Add(o.Within + time.Second).Truncate(time.Second)}
}

// holds reports whether a moment is in the window; one that nobody knows is.
func (w window) holds(t time.Time) bool { return t.IsZero() || w.meets(span{t, t}) }

// meets reports whether some of a span is in the window.
func (w window) meets(s span) bool {
	return (w.from.IsZero() || !s.last.Before(w.from)) && (w.until.IsZero() || s.first.Before(w.until))
}
