package query

import (
	"context"
	"slices"
	"time"

	"tabletop/workbook"
	"tabletop/workbook/events"
	"tabletop/workbook/source"
)

// SQL is the kind of block that holds DNIF SQL.
func SQL(o Options) workbook.Kind {
	return workbook.Kind{
		Name:   "sql",
		Doc:    "a SELECT over streams: columns are $Name, the time is $Duration=7d",
		Config: source.Text{},
		Prepare: func(b workbook.Block, p *workbook.Preparation) workbook.Step {
			text, ok := b.Body.Text()
			if !ok {
				p.Report(b.Body.Problem("sql holds the text of a query", "write it under '|'"))
				return nil
			}
			statement, problems := Parse(text, p)
			return prepared(o, statement, problems, p)
		},
	}
}

// prepared finishes the preparation of a block that is a statement.
func prepared(o Options, s *Statement, problems source.Problems, p *workbook.Preparation) workbook.Step {
	p.ReportAll(problems)
	p.Out = workbook.Columns{}
	if s == nil {
		return nil
	}
	p.Out = workbook.Columns{Names: s.Columns, Known: !s.Star}
	return &step{asked{options: o, statement: s}}
}

// A step runs a statement as a block.
type step struct{ asked }

// Streams lists the streams that the block reads.
func (s *step) Streams() []string { return s.statement.Streams() }

// Ahead is what the block will ask at a clock, where that is known before the
// run: of events alone, and without *, since nothing else tells its columns.
func (s *step) Ahead(now time.Time, zone *time.Location) (events.Query, bool) {
	return s.statement.ahead(s.options, Clock{Now: now, Zone: zone})
}

// ahead is what the statement will ask at a clock; false where that hangs on more
// than the clock.
func (s *Statement) ahead(o Options, clock Clock) (events.Query, bool) {
	if starred(s.tree) {
		return events.Query{}, false
	}
	q, problems := write(s.text, s.tree, writingAt(o, clock, nil, map[string]workbook.Table{SignalsStream: {}}))
	inStore := func(scan events.Scan) bool { return storeOf(&scan) != "" }
	return q, len(problems) == 0 && !slices.ContainsFunc(q.Scans, inStore)
}

// Reads lists the columns that the block reads.
func (s *step) Reads() []workbook.Reads { return s.statement.Reads() }

// Run answers the query. The rows that come in are not used: a query begins
// anew, as in DNIF.
func (s *step) Run(ctx context.Context, _ workbook.Table, env *workbook.Env) (workbook.Output, error) {
	return s.run(ctx, workbook.Table{}, env)
}
