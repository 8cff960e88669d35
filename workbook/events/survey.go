package events

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"tabletop/workbook"
	"tabletop/workbook/source"
)

// maxColumns is the most columns that SELECT * takes.
const maxColumns = 1000

// futureAfter is how far past the wall clock an event may lie.
const futureAfter = 24 * time.Hour

// A Survey is what one reading of all files told: the streams with their
// columns and times, and what could not be decoded.
type Survey struct {
	// Files tell the events of each file; Hash gives them size and root.
	Files   []workbook.EventFile
	Formats map[string]string
	Streams map[string]*Stream
	// Plain lists the files in which no format was recognised, so that they were
	// read as one value a line.
	Plain []string
	// Yearless are the files whose times name no year.
	Yearless []Yearless
	// Undecodable counts the lines that are no events; Bad are the first of
	// them with what is wrong.
	Undecodable int64
	Bad         []BadLine
	// Unused are patterns of the sources file that fit no file.
	Unused source.Problems
}

// A Stream is what the files hold of one stream.
type Stream struct {
	Name   string
	Events int64
	// Oldest and Newest bound the times of its events, without those of the
	// future.
	Oldest, Newest time.Time
	NoTime, Future int64
	// Columns are the names seen, in the order of their first appearance, each
	// with a leading $.
	Columns []string
}

// A BadLine is a line that could not be decoded.
type BadLine struct {
	Position workbook.Position
	Problem  string
}

// keptBad is how many undecodable lines are shown.
const keptBad = 5

// Survey reads all files once. The second call returns what the first found.
// A time that nothing places in a zone is a *ZoneError.
func (s *Set) Survey(ctx context.Context) (*Survey, error) {
	if s.survey != nil {
		return s.survey, nil
	}
	if err := s.sniff(ctx); err != nil {
		return nil, err
	}
	survey := &Survey{Streams: map[string]*Stream{}, Formats: map[string]string{}}
	defer s.reading()()
	for i, f := range s.files {
		if err := survey.file(ctx, s, i); err != nil {
			return nil, inFile(f, err)
		}
	}
	for _, r := range s.rules {
		for i, glob := range r.globs {
			if !r.used[i] {
				p := glob.Problem(0, "no file of events fits "+glob.Value, "")
				p.Warning = true
				survey.Unused = append(survey.Unused, p)
			}
		}
	}
	s.survey = survey
	return survey, nil
}

// inFile names the file in an error that does not name it itself.
func inFile(f *file, err error) error {
	var zone *ZoneError
	var named errFile
	if errors.As(err, &zone) || errors.Is(err, context.Canceled) || errors.As(err, &named) {
		return err
	}
	return fmt.Errorf("%s: %w", f.name, err)
}

// file reads one file into the survey.
func (v *Survey) file(ctx context.Context, s *Set, index int) error {
	f := s.files[index]
	var sinks []*surveyor
	p := newPass(s, Scan{})
	p.files = []int{index}
	p.wantKeys = true
	counts, err := p.each(ctx, func() sink {
		sink := &surveyor{future: s.futureFrom(), streams: map[string]*seenStream{}}
		sinks = append(sinks, sink)
		return sink
	})
	if errors.Is(err, errUneven) && !f.uneven {
		f.uneven = true
		return v.file(ctx, s, index)
	}
	if err != nil {
		return err
	}
	streams := map[string]*seenStream{}
	for _, sink := range sinks {
		for own, st := range sink.streams {
			if streams[own] == nil {
				streams[own] = newSeenStream()
			}
			streams[own].join(st)
		}
	}
	f.holds = map[string]bool{}
	for own, st := range streams {
		name := f.streamOf(own)
		f.holds[name] = true
		v.add(f, name, st)
	}
	v.Files = append(v.Files, workbook.EventFile{Path: f.name, Events: counts.events, Undecodable: counts.undecodable})
	v.Undecodable += counts.undecodable
	slices.SortFunc(counts.bad, func(a, b BadLine) int { return cmp.Compare(a.Position.Offset, b.Position.Offset) })
	v.Bad = append(v.Bad, counts.bad[:min(len(counts.bad), keptBad-min(len(v.Bad), keptBad))]...)
	v.Formats[f.name] = f.format
	if y, ok := f.yearless(); ok {
		v.Yearless = append(v.Yearless, y)
	}
	if f.guessed && f.format == "lines" && counts.events > 0 {
		v.Plain = append(v.Plain, f.name)
	}
	return nil
}

// A seenStream is what one worker saw of a stream.
type seenStream struct {
	events, noTime, future int64
	oldest, newest         moment
	// keys has for each key where it was seen first.
	keys map[string]firstSeen
	// last is the list of keys that was taken last: events of one kind share
	// theirs.
	last *[]string
}

type firstSeen struct {
	offset int64
	index  int
}

func newSeenStream() *seenStream { return &seenStream{keys: map[string]firstSeen{}} }

// A surveyor is the sink of a worker.
type surveyor struct {
	future  moment
	streams map[string]*seenStream
	// own and current are those of the last event.
	own     []byte
	current *seenStream
}

func (s *surveyor) begin(context.Context, chunk, *reading) error { return nil }
func (s *surveyor) end(_ chunk, _ *reading, _ int64) error       { return nil }
func (s *surveyor) leave()                                       {}
func (s *surveyor) hit(h hit) error {
	st := s.stream(&h.cells[len(h.cells)-1])
	st.events++
	switch {
	case h.at == 0:
		st.noTime++
	case h.at > s.future:
		st.future++
	default:
		if st.oldest == 0 || h.at < st.oldest {
			st.oldest = h.at
		}
		st.newest = max(st.newest, h.at)
	}
	if h.keys != nil && h.keys != st.last {
		st.last = h.keys
		st.take(*h.keys, h.offset)
	}
	return nil
}

// stream finds the stream that an event names.
func (s *surveyor) stream(c *cell) *seenStream {
	raw := c.raw
	if s.current != nil && c.form != readyForm && string(raw) == string(s.own) {
		return s.current
	}
	name := ""
	if !c.null() {
		name = streamName(c.value())
	}
	if s.streams[name] == nil {
		s.streams[name] = newSeenStream()
	}
	s.own, s.current = append(s.own[:0], raw...), s.streams[name]
	return s.current
}

// take notes keys that were not seen before.
func (st *seenStream) take(keys []string, offset int64) {
	for i, key := range keys {
		if _, ok := st.keys[key]; !ok && len(st.keys) < maxKeys {
			st.keys[key] = firstSeen{offset, i}
		}
	}
}

// join takes in what another worker saw.
func (st *seenStream) join(o *seenStream) {
	st.events += o.events
	st.noTime += o.noTime
	st.future += o.future
	if st.oldest == 0 || o.oldest != 0 && o.oldest < st.oldest {
		st.oldest = o.oldest
	}
	st.newest = max(st.newest, o.newest)
	for key, at := range o.keys {
		if have, ok := st.keys[key]; !ok || compareSeen(at, have) < 0 {
			st.keys[key] = at
		}
	}
}

func compareSeen(a, b firstSeen) int {
	return cmp.Or(cmp.Compare(a.offset, b.offset), cmp.Compare(a.index, b.index))
}

// add joins what one file holds of a stream to the whole.
func (v *Survey) add(f *file, name string, part *seenStream) {
	st := v.Streams[name]
	if st == nil {
		st = &Stream{Name: name}
		v.Streams[name] = st
	}
	st.Events += part.events
	st.NoTime += part.noTime
	st.Future += part.future
	if oldest := part.oldest.time(); st.Oldest.IsZero() || !oldest.IsZero() && oldest.Before(st.Oldest) {
		st.Oldest = oldest
	}
	if newest := part.newest.time(); newest.After(st.Newest) {
		st.Newest = newest
	}
	known := map[string]bool{}
	for _, c := range st.Columns {
		known[strings.ToLower(c)] = true
	}
	keys := slices.SortedFunc(maps.Keys(part.keys), func(a, b string) int { return compareSeen(part.keys[a], part.keys[b]) })
	for _, key := range append(f.mappedColumns(name), keys...) {
		column := "$" + strings.TrimPrefix(key, "$")
		if folded := strings.ToLower(column); !known[folded] && len(st.Columns) < maxColumns {
			known[folded] = true
			st.Columns = append(st.Columns, column)
		}
	}
}

// StreamNames lists the streams that the files hold.
func (v *Survey) StreamNames() []string { return slices.Sorted(maps.Keys(v.Streams)) }

// Newest returns the time of the newest event of the named streams, of all
// where none is named, and the stream it stands in; zero where there is none.
func (v *Survey) Newest(streams []string) (time.Time, string) {
	var newest time.Time
	var in string
	if len(streams) == 0 {
		streams = v.StreamNames()
	}
	for _, name := range streams {
		if st := v.Streams[strings.ToUpper(name)]; st != nil && st.Newest.After(newest) {
			newest, in = st.Newest, st.Name
		}
	}
	return newest, in
}
