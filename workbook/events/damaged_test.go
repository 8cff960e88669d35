package events

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tabletop/workbook"
)

// rowsOf asks for the rows of all events, which several workers make; a query
// that never ends fails.
func rowsOf(t *testing.T, name string, text []byte) (workbook.Table, Result, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	set, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	result, err := set.Query(ctx, Query{Scans: []Scan{{Columns: []string{"a"}}}, SQL: `SELECT c0, rowid, "line" FROM t0`, Columns: []string{"a"}, Evidence: RowEvidence, MaxRows: 1_000_000}, nil)
	if ctx.Err() != nil {
		t.Fatal("the query does not end")
	}
	return result.Table, result, err
}

func manyLines(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `{"a":%d,"b":"%x"}`+"\n", i, i*7919*7919)
	}
	return b.String()
}

func TestCutGzipIsAnError(t *testing.T) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = w.Write([]byte(manyLines(50_000)))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if table, _, err := rowsOf(t, "E.ndjson.gz", packed.Bytes()); err != nil || len(table.Rows) != 50_000 {
		t.Fatal(len(table.Rows), err)
	}
	_, _, err := rowsOf(t, "E.ndjson.gz", packed.Bytes()[:packed.Len()/2])
	if err == nil || !strings.Contains(err.Error(), "cut off or damaged") {
		t.Error(err)
	}
	damaged := bytes.Clone(packed.Bytes())
	damaged[len(damaged)-5] ^= 1
	if _, _, err := rowsOf(t, "E.ndjson.gz", damaged); err == nil || !strings.Contains(err.Error(), "checksum") {
		t.Error(err)
	}
}

func TestErrorInTheMiddleEndsTheQuery(t *testing.T) {
	text := manyLines(30_000) + `{"a":1,"$CNAMTime":"2026-01-01 00:00:00"}` + "\n" + manyLines(30_000)
	_, _, err := rowsOf(t, "E.ndjson", []byte(text))
	var zone *ZoneError
	if !errors.As(err, &zone) || zone.Position.Line != 30_001 {
		t.Error(err)
	}
}

// TestLinesAreJudgedAlike puts lines that are no JSON behind and before one of
// the same shape.
func TestLinesAreJudgedAlike(t *testing.T) {
	good := `{"a":1,"b":"x","c":null}`
	for _, bad := range []string{
		`{"a":1,"b":"` + "\t" + `","c":null}`, `{"a":1e,"b":"x","c":null}`, `{"a":1,"b":"x","c":nul}`, `{"a":01,"b":"x","c":null}`,
		`{"a":1,"b":"\x","c":null}`, `{"a":1,"b":"x","c":null}}`, `{"a":1,"b":"x","c":[1}`, `{"a":1,"b":"x","c":}`, `{"a":1,"b":"x","c":"\ud8"}`,
	} {
		for _, text := range []string{good + "\n" + bad + "\n", bad + "\n" + good + "\n"} {
			table, result, err := rowsOf(t, "E.ndjson", []byte(text))
			if err != nil || len(table.Rows) != 1 || result.Undecodable != 1 {
				t.Errorf("%q: %d rows, %d undecodable, %v", text, len(table.Rows), result.Undecodable, err)
			}
		}
	}
}

func TestStrayQuotesCostTheirLines(t *testing.T) {
	var b strings.Builder
	b.WriteString("a,b\n")
	for i := range 20_000 {
		switch i {
		case 100, 5000, 5001, 12_000:
			fmt.Fprintf(&b, "%d,5\" disk\n", i)
		case 7000:
			fmt.Fprintf(&b, "%d,\"two\nlines\"\n", i)
		default:
			fmt.Fprintf(&b, "%d,x\n", i)
		}
	}
	table, result, err := rowsOf(t, "E.csv", []byte(b.String()))
	if err != nil || len(table.Rows) != 19_996 || result.Undecodable != 4 || result.Bad[0].Position.Line != 102 {
		t.Error(len(table.Rows), result.Undecodable, result.Bad, err)
	}
}

func TestEndlessLineCostsItself(t *testing.T) {
	text := `{"a":1}` + "\n" + `{"a":"` + strings.Repeat("x", maxEventBytes+3*chunkSize) + `"}` + "\n" + `{"a":2}` + "\n"
	table, result, err := rowsOf(t, "E.ndjson", []byte(text))
	if err != nil || len(table.Rows) != 2 || result.Undecodable != 1 || result.Bad[0].Position.Line != 2 {
		t.Fatal(len(table.Rows), result.Undecodable, result.Bad, err)
	}
	want := workbook.Position{File: "E.ndjson", Offset: int64(len(text) - 8), Line: 3}
	if got := table.Rows[1].Evidence.First[0]; got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}
