// Package scenario is the tests of workbooks. In goes a file *.test.yaml: the
// events, the clock, the parameters and the vendor's answers of each test, and
// what is expected of it; and the Result of a run. Out come all mistakes in the
// file with their places, the files of events to run on, and every Difference
// between what was expected and what came, cell by cell.
//
// The package runs nothing: cmd/tabletop runs each test in a folder of its own.
package scenario

import (
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"time"

	"tabletop/workbook"
	"tabletop/workbook/events"
	"tabletop/workbook/source"
)

// Ending is how the name of a file of tests ends.
const Ending = ".test.yaml"

// MaxTests is the most tests that a file may have.
const MaxTests = 500

// A File is a file of tests as it was read.
type File struct {
	// Path is the file as the user named it, Workbook the workbook that it tests.
	Path     string
	Workbook string
	Tests    []*Test
	// Text is the file, byte for byte.
	Text []byte
}

// A Test is one run of the workbook, and what is expected of it.
type Test struct {
	Name source.Text
	Note string
	// Events are those of the run.
	Events Events
	// Now is the clock, zero for that of the newest event.
	Now time.Time
	// Zone is of times that name none, nil where none is named; Window what a
	// query without a time reads, as --window writes it.
	Zone   *time.Location
	Window string
	Set    map[string]string
	// Integrations and Guard are paths, empty for those found beside the workbook.
	Integrations string
	Guard        string
	// Stores are the event stores that are there when the run begins.
	Stores  []Store
	Answers []Answer
	Strict  bool
	// Expect is nil where the file says nothing yet of what must come.
	Expect *Expect
	node   source.Node
}

// A Store is an event store with its rows.
type Store struct {
	Name  string
	Table workbook.Table
}

// An Answer is what the vendor answers to some requests of the run in the place
// of what a simulated vendor would: a fault, no answer in time, or a status with a
// body. Package simulator says how Requests and Fault are written.
type Answer struct {
	Requests source.Text       `yaml:"requests" doc:"which requests: a number (the first is 1), a span as 1-4 or 5-, every=N, or * for all, which it is where it lacks"`
	Fault    source.Text       `yaml:"fault" doc:"a fault of tabletop simulate, as 429, status=500 or reset-after"`
	Timeout  bool              `yaml:"timeout" doc:"no answer comes in time"`
	Status   int               `yaml:"status" doc:"the status of the answer, 200 unless said otherwise"`
	Headers  map[string]string `yaml:"headers" doc:"headers of the answer"`
	Body     string            `yaml:"body" doc:"the body of the answer"`
}

// A Written is a part of a file of tests as it is written.
type Written struct {
	Name string
	Type reflect.Type
}

// FileTypes are the structures of a file of tests, for its reference.
func FileTypes() []Written {
	return []Written{
		{"a file of tests", reflect.TypeFor[fileNode]()},
		{"tests", reflect.TypeFor[testNode]()},
		{"expect", reflect.TypeFor[expectNode]()},
		{"expect.blocks", reflect.TypeFor[blockNode]()},
	}
}

// fileNode is a file of tests as written.
type fileNode struct {
	Workbook source.Text `yaml:"workbook" doc:"the workbook, relative to this file (default NAME.yaml for NAME.test.yaml, else workbook.yaml)"`
	Tests    source.Node `yaml:"tests,required" doc:"the tests"`
}

// testNode is a test as written.
type testNode struct {
	Name         source.Text            `yaml:"name,required" doc:"what the test shows"`
	Note         string                 `yaml:"note" doc:"why"`
	Events       source.Node            `yaml:"events" doc:"rows by stream, files by stream, or one file or folder (default events/ beside the workbook)"`
	Now          source.Text            `yaml:"now" doc:"the clock (default the newest event)"`
	Zone         source.Text            `yaml:"tz" doc:"zone of times that name none"`
	Window       source.Text            `yaml:"window" doc:"span that a query without a time reads, as 1d, or all"`
	Set          map[string]string      `yaml:"set" doc:"values of parameters"`
	Integrations source.Text            `yaml:"integrations" doc:"webhook configurations, relative to this file"`
	Guard        source.Text            `yaml:"guard" doc:"own guard lists, relative to this file"`
	Stores       map[string]source.Node `yaml:"stores" doc:"rows of event stores by name"`
	Answers      source.Node            `yaml:"answers" doc:"what the vendor answers"`
	Strict       bool                   `yaml:"strict" doc:"as run --strict"`
	Expect       source.Node            `yaml:"expect" doc:"what must come"`
}

// Read reads a file of tests. The error is that of a file that can't be read, or
// source.Problems with every mistake in it.
func Read(path string) (*File, error) {
	node, text, err := source.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return parse(path, node, text)
}

// Parse reads the text of a file of tests that would stand at path.
func Parse(path string, text []byte) (*File, error) {
	node, err := source.Parse(path, text)
	if err != nil {
		return nil, err
	}
	return parse(path, node, text)
}

func parse(path string, node source.Node, text []byte) (*File, error) {
	var d fileNode
	problems := source.Decode(node, &d)
	f := &File{Path: path, Text: text}
	r := reading{file: path, problems: problems}
	f.Workbook = r.path(d.Workbook)
	items := d.Tests.Items()
	switch {
	case d.Tests.Exists() && !d.Tests.IsList():
		r.report(d.Tests.Problem("tests must be a list", "begin each test with '- name: …'"))
	case d.Tests.Exists() && len(items) == 0:
		r.report(d.Tests.Problem("no tests", "a file has at least one, which begins with '- name: …'"))
	case len(items) > MaxTests:
		r.report(items[MaxTests].Problem(fmt.Sprintf("more than %d tests", MaxTests), "split the file"))
		items = items[:MaxTests]
	}
	names := map[string]bool{}
	for _, item := range items {
		t := r.test(item)
		if name := t.Name.Value; t.Name.Set() {
			switch {
			case strings.TrimSpace(name) == "":
				r.report(t.Name.Problem(0, "the test has no name", "say in a few words what it shows"))
			case names[name]:
				r.report(t.Name.Problem(0, "the name "+name+" stands twice", "give each test its own"))
			}
			names[name] = true
		}
		f.Tests = append(f.Tests, t)
	}
	if r.problems.Err() != nil {
		return nil, r.problems.Sorted()
	}
	return f, nil
}

// A reading gathers the mistakes of a file.
type reading struct {
	file     string
	problems source.Problems
}

func (r *reading) report(p source.Problem) { r.problems = append(r.problems, p) }

// path reads a path of a file that must be found on other machines too.
func (r *reading) path(t source.Text) string {
	switch {
	case !t.Set() || t.Value == "":
		return ""
	case filepath.IsAbs(t.Value):
		r.report(t.Problem(0, "the path "+t.Value+" is one of this machine", "write it relative to this file"))
		return ""
	}
	return filepath.Join(filepath.Dir(r.file), filepath.FromSlash(t.Value))
}

func (r *reading) test(item source.Node) *Test {
	var d testNode
	r.problems = append(r.problems, source.Decode(item, &d)...)
	t := &Test{Name: d.Name, Note: d.Note, Set: d.Set, Strict: d.Strict, node: item}
	t.Zone = r.zone(d.Zone)
	t.Now = r.clock(d.Now, t.Zone)
	t.Window = r.window(d.Window)
	t.Integrations, t.Guard = r.path(d.Integrations), r.path(d.Guard)
	t.Events = r.events(d.Events, t.Now)
	t.Stores = r.stores(d.Stores)
	t.Answers = r.answers(d.Answers)
	if d.Expect.Exists() {
		t.Expect = r.expect(d.Expect)
	}
	return t
}

func (r *reading) zone(t source.Text) *time.Location {
	if !t.Set() {
		return nil
	}
	zone, err := time.LoadLocation(t.Value)
	if err != nil || t.Value == "" {
		r.report(t.Problem(0, "no such time zone", "write a name as in Europe/Berlin, or UTC"))
		return nil
	}
	return zone
}

func (r *reading) clock(t source.Text, zone *time.Location) time.Time {
	if !t.Set() {
		return time.Time{}
	}
	now, local, err := events.ParseTime(t.Value, zone)
	switch {
	case err != nil:
		r.report(t.Problem(0, "no time", "write it as 2026-01-31T12:00:00Z"))
	case local:
		r.report(t.Problem(0, "the time names no zone", "write Z at its end, or add tz"))
	}
	return now
}

func (r *reading) window(t source.Text) string {
	if !t.Set() || t.Value == "all" {
		return t.Value
	}
	if _, err := events.ParseDuration(t.Value); err != nil {
		r.report(t.Problem(0, err.Error(), "or write all"))
	}
	return t.Value
}

// answers reads what the vendor answers.
func (r *reading) answers(n source.Node) []Answer {
	if n.Exists() && !n.IsList() {
		r.report(n.Problem("answers must be a list", "write it as [{requests: 1, fault: 429}]"))
	}
	var list []Answer
	for _, item := range n.Items() {
		var a Answer
		r.problems = append(r.problems, source.Decode(item, &a)...)
		forms, plain := 0, false
		for _, pair := range item.Pairs() {
			switch pair.Key.Value {
			case "fault", "timeout":
				forms++
			case "status", "headers", "body":
				plain = true
			}
		}
		if plain {
			forms++
		}
		if a.Status == 0 {
			a.Status = 200
		}
		switch {
		case forms != 1:
			r.report(item.Problem("an answer is one of: a fault, a timeout, a status with headers and a body", "write it as {requests: 1, fault: 429} or {requests: 1, status: 200, body: 'ok'}"))
		case a.Status < 200 || a.Status > 599:
			r.report(item.Problem("no status of an answer", "write one from 200 to 599"))
		}
		list = append(list, a)
	}
	return list
}
