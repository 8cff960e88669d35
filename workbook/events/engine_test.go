package events

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tabletop/workbook"
)

// folder writes files of events into a fresh folder and opens it.
func folder(t *testing.T, files map[string]string, o Options) *Set {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "events")
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	set, err := Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// query runs SQL over one scan and returns the values.
func query(t *testing.T, set *Set, q Query) Result {
	t.Helper()
	if q.MaxRows == 0 {
		q.MaxRows = 1000
	}
	result, err := set.Query(context.Background(), q, nil)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func values(table workbook.Table) [][]any {
	var out [][]any
	for _, r := range table.Rows {
		out = append(out, r.Values)
	}
	return out
}

func TestQueryReadsEachFormat(t *testing.T) {
	files := map[string]string{
		"FIREWALL.ndjson": "\ufeff" + `{"$SrcIP":"192.0.2.1","$DstPort":"3389","$TXLen":12}` + "\r\n\n" + `{"SrcIP":"192.0.2.2","dstport":3389,"SrcIP":"192.0.2.3"}`,
		"a.csv":           "$Stream,$SrcIP,$DstPort\nFIREWALL,\"192.0.2.4\n\",22\nproxy,192.0.2.9,1\n",
		"b.json":          `{"fields_list":["$SrcIP"],"result":[{"$SrcIP":"192.0.2.5","x":[1,{"a":"]"}]},` + "\n" + `{"$SrcIP":null}],"source_stream":"FIREWALL","status":"success"}`,
		"c.json":          "[\n {\"$Stream\":\"FIREWALL\",\"$SrcIP\":\"192.0.2.6\"}\n]\n",
		"d.log":           "#separator \\x09\n#path\tfirewall\n#fields\tSrcIP\tDstPort\n192.0.2.7\t-\n",
	}
	set := folder(t, files, Options{})
	result := query(t, set, Query{
		Scans:   []Scan{{Stream: "FIREWALL", Columns: []string{"$SrcIP", "$DstPort", "$TXLen"}}},
		SQL:     `SELECT c0, c1, c2, rowid, line FROM t0`,
		Columns: []string{"a", "b", "c"}, Evidence: RowEvidence,
	})
	want := [][]any{
		{"192.0.2.1", "3389", int64(12)},
		{"192.0.2.3", int64(3389), nil},
		{"192.0.2.4\n", "22", nil},
		{"192.0.2.5", nil, nil},
		{nil, nil, nil},
		{"192.0.2.6", nil, nil},
		{"192.0.2.7", nil, nil},
	}
	if diff := cmp.Diff(want, values(result.Table)); diff != "" {
		t.Error(diff)
	}
	var got []workbook.Position
	for _, r := range result.Table.Rows {
		got = append(got, r.Evidence.First...)
	}
	at := func(file, text string) int64 { return int64(strings.Index(files[file], text)) }
	wantPositions := []workbook.Position{
		{File: "events/FIREWALL.ndjson", Offset: 3, Line: 1},
		{File: "events/FIREWALL.ndjson", Offset: at("FIREWALL.ndjson", `{"SrcIP`), Line: 3},
		{File: "events/a.csv", Offset: at("a.csv", "FIREWALL"), Line: 2},
		{File: "events/b.json", Offset: at("b.json", `{"$SrcIP":"192`), Line: 1},
		{File: "events/b.json", Offset: at("b.json", `{"$SrcIP":null`), Line: 2},
		{File: "events/c.json", Offset: at("c.json", "{"), Line: 2},
		{File: "events/d.log", Offset: at("d.log", "192"), Line: 4},
	}
	if diff := cmp.Diff(wantPositions, got); diff != "" {
		t.Error(diff)
	}
}

func TestTextKeepsEveryByteThroughSQLite(t *testing.T) {
	set := folder(t, map[string]string{"A.ndjson": `{"x":"a\u0000b","n":"12\u0000","big":12345678901234567890,"e":1e5,"d":1.50,"f":2.5,"i":-7,"u":"\ud83d\ude00"}`}, Options{})
	result := query(t, set, Query{
		Scans:   []Scan{{Stream: "A", Columns: []string{"x", "n", "big", "e", "d", "f", "i", "u"}}},
		SQL:     `SELECT c0, number(c1), c2, c3, c4, c5, c6, c7, CAST(c5 AS TEXT), number(c2) > 1, number(c3) FROM t0`,
		Columns: make([]string, 11),
	})
	want := [][]any{{"a\x00b", nil, "12345678901234567890", "1e5", "1.50", 2.5, int64(-7), "😀", "2.5", int64(1), 1e5}}
	if diff := cmp.Diff(want, values(result.Table)); diff != "" {
		t.Error(diff)
	}
}

func TestGroupsCarryTheirEvents(t *testing.T) {
	var b strings.Builder
	for range 150 {
		b.WriteString(`{"s":"a"}` + "\n" + `{"s":"b"}` + "\n")
	}
	set := folder(t, map[string]string{"A.ndjson": b.String()}, Options{})
	result := query(t, set, Query{
		Scans:   []Scan{{Stream: "A", Columns: []string{"s"}}},
		SQL:     `SELECT min(c0), count(*), evidence(rowid, line) FROM t0 GROUP BY c0 ORDER BY min(rowid)`,
		Columns: []string{"s", "n"}, Evidence: GroupEvidence,
	})
	if diff := cmp.Diff([][]any{{"a", int64(150)}, {"b", int64(150)}}, values(result.Table)); diff != "" {
		t.Fatal(diff)
	}
	e := result.Table.Rows[1].Evidence
	if e.Events != 150 || len(e.First) != workbook.MaxPositions || e.First[1] != (workbook.Position{File: "events/A.ndjson", Offset: 30, Line: 4}) {
		t.Error(e.Events, len(e.First), e.First[:2])
	}
}

func TestNothingButReading(t *testing.T) {
	set := folder(t, map[string]string{"A.ndjson": `{"s":"a"}`}, Options{})
	for _, sql := range []string{
		"ATTACH 'x.db' AS x", "PRAGMA case_sensitive_like=0", "CREATE TABLE x(a)", "DROP TABLE t0", "INSERT INTO t0 VALUES(1)",
		"SELECT randomblob(1000000000)", "SELECT zeroblob(1000000000)", "SELECT load_extension('x')", "BEGIN",
		"WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM r) SELECT * FROM r",
	} {
		_, err := set.Query(context.Background(), Query{Scans: []Scan{{Stream: "A", Columns: []string{"s"}}}, SQL: sql, MaxRows: 10}, nil)
		if err == nil {
			t.Errorf("%s was allowed", sql)
		}
	}
}

func TestWindowAndCounts(t *testing.T) {
	set := folder(t, map[string]string{"A.ndjson": `{"CNAMTime":1767225600000,"n":1}
{"CNAMTime":"2026-01-01T00:01:00Z","n":2}
{"CNAMTime":"1 Jan 2026, 5:32 AM","Xminute":"202601010002","n":3}
{"n":4}
{"CNAMTime":1967225600,"n":5}`}, Options{Wall: time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)})
	from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	q := Query{
		Scans:   []Scan{{Stream: "A", Columns: []string{"n"}, Window: Window{From: from, To: from.Add(2 * time.Minute)}}},
		SQL:     `SELECT c0, "at" FROM t0`,
		Columns: []string{"n", "at"},
	}
	result := query(t, set, q)
	if diff := cmp.Diff([][]any{{int64(2), int64(1767225660000)}, {int64(3), int64(1767225720000)}}, values(result.Table)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]Reading{{Stream: "A", Events: 5, Inside: 2, NoTime: 1, Future: 1, Complete: true}}, result.Read); diff != "" {
		t.Error(diff)
	}
	survey, err := set.Survey(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if st := survey.Streams["A"]; st.Events != 5 || st.NoTime != 1 || st.Future != 1 {
		t.Error(st)
	}
	if newest, in := survey.Newest([]string{"a"}); !newest.Equal(from.Add(2*time.Minute)) || in != "A" {
		t.Error(newest, in)
	}
}
