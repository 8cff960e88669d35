package events

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// MaxMinutes bounds the minutes that Arrivals tells: two years of them.
const MaxMinutes = 2 * 366 * 24 * 60

// Arrivals lists the minutes, each by its end and in order, in which events of
// streams have their time; no names mean every stream. Events of a minute lie
// behind its beginning and up to its end, as those of a window do.
func (s *Set) Arrivals(ctx context.Context, streams []string) ([]time.Time, error) {
	if err := s.sniff(ctx); err != nil {
		return nil, err
	}
	scan := Scan{Streams: streams, Every: len(streams) == 0, Window: Window{From: moment(1).time()}}
	for {
		minutes, err := s.arrivals(ctx, scan)
		if !s.readOtherwise(err) {
			return minutes, err
		}
	}
}

func (s *Set) arrivals(ctx context.Context, scan Scan) ([]time.Time, error) {
	var mu sync.Mutex
	all := map[moment]bool{}
	v := &view{scan: scan, sink: func() sink {
		return &arrivalSink{seen: map[moment]bool{}, done: func(seen map[moment]bool) {
			mu.Lock()
			defer mu.Unlock()
			maps.Copy(all, seen)
		}}
	}}
	if _, _, err := newPass(s, v).each(ctx); err != nil {
		return nil, err
	}
	if len(all) > MaxMinutes {
		return nil, errTooManyMinutes
	}
	var out []time.Time
	for _, m := range slices.Sorted(maps.Keys(all)) {
		out = append(out, m.time())
	}
	return out, nil
}

var errTooManyMinutes = fmt.Errorf("the events lie in more than %d minutes", MaxMinutes)

// An arrivalSink notes minutes by their ends.
type arrivalSink struct {
	seen map[moment]bool
	last moment
	done func(map[moment]bool)
}

func (a *arrivalSink) begin(context.Context, chunk, *reading) error { return nil }
func (a *arrivalSink) end(chunk, *reading, int64) error             { return nil }
func (a *arrivalSink) leave()                                       { a.done(a.seen) }

func (a *arrivalSink) hit(h hit) error {
	end := minuteEnd(h.at)
	if end == a.last {
		return nil
	}
	a.last = end
	if a.seen[end] = true; len(a.seen) > MaxMinutes {
		return errTooManyMinutes
	}
	return nil
}

// minuteEnd is the first whole minute that is not before a time.
func minuteEnd(at moment) moment {
	const minute = moment(time.Minute)
	over := at % minute
	if over > 0 {
		over -= minute
	}
	return at - over
}

// MakeAhead makes the groups that queries will ask for in one pass, instead of
// those that were made before. An error that a query's groups meet is told to
// who asks for them.
func (s *Set) MakeAhead(ctx context.Context, queries []Query) error {
	if err := s.sniff(ctx); err != nil {
		return err
	}
	var scans []Scan
	for _, q := range queries {
		scans = append(scans, groupedScans(q)...)
	}
	if s.ahead = nil; len(scans) == 0 {
		return nil
	}
	for {
		err := s.makeAhead(ctx, scans)
		if s.readOtherwise(err) {
			continue
		}
		if errors.As(err, new(errFile)) { // whoever reads the file will meet it
			return ctx.Err()
		}
		return err
	}
}

func (s *Set) makeAhead(ctx context.Context, scans []Scan) error {
	var views []*view
	var ends []func(tally) (*grouped, error)
	for _, scan := range scans {
		v, end := aheadView(scan)
		views, ends = append(views, v), append(ends, end)
	}
	p := newPass(s, views...)
	seen, broken, err := p.each(ctx)
	if err == nil {
		s.takeAhead(p, scans, ends, seen, broken)
	}
	return err
}

// takeAhead keeps the groups of a pass; seen are the tallies of its last views,
// one a scan.
func (s *Set) takeAhead(p *pass, scans []Scan, ends []func(tally) (*grouped, error), seen []tally, broken damage) {
	s.ahead = nil
	for i, end := range ends {
		made, err := end(seen[i])
		if err != nil { // who asks for it will meet the error
			continue
		}
		made.damage = p.damageFor(scans[i], broken)
		s.ahead = append(s.ahead, aheadGroups{scans[i], made})
	}
}
