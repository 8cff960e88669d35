// Package query is the language of questions: DNIF SQL and Search blocks are
// parsed to one tree, checked, and written as a query for the events' engine;
// what of DQL is not a question comes out as directives. In goes the text of a
// block with its places; out come mistakes with theirs, or a Statement that
// runs.
package query

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"tabletop/workbook"
	"tabletop/workbook/events"
	"tabletop/workbook/source"
)

// Options are what all queries of a run share.
type Options struct {
	// Events are read; nil while a workbook is only checked.
	Events *events.Set
	// Standard is the span that a query without a time reads; zero reads all.
	Standard time.Duration
	// Plain leaves conditions and groups to SQLite, for comparing.
	Plain bool
}

// A Statement is a query that has been checked.
type Statement struct {
	text source.Text
	tree *Select
	// Columns are the result's, unless Star says that only the run will tell.
	Columns []string
	Star    bool
}

// Parse reads DNIF SQL. Parameters are taken from p; the mistakes are returned,
// not reported to p.
func Parse(text source.Text, p *workbook.Preparation) (*Statement, source.Problems) {
	tree, problems := parse(text, p)
	if len(problems) > 0 {
		return nil, problems
	}
	return newStatement(text, tree)
}

// newStatement checks a tree and writes it once, to find what is wrong with it.
func newStatement(text source.Text, tree *Select) (*Statement, source.Problems) {
	if problems := check(text, tree); len(problems) > 0 {
		return nil, problems
	}
	q, problems := write(text, tree, writing{})
	if len(problems) > 0 {
		return nil, problems
	}
	s := &Statement{text: text, tree: tree, Columns: q.Columns, Star: slices.ContainsFunc(tree.Items, isStar)}
	return s, s.repeated()
}

func isStar(i Item) bool { return i.Expr == nil }

// repeated warns of result columns that share a name.
func (s *Statement) repeated() source.Problems {
	var problems source.Problems
	for i, name := range s.Columns {
		if slices.Index(s.Columns, name) < i && !s.Star {
			p := s.text.Problem(s.tree.Items[i].At, "two columns are called "+name, "name one with AS: later blocks see only the first")
			p.Warning = true
			problems = append(problems, p)
		}
	}
	return problems
}

// Streams lists the streams that the query reads.
func (s *Statement) Streams() []string {
	q, _ := write(s.text, s.tree, writing{})
	var names []string
	for _, scan := range q.Scans {
		if !slices.Contains(names, scan.Stream) {
			names = append(names, scan.Stream)
		}
	}
	return names
}

// Reads lists the columns that the query reads, stream by stream.
func (s *Statement) Reads() []workbook.Reads {
	q, _ := write(s.text, s.tree, writing{})
	var reads []workbook.Reads
	for _, scan := range q.Scans {
		if scan.Stream != SignalsStream {
			reads = append(reads, workbook.Reads{Stream: scan.Stream, Columns: scan.Columns})
		}
	}
	return reads
}

// Timed reports whether the query itself names a time.
func (s *Statement) Timed() bool { return timed(s.tree) }

func timed(s *Select) bool {
	if s.Window.set() {
		return true
	}
	found := false
	eachSelect(s, func(inner *Select) { found = found || timed(inner) })
	return found
}

// Run answers the query at a clock. extra are streams that stand in no file.
// The warnings say what of the events the answer leaves out.
func (s *Statement) Run(ctx context.Context, o Options, clock Clock, maxRows int, extra map[string]workbook.Table) (events.Result, []string, error) {
	var streams map[string]*events.Stream
	if s.Star {
		var err error
		if streams, err = o.Events.Streams(ctx); err != nil {
			return events.Result{}, nil, err
		}
	}
	q, problems := s.query(o, clock, streams, extra)
	if len(problems) > 0 {
		return events.Result{}, nil, problems
	}
	q.MaxRows = maxRows
	result, err := o.Events.Query(ctx, q, extra)
	if err != nil {
		return result, nil, err
	}
	warnings, err := s.warnings(ctx, q, result, extra, o)
	return result, warnings, err
}

// query writes the statement for the engine.
func (s *Statement) query(o Options, clock Clock, streams map[string]*events.Stream, extra map[string]workbook.Table) (events.Query, source.Problems) {
	return write(s.text, s.tree, writing{
		columnsOf: func(stream string) []string {
			if table, ok := extra[stream]; ok {
				return table.Columns
			}
			if st := streams[stream]; st != nil {
				return st.Columns
			}
			return nil
		},
		window:   func(w *Window) (events.Window, error) { return w.resolve(clock.Now, clock.Zone, o.Standard) },
		inMemory: func(stream string) bool { _, ok := extra[stream]; return ok },
		plain:    o.Plain,
	})
}

// warnings says what a reader would else not see: streams and columns that no
// event has, and events left out.
func (s *Statement) warnings(ctx context.Context, q events.Query, r events.Result, extra map[string]workbook.Table, o Options) ([]string, error) {
	var out []string
	for i, scan := range q.Scans {
		if _, ok := extra[scan.Stream]; ok {
			continue
		}
		read := r.Read[i]
		if read.Complete && (read.Events == 0 || len(read.Unseen) > 0) {
			more, err := missing(ctx, scan, read, o.Events)
			if err != nil {
				return nil, err
			}
			out = append(out, more...)
		}
		out = append(out, leftOut(scan, read, !s.tree.Window.set() && o.Standard > 0, o.Standard)...)
	}
	return out, nil
}

// leftOut tells of the events that the window kept out. The scan may have ended
// before it had seen all events, so it counts only where it is complete.
func leftOut(scan events.Scan, read events.Reading, standard bool, d time.Duration) []string {
	var out []string
	switch {
	case !standard && read.Complete && read.Inside == 0 && read.Events > read.Future && !scan.Window.Open():
		out = append(out, fmt.Sprintf("none of the %s of %s lies in the query's time, %s: is the clock right?", eventCount(read.Events), scan.Stream, scan.Window))
	case !standard || read.Complete && read.Inside == read.Events:
	case read.Complete:
		out = append(out, fmt.Sprintf("the query names no time, so it read the last %s before the clock, as DNIF does: %d of %s of %s; --window all reads the others",
			span(d), read.Inside, eventCount(read.Events), scan.Stream))
	default:
		out = append(out, fmt.Sprintf("the query names no time, so it read the last %s of %s before the clock, as DNIF does; --window all reads every event", span(d), scan.Stream))
	}
	if read.NoTime > 0 {
		out = append(out, fmt.Sprintf("%s of %s left out of the window, having no time that could be read", eventCount(read.NoTime), scan.Stream))
	}
	if read.Future > 0 {
		out = append(out, fmt.Sprintf("%s of %s left out, lying over a day in the future", eventCount(read.Future), scan.Stream))
	}
	return out
}

func eventCount(n int64) string {
	if n == 1 {
		return "1 event"
	}
	return fmt.Sprintf("%d events", n)
}

// missing names what no event has: the stream, or columns of it, with what the
// events have instead.
func missing(ctx context.Context, scan events.Scan, read events.Reading, set *events.Set) ([]string, error) {
	streams, err := set.Streams(ctx)
	if err != nil {
		return nil, err
	}
	if read.Events == 0 {
		return []string{fmt.Sprintf("no event has the stream %s%s", scan.Stream, hint(scan.Stream, slices.Sorted(maps.Keys(streams))))}, nil
	}
	var known []string
	if st := streams[scan.Stream]; st != nil {
		known = st.Columns
	}
	var out []string
	for _, column := range read.Unseen {
		out = append(out, fmt.Sprintf("no event of %s has the column %s%s", scan.Stream, column, lackHint(column, known)))
	}
	return out, nil
}

// lackHint says what would give the column, or which one was meant.
func lackHint(column string, known []string) string {
	if e, ok := events.EnrichmentFor(column, known); ok {
		return ": " + e.String()
	}
	return hint(column, known)
}

func hint(word string, known []string) string {
	fix := source.DidYouMean(word, known)
	if fix == "" {
		return ""
	}
	return ": " + fix
}

// span writes a duration as DNIF does.
func span(d time.Duration) string {
	switch {
	case d%(24*time.Hour) == 0:
		return fmt.Sprintf("%dd", d/(24*time.Hour))
	case d%time.Hour == 0:
		return fmt.Sprintf("%dh", d/time.Hour)
	case d%time.Minute == 0:
		return fmt.Sprintf("%dm", d/time.Minute)
	}
	return d.String()
}
