package audit

import (
	"errors"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"tabletop/workbook"
)

// What was recorded is what Show gives back, whatever the texts and numbers.
func TestShowGivesBackWhatWasRecorded(t *testing.T) {
	path := auditPath(t)
	logs := map[int]*Log{}
	for _, keep := range []int{-1, 2, 1000} {
		log, err := Open(t.Context(), path, Options{Now: clock, KeepRows: keep})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { closeLog(t, log) })
		logs[keep] = log
	}
	reader := newReader(t, path)
	rapid.Check(t, func(rt *rapid.T) {
		keep := rapid.SampledFrom([]int{-1, 2, 1000}).Draw(rt, "keep")
		info := drawInfo(rt)
		blocks := drawBlocks(rt)
		result, err := record(t.Context(), logs[keep], info, blocks)
		if err != nil {
			rt.Fatal(err)
		}
		got, err := reader.Show(t.Context(), result.Run)
		if err != nil {
			rt.Fatal(err)
		}
		want := wanted(info, result, blocks, keep)
		options := cmp.Options{
			cmpopts.EquateEmpty(), cmpopts.EquateNaNs(),
			cmpopts.IgnoreFields(workbook.Head{}, "File"),
		}
		if diff := cmp.Diff(want, got, options); diff != "" {
			rt.Fatal(diff)
		}
	})
	if report := mustVerify(t, path); !report.Whole() {
		t.Error(report.Breaks)
	}
}

// wanted is what a run must read like, put together the plain way.
func wanted(info workbook.Info, result workbook.Result, blocks []workbook.BlockResult, keep int) Run {
	run := Run{
		Number: result.Run, Started: clock(), Ended: clock(), Mode: info.Mode, Now: info.Now.UTC(), NowSource: info.NowSource,
		Zone: info.Zone.String(), Parameters: info.Parameters, User: info.User, Host: info.Host, Reason: info.Reason,
		Ticket: info.Ticket, Version: info.Version, Program: info.Program, Events: info.Events, Files: info.Files, Terms: info.Terms, Status: result.Status,
		Signals: result.Signals, Actions: result.Actions, Totals: result.Totals, Warnings: result.Warnings, Head: result.Head,
		Workbook: Workbook{
			Name: info.Workbook.Name, Path: info.Workbook.Path, Folder: info.Workbook.Folder, Stage: info.Workbook.Stage,
			Tags: info.Workbook.Tags, Text: info.Workbook.Text, Digest: info.Workbook.Digest(),
		},
	}
	document := func(d *workbook.Document) *Document {
		if d == nil {
			return nil
		}
		return &Document{Path: d.Path, Text: d.Text, Digest: digestOf(d.Text)}
	}
	run.Integrations, run.Guard = document(info.Integrations), document(info.Guard)
	kept := wantedRows(blocks, keep)
	for i, done := range blocks {
		table := done.Output.Table
		b := Block{
			Index: done.Block.Index, Kind: done.Block.Kind.Name, ID: done.Block.ID, Note: done.Block.Note,
			RowsIn: done.RowsIn, RowsOut: len(table.Rows), Seconds: done.Seconds, Columns: table.Columns, Warnings: done.Output.Warnings,
			Stores: done.Output.Stores,
		}
		if done.Failed != nil {
			b.Failed = done.Failed.Error()
		}
		for j, row := range table.Rows {
			if kept[i][j+1] {
				if passes(blocks, i) {
					row.From = j + 1
				}
				b.Rows = append(b.Rows, Row{Number: j + 1, Row: row})
			}
		}
		run.Blocks = append(run.Blocks, b)
	}
	return run
}

func passes(blocks []workbook.BlockResult, i int) bool {
	return i > 0 && blocks[i-1].Output.Table.Is(blocks[i].Output.Table)
}

// wantedRows says for each block which of its rows must be kept.
func wantedRows(blocks []workbook.BlockResult, keep int) []map[int]bool {
	kept := make([]map[int]bool, len(blocks))
	for i := range kept {
		kept[i] = map[int]bool{}
	}
	var mark func(i, row int, up bool)
	mark = func(i, row int, up bool) {
		if i < 0 || row < 1 || row > len(blocks[i].Output.Table.Rows) {
			return
		}
		kept[i][row] = true
		if passes(blocks, i) {
			mark(i-1, row, up)
		} else if up {
			mark(i-1, blocks[i].Output.Table.Rows[row-1].From, true)
		}
	}
	for i, done := range blocks {
		for row := 1; row <= keep && !passes(blocks, i); row++ {
			mark(i, row, false)
		}
		for _, row := range behind(done) {
			if row > len(done.Output.Table.Rows) {
				mark(i-1, row, true)
			} else {
				mark(i, row, true)
			}
		}
	}
	// A block that passes rows on shows those that the other one keeps.
	for i := range blocks {
		if passes(blocks, i) {
			kept[i] = kept[i-1]
		}
	}
	return kept
}

var hostile = []string{"", "a\x00b", "\xff\xfe", "�", "�00", "\x1b[31m", "exe\u202etxt", `"'\`, "<script>", "\u2028", "ü", "\r\n"}

func drawString(rt *rapid.T, label string) string {
	return rapid.OneOf(
		rapid.SampledFrom(hostile), rapid.String(), rapid.StringMatching(`[a-z0-9.]{1,12}`),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 12), func(b []byte) string { return string(b) }),
	).Draw(rt, label)
}

func drawStrings(rt *rapid.T, label string) []string {
	return rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) string { return drawString(rt, label) }), 0, 3).Draw(rt, label)
}

func drawMap(rt *rapid.T, label string) map[string]string {
	return rapid.MapOfN(
		rapid.Custom(func(rt *rapid.T) string { return drawString(rt, "key") }),
		rapid.Custom(func(rt *rapid.T) string { return drawString(rt, "value") }), 0, 3,
	).Draw(rt, label)
}

func drawTime(rt *rapid.T, label string) time.Time {
	seconds := rapid.OneOf(rapid.Int64Range(-1e10, 1e10), rapid.Int64Range(-1e12, 1e12)).Draw(rt, label)
	return time.Unix(seconds, rapid.Int64Range(0, 999_999_999).Draw(rt, "nanoseconds")).UTC()
}

func drawValue(rt *rapid.T) workbook.Value {
	switch rapid.IntRange(0, 4).Draw(rt, "type") {
	case 0:
		return nil
	case 1:
		return drawString(rt, "text")
	case 2:
		return rapid.Int64().Draw(rt, "integer")
	case 3:
		return float64(rapid.IntRange(-9, 9).Draw(rt, "whole"))
	}
	odd := rapid.SampledFrom([]float64{math.NaN(), math.Inf(1), math.Inf(-1), math.Copysign(0, -1), 1e21, 5e-324})
	return rapid.OneOf(rapid.Float64(), odd).Draw(rt, "float")
}

func drawInfo(rt *rapid.T) workbook.Info {
	info := workbook.Info{
		Workbook: &workbook.Workbook{
			Name: drawString(rt, "name"), Path: drawString(rt, "path"), Folder: drawString(rt, "folder"),
			Stage: drawString(rt, "stage"), Tags: drawStrings(rt, "tags"), Text: []byte(drawString(rt, "workbook")),
		},
		Mode: drawString(rt, "mode"), Now: drawTime(rt, "now"), NowSource: drawString(rt, "now source"), Zone: time.UTC,
		Parameters: drawMap(rt, "parameters"), User: drawString(rt, "user"), Host: drawString(rt, "host"),
		Reason: drawString(rt, "reason"), Ticket: drawString(rt, "ticket"), Version: drawString(rt, "version"),
		Program: drawString(rt, "program"), Events: drawString(rt, "events"), Warnings: drawStrings(rt, "warnings"),
	}
	if rapid.Bool().Draw(rt, "integrations") {
		info.Integrations = &workbook.Document{Path: drawString(rt, "path"), Text: []byte(drawString(rt, "integrations"))}
	}
	if rapid.Bool().Draw(rt, "guard") {
		info.Guard = &workbook.Document{Path: drawString(rt, "path"), Text: []byte(drawString(rt, "guard"))}
	}
	if rapid.Bool().Draw(rt, "terms") {
		info.Terms = &workbook.Terms{
			Folder: drawString(rt, "working folder"), Window: drawString(rt, "window"), Zone: drawString(rt, "zone"), Year: rapid.Int().Draw(rt, "year"),
			MaxRows: rapid.Int().Draw(rt, "max rows"), Strict: rapid.Bool().Draw(rt, "strict"), Sources: drawString(rt, "sources"), SignalsFrom: rapid.Int64().Draw(rt, "signals from"), SignalsOf: rapid.Int64().Draw(rt, "signals of"), Stores: drawString(rt, "stores"),
		}
		for range rapid.IntRange(0, 2).Draw(rt, "store states") {
			info.Terms.StoreStates = append(info.Terms.StoreStates, workbook.StoreState{
				Name: drawString(rt, "store"), Rows: rapid.Int64().Draw(rt, "rows"), Updated: drawTime(rt, "updated"), Run: rapid.Int64().Draw(rt, "run"),
			})
		}
	}
	for range rapid.IntRange(0, 2).Draw(rt, "files") {
		info.Files = append(info.Files, workbook.EventFile{
			Path: drawString(rt, "file"), Bytes: rapid.Int64().Draw(rt, "bytes"), Root: drawString(rt, "root"),
			Events: rapid.Int64().Draw(rt, "events"), Undecodable: rapid.Int64().Draw(rt, "undecodable"),
		})
	}
	return info
}

func drawBlocks(rt *rapid.T) []workbook.BlockResult {
	var blocks []workbook.BlockResult
	var in workbook.Table
	actions := 0
	for i := 1; i <= rapid.IntRange(0, 5).Draw(rt, "blocks"); i++ {
		done := workbook.BlockResult{
			Block:  workbook.Block{Index: i, ID: drawString(rt, "id"), Note: drawString(rt, "note"), Kind: workbook.Kind{Name: "kind"}},
			RowsIn: len(in.Rows), Seconds: rapid.Float64Range(0, 100).Draw(rt, "seconds"),
		}
		done.Output.Table = drawTable(rt, in)
		done.Output.Warnings = drawStrings(rt, "warnings")
		if rapid.IntRange(0, 9).Draw(rt, "failed") == 0 {
			done.Failed = errors.New(drawString(rt, "error"))
			done.Output.Table.Rows = nil
		}
		most := max(len(in.Rows), len(done.Output.Table.Rows)) + 1
		for range rapid.IntRange(0, 3).Draw(rt, "signals") {
			done.Output.Signals = append(done.Output.Signals, drawSignal(rt, i, most))
		}
		for range rapid.IntRange(0, 3).Draw(rt, "actions") {
			actions++
			done.Output.Actions = append(done.Output.Actions, drawAction(rt, i, actions, most))
		}
		for range rapid.IntRange(0, 2).Draw(rt, "stores") {
			done.Output.Stores = append(done.Output.Stores, drawChange(rt))
		}
		blocks = append(blocks, done)
		in = done.Output.Table
	}
	return blocks
}

func drawChange(rt *rapid.T) workbook.StoreChange {
	number := func(label string) int64 { return rapid.Int64().Draw(rt, label) }
	return workbook.StoreChange{
		Store: drawString(rt, "store"), Mode: workbook.StoreMode(drawString(rt, "mode")), Key: drawString(rt, "key"),
		Before: number("before"), After: number("after"), Added: number("added"), Replaced: number("replaced"), Removed: number("removed"),
		Repeated: number("repeated"), Unkeyed: number("unkeyed"),
		ColumnsAdded: drawStrings(rt, "columns added"), ColumnsRemoved: drawStrings(rt, "columns removed"),
	}
}

// drawTable draws what a block may make of its input: rows of its own, the
// input as it is, the input with a column more, or some of the input's rows.
func drawTable(rt *rapid.T, in workbook.Table) workbook.Table {
	switch rapid.SampledFrom([]string{"fresh", "pass", "extend", "filter"}).Draw(rt, "block") {
	case "pass":
		return in
	case "extend":
		out := workbook.Table{Columns: append(append([]string{}, in.Columns...), drawString(rt, "column"))}
		for i, row := range in.Rows {
			values := append(append([]workbook.Value{}, row.Values...), drawValue(rt))
			if rapid.IntRange(0, 4).Draw(rt, "changed") == 0 {
				values[0] = drawValue(rt)
			}
			evidence := row.Evidence
			if rapid.IntRange(0, 4).Draw(rt, "other evidence") == 0 {
				evidence.Events++
				evidence.StoreRun += rapid.Int64Range(0, 1).Draw(rt, "other store")
			}
			out.Rows = append(out.Rows, workbook.Row{Values: values, Evidence: evidence, From: i + 1})
		}
		return out
	case "filter":
		out := workbook.Table{Columns: in.Columns}
		for i, row := range in.Rows {
			if rapid.Bool().Draw(rt, "keep") {
				row.From = i + 1
				out.Rows = append(out.Rows, row)
			}
		}
		return out
	}
	out := workbook.Table{Columns: drawStrings(rt, "columns")}
	for range rapid.IntRange(0, 5).Draw(rt, "rows") {
		row := workbook.Row{Evidence: workbook.Evidence{
			Events: rapid.Int64().Draw(rt, "events"), Unknown: drawString(rt, "unknown"), Store: drawString(rt, "store"), StoreRun: rapid.Int64().Draw(rt, "store run"),
		}}
		for range out.Columns {
			row.Values = append(row.Values, drawValue(rt))
		}
		for range rapid.IntRange(0, 3).Draw(rt, "positions") {
			row.Evidence.First = append(row.Evidence.First, workbook.Position{
				File: drawString(rt, "file"), Offset: rapid.Int64().Draw(rt, "offset"), Line: rapid.Int64().Draw(rt, "line"),
			})
		}
		if len(in.Rows) > 0 {
			row.From = rapid.IntRange(0, len(in.Rows)).Draw(rt, "from")
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}

func drawSignal(rt *rapid.T, block, rows int) workbook.Signal {
	row := rapid.IntRange(1, rows).Draw(rt, "row")
	s := workbook.Signal{
		Block: block, Row: row, Rows: []int{row}, Name: rapid.SampledFrom([]string{"a", "b", "\xff"}).Draw(rt, "name"), Score: 5,
		Occurrences: 1, FirstSeen: clock(), LastSeen: clock().Add(time.Duration(rapid.Int64Range(0, 1e14).Draw(rt, "last"))),
	}
	if rapid.IntRange(0, 3).Draw(rt, "other") == 0 {
		s.Tactic, s.Technique, s.Subtechnique = drawString(rt, "tactic"), drawString(rt, "technique"), drawString(rt, "subtechnique")
		s.Confidence, s.Severity, s.SourceStream = drawString(rt, "confidence"), drawString(rt, "severity"), drawString(rt, "stream")
		s.Target, s.Suspect, s.Tags = drawMap(rt, "target"), drawMap(rt, "suspect"), drawStrings(rt, "tags")
		s.FirstSeen = drawTime(rt, "first")
		s.LastSeen = s.FirstSeen
	}
	return s
}

func drawAction(rt *rapid.T, block, number, rows int) workbook.Action {
	a := workbook.Action{
		Number: number, Block: block, Row: rapid.IntRange(1, rows).Draw(rt, "row"), Integration: drawString(rt, "integration"),
		Type: drawString(rt, "type"), Target: drawString(rt, "target"), Canonical: drawString(rt, "canonical"),
		DNIF: workbook.DNIFAnswer(drawString(rt, "dnif")), Verdict: workbook.Verdict(drawString(rt, "verdict")),
		Reason: drawString(rt, "reason"), Rule: drawString(rt, "rule"), Protected: rapid.Bool().Draw(rt, "protected"),
		SameAs: rapid.IntRange(0, number).Draw(rt, "same as"), Key: drawString(rt, "key"),
	}
	if rapid.Bool().Draw(rt, "request") {
		a.Request = &workbook.Request{Method: drawString(rt, "method"), URL: drawString(rt, "url"), Headers: drawMap(rt, "headers"), Body: drawString(rt, "body")}
	}
	if rapid.Bool().Draw(rt, "response") {
		a.Response = &workbook.Response{Status: rapid.Int().Draw(rt, "status"), Body: drawString(rt, "body")}
	}
	return a
}

// A run of 3 rows kept first and one action on the last of many keeps the rows
// behind that action in every block.
func TestRowsBehindAnActionAreKept(t *testing.T) {
	path := auditPath(t)
	log, err := Open(t.Context(), path, Options{Now: clock, KeepRows: 3})
	if err != nil {
		t.Fatal(err)
	}
	blocks := exampleBlocks(500)
	blocks[2].Output.Actions = blocks[2].Output.Actions[399:400]
	if _, err := record(t.Context(), log, exampleInfo(), blocks); err != nil {
		t.Fatal(err)
	}
	closeLog(t, log)
	run, err := newReader(t, path).Show(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range run.Blocks {
		numbers := []int{}
		for _, row := range b.Rows {
			numbers = append(numbers, row.Number)
		}
		if diff := cmp.Diff([]int{1, 2, 3, 400}, numbers); diff != "" || b.RowsOut != 500 {
			t.Errorf("block %d of %d rows: %s", b.Index, b.RowsOut, diff)
		}
	}
	last := run.Blocks[2].Rows[3]
	if diff := cmp.Diff(blocks[2].Output.Table.Rows[399], last.Row); diff != "" {
		t.Error(diff)
	}
}

// A signal that a later block raises again is recorded again, and no other.
func TestASignalRaisedAgainIsRecordedAgain(t *testing.T) {
	path := auditPath(t)
	log := newLog(t, path)
	blocks := exampleBlocks(3)[:2:2]
	again := blocks[1]
	again.Block = block(3, "signal")
	again.Output.Signals = slices.Clone(again.Output.Signals[1:])
	again.Output.Signals[0].Block = 3
	result, err := record(t.Context(), log, exampleInfo(), append(blocks, again))
	if err != nil {
		t.Fatal(err)
	}
	closeLog(t, log)
	reader := newReader(t, path)
	var numbers []int
	if err := reader.db.Select(&numbers, "SELECT number FROM entries WHERE kind = 'signal' ORDER BY seq"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int{1, 2, 2}, numbers); diff != "" {
		t.Error(diff)
	}
	run, err := reader.Show(t.Context(), 1)
	if diff := cmp.Diff(result.Signals, run.Signals); err != nil || diff != "" || run.Signals[1].Occurrences != 2 {
		t.Error(err, diff)
	}
}
