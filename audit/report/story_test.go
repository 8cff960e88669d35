package report

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"tabletop/audit"
	"tabletop/workbook"
	"tabletop/workbook/source"
)

func clock() time.Time { return time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC) }

// A failer is a test, or a draw of a property test.
type failer interface {
	Helper()
	Fatal(args ...any)
}

// A bench is an audit that runs are recorded in.
type bench struct {
	ctx    context.Context
	log    *audit.Log
	reader *audit.Reader
	runs   int
}

func newBench(t *testing.T) *bench {
	t.Helper()
	path := filepath.Join(t.TempDir(), "audit.db")
	log, err := audit.Open(t.Context(), path, audit.Options{Now: clock, KeepRows: 10_000})
	if err != nil {
		t.Fatal(err)
	}
	reader, err := audit.OpenReader(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = reader.Close()
		if err := log.Close(); err != nil {
			t.Error(err)
		}
	})
	return &bench{ctx: t.Context(), log: log, reader: reader}
}

// info is what a run begins with; every text in it is say's.
func (b *bench) info(say func(string) string, mode string) workbook.Info {
	return workbook.Info{
		Workbook: &workbook.Workbook{
			Path: say("path"), Name: say("workbook"), Folder: say("folder"), Stage: say("stage"), Tags: []string{say("tag")}, Text: []byte(say("yaml")),
		},
		Mode: mode, Now: clock(), NowSource: say("clock"), Zone: time.UTC, Parameters: map[string]string{say("parameter"): say("value")},
		User: say("user"), Host: say("host"), Reason: say("reason"), Ticket: say("ticket"), Version: say("version"), Program: say("program"),
		Integrations: &workbook.Document{Path: say("integrations"), Text: []byte("i")}, Guard: &workbook.Document{Path: say("guard"), Text: []byte("g")},
		Files: []workbook.EventFile{
			{Path: say("file"), Bytes: 812, Root: say("root"), Events: 9},
			{Path: say("list"), Kind: say("kind"), Bytes: 7, Root: say("root of the list")},
		},
		Warnings: []string{say("warning")},
	}
}

// blocks are a text, a query with two rows, code that drops one, a signal and a
// trigger that acts on the other.
func (b *bench) blocks(say func(string) string) []workbook.BlockResult {
	row := func(n int, more ...workbook.Value) workbook.Row {
		return workbook.Row{
			Values: append([]workbook.Value{say("value"), int64(n), nil}, more...), From: n,
			Evidence: workbook.Evidence{Events: 3, First: []workbook.Position{{File: say("file"), Offset: 4, Line: 2}, {File: say("other file"), Line: 3}}},
		}
	}
	body, err := source.Parse("workbook.yaml", []byte("x"))
	if err != nil {
		panic(err)
	}
	block := func(index int, kind, text string) workbook.Block {
		return workbook.Block{Body: body, Index: index, ID: say("id"), Note: flat(say("note")), Recorded: text, Kind: workbook.Kind{Name: kind}}
	}
	columns := []string{say("column"), "$n", "$nothing"}
	read := workbook.Table{Columns: columns, Rows: []workbook.Row{row(0), row(0)}}
	kept := workbook.Table{Columns: columns, Rows: []workbook.Row{row(2)}}
	acted := workbook.Table{Columns: append(columns[:3:3], "$WebhookResponse"), Rows: []workbook.Row{row(1, say("answer"))}}
	return []workbook.BlockResult{
		{Block: block(1, "text", "# Why\n\nbecause *so*")},
		{Block: block(2, "sql", say("text of sql")), Output: workbook.Output{Table: read, Warnings: []string{say("warning of a block")}}, Seconds: 0.013},
		{Block: block(3, "code", say("text of code")), RowsIn: 2, Output: workbook.Output{Table: kept, Stores: []workbook.StoreChange{
			{Store: say("store"), Mode: workbook.StoreMode(say("mode")), Key: say("key"), After: 1, Added: 1, Replaced: 1},
		}}},
		{Block: block(4, "signal", say("text of signal")), RowsIn: 1, Output: workbook.Output{Table: kept, Signals: []workbook.Signal{b.signal(say)}}},
		{Block: block(5, say("kind of block"), say("text of trigger")), RowsIn: 1, Output: workbook.Output{Table: acted, Actions: b.actions(say)}},
	}
}

func (b *bench) signal(say func(string) string) workbook.Signal {
	return workbook.Signal{
		Block: 4, Row: 1, Rows: []int{1}, Name: say("signal"), Tactic: say("tactic"), Technique: say("technique"), Subtechnique: say("subtechnique"),
		Confidence: say("confidence"), Score: 5, Severity: say("severity"), Target: map[string]string{say("key"): say("target")}, Suspect: map[string]string{say("key"): say("suspect")},
		Tags: []string{say("tag")}, SourceStream: say("stream"), Occurrences: 2, FirstSeen: clock(), LastSeen: clock().Add(time.Hour),
	}
}

// actions are one that goes, one that repeats it and one that is refused.
func (b *bench) actions(say func(string) string) []workbook.Action {
	a := workbook.Action{
		Number: 1, Block: 5, Row: 1, Integration: say("integration"), Type: say("type"), Target: say("target"), Canonical: say("canonical") + "c",
		DNIF: workbook.DNIFWouldSend, Verdict: workbook.WouldSend, Reason: say("reason"), Rule: "", Key: digestOf([]byte("a")), Effect: []string{say("effect"), say("limit")},
		Request: &workbook.Request{
			Method: say("method"), URL: say("url"), Headers: map[string]string{say("header"): say("value of header")}, Body: say("body"),
		},
		Response: &workbook.Response{Status: 200, Body: say("answer")},
	}
	again, refused := a, a
	again.Number, again.Verdict, again.SameAs, again.Key = 2, workbook.Deduplicated, 1, digestOf([]byte("b"))
	refused.Number, refused.Verdict, refused.Rule, refused.Protected, refused.Response, refused.Key = 3, workbook.Verdict(say("verdict")), say("rule"), true, nil, digestOf([]byte("c"))
	return []workbook.Action{a, again, refused}
}

// rehearse records a rehearsal and the plan that it wrote.
func (b *bench) rehearse(t failer, say func(string) string) Story {
	t.Helper()
	b.runs++
	blocks := b.blocks(say)
	run := b.record(t, b.info(say, workbook.ModePlan), blocks)
	text := fmt.Appendf(nil, "plan %d", b.runs)
	note := audit.PlanNote{File: say("plan"), Expires: clock(), Actions: 1}
	if _, err := b.log.KeepPlan(b.ctx, run, digestOf(text), text, note); err != nil {
		t.Fatal(err)
	}
	s := b.story(t, run)
	s.Applied = []audit.Application{{Run: run + 1, Mode: say("mode of run")}}
	return s
}

// record records a run with its blocks.
func (b *bench) record(t failer, info workbook.Info, blocks []workbook.BlockResult) int64 {
	t.Helper()
	run, err := b.log.Begin(b.ctx, info)
	if err != nil {
		t.Fatal(err)
	}
	result := workbook.Result{Run: run, Status: workbook.Completed, Warnings: info.Warnings}
	for _, done := range blocks {
		if err := b.log.Block(b.ctx, run, done); err != nil {
			t.Fatal(err)
		}
		if done.Failed != nil {
			result.Status = workbook.Broken
		}
		result.Signals, result.Actions = append(result.Signals, done.Output.Signals...), append(result.Actions, done.Output.Actions...)
	}
	result.Totals = workbook.Count(result.Actions)
	if _, err := b.log.End(b.ctx, result); err != nil {
		t.Fatal(err)
	}
	return run
}

// apply records a run that sends the plan of a rehearsal, with one approval, one
// action sent, one of unknown outcome and one refused.
func (b *bench) apply(t failer, say func(string) string, mode string, made Story) Story {
	t.Helper()
	info := b.info(say, mode)
	info.Plan, info.Endpoint = made.Run.Planned.SHA256, say("endpoint")
	run, err := b.log.Begin(b.ctx, info)
	if err != nil {
		t.Fatal(err)
	}
	actions := b.actions(say)
	sent := audit.Outcome{Action: 1, Verdict: workbook.Sent, Reason: say("accepted"), Attempts: 2, Task: say("task"), Response: &workbook.Response{Status: 202, Body: say("answer")}}
	approval := audit.Approval{Name: say("approver"), Key: say("key"), Reason: say("approves"), Actions: []int{3}, Statement: "s", Signature: "s", Time: clock()}
	for _, err := range []error{
		b.log.Approve(b.ctx, run, []audit.Approval{approval}), b.log.Refuse(b.ctx, run, actions[2:]), b.log.Deliver(b.ctx, run, nil, actions[:2]),
		b.log.Deliver(b.ctx, run, []audit.Outcome{sent}, nil),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := b.log.End(b.ctx, workbook.Result{Run: run, Status: workbook.Completed, Actions: actions, Totals: workbook.Count(actions)}); err != nil {
		t.Fatal(err)
	}
	s := b.story(t, run)
	s.Maker = &made.Run
	return s
}

// resume records a run that finds out what became of the unknown action of
// another.
func (b *bench) resume(t failer, say func(string) string, of Story) Story {
	t.Helper()
	info := b.info(say, workbook.ModeResume)
	info.Workbook, info.Name = nil, say("resume")
	run, err := b.log.Begin(b.ctx, info)
	if err != nil {
		t.Fatal(err)
	}
	found := audit.Outcome{Run: of.Run.Number, Action: 2, Verdict: workbook.Sent, Reason: say("seen"), Attempts: 1}
	if err := b.log.Deliver(b.ctx, run, []audit.Outcome{found}, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := b.log.End(b.ctx, workbook.Result{Run: run, Status: workbook.Completed}); err != nil {
		t.Fatal(err)
	}
	return b.story(t, run)
}

func (b *bench) story(t failer, run int64) Story {
	t.Helper()
	shown, err := b.reader.Show(b.ctx, run)
	if err != nil {
		t.Fatal(err)
	}
	settled, err := b.reader.Settled(b.ctx, run)
	if err != nil {
		t.Fatal(err)
	}
	return Story{Run: shown, Settled: settled}
}

// stories are runs of each mode with the same texts.
func (b *bench) stories(t failer, say func(string) string) map[string]Story {
	made := b.rehearse(t, say)
	sent := b.apply(t, say, workbook.ModeApply, made)
	return map[string]Story{
		"plan": made, "apply": sent, "simulate": b.apply(t, say, workbook.ModeSimulate, made), "resume": b.resume(t, say, sent),
	}
}

func inHTML(t failer, s Story, l Limits) string {
	t.Helper()
	var b bytes.Buffer
	if err := HTML(&b, s, l); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func inMarkdown(t failer, s Story, l Limits) string {
	t.Helper()
	var b bytes.Buffer
	if err := Markdown(&b, s, l); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func digestOf(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
