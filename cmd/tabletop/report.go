package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"tabletop/audit"
	"tabletop/audit/report"
	"tabletop/blocks/trigger/plan"
)

// A reporting is the command report with its flags.
type reporting struct {
	record
	to     string
	force  bool
	limits report.Limits
}

func reportCommand(c *console) *cobra.Command {
	p := &reporting{}
	cmd := &cobra.Command{
		Use:   "report RUN",
		Short: "Write a recorded run for people who were not there",
		Long: `report writes a run as one HTML file that needs no network and holds no script:
what happened in a paragraph, the flow of the blocks as a picture, each block
with its text and rows, signals, every action with its request, answer, reason
and evidence, what the guard and the cap decided, the hashes and the head. It
reads on a phone and on paper. -o md writes Markdown for a ticket.

A run that sent a plan is shown with the blocks of the run that made the plan.
The same record gives the same report, byte by byte. Long lists and texts are
cut, and the report says by how much; tabletop show has all of them.`,
		Example: `  tabletop report 1 --to report.html
  tabletop report 1 --to report.html --force --rows 500
  tabletop report 1 -o md`,
		Args: exactly(1, "the number of a run"),
		RunE: func(cmd *cobra.Command, args []string) error { return p.run(cmd.Context(), c, args[0]) },
	}
	f := cmd.Flags()
	f.StringVar(&p.path, "audit", "audit.db", "the audit to read")
	f.StringVar(&p.to, "to", "", "the file to write (default the output)")
	f.BoolVar(&p.force, "force", false, "write over the file of --to")
	f.IntVar(&p.limits.Rows, "rows", report.Standard.Rows, "the most rows of a block")
	f.IntVar(&p.limits.Actions, "actions", report.Standard.Actions, "the most actions")
	f.StringVarP(&p.output, "output", "o", "", "html or md (default by the name of --to, else html)")
	return cmd
}

func (p *reporting) run(ctx context.Context, c *console, arg string) error {
	number, err := runNumber(arg)
	if err != nil {
		return err
	}
	write, err := p.writer()
	if err != nil {
		return nothingRan(err)
	}
	if p.limits.Rows < 0 || p.limits.Actions < 0 {
		return nothingRan(errors.New("--rows and --actions are 0 or more"))
	}
	p.output = "text" // of the record, which has no form of its own here
	return p.read(ctx, func(reader *audit.Reader) error {
		story, err := storyOf(ctx, reader, number)
		if err != nil {
			return err
		}
		var b bytes.Buffer
		if err := write(&b, story, p.limits); err != nil {
			return err
		}
		if p.to == "" {
			_, _ = c.out.Write(b.Bytes()) // what fails is told by the last flush
			return nil
		}
		return p.keep(c, number, b.Bytes())
	})
}

// writer is the form of the report.
func (p *reporting) writer() (func(io.Writer, report.Story, report.Limits) error, error) {
	form := p.output
	if form == "" {
		switch ext := strings.ToLower(filepath.Ext(p.to)); ext {
		case ".html", ".htm", "":
			form = "html"
		case ".md", ".markdown":
			form = "md"
		default:
			return nil, fmt.Errorf("--to %s: its name does not tell the form: write -o html or -o md", p.to)
		}
	}
	switch form {
	case "html":
		return report.HTML, nil
	case "md":
		return report.Markdown, nil
	}
	return nil, outputForm(form, "html", "md")
}

// keep writes the file.
func (p *reporting) keep(c *console, number int64, text []byte) error {
	info, err := os.Stat(p.to)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nothingRan(err)
	case !info.Mode().IsRegular():
		return nothingRan(fmt.Errorf("--to %s is no regular file", p.to))
	case !p.force:
		return nothingRan(fmt.Errorf("%s is there already: name another file, or write over it with --force", p.to))
	}
	if err := replaceFile(p.to, text); err != nil {
		return err
	}
	c.remark("run %d is told in %s", number, clean(p.to))
	return nil
}

// storyOf reads a run and what belongs to it.
func storyOf(ctx context.Context, reader *audit.Reader, number int64) (report.Story, error) {
	s := report.Story{}
	var err error
	if s.Run, err = reader.Show(ctx, number); err != nil {
		return s, nothingRan(err)
	}
	if s.Settled, err = reader.Settled(ctx, number); err != nil {
		return s, err
	}
	if s.Evidence, err = calledEvidence(ctx, reader, s.Run); err != nil {
		return s, err
	}
	digest := s.Run.Plan
	if s.Run.Planned != nil {
		digest = s.Run.Planned.SHA256
		if s.Applied, err = reader.AppliedBy(ctx, digest); err != nil {
			return s, err
		}
	}
	if digest == "" {
		return s, nil
	}
	entry, err := reader.FindPlan(ctx, digest)
	if errors.Is(err, audit.ErrNoPlan) { // a plan of another audit, which was refused
		return s, nil
	}
	if err != nil {
		return s, err
	}
	made, err := plan.Read(fmt.Sprintf("the plan of run %d", number), entry.Text)
	if err != nil {
		return s, err
	}
	for _, a := range made.Actions {
		s.Evidence[a.Number] = a.Evidence
	}
	if entry.Run != number {
		maker, err := reader.Show(ctx, entry.Run)
		if err != nil {
			return s, err
		}
		s.Maker = &maker
	}
	return s, nil
}
