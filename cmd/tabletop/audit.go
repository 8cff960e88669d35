package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"tabletop/audit"
	"tabletop/workbook"
)

// A record is what the commands that read an audit have in common.
type record struct {
	path   string
	output string
}

func (r *record) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&r.path, "audit", "audit.db", "the audit to read")
	cmd.Flags().StringVarP(&r.output, "output", "o", "text", "text or json")
}

// read opens the audit for as long as do takes.
func (r *record) read(ctx context.Context, do func(*audit.Reader) error) error {
	if err := outputForm(r.output, "text", "json"); err != nil {
		return err
	}
	return r.use(ctx, do)
}

// use is read for a command with forms of its own.
func (r *record) use(ctx context.Context, do func(*audit.Reader) error) error {
	reader, err := audit.OpenReader(ctx, r.path)
	if errors.Is(err, audit.ErrDamaged) { // a record that is not whole does not hold
		return failure{exitNotHeld, err}
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nothingRan(fmt.Errorf("there is no %s: tabletop run makes it, --audit names another", r.path))
	}
	if err != nil {
		return nothingRan(err)
	}
	err = do(reader)
	if closing := reader.Close(); err == nil {
		err = closing
	}
	return err
}

func runsCommand(c *console) *cobra.Command {
	r := &record{}
	limit := 0
	cmd := &cobra.Command{
		Use:   "runs",
		Short: "List the recorded runs, the newest first",
		Example: `  tabletop runs
  tabletop runs --limit 5 -o json`,
		Args: exactly(0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return r.read(cmd.Context(), func(reader *audit.Reader) error {
				runs, err := reader.Runs(cmd.Context(), limit)
				if err != nil {
					return err
				}
				if r.output == "json" {
					c.json(summaries(runs))
					return nil
				}
				c.runs(runs)
				return nil
			})
		},
	}
	r.flags(cmd)
	cmd.Flags().IntVar(&limit, "limit", 50, "the most runs to list; 0 lists all")
	return cmd
}

// A summary is a run in the JSON of the command runs.
type summary struct {
	Run      int64          `json:"run"`
	Started  time.Time      `json:"started"`
	Ended    *time.Time     `json:"ended"`
	Workbook string         `json:"workbook"`
	Mode     string         `json:"mode"`
	Status   string         `json:"status"`
	User     string         `json:"user"`
	Host     string         `json:"host"`
	Reason   string         `json:"reason"`
	Ticket   string         `json:"ticket"`
	Blocks   int            `json:"blocks"`
	Signals  int            `json:"signals"`
	Actions  int            `json:"actions"`
	Totals   map[string]int `json:"totals"`
	// Caller is the block that called the run's workbook.
	Caller *workbook.Caller `json:"caller,omitempty"`
}

func summaries(runs []audit.Summary) []summary {
	out := []summary{}
	for _, s := range runs {
		o := summary{
			Run: s.Run, Started: s.Started, Workbook: s.Workbook, Mode: s.Mode, Status: s.Status, User: s.User, Host: s.Host,
			Reason: s.Reason, Ticket: s.Ticket, Blocks: s.Blocks, Signals: s.Signals, Actions: s.Actions, Totals: totalsJSON(s.Totals), Caller: s.Caller,
		}
		if !s.Ended.IsZero() {
			o.Ended = &s.Ended
		}
		out = append(out, o)
	}
	return out
}

func (c *console) runs(runs []audit.Summary) {
	if len(runs) == 0 {
		c.line("no runs yet")
		return
	}
	g := grid{header: []string{"run", "started", "workbook", "mode", "status", "DNIF", "protected", "sent"}, right: []bool{true, false, false, false, false, true, true, true}, whole: []int{1, 3, 4}}
	called := false
	for _, s := range runs {
		mode := s.Mode
		if s.Caller != nil {
			mode, called = "called by "+audit.ID{Run: s.Caller.Run, Block: s.Caller.Block}.String(), true
		}
		g.rows = append(g.rows, []string{
			strconv.FormatInt(s.Run, 10), s.Started.Local().Format("2006-01-02 15:04"), clean(s.Workbook), clean(mode), clean(s.Status),
			strconv.Itoa(s.Totals.DNIFWouldSend), strconv.Itoa(s.Totals.Protected), strconv.Itoa(s.Totals.ByVerdict[workbook.Sent]),
		})
	}
	c.draw(g, "")
	c.para("DNIF: requests that DNIF would send; protected: those to protected targets; sent: those that a vendor, or a simulator, accepted")
	if called {
		c.para("what a called workbook did counts into the run that called it, too")
	}
}

// runNumber reads the number of a run.
func runNumber(arg string) (int64, error) {
	id, err := audit.ParseID(arg, false)
	if err != nil || id != (audit.ID{Run: id.Run}) || id.Run == 0 {
		return 0, nothingRan(fmt.Errorf("%s is no run's number: tabletop runs lists them", clean(arg)))
	}
	return id.Run, nil
}

func showCommand(c *console) *cobra.Command {
	r := &record{}
	texts := &runTexts{}
	cmd := &cobra.Command{
		Use:   "show RUN",
		Short: "Show a recorded run, block by block",
		Long: `show tells of a recorded run what the run itself told, block by block, with who
ran it, when, on what and why. With --workbook, --integrations or --guard it
gives back the text that the run used instead, byte for byte; the audit keeps
each once.`,
		Example: `  tabletop show 1
  tabletop show 1 -o json
  tabletop show 1 --workbook > as-it-was.yaml`,
		Args: exactly(1, "the number of a run"),
		RunE: func(cmd *cobra.Command, args []string) error {
			number, err := runNumber(args[0])
			if err != nil {
				return err
			}
			return r.read(cmd.Context(), func(reader *audit.Reader) error {
				if kind := texts.asked(); kind != "" {
					return c.runText(cmd.Context(), reader, number, kind, r.output)
				}
				run, err := reader.Show(cmd.Context(), number)
				if err != nil {
					return nothingRan(err)
				}
				called, err := recordedCalls(cmd.Context(), reader, run)
				if err != nil {
					return err
				}
				if r.output == "json" {
					c.json(showJSON(run, called))
					return nil
				}
				c.show(run, called)
				return nil
			})
		},
	}
	r.flags(cmd)
	texts.flags(cmd)
	return cmd
}
