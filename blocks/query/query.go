// Package query is the language of questions: DNIF SQL and Search blocks are
// parsed to one tree, checked, and written as a query for the events' engine;
// what of DQL is not a question comes out as directives. In goes the text of a
// block with its places; out come mistakes with theirs, or a Statement that
// runs.
package query

import (
	"context"
	"fmt"
	"slices"
	"strings"
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
	open := func(*Window) (events.Window, error) { return events.Window{}, nil }
	q, problems := write(text, tree, open, nil)
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
	open := func(*Window) (events.Window, error) { return events.Window{}, nil }
	q, _ := write(s.text, s.tree, open, nil)
	var names []string
	for _, scan := range q.Scans {
		if !slices.Contains(names, scan.Stream) {
			names = append(names, scan.Stream)
		}
	}
	return names
}

// Run answers the query at a clock. extra are streams that stand in no file.
// The warnings say what of the events the answer leaves out.
func (s *Statement) Run(ctx context.Context, o Options, clock Clock, maxRows int, extra map[string]workbook.Table) (events.Result, []string, error) {
	survey, err := o.Events.Survey(ctx)
	if err != nil {
		return events.Result{}, nil, err
	}
	columnsOf := func(stream string) []string {
		if table, ok := extra[strings.ToUpper(stream)]; ok {
			return table.Columns
		}
		if st := survey.Streams[strings.ToUpper(stream)]; st != nil {
			return st.Columns
		}
		return nil
	}
	window := func(w *Window) (events.Window, error) { return w.resolve(clock.Now, clock.Zone, o.Standard) }
	q, problems := write(s.text, s.tree, window, columnsOf)
	if len(problems) > 0 {
		return events.Result{}, nil, problems
	}
	q.MaxRows = maxRows
	result, err := o.Events.Query(ctx, q, extra)
	if err != nil {
		return result, nil, err
	}
	return result, s.warnings(q, result, survey, extra, o), nil
}

// warnings says what a reader would else not see: streams and columns that no
// event has, and events left out.
func (s *Statement) warnings(q events.Query, r events.Result, survey *events.Survey, extra map[string]workbook.Table, o Options) []string {
	var out []string
	for i, scan := range q.Scans {
		if _, ok := extra[scan.Stream]; ok {
			continue
		}
		stream := survey.Streams[scan.Stream]
		if stream == nil {
			out = append(out, fmt.Sprintf("no event has the stream %s%s", scan.Stream, hint(scan.Stream, survey.StreamNames())))
			continue
		}
		out = append(out, missing(scan, stream)...)
		out = append(out, leftOut(scan, r.Read[i], stream, !s.tree.Window.set() && o.Standard > 0, o.Standard)...)
	}
	return out
}

// leftOut tells of the events that the window kept out. The scan may have ended
// before it had seen all events, so it counts only where it is complete.
func leftOut(scan events.Scan, read events.Reading, stream *events.Stream, standard bool, d time.Duration) []string {
	var out []string
	switch {
	case !standard || read.Complete && read.Inside == stream.Events:
	case read.Complete:
		out = append(out, fmt.Sprintf("the query names no time, so it read the last %s before the clock, as DNIF does: %d of %d events of %s; --window all reads every one",
			span(d), read.Inside, stream.Events, scan.Stream))
	default:
		out = append(out, fmt.Sprintf("the query names no time, so it read the last %s of %s before the clock, as DNIF does; --window all reads every event", span(d), scan.Stream))
	}
	if stream.NoTime > 0 && !scan.Window.Open() {
		out = append(out, fmt.Sprintf("%d events of %s have no time and were left out of the window", stream.NoTime, scan.Stream))
	}
	if stream.Future > 0 {
		out = append(out, fmt.Sprintf("%d events of %s lie over a day in the future and were left out", stream.Future, scan.Stream))
	}
	return out
}

// missing names the columns of a scan that no event of its stream has.
func missing(scan events.Scan, stream *events.Stream) []string {
	var out []string
	for _, column := range scan.Columns {
		bare := strings.TrimPrefix(column, "$")
		known := func(c string) bool { return strings.EqualFold(strings.TrimPrefix(c, "$"), bare) }
		if !slices.ContainsFunc(stream.Columns, known) {
			out = append(out, fmt.Sprintf("no event of %s has the column %s%s", scan.Stream, column, hint(column, stream.Columns)))
		}
	}
	return out
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
