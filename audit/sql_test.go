package audit

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tabletop/workbook"
	"tabletop/workbook/source"
)

// selected asks and returns the columns and the rows as text.
func selected(t testing.TB, reader *Reader, query string, o SelectOptions) (columns, rows []string, err error) {
	t.Helper()
	err = reader.Select(t.Context(), query, o, Receiver{
		Columns: func(names []string) error {
			columns = names
			return nil
		},
		Row: func(values []workbook.Value) error {
			cells := make([]string, len(values))
			for i, v := range values {
				cells[i] = workbook.Text(v)
			}
			rows = append(rows, strings.Join(cells, "|"))
			return nil
		},
	})
	return columns, rows, err
}

// TestSelectAnswersAsTheViewsDo asks what the tests of the views ask.
func TestSelectAnswersAsTheViewsDo(t *testing.T) {
	for path, tests := range map[string][]viewTest{viewed(t): viewTests, viewedSending(t): sendingViewTests} {
		reader := newReader(t, path)
		for _, test := range tests {
			_, got, err := selected(t, reader, test.query, SelectOptions{})
			if diff := cmp.Diff(test.want, got); diff != "" || err != nil {
				t.Errorf("%s: %v\n%s", test.query, err, diff)
			}
		}
	}
}

func TestSelectTakesAnyQueryOfTheViews(t *testing.T) {
	reader := newReader(t, viewed(t))
	for query, want := range map[string]string{
		"SELECT count(*) FROM runs":                                                                    "2",
		"select count(*) from (select 1 from actions) x":                                               "2",
		"WITH a AS (SELECT 1) SELECT count(*) FROM a":                                                  "1",
		"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<3) SELECT max(i) FROM n": "3",
		"VALUES (1)": "1",
		`SELECT cells ->> '$."$SrcIP"' FROM rows WHERE block = 1 AND row = 1`:          "203.0.113.1",
		"SELECT value FROM signals, json_each(target) WHERE signal = 1":                "198.51.100.9",
		"SELECT count(*) FROM json_tree('[1,2]')":                                      "3",
		"SELECT count(*) FROM \"actions\" AS a JOIN [runs] AS r ON r.run = a.run -- x": "2",
		"SELECT x'00ff'": "00ff",
		"SELECT 9e999":   "+Inf",
		"SELECT 1;":      "1",
		"SELECT verdict FROM actions WHERE target = '203.0.113.1' /* of a query */": "would_send",
	} {
		_, got, err := selected(t, reader, query, SelectOptions{})
		if err != nil || strings.Join(got, ",") != want {
			t.Errorf("%s gives %q, %v; want %s", query, got, err, want)
		}
	}
	columns, _, err := selected(t, reader, "SELECT a.run, b.run, 1 AS Run FROM runs a, runs b", SelectOptions{})
	if diff := cmp.Diff([]string{"run", "run:1", "Run:2"}, columns); diff != "" || err != nil {
		t.Error(err, diff)
	}
}

// mistakeTests are queries and what is said of them: the place, and the rest.
var mistakeTests = []struct{ query, want string }{
	{"", "query:1:1: an empty query"},
	{" -- nothing\n", "query:1:1: an empty query"},
	{"SELECT * FROM actoins", "query:1:15: no view actoins\n    SELECT * FROM actoins\n                  ^\n    did you mean actions?"},
	{"SELECT 'verdct', verdct FROM actions", "query:1:18: no column verdct\n    SELECT 'verdct', verdct FROM actions\n                     ^\n    did you mean verdict?"},
	{"SELECT a.targt\nFROM actions a", "query:1:10: no column a.targt\n    SELECT a.targt\n             ^\n    did you mean target?"},
	{`SELECT "x y" FROM runs`, "query:1:8: no column x y"},
	{"SELECT run FROM runs, actions", "query:1:8: several views here have a column run\n    SELECT run FROM runs, actions\n           ^\n    write the view before it, as in runs.run"},
	{"SELECT run FORM runs WHERE run", "query:1:17: SQL does not go on with runs here"},
	{"SELECT (1) FROM runs)", "query:1:21: SQL does not go on with ) here"},
	{"SELECT run,\n FROM runs", "query:2:2: SQL does not go on with FROM here"},
	{"SELECT run FROM runs WHERE", "query:1:27: the query ends too early"},
	{"SELECT 'abc FROM runs", "query:1:8: SQL has no place for 'abc FROM runs\n    SELECT 'abc FROM runs\n           ^\n    end it with"},
	{"SELECT $SrcIP FROM rows", "query:1:8: $SrcIP is no column of a view\n    SELECT $SrcIP FROM rows\n           ^\n    a workbook's column stands in rows.cells: cells ->> '$.\"$SrcIP\"'"},
	{"SELECT * FROM runs WHERE run = ?", "query:1:32: ? is no column of a view"},
	{"SELECT nosuch(1)", "query:1:8: no such function: nosuch"},
	{"SELECT substr()", "query:1:8: wrong number of arguments"},
	{"SELECT 1; SELECT 2", "query:1:11: a second statement"},
	{"SELECT 1\x00", "query:1:9: a NUL byte"},
	{"SELECT 1 UNION SELECT 1, 2", "query: SELECTs to the left"},
	{"DELETE FROM entries", "query:1:1: DELETE is no query"},
	{"PRAGMA user_version", "query:1:1: PRAGMA is no query"},
	{"EXPLAIN SELECT 1", "query:1:1: EXPLAIN is no query"},
	{"WITH x AS (SELECT 1) DELETE FROM runs", "query:"},
	{"WITH x AS (SELECT 1) INSERT INTO entries SELECT * FROM entries", "query:1:1: the query does more than read"},
	{"SELECT * FROM entries", "query:1:15: entries is no view"},
	{"SELECT count(*) FROM bodies", "query:1:22: bodies is no view"},
	{"SELECT * FROM (SELECT salt FROM bodies) AS runs", "query:1:33: bodies is no view"},
	{"WITH runs AS (SELECT salt FROM bodies) SELECT * FROM runs", "query:1:6: runs is a view"},
	{"WITH \"Runs\"(a) AS NOT MATERIALIZED (SELECT salt FROM bodies) SELECT * FROM runs", "query:1:6: Runs is a view"},
	{"WITH runs AS MATERIALIZED (SELECT salt FROM bodies) SELECT * FROM runs", "query:1:6: runs is a view"},
	{"SELECT * FROM sqlite_schema", "query:1:15: the schema is no view"},
	{"SELECT count(*) FROM sqlite_schema", "query:1:22: the schema"},
	{"SELECT * FROM pragma_table_info('runs')", "query:"},
	{"SELECT randomblob(1000000000)", "query:1:8: randomblob may not be called here"},
	{"SELECT load_extension('x')", "query:1:8: load_extension may not be called here"},
}

func TestMistakesInQueries(t *testing.T) {
	reader := newReader(t, viewed(t))
	for _, test := range mistakeTests {
		_, rows, err := selected(t, reader, test.query, SelectOptions{})
		var problems source.Problems
		if !errors.As(err, &problems) || !strings.HasPrefix(problems.Error(), test.want) || rows != nil {
			t.Errorf("%s: %v\nwant %s", test.query, err, test.want)
		}
	}
}

// TestSelectIsBounded asks for too much.
func TestSelectIsBounded(t *testing.T) {
	reader := newReader(t, viewed(t))
	endless := "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT "
	_, rows, err := selected(t, reader, endless+"i FROM n", SelectOptions{MaxRows: 3})
	if most := workbook.TooManyRows(0); !errors.As(err, &most) || len(rows) != 3 {
		t.Errorf("%d rows, %v", len(rows), err)
	}
	if _, _, err = selected(t, reader, endless+"count(*) FROM n", SelectOptions{Within: 20 * time.Millisecond}); !errors.Is(err, ErrTooSlow) {
		t.Errorf("an endless query: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	nothing := Receiver{Columns: func([]string) error { return nil }, Row: func([]workbook.Value) error { return nil }}
	if err = reader.Select(ctx, endless+"count(*) FROM n", SelectOptions{Within: time.Hour}, nothing); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled query: %v", err)
	}
	for query, want := range map[string]string{
		"SELECT printf('%100000000d', 1)":                         "more than 32 MiB",
		"SELECT 'a' LIKE replace(hex(printf('%999d')), 'a', '%')": "LIKE or GLOB pattern too complex",
		"SELECT json_extract('{', '$')":                           "malformed JSON",
		"SELECT 1 -- " + strings.Repeat("x", maxQueryBytes):       "at most 1048576 are read",
	} {
		if _, _, err := selected(t, reader, query, SelectOptions{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.80s: %.200v, want %s", query, err, want)
		}
	}
}

// TestNothingThatIsAskedChangesTheFile asks what might.
func TestNothingThatIsAskedChangesTheFile(t *testing.T) {
	path := viewed(t)
	before := mustVerify(t, path)
	reader := newReader(t, path)
	for _, test := range mistakeTests {
		_, _, _ = selected(t, reader, test.query, SelectOptions{})
	}
	if diff := cmp.Diff(before, mustVerify(t, path)); diff != "" {
		t.Error(diff)
	}
}

// TestPieces holds the pieces of a text together: in order they are all of it
// but blanks and comments.
func TestPieces(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		checkPieces(rt, rapid.StringOf(rapid.RuneFrom([]rune("ab1 '\"`[]-/*$?;(),.\n\x00é"))).Draw(rt, "query"))
	})
}

func checkPieces(t interface{ Fatalf(string, ...any) }, query string) {
	at := 0
	for _, p := range pieces(query) {
		if p.offset < at || p.text == "" || query[p.offset:p.offset+len(p.text)] != p.text {
			t.Fatalf("%q at %d of %q", p.text, p.offset, query)
		}
		for at < p.offset {
			n := blank(query[at:])
			if n == 0 || at+n > p.offset {
				t.Fatalf("%q before %q of %q is in no piece", query[at:p.offset], p.text, query)
			}
			at += n
		}
		at += len(p.text)
	}
}

// FuzzSelect asks anything: the answer is an error with its place or rows, and
// never what is in the tables.
func FuzzSelect(f *testing.F) {
	for _, test := range mistakeTests {
		f.Add(test.query)
	}
	for _, test := range viewTests {
		f.Add(test.query)
	}
	reader := newReader(f, viewed(f))
	f.Fuzz(func(t *testing.T, query string) {
		checkPieces(t, query)
		_, rows, err := selected(t, reader, query, SelectOptions{MaxRows: 10, Within: time.Second})
		if err == nil && strings.Contains(strings.ToLower(strings.Join(rows, "\n")), "create table") {
			t.Errorf("%s reads the schema: %q", query, rows)
		}
	})
}
