package events

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"tabletop/workbook"
)

// An Event is one event, looked up by its place.
type Event struct {
	Position workbook.Position
	Format   string
	Stream   string
	// Time is zero where the event has none.
	Time time.Time
	// Raw is the event as it stands in the file, without the line's end; Cut says
	// that it goes on.
	Raw []byte
	Cut bool
	// Problem says why it could not be decoded; it has no columns then.
	Problem string
	Columns []EventColumn
}

// An EventColumn is a column of an event. Mapped says that a source gives it.
type EventColumn struct {
	Name   string
	Value  workbook.Value
	Mapped bool
}

// A Place names an event of a file: by the byte of the decompressed text at which
// it begins, or, where Line is not 0, by the line.
type Place struct{ Offset, Line int64 }

// A PlaceError says that no event begins at a place.
type PlaceError struct {
	File  string
	Place Place
	// Before is the last event that begins before the place; its Line is 0 where
	// there is none.
	Before workbook.Position
	// Ended says that the file ends before the place, Size is its length then.
	Ended bool
	Size  int64
}

func (e *PlaceError) Error() string {
	what := fmt.Sprintf("byte %d", e.Place.Offset)
	if e.Place.Line > 0 {
		what = fmt.Sprintf("line %d", e.Place.Line)
	}
	text := fmt.Sprintf("no event begins at %s of %s", what, e.File)
	if e.Ended {
		text = fmt.Sprintf("%s lies beyond the end of %s, which has %d bytes of text", what, e.File, e.Size)
	}
	if e.Before.Line == 0 {
		return text + ": there is no event before it"
	}
	return fmt.Sprintf("%s: the nearest one before is %s:%d, at byte %d", text, e.File, e.Before.Line, e.Before.Offset)
}

const (
	// maxRaw is the most that is kept of an event as it stands.
	maxRaw = 1 << 20
	// maxEventColumns bounds the columns of an event.
	maxEventColumns = 10_000
)

// EventAt reads the event of a file, named as evidence names it, that begins at a
// place. A *PlaceError says that none does.
func (s *Set) EventAt(ctx context.Context, name string, at Place) (*Event, error) {
	i := slices.IndexFunc(s.files, func(f *file) bool { return f.name == name })
	if i < 0 {
		return nil, s.unknownFile(name)
	}
	f := s.files[i]
	in, err := f.open()
	if err != nil {
		return nil, inFile(f, err)
	}
	defer in.close()
	var r record
	none := &PlaceError{File: f.name, Place: at}
	for n := 0; ; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		err := in.next(&r)
		if errors.Is(err, io.EOF) {
			none.Size, err = f.textSize()
			none.Ended = at.Line == 0 && at.Offset >= none.Size || at.Line > 0 && at.Line > none.Before.Line && at.Line > f.lineAt(none.Size)
			if err != nil {
				return nil, inFile(f, err)
			}
			return nil, none
		}
		if err != nil {
			return nil, inFile(f, err)
		}
		switch {
		case at.Line > 0 && r.line == at.Line, at.Line == 0 && r.offset == at.Offset:
			return s.event(f, in, &r)
		case at.Line > 0 && r.line > at.Line, at.Line == 0 && r.offset > at.Offset:
			return nil, none
		}
		none.Before = workbook.Position{File: f.name, Offset: r.offset, Line: r.line}
	}
}

func (s *Set) unknownFile(name string) error {
	if i := slices.IndexFunc(s.left, func(l LeftOut) bool { return l.File == name }); i >= 0 {
		return errors.New(s.left[i].String())
	}
	var names []string
	for _, f := range s.files {
		names = append(names, f.name)
	}
	const shown = 5
	more := ""
	if len(names) > shown {
		more = fmt.Sprintf(" and %d more", len(names)-shown)
	}
	return fmt.Errorf("no file %s among the events of %s, which are %s%s", name, s.Path, strings.Join(names[:min(len(names), shown)], ", "), more)
}

// textSize is the length of a file's text.
func (f *file) textSize() (int64, error) {
	in, plain, err := f.openPlain()
	if err != nil {
		return 0, err
	}
	defer in.close()
	return io.Copy(io.Discard, plain)
}

// event makes an Event of a record that was just read.
func (s *Set) event(f *file, in *opened, r *record) (*Event, error) {
	e := &Event{Position: workbook.Position{File: f.name, Offset: r.offset, Line: r.line}, Format: f.format, Problem: r.problem}
	var own workbook.Value
	if r.problem == "" {
		p := newPicker([]string{"$Stream"}, f.fields())
		p.find(r)
		own = p.value(r, 0)
		t, err := newTimer(f, s.options.Zone).of(r)
		var zone *ZoneError
		if err != nil && !errors.As(err, &zone) {
			return nil, err
		}
		e.Time = t
		e.columns(f, r)
	}
	var next record
	end := int64(-1)
	if err := in.next(&next); err == nil {
		end = next.offset
	}
	for f.format == "dnif" && end >= 0 && in.next(&next) == nil {
		continue // the stream may be named behind the events
	}
	if named := in.stream(); named != "" {
		f.streamName = strings.ToUpper(named)
	}
	e.Stream = f.streamOf(own)
	var err error
	e.Raw, e.Cut, err = f.raw(e.Position.Offset, end)
	return e, err
}

// columns takes the columns that a source gives, then the event's own keys.
func (e *Event) columns(f *file, r *record) {
	rule := f.ruleFor(r)
	if rule != nil {
		names := make([]string, 0, len(rule.fields))
		for name := range rule.fields {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			if v := rule.fields[name].eval(r); v != nil {
				e.Columns = append(e.Columns, EventColumn{columnName(name), v, true})
			}
		}
	}
	for i, key := range r.keys[:min(len(r.keys), maxEventColumns)] {
		e.Columns = append(e.Columns, EventColumn{columnName(key), r.values[i].value(), false})
	}
}

// raw reads the bytes of an event that begins at from; the next one begins at
// to, or there is none where that is negative.
func (f *file) raw(from, to int64) (text []byte, more bool, err error) {
	in, plain, err := f.openPlain()
	if err != nil {
		return nil, false, err
	}
	defer in.close()
	if _, err := io.CopyN(io.Discard, plain, from); err != nil {
		return nil, false, err
	}
	if f.format == "json" || f.format == "dnif" {
		var one json.RawMessage
		if err := json.NewDecoder(io.LimitReader(plain, maxEventBytes+1)).Decode(&one); err == nil {
			return one[:min(len(one), maxRaw)], len(one) > maxRaw, nil
		}
	}
	length := int64(maxRaw + 1)
	if to >= 0 {
		length = min(length, to-from)
	}
	text, err = io.ReadAll(io.LimitReader(plain, length))
	if len(text) > maxRaw {
		return text[:maxRaw], true, err
	}
	return []byte(strings.TrimRight(string(text), "\r\n")), false, err
}

// FindFile splits the path of a file of events, which may go on into a zip, into
// the file on disk and the name that events have there. ok is false where no
// such file is.
func FindFile(path string) (disk, name string, ok bool) {
	rest := ""
	for disk = path; ; {
		if info, err := os.Stat(disk); err == nil {
			if info.IsDir() {
				return "", "", false
			}
			return disk, filepath.ToSlash(filepath.Join(filepath.Base(disk), rest)), true
		}
		parent := filepath.Dir(disk)
		if parent == disk {
			return "", "", false
		}
		rest = filepath.Join(filepath.Base(disk), rest)
		disk = parent
	}
}
