package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"tabletop/audit"
	"tabletop/workbook"
	"tabletop/workbook/events"
)

// A difference is a place at which a run that was made again is not as it was
// recorded. The numbers are 0 where they do not matter.
type difference struct {
	Block  int    `json:"block,omitempty"`
	Kind   string `json:"kind,omitempty"`
	Row    int    `json:"row,omitempty"`
	Signal int    `json:"signal,omitempty"`
	Action int    `json:"action,omitempty"`
	// What is the column, or what else differs.
	What     string `json:"what"`
	Recorded string `json:"recorded"`
	Now      string `json:"now"`
}

// place says where the difference is.
func (d difference) place() string {
	var parts []string
	if d.Block > 0 {
		parts = append(parts, fmt.Sprintf("block %d (%s)", d.Block, d.Kind))
	}
	for _, one := range []struct {
		name   string
		number int
	}{{"row", d.Row}, {"signal", d.Signal}, {"action", d.Action}} {
		if one.number > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", one.name, one.number))
		}
	}
	return strings.Join(append(parts, d.What), ", ")
}

// differences are what a comparison found, and how much it compared.
type differences struct {
	list   []difference
	more   int
	partly []string
	// purged says that the record lacks entries, so that they can't be counted.
	purged bool

	blocks, rows, signals, actions int
}

// mostDifferences is how many are kept.
const mostDifferences = 20

func (f *differences) add(d difference) {
	if len(f.list) == mostDifferences {
		f.more++
		return
	}
	f.list = append(f.list, d)
}

// pair adds a difference where two texts are not the same.
func (f *differences) pair(at difference, what, recorded, now string) {
	if recorded != now {
		at.What = what
		at.Recorded, at.Now = whereTheyDiffer(recorded, now)
		f.add(at)
	}
}

// mostShown is the most bytes of a value that a difference shows.
const mostShown = 400

// whereTheyDiffer cuts two long texts down to where they part.
func whereTheyDiffer(a, b string) (string, string) {
	same := 0
	for same < min(len(a), len(b)) && a[same] == b[same] {
		same++
	}
	from := 0
	if same > mostShown/2 {
		from = same - mostShown/8
	}
	cut := func(s string) string {
		head, tail := "", ""
		if from > 0 {
			head = "…"
		}
		if s = s[min(from, len(s)):]; len(s) > mostShown {
			s, tail = s[:mostShown], "…"
		}
		return head + strings.ToValidUTF8(s, "\ufffd") + tail
	}
	if len(a) <= mostShown && len(b) <= mostShown {
		return a, b
	}
	return cut(a), cut(b)
}

// compare holds a run that was made again against its record, in the order of
// the blocks: what of the rows was kept, the counts, the signals and the actions.
func compare(was audit.Run, now workbook.Result) differences {
	f := &differences{purged: was.Purged > 0}
	was.Signals, now.Signals = byRun(was.Signals), byRun(now.Signals)
	for i, b := range was.Blocks {
		if i >= len(now.Blocks) {
			f.add(difference{Block: b.Index, Kind: b.Kind, What: "the block", Recorded: "ran", Now: "was not reached"})
			break
		}
		var before workbook.Table
		if i > 0 {
			before = now.Blocks[i-1].Output.Table
		}
		f.block(b, now.Blocks[i], before)
		at := difference{Block: b.Index, Kind: b.Kind}
		f.signalsOf(at, was.Signals, now.Signals)
		f.actionsOf(at, was.Actions, now.Actions)
	}
	if len(was.Called) > 0 { // of all workbooks that blocks called, together
		f.signalsOf(difference{}, was.Signals, now.Signals)
		f.actionsOf(difference{}, was.Actions, now.Actions)
	}
	switch ended := was.Status == workbook.Completed || was.Status == workbook.Broken; {
	case was.Purged > 0:
		f.partly = append(f.partly, fmt.Sprintf("%s of the run, which were purged", plural(was.Purged, "entry", "entries")))
	case !ended:
		f.partly = append(f.partly, fmt.Sprintf("what comes behind block %d, where the record ends: the run is %s", len(was.Blocks), was.Status))
	default:
		if extra := len(now.Blocks) - len(was.Blocks); extra > 0 {
			f.add(difference{What: "the blocks that ran", Recorded: fmt.Sprint(len(was.Blocks)), Now: fmt.Sprint(len(now.Blocks))})
		}
		f.pair(difference{}, "the run's status", was.Status, now.Status)
	}
	return *f
}

// block compares a block's rows, and what it did to event stores; before are the
// rows of the block before it.
func (f *differences) block(was audit.Block, now workbook.BlockResult, before workbook.Table) {
	if was.Kind == "purged" {
		return
	}
	f.blocks++
	at := difference{Block: was.Index, Kind: was.Kind}
	table := now.Output.Table
	f.pair(at, "the columns", strings.Join(was.Columns, ", "), strings.Join(table.Columns, ", "))
	for _, row := range was.Rows {
		f.rows++
		at.Row = row.Number
		if row.Number > len(table.Rows) {
			f.pair(at, "the row", rowText(was.Columns, row.Values), "no such row")
			continue
		}
		other := table.Rows[row.Number-1]
		if len(before.Rows) > 0 && &before.Rows[0] == &table.Rows[0] { // passed on as they were
			other.From = row.Number
		}
		f.row(at, was.Columns, row, table.Columns, other)
	}
	at.Row = 0
	if lost := was.RowsOut - len(was.Rows); lost > 0 && len(table.Rows) == was.RowsOut {
		f.partly = append(f.partly, fmt.Sprintf("%s of block %d, which the record does not keep", plural(lost, "row", "rows"), was.Index))
	}
	f.pair(at, "rows in", fmt.Sprint(was.RowsIn), fmt.Sprint(now.RowsIn))
	f.pair(at, "rows out", fmt.Sprint(was.RowsOut), fmt.Sprint(len(table.Rows)))
	f.pair(at, "the changes to event stores", storesText(was.Stores), storesText(now.Output.Stores))
	failed := ""
	if now.Failed != nil {
		failed = now.Failed.Error()
	}
	f.pair(at, "the error", told(was.Failed), told(failed))
}

func told(failed string) string {
	if failed == "" {
		return "none"
	}
	return failed
}

func storesText(changes []workbook.StoreChange) string {
	var texts []string
	for _, c := range changes {
		texts = append(texts, changed(c))
	}
	return strings.Join(texts, "; ")
}

func rowText(columns []string, values []workbook.Value) string {
	var parts []string
	for i, v := range values {
		if i < len(columns) {
			parts = append(parts, columns[i]+" "+valueText(v))
		}
	}
	return strings.Join(parts, ", ")
}

// valueText tells values apart that print alike.
func valueText(v workbook.Value) string {
	switch v := v.(type) {
	case nil:
		return "no value"
	case string:
		if workbook.IsNumber(v) || v == "" || v == "no value" {
			return "the text '" + v + "'"
		}
		return v
	}
	return workbook.Text(v)
}

// row compares a row's values, the row that it was made from and its events.
func (f *differences) row(at difference, columns []string, was audit.Row, nowColumns []string, now workbook.Row) {
	for i, column := range columns {
		j := slices.Index(nowColumns, column)
		if i < len(nowColumns) && nowColumns[i] == column {
			j = i
		}
		if i >= len(was.Values) {
			continue
		}
		if j < 0 || j >= len(now.Values) {
			f.pair(at, column, valueText(was.Values[i]), "no such column")
			continue
		}
		f.pair(at, column, valueText(was.Values[i]), valueText(now.Values[j]))
	}
	f.pair(at, "the row that it was made from", fmt.Sprint(was.From), fmt.Sprint(now.From))
	f.pair(at, "the events behind it", evidenceText(was.Evidence), evidenceText(now.Evidence))
}

// evidenceText names the events behind a row, their files without the folder,
// which may have been moved.
func evidenceText(e workbook.Evidence) string {
	if e.Unknown != "" {
		return "not known: " + e.Unknown
	}
	text := plural(e.Events, "event", "events")
	if e.Store != "" {
		text += " of the event store " + e.Store
	}
	for _, p := range e.First[:min(len(e.First), workbook.MaxPositions)] {
		text += fmt.Sprintf(", %s:%d at byte %d", events.NameInside(p.File), p.Line, p.Offset)
	}
	return text
}

// of reports whether a block of a run did something: block 0 stands for all
// blocks of the runs that it called.
func (d difference) of(run int64, block int) bool {
	if d.Block == 0 {
		return run > 0
	}
	return run == 0 && block == d.Block
}

// byRun puts a run's own signals before those of the runs that its blocks called,
// each run's in their order: the record lists them so, a run as they were raised.
func byRun(signals []workbook.Signal) []workbook.Signal {
	return slices.SortedStableFunc(slices.Values(signals), func(a, b workbook.Signal) int { return cmp.Compare(a.Run, b.Run) })
}

// signalsOf compares the signals that a block raised first.
func (f *differences) signalsOf(in difference, was, now []workbook.Signal) {
	for i, s := range was {
		if !in.of(s.Run, s.Block) || s.Name == "" { // one that was purged
			continue
		}
		f.signals++
		at := in
		at.Signal = i + 1
		if i >= len(now) {
			f.pair(at, "the signal", s.Name, "not raised")
			continue
		}
		before, after := signalFields(s), signalFields(now[i])
		for k, field := range before {
			f.pair(at, field[0], field[1], after[k][1])
		}
	}
	count := func(list []workbook.Signal) (n int) {
		for _, s := range list {
			if in.of(s.Run, s.Block) {
				n++
			}
		}
		return n
	}
	if f.purged {
		return
	}
	f.pair(in, "signals", fmt.Sprint(count(was)), fmt.Sprint(count(now)))
}

func signalFields(s workbook.Signal) [][2]string {
	at := func(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
	return [][2]string{
		{"name", s.Name},
		{"tactic", s.Tactic},
		{"technique", s.Technique},
		{"subtechnique", s.Subtechnique},
		{"confidence", s.Confidence},
		{"score", fmt.Sprint(s.Score)},
		{"severity", s.Severity},
		{"target", pairs(s.Target)},
		{"suspect", pairs(s.Suspect)},
		{"tags", strings.Join(s.Tags, ", ")},
		{"stream", s.SourceStream},
		{"occurrences", fmt.Sprint(s.Occurrences)},
		{"first row", fmt.Sprint(s.Row)},
		{"first seen", at(s.FirstSeen)},
		{"last seen", at(s.LastSeen)},
	}
}

// actionsOf compares the actions of a block.
func (f *differences) actionsOf(in difference, was, now []workbook.Action) {
	of := map[int]workbook.Action{}
	count := 0
	for _, a := range now {
		if in.of(a.Run, a.Block) {
			of[a.Number] = a
			count++
		}
	}
	recorded := 0
	for _, a := range was {
		if !in.of(a.Run, a.Block) {
			continue
		}
		f.actions++
		recorded++
		at := in
		at.Row, at.Action = a.Row, a.Number
		other, ok := of[a.Number]
		if !ok {
			f.pair(at, "the action", string(a.Verdict)+" "+a.Target, "not made")
			continue
		}
		before, after := actionFields(a), actionFields(other)
		for k, field := range before {
			f.pair(at, field[0], field[1], after[k][1])
		}
	}
	if recorded < count && !f.purged {
		f.pair(in, "actions", fmt.Sprint(recorded), fmt.Sprint(count))
	}
}

func actionFields(a workbook.Action) [][2]string {
	request, response := "none", "none"
	if r := a.Request; r != nil {
		request = fmt.Sprintf("%s %s %s %s", r.Method, r.URL, pairs(r.Headers), r.Body)
	}
	if r := a.Response; r != nil {
		response = fmt.Sprintf("%d %s", r.Status, r.Body)
	}
	return [][2]string{
		{"target", a.Target},
		{"verdict", string(a.Verdict)},
		{"reason", a.Reason},
		{"rule", a.Rule},
		{"integration", a.Integration},
		{"type", a.Type},
		{"canonical target", a.Canonical},
		{"DNIF's answer", string(a.DNIF)},
		{"protected", fmt.Sprint(a.Protected)},
		{"the action that it repeats", fmt.Sprint(a.SameAs)},
		{"row", fmt.Sprint(a.Row)},
		{"request", request},
		{"answer", response},
		{"effect", strings.Join(a.Effect, "; ")},
	}
}
