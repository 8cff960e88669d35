package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tabletop/workbook/events"
	"tabletop/workbook/source"
)

// A glance is the command events with its flags.
type glance struct {
	input
	output string
}

func eventsCommand(c *console) *cobra.Command {
	g := &glance{}
	cmd := &cobra.Command{
		Use:   "events PATH",
		Short: "Tell what a file or a folder of events holds",
		Long: `events reads a file or a folder of events once and tells what it holds: the
files with their formats, the streams with their times and columns, how often
each column has a value and what it looks like, and the lines that are no
events. Files in a folder that can't hold events (an image, a link that leads
nowhere) are told and left out, as query and run do; a file that is named is an
error then.

A column that a source in sources.yaml gives stands with a +. Behind the columns
stand those that DNIF adds when it receives events, and what in sources.yaml
would add them here: types, lists (join) and databases of addresses (mmdb).`,
		Example: `  tabletop events examples/suspicious-remote-desktop/events
  tabletop events logs -o json
  tabletop events /var/log/auth.log --tz Europe/Berlin --year 2025
  tabletop events mapping zeek-rdp`,
		Args: exactly(1, "a file or a folder of events"),
		RunE: func(cmd *cobra.Command, args []string) error { return g.run(cmd.Context(), c, args[0]) },
	}
	f := cmd.Flags()
	f.StringVar(&g.sources, "sources", "", "what raw logs mean (default sources.yaml in the folder of events, or above it)")
	g.timeFlags(f)
	f.StringVar(&g.storesFile, "stores", standardStores, "the file of event stores that sources join")
	f.StringVarP(&g.output, "output", "o", "text", "text or json")
	cmd.AddCommand(mappingCommand(c), catCommand(c), pseudonymiseCommand(c))
	return cmd
}

func (g *glance) run(ctx context.Context, c *console, path string) error {
	if err := outputForm(g.output, "text", "json"); err != nil {
		return err
	}
	zone, err := g.location()
	if err != nil {
		return err
	}
	g.bar = newBar(c)
	set, err := g.openAt(path, filepath.Dir(path), zone)
	if err != nil {
		return nothingRan(err)
	}
	g.bar.show()
	found, err := set.Inspect(ctx)
	g.bar.hide()
	if err != nil {
		return err
	}
	unfound, err := set.Unfound(ctx)
	if err != nil {
		return err
	}
	for _, p := range unfound {
		c.remark("%s", cleanLines(p.String()))
	}
	if g.output == "json" {
		c.json(inspectionJSON(found))
	} else {
		c.inspection(found)
	}
	for _, f := range found.Files {
		if f.Problem != "" {
			return failure{exitFailed, fmt.Errorf("read events: %s: %s", f.Name, f.Problem)}
		}
	}
	return nil
}

// The object that events -o json prints.
type inspectionObject struct {
	*events.Inspection
	Bad []badObject `json:"undecodable_lines"`
}

type badObject struct {
	File    string `json:"file"`
	Offset  int64  `json:"offset"`
	Line    int64  `json:"line"`
	Problem string `json:"problem"`
}

func inspectionJSON(found *events.Inspection) inspectionObject {
	found.Files, found.Streams, found.LeftOut = notNil(found.Files), notNil(found.Streams), notNil(found.LeftOut)
	o := inspectionObject{Inspection: found, Bad: []badObject{}}
	for _, b := range found.Bad {
		o.Bad = append(o.Bad, badObject{b.Position.File, b.Position.Offset, b.Position.Line, b.Problem})
	}
	return o
}

// shownBad is how many undecodable lines are shown; -o json holds more.
const shownBad = 10

// inspection writes what a set of events holds for a reader.
func (c *console) inspection(found *events.Inspection) {
	c.line(c.strong(plural(len(found.Files), "file", "files")))
	for _, f := range found.Files {
		c.inspectedFile(f)
	}
	for _, l := range found.LeftOut {
		c.line("  ", clean(l.File))
		c.line(indent, c.yellow("left out"), "  ", clean(l.Reason))
	}
	for _, s := range found.Streams {
		c.inspectedStream(s)
	}
	if found.Cut {
		c.line()
		c.line(c.yellow("more"), "  there are more streams or columns than are shown")
	}
	if found.Undecodable == 0 {
		return
	}
	c.line()
	c.line(c.yellow(plural(found.Undecodable, "undecodable line", "undecodable lines")))
	for _, b := range found.Bad[:min(len(found.Bad), shownBad)] {
		c.line("  ", clean(fmt.Sprintf("%s:%d at byte %d: %s", b.Position.File, b.Position.Line, b.Position.Offset, b.Problem)))
	}
	if more := found.Undecodable - min(int64(len(found.Bad)), shownBad); more > 0 {
		c.line("  ", c.faint(fmt.Sprintf("… and %d more", more)))
	}
}

func (c *console) inspectedFile(f events.InspectedFile) {
	c.line("  ", clean(f.Name))
	if f.Problem != "" {
		c.line(indent, c.red("not read"), "  ", clean(f.Problem))
	}
	if f.Format != "" {
		text := f.Format + " (" + f.Reason + "), " + plural(f.Bytes, "byte", "bytes") + ", " + plural(f.Events, "event", "events") + andUndecodable(f.Undecodable)
		for _, part := range wrap(clean(text), c.width-len(indent)) {
			c.line(indent, part)
		}
	}
	if f.Yearless != nil {
		for _, part := range wrap(clean(f.Yearless.String()), c.width-len(indent)) {
			c.line(indent, part)
		}
	}
	if len(f.Streams) > 0 {
		for _, part := range wrap(clean(strings.Join(f.Streams, ", ")), c.width-len(indent)) {
			c.line(indent, part)
		}
	}
}

func andUndecodable(n int64) string {
	if n == 0 {
		return ""
	}
	return ", " + plural(n, "undecodable line", "undecodable lines")
}

func (c *console) inspectedStream(s events.InspectedStream) {
	c.line()
	c.line(c.strong(clean(s.Name)), "  ", plural(s.Events, "event", "events"))
	if !s.Oldest.IsZero() {
		c.line("  from ", s.Oldest.Format(time.RFC3339Nano), " to ", s.Newest.Format(time.RFC3339Nano))
	}
	if s.NoTime > 0 {
		c.line("  ", c.yellow(plural(s.NoTime, "event", "events")+" without a time"))
	}
	if s.NoZone > 0 {
		c.line("  ", c.yellow(plural(s.NoZone, "event", "events")+" whose time names no zone"))
		c.line(indent, "name it with --tz, or as tz in ", events.SourcesName)
	}
	g := grid{header: []string{"column", "filled", "samples"}, right: []bool{false, true, false}}
	for _, column := range s.Columns {
		name := clean(column.Name)
		if column.Mapped {
			name += " +"
		}
		samples := make([]string, len(column.Samples))
		for i, text := range column.Samples {
			samples[i] = clean(text)
		}
		g.rows = append(g.rows, []string{name, share(column.Filled, s.Events), strings.Join(samples, "  ")})
	}
	if len(g.rows) > 0 {
		c.draw(g, "  ")
	}
	c.enrichable(s.Enrichable)
}

// enrichable tells what sources.yaml could add, those that one line adds together.
func (c *console) enrichable(list []events.Enrichment) {
	var order []string
	columns := map[string][]string{}
	for _, e := range list {
		if columns[e.Write] == nil {
			order = append(order, e.Write)
		}
		columns[e.Write] = append(columns[e.Write], e.Column)
	}
	for _, write := range order {
		text := clean(strings.Join(columns[write], ", ")) + ": not there; enrich: " + write + " in " + events.SourcesName + " would give it"
		for i, part := range wrap(text, c.width-len(indent)) {
			lead := "  "
			if i > 0 {
				lead = indent
			}
			c.line(c.faint(lead + part))
		}
	}
}

// share writes a part of a whole as a percentage that is 100 or 0 only where
// that is exact.
func share(part, whole int64) string {
	switch percent := float64(part) / float64(max(whole, 1)) * 100; {
	case part == whole || part == 0:
		return fmt.Sprintf("%.0f %%", percent)
	case percent < 0.1:
		return "< 0.1 %"
	case percent > 99.9:
		return "> 99.9 %"
	default:
		return fmt.Sprintf("%.1f %%", percent)
	}
}

// mappingCommand prints the built-in mappings.
func mappingCommand(c *console) *cobra.Command {
	return &cobra.Command{
		Use:   "mapping [NAME]",
		Short: "List the built-in mappings, or print one as a sources.yaml",
		Long: `mapping lists the built-in mappings of raw logs to DNIF's streams and columns,
or prints one as a sources.yaml to copy. A source in sources.yaml can also name
one:

  sources:
    - {files: ['rdp*.log*'], mapping: zeek-rdp}`,
		Example: "  tabletop events mapping\n  tabletop events mapping zeek-rdp > events/sources.yaml",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return nothingRan(errors.New(cmd.CommandPath() + " takes one name, or none\n  usage: " + cmd.UseLine()))
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				for _, name := range events.MappingNames() {
					c.line(name)
				}
				return nil
			}
			text, ok := events.Mapping(args[0])
			if !ok {
				return nothingRan(fmt.Errorf("unknown mapping %s: %s", args[0], source.DidYouMean(args[0], events.MappingNames())))
			}
			c.line(strings.TrimRight(text, "\n"))
			return nil
		},
	}
}
