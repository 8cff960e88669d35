package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"tabletop/audit"
	"tabletop/workbook"
)

// An asking is the command why-not with its flags.
type asking struct {
	record
	events string
	run    int64
}

func whyNotCommand(c *console) *cobra.Command {
	q := &asking{}
	cmd := &cobra.Command{
		Use:   "why-not WHAT",
		Short: "Tell where a value was lost, so that nothing was blocked",
		Long: `why-not tells why a run did not act on a value, such as an address: it is in no
event; it is in events, but not of the stream that is read, or outside of the
query's time; a condition, a JOIN, HAVING or LIMIT took it away; code dropped
its row or changed it; or its action was refused by the guard, capped, a
repetition, disabled or invalid. Where it was sent after all, it points to
tabletop why.

It makes the run again, with the workbook and all else that the audit keeps of
it, and follows the value block by block. An address, a host, a mailbox or a
hash is found in whatever way it is written, also defanged. Nothing is sent, and
nothing is recorded.`,
		Example: `  tabletop why-not 10.0.0.5
  tabletop why-not 203.0.113.9 --run 1
  tabletop why-not 'hxxp://portal[.]example[.]org' --run 2 -o json
  tabletop why-not 192.0.2.77 --run 1 --events /mnt/evidence/events`,
		Args: exactly(1, "one value, such as an address, a host, a URL, a mailbox or a hash"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("run") && q.run < 1 {
				return nothingRan(fmt.Errorf("--run %d: runs count from 1; tabletop runs lists them", q.run))
			}
			if args[0] == "" || len(args[0]) > maxAsked {
				return nothingRan(fmt.Errorf("name a value of 1 to %d bytes", maxAsked))
			}
			return q.read(cmd.Context(), func(reader *audit.Reader) error { return q.answer(cmd.Context(), c, reader, args[0]) })
		},
	}
	q.flags(cmd)
	f := cmd.Flags()
	f.Int64Var(&q.run, "run", 0, "the run to ask of (default the newest that ran a workbook)")
	f.StringVar(&q.events, "events", "", "file or folder of the events (default where the run read them)")
	return cmd
}

// maxAsked is the longest value that is looked for.
const maxAsked = 4096

func (q *asking) answer(ctx context.Context, c *console, reader *audit.Reader, what string) error {
	number, applied, err := q.chosen(ctx, reader)
	if err != nil {
		return err
	}
	p := newPursuit(what)
	var o whyNotObject
	if applied != nil && number == 0 {
		// Its plan is not known, and all that it says is of its own actions.
		if o = p.ofActions(*applied); len(o.Actions) == 0 {
			return repeatable(ctx, reader, *applied)
		}
	} else {
		if p.recorded, err = q.readRecorded(ctx, reader, number); err != nil {
			return err
		}
		p.applied = applied
		if err := p.follow(ctx, c, q.events); err != nil {
			return err
		}
		o = p.conclude()
	}
	if q.output == "json" {
		c.json(o)
		return nil
	}
	c.tree(c.whyNot(o))
	return nil
}

// chosen is the run to make again, and the one that was given its plan, where that
// one was asked for. The first is 0 where the record does not tell.
func (q *asking) chosen(ctx context.Context, reader *audit.Reader) (int64, *audit.Run, error) {
	if q.run == 0 {
		number, err := newestOfWorkbook(ctx, reader)
		return number, nil, err
	}
	run, err := reader.Show(ctx, q.run)
	if err != nil {
		return 0, nil, nothingRan(err)
	}
	if repeatable(ctx, reader, run) == nil {
		return q.run, nil, nil
	}
	made, err := reader.FindPlan(ctx, run.Plan)
	if errors.Is(err, audit.ErrNoPlan) {
		return 0, &run, nil
	}
	return made.Run, &run, err
}

// newestOfWorkbook is the newest run that ran a workbook by itself.
func newestOfWorkbook(ctx context.Context, reader *audit.Reader) (int64, error) {
	runs, err := reader.Runs(ctx, 0)
	if err != nil {
		return 0, err
	}
	for _, s := range runs {
		switch s.Mode {
		case workbook.ModeRehearse, workbook.ModePlan, workbook.ModeStream:
		default:
			continue
		}
		if s.Caller == nil {
			return s.Run, nil
		}
	}
	return 0, nothingRan(errors.New("no run of a workbook is recorded: tabletop run makes one"))
}
