package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"tabletop/blocks/query"
	"tabletop/workbook"
	"tabletop/workbook/events"
	"tabletop/workbook/source"
)

// A question is the command query with its flags.
type question struct {
	input
	output  string
	stores  string
	maxRows int
	// maxRowsSet says that --max-rows was given.
	maxRowsSet bool
	strict     bool
}

func queryCommand(c *console) *cobra.Command {
	q := &question{}
	cmd := &cobra.Command{
		Use:   "query 'QUERY' --events PATH",
		Short: "Ask one query, ad hoc",
		Long: `query asks one query over a file or a folder of events. Without a time in the
query it reads every event. Nothing is recorded, and what _store writes is
dropped.

The language is told by how the query begins: SELECT or WITH is SQL, stream= or
sourcename= pipe DQL, a directive such as _fetch legacy DQL, and $Field = value
the text of a search.

-o csv writes a quote before texts that a spreadsheet would take for a formula
(they begin with =, +, - or @, or a control character), and all others as they
are, control characters in them too: it is for files and programs. On a terminal
those stand as escapes. -o ndjson writes an object a row, keyed by the names of
the columns, and leaves texts as they are, within JSON's escapes.

With -o csv and -o ndjson rows are written as they are found, as many as there
are unless --max-rows bounds them; what fails on the way is told behind those
that were written, with exit code 1. Directives one behind the other work on all
rows of the one before, and stay within --max-rows, as -o table and json do.`,
		Example: `  tabletop query 'SELECT $SrcIP, COUNT(*) FROM FIREWALL GROUP BY $SrcIP' \
      --events examples/suspicious-remote-desktop/events
  tabletop query 'SELECT * FROM THREAT LIMIT 5' \
      --events examples/malicious-url/events -o ndjson
  tabletop query 'stream=firewall where dstport=3389 | groupby srcip' \
      --events examples/suspicious-remote-desktop/events
  tabletop query '_fetch * from event where $Stream=THREAT last 5' \
      --events examples/malicious-url/events
  tabletop query 'SELECT * FROM FIREWALL' -o csv \
      --events examples/suspicious-remote-desktop/events > firewall.csv`,
		Args: exactly(1, "one query, in quotes"),
		RunE: func(cmd *cobra.Command, args []string) error {
			q.maxRowsSet = cmd.Flags().Changed("max-rows")
			return q.run(cmd.Context(), c, args[0])
		},
	}
	f := cmd.Flags()
	q.eventFlags(f, "all")
	f.Lookup("events").Usage = "file or folder of events" // a query has no workbook that they lie beside
	f.StringVarP(&q.output, "output", "o", "table", "table, csv, ndjson or json")
	f.StringVar(&q.stores, "stores", standardStores, "the file of event stores")
	f.IntVar(&q.maxRows, "max-rows", 100_000, "the most rows that the answer may have (csv and ndjson: no bound unless given)")
	f.BoolVar(&q.strict, "strict", false, "make errors of lines and files that can't be decoded")
	return cmd
}

func (q *question) run(ctx context.Context, c *console, text string) error {
	if err := outputForm(q.output, "table", "csv", "ndjson", "json"); err != nil {
		return err
	}
	if q.maxRows < 1 {
		return nothingRan(errors.New("--max-rows must be at least 1"))
	}
	if q.events == "" {
		return nothingRan(errors.New("name the events with --events: a file or a folder"))
	}
	session, closeStores, err := openSession(q.stores)
	if err != nil {
		return err
	}
	defer closeStores()
	q.session = session
	zone, err := q.location()
	if err != nil {
		return err
	}
	standard, err := q.standard()
	if err != nil {
		return err
	}
	q.bar = newBar(c)
	defer q.bar.hide()
	// What is wrong with the question is told before any file is opened.
	asked, problems := ask(text, query.Options{Standard: standard, Stores: session})
	if problems.Err() != nil {
		return failure{exitNothingRan, problems}
	}
	q.untimed = standard == 0 && !asked.Timed()
	set, err := q.openAt(q.events, filepath.Dir(q.events), zone)
	if err != nil {
		return nothingRan(err)
	}
	q.bar.show()
	if asked, problems = ask(text, query.Options{Events: set, Standard: standard, Stores: session}); problems.Err() != nil {
		return failure{exitNothingRan, problems}
	}
	left, err := leftOut(ctx, set, q.strict)
	if err != nil {
		return nothingRan(err)
	}
	unfound, err := set.Unfound(ctx)
	if err != nil {
		return err
	}
	problems = append(problems, unfound...)
	now, err := q.nowFor(ctx, set, asked, zone, standard)
	if err != nil {
		return err
	}
	warnings, err := q.answer(ctx, c, asked, &workbook.Env{Now: now, Zone: zone, MaxRows: q.maxRows, Strict: q.strict})
	q.bar.hide()
	if errors.Is(err, syscall.EPIPE) {
		return nil // whoever read has gone, and wants no more
	}
	if err != nil {
		return err
	}
	for _, w := range problems.Warnings() {
		c.remark("%s", cleanLines(w.String()))
	}
	for _, w := range append(left, warnings...) {
		c.remark("warning: %s", cleanLines(w))
	}
	for _, change := range session.Changes() {
		c.remark("warning: a query keeps nothing: what it wrote to the store %s is dropped; run --keep-stores keeps it", clean(change.Store))
	}
	return nil
}

// answer asks the question and prints its rows. It returns the warnings.
func (q *question) answer(ctx context.Context, c *console, asked *query.Question, env *workbook.Env) ([]string, error) {
	var warnings []string
	var err error
	start, took := time.Now(), time.Duration(0)
	var table workbook.Table
	streams := q.streams(asked)
	if streams {
		if !q.maxRowsSet {
			env.MaxRows = 0
		}
		warnings, err = asked.Each(ctx, env, q.receiver(c))
	} else {
		var out workbook.Output
		out, err = asked.Run(ctx, workbook.Table{}, env)
		table, warnings, took = out.Table, out.Warnings, time.Since(start)
		if most := workbook.TooManyRows(0); errors.As(err, &most) && (q.output == "csv" || q.output == "ndjson") {
			err = fmt.Errorf("%w; directives hold all their rows, so -o %s bounds them too", err, q.output)
		}
	}
	if err != nil {
		return nil, err
	}
	if text := undecodable(asked.Lines.Count, asked.Lines.First); text != "" {
		if q.strict {
			return nil, errors.New(text)
		}
		warnings = append(warnings, text)
	}
	if !streams {
		q.bar.hide()
		q.print(c, table, took)
	}
	return warnings, nil
}

func ask(text string, o query.Options) (*query.Question, source.Problems) {
	return query.ParseQuestion(source.NewText("query", text), o, workbook.NewPreparation(nil))
}

// nowFor is the clock of a query: only one that asks for a time needs the
// newest event, for which all events must be read.
func (q *question) nowFor(ctx context.Context, set *events.Set, s *query.Question, zone *time.Location, standard time.Duration) (time.Time, error) {
	now, err := q.clock(zone)
	if err != nil || !now.IsZero() || standard == 0 && !s.Timed() {
		return now, err
	}
	b := &bench{set: set, zone: zone}
	survey, err := set.SurveyAhead(ctx, func(guess *events.Survey) []events.Query {
		now, _, err := q.clockOf(b, guess, s.Streams())
		if err != nil {
			return nil
		}
		if asks, ok := s.Ahead(now, b.zoneOr(time.UTC)); ok {
			return []events.Query{asks}
		}
		return nil
	})
	if err != nil {
		return now, nothingRan(err)
	}
	now, _, err = q.clockOf(b, survey, s.Streams())
	return now, err
}

func (q *question) print(c *console, t workbook.Table, took time.Duration) {
	switch q.output {
	case "table":
		if len(t.Rows) > 0 {
			c.draw(gridOf(t, len(t.Rows)), "")
		}
		c.remark("%s in %.3f s", plural(len(t.Rows), "record", "records"), took.Seconds())
	case "csv", "ndjson":
		// Nobody reads on after an error, which the last flush tells.
		to := q.receiver(c)
		_ = to.Columns(t.Columns)
		for _, row := range t.Rows {
			if to.Row(row.Values) != nil {
				return
			}
		}
	case "json":
		keys := objectKeys(t.Columns)
		objects := make([]json.RawMessage, len(t.Rows))
		for i, row := range t.Rows {
			objects[i] = appendObject(nil, keys, row.Values)
		}
		c.json(objects)
	}
}
