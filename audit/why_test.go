package audit

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tabletop/workbook"
)

func why1(t testing.TB, reader *Reader, id string) *Chain {
	t.Helper()
	of, err := ParseID(id, false)
	if err != nil {
		t.Fatal(err)
	}
	chain, err := reader.Why(t.Context(), of)
	if err != nil {
		t.Fatal(err)
	}
	return chain
}

func places(steps []Step) string {
	var out []string
	for _, s := range steps {
		out = append(out, s.Place().String())
	}
	return strings.Join(out, " ")
}

func TestWhyLeadsBackToTheQuery(t *testing.T) {
	path := auditPath(t)
	log := newLog(t, path)
	mustRecord(t, log, 5)
	closeLog(t, log)
	reader := newReader(t, path)
	blocks := exampleBlocks(5)

	chain := why1(t, reader, "1/a2")
	if got := places(chain.Steps); got != "1/3/2 1/2/2 1/1/2" {
		t.Fatal(got)
	}
	equal(t, blocks[2].Output.Actions[1], *chain.Action)
	equal(t, blocks[2].Output.Table.Rows[1].Values, chain.Steps[0].Values)
	equal(t, blocks[0].Output.Table.Rows[1].Evidence, chain.Steps[2].Evidence)
	if !chain.Steps[1].Passed || chain.Steps[1].Signal == nil || chain.Steps[1].Signal.Number != 2 {
		t.Errorf("%+v", chain.Steps[1])
	}
	// The entry of an action, and its row, lead the same way.
	entry := why1(t, reader, fmt.Sprintf("#%d", chain.Entry))
	equal(t, chain, entry)
	equal(t, chain.Steps, why1(t, reader, "1/3/2").Steps)
	if got := places(why1(t, reader, "1/s2").Steps); got != "1/2/2 1/1/2" {
		t.Error(got)
	}
}

func TestWhyRefuses(t *testing.T) {
	path := auditPath(t)
	log := newLog(t, path)
	mustRecord(t, log, 2)
	closeLog(t, log)
	reader := newReader(t, path)
	for text, want := range map[string]error{
		"2/a1": ErrNoRun, "1/a3": ErrNothing, "1/s3": ErrNothing, "1/4/1": ErrNothing, "1/3/9": ErrNothing, "#99": ErrNothing, "#1": ErrNothing, "1": ErrNothing, "1/2": ErrNothing,
	} {
		id, err := ParseID(text, false)
		if err != nil {
			t.Fatal(err)
		}
		if chain, err := reader.Why(t.Context(), id); !errors.Is(err, want) {
			t.Errorf("%s: %+v, %v; want %v", text, chain, err, want)
		}
	}
}

// A row is where the record says, and where it does not say, the chain says so.
func TestWhyNamesGaps(t *testing.T) {
	table := func(columns []string, rows ...workbook.Row) workbook.Table {
		return workbook.Table{Columns: columns, Rows: rows}
	}
	known := workbook.Evidence{Events: 1, First: []workbook.Position{{File: "events/A.ndjson", Line: 1}}}
	query := table([]string{"$A"}, workbook.Row{Values: []workbook.Value{"x"}, Evidence: known}, workbook.Row{Values: []workbook.Value{"y"}, Evidence: known})
	act := func(row int) []workbook.Action {
		return []workbook.Action{{Number: 1, Block: 3, Row: row, Type: "ip", Target: "x", DNIF: workbook.DNIFWouldSend, Verdict: workbook.WouldSend}}
	}
	tests := map[string]struct {
		second, third workbook.Table
		kind          string
		row           int
		places, gap   string
	}{
		"Python": {
			second: table([]string{"$A"}, workbook.Row{Values: []workbook.Value{"z"}, Evidence: workbook.Evidence{Unknown: "made by Python"}}), kind: "code",
			third: table([]string{"$A"}, workbook.Row{Values: []workbook.Value{"z"}, From: 1}), row: 1, places: "1/3/1 1/2/1", gap: "Python made this row",
		},
		"Python that reorders": {
			second: table([]string{"$A"}, workbook.Row{Values: []workbook.Value{"y"}, From: 2, Evidence: known}), kind: "code",
			third: table([]string{"$A"}, workbook.Row{Values: []workbook.Value{"y"}, From: 1}), row: 1, places: "1/3/1 1/2/1 1/1/2",
		},
		"a query anew": {
			second: table(query.Columns, slices.Clone(query.Rows)...), kind: "sql", third: table([]string{"$A"}, workbook.Row{Values: []workbook.Value{"x"}, From: 1}), row: 1, places: "1/3/1 1/2/1",
		},
		"a directive that joins rows": {
			second: table([]string{"$A"}, workbook.Row{Values: []workbook.Value{"z"}, Evidence: workbook.Evidence{Unknown: "a join"}}), kind: "dql",
			third: table([]string{"$A"}, workbook.Row{Values: []workbook.Value{"z"}, From: 1}), row: 1, places: "1/3/1 1/2/1", gap: "made this row anew",
		},
		"a row taken away": {second: query, kind: "dql", third: query, row: 0, gap: "took its row away"},
		"a trigger that failed": {
			second: table([]string{"$A"}, workbook.Row{Values: []workbook.Value{"x"}, From: 1, Evidence: known}), kind: "code", row: 1, places: "1/2/1 1/1/1",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			path := auditPath(t)
			log, err := Open(t.Context(), path, Options{Now: clock, KeepRows: -1})
			if err != nil {
				t.Fatal(err)
			}
			blocks := []workbook.BlockResult{
				{Block: block(1, "sql"), Output: workbook.Output{Table: query}},
				{Block: block(2, test.kind), Output: workbook.Output{Table: test.second}},
				{Block: block(3, "trigger"), Output: workbook.Output{Table: test.third, Actions: act(test.row)}},
			}
			if _, err := record(t.Context(), log, exampleInfo(), blocks); err != nil {
				t.Fatal(err)
			}
			closeLog(t, log)
			chain := why1(t, newReader(t, path), "1/a1")
			gap := chain.Gap
			for _, s := range chain.Steps {
				gap += s.Gap
			}
			if got := places(chain.Steps); got != test.places || !strings.Contains(gap, test.gap) || gap != "" && test.gap == "" {
				t.Errorf("%q, %q", got, gap)
			}
		})
	}
}

// A row that is kept for itself may have come from one that is not.
func TestWhyARowWhoseOriginIsNotKept(t *testing.T) {
	path := auditPath(t)
	log, err := Open(t.Context(), path, Options{Now: clock, KeepRows: 1})
	if err != nil {
		t.Fatal(err)
	}
	blocks := exampleBlocks(5)[:1:1]
	last := blocks[0].Output.Table.Rows[4]
	last.From = 5
	blocks = append(blocks, workbook.BlockResult{Block: block(2, "code"), Output: workbook.Output{Table: workbook.Table{Columns: blocks[0].Output.Table.Columns, Rows: []workbook.Row{last}}}})
	if _, err := record(t.Context(), log, exampleInfo(), blocks); err != nil {
		t.Fatal(err)
	}
	closeLog(t, log)
	chain := why1(t, newReader(t, path), "1/2/1")
	if places(chain.Steps) != "1/2/1 1/1/5" || !strings.Contains(chain.Steps[1].Gap, "not kept") || chain.Steps[1].Entry != 0 {
		t.Errorf("%+v", chain.Steps)
	}
	equal(t, last.Evidence, chain.Steps[0].Evidence)
}

// Whatever signals coalesce, a row leads to the one that it raised.
func TestWhyFindsTheSignalOfARow(t *testing.T) {
	path := auditPath(t)
	log := newLog(t, path)
	t.Cleanup(func() { closeLog(t, log) })
	reader := newReader(t, path)
	rapid.Check(t, func(rt *rapid.T) {
		blocks := exampleBlocks(rapid.IntRange(1, 12).Draw(rt, "rows"))[:1]
		rows := blocks[0].Output.Table.Rows
		var all []workbook.Signal
		for index := 2; index <= 3; index++ {
			done := workbook.BlockResult{Block: block(index, "signal"), Output: workbook.Output{Table: blocks[0].Output.Table}}
			for row := range rows {
				done.Output.Signals = append(done.Output.Signals, workbook.Signal{
					Block: index, Row: row + 1, Rows: []int{row + 1}, Name: rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(rt, "name"),
					Occurrences: 1, FirstSeen: clock(), LastSeen: clock(),
				})
			}
			all = workbook.Coalesce(all, done.Output.Signals)
			blocks = append(blocks, done)
		}
		result, err := record(t.Context(), log, exampleInfo(), blocks)
		if err != nil {
			rt.Fatal(err)
		}
		for row := 1; row <= len(rows); row++ {
			chain, err := reader.Why(t.Context(), ID{Run: result.Run, Block: 3, Row: row})
			if err != nil {
				rt.Fatal(err)
			}
			for _, s := range chain.Steps[:2] {
				want := 1 + slices.IndexFunc(all, func(one workbook.Signal) bool { return one.Block == s.Block.Index && slices.Contains(one.Rows, row) })
				if s.Signal == nil || s.Signal.Number != want || want == 0 && s.Signal.Gap == "" {
					rt.Fatalf("row %s raised %+v, not signal %d of %+v", s.Place(), s.Signal, want, all)
				}
			}
		}
	})
}

func TestWhyAcrossPlans(t *testing.T) {
	path := auditPath(t)
	log := newLog(t, path)
	made, plan := planned(t, log, "{}")
	run := begin(t, log, applyInfo(workbook.ModeApply, plan))
	approvals := []Approval{{Name: "grace", Time: clock()}, {Name: "ada", Actions: []int{2}, Time: clock()}}
	if err := log.Approve(t.Context(), run, approvals); err != nil {
		t.Fatal(err)
	}
	deliver(t, log, run, nil, sendable(1), sendable(2))
	deliver(t, log, run, []Outcome{{Action: 1, Verdict: workbook.Unknown, Reason: "no answer came"}, sent(2)})

	undo := applyInfo(workbook.ModeUndo, "")
	undo.Workbook, undo.Plan = nil, ""
	taking := begin(t, log, undo)
	inverse := sendable(1)
	inverse.Row, inverse.Reason = 2, "takes back action 2"
	if err := log.Refuse(t.Context(), taking, []workbook.Action{inverse}); err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf(`{"undoes":%d,"actions":[{"action":1,"undoes":2}]}`, run)
	if _, err := log.KeepPlan(t.Context(), taking, digestOf([]byte(text)), []byte(text), PlanNote{File: "undo.json", Expires: clock()}); err != nil {
		t.Fatal(err)
	}
	undoing := begin(t, log, applyInfo(workbook.ModeApply, digestOf([]byte(text))))
	deliver(t, log, undoing, nil, inverse)
	resumed := sent(1)
	resumed.Run, resumed.Reason = run, "the vendor has it"
	deliver(t, log, undoing, []Outcome{sent(1), resumed, {Run: run, Action: 2, Verdict: workbook.Undone, Reason: "taken back"}})
	closeLog(t, log)
	reader := newReader(t, path)

	rows := fmt.Sprintf("%d/3/2 %d/2/2 %d/1/2", made, made, made)
	rehearsed := why1(t, reader, fmt.Sprintf("%d/a2", made))
	if len(rehearsed.Sent) != 1 || rehearsed.Sent[0].ID != (ID{Run: run, Action: 2}) || rehearsed.Sent[0].Verdict != workbook.Undone || rehearsed.Plan == nil {
		t.Errorf("%+v", rehearsed)
	}
	applied := why1(t, reader, fmt.Sprintf("%d/a2", run))
	if places(applied.Steps) != rows || applied.Source == nil || applied.Source.Number != made || applied.Planned != (ID{Run: made, Action: 2}) {
		t.Errorf("%s: %+v", places(applied.Steps), applied)
	}
	equal(t, approvals, applied.Approvals)
	if n := len(why1(t, reader, fmt.Sprintf("%d/a1", run)).Approvals); n != 1 {
		t.Errorf("%d approvals of an action that one of two was for", n)
	}
	var became []string
	for _, o := range applied.Outcomes {
		became = append(became, fmt.Sprintf("%s %d", o.Verdict, o.By))
	}
	equal(t, []string{"sent 0", fmt.Sprintf("undone %d", undoing)}, became)
	if applied.Action.Verdict != workbook.Undone {
		t.Error(applied.Action.Verdict)
	}
	back := why1(t, reader, fmt.Sprintf("%d/a1", undoing))
	if back.TakesBack != (ID{Run: run, Action: 2}) || places(back.Steps) != rows {
		t.Errorf("%s: %+v", places(back.Steps), back)
	}
}

func TestWhyARowOfAStore(t *testing.T) {
	path := auditPath(t)
	log := newLog(t, path)
	writer := exampleBlocks(3)[:1:1]
	writer[0].Output.Stores = []workbook.StoreChange{{Store: "Seen", Mode: workbook.StackAppend, Added: 3}}
	reading := func(store string, run int64, values ...workbook.Value) []workbook.BlockResult {
		of := workbook.Evidence{Unknown: "read from an event store", Store: store, StoreRun: run}
		return []workbook.BlockResult{{Block: block(1, "dql"), Output: workbook.Output{Table: workbook.Table{
			Columns: []string{"$SrcIP", "$Count(1)"}, Rows: []workbook.Row{{Values: values, Evidence: of}},
		}}}}
	}
	for _, blocks := range [][]workbook.BlockResult{
		writer, exampleBlocks(1), reading("seen", 2, "203.0.113.2", int64(4)), reading("seen", 1, "203.0.113.2", int64(5)), reading("other", 1, "203.0.113.2", int64(4)), reading("other", 0, "x", nil),
	} {
		if _, err := record(t.Context(), log, exampleInfo(), blocks); err != nil {
			t.Fatal(err)
		}
	}
	closeLog(t, log)
	reader := newReader(t, path)
	for id, want := range map[string]Written{
		"3/1/1": {Store: "seen", Run: 2, From: ID{Run: 1, Block: 1, Row: 2}, Mode: "stack_append"},
		"4/1/1": {Store: "seen", Run: 1, Gap: "no kept row of the blocks that wrote the store has these values"},
		"5/1/1": {Store: "other", Run: 1, Gap: "no run of this audit wrote the store: it may belong to another audit"},
		"6/1/1": {Store: "other", Gap: "no run wrote the store; it was imported"},
	} {
		got := why1(t, reader, id).Steps[0].Written
		equal(t, &want, got)
	}
}

func TestSightings(t *testing.T) {
	path := auditPath(t)
	log := newLog(t, path)
	mustRecord(t, log, 3)
	blocks := exampleBlocks(3)
	for i := range blocks[2].Output.Actions {
		a := &blocks[2].Output.Actions[i]
		a.Canonical, a.Verdict = "203.0.113.1", workbook.Deduplicated
	}
	for range 2 {
		if _, err := record(t.Context(), log, exampleInfo(), blocks); err != nil {
			t.Fatal(err)
		}
	}
	closeLog(t, log)
	reader := newReader(t, path)
	s, found, err := reader.Sightings(t.Context(), "203.0.113.1", 0)
	if err != nil || !found {
		t.Fatal(found, err)
	}
	if s.Actions != 7 || s.Runs != 3 || s.ByVerdict[workbook.Deduplicated] != 6 || s.ByVerdict[workbook.WouldSend] != 1 || !s.Whole || s.Entries != 7 {
		t.Errorf("%+v", s)
	}
	if s.First.ID != (ID{Run: 1, Action: 1}) || s.Last.ID != (ID{Run: 3, Action: 3}) || len(s.List) != 7 {
		t.Errorf("%+v", s)
	}
	s, _, err = reader.Sightings(t.Context(), "203.0.113.1", 4)
	if err != nil || s.Actions != 4 || s.Whole || s.Entries != 7 || s.First.ID != (ID{Run: 1, Action: 1}) {
		t.Errorf("%+v, %v", s, err)
	}
	s, _, err = reader.Sightings(t.Context(), "rdp 198.51.100.9", 0)
	if err != nil || s.Signals != 6 || s.Actions != 0 {
		t.Errorf("%+v, %v", s, err)
	}
	if s, found, err = reader.Sightings(t.Context(), "203.0.113.77", 0); found || err != nil {
		t.Errorf("%+v, %v", s, err)
	}
}
