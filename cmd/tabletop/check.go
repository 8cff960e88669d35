package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"tabletop/blocks/query"
	"tabletop/workbook/events"
	"tabletop/workbook/findings"
	"tabletop/workbook/lint"
	"tabletop/workbook/source"
	"tabletop/workbook/stores"
)

// A checking is the command check with its flags.
type checking struct {
	input
	output string
	strict bool
	fix    bool
	list   bool
}

func checkCommand(c *console) *cobra.Command {
	k := &checking{}
	cmd := &cobra.Command{
		Use:   "check PATH…",
		Short: "Tell every mistake in workbooks, without running them",
		Long: `check reads workbooks (files, or folders that hold workbook.yaml) with their
integrations and tells every mistake at once, with its place and the fix. It
runs nothing.

Behind mistakes it looks for what is likely one: columns that no later block
uses, a LIMIT without an order before a trigger, conditions that contradict each
other, names that MITRE ATT&CK does not have. Where events are there, it looks
at the first thousand of each file, and warns of the streams and columns that
queries read and the events lack. Each finding has a code; --list lists them.
The workbooks that blocks call are checked with them.

A finding that is meant is allowed by a comment with the reason, above or in its
block, or above all blocks for the whole workbook:
  # check: allow TT303 this one only tells the team

--fix mends what can be mended safely, shows the difference, and leaves every
other byte as it is. With a mistake check exits 2; with warnings 0, or 3 with
--strict.`,
		Example: `  tabletop check examples/suspicious-remote-desktop
  tabletop check examples/*/workbook.yaml --strict
  tabletop check workbook.yaml --fix
  tabletop check workbook.yaml -o sarif > check.sarif
  tabletop check --list`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 && !k.list {
				return nothingRan(fmt.Errorf("tabletop check takes at least one workbook\n  usage: %s", cmd.UseLine()))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return k.check(cmd.Context(), c, args) },
	}
	k.workbookFlags(cmd.Flags())
	f := cmd.Flags()
	f.StringVar(&k.storesFile, "stores", standardStores, "the file of event stores that sources join and blocks read")
	f.StringVar(&k.events, "events", "", "file or folder of events (default events/ beside the workbook)")
	f.StringVar(&k.sources, "sources", "", "what raw logs mean (default sources.yaml in the folder of events, or beside the workbook)")
	f.StringVarP(&k.output, "output", "o", "text", "text, json or sarif")
	f.BoolVar(&k.strict, "strict", false, "exit 3 where there is a warning")
	f.BoolVar(&k.fix, "fix", false, "mend what can be mended safely, and show the difference")
	f.BoolVar(&k.list, "list", false, "list all findings with their codes")
	return cmd
}

// A checked is a workbook that was looked at.
type checked struct {
	// File is empty where the workbook was not even found.
	File   string
	Blocks int
	// called counts the workbooks that it calls, for a sentence.
	called string
	found  source.Problems
	left   []events.LeftOut
}

func (k *checking) check(ctx context.Context, c *console, paths []string) error {
	if err := outputForm(k.output, "text", "json", "sarif"); err != nil {
		return err
	}
	if k.list {
		return k.rules(c)
	}
	var all []checked
	for _, path := range paths {
		one, err := k.look(ctx, path)
		if err == nil && k.fix {
			one, err = k.mend(ctx, c, path, one)
		}
		if err != nil {
			return err
		}
		all = append(all, one)
	}
	if k.output != "text" {
		return k.written(c, all)
	}
	return k.told(c, all)
}

// look prepares a workbook and finds what is wrong with it.
func (k *checking) look(ctx context.Context, path string) (checked, error) {
	b, err := k.prepare(ctx, path, false)
	one := checked{}
	if err != nil && !collect(&one.found, err) {
		return one, err
	}
	one.File = b.file
	if err == nil {
		one.found = b.warnings
	}
	if b.program == nil {
		return one, nil
	}
	one.Blocks, one.called = len(b.program.Workbook.Blocks), alsoCalled(b.program)
	var seen *events.Inspection
	if err == nil {
		if seen, one.left, err = b.inspected(ctx); err != nil {
			return one, err
		}
	}
	one.found = append(one.found, lint.Check(lint.Subject{Workbook: b.program.Workbook, Program: b.program, Events: seen, LookedAt: lookedAt})...)
	unknown, err := b.unknownStores(ctx, k.storesFile)
	if err != nil {
		return one, nothingRan(err)
	}
	one.found = append(one.found, unknown...)
	var begins []int
	for _, block := range b.program.Workbook.Blocks {
		begins = append(begins, block.At.Line)
	}
	one.found = findings.Allow(one.found, b.file, b.program.Workbook.Text, begins, seen != nil).Sorted()
	return one, nil
}

// told tells what was found, in words.
func (k *checking) told(c *console, all []checked) error {
	var found source.Problems
	var left []events.LeftOut
	for _, one := range all {
		one.found = findings.Named(one.found)
		found, left = append(found, one.found...), append(left, one.left...)
		if one.found.Err() != nil {
			continue
		}
		more := ""
		if n := len(one.found); n > 0 {
			more = ", " + plural(n, "warning", "warnings")
		}
		c.line(clean(one.File), ": ", plural(one.Blocks, "block", "blocks"), one.called, ", no mistake", more)
	}
	if found.Err() != nil {
		return failure{exitNothingRan, found}
	}
	for _, p := range found {
		c.remark("%s", cleanLines(p.String()))
	}
	for i, l := range left {
		if !slices.Contains(left[:i], l) { // workbooks may share their events
			c.remark("warning: %s", clean(l.String()))
		}
	}
	return k.held(len(found) + len(left))
}

// held is the error of warnings where they are asked to count.
func (k *checking) held(warnings int) error {
	if !k.strict || warnings == 0 {
		return nil
	}
	return failure{exitNotHeld, fmt.Errorf("--strict: %s", plural(warnings, "warning", "warnings"))}
}

// A checkObject is what check -o json prints.
type checkObject struct {
	Workbooks []checkedObject    `json:"workbooks"`
	Findings  []findings.Finding `json:"findings"`
	Totals    map[string]int     `json:"totals"`
}

type checkedObject struct {
	File   string `json:"file"`
	Blocks int    `json:"blocks"`
}

// written prints what was found for programs. The exit code is that of the words.
func (k *checking) written(c *console, all []checked) error {
	var found source.Problems
	o := checkObject{Workbooks: []checkedObject{}, Totals: map[string]int{"error": 0, "warning": 0}}
	for _, one := range all {
		found = append(found, one.found...)
		for _, l := range one.left {
			p := source.Problem{Place: source.Place{File: l.File}, Message: "left out: " + l.Reason}.Warn(findings.LeftOut)
			if !slices.Contains(found, p) {
				found = append(found, p)
			}
		}
		o.Workbooks = append(o.Workbooks, checkedObject{one.File, one.Blocks})
	}
	for _, p := range found {
		o.Totals[string(findings.SeverityOf(p))]++
	}
	if k.output == "json" {
		o.Findings = findings.Report(found)
		c.json(o)
	} else {
		root, err := os.Getwd()
		if err != nil {
			return err
		}
		c.json(findings.SARIF(found, version(), root))
	}
	if found.Err() != nil {
		return failure{exitNothingRan, nil}
	}
	return k.held(len(found))
}

// rules lists all findings.
func (k *checking) rules(c *console) error {
	if k.output == "json" {
		c.json(findings.Rules())
		return nil
	}
	for _, r := range findings.Rules() {
		mends := ""
		if r.Mends {
			mends = "; --fix may mend it"
		}
		c.paragraph(fmt.Sprintf("%s  %-9s", r.Code, r.Severity), r.Summary+mends)
	}
	return nil
}

// lookedAt is how many events of each file check looks at.
const lookedAt = 1000

// inspected looks at the first events, and lists the files that hold none. Events
// that are not there, or can't be read, are not check's to judge: the inspection
// is nil.
func (b *bench) inspected(ctx context.Context) (*events.Inspection, []events.LeftOut, error) {
	if b.set == nil {
		return nil, nil, nil
	}
	found, err := b.set.InspectFirst(ctx, lookedAt)
	var empty *events.NoFilesError
	if errors.As(err, &empty) {
		return nil, empty.Left, nil
	}
	if err != nil {
		return nil, nil, err
	}
	return found, found.LeftOut, nil
}

// unknownStores warns of the event stores that blocks read, that are not in the
// file and that no block writes.
func (b *bench) unknownStores(ctx context.Context, path string) (source.Problems, error) {
	var uses []query.StoreUse
	for _, step := range b.program.Steps() {
		if names, ok := step.(interface{ StoreUses() []query.StoreUse }); ok {
			uses = append(uses, names.StoreUses()...)
		}
	}
	if len(uses) == 0 {
		return nil, nil
	}
	file, err := stores.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	infos, err := file.List(ctx)
	var known []string
	for _, info := range infos {
		known = append(known, info.Name)
	}
	return query.UnknownStores(uses, known), err
}
