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
	"strings"
	"time"

	"tabletop/workbook"
	"tabletop/workbook/events"
	"tabletop/workbook/findings"
	"tabletop/workbook/source"
	"tabletop/workbook/stores"
)

// Options are what all queries of a run share.
type Options struct {
	// Events are read; nil while a workbook is only checked.
	Events *events.Set
	// Standard is the span that a query without a time reads; zero reads all.
	Standard time.Duration
	// Stores are the event stores that the run may read and write; nil for none.
	Stores *stores.Session
	// Plain leaves conditions and groups to SQLite, for comparing.
	Plain bool
	// lines is told of lines that are no events.
	lines *Undecodable
	// to, where set, takes the rows as they come.
	to *Receiver
}

// A Statement is a query that has been checked.
type Statement struct {
	text source.Text
	tree *Select
	// Columns are the result's, unless Star says that only the run will tell.
	Columns []string
	Star    bool
	// unnamedLimit is the limit that its language has where a query names none; 0
	// where it names one.
	unnamedLimit int
}

// Parse reads DNIF SQL. Parameters are taken from p; the mistakes are returned,
// not reported to p.
func Parse(text source.Text, p *workbook.Preparation) (*Statement, source.Problems) {
	tree, problems := parse(text, p)
	if len(problems) > 0 {
		return nil, problems
	}
	suspect := suspectTexts(text, tree)
	s, problems := newStatement(text, tree)
	return s, append(suspect, problems...)
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

// starred reports whether a SELECT or one inside it holds a *.
func starred(s *Select) bool {
	found := slices.ContainsFunc(s.Items, isStar)
	eachSelect(s, func(inner *Select) { found = found || starred(inner) })
	return found
}

// repeated warns of result columns that share a name.
func (s *Statement) repeated() source.Problems {
	var problems source.Problems
	for i, name := range s.Columns {
		if slices.Index(s.Columns, name) < i && !s.Star {
			p := s.text.Problem(s.tree.Items[i].At, "two columns are called "+name, "name one with AS: later blocks see only the first")
			problems = append(problems, p.Warn(findings.RepeatedColumn))
		}
	}
	return problems
}

// streamColumn has the stream's name for every event.
const streamColumn = "$Stream"

// EveryStream stands for all streams in a list of those that are read.
const EveryStream = "*"

// Streams lists the streams that the query reads.
func (s *Statement) Streams() []string {
	q, _ := write(s.text, s.tree, writing{})
	var names []string
	for i := range q.Scans {
		scan := &q.Scans[i]
		read := scan.Streams
		switch {
		case storeOf(scan) != "":
		case scan.Every:
			read = []string{EveryStream}
		case len(read) == 0:
			read = []string{scan.Stream}
		}
		for _, name := range read {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// Reads lists the columns that the query reads, stream by stream.
func (s *Statement) Reads() []workbook.Reads {
	q, _ := write(s.text, s.tree, writing{})
	quiet := map[string]bool{bare(streamColumn): true}
	pathColumns(s.tree, quiet)
	var reads []workbook.Reads
	for i := range q.Scans {
		scan := &q.Scans[i]
		if scan.Stream == SignalsStream || scan.Every || storeOf(scan) != "" {
			continue
		}
		for _, stream := range scan.Streams { // a column may be one's alone
			reads = append(reads, workbook.Reads{Stream: stream})
		}
		if scan.Stream != "" {
			columns := slices.DeleteFunc(slices.Clone(scan.Columns), func(c string) bool { return quiet[bare(c)] })
			reads = append(reads, workbook.Reads{Stream: scan.Stream, Columns: columns})
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
	extra, err := s.withStores(ctx, o, extra)
	if err != nil {
		return events.Result{}, nil, err
	}
	w, err := s.writing(ctx, o, clock, extra)
	if err != nil {
		return events.Result{}, nil, err
	}
	q, problems := write(s.text, s.tree, w)
	if len(problems) > 0 {
		return events.Result{}, nil, problems
	}
	q.MaxRows = maxRows
	if o.to != nil {
		q.Each = o.to.row(q.Columns)
	}
	result, err := o.Events.Query(ctx, q, extra)
	if err == nil && o.to != nil && result.Rows == 0 {
		err = o.to.Columns(q.Columns)
	}
	if err != nil {
		return result, nil, err
	}
	if store := s.tree.From[0].Store; store != "" {
		of := o.evidenceOf(ctx, store)
		for i := range result.Table.Rows {
			result.Table.Rows[i].Evidence = of
		}
	}
	warnings, err := s.warnings(ctx, q, result, extra, o)
	return result, warnings, err
}

// writing is what the query is written with in a run.
func (s *Statement) writing(ctx context.Context, o Options, clock Clock, extra map[string]workbook.Table) (writing, error) {
	var streams map[string]*events.Stream
	if starred(s.tree) {
		var err error
		if streams, err = o.Events.Streams(ctx); err != nil {
			return writing{}, err
		}
	}
	w := writingAt(o, clock, streams, extra)
	w.unfollowed = o.to != nil
	return w, nil
}

// writingAt is what a query is written with where the columns of its streams
// are known, or no * asks for them.
func writingAt(o Options, clock Clock, streams map[string]*events.Stream, extra map[string]workbook.Table) writing {
	return writing{
		columnsOf: func(scan *events.Scan) []string {
			if table, ok := extra[scan.Stream]; ok {
				return table.Columns
			}
			return columnsOf(streams, scan.Names(streams))
		},
		window:   func(w *Window) (events.Window, error) { return w.resolve(clock.Now, clock.Zone, o.Standard) },
		inMemory: func(stream string) bool { _, ok := extra[stream]; return ok },
		timeless: func(stream string) bool {
			table, ok := extra[stream]
			return ok && timeColumn(table) < 0
		},
		clock: &clock,
		plain: o.Plain,
	}
}

// columnsOf lists the columns of several streams, each once.
func columnsOf(streams map[string]*events.Stream, names []string) []string {
	var out []string
	known := map[string]bool{}
	for _, name := range names {
		st := streams[name]
		if st == nil {
			continue
		}
		for _, column := range st.Columns {
			if folded := strings.ToLower(column); !known[folded] && len(out) < maxColumns {
				known[folded] = true
				out = append(out, column)
			}
		}
	}
	return out
}

// maxColumns is the most columns that * stands for.
const maxColumns = 1000

// timeColumn is the column that tells a row's time, -1 where there is none.
func timeColumn(t workbook.Table) int {
	return slices.IndexFunc(t.Columns, func(c string) bool { return sameColumn(c, "$CNAMTime") })
}

// warnings says what a reader would else not see: streams and columns that no
// event has, and events left out.
func (s *Statement) warnings(ctx context.Context, q events.Query, r events.Result, extra map[string]workbook.Table, o Options) ([]string, error) {
	var out []string
	quiet := map[string]bool{}
	pathColumns(s.tree, quiet)
	for i, scan := range q.Scans {
		if table, ok := extra[scan.Stream]; ok {
			if storeOf(&scan) != "" && scan.Stream != storeStream(rowsStore) && timeColumn(table) < 0 && timed(s.tree) {
				out = append(out, fmt.Sprintf("the event store %s has no $CNAMTime, so the query's time does not narrow it", strings.ToLower(storeOf(&scan))))
			}
			continue
		}
		read := r.Read[i]
		read.Unseen = slices.DeleteFunc(slices.Clone(read.Unseen), func(c string) bool { return quiet[strings.ToLower(strings.TrimPrefix(c, "$"))] })
		if read.Complete && (read.Events == 0 || len(read.Unseen) > 0) || len(scan.Streams) > 1 {
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
		out = append(out, fmt.Sprintf("none of the %s of %s lies in the query's time, %s: is the clock right?", eventCount(read.Events), scan.Name(), scan.Window))
	case !standard || read.Complete && read.Inside == read.Events:
	case read.Complete:
		out = append(out, fmt.Sprintf("the query names no time, so it read the last %s before the clock, as DNIF does: %d of %s of %s; --window all reads the others",
			span(d), read.Inside, eventCount(read.Events), scan.Name()))
	default:
		out = append(out, fmt.Sprintf("the query names no time, so it read the last %s of %s before the clock, as DNIF does; --window all reads every event", span(d), scan.Name()))
	}
	if read.NoTime > 0 {
		out = append(out, fmt.Sprintf("%s of %s left out of the window, having no time that could be read", eventCount(read.NoTime), scan.Name()))
	}
	if read.Future > 0 {
		out = append(out, fmt.Sprintf("%s of %s left out, lying over a day in the future", eventCount(read.Future), scan.Name()))
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
	names := scan.Names(streams)
	if read.Events == 0 && read.Complete {
		if len(names) == 0 {
			return []string{"there are no events"}, nil
		}
		return []string{fmt.Sprintf("no event has the stream %s%s", strings.Join(names, " or "), streamHint(names[0], streams))}, nil
	}
	var out []string
	for _, name := range names {
		if streams[name] == nil && len(names) > 1 {
			out = append(out, fmt.Sprintf("no event has the stream %s%s", name, streamHint(name, streams)))
		}
	}
	known := columnsOf(streams, names)
	for _, column := range read.Unseen {
		out = append(out, fmt.Sprintf("no event of %s has the column %s%s", scan.Name(), column, lackHint(column, known)))
	}
	return out, nil
}

// streamHint says which stream was meant.
func streamHint(name string, streams map[string]*events.Stream) string {
	if name == "EVENT" || name == "EVENTS" {
		return ": write the stream itself behind FROM"
	}
	if fix := source.DidYouMean(name, slices.Collect(maps.Keys(streams))); fix != "" {
		return ": " + fix
	}
	return ""
}

// lackHint says what would give the column, or which one was meant. A column
// that is known and yet unseen is one of sources.yaml that is never filled.
func lackHint(column string, known []string) string {
	if e, ok := events.EnrichmentFor(column, known); ok {
		return ": " + e.String()
	}
	if slices.ContainsFunc(known, func(k string) bool { return strings.EqualFold(k, column) }) {
		return ": sources.yaml gives it, and it is empty in every event; see where its value comes from"
	}
	return hint(column, known)
}

func hint(word string, known []string) string {
	fix := source.DidYouMean(word, known)
	if !strings.HasPrefix(word, "$") && source.Nearest(word, known) == "" && strings.ToUpper(word) == word {
		fix = "a text stands in quotes, as in '" + word + "'"
	}
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
