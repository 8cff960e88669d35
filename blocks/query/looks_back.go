package query

import "time"

// LooksBack is the span that the block reads at a clock; false where it reads all
// time, or where its time is written such that it can't be told.
func (s *step) LooksBack(now time.Time, zone *time.Location) (time.Duration, bool) {
	return s.statement.looksBack(s.options, now, zone)
}

// LooksBack is as that of a block: of the question that begins the pipeline.
func (p *Pipeline) LooksBack(now time.Time, zone *time.Location) (time.Duration, bool) {
	first, ok := p.parts[0].(interface {
		looksBack(now time.Time, zone *time.Location) (time.Duration, bool)
	})
	if !ok {
		return 0, false
	}
	return first.looksBack(now, zone)
}

func (a asked) looksBack(now time.Time, zone *time.Location) (time.Duration, bool) {
	return a.statement.looksBack(a.options, now, zone)
}

// looksBack is the longest span of the query's scans, or, where those are not
// known before the run, of its outermost SELECT.
func (s *Statement) looksBack(o Options, now time.Time, zone *time.Location) (longest time.Duration, ok bool) {
	if q, known := s.ahead(o, Clock{Now: now, Zone: zone}); known {
		for _, scan := range q.Scans {
			if scan.Window.From.IsZero() {
				return 0, false
			}
			longest = max(longest, now.Sub(scan.Window.From))
		}
		return longest, len(q.Scans) > 0
	}
	window, err := s.tree.Window.resolve(now, zone, o.Standard)
	if err != nil || window.From.IsZero() {
		return 0, false
	}
	return now.Sub(window.From), true
}
