package query

import (
	"context"
	"strings"

	"tabletop/workbook"
	"tabletop/workbook/events"
)

// An Explanation says what a question means, how it is answered, and how many
// events its conditions let through.
type Explanation struct {
	Language Language `json:"language"`
	// Parts has one entry for each directive; SQL, searches and pipe DQL are one.
	Parts []ExplainedPart `json:"parts"`
}

// An ExplainedPart is one directive of a question.
type ExplainedPart struct {
	// Steps say what it means, one after the other.
	Steps []string `json:"steps"`
	// Tree is the query in this package's SQL, SQL what SQLite gets, with Args
	// for ?1, ?2, …; empty for directives that ask no events.
	Tree string `json:"tree,omitempty"`
	// DQL is the query in pipe DQL, where pipe DQL can say it.
	DQL   string          `json:"dql,omitempty"`
	SQL   string          `json:"sql,omitempty"`
	Args  []any           `json:"args,omitempty"`
	Scans []ExplainedScan `json:"scans,omitempty"`
	// Counts are there where events were given: of each source that conditions
	// can be counted of, and of the rows that a JOIN makes.
	Counts []ExplainedCounts `json:"counts,omitempty"`
	// Uncounted says which conditions are not counted, and why.
	Uncounted []string `json:"uncounted,omitempty"`
	// Warnings name what the query reads and is not there: streams, columns,
	// event stores.
	Warnings []string `json:"warnings,omitempty"`
}

// An ExplainedScan is a reading of events.
type ExplainedScan struct {
	Reads   string   `json:"reads"`
	Columns []string `json:"columns"`
	Window  string   `json:"window"`
	// Pushed are the conditions that are tested while the files are read, Left
	// those that SQLite tests; Grouped says that groups are made in reading.
	Pushed  []string `json:"pushed"`
	Left    []string `json:"left"`
	Grouped bool     `json:"grouped"`
}

// ExplainedCounts are the events of what is read: all, those inside the query's
// time, and what each condition lets through of those.
type ExplainedCounts struct {
	// Reads names the source, Rows says that it is made of rows, not of events:
	// by a JOIN, a SELECT or an event store. Of these all are Inside.
	Reads      string               `json:"reads"`
	Rows       bool                 `json:"rows,omitempty"`
	Events     int64                `json:"events"`
	Inside     int64                `json:"inside"`
	Conditions []ExplainedCondition `json:"conditions"`
}

// An ExplainedCondition is one of the conditions that must all hold.
type ExplainedCondition struct {
	Condition string `json:"condition"`
	// Line and Column are its place in the text, from 1.
	Line   int `json:"line"`
	Column int `json:"column"`
	// Alone counts the events for which it holds; Together those for which it
	// and all before it do.
	Alone    int64 `json:"alone"`
	Together int64 `json:"together"`
}

// maxCounted bounds the conditions that are counted.
const maxCounted = 100

// Explain says what a question means. Where o has events, its conditions are
// counted over them at the clock.
func (q *Question) Explain(ctx context.Context, o Options, clock Clock) (Explanation, error) {
	out := Explanation{Language: q.Language}
	writes := map[string]bool{}
	for _, made := range q.parts {
		absent, err := o.absentStores(ctx, storeUses(made), writes)
		if err != nil {
			return out, err
		}
		var s *Statement
		var f *fetch
		switch made := made.(type) {
		case asked:
			s = made.statement
		case fetching:
			s, f = made.statement, made.fetch
		default:
			out.Parts = append(out.Parts, ExplainedPart{Steps: []string{meaning(made)}, Warnings: absentWarnings(absent)})
			continue
		}
		part, err := s.explain(ctx, o, clock, absent)
		if err != nil {
			return out, err
		}
		if f != nil {
			part.Steps = append(part.Steps, f.meaning()...)
		}
		out.Parts = append(out.Parts, part)
	}
	return out, nil
}

// explain says what the query means; absent are the event stores that it reads
// and that are not there.
func (s *Statement) explain(ctx context.Context, o Options, clock Clock, absent []string) (ExplainedPart, error) {
	part := ExplainedPart{Steps: s.tree.meaning(o.Standard), Tree: s.Print(), Warnings: absentWarnings(absent)}
	if dql, err := s.PrintDQL(); err == nil {
		part.DQL = dql
	}
	w := writing{clock: &clock, window: func(w *Window) (events.Window, error) { return w.resolve(clock.Now, clock.Zone, o.Standard) }}
	if clock.Now.IsZero() {
		w = writing{} // the times are not known yet
	}
	extra := map[string]workbook.Table{SignalsStream: {Columns: signalColumns}, storeStream(rowsStore): {}}
	for _, store := range absent {
		extra[storeStream(store)] = workbook.Table{}
	}
	if o.Events != nil {
		var err error
		if extra, err = s.withStores(ctx, o, extra); err != nil {
			return part, err
		}
		if w, err = s.writing(ctx, o, clock, extra); err != nil {
			return part, err
		}
	}
	written, problems := write(s.text, s.tree, w)
	if len(problems) > 0 {
		return part, problems
	}
	part.SQL, part.Args = written.SQL, written.Args
	for i := range written.Scans {
		scan := &written.Scans[i]
		one := ExplainedScan{Reads: scan.Name(), Columns: scan.Columns, Window: scan.Window.String(), Grouped: scan.Grouping != nil, Pushed: []string{}, Left: []string{}}
		if name := storeOf(scan); name != "" {
			one.Reads = "event store " + strings.ToLower(name)
			if scan.Stream == storeStream(rowsStore) {
				one.Reads = "the rows that come in"
			}
		}
		part.Scans = append(part.Scans, one)
	}
	s.pushedTerms(w, &part)
	if o.Events == nil {
		return part, nil
	}
	lacking, err := s.lacking(ctx, written, extra, o)
	if err != nil {
		return part, err
	}
	part.Warnings = append(part.Warnings, lacking...)
	c := &counter{Statement: s, o: o, clock: clock, extra: extra, part: &part}
	return part, c.selectStatement(ctx, s.tree)
}

// pushedTerms says which conditions of the outermost SELECT its scan tests.
func (s *Statement) pushedTerms(w writing, part *ExplainedPart) {
	if len(part.Scans) == 0 || len(s.tree.From) != 1 || s.tree.From[0].Select != nil || s.tree.Where == nil {
		return
	}
	one := &part.Scans[0]
	for _, term := range terms(s.tree.Where) {
		alone := *s.tree
		alone.Where, alone.Items, alone.Groups, alone.Having, alone.Order = term, []Item{{Expr: &Call{Name: "count", Star: true}}}, nil, nil, nil
		written, problems := write(s.text, &alone, w)
		if len(problems) == 0 && written.Scans[0].Where != nil {
			one.Pushed = append(one.Pushed, print(term, 0))
		} else {
			one.Left = append(one.Left, print(term, 0))
		}
	}
}

func whole(v workbook.Value) int64 {
	n, _ := v.(int64)
	return n
}

// begin is where an expression begins: operators stand at their sign.
func begin(e Expr) int {
	at := e.place()
	for _, child := range children(e) {
		at = min(at, begin(*child))
	}
	return at
}
