package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"tabletop/audit"
	"tabletop/workbook"
	"tabletop/workbook/source"
)

// A selection is the command sql with its flags.
type selection struct {
	record
	schema     bool
	maxRows    int
	maxRowsSet bool
	timeout    time.Duration
}

func sqlCommand(c *console) *cobra.Command {
	s := &selection{}
	cmd := &cobra.Command{
		Use:   "sql 'SELECT …'",
		Short: "Ask the audit in SQL",
		Long: `sql asks one SELECT, in SQLite's SQL, of the audit's views; --schema tells them
and their columns. It can read and nothing else. The same views open in the
sqlite3 shell.

Texts are as the audit stores them: a byte that is not UTF-8 or that would act
on a terminal stands as U+FFFD and two hexadecimal digits. A column of a
workbook is a key in the cells of a row: cells ->> '$."$SrcIP"'.

-o csv and -o ndjson are written row by row, as many as there are unless
--max-rows bounds them; csv puts a quote before what a spreadsheet would take
for a formula.`,
		Example: `  tabletop sql 'SELECT target, verdict, reason FROM actions WHERE run = 1'
  tabletop sql --schema
  tabletop sql --schema actions
  tabletop sql 'SELECT target, count(*) AS times FROM actions GROUP BY target' \
      -o csv > targets.csv
  tabletop sql "SELECT file, line FROM evidence WHERE run = 1 AND block = 3"`,
		RunE: func(cmd *cobra.Command, args []string) error {
			s.maxRowsSet = cmd.Flags().Changed("max-rows")
			return s.run(cmd.Context(), c, args)
		},
	}
	f := cmd.Flags()
	f.StringVar(&s.path, "audit", "audit.db", "the audit to read")
	f.StringVarP(&s.output, "output", "o", "table", "table, csv, ndjson or json")
	f.BoolVar(&s.schema, "schema", false, "tell the views and their columns")
	f.IntVar(&s.maxRows, "max-rows", 10_000, "the most rows that the answer may have (csv and ndjson: no bound unless given)")
	f.DurationVar(&s.timeout, "timeout", 30*time.Second, "the time that the answer may take")
	return cmd
}

func (s *selection) run(ctx context.Context, c *console, args []string) error {
	if err := outputForm(s.output, "table", "csv", "ndjson", "json"); err != nil {
		return err
	}
	switch {
	case s.schema:
		return s.tell(c, args)
	case len(args) != 1:
		return nothingRan(errors.New("sql takes one query, in quotes\n  tabletop sql 'SELECT target, verdict FROM actions'\n  tabletop sql --schema tells the views and their columns"))
	case s.maxRows < 1:
		return nothingRan(errors.New("--max-rows must be at least 1"))
	case s.timeout <= 0:
		return nothingRan(errors.New("--timeout must be more than nothing, as 30s"))
	}
	err := s.use(ctx, func(reader *audit.Reader) error { return s.ask(ctx, c, reader, args[0]) })
	var problems source.Problems
	if errors.As(err, &problems) {
		return failure{exitNothingRan, problems}
	}
	if errors.Is(err, syscall.EPIPE) {
		return nil // whoever read has gone, and wants no more
	}
	return err
}

// ask puts the question and prints the answer.
func (s *selection) ask(ctx context.Context, c *console, reader *audit.Reader, query string) error {
	options := audit.SelectOptions{MaxRows: s.maxRows, Within: s.timeout}
	w := &rowWriter{console: c}
	switch s.output {
	case "csv", "ndjson":
		if !s.maxRowsSet {
			options.MaxRows = 0
		}
		if s.output == "csv" {
			return reader.Select(ctx, query, options, audit.Receiver{Columns: w.csvHeader, Row: w.csvRow})
		}
		return reader.Select(ctx, query, options, audit.Receiver{Columns: w.keysOf, Row: w.object})
	}
	var t workbook.Table
	err := reader.Select(ctx, query, options, audit.Receiver{
		Columns: func(names []string) error {
			t.Columns = names
			return nil
		},
		Row: func(values []workbook.Value) error {
			t.Rows = append(t.Rows, workbook.Row{Values: values})
			return nil
		},
	})
	if err != nil {
		return err
	}
	if s.output == "table" {
		if len(t.Rows) > 0 {
			c.draw(gridOf(t, len(t.Rows)), "")
		}
		c.remark("%s", plural(len(t.Rows), "row", "rows"))
		return nil
	}
	keys := objectKeys(t.Columns)
	objects := make([]json.RawMessage, len(t.Rows))
	for i, row := range t.Rows {
		objects[i] = appendObject(nil, keys, row.Values)
	}
	c.json(objects)
	return nil
}

// tell writes what the views hold: all of them, or those that are named.
func (s *selection) tell(c *console, names []string) error {
	views, err := viewsNamed(names)
	if err != nil {
		return err
	}
	switch s.output {
	case "json":
		c.json(views)
	case "csv", "ndjson":
		w := &rowWriter{console: c}
		header, row := w.csvHeader, w.csvRow
		if s.output == "ndjson" {
			header, row = w.keysOf, w.object
		}
		err := header([]string{"view", "column", "type", "doc"})
		for _, v := range views {
			for _, column := range v.Columns {
				if err == nil {
					err = row([]workbook.Value{v.Name, column.Name, column.Type, column.Doc})
				}
			}
		}
		return err
	default:
		for i, v := range views {
			if i > 0 {
				c.line()
			}
			c.line(c.strong(v.Name), ": ", v.Doc)
			for _, column := range v.Columns {
				c.line(fmt.Sprintf("  %-19s  %-7s  %s", column.Name, column.Type, column.Doc))
			}
		}
	}
	return nil
}

// viewsNamed finds views by their names; none stands for all.
func viewsNamed(names []string) ([]audit.View, error) {
	all := audit.Views()
	if len(names) == 0 {
		return all, nil
	}
	known := make([]string, len(all))
	for i, v := range all {
		known[i] = v.Name
	}
	var views []audit.View
	for _, name := range names {
		found := false
		for _, v := range all {
			if strings.EqualFold(v.Name, name) {
				views, found = append(views, v), true
			}
		}
		if !found {
			return nil, nothingRan(fmt.Errorf("no view %s: %s", name, source.DidYouMean(name, known)))
		}
	}
	return views, nil
}
