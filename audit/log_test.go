package audit

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"tabletop/workbook"
)

// clock is a wall clock that stands still, and whose next tick is asked for.
func clock() time.Time { return time.Date(2026, 1, 31, 12, 0, 0, 5e6, time.UTC) }

func newLog(t testing.TB, path string) *Log {
	t.Helper()
	log, err := Open(t.Context(), path, Options{Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	return log
}

func newReader(t testing.TB, path string) *Reader {
	t.Helper()
	reader, err := OpenReader(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := reader.Close(); err != nil {
			t.Error(err)
		}
	})
	return reader
}

func closeLog(t testing.TB, log *Log) {
	t.Helper()
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
}

func auditPath(t testing.TB) string { return filepath.Join(t.TempDir(), "audit.db") }

// exampleInfo is what is known of the run that exampleBlocks makes.
func exampleInfo() workbook.Info {
	return workbook.Info{
		Workbook: &workbook.Workbook{
			Path: "rdp/workbook.yaml", Name: "Suspicious Remote Desktop", Folder: "drafts", Stage: "test",
			Tags: []string{"rdp"}, Text: []byte("workbook: Suspicious Remote Desktop\n"),
		},
		Mode: workbook.ModeRehearse, Now: time.Date(2026, 1, 31, 11, 0, 0, 0, time.UTC), NowSource: "newest event",
		Zone: time.UTC, Parameters: map[string]string{"Port": "3389"},
		User: "ada", Host: "desk", Reason: "exercise", Ticket: "SEC-1", Version: "0.1.0", Program: "ab12",
		Integrations: &workbook.Document{Path: "integrations.yaml", Text: []byte("integrations: []\n")},
		Files:        []workbook.EventFile{{Path: "events/FIREWALL.ndjson", Bytes: 812, Root: "cd34", Events: 9, Undecodable: 1}, {Path: "events/hosts.csv", Kind: workbook.KindList, Bytes: 7, Root: "ef56"}},
		Warnings:     []string{"1 line could not be decoded"},
	}
}

func block(index int, kind string) workbook.Block {
	return workbook.Block{Index: index, ID: fmt.Sprintf("b%d", index), Note: "a note", Kind: workbook.Kind{Name: kind}}
}

// exampleBlocks are a query with n rows, a signal that passes them on, and a
// trigger that acts on each.
func exampleBlocks(n int) []workbook.BlockResult {
	query := workbook.Table{Columns: []string{"$SrcIP", "$DstIP", "$Count(1)"}}
	acted := workbook.Table{Columns: []string{"$SrcIP", "$DstIP", "$Count(1)", "$WebhookStatus", "$WebhookResponse"}}
	var signals []workbook.Signal
	var actions []workbook.Action
	for i := 1; i <= n; i++ {
		source := fmt.Sprintf("203.0.%d.%d", 113+i/256, i%256)
		row := workbook.Row{
			Values: []workbook.Value{source, "198.51.100.9", int64(2 + i)},
			Evidence: workbook.Evidence{Events: int64(2 + i), First: []workbook.Position{
				{File: "events/FIREWALL.ndjson", Offset: int64(i) * 400, Line: int64(i) * 3},
				{File: "events/FIREWALL.ndjson", Offset: int64(i)*400 + 130, Line: int64(i)*3 + 1},
				{File: "events/FIREWALL.ndjson", Offset: int64(i)*400 + 260, Line: int64(i)*3 + 2},
			}},
		}
		query.Rows = append(query.Rows, row)
		answer := `{"actionId":"00000120","taskStatus":"pending"}`
		more := row
		more.Values = append(append([]workbook.Value{}, row.Values...), "True", answer)
		more.From = i
		acted.Rows = append(acted.Rows, more)
		actions = append(actions, workbook.Action{
			Number: i, Block: 3, Row: i, Integration: "Trend Micro XDR: Block IP", Type: "ip", Target: source, Canonical: source,
			DNIF: workbook.DNIFWouldSend, Verdict: workbook.WouldSend, Key: "ip " + source,
			Request: &workbook.Request{
				Method: "POST", URL: "https://api.xdr.example/v2.0/xdr/response/block",
				Headers: map[string]string{"Authorization": "Bearer [token]", "Content-Type": "application/json;charset=utf-8"},
				Body:    `{"valueType":"ip","targetValue":"` + source + `","productId":"sao","description":"Block IP"}`,
			},
			Response: &workbook.Response{Status: 200, Body: answer},
		})
		if i <= 2 {
			signals = append(signals, workbook.Signal{
				Block: 2, Row: i, Rows: []int{i}, Name: "rdp 198.51.100.9", Tactic: "Lateral Movement", Technique: "Remote Services",
				Confidence: "Low", Score: 5, Severity: "Medium", Target: map[string]string{"host": "198.51.100.9"},
				Suspect: map[string]string{"host": source}, Tags: []string{"rdp"}, SourceStream: "FIREWALL", Occurrences: 1,
				FirstSeen: time.Date(2026, 1, 31, 10, 0, 0, 0, time.UTC), LastSeen: time.Date(2026, 1, 31, 10, 30, 0, 0, time.UTC),
			})
		}
	}
	return []workbook.BlockResult{
		{Block: block(1, "sql"), Output: workbook.Output{Table: query}, Seconds: 0.013},
		{Block: block(2, "signal"), RowsIn: n, Output: workbook.Output{Table: query, Signals: signals}, Seconds: 0.0001},
		{Block: block(3, "trigger"), RowsIn: n, Output: workbook.Output{Table: acted, Actions: actions, Warnings: []string{"a warning"}}, Seconds: 0.2},
	}
}

// record records a run whose blocks are given and returns it and its head.
func record(ctx context.Context, log *Log, info workbook.Info, blocks []workbook.BlockResult) (workbook.Result, error) {
	run, err := log.Begin(ctx, info)
	if err != nil {
		return workbook.Result{}, err
	}
	result := workbook.Result{Run: run, Status: workbook.Completed, Blocks: blocks, Warnings: info.Warnings}
	for _, done := range blocks {
		if err := log.Block(ctx, run, done); err != nil {
			return result, err
		}
		result.Signals = workbook.Coalesce(result.Signals, done.Output.Signals)
		result.Actions = append(result.Actions, done.Output.Actions...)
	}
	result.Totals = workbook.Count(result.Actions)
	result.Head, err = log.End(ctx, result)
	return result, err
}

func mustRecord(t testing.TB, log *Log, n int) workbook.Result {
	t.Helper()
	result, err := record(t.Context(), log, exampleInfo(), exampleBlocks(n))
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func mustVerify(t testing.TB, path string) Report {
	t.Helper()
	reader := newReader(t, path)
	report, err := reader.Verify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func TestRecordedRunVerifies(t *testing.T) {
	path := auditPath(t)
	log := newLog(t, path)
	first := mustRecord(t, log, 3)
	second := mustRecord(t, log, 200)
	closeLog(t, log)
	if first.Run != 1 || second.Run != 2 {
		t.Errorf("runs %d and %d, want 1 and 2", first.Run, second.Run)
	}
	report := mustVerify(t, path)
	for _, b := range report.Breaks {
		t.Errorf("entry %d: %s", b.Entry, b.What)
	}
	if report.Head.Hash != second.Head.Hash || report.Head.Sequence != second.Head.Sequence {
		t.Errorf("head %+v, want %+v", report.Head, second.Head)
	}
	if report.Entries != second.Head.Sequence || report.Runs != 2 {
		t.Errorf("%d entries of %d runs, want %d of 2", report.Entries, report.Runs, second.Head.Sequence)
	}
}
