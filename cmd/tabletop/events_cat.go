package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"tabletop/workbook"
	"tabletop/workbook/events"
)

// A lookup is the command events cat with its flags.
type lookup struct {
	input
	output string
}

func catCommand(c *console) *cobra.Command {
	l := &lookup{}
	cmd := &cobra.Command{
		Use:   "cat FILE:LINE | FILE@BYTE",
		Short: "Print one event by its place",
		Long: `cat prints the event that begins in a line of a file, or at a byte: as it
stands, then its stream, time and columns. Lines count from 1, bytes from 0; in
compressed files and in zips they are those of the text inside.

FILE:LINE is how every command prints a place. FILE is a path on this machine;
with --events it is a file's name as runs print it, which begins with the name
of the folder of events, so that what they print can be pasted. FILE@BYTE is for
what JSON and the audit call offset.

A column that a source in sources.yaml gives stands with a +.`,
		Example: `  tabletop events cat examples/malicious-url/events/THREAT.csv:2
  tabletop events cat events/gateway.ndjson.gz:3 \
      --events examples/suspicious-remote-desktop/events
  tabletop events cat logs/monday.zip/rdp.ndjson@1203 -o json`,
		Args: exactly(1, "one event, as events/FIREWALL.ndjson:7 or events/FIREWALL.ndjson@1203"),
		RunE: func(cmd *cobra.Command, args []string) error { return l.run(cmd.Context(), c, args[0]) },
	}
	f := cmd.Flags()
	f.StringVar(&l.events, "events", "", "file or folder of events in which FILE is named")
	f.StringVar(&l.sources, "sources", "", "what raw logs mean (default sources.yaml in the folder of events, or above it)")
	f.StringVar(&l.zone, "tz", "", "zone of times that name none, as Asia/Kolkata")
	f.StringVarP(&l.output, "output", "o", "text", "text or json")
	return cmd
}

// parsePlace reads FILE:LINE or FILE@BYTE.
func parsePlace(text string) (file string, at events.Place, err error) {
	i := strings.LastIndexAny(text, ":@")
	if i <= 0 || i == len(text)-1 {
		return "", at, fmt.Errorf("%s names no place: write FILE:LINE or FILE@BYTE, as in events/FIREWALL.ndjson:7", text)
	}
	n, err := strconv.ParseInt(text[i+1:], 10, 64)
	if err != nil || n < 0 || text[i] == ':' && n == 0 {
		return "", at, fmt.Errorf("%s names no place: behind the %s", text, numbered[text[i]])
	}
	if text[i] == ':' {
		return text[:i], events.Place{Line: n}, nil
	}
	return text[:i], events.Place{Offset: n}, nil
}

// numbered says what the number of a place counts.
var numbered = map[byte]string{':': "colon stands the number of a line, from 1", '@': "@ stands the number of a byte, from 0"}

func (l *lookup) run(ctx context.Context, c *console, text string) error {
	if err := outputForm(l.output, "text", "json"); err != nil {
		return err
	}
	name, at, err := parsePlace(text)
	if err != nil {
		return nothingRan(err)
	}
	zone, err := l.location()
	if err != nil {
		return err
	}
	set, inner, err := l.find(name, zone)
	if err != nil {
		return nothingRan(err)
	}
	e, err := set.EventAt(ctx, inner, at)
	var place *events.PlaceError
	if errors.As(err, &place) && at.Line > 0 {
		return nothingRan(fmt.Errorf("%w\n  a number behind a colon counts lines; byte %d is %s@%d", err, at.Line, name, at.Line))
	}
	if err != nil {
		return nothingRan(err)
	}
	if l.output == "json" {
		c.json(eventJSON(e))
		return nil
	}
	c.event(e)
	return nil
}

// find opens the events and gives the name that the file has among them. Without
// --events the file is looked for on disk, and where a sources file covers its
// folder it is read as one of that.
func (l *lookup) find(name string, zone *time.Location) (*events.Set, string, error) {
	if l.events != "" {
		set, err := l.openAt(l.events, filepath.Dir(l.events), zone)
		return set, filepath.ToSlash(filepath.Clean(name)), err
	}
	disk, inner, ok := events.FindFile(name)
	if !ok {
		return nil, "", fmt.Errorf("%s: no such file; name the folder of events with --events, or the file by its path", name)
	}
	full, err := filepath.Abs(disk)
	if err != nil {
		return nil, "", err
	}
	folder := filepath.Dir(full)
	if l.covered(folder) {
		set, err := l.openAt(folder, filepath.Dir(folder), zone)
		return set, path.Join(filepath.Base(folder), inner), err
	}
	set, err := l.openAt(disk, folder, zone)
	return set, inner, err
}

// covered reports whether a sources file covers a folder of events.
func (l *lookup) covered(folder string) bool {
	if l.sources != "" {
		return true
	}
	for _, place := range []string{folder, filepath.Dir(folder)} {
		if _, err := os.Stat(filepath.Join(place, events.SourcesName)); err == nil {
			return true
		}
	}
	return false
}

// The object that events cat -o json prints.
type eventObject struct {
	File    string         `json:"file"`
	Offset  int64          `json:"offset"`
	Line    int64          `json:"line"`
	Format  string         `json:"format"`
	Stream  string         `json:"stream"`
	Time    *time.Time     `json:"time"`
	Raw     string         `json:"raw"`
	Cut     bool           `json:"raw_cut,omitempty"`
	Problem string         `json:"problem,omitempty"`
	Columns []columnObject `json:"columns"`
}

type columnObject struct {
	Name   string         `json:"column"`
	Value  workbook.Value `json:"value"`
	Mapped bool           `json:"mapped"`
}

func eventJSON(e *events.Event) eventObject {
	o := eventObject{
		File: e.Position.File, Offset: e.Position.Offset, Line: e.Position.Line, Format: e.Format, Stream: e.Stream,
		Raw: string(e.Raw), Cut: e.Cut, Problem: e.Problem, Columns: []columnObject{},
	}
	if !e.Time.IsZero() {
		o.Time = &e.Time
	}
	for _, column := range e.Columns {
		o.Columns = append(o.Columns, columnObject(column))
	}
	return o
}

// shownRaw is how many bytes of an event as it stands are shown; -o json holds
// more.
const shownRaw = 4096

// event writes an event for a reader.
func (c *console) event(e *events.Event) {
	c.line(c.strong(clean(e.Position.File)), fmt.Sprintf("  line %d, byte %d, %s", e.Position.Line, e.Position.Offset, e.Format))
	raw, cut := e.Raw, e.Cut
	if len(raw) > shownRaw {
		raw, cut = raw[:shownRaw], true
		for len(raw) > 0 && !utf8.RuneStart(e.Raw[len(raw)]) {
			raw = raw[:len(raw)-1]
		}
	}
	c.line(clean(string(raw)))
	if cut {
		c.line(c.faint("… the event goes on"))
	}
	c.line()
	if e.Problem != "" {
		c.line(c.red("not decoded"), "  ", clean(e.Problem))
		return
	}
	c.line("stream  ", clean(e.Stream))
	if e.Time.IsZero() {
		c.line("time    ", c.yellow("none"))
	} else {
		c.line("time    ", e.Time.UTC().Format(time.RFC3339Nano))
	}
	c.line()
	g := grid{header: []string{"column", "value"}, right: []bool{false, false}}
	for _, column := range e.Columns {
		name := clean(column.Name)
		if column.Mapped {
			name += " +"
		}
		g.rows = append(g.rows, []string{name, cell(column.Value)})
	}
	c.draw(g, "")
}
