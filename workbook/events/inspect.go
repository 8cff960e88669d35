package events

import (
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"tabletop/workbook"
)

// An Inspection is what a set of events holds: its files, the streams in them
// with their columns, and the lines that are no events.
type Inspection struct {
	Files []InspectedFile `json:"files"`
	// LeftOut are the files that hold no events.
	LeftOut []LeftOut         `json:"left_out"`
	Streams []InspectedStream `json:"streams"`
	// Undecodable counts the lines that are no events; Bad are the first of
	// them.
	Undecodable int64     `json:"undecodable"`
	Bad         []BadLine `json:"-"`
	// Cut says that there were more streams or columns than are kept.
	Cut bool `json:"cut"`
	// Sampled says that only the first events of a file were read.
	Sampled bool `json:"-"`
}

// An InspectedFile is a file of events.
type InspectedFile struct {
	Name string `json:"file"`
	// Format is how it was read, Reason why so.
	Format string `json:"format"`
	Reason string `json:"reason"`
	// Bytes is its size as it is stored.
	Bytes       int64    `json:"bytes"`
	Events      int64    `json:"events"`
	Undecodable int64    `json:"undecodable"`
	Streams     []string `json:"streams"`
	// Yearless tells in which years times without one were read; nil where the
	// times name theirs.
	Yearless *Yearless `json:"yearless,omitempty"`
	// Problem says why it could not be read, or not to its end.
	Problem string `json:"problem,omitempty"`
}

// An InspectedStream is what the files hold of one stream.
type InspectedStream struct {
	Name   string `json:"stream"`
	Events int64  `json:"events"`
	// Oldest and Newest bound the times of its events; zero where none has one.
	Oldest time.Time `json:"oldest,omitzero"`
	Newest time.Time `json:"newest,omitzero"`
	// NoTime counts events without a time, NoZone those whose time names no zone
	// and is placed by nothing else.
	NoTime  int64             `json:"no_time"`
	NoZone  int64             `json:"no_zone"`
	Columns []InspectedColumn `json:"columns"`
	// Enrichable are columns that the events lack and sources.yaml could add.
	Enrichable []Enrichment `json:"enrichable,omitempty"`
}

// An InspectedColumn is a column of a stream.
type InspectedColumn struct {
	Name string `json:"column"`
	// Filled counts the events in which it has a value.
	Filled int64 `json:"filled"`
	// Samples are the first few different values, cut where they are long.
	Samples []string `json:"samples"`
	// Mapped says that a source gives it, and not the event itself.
	Mapped bool `json:"mapped"`
}

// Bounds on what an inspection keeps.
const (
	inspectedBad     = 100
	inspectedColumns = 20_000
	inspectedStreams = 1000
	keptSamples      = 3
	sampleCharacters = 80
)

// Inspect reads all files once, event by event. A file that can't be read says
// so in its place; an error comes only where ctx ends.
func (s *Set) Inspect(ctx context.Context) (*Inspection, error) { return s.inspect(ctx, 0) }

func (s *Set) inspect(ctx context.Context, most int) (*Inspection, error) {
	i := &inspector{streams: map[string]*inspected{}, most: most}
	if most == 0 {
		defer s.reading()()
	}
	for _, f := range s.files {
		if err := i.file(ctx, f, s.options.Zone); err != nil {
			return nil, err
		}
	}
	i.LeftOut = append(i.LeftOut, s.left...)
	slices.SortFunc(i.LeftOut, func(a, b LeftOut) int { return strings.Compare(a.File, b.File) })
	if len(i.Files) == 0 {
		return nil, &NoFilesError{s.Path, i.LeftOut}
	}
	for _, name := range i.order {
		i.Streams = append(i.Streams, i.streams[name].result())
	}
	slices.SortFunc(i.Streams, func(a, b InspectedStream) int { return strings.Compare(a.Name, b.Name) })
	return &i.Inspection, nil
}

// An inspector goes through files.
type inspector struct {
	Inspection
	// most is how many events of a file are read, 0 for all.
	most    int
	streams map[string]*inspected
	order   []string
	columns int
}

func (i *inspector) file(ctx context.Context, f *file, zone *time.Location) error {
	info := InspectedFile{Name: f.name, Streams: []string{}}
	if stat, err := os.Stat(f.path); err == nil {
		info.Bytes = stat.Size()
	}
	parts := map[string]*inspected{}
	err := i.read(ctx, f, zone, &info, parts)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if reason := noEvents(err); reason != "" && !f.asked {
		i.LeftOut = append(i.LeftOut, LeftOut{f.name, reason})
		return nil
	}
	if err != nil {
		info.Problem = err.Error()
	}
	info.Format, info.Reason = f.format, f.reason
	if y, ok := f.yearless(); ok {
		info.Yearless = &y
	}
	for own, part := range parts {
		name := f.streamOf(own)
		if !slices.Contains(info.Streams, name) {
			info.Streams = append(info.Streams, name)
		}
		i.merge(name, part)
	}
	slices.Sort(info.Streams)
	i.Files = append(i.Files, info)
	i.Undecodable += info.Undecodable
	return nil
}

// read goes through one file. parts are its streams by the names that the
// events give; the file's own name for its stream may stand at its end.
func (i *inspector) read(ctx context.Context, f *file, zone *time.Location, info *InspectedFile, parts map[string]*inspected) error {
	in, err := f.open()
	if err != nil {
		return err
	}
	defer in.close()
	if err := f.settleYears(ctx); err != nil {
		return err
	}
	own := newPicker([]string{"$Stream"}, f.fields())
	timer := newTimer(f, zone)
	var r record
	for n := 0; ; n++ {
		if n == i.most && n > 0 {
			i.Sampled = true
			return nil
		}
		if n%1024 == 0 && ctx.Err() != nil {
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
			if len(i.Bad) < inspectedBad {
				i.Bad = append(i.Bad, BadLine{workbook.Position{File: f.name, Offset: r.offset, Line: r.line}, r.problem})
			}
			continue
		}
		info.Events++
		own.find(&r)
		name := streamName(own.value(&r, 0))
		part := parts[name]
		if part == nil {
			if len(parts) == inspectedStreams {
				i.Cut = true
				continue
			}
			part = newInspected(i, f, name)
			parts[name] = part
		}
		part.event(&r, timer)
	}
	if named := in.stream(); named != "" {
		f.streamName = strings.ToUpper(named)
	}
	return nil
}

// merge joins what one file holds of a stream to the whole.
func (i *inspector) merge(name string, part *inspected) {
	whole := i.streams[name]
	if whole == nil {
		if len(i.streams) == inspectedStreams {
			i.Cut = true
			return
		}
		i.streams[name], i.order = part, append(i.order, name)
		part.Name = name
		return
	}
	whole.join(part)
}
