package events

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tabletop/workbook"
)

// openFile opens a file of that text, to be read in chunks of a size.
func openFile(t *testing.T, name, text string, chunk int) *Set {
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
	return set
}

// allRows asks for two columns of every event.
func allRows() Query {
	return Query{
		Scans: []Scan{{Columns: []string{"a", "b"}}}, SQL: `SELECT c0, c1, rowid, "line" FROM t0`, Columns: []string{"a", "b"},
		Evidence: RowEvidence, MaxRows: 100_000,
	}
}

// TestEachGivesTheRowsOfTheTable reads random CSV, in which quotes stand well and
// badly and hold newlines, in chunks of any size: files that can't be cut are found
// out in the middle, when rows have been given already.
func TestEachGivesTheRowsOfTheTable(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		field := rapid.SampledFrom([]string{"x", "1", "", `"q"`, "\"a\nb\"", "\"\n\n\"", `"say ""no"""`, `a"b`, `"broken`, `"x"y`, "long text without quotes"})
		var text strings.Builder
		text.WriteString("a,b\n")
		for range rapid.IntRange(0, 40).Draw(rt, "lines") {
			text.WriteString(field.Draw(rt, "a") + "," + field.Draw(rt, "b") + "\n")
		}
		chunk := rapid.IntRange(8, 200).Draw(rt, "chunk")
		want, err := openFile(t, "e.csv", text.String(), chunk).Query(t.Context(), allRows(), nil)
		if err != nil {
			rt.Fatal(err)
		}
		var got [][]workbook.Value
		q := allRows()
		q.MaxRows = 0
		q.Each = func(row workbook.Row) error {
			got = append(got, slices.Clone(row.Values))
			return nil
		}
		result, err := openFile(t, "e.csv", text.String(), chunk).Query(t.Context(), q, nil)
		if err != nil {
			rt.Fatal(err)
		}
		var rows [][]workbook.Value
		for _, row := range want.Table.Rows {
			rows = append(rows, row.Values)
		}
		if diff := cmp.Diff(rows, got); diff != "" {
			rt.Fatalf("%q in chunks of %d\n%s", text.String(), chunk, diff)
		}
		if result.Rows != want.Rows || result.Undecodable != want.Undecodable || len(result.Table.Rows) > 0 {
			rt.Fatal(result.Rows, want.Rows, result.Undecodable, want.Undecodable, len(result.Table.Rows))
		}
	})
}

// TestEachIsNotGivenRowsTwice has a file whose quotes go wrong behind many rows.
func TestEachIsNotGivenRowsTwice(t *testing.T) {
	for name, last := range map[string]string{"quote out of place": `x"y,1`, "newlines between quotes": `"x` + strings.Repeat("\n", 2000) + `",1`} {
		t.Run(name, func(t *testing.T) {
			set := openFile(t, "e.csv", "a,b\n"+strings.Repeat("1,2\n", 5000)+last+"\n", 512)
			given := 0
			q := allRows()
			q.Each = func(workbook.Row) error {
				given++
				return nil
			}
			result, err := set.Query(t.Context(), q, nil)
			if err != nil || !set.files[0].uneven && !set.files[0].inOrder {
				t.Fatal(err, "the file was cut to its end")
			}
			if given != result.Rows || given < 5000 || given > 5001 {
				t.Error(given, result.Rows)
			}
		})
	}
}

// TestAnErrorOfEachEndsTheQuery is a reader that goes away behind the first row.
func TestAnErrorOfEachEndsTheQuery(t *testing.T) {
	text := manyLines(200_000)
	path := filepath.Join(t.TempDir(), "e.ndjson")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	progress := &Progress{}
	set, err := Open(path, Options{Progress: progress})
	if err != nil {
		t.Fatal(err)
	}
	set.chunkSize = 16 << 10
	gone := errors.New("gone")
	q := allRows()
	rows := 0
	q.Each = func(workbook.Row) error {
		rows++
		return gone
	}
	if _, err = set.Query(t.Context(), q, nil); err != gone { //nolint:errorlint // as it is
		t.Fatal(err)
	}
	if read := progress.All(); rows != 1 || read > int64(len(text))/2 {
		t.Errorf("%d rows given; %d of %d bytes read", rows, read, len(text))
	}
}

func TestBoundsOfEach(t *testing.T) {
	set := openFile(t, "e.ndjson", manyLines(10), chunkSize)
	given := 0
	q := allRows()
	q.MaxRows = 3
	q.Each = func(workbook.Row) error {
		given++
		return nil
	}
	var most workbook.TooManyRows
	if _, err := set.Query(t.Context(), q, nil); !errors.As(err, &most) || most != 3 || given != 3 {
		t.Error(err, given)
	}
}
