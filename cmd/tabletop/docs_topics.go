package main

import (
	"reflect"
	"strconv"
	"strings"

	"tabletop/blocks"
	"tabletop/blocks/code"
	"tabletop/blocks/query"
	"tabletop/blocks/trigger"
	"tabletop/blocks/trigger/guard"
	"tabletop/blocks/trigger/simulator"
	"tabletop/workbook"
	"tabletop/workbook/events"
	"tabletop/workbook/scenario"
	"tabletop/workbook/source"
)

// exitCodes are the exit codes with their meanings.
var exitCodes = []struct {
	code int
	doc  string
}{
	{exitDone, "done"},
	{exitFailed, "failed while running"},
	{exitNothingRan, "nothing ran: bad flags, a bad workbook, a bad configuration"},
	{exitNotHeld, "what was checked does not hold"},
	{exitRefused, "refused: a plan that changed, a cap, not enabled, not approved"},
	{exitInterrupted, "interrupted"},
}

// docTopics is the whole reference.
func docTopics() []docTopic {
	return []docTopic{
		{"workbook", "The workbook's file", "", []docEntry{{name: "workbook.yaml", doc: "the keys of a workbook", fields: fieldsOf(workbook.FileType())}}},
		blocksTopic(),
		functionsTopic(),
		codeTopic(),
		columnsTopic(),
		verdictsTopic(),
		guardTopic(),
		{"integrations", "Webhook configurations", "", []docEntry{{name: "integrations.yaml", doc: "the keys of a configuration; the file holds a list of them under integrations", fields: fieldsOf(trigger.FileTypes().Entry)}}},
		testsTopic(),
		faultsTopic(),
		findingsTopic(),
		exitTopic(),
	}
}

func testsTopic() docTopic {
	t := docTopic{name: "tests", title: "Tests", intro: "A file *.test.yaml beside a workbook; tabletop test runs it."}
	for _, w := range scenario.FileTypes() {
		t.entries = append(t.entries, docEntry{name: w.Name, doc: "the keys of " + w.Name, fields: fieldsOf(w.Type)})
	}
	return t
}

func blocksTopic() docTopic {
	t := docTopic{name: "blocks", title: "Blocks", intro: "A workbook is a list of blocks; each works on the rows of the one before. Beside its kind a block may carry id and note."}
	for _, k := range blocks.Kinds(blocks.Options{}) {
		e := docEntry{name: k.Name, doc: k.Doc, takes: "a map"}
		switch config := reflect.TypeOf(k.Config); {
		case config == nil:
			e.takes = ""
		case config == reflect.TypeFor[source.Text]():
			e.takes = "a text, under |"
		default:
			e.fields = fieldsOf(config)
		}
		if k.Beside != nil {
			for _, f := range fieldsOf(reflect.TypeOf(k.Beside)) {
				f.doc = "beside " + k.Name + ": " + f.doc
				e.fields = append(e.fields, f)
			}
		}
		t.entries = append(t.entries, e)
	}
	return t
}

// fieldsOf lists the keys of a structure, those of structures in it behind a
// point.
func fieldsOf(t reflect.Type) []docField {
	if t == nil || t.Kind() != reflect.Struct {
		return nil
	}
	var out []docField
	for _, f := range source.Fields(t) {
		takes := takesOf(f)
		if f.Required {
			takes = "needed, " + takes
		}
		out = append(out, docField{f.Name, takes, f.Doc})
		inner := f.Type
		for inner.Kind() == reflect.Pointer || inner.Kind() == reflect.Slice || inner.Kind() == reflect.Map {
			inner = inner.Elem()
		}
		if inner.Kind() != reflect.Struct || inner == t || len(source.Fields(inner)) == 0 {
			continue
		}
		for _, g := range fieldsOf(inner) {
			out = append(out, docField{f.Name + "." + g.name, g.takes, g.doc})
		}
	}
	return out
}

// takesOf says what a key takes.
func takesOf(f source.Field) string {
	if len(f.Enum) > 0 {
		return strings.Join(f.Enum, ", ")
	}
	t := f.Type
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case t == reflect.TypeFor[source.Text]():
		return "text"
	case t == reflect.TypeFor[source.Node]():
		return "a value or a map"
	}
	switch t.Kind() {
	case reflect.Slice:
		return "a list"
	case reflect.Map, reflect.Struct:
		return "a map"
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int64:
		return "a whole number"
	case reflect.Float64:
		return "a number"
	}
	return "text"
}

func functionsTopic() docTopic {
	t := docTopic{name: "functions", title: "Functions of queries", intro: "In SQL and in DQL. The examples read an event of 2026-01-10T12:00:00Z, which is also the clock."}
	for _, f := range query.Functions() {
		t.entries = append(t.entries, functionEntry(f))
	}
	return t
}

func functionEntry(f query.Function) docEntry {
	takes := f.Takes
	if f.Aggregate {
		takes += ", an aggregate"
	}
	return docEntry{name: f.Name, takes: takes, doc: f.Doc, example: f.Example, result: f.Result}
}

func codeTopic() docTopic {
	t := docTopic{name: "code", title: "Code blocks", intro: "Statements, a line each, and what their expressions may call; then what DNIF adds to Python. Of nothing a function makes nothing."}
	for _, s := range code.Statements() {
		t.entries = append(t.entries, docEntry{name: s.Form, takes: "a statement", doc: s.Doc})
	}
	for _, f := range code.Functions() {
		t.entries = append(t.entries, docEntry{name: f.Name, takes: f.Takes, doc: f.Doc, example: f.Example, result: f.Result})
	}
	for _, s := range code.PythonFunctions() {
		t.entries = append(t.entries, docEntry{name: s.Form, takes: "in Python", doc: s.Doc})
	}
	return t
}

func columnsTopic() docTopic {
	t := docTopic{name: "columns", title: "Columns", intro: "Those of events that workbooks ask for most, then those of the stream " + query.SignalsStream + " and of a trigger's rows. Events may have any others."}
	for _, c := range events.Columns() {
		t.entries = append(t.entries, docEntry{name: c.Name, doc: c.Doc})
	}
	for _, c := range query.SignalColumns() {
		t.entries = append(t.entries, docEntry{name: c.Name, takes: "of signals", doc: c.Doc})
	}
	return docTopic{t.name, t.title, t.intro, append(t.entries,
		docEntry{name: trigger.StatusColumn, takes: "of triggers", doc: "True where the vendor took the request, else False"},
		docEntry{name: trigger.ResponseColumn, takes: "of triggers", doc: "the vendor's answer as it came"})}
}

func verdictsTopic() docTopic {
	t := docTopic{name: "verdicts", title: "Verdicts", intro: "What tabletop says of an action, and what DNIF itself would do with the row."}
	for _, v := range workbook.Verdicts {
		t.entries = append(t.entries, docEntry{name: string(v), doc: v.Doc()})
	}
	for _, a := range workbook.DNIFAnswers {
		t.entries = append(t.entries, docEntry{name: string(a), takes: "DNIF", doc: a.Doc()})
	}
	return t
}

func guardTopic() docTopic {
	t := docTopic{name: "guard", title: "Rules of the guard", intro: "never: no approval lets the target through. ask: a signed approval does."}
	for _, r := range guard.Rules() {
		t.entries = append(t.entries, docEntry{name: r.Name, takes: r.Level, doc: r.Doc})
	}
	return t
}

func faultsTopic() docTopic {
	t := docTopic{name: "faults", title: "Faults of the simulator", intro: "As simulate --fault takes them behind WHICH:."}
	for _, f := range simulator.Faults() {
		t.entries = append(t.entries, docEntry{name: f.Form, doc: f.Meaning})
	}
	return t
}

func exitTopic() docTopic {
	t := docTopic{name: "exit-codes", title: "Exit codes"}
	for _, e := range exitCodes {
		t.entries = append(t.entries, docEntry{name: strconv.Itoa(e.code), doc: e.doc})
	}
	return t
}
