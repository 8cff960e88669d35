package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"tabletop/audit"
	"tabletop/workbook"
	"tabletop/workbook/events"
	"tabletop/workbook/source"
)

// An exporting is the command export with its flags.
type exporting struct {
	record
	to           string
	force        bool
	since, until string
	verdicts     []string
	filter       audit.ExportFilter
}

func exportCommand(c *console) *cobra.Command {
	e := &exporting{}
	cmd := &cobra.Command{
		Use:   "export actions|signals|rows|entries|all",
		Short: "Write the record out for other programs",
		Long: `export writes what is recorded, record by record, however much it is: actions
with their requests, signals, the rows that blocks gave, the entries of the
chain as they are stored, or all of them.

-o csv has a line a record, with a quote before what a spreadsheet would take
for a formula, and lists and objects as JSON in a cell; all of it is a file each
in the folder of --to. -o ndjson has an object a record, for all with its part
in the key "part". -o ocsf is NDJSON in the shape of OCSF 1.8.0: an action is a
Remediation Activity (7001), a signal a Detection Finding (2004); rows and
entries have no class there. What was only rehearsed is of the activity Other,
named Rehearsal, and its status is the verdict.

--since and --until take when a record was made, up to the latter: a time, or a
date for its first moment in UTC. --target finds an address, host, mailbox or
hash in any way of writing, in signals also the suspect. Of all, parts that have
no verdict or target to choose by are left out.`,
		Example: `  tabletop export actions -o csv --to actions.csv
  tabletop export actions --verdict refused_protected,needs_approval
  tabletop export all --run 1 -o ndjson | gzip > run-1.ndjson.gz
  tabletop export all -o csv --to january --since 2026-01-01 --until 2026-02-01
  tabletop export signals -o ocsf --target 203.0.113.7`,
		Args: exactly(1, "what to export: "+strings.Join(partNames(), ", ")),
		RunE: func(cmd *cobra.Command, args []string) error { return e.run(cmd.Context(), c, args[0]) },
	}
	f := cmd.Flags()
	f.StringVar(&e.path, "audit", "audit.db", "the audit to read")
	f.StringVarP(&e.output, "output", "o", "ndjson", "csv, ndjson or ocsf")
	f.StringVar(&e.to, "to", "", "the file to write, for all in csv the folder (default the output)")
	f.BoolVar(&e.force, "force", false, "write over the file of --to")
	f.Int64Var(&e.filter.Run, "run", 0, "only this run")
	f.StringVar(&e.filter.Workbook, "workbook", "", "only the workbook of this name or path")
	f.StringVar(&e.since, "since", "", "only what was recorded from this time on")
	f.StringVar(&e.until, "until", "", "only what was recorded before this time")
	f.StringSliceVar(&e.verdicts, "verdict", nil, "only actions with one of these verdicts")
	f.StringArrayVar(&e.filter.Targets, "target", nil, "only what is aimed at this; may repeat")
	return cmd
}

// everyPart stands for all of an audit.
const everyPart = "all"

func partNames() []string {
	var names []string
	for _, p := range audit.Parts {
		names = append(names, string(p))
	}
	return append(names, everyPart)
}

func (e *exporting) run(ctx context.Context, c *console, what string) error {
	if err := outputForm(e.output, "csv", "ndjson", "ocsf"); err != nil {
		return err
	}
	if !slices.Contains(partNames(), what) {
		return nothingRan(fmt.Errorf("export %s: %s", what, source.DidYouMean(what, partNames())))
	}
	if err := e.readFilter(); err != nil {
		return nothingRan(err)
	}
	parts, err := e.parts(c, what)
	if err != nil {
		return nothingRan(err)
	}
	err = e.use(ctx, func(reader *audit.Reader) error { return e.write(ctx, c, reader, what, parts) })
	if errors.Is(err, audit.ErrNoRun) || errors.Is(err, audit.ErrNoWorkbook) {
		return nothingRan(err)
	}
	if errors.Is(err, syscall.EPIPE) {
		return nil // whoever read has gone, and wants no more
	}
	return err
}

// readFilter reads the flags that choose.
func (e *exporting) readFilter() error {
	var mistakes []error
	if e.filter.Run < 0 {
		mistakes = append(mistakes, fmt.Errorf("--run %d is no run's number: tabletop runs lists them", e.filter.Run))
	}
	for _, word := range e.verdicts {
		if !slices.Contains(workbook.Verdicts, workbook.Verdict(word)) {
			mistakes = append(mistakes, fmt.Errorf("--verdict %s: %s", word, source.DidYouMean(word, verdictNames())))
		}
		e.filter.Verdicts = append(e.filter.Verdicts, workbook.Verdict(word))
	}
	var err error
	if e.filter.Since, err = exportMoment("--since", e.since); err != nil {
		mistakes = append(mistakes, err)
	}
	if e.filter.Until, err = exportMoment("--until", e.until); err != nil {
		mistakes = append(mistakes, err)
	}
	if f := e.filter; len(mistakes) == 0 && !f.Until.IsZero() && !f.Since.Before(f.Until) {
		mistakes = append(mistakes, fmt.Errorf("--until %s is not after --since %s", e.until, e.since))
	}
	return errors.Join(mistakes...)
}

func verdictNames() []string {
	names := make([]string, len(workbook.Verdicts))
	for i, v := range workbook.Verdicts {
		names[i] = string(v)
	}
	return names
}

// exportMoment reads a time with a zone, or a date for its first moment in UTC.
func exportMoment(flag, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		return day, nil
	}
	t, local, err := events.ParseTime(text, time.UTC)
	if err != nil || local {
		return t, fmt.Errorf("%s %s: write a date, as 2026-01-31, or a time with its zone, as 2026-01-31T12:00:00Z", flag, text)
	}
	return t, nil
}

// parts are what is written: of all, what the form and the filter have room for.
func (e *exporting) parts(c *console, what string) ([]audit.Part, error) {
	var parts []audit.Part
	for _, part := range audit.Parts {
		if what != everyPart && what != string(part) {
			continue
		}
		why := ""
		if lacks := e.filter.Lacks(part); lacks != "" {
			why = "have no " + lacks + " to choose by"
		} else if e.output == "ocsf" && part != audit.ExportActions && part != audit.ExportSignals {
			why = "have no class in OCSF: write them as csv or ndjson"
		}
		switch {
		case why == "":
			parts = append(parts, part)
		case what != everyPart:
			return nil, fmt.Errorf("%s %s", part, why)
		default:
			c.remark("%s are left out: they %s", part, why)
		}
	}
	if what == everyPart && e.output == "csv" && e.to == "" {
		return nil, errors.New("all of an audit is a CSV file each: name a folder with --to, or write -o ndjson")
	}
	return parts, nil
}

// write writes the parts to one place, or where each is a file to a folder.
func (e *exporting) write(ctx context.Context, c *console, reader *audit.Reader, what string, parts []audit.Part) error {
	if what != everyPart || e.output != "csv" {
		return e.writeTo(ctx, c, reader, what, parts, e.to)
	}
	if err := os.MkdirAll(e.to, 0o700); err != nil {
		return nothingRan(err)
	}
	file := func(part audit.Part) string { return filepath.Join(e.to, string(part)+".csv") }
	for _, part := range parts { // all of them, or none
		if err := mayReplace(file(part), e.force); err != nil {
			return err
		}
	}
	for _, part := range parts {
		if err := e.writeTo(ctx, c, reader, string(part), []audit.Part{part}, file(part)); err != nil {
			return err
		}
	}
	return nil
}

// writeTo writes parts behind each other, to the output where path is empty.
func (e *exporting) writeTo(ctx context.Context, c *console, reader *audit.Reader, what string, parts []audit.Part, path string) error {
	var done audit.Exported
	do := func(w *recordWriter) error {
		for _, part := range parts {
			w.part = part
			if err := w.header(); err != nil {
				return err
			}
			came, err := reader.Export(ctx, part, e.filter, w.write)
			done.Records, done.Purged = done.Records+came.Records, done.Purged+came.Purged
			if err != nil {
				return err
			}
		}
		return nil
	}
	w := &recordWriter{form: e.output, every: what == everyPart, tty: c.tty, to: c.out}
	var err error
	if path == "" {
		err = do(w)
	} else {
		w.tty = false
		err = replaceWith(path, e.force, func(w2 *os.File) error { return w.into(w2, do) })
	}
	if err != nil {
		return err
	}
	if path != "" {
		c.remark("%s in %s", plural(done.Records, "record", "records"), clean(path))
	}
	if done.Purged > 0 {
		c.remark("%s purged: of them the digests alone are left", plural(done.Purged, "record was", "records were"))
	}
	return nil
}
