package lint

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"tabletop/workbook"
	"tabletop/workbook/events"
	"tabletop/workbook/findings"
	"tabletop/workbook/source"
)

// rows tells of blocks that can never give any.
func (l *linter) rows() {
	for _, d := range l.deeds {
		if d.Never != nil {
			spot := source.Spot{Place: d.Never.Place, LineText: d.Never.LineText}
			l.warn(d, spot, findings.NeverRows, "this block can never give rows: "+d.Never.Message, d.Never.Fix)
		}
	}
}

// streams holds what queries read against what the events hold.
func (l *linter) streams() {
	if l.Events == nil {
		return
	}
	streams := map[string]*events.InspectedStream{}
	var names []string
	for i := range l.Events.Streams {
		streams[l.Events.Streams[i].Name] = &l.Events.Streams[i]
		names = append(names, l.Events.Streams[i].Name)
	}
	none := "no event"
	if l.Events.Sampled {
		none = fmt.Sprintf("none of the first %d events of a file", l.LookedAt)
	}
	for _, r := range l.Program.Reads() {
		s := streams[r.Stream]
		if s == nil {
			if !l.Events.Sampled {
				d, spot := l.naming(r.Stream, func(d deed) []workbook.Named { return d.Streams })
				l.warn(d, spot, findings.NoEvents, "no event has the stream "+r.Stream, source.DidYouMean(r.Stream, names))
			}
			continue
		}
		for _, column := range r.Columns {
			if bare := plain(column); s.Has("$"+bare) || s.Has(bare) {
				continue
			}
			fix := source.DidYouMean(column, s.Filled())
			if e, ok := events.EnrichmentFor(column, s.Filled()); ok {
				fix = e.String()
			}
			d, spot := l.naming(column, func(d deed) []workbook.Named { return d.Columns })
			l.warn(d, spot, findings.UnseenColumn, none+" of "+r.Stream+" has the column "+column, fix)
		}
	}
	l.beyond(streams)
}

// naming is where a name stands first.
func (l *linter) naming(name string, of func(deed) []workbook.Named) (deed, source.Spot) {
	for _, d := range l.deeds {
		for _, n := range of(d) {
			if strings.EqualFold(plain(n.Name), plain(name)) {
				return d, n.Spot
			}
		}
	}
	return deed{}, source.Spot{}
}

// beyond tells of durations that reach back to before the first event, by more
// than a tenth of what there is. It needs all events: the first of a file do not
// tell how far they reach.
func (l *linter) beyond(streams map[string]*events.InspectedStream) {
	if l.Events.Sampled {
		return
	}
	clock := l.clock(streams)
	if clock.IsZero() {
		return
	}
	for _, d := range l.deeds {
		for _, w := range d.Windows {
			oldest := l.oldest(streams, w.Streams)
			if oldest.IsZero() {
				continue
			}
			if reach := clock.Sub(oldest); w.Span > reach+reach/10 {
				l.warn(d, w.Spot, findings.BeyondEvents,
					fmt.Sprintf("the duration reaches %s back, and the events %s: they begin at %s", spoken(w.Span), spoken(reach), oldest.UTC().Format(time.RFC3339)),
					"rehearse on more events, or shorten the duration")
			}
		}
	}
}

// clock is the newest event of what the workbook reads.
func (l *linter) clock(streams map[string]*events.InspectedStream) time.Time {
	var newest time.Time
	read := l.Program.Streams()
	for name, s := range streams {
		if (slices.Contains(read, name) || slices.Contains(read, "*")) && s.Newest.After(newest) {
			newest = s.Newest
		}
	}
	return newest
}

// oldest is the first event of some streams, of all where none is named.
func (l *linter) oldest(streams map[string]*events.InspectedStream, names []string) time.Time {
	var oldest time.Time
	for name, s := range streams {
		if len(names) > 0 && !slices.Contains(names, name) || s.Oldest.IsZero() {
			continue
		}
		if oldest.IsZero() || s.Oldest.Before(oldest) {
			oldest = s.Oldest
		}
	}
	return oldest
}

// spoken is a span in its largest units.
func spoken(d time.Duration) string {
	switch {
	case d >= 2*day:
		return fmt.Sprintf("%.3g days", d.Hours()/24)
	case d >= 2*time.Hour:
		return fmt.Sprintf("%.3g hours", d.Hours())
	}
	return fmt.Sprintf("%.3g minutes", d.Minutes())
}
