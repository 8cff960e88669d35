package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"tabletop/audit"
)

// A replaying is the command replay with its flags.
type replaying struct {
	record
	events string
}

func replayCommand(c *console) *cobra.Command {
	p := &replaying{}
	cmd := &cobra.Command{
		Use:   "replay RUN",
		Short: "Make a recorded run again: is the answer the same?",
		Long: `replay makes a recorded run again, with the workbook, parameters, integrations,
guard, clock and zone that the audit keeps of it, over the same events, and
compares rows, signals and actions with the record. It tells the first
difference and exits 3, and says which files, event stores or program are not
what they were. What was written to event files since the run is not read.

Nothing is sent, and nothing is recorded.`,
		Example: `  tabletop replay 1
  tabletop replay 1 --events /mnt/evidence/events
  tabletop replay 1 -o json`,
		Args: exactly(1, "the number of a run"),
		RunE: func(cmd *cobra.Command, args []string) error {
			number, err := runNumber(args[0])
			if err != nil {
				return err
			}
			return p.read(cmd.Context(), func(reader *audit.Reader) error { return p.run(cmd.Context(), c, reader, number) })
		},
	}
	p.flags(cmd)
	cmd.Flags().StringVar(&p.events, "events", "", "file or folder of the events (default where the run read them)")
	return cmd
}

func (p *replaying) run(ctx context.Context, c *console, reader *audit.Reader, number int64) error {
	recorded, err := p.readRecorded(ctx, reader, number)
	if err != nil {
		return err
	}
	again, err := recorded.again(ctx, c, againOptions{events: p.events})
	if err != nil {
		return err
	}
	found := compare(recorded.run, again.result)
	o := replayJSON(recorded, again, found)
	if p.output == "json" {
		c.json(o)
	} else {
		c.answeredAgain(o)
	}
	if !o.Same {
		return failure{exitNotHeld, nil}
	}
	return nil
}

// The object that replay -o json prints.
type replayObject struct {
	Run  int64 `json:"run"`
	Same bool  `json:"same"`
	// Differences are the first of them; More counts the others.
	Differences []difference `json:"differences"`
	More        int          `json:"more_differences"`
	// Changed says what is not as it was, Assumed what the record does not say,
	// Partly why not all could be compared.
	Changed []string `json:"changed"`
	Assumed []string `json:"assumed"`
	Partly  []string `json:"partly"`
	Blocks  int      `json:"blocks"`
	Rows    int      `json:"rows"`
	Signals int      `json:"signals"`
	Actions int      `json:"actions"`
}

func replayJSON(r *recordedRun, again *ranAgain, found differences) replayObject {
	return replayObject{
		Run: r.run.Number, Same: len(found.list) == 0, Differences: notNil(found.list), More: found.more,
		Changed: notNil(again.elsewhere), Assumed: notNil(r.assumed), Partly: notNil(found.partly),
		Blocks: found.blocks, Rows: found.rows, Signals: found.signals, Actions: found.actions,
	}
}

// answeredAgain prints what a replay found.
func (c *console) answeredAgain(o replayObject) {
	compared := fmt.Sprintf("%s, %s, %s and %s compared", plural(o.Blocks, "block", "blocks"), plural(o.Rows, "row", "rows"), plural(o.Signals, "signal", "signals"), plural(o.Actions, "action", "actions"))
	if o.Same {
		c.line(c.green(fmt.Sprintf("run %d gives the same answer again", o.Run)))
	} else {
		c.line(c.red(fmt.Sprintf("run %d gives another answer", o.Run)))
		d := o.Differences[0]
		c.paragraph("  ", "the first difference: "+clean(d.place()))
		c.paragraph("    recorded  ", clean(d.Recorded))
		c.paragraph("    now       ", clean(d.Now))
		if more := len(o.Differences) - 1 + o.More; more > 0 {
			c.paragraph("  ", fmt.Sprintf("and %s; -o json lists the first", plural(more, "more", "more")))
		}
	}
	c.line("  ", compared)
	for _, list := range []struct {
		title string
		texts []string
	}{{"not as they were:", o.Changed}, {"assumed:", o.Assumed}, {"not compared:", o.Partly}} {
		if len(list.texts) > 0 {
			c.line(list.title)
		}
		for _, text := range list.texts {
			c.paragraph("  ", clean(text))
		}
	}
}
