package audit

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"tabletop/workbook"
	"tabletop/workbook/stores/tablefile"
)

// A failer is a test, also one of rapid.
type failer interface {
	Helper()
	Context() context.Context
	Fatal(...any)
}

func exported(t failer, reader *Reader, part Part, f ExportFilter) []ExportRecord {
	t.Helper()
	var all []ExportRecord
	done, err := reader.Export(t.Context(), part, f, func(r ExportRecord) error {
		all = append(all, r)
		return nil
	})
	if err != nil || int(done.Records) != len(all) || done.Purged != 0 {
		t.Fatal(part, done, len(all), err)
	}
	return all
}

// TestExportTellsWhatShowDoes records any runs, and holds what is exported
// against what Show gives back.
func TestExportTellsWhatShowDoes(t *testing.T) {
	path := auditPath(t)
	log, err := Open(t.Context(), path, Options{Now: clock, KeepRows: 2})
	must(t, err)
	defer closeLog(t, log)
	reader := newReader(t, path)
	rapid.Check(t, func(rt *rapid.T) {
		result, err := record(rt.Context(), log, drawInfo(rt), drawBlocks(rt))
		if err != nil {
			rt.Fatal(err)
		}
		checkExport(rt, reader, result.Run)
	})
	checkExport(t, newReader(t, viewed(t)), 1)
	checkExport(t, newReader(t, viewedSending(t)), 2)
}

func checkExport(t failer, reader *Reader, number int64) {
	t.Helper()
	run, err := reader.Show(t.Context(), number)
	if err != nil {
		t.Fatal(err)
	}
	filter := ExportFilter{Run: number}
	var want, got []any
	for _, a := range run.Actions {
		want = append(want, newActionRecord(exportRun{number: number}, 0, a).Action)
	}
	for _, r := range exported(t, reader, ExportActions, filter) {
		got = append(got, r.(*ActionRecord).Action)
	}
	for _, s := range run.Signals {
		want = append(want, readableSignal(s))
	}
	for _, r := range exported(t, reader, ExportSignals, filter) {
		got = append(got, r.(*SignalRecord).Signal)
	}
	for _, b := range run.Blocks {
		for _, row := range b.Rows {
			object, err := cells(b.Columns, row.Values)
			if err != nil {
				t.Fatal(err)
			}
			want = append(want, fmt.Sprintf("%d/%d/%d", number, b.Index, row.Number), string(object), row.From, row.Evidence.Events, len(row.Evidence.First))
		}
	}
	for _, r := range exported(t, reader, ExportRows, filter) {
		row := r.(*RowRecord)
		got = append(got, row.ID, string(row.Values), row.MadeFrom, row.Evidence.Events, len(row.Evidence.First))
	}
	options := cmp.Options{cmpopts.EquateEmpty(), cmpopts.IgnoreFields(workbook.Signal{}, "Rows"), cmpopts.IgnoreFields(workbook.Action{}, "Key", "Undo", "Values")}
	if diff := cmp.Diff(want, got, options); diff != "" {
		t.Fatal(diff)
	}
	checkForms(t, reader, filter)
}

// checkForms writes every record as JSON and as a line of CSV, and reads both.
func checkForms(t failer, reader *Reader, filter ExportFilter) {
	for _, part := range Parts {
		var lines bytes.Buffer
		w := tablefile.NewCSVWriter(&lines)
		mustAll(t, w.Header(ExportColumns(part)))
		records := exported(t, reader, part, filter)
		for _, r := range records {
			mustAll(t, w.Row(r.Cells()))
			text, err := json.Marshal(r)
			mustAll(t, err)
			if !json.Valid(text) {
				t.Fatal("no JSON:", string(text))
			}
			for i, cell := range r.Cells() {
				if s, ok := cell.(string); ok && !utf8.ValidString(s) {
					t.Fatal("JSON has no place for the bytes of", ExportColumns(part)[i], s)
				}
			}
			if shaped, ok := r.(interface{ OCSF() OCSFEvent }); ok {
				_, err := json.Marshal(shaped.OCSF())
				mustAll(t, err)
			}
		}
		table, err := csv.NewReader(&lines).ReadAll()
		if err != nil || len(table) != len(records)+1 {
			t.Fatal(part, len(table), err)
		}
		for _, line := range table[1:] {
			for _, cell := range line {
				if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) && !workbook.IsNumber(cell) {
					t.Fatal("a spreadsheet would calculate", cell)
				}
			}
		}
	}
}

func mustAll(t failer, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestExportedEntriesVerify computes digests and hashes anew from what was
// exported alone.
func TestExportedEntriesVerify(t *testing.T) {
	for _, path := range []string{viewed(t), viewedSending(t)} {
		reader := newReader(t, path)
		var before hash
		for _, r := range exported(t, reader, ExportEntries, ExportFilter{}) {
			e := r.(*EntryRecord)
			salt, err := hex.DecodeString(*e.Salt)
			must(t, err)
			_, digest := bodyDigest(nil, salt, e.Subject, *e.Body)
			_, before = entryHash(nil, before, &entry{
				Seq: e.Seq, Run: e.Run, Block: e.Block, Number: e.Number, Kind: e.Kind, Time: e.Time, Contents: e.Contents, Digest: digest[:],
			})
			if e.Digest != digest.String() || e.Hash != before.String() {
				t.Fatalf("entry %d of %s", e.Seq, path)
			}
		}
		if head := mustVerify(t, path).Head.Hash; head != before.String() {
			t.Errorf("the export ends at %s, the audit at %s", before, head)
		}
	}
}

// TestExportFilters counts what each filter lets in of two workbooks' runs.
func TestExportFilters(t *testing.T) {
	path := auditPath(t)
	now := clock()
	log, err := Open(t.Context(), path, Options{Now: func() time.Time { return now }})
	must(t, err)
	mustRecord(t, log, 3)
	now = now.Add(time.Hour)
	other := exampleInfo()
	other.Workbook = &workbook.Workbook{Path: "other.yaml", Name: "Other"}
	blocks := exampleBlocks(2)
	blocks[2].Output.Actions[1].Verdict = workbook.RefusedProtected
	blocks[2].Output.Actions[1].Target, blocks[2].Output.Actions[1].Canonical = "EVIL.example.", "evil.example"
	_, err = record(t.Context(), log, other, blocks)
	must(t, err)
	closeLog(t, log)
	reader := newReader(t, path)
	hour := clock().Add(time.Hour)
	for _, test := range []struct {
		name   string
		filter ExportFilter
		// want counts actions, signals, rows and entries; -1 where the part has
		// nothing to choose by.
		want [4]int
	}{
		{"all", ExportFilter{}, [4]int{5, 4, 15, 29}},
		{"run", ExportFilter{Run: 2}, [4]int{2, 2, 6, 13}},
		{"workbook", ExportFilter{Workbook: "Other"}, [4]int{2, 2, 6, 13}},
		{"file", ExportFilter{Workbook: "rdp/workbook.yaml"}, [4]int{3, 2, 9, 16}},
		{"since", ExportFilter{Since: hour}, [4]int{2, 2, 6, 13}},
		{"a moment later", ExportFilter{Since: hour.Add(time.Nanosecond)}, [4]int{}},
		{"until", ExportFilter{Until: hour}, [4]int{3, 2, 9, 16}},
		{"until a moment later", ExportFilter{Until: hour.Add(time.Nanosecond)}, [4]int{5, 4, 15, 29}},
		{"verdict", ExportFilter{Verdicts: []workbook.Verdict{workbook.RefusedProtected, workbook.Sent}}, [4]int{1, -1, -1, -1}},
		{"target", ExportFilter{Targets: []string{"203.0.113.1"}}, [4]int{2, 2, -1, 2}},
		{"any writing", ExportFilter{Targets: []string{"Evil.Example", "::ffff:203.0.113.2"}}, [4]int{2, 2, -1, 2}},
		{"all of it", ExportFilter{Run: 2, Workbook: "Other", Since: hour, Targets: []string{"evil.example"}}, [4]int{1, 0, -1, 1}},
	} {
		for i, part := range Parts {
			n := 0
			_, err := reader.Export(t.Context(), part, test.filter, func(ExportRecord) error {
				n++
				return nil
			})
			if test.want[i] < 0 {
				if err == nil || test.filter.Lacks(part) == "" {
					t.Errorf("%s: %s: %d, %v", test.name, part, n, err)
				}
				continue
			}
			if n != test.want[i] || err != nil {
				t.Errorf("%s: %d %s, want %d; %v", test.name, n, part, test.want[i], err)
			}
		}
	}
	for _, test := range []struct {
		filter ExportFilter
		want   error
		says   string
	}{
		{ExportFilter{Run: 9}, ErrNoRun, "the newest in"},
		{ExportFilter{Workbook: "Othr"}, ErrNoWorkbook, "did you mean Other?"},
	} {
		_, err := reader.Export(t.Context(), ExportActions, test.filter, func(ExportRecord) error { return nil })
		if !errors.Is(err, test.want) || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%+v: %v", test.filter, err)
		}
	}
	stop := errors.New("stop")
	if _, err := reader.Export(t.Context(), ExportActions, ExportFilter{}, func(ExportRecord) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("an export whose receiver stops: %v", err)
	}
}

// TestExportWithoutBodies leaves out, and counts, what was purged: bodies that
// are gone, and those that a purge has left its mark in.
func TestExportWithoutBodies(t *testing.T) {
	for _, purge := range []string{"DELETE FROM bodies", `UPDATE bodies SET salt = x'', subject = NULL, body = '{"purged":99}'`} {
		path := viewed(t)
		db := raw(t, path)
		for _, statement := range []string{
			"DROP TRIGGER bodies_delete", "DROP TRIGGER bodies_update",
			purge + " WHERE seq IN (SELECT seq FROM entries WHERE kind = 'action' AND number = 1 OR kind = 'row' AND block = 1 AND number = 1)",
			purge + " WHERE seq IN (SELECT seq FROM entries WHERE kind = 'run' AND run = 2)",
		} {
			if _, err := db.Exec(statement); err != nil {
				t.Fatal(err)
			}
		}
		reader := newReader(t, path)
		for part, want := range map[Part]Exported{
			ExportActions: {Records: 1, Purged: 1},
			ExportSignals: {Records: 2},
			// The row stood for itself, for that of the block that passed it on,
			// and for the beginning of the trigger's.
			ExportRows:    {Records: 3, Purged: 3},
			ExportEntries: {Records: 14, Purged: 3},
		} {
			done, err := reader.Export(t.Context(), part, ExportFilter{}, func(ExportRecord) error { return nil })
			if done != want || err != nil {
				t.Errorf("%s: %s: %+v, want %+v; %v", purge, part, done, want, err)
			}
		}
		names, err := reader.Workbooks(t.Context())
		if diff := cmp.Diff([]string{"Suspicious Remote Desktop"}, names); diff != "" || err != nil {
			t.Error(err, diff)
		}
		if _, err := reader.Text(t.Context(), 2, WorkbookText); err == nil {
			t.Error("the text of a run that was purged")
		}
	}
}
