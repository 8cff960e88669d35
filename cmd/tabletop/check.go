package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"tabletop/blocks/query"
	"tabletop/workbook/events"
	"tabletop/workbook/source"
	"tabletop/workbook/stores"
)

func checkCommand(c *console) *cobra.Command {
	in := &input{}
	cmd := &cobra.Command{
		Use:   "check PATH…",
		Short: "Tell every mistake in workbooks, without running them",
		Long: `check reads workbooks (files, or folders that hold workbook.yaml) with their
integrations and tells every mistake at once, with its place and the fix. Where
events are there, it looks at the first thousand of each file, and warns of the
columns that queries read and the events lack, of what sources.yaml names and no
event has, and of files that hold no events. It warns of event stores that
blocks read, that are not there and that no block writes. The workbooks that
blocks call are checked with them. It runs nothing.`,
		Example: `  tabletop check examples/suspicious-remote-desktop
  tabletop check examples/*/workbook.yaml`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nothingRan(fmt.Errorf("tabletop check takes at least one workbook\n  usage: %s", cmd.UseLine()))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			var found source.Problems
			var left []events.LeftOut
			for _, path := range args {
				b, err := in.prepare(cmd.Context(), path, false)
				if err != nil {
					if !collect(&found, err) {
						return err
					}
					continue
				}
				found = append(found, b.warnings...)
				lacking, out, err := b.lacking(cmd.Context())
				if err != nil {
					return err
				}
				found, left = append(found, lacking...), append(left, out...)
				unknown, err := b.unknownStores(cmd.Context(), in.storesFile)
				if err != nil {
					return nothingRan(err)
				}
				found = append(found, unknown...)
				c.line(clean(b.file), ": ", plural(len(b.program.Workbook.Blocks), "block", "blocks"), alsoCalled(b.program), ", no mistake")
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
			return nil
		},
	}
	in.workbookFlags(cmd.Flags())
	cmd.Flags().StringVar(&in.storesFile, "stores", standardStores, "the file of event stores that sources join and blocks read")
	cmd.Flags().StringVar(&in.events, "events", "", "file or folder of events (default events/ beside the workbook)")
	cmd.Flags().StringVar(&in.sources, "sources", "", "what raw logs mean (default sources.yaml in the folder of events, or beside the workbook)")
	return cmd
}

// lookedAt is how many events of each file check looks at.
const lookedAt = 1000

// lacking warns of the streams and columns that queries read and the events lack,
// and lists the files that hold no events. Events that are not there, or can't be read, are not check's to judge.
func (b *bench) lacking(ctx context.Context) (source.Problems, []events.LeftOut, error) {
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
	streams := map[string]*events.InspectedStream{}
	var names []string
	for i := range found.Streams {
		streams[found.Streams[i].Name] = &found.Streams[i]
		names = append(names, found.Streams[i].Name)
	}
	var problems source.Problems
	warn := func(message, fix string) {
		problems = append(problems, source.Problem{Place: source.Place{File: b.file}, Message: message, Fix: fix, Warning: true})
	}
	none := "no event"
	if found.Sampled {
		none = fmt.Sprintf("none of the first %d events of a file", lookedAt)
	}
	for _, r := range b.program.Reads() {
		s := streams[r.Stream]
		if s == nil {
			if !found.Sampled {
				warn("no event has the stream "+r.Stream, source.DidYouMean(r.Stream, names))
			}
			continue
		}
		for _, column := range r.Columns {
			if bare := strings.TrimPrefix(column, "$"); s.Has("$"+bare) || s.Has(bare) {
				continue
			}
			fix := source.DidYouMean(column, s.Filled())
			if e, ok := events.EnrichmentFor(column, s.Filled()); ok {
				fix = e.String()
			}
			warn(none+" of "+r.Stream+" has the column "+column, fix)
		}
	}
	return problems, found.LeftOut, nil
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
