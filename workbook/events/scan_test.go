package events

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tabletop/workbook"
)

// scanned reads columns of a file in small chunks, so that every edge between
// them is met.
func scanned(t testing.TB, name, text string, columns []string, chunk int) (workbook.Table, *Survey) {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	set, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	set.chunkSize = chunk
	var sql strings.Builder
	for i := range columns {
		fmt.Fprintf(&sql, "c%d, ", i)
	}
	result, err := set.Query(context.Background(), Query{
		Scans: []Scan{{Columns: columns}}, SQL: "SELECT " + sql.String() + `rowid, "line" FROM t0`, Columns: columns, Evidence: RowEvidence, MaxRows: 100_000,
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	survey, err := set.Survey(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return result.Table, survey
}

// jsonText is a random text of JSON: what a value may be.
func jsonValueText() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.SampledFrom([]string{
			`null`, `true`, `1`, `-0`, `12345678901234567890`, `1.50`, `1e5`, `0.1`, `""`, `"a"`, `"a,b"`, `"a\"b"`, `"\\"`, `"\\\""`, `"\u0041\ud83d\ude00"`,
			`"é"`, `"\n"`, `{"x":1}`, `{"x":"}","a":[1,2]}`, `[]`, `[1,{"b":"]"}]`, `"{\"a\":1}"`, `1767225600000`, `"1767225600000"`,
		}),
		rapid.Custom(func(t *rapid.T) string {
			text, _ := json.Marshal(rapid.String().Draw(t, "text"))
			return string(text)
		}),
	)
}

// TestScanAgreesWithEncodingJSON reads random lines in random chunks and holds
// every value, offset and line against a plain decode.
func TestScanAgreesWithEncodingJSON(t *testing.T) {
	keys := []string{"a", "b", "$a", "A", "c,d", `e\"f`, "$CNAMTime", "g"}
	rapid.Check(t, func(rt *rapid.T) {
		var text strings.Builder
		var want [][]workbook.Value
		var places []workbook.Position
		shapes := rapid.SliceOfN(rapid.SliceOfN(rapid.SampledFrom(keys), 0, 6), 1, 3).Draw(rt, "shapes")
		columns := []string{"a", "c,d", `e"f`, "g"}
		for n := range rapid.IntRange(1, 30).Draw(rt, "lines") {
			var b strings.Builder
			blank := rapid.SampledFrom([]string{"", "", "", " "}).Draw(rt, "blank")
			b.WriteString("{" + blank)
			for i, key := range rapid.SampledFrom(shapes).Draw(rt, "shape") {
				if i > 0 {
					b.WriteString("," + blank)
				}
				value := jsonValueText().Draw(rt, "value")
				if key == "$CNAMTime" {
					value = "1767225600000"
				}
				b.WriteString(`"` + key + `":` + blank + value)
			}
			b.WriteString("}")
			places = append(places, workbook.Position{File: "E.ndjson", Offset: int64(text.Len()), Line: int64(n + 1)})
			text.WriteString(b.String() + rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(rt, "end"))
			want = append(want, plainRow(t, b.String(), columns))
		}
		got, _ := scanned(t, "E.ndjson", text.String(), columns, rapid.SampledFrom([]int{1, 7, 64, 300, chunkSize}).Draw(rt, "chunk"))
		var values [][]workbook.Value
		var at []workbook.Position
		for _, row := range got.Rows {
			cells := make([]workbook.Value, len(row.Values))
			for i, v := range row.Values {
				if v != nil {
					cells[i] = workbook.Text(v)
				}
			}
			values = append(values, cells)
			at = append(at, row.Evidence.First...)
		}
		if diff := cmp.Diff(want, values); diff != "" {
			rt.Fatalf("%s\n%s", text.String(), diff)
		}
		if diff := cmp.Diff(places, at); diff != "" {
			rt.Fatalf("%s\n%s", text.String(), diff)
		}
	})
}

// plainRow is what encoding/json makes of an object: for each column the text
// of the last key that fits it best.
func plainRow(t *testing.T, line string, columns []string) []workbook.Value {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(line))
	if _, err := d.Token(); err != nil {
		t.Fatal(err)
	}
	row, best := make([]workbook.Value, len(columns)), make([]int, len(columns))
	for d.More() {
		key, err := d.Token()
		if err != nil {
			t.Fatal(err)
		}
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			t.Fatal(err)
		}
		for i, column := range columns {
			if m := match(column, key.(string)); m != noMatch && m >= best[i] {
				best[i], row[i] = m, plainText(t, raw)
			}
		}
	}
	return row
}

func plainText(t *testing.T, raw json.RawMessage) workbook.Value {
	t.Helper()
	raw = bytes.TrimSpace(raw)
	var s string
	switch {
	case string(raw) == "null":
		return nil
	case raw[0] == '"':
		if err := json.Unmarshal(raw, &s); err != nil {
			t.Fatal(err)
		}
		return s
	}
	return string(raw)
}

// TestScanAgreesWithEncodingCSV does the same with records, quoted newlines
// among them.
func TestScanAgreesWithEncodingCSV(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var text bytes.Buffer
		w := csv.NewWriter(&text)
		w.UseCRLF = rapid.Bool().Draw(rt, "crlf")
		columns := []string{"a", "b", "c"}
		_ = w.Write(columns)
		n := rapid.IntRange(1, 30).Draw(rt, "rows")
		for range n {
			row := rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom([]string{"", "x", "a,b", "q\"q", "l\nm", "\n", "é"}), rapid.StringMatching(`[a-z,"\n é\t=;-]{0,12}`)), 3, 3).Draw(rt, "row")
			_ = w.Write(row)
		}
		w.Flush()
		want, err := csv.NewReader(bytes.NewReader(text.Bytes())).ReadAll()
		if err != nil || len(want) != n+1 {
			return // a row of one empty line is none to encoding/csv
		}
		got, _ := scanned(t, "E.csv", text.String(), columns, rapid.SampledFrom([]int{1, 16, 100, chunkSize}).Draw(rt, "chunk"))
		for i, row := range got.Rows {
			for k, v := range row.Values {
				if cell := string([]rune(want[i+1][k])); workbook.Text(v) != cell {
					rt.Fatalf("%q: row %d, column %d: %q, want %q", text.String(), i, k, workbook.Text(v), cell)
				}
			}
			at := row.Evidence.First[0]
			if at.Line != int64(1+bytes.Count(text.Bytes()[:at.Offset], []byte{'\n'})) {
				rt.Fatalf("%q: offset %d is not in line %d", text.String(), at.Offset, at.Line)
			}
		}
		if len(got.Rows) != n {
			rt.Fatalf("%q: %d rows, want %d", text.String(), len(got.Rows), n)
		}
	})
}

// TestUnevenQuotesCostALine opens a quote that never ends, in chunks much
// smaller than the file.
func TestUnevenQuotesCostALine(t *testing.T) {
	text := "a,b\n1,\"x\n" + strings.Repeat("2,"+strings.Repeat("y", 400)+"\n", 50_000)
	got, survey := scanned(t, "E.csv", "a,b\n1,\"x\n"+strings.Repeat("2,y\n", 1000), []string{"a"}, 64)
	if len(got.Rows) != 1000 || survey.Undecodable != 1 || survey.Bad[0].Position.Line != 2 {
		t.Error(len(got.Rows), survey.Undecodable, survey.Bad)
	}
	path := filepath.Join(t.TempDir(), "E.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	set, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	result := query(t, set, Query{Scans: []Scan{{Grouping: &Grouping{Aggregates: []Aggregate{{Kind: "count", Column: -1}}}}}, SQL: "SELECT a0 FROM t0", Columns: []string{"n"}})
	if n := result.Table.Rows[0].Values[0]; n != int64(50_000) || result.Undecodable != 1 {
		t.Error(n, result.Undecodable, result.Bad)
	}
}

// TestFileThatBecomesShorter is an error that says so, for queries and for the
// hash.
func TestFileThatBecomesShorter(t *testing.T) {
	path := filepath.Join(t.TempDir(), "E.ndjson")
	if err := os.WriteFile(path, []byte(strings.Repeat(`{"a":1}`+"\n", 100_000)), 0o600); err != nil {
		t.Fatal(err)
	}
	set, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := set.Survey(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 8*1000+3); err != nil {
		t.Fatal(err)
	}
	_, err = set.Query(context.Background(), Query{
		Scans: []Scan{{Grouping: &Grouping{Aggregates: []Aggregate{{Kind: "count", Column: -1}}}}}, SQL: "SELECT a0 FROM t0", Columns: []string{"n"}, MaxRows: 10,
	}, nil)
	if err == nil || !strings.Contains(err.Error(), "became shorter") {
		t.Error(err)
	}
	if _, err := set.Hash(context.Background()); err == nil || !strings.Contains(err.Error(), "became shorter") {
		t.Error(err)
	}
}
