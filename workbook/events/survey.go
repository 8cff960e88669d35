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
	"tabletop/workbook/findings"
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
	return s.surveyWith(ctx, false, nil)
}

// surveyWith surveys all files in one pass, in which they may be hashed and the
// groups of scans be made as well.
func (s *Set) surveyWith(ctx context.Context, hashes bool, scans []Scan) (*Survey, error) {
	if err := s.sniff(ctx); err != nil {
		return nil, err
	}
	defer s.reading()()
	for {
		survey, err := s.surveyOnce(ctx, hashes, scans)
		if err == nil {
			s.survey = survey
		}
		if !s.readOtherwise(err) {
			return survey, err
		}
	}
}

func (s *Set) surveyOnce(ctx context.Context, hashes bool, scans []Scan) (*Survey, error) {
	v, finish := surveyView(s.futureFrom())
	views := []*view{v}
	var ends []func(tally) (*grouped, error)
	for _, scan := range scans {
		g, end := aheadView(scan)
		views, ends = append(views, g), append(ends, end)
	}
	p := newPass(s, views...)
	p.hashes = hashes
	seen, broken, err := p.each(ctx)
	if err != nil {
		return nil, err
	}
	survey := &Survey{Streams: map[string]*Stream{}, Formats: map[string]string{}, Undecodable: broken.lines, Bad: broken.bad}
	perFile := finish()
	for i, f := range s.files {
		survey.file(f, perFile[i], broken.of[i])
	}
	survey.Unused = s.unused()
	s.leaves = p.leaves
	s.takeAhead(p, scans, ends, seen[1:], broken)
	return survey, nil
}

// unused lists the patterns of the sources file that fit no file.
func (s *Set) unused() source.Problems {
	var out source.Problems
	for _, r := range s.rules {
		for i, glob := range r.globs {
			if !r.used[i] {
				out = append(out, glob.Problem(0, "no file of events fits "+glob.Value, "").Warn(findings.UnusedPattern))
			}
		}
	}
	return out
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

// file takes what was seen of one file into the survey.
func (v *Survey) file(f *file, streams map[string]*seenStream, undecodable int64) {
	f.holds = map[string]bool{}
	var events int64
	for own, st := range streams {
		name := f.streamOf(own)
		f.holds[name] = true
		events += st.events
		v.add(f, name, st)
	}
	v.Files = append(v.Files, workbook.EventFile{Path: f.name, Events: events, Undecodable: undecodable})
	v.Formats[f.name] = f.format
	if y, ok := f.yearless(); ok {
		v.Yearless = append(v.Yearless, y)
	}
	if f.guessed && f.format == "lines" && events > 0 {
		v.Plain = append(v.Plain, f.name)
	}
}

// surveyView is a view that surveys; finish gives what it saw of each file, by
// the names that events give their streams.
func surveyView(future moment) (v *view, finish func() map[int]map[string]*seenStream) {
	var sinks []*surveyor
	v = &view{whole: true}
	v.sink = func() sink {
		s := &surveyor{future: future, files: map[int]map[string]*seenStream{}}
		sinks = append(sinks, s)
		return s
	}
	return v, func() map[int]map[string]*seenStream {
		all := map[int]map[string]*seenStream{}
		for _, s := range sinks {
			for file, streams := range s.files {
				if all[file] == nil {
					all[file] = map[string]*seenStream{}
				}
				for own, st := range streams {
					if all[file][own] == nil {
						all[file][own] = newSeenStream()
					}
					all[file][own].join(st)
				}
			}
		}
		return all
	}
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
	future moment
	files  map[int]map[string]*seenStream
	// streams are those of the file that is read; known are some of them by the
	// bytes that name them.
	file    int
	streams map[string]*seenStream
	known   []knownStream
}

type knownStream struct {
	raw    string
	form   cellForm
	stream *seenStream
}

func (s *surveyor) begin(_ context.Context, _ chunk, r *reading) error {
	if s.streams == nil || s.file != r.index {
		s.file, s.known = r.index, nil
		if s.files[r.index] == nil {
			s.files[r.index] = map[string]*seenStream{}
		}
		s.streams = s.files[r.index]
	}
	return nil
}

func (s *surveyor) end(chunk, *reading, int64) error { return nil }
func (s *surveyor) leave()                           {}
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
	if c.form != readyForm {
		for i := range s.known {
			if k := &s.known[i]; k.form == c.form && k.raw == string(c.raw) {
				return k.stream
			}
		}
	}
	name := ""
	if !c.null() {
		name = streamName(c.value())
	}
	st := s.streams[name]
	if st == nil {
		st = newSeenStream()
		s.streams[name] = st
	}
	if c.form != readyForm && len(s.known) < maxStreams {
		s.known = append(s.known, knownStream{string(c.raw), c.form, st})
	}
	return st
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
