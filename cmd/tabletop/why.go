package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"tabletop/audit"
	"tabletop/blocks/trigger/guard"
	"tabletop/workbook/indicator"
)

// An inquiry is the command why with its flags.
type inquiry struct {
	record
	events   string
	limit    int
	value    bool
	all      bool
	noEvents bool
}

// mostCounted is how many of the newest entries of a value are counted without
// --all.
const mostCounted = 500

func whyCommand(c *console) *cobra.Command {
	q := &inquiry{}
	cmd := &cobra.Command{
		Use:   "why WHAT",
		Short: "Explain an action back to the lines of the log",
		Long: `why follows what the audit records of an action, a signal or a row: the request
and the answer, the verdict and its rule, the plan and what became of it, then
block by block the row and the code that made it, to the query and the events
behind it. Each event is read from its file, and the file compared with the hash
that the run recorded.

WHAT is 7/a2 for an action, 7/s1 for a signal, 7/3/12 for a row (run, block,
row), #41 for the entry of one of these. Anything else is a value, such as a
blocked address: when it was seen first and last and how often, then its newest
action.`,
		Example: `  tabletop why 203.0.113.140
  tabletop why 7/a2
  tabletop why 7/3/12 -o json
  tabletop why 203.0.113.140 --all --no-events
  tabletop why 7/s1 --events /mnt/evidence/events`,
		Args: exactly(1, "one thing: an address or another value, 7/a2, 7/s1, 7/3/12 or #41"),
		RunE: func(cmd *cobra.Command, args []string) error { return q.run(cmd.Context(), c, args[0]) },
	}
	q.flags(cmd)
	f := cmd.Flags()
	f.StringVar(&q.events, "events", "", "file or folder of the events (default where the run read them)")
	f.IntVar(&q.limit, "limit", 3, "the most events that are read and shown, up to 100")
	f.BoolVar(&q.value, "value", false, "take WHAT as a value, also where it looks like an identifier")
	f.BoolVar(&q.all, "all", false, "count and list everything that is recorded of a value")
	f.BoolVar(&q.noEvents, "no-events", false, "name the events without reading their files")
	return cmd
}

// An answer is what why found.
type answer struct {
	what string
	// seen is set for a value.
	seen  *audit.Sightings
	chain *audit.Chain
	made  [][]making
	// target are the columns that hold the target.
	target    []string
	witnesses witnesses
}

func (q *inquiry) run(ctx context.Context, c *console, text string) error {
	if q.limit < 0 || q.limit > 100 {
		return nothingRan(fmt.Errorf("--limit %d: the audit keeps the places of up to 100 events a row", q.limit))
	}
	id, err := audit.ParseID(text, q.value)
	if err != nil {
		return nothingRan(err)
	}
	if id.Run > 0 && id.Action+id.Signal+id.Row == 0 {
		return nothingRan(fmt.Errorf("%s is a run or a block, which has no reason of its own: tabletop show %d lists what came of it; name an action as %d/a1, a row as %d/1/1, or take it as a value with --value", id, id.Run, id.Run, id.Run))
	}
	return q.read(ctx, func(reader *audit.Reader) error {
		a := &answer{what: text}
		if id.Value != "" {
			seen, err := q.sightings(ctx, reader, id.Value)
			if err != nil {
				return err
			}
			a.seen, id = &seen, seen.Last.ID
		}
		if a.chain, err = reader.Why(ctx, id); err != nil {
			return ofAudit(err)
		}
		if err := a.trace(ctx, reader); err != nil {
			return err
		}
		a.witnesses = q.witnesses(ctx, a.chain)
		if q.output == "json" {
			c.json(a.json(q.all))
			return nil
		}
		c.tree(a.tree(c, q.all))
		return nil
	})
}

// ofAudit marks the errors of what is not there.
func ofAudit(err error) error {
	for _, none := range []error{audit.ErrNothing, audit.ErrNoRun, audit.ErrPurged} {
		if errors.Is(err, none) {
			return nothingRan(err)
		}
	}
	return err
}

// sightings looks for a value as it is written, then in the forms in which a
// guard would judge it.
func (q *inquiry) sightings(ctx context.Context, reader *audit.Reader, value string) (audit.Sightings, error) {
	limit := mostCounted
	if q.all {
		limit = 0
	}
	for _, form := range forms(value) {
		seen, found, err := reader.Sightings(ctx, form, limit)
		if err != nil || found {
			return seen, err
		}
	}
	return audit.Sightings{}, nothingRan(fmt.Errorf("no action in %s is aimed at %s, and no signal is named so; tabletop runs lists the runs, and why takes 7/a2, 7/s1 or 7/3/12 besides", q.path, clean(value)))
}

// forms are a value and what a guard makes of it for each type of target.
func forms(value string) []string {
	out := []string{value}
	judge := guard.New()
	for _, text := range []string{value, indicator.Refang(value)} {
		for _, kind := range guard.Types {
			if form := judge.Judge(kind, text).Canonical; form != "" && !slices.Contains(out, form) {
				out = append(out, form)
			}
		}
	}
	return out
}

// readWithin bounds the time for reading and hashing files of events.
const readWithin = 20 * time.Second
