package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"pgregory.net/rapid"

	"tabletop/workbook"
)

// TestObjectsAgreeWithEncodingJSON holds rows against json.Marshal, made safe for
// a terminal.
func TestObjectsAgreeWithEncodingJSON(t *testing.T) {
	text := rapid.OneOf(rapid.String(), rapid.StringMatching(`[ -~]{0,12}`), rapid.SampledFrom([]string{"\x7f", "\u0085", "\u202e", "\ufeff", "\u2028", "</a>&", "\x1b[2J", "a\"b\\", "\xff"}))
	value := rapid.OneOf(
		rapid.Just[workbook.Value](nil), rapid.Map(text, func(v string) workbook.Value { return v }),
		rapid.Map(rapid.Int64(), func(v int64) workbook.Value { return v }), rapid.Map(rapid.Float64(), func(v float64) workbook.Value { return v }),
	)
	rapid.Check(t, func(rt *rapid.T) {
		columns := rapid.SliceOfN(text, 0, 4).Draw(rt, "columns")
		values := rapid.SliceOfN(value, len(columns), len(columns)).Draw(rt, "values")
		var want []string
		for i, name := range columns {
			key, err := json.Marshal(name)
			if err != nil {
				rt.Fatal(err)
			}
			v, err := json.Marshal(values[i])
			if err != nil {
				rt.Fatal(err)
			}
			want = append(want, string(key)+":"+string(v))
		}
		whole := string(jsonSafe([]byte("{" + strings.Join(want, ",") + "}")))
		if got := string(appendObject(nil, objectKeys(columns), values)); got != whole {
			rt.Fatalf("%s\n%s", got, whole)
		}
	})
}

// eventLines are events of a stream A.
func eventLines(n int) []byte {
	var b bytes.Buffer
	for i := range n {
		fmt.Fprintf(&b, `{"n":%d,"t":"=%x"}`+"\n", i, i*7919*7919)
	}
	return b.Bytes()
}

func eventFile(t *testing.T, name string, text []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestRowsWithoutBound asks for more rows than --max-rows is when it isn't given.
func TestRowsWithoutBound(t *testing.T) {
	const n = 100_500
	path := eventFile(t, "A.ndjson", eventLines(n))
	code, out, remarks := tabletop(t, "query", "SELECT $t, $n FROM A", "--events", path, "-o", "csv")
	if lines := strings.Count(out, "\n"); code != 0 || lines != n+1 || remarks != "" {
		t.Error(code, lines, remarks)
	}
	if want := "$t,$n\n'=0,0\n'=3bce321,1\n"; !strings.HasPrefix(out, want) {
		t.Errorf("%.60q", out)
	}
	code, out, _ = tabletop(t, "query", "stream=a | limit 200000", "--events", path, "-o", "ndjson")
	if lines := strings.Count(out, "\n"); code != 0 || lines != n || !strings.HasPrefix(out, `{"n":0,"t":"=0"}`+"\n") {
		t.Errorf("exit %d, %d lines, %.40q", code, lines, out)
	}
	for _, form := range []string{"table", "json"} {
		if code, out, remarks = tabletop(t, "query", "SELECT $t, $n FROM A", "--events", path, "-o", form); code != 1 || out != "" || !strings.Contains(remarks, "more than 100000 rows") {
			t.Error(form, code, len(out), remarks)
		}
	}
	code, out, remarks = tabletop(t, "query", "_fetch * from event last 200000 >>_sort by $n ASC", "--events", path, "-o", "ndjson")
	if code != 1 || out != "" || !strings.Contains(strings.Join(strings.Fields(remarks), " "), "directives hold all their rows, so -o ndjson bounds them too") {
		t.Error(code, len(out), remarks)
	}
}

// TestRowsBeforeAnError are printed; then the error is told.
func TestRowsBeforeAnError(t *testing.T) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = w.Write(eventLines(200_000))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	cut := eventFile(t, "A.ndjson.gz", packed.Bytes()[:packed.Len()/2])
	code, out, remarks := tabletop(t, "query", "SELECT $n FROM A", "--events", cut, "-o", "ndjson")
	if code != 1 || !strings.HasPrefix(out, `{"$n":0}`+"\n"+`{"$n":1}`+"\n") || !strings.HasSuffix(out, "}\n") || !strings.Contains(remarks, "cut off or damaged") {
		t.Errorf("exit %d, %.40q, %s", code, out, remarks)
	}

	bad := eventFile(t, "A.ndjson", []byte("{\"n\":1}\n{\"n\":\n{\"n\":2}\n"))
	code, out, remarks = tabletop(t, "query", "SELECT $n FROM A", "--events", bad, "-o", "csv", "--strict")
	if code != 1 || out != "$n\n1\n2\n" || !strings.Contains(remarks, "1 line could not be decoded") {
		t.Errorf("exit %d, %q, %s", code, out, remarks)
	}
	code, out, remarks = tabletop(t, "query", "SELECT $n FROM A", "--events", bad, "-o", "ndjson", "--max-rows", "1")
	if code != 1 || out != `{"$n":1}`+"\n" || !strings.Contains(remarks, "more than 1 row:") {
		t.Errorf("exit %d, %q, %s", code, out, remarks)
	}
}

// TestNoRowsHaveAHeader is CSV without rows, which still names its columns.
func TestNoRowsHaveAHeader(t *testing.T) {
	path := eventFile(t, "A.ndjson", eventLines(2))
	code, out, _ := tabletop(t, "query", "SELECT $n, $t FROM A WHERE $n > 5", "--events", path, "-o", "csv")
	if code != 0 || out != "$n,$t\n" {
		t.Errorf("exit %d, %q", code, out)
	}
}

// gone is a pipe whose reader goes away behind the first bytes.
type gone struct{ left int }

func (g *gone) Write(b []byte) (int, error) {
	if g.left -= len(b); g.left < 0 {
		return 0, syscall.EPIPE
	}
	return len(b), nil
}

// full is a disk without room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, syscall.ENOSPC }

// TestReaderGoesAway ends the query without a word; a disk that is full is told.
func TestReaderGoesAway(t *testing.T) {
	path := eventFile(t, "A.ndjson", append(eventLines(100_000), "{\n"...))
	for _, form := range []string{"ndjson", "csv"} {
		args := []string{"query", "SELECT $n, $t FROM A", "--events", path, "-o", form}
		var remarks bytes.Buffer
		if code := run(context.Background(), args, strings.NewReader(""), &gone{1000}, &remarks); code != 0 || remarks.Len() > 0 {
			t.Error(form, code, remarks.String())
		}
		if code := run(context.Background(), args, strings.NewReader(""), full{}, &remarks); code != 1 || remarks.String() != "write the output: no space left on device\n" {
			t.Error(form, code, remarks.String())
		}
	}
}
