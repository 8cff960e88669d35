package main

import (
	"context"

	"github.com/spf13/cobra"

	"tabletop/audit"
)

// A comparing is the command diff with its flags.
type comparing struct{ record }

func diffCommand(c *console) *cobra.Command {
	d := &comparing{}
	cmd := &cobra.Command{
		Use:   "diff RUN RUN",
		Short: "Compare two runs: what would be blocked, what changed",
		Long: `diff compares two recorded runs, the earlier named first: what would be blocked
in the second and would not in the first, and the reverse, each with the reason
that the runs give; then what changed: the blocks of the workbook, parameters,
integrations, guard, event files, the clock; and the rows of each block that
appeared and vanished, by their values.

It reads the record alone. Where the first run did not act at all on a target,
tabletop why-not tells where it was lost.`,
		Example: `  tabletop diff 1 2
  tabletop diff 1 2 -o json
  tabletop diff 7 9 --audit /mnt/evidence/audit.db`,
		Args: exactly(2, "the numbers of two runs"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return d.read(cmd.Context(), func(reader *audit.Reader) error { return d.run(cmd.Context(), c, reader, args) })
		},
	}
	d.flags(cmd)
	return cmd
}

func (d *comparing) run(ctx context.Context, c *console, reader *audit.Reader, args []string) error {
	var runs [2]audit.Run
	for i, arg := range args {
		number, err := runNumber(arg)
		if err != nil {
			return err
		}
		if runs[i], err = reader.Show(ctx, number); err != nil {
			return nothingRan(err)
		}
	}
	o := diffRuns(runs[0], runs[1])
	if d.output == "json" {
		c.json(o)
		return nil
	}
	c.diff(o)
	return nil
}

// The object that diff -o json prints. Whatever is the same in both runs is left
// out.
type diffObject struct {
	Runs      [2]int64  `json:"runs"`
	Workbooks [2]string `json:"workbooks"`
	// Blocked are the targets that would be blocked in the second run and would
	// not in the first; Spared the reverse; Otherwise those that would be blocked
	// in neither, with other verdicts.
	Blocked   []targetDiff `json:"blocked"`
	Spared    []targetDiff `json:"spared"`
	Otherwise []targetDiff `json:"other_verdicts"`
	// Both counts the targets that would be blocked in both.
	Both   int         `json:"blocked_in_both"`
	Blocks []blockDiff `json:"blocks"`
	Texts  []textDiff  `json:"texts"`
	// Parameters, Terms and Clock are what was set.
	Parameters []valueDiff `json:"parameters"`
	Terms      []valueDiff `json:"terms"`
	Files      []fileDiff  `json:"files"`
	// Notes say what could not be compared.
	Notes []string `json:"notes"`
}

// A targetDiff is a target with what each run says of it.
type targetDiff struct {
	Integration string     `json:"integration"`
	Type        string     `json:"type"`
	Target      string     `json:"target"`
	Before      *saidOfOne `json:"before"`
	After       *saidOfOne `json:"after"`
}

// A saidOfOne is the action of a run that weighs most for a target.
type saidOfOne struct {
	Action  string `json:"action"`
	Verdict string `json:"verdict"`
	Reason  string `json:"reason"`
	Rule    string `json:"rule"`
}

// A blockDiff is a block of one run or of both, at 0 where it is in one alone.
type blockDiff struct {
	Before int    `json:"before"`
	After  int    `json:"after"`
	Kind   string `json:"kind"`
	// Lines is a diff of the block's text, empty where it is the same.
	Lines []string `json:"lines,omitempty"`
	// Columns says how the columns changed.
	Columns string   `json:"columns,omitempty"`
	Rows    [2]int   `json:"rows"`
	Come    rowsDiff `json:"appeared"`
	Gone    rowsDiff `json:"vanished"`
	// Failed is how each ended where it failed.
	Failed [2]string `json:"failed"`
}

// A rowsDiff counts rows, and has the first of them.
type rowsDiff struct {
	Count int      `json:"count"`
	First []string `json:"first"`
}

// A textDiff is a text that changed as a whole.
type textDiff struct {
	Name   string    `json:"name"`
	SHA256 [2]string `json:"sha256"`
	Lines  []string  `json:"lines"`
	// Note says why there are no lines.
	Note string `json:"note,omitempty"`
}

type valueDiff struct {
	Name   string `json:"name"`
	Before string `json:"before"`
	After  string `json:"after"`
}

type fileDiff struct {
	File string `json:"file"`
	// What is added, removed or changed.
	What   string    `json:"what"`
	Bytes  [2]int64  `json:"bytes"`
	Events [2]int64  `json:"events"`
	Root   [2]string `json:"root"`
}
