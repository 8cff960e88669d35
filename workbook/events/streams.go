package events

import (
	"maps"
	"slices"
	"strings"
)

// A streamNames says which streams a scan reads: one, several as one, or all,
// for which it is empty.
type streamNames []string

// streamNames are the streams of a scan, by their upper-case names.
func (s *Scan) streamNames() streamNames {
	if len(s.Streams) == 0 {
		if s.Every {
			return nil
		}
		return streamNames{streamName(s.Stream)}
	}
	names := make(streamNames, len(s.Streams))
	for i, name := range s.Streams {
		names[i] = streamName(name)
	}
	return names
}

// has reports whether the stream of that upper-case name is read.
func (n streamNames) has(name string) bool {
	return n.all() || slices.Contains(n, name)
}

func (n streamNames) all() bool { return len(n) == 0 || len(n) == 1 && n[0] == "" }

// mayHold reports whether a file may hold any of the streams.
func (n streamNames) mayHold(f *file) bool {
	return f.holds == nil || len(n) == 0 || slices.ContainsFunc(n, func(name string) bool { return name == "" || f.holds[name] })
}

// Name names what the scan reads, for a reader.
func (s *Scan) Name() string {
	switch {
	case s.Every:
		return "every stream"
	case len(s.Streams) > 0:
		return strings.Join(s.Streams, ", ")
	}
	return s.Stream
}

// Names lists the streams that the scan reads out of those known.
func (s *Scan) Names(known map[string]*Stream) []string {
	switch {
	case s.Every:
		return slices.Sorted(maps.Keys(known))
	case len(s.Streams) > 0:
		return s.Streams
	}
	return []string{s.Stream}
}
