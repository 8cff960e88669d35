package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"tabletop/audit"
)

func versionsCommand(c *console) *cobra.Command {
	r := &record{}
	cmd := &cobra.Command{
		Use:   "versions [WORKBOOK]",
		Short: "List the versions of a workbook that were run",
		Long: `versions lists each content of a workbook that was run, the oldest first, with
its runs, when they were and its SHA-256, and the same of the integrations and
guards that those runs used. WORKBOOK is a name or the path of a file, as a run
recorded it; without one the workbooks are listed.`,
		Example: `  tabletop versions
  tabletop versions 'Suspicious Remote Desktop Network Activity'
  tabletop versions examples/suspicious-remote-desktop/workbook.yaml -o json
  tabletop show 3 --workbook > third.yaml`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return exactly(1, "one workbook, its name in quotes")(cmd, args)
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return r.read(cmd.Context(), func(reader *audit.Reader) error { return c.versions(cmd.Context(), reader, r.output, args) })
		},
	}
	r.flags(cmd)
	return cmd
}

func (c *console) versions(ctx context.Context, reader *audit.Reader, output string, args []string) error {
	if len(args) == 0 {
		names, err := reader.Workbooks(ctx)
		switch {
		case err != nil:
			return err
		case output == "json":
			c.json(notNil(names))
		case len(names) == 0:
			c.line("no runs yet")
		}
		if output != "json" {
			for _, name := range names {
				c.line(clean(name))
			}
		}
		return nil
	}
	histories, err := reader.Versions(ctx, args[0])
	if errors.Is(err, audit.ErrNoWorkbook) {
		return nothingRan(err)
	}
	if err != nil {
		return err
	}
	if output == "json" {
		out := []historyObject{}
		for _, h := range histories {
			out = append(out, historyObject{h.Workbook, versionObjects(h.Workbooks), versionObjects(h.Integrations), versionObjects(h.Guards)})
		}
		c.json(out)
		return nil
	}
	for _, h := range histories {
		c.line(c.strong(clean(h.Workbook)))
		c.versionsOf("workbook", h.Workbooks)
		c.versionsOf("integrations", h.Integrations)
		c.versionsOf("guard", h.Guards)
	}
	return nil
}

// The list that versions -o json prints has an object a workbook.
type historyObject struct {
	Workbook     string          `json:"workbook"`
	Versions     []versionObject `json:"versions"`
	Integrations []versionObject `json:"integrations"`
	Guards       []versionObject `json:"guards"`
}

type versionObject struct {
	Number int       `json:"version"`
	SHA256 string    `json:"sha256"`
	Paths  []string  `json:"paths"`
	Bytes  int64     `json:"bytes"`
	First  time.Time `json:"first"`
	Last   time.Time `json:"last"`
	Runs   []int64   `json:"runs"`
}

func versionObjects(versions []audit.Version) []versionObject {
	out := []versionObject{}
	for i, v := range versions {
		out = append(out, versionObject{i + 1, v.Digest, notNil(v.Paths), v.Bytes, v.First, v.Last, v.Runs})
	}
	return out
}

// versionsOf lists versions, each with the command that gives its text.
func (c *console) versionsOf(kind string, versions []audit.Version) {
	if len(versions) == 0 {
		c.line("no ", kind)
		return
	}
	g := grid{header: []string{kind, "first run", "last run", "bytes", "sha256", "runs"}, right: []bool{true, false, false, true, false, false}}
	for i, v := range versions {
		g.rows = append(g.rows, []string{
			strconv.Itoa(i + 1), minute(v.First), minute(v.Last), strconv.FormatInt(v.Bytes, 10), short(v.Digest), runsText(v.Runs),
		})
	}
	c.draw(g, "")
}

func minute(t time.Time) string { return t.Local().Format("2006-01-02 15:04") }

// runsText writes ascending numbers with those in a row as a range.
func runsText(runs []int64) string {
	var parts []string
	for i := 0; i < len(runs); {
		j := i
		for j+1 < len(runs) && runs[j+1] == runs[j]+1 {
			j++
		}
		part := strconv.FormatInt(runs[i], 10)
		if j > i {
			part += "–" + strconv.FormatInt(runs[j], 10)
		}
		parts = append(parts, part)
		i = j + 1
	}
	return strings.Join(parts, ", ")
}

// runTexts are the flags of show that ask for a text.
type runTexts struct{ workbook, integrations, guard bool }

func (t *runTexts) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.BoolVar(&t.workbook, "workbook", false, "the text of the workbook, as it was")
	f.BoolVar(&t.integrations, "integrations", false, "the text of the integrations, as it was")
	f.BoolVar(&t.guard, "guard", false, "the text of the guard, as it was")
	cmd.MarkFlagsMutuallyExclusive("workbook", "integrations", "guard")
}

// asked is the text that is asked for, or nothing.
func (t *runTexts) asked() audit.TextKind {
	switch {
	case t.workbook:
		return audit.WorkbookText
	case t.integrations:
		return audit.IntegrationsText
	case t.guard:
		return audit.GuardText
	}
	return ""
}

// runText gives back a text that a run used: byte for byte, but on a terminal,
// where it is made harmless.
func (c *console) runText(ctx context.Context, reader *audit.Reader, run int64, kind audit.TextKind, output string) error {
	d, err := reader.Text(ctx, run, kind)
	switch {
	case errors.Is(err, audit.ErrTextGone):
		return failure{exitNotHeld, err}
	case errors.Is(err, audit.ErrNoRun) || errors.Is(err, audit.ErrNoText):
		return nothingRan(err)
	case err != nil:
		return err
	case output == "json" && !utf8.Valid(d.Text):
		return nothingRan(fmt.Errorf("the %s of run %d is not UTF-8, and JSON has no place for it: leave -o json off", kind, run))
	case output == "json":
		c.json(struct {
			Run    int64          `json:"run"`
			Kind   audit.TextKind `json:"kind"`
			Path   string         `json:"path"`
			SHA256 string         `json:"sha256"`
			Text   string         `json:"text"`
		}{run, kind, d.Path, d.Digest, string(d.Text)})
	case c.tty:
		_, _ = c.out.WriteString(cleanLines(string(d.Text))) // what fails is told by the last flush
	default:
		_, _ = c.out.Write(d.Text)
	}
	return nil
}
