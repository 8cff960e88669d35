package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"tabletop/blocks/query"
	"tabletop/workbook"
	"tabletop/workbook/source"
)

// An explaining is the command explain with its flags.
type explaining struct {
	question
}

func explainCommand(c *console) *cobra.Command {
	e := &explaining{}
	cmd := &cobra.Command{
		Use:   "explain 'QUERY' [--events PATH]",
		Short: "Say what a query means and what each condition lets through",
		Long: `explain says a query in plain words, step by step, in any of the languages of
tabletop query; shows the SQL it becomes, the columns it reads and the
conditions that are tested while the files are read. With --events it counts the
events that each condition lets through, alone and with all before it.`,
		Example: `  tabletop explain 'stream=firewall where dstport=3389 | groupby srcip'
  tabletop explain 'SELECT $SrcIP FROM FIREWALL WHERE $DstPort=3389' \
      --events examples/suspicious-remote-desktop/events
  tabletop explain '_fetch * from event where $Stream=THREAT last 5' -o json`,
		Args: exactly(1, "one query, in quotes"),
		RunE: func(cmd *cobra.Command, args []string) error { return e.run(cmd.Context(), c, args[0]) },
	}
	f := cmd.Flags()
	e.eventFlags(f, "all")
	f.Lookup("events").Usage = "file or folder of events" // a query has no workbook that they lie beside
	f.StringVarP(&e.output, "output", "o", "text", "text or json")
	f.StringVar(&e.stores, "stores", standardStores, "the file of event stores")
	return cmd
}

func (e *explaining) run(ctx context.Context, c *console, text string) error {
	if err := outputForm(e.output, "text", "json"); err != nil {
		return err
	}
	zone, err := e.location()
	if err != nil {
		return err
	}
	standard, err := e.standard()
	if err != nil {
		return err
	}
	now, err := e.clock(zone)
	if err != nil {
		return err
	}
	session, closeStores, err := openSession(e.stores)
	if err != nil {
		return err
	}
	defer closeStores()
	e.session = session
	o := query.Options{Standard: standard, Stores: session}
	if first, found := ask(text, o); found.Err() == nil {
		e.untimed = standard == 0 && !first.Timed()
	}
	if e.events != "" {
		if o.Events, err = e.openAt(e.events, filepath.Dir(e.events), zone); err != nil {
			return nothingRan(err)
		}
	}
	p := workbook.NewPreparation(nil)
	p.First = false // directives are explained without the rows that they get
	asked, problems := query.ParseQuestion(source.NewText("query", text), o, p)
	if problems.Err() != nil {
		return failure{exitNothingRan, problems}
	}
	var left []string
	if o.Events != nil {
		if left, err = leftOut(ctx, o.Events, false); err != nil {
			return nothingRan(err)
		}
		unfound, err := o.Events.Unfound(ctx)
		if err != nil {
			return err
		}
		problems = append(problems, unfound...)
		if now, err = e.nowFor(ctx, o.Events, asked, zone, standard); err != nil {
			return err
		}
	}
	explanation, err := asked.Explain(ctx, o, query.Clock{Now: now, Zone: zone})
	if err != nil {
		return err
	}
	for _, w := range problems.Warnings() {
		c.remark("%s", cleanLines(w.String()))
	}
	for _, w := range left {
		c.remark("warning: %s", cleanLines(w))
	}
	if e.output == "json" {
		c.json(explanation)
		return nil
	}
	for i, part := range explanation.Parts {
		for _, w := range part.Warnings {
			c.remark("%s", strings.Join(wrap("warning: "+clean(w), 78), "\n  "))
		}
		if len(explanation.Parts) > 1 {
			c.line(fmt.Sprintf("Directive %d", i+1))
		}
		c.explained(part)
	}
	return nil
}

// explained prints one part of an explanation.
func (c *console) explained(p query.ExplainedPart) {
	for i, step := range p.Steps {
		c.paragraph(fmt.Sprintf("%3d. ", i+1), clean(step))
	}
	for _, scan := range p.Scans {
		c.line("")
		c.paragraph("Reads ", clean(scan.Reads)+", "+scan.Window)
		if len(scan.Columns) > 0 {
			c.paragraph("  columns       ", clean(strings.Join(scan.Columns, ", ")))
		}
		for _, condition := range scan.Pushed {
			c.paragraph("  while reading ", clean(condition))
		}
		if scan.Grouped {
			c.paragraph("  while reading ", "the groups")
		}
		for _, condition := range scan.Left {
			c.paragraph("  by SQLite     ", clean(condition))
		}
	}
	if p.DQL != "" {
		c.line("")
		c.line("In pipe DQL")
		c.paragraph("  ", clean(p.DQL))
	}
	if p.SQL != "" {
		c.line("")
		c.line("SQLite gets")
		c.paragraph("  ", clean(p.SQL))
		for i, arg := range p.Args {
			c.paragraph(fmt.Sprintf("  ?%d = ", i+1), clean(workbook.Text(arg)))
		}
	}
	c.explainedCounts(p)
}

func (c *console) explainedCounts(p query.ExplainedPart) {
	for _, counts := range p.Counts {
		c.line("")
		head := fmt.Sprintf("%d events, %d in the query's time", counts.Events, counts.Inside)
		if counts.Rows {
			head = plural(int(counts.Inside), "row", "rows")
		}
		if len(p.Counts) > 1 || counts.Rows {
			head = clean(counts.Reads) + ": " + head
		}
		if len(counts.Conditions) == 0 {
			c.paragraph("", head)
			continue
		}
		c.paragraph("", head+"; what the conditions let through of those:")
		c.line(fmt.Sprintf("%10s %10s", "together", "alone"))
		for _, condition := range counts.Conditions {
			c.paragraph(fmt.Sprintf("%10d %10d  ", condition.Together, condition.Alone), clean(condition.Condition))
		}
	}
	if len(p.Uncounted) > 0 {
		c.line("")
	}
	for _, why := range p.Uncounted {
		c.paragraph("Not counted: ", clean(why))
	}
}
