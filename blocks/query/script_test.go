package query

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tabletop/workbook"
	"tabletop/workbook/events"
	"tabletop/workbook/source"
	"tabletop/workbook/stores"
)

// TestScripts runs testdata/*.script. A script is lines of commands; what belongs
// to a command is indented behind it:
//
//	clock TIME        the rehearsal's clock, 2026-01-10T12:00:00Z unless said
//	zone NAME         the zone in which times without one are read, UTC unless said
//	window SPAN       what a query without a time reads, all unless said
//	parameter N V     the parameter {N}
//	events            lines of NDJSON, the events from here on
//	store NAME        a table: its columns, then a row a line, cells between |
//	rows              a table: the rows that come in, for the next query only
//	first             the next query is a workbook's first block
//	query             a text in any of the languages
//	expect            behind query: the table that it gives, NULL for nothing
//	columns           behind query: the columns that it gives alone
//	warning TEXT      behind query: one warning for each line, which holds TEXT
//	error TEXT        behind query: it fails, before or in the run, with TEXT
//
// A line that begins with # is a comment. Event stores last to the script's end.
func TestScripts(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.script")
	if err != nil || len(paths) == 0 {
		t.Fatal(paths, err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".script"), func(t *testing.T) {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			runScript(t, path, string(text))
		})
	}
}

// A command of a script, with the lines that belong to it.
type command struct {
	line       int
	name, rest string
	body       []string
}

func commands(text string) []command {
	var out []command
	for i, line := range strings.Split(text, "\n") {
		switch {
		case strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "  "):
			last := &out[len(out)-1]
			last.body = append(last.body, line[2:])
		case strings.TrimSpace(line) != "":
			name, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
			out = append(out, command{line: i + 1, name: name, rest: strings.TrimSpace(rest)})
		}
	}
	return out
}

// A scene is what a query of a script is asked in.
type scene struct {
	options    Options
	clock      time.Time
	zone       *time.Location
	parameters map[string]string
	in         workbook.Table
	first      bool
}

func runScript(t *testing.T, path, text string) {
	t.Helper()
	s := &scene{clock: fixtureClock.Now, zone: time.UTC, parameters: map[string]string{}}
	file, err := stores.Open(filepath.Join(t.TempDir(), "stores.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	if s.options.Stores, err = file.Begin(context.Background()); err != nil {
		t.Fatal(err)
	}
	list := commands(text)
	for i := 0; i < len(list); i++ {
		c := list[i]
		if c.name != "query" {
			s.set(t, path, c)
			continue
		}
		var wants []command
		for i+1 < len(list) && (list[i+1].name == "expect" || list[i+1].name == "columns" || list[i+1].name == "warning" || list[i+1].name == "error") {
			i++
			wants = append(wants, list[i])
		}
		s.query(t, path, c, wants)
		s.in, s.first = workbook.Table{}, false
	}
}

func (s *scene) set(t *testing.T, path string, c command) {
	t.Helper()
	var err error
	switch c.name {
	case "clock":
		s.clock, err = time.Parse(time.RFC3339, c.rest)
	case "zone":
		s.zone, err = time.LoadLocation(c.rest)
	case "window":
		s.options.Standard, err = events.ParseDuration(c.rest)
	case "parameter":
		name, value, _ := strings.Cut(c.rest, " ")
		s.parameters[name] = value
	case "events":
		name := filepath.Join(t.TempDir(), "events.ndjson")
		if err = os.WriteFile(name, []byte(strings.Join(c.body, "\n")), 0o600); err == nil {
			s.options.Events, err = events.Open(name, events.Options{Wall: s.clock, Zone: time.UTC})
		}
	case "store":
		_, err = s.options.Stores.Write(context.Background(), c.rest, stores.StackReplace, "", tableOf(c.body), 0, s.clock)
	case "first":
		s.first = true
	case "rows":
		s.in = tableOf(c.body)
	default:
		err = errors.New("unknown command " + c.name)
	}
	if err != nil {
		t.Fatalf("%s:%d: %v", path, c.line, err)
	}
}

// tableOf reads a table.
func tableOf(lines []string) workbook.Table {
	var out workbook.Table
	for i, line := range lines {
		cells := strings.Split(line, "|")
		var values []workbook.Value
		for k := range cells {
			cells[k] = strings.TrimSpace(cells[k])
			if cells[k] == "NULL" {
				values = append(values, nil)
			} else if n := workbook.Number(cells[k]); n != nil {
				values = append(values, n)
			} else {
				values = append(values, cells[k])
			}
		}
		if i == 0 {
			out.Columns = cells
			continue
		}
		out.Rows = append(out.Rows, workbook.Row{Values: values, Evidence: workbook.Evidence{Events: int64(i)}})
	}
	return out
}

// query asks one query and compares what it gives.
func (s *scene) query(t *testing.T, path string, c command, wants []command) {
	t.Helper()
	text := strings.Join(c.body, "\n")
	got, warnings, err := s.ask(text)
	fail := func(format string, a ...any) {
		t.Helper()
		t.Errorf("%s:%d: %s\n"+format, append([]any{path, c.line, text}, a...)...)
	}
	var wantWarnings []string
	failing := false
	for _, w := range wants {
		switch w.name {
		case "error":
			failing = true
			if err == nil || !strings.Contains(err.Error(), w.rest) {
				fail("got  %v\nwant error %s", err, w.rest)
			}
		case "warning":
			wantWarnings = append(wantWarnings, w.rest)
		case "columns":
			if columns := strings.Join(got.Columns, " | "); columns != w.body[0] {
				fail("columns %s\nwant    %s", columns, w.body[0])
			}
		case "expect":
			want := tidy(strings.Join(w.body, "\n"))
			if diff := cmp.Diff(want, tidy(table(events.Result{Table: got}))); diff != "" && err == nil {
				fail("%s", diff)
			}
		}
	}
	if failing {
		return
	}
	if err != nil {
		fail("failed: %v", err)
		return
	}
	if len(warnings) != len(wantWarnings) {
		fail("warnings %q\nwant %q", warnings, wantWarnings)
		return
	}
	for i, want := range wantWarnings {
		if !strings.Contains(warnings[i], want) {
			fail("warning %q\nwant %q", warnings[i], want)
		}
	}
}

// tidy makes tables comparable that differ only in the blanks around cells.
func tidy(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		cells := strings.Split(line, "|")
		for k := range cells {
			cells[k] = strings.TrimSpace(cells[k])
		}
		lines[i] = strings.Join(cells, " | ")
	}
	return strings.Join(lines, "\n")
}

func (s *scene) ask(text string) (workbook.Table, []string, error) {
	p := workbook.NewPreparation(s.parameters)
	p.First = s.first
	p.In = workbook.Columns{Names: s.in.Columns, Known: len(s.in.Columns) > 0}
	q, problems := ParseQuestion(source.NewText("query", text), s.options, p)
	if problems.Err() != nil {
		return workbook.Table{}, nil, problems.Err()
	}
	var warnings []string
	for _, w := range problems.Warnings() {
		warnings = append(warnings, w.String())
	}
	env := &workbook.Env{Now: s.clock, Zone: s.zone, MaxRows: 2000, Run: 7}
	out, err := q.Run(context.Background(), s.in, env)
	return out.Table, append(warnings, out.Warnings...), err
}
