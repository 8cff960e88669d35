package events

import (
	"context"
	"errors"
	"io"
	"strings"

	"tabletop/workbook"
)

// Gather reads all files once, in the order in which queries see their events,
// and hands on those that want chooses by their place. An Event that it gives has
// no Raw. An error of take ends the reading and comes back as it is.
func (s *Set) Gather(ctx context.Context, want func(workbook.Position) bool, take func(*Event) error) error {
	for _, f := range s.files {
		if err := s.gather(ctx, f, want, take); err != nil {
			return err
		}
	}
	return nil
}

func (s *Set) gather(ctx context.Context, f *file, want func(workbook.Position) bool, take func(*Event) error) error {
	in, err := f.open()
	if err != nil {
		return inFile(f, err)
	}
	defer in.close()
	g := gathered{set: s, file: f, timer: newTimer(f, s.options.Zone), stream: newPicker([]string{"$Stream"}, f.fields())}
	var r record
	for n := 0; ; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		err := in.next(&r)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return inFile(f, err)
		}
		at := workbook.Position{File: f.name, Offset: r.offset, Line: r.line}
		if r.problem != "" || !want(at) {
			continue
		}
		if err := g.add(&r, at); err != nil {
			return inFile(f, err)
		}
	}
	if named := in.stream(); named != "" { // which may stand behind the events
		f.streamName = strings.ToUpper(named)
	}
	return g.hand(take)
}

// A gathered are the events of a file that were chosen.
type gathered struct {
	set    *Set
	file   *file
	timer  *timer
	stream *picker
	events []*Event
	own    []workbook.Value
}

func (g *gathered) add(r *record, at workbook.Position) error {
	e := &Event{Position: at, Format: g.file.format}
	t, err := g.timer.of(r)
	var zone *ZoneError
	if err != nil && !errors.As(err, &zone) {
		return err
	}
	e.Time = t
	e.columns(g.file, r)
	for i := range e.Columns { // names are the reader's until it moves on
		e.Columns[i].Name = strings.Clone(e.Columns[i].Name)
	}
	g.stream.find(r)
	g.events, g.own = append(g.events, e), append(g.own, g.stream.value(r, 0))
	return nil
}

func (g *gathered) hand(take func(*Event) error) error {
	for i, e := range g.events {
		e.Stream = g.file.streamOf(g.own[i])
		if err := take(e); err != nil {
			return err
		}
	}
	return nil
}
