package events

import (
	"context"
	"errors"
	"fmt"
	"io"
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
	Files   []workbook.EventFile
	Formats map[string]string
	Streams map[string]*Stream
	// Plain lists the files in which no format was recognised, so that they were
	// read as one value a line.
	Plain []string
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
	seen    map[string]bool
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
	survey := &Survey{Streams: map[string]*Stream{}, Formats: map[string]string{}}
	for _, f := range s.files {
		if err := survey.file(ctx, f, s.options); err != nil {
			return nil, fmt.Errorf("read events: %w", inFile(f, err))
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
	if errors.As(err, &zone) || errors.Is(err, context.Canceled) {
		return err
	}
	return fmt.Errorf("%s: %w", f.name, err)
}

// file reads one file into the survey.
func (v *Survey) file(ctx context.Context, f *file, o Options) error {
	tree := newTreeHash()
	in, err := f.open(tree)
	if err != nil {
		return err
	}
	defer in.close()
	info := workbook.EventFile{Path: f.name}
	picker := newPicker([]string{"$Stream"}, f.fields())
	timer := newTimer(f, o.Zone)
	streams := map[string]*Stream{}
	var r record
	for n := 0; ; n++ {
		if n%4096 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		err := in.next(&r)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if r.problem != "" {
			info.Undecodable++
			v.bad(f, &r)
			continue
		}
		info.Events++
		picker.find(&r)
		at, err := timer.of(&r)
		if err != nil {
			return err
		}
		own := streamName(picker.value(&r, 0))
		st := streams[own]
		if st == nil {
			st = newStream("")
			streams[own] = st
		}
		st.count(at, o.Wall)
		st.columns(r.keys)
	}
	if _, err := io.Copy(tree, in.file); err != nil {
		return err
	}
	if named := in.stream(); named != "" {
		f.streamName = strings.ToUpper(named)
	}
	f.holds = map[string]bool{}
	for own, st := range streams {
		f.holds[f.streamOf(own)] = true
		v.add(f, f.streamOf(own), st)
	}
	f.size = tree.size
	info.Bytes, info.Root = tree.size, tree.root()
	v.Files = append(v.Files, info)
	v.Formats[f.name] = f.format
	if f.guessed && f.format == "lines" && info.Events > 0 {
		v.Plain = append(v.Plain, f.name)
	}
	return nil
}

func (v *Survey) bad(f *file, r *record) {
	v.Undecodable++
	if len(v.Bad) < keptBad {
		v.Bad = append(v.Bad, BadLine{workbook.Position{File: f.name, Offset: r.offset, Line: r.line}, r.problem})
	}
}

func newStream(name string) *Stream { return &Stream{Name: name, seen: map[string]bool{}} }

// count takes the time of one event.
func (s *Stream) count(at, wall time.Time) {
	s.Events++
	switch {
	case at.IsZero():
		s.NoTime++
	case !wall.IsZero() && at.After(wall.Add(futureAfter)):
		s.Future++
	default:
		s.times(at, at)
	}
}

func (s *Stream) times(oldest, newest time.Time) {
	if s.Oldest.IsZero() || !oldest.IsZero() && oldest.Before(s.Oldest) {
		s.Oldest = oldest
	}
	if newest.After(s.Newest) {
		s.Newest = newest
	}
}

// columns takes the keys of one event.
func (s *Stream) columns(keys []string) {
	for _, key := range keys {
		if s.seen[key] || len(s.seen) >= maxKeys {
			continue
		}
		s.seen[strings.Clone(key)] = true
		s.column(key)
	}
}

// column adds a name unless it is there already, letter case aside.
func (s *Stream) column(name string) {
	name = "$" + strings.TrimPrefix(name, "$")
	folded := "\x00" + strings.ToLower(name)
	if len(s.Columns) < maxColumns && !s.seen[folded] {
		s.seen[folded] = true
		s.Columns = append(s.Columns, name)
	}
}

// add joins what one file holds of a stream to the whole.
func (v *Survey) add(f *file, name string, part *Stream) {
	st := v.Streams[name]
	if st == nil {
		st = newStream(name)
		v.Streams[name] = st
	}
	st.Events += part.Events
	st.NoTime += part.NoTime
	st.Future += part.Future
	st.times(part.Oldest, part.Newest)
	for _, mapped := range slices.Sorted(maps.Keys(f.fields())) {
		st.column(mapped)
	}
	for _, c := range part.Columns {
		st.column(c)
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
