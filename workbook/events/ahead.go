package events

import (
	"context"
	"reflect"
	"sync/atomic"
	"time"
)

// A run reads its events once: the pass that surveys and hashes them makes the
// groups that its queries will ask for as well. Their windows hang on the clock,
// which only the survey tells; a look at the ends of the files guesses it, and
// groups that were made for a wrong guess are never asked for.

// aheadGroups are groups that were made before they were asked for.
type aheadGroups struct {
	scan    Scan
	grouped *grouped
}

// tailBytes is how much of a file's end is looked at for its newest event.
const tailBytes = 64 << 10

// Read surveys and hashes the files in one pass. queries, given the times of
// the newest events by stream, lists what will be asked at that clock; it is
// nil where nothing is known to be asked.
func (s *Set) Read(ctx context.Context, queries func(newest *Survey) []Query) (*Survey, error) {
	return s.readAhead(ctx, true, queries)
}

// SurveyAhead is Read without the hashes, for a question that is not recorded.
func (s *Set) SurveyAhead(ctx context.Context, queries func(newest *Survey) []Query) (*Survey, error) {
	return s.readAhead(ctx, false, queries)
}

func (s *Set) readAhead(ctx context.Context, hashes bool, queries func(newest *Survey) []Query) (*Survey, error) {
	if s.survey != nil {
		return s.survey, nil
	}
	if err := s.sniff(ctx); err != nil {
		return nil, err
	}
	var scans []Scan
	if queries != nil {
		if glimpse := s.glimpse(ctx); glimpse != nil {
			for _, q := range queries(glimpse) {
				scans = append(scans, groupedScans(q)...)
				scans = scans[:min(len(scans), maxAhead)]
			}
		}
	}
	return s.surveyWith(ctx, hashes, scans)
}

// maxAhead bounds the scans that are grouped ahead in one pass.
const maxAhead = 8

// groupedScans lists the scans of a query that make groups.
func groupedScans(q Query) []Scan {
	var out []Scan
	for _, scan := range q.Scans {
		if scan.Grouping != nil && len(out) < maxAhead {
			out = append(out, scan)
		}
	}
	return out
}

// aheadView is a groupView whose errors are for who asks for the groups: until
// then nobody knows whether anybody will.
func aheadView(scan Scan) (*view, func(tally) (*grouped, error)) {
	v, finish := groupView(scan, true)
	var failed atomic.Pointer[error]
	made := v.sink
	v.sink = func() sink { return &aheadSink{sink: made(), failed: &failed} }
	return v, func(t tally) (*grouped, error) {
		if err := failed.Load(); err != nil {
			return nil, *err
		}
		return finish(t)
	}
}

// An aheadSink takes no more hits once one of its view has failed.
type aheadSink struct {
	sink
	failed *atomic.Pointer[error]
}

func (a *aheadSink) hit(h hit) error {
	if a.failed.Load() != nil {
		return nil
	}
	if err := a.sink.hit(h); err != nil {
		a.failed.Store(&err)
	}
	return nil
}

// glimpse surveys the ends of the files; nil where one can't be read from its
// middle. What is wrong with the files is for the survey to tell.
func (s *Set) glimpse(ctx context.Context) *Survey {
	v, finish := surveyView(s.futureFrom())
	p := newPass(s, v)
	p.tail = tailBytes
	if _, _, err := p.each(ctx); err != nil {
		return nil
	}
	out := &Survey{Streams: map[string]*Stream{}, Formats: map[string]string{}}
	perFile := finish()
	for i, f := range s.files {
		out.file(f, perFile[i], 0)
		f.holds = nil // not all of it was seen
	}
	return out
}

// grouped returns the groups of a scan: those made ahead, or made now.
func (s *Set) grouped(ctx context.Context, scan Scan, evidence bool) (*grouped, error) {
	for _, a := range s.ahead {
		if reflect.DeepEqual(a.scan, scan) {
			return a.grouped, nil
		}
	}
	return s.group(ctx, scan, evidence)
}

// Clock is the time of the newest event of streams, of any where none of those
// has one, and whether it is of any.
func (v *Survey) Clock(streams []string) (now time.Time, stream string, other bool) {
	if now, stream = v.Newest(streams); !now.IsZero() {
		return now, stream, false
	}
	now, stream = v.Newest(nil)
	return now, stream, true
}

// damageFor is what of the damage lies in files that may hold the streams of a
// scan, as the survey has told them: a pass of its own would read no others.
func (p *pass) damageFor(scan Scan, broken damage) damage {
	out := damage{of: map[int]int64{}}
	for i, f := range p.set.files {
		if n := broken.of[i]; n > 0 && scan.streamNames().mayHold(f) {
			out.of[i] = n
			out.lines += n
			for _, bad := range broken.bad {
				if bad.Position.File == f.name {
					out.bad = append(out.bad, bad)
				}
			}
		}
	}
	return out
}
