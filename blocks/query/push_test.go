package query

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tabletop/workbook"
	"tabletop/workbook/events"
	"tabletop/workbook/source"
)

// cells are values that are apart by a hair: equal as numbers and not as texts,
// numbers beyond 64 bits, texts that look like numbers, nothing.
var cells = []string{
	`null`, `"x"`, `"X"`, `""`, `"007"`, `"7"`, `7`, `7.0`, `"1e5"`, `1e5`, `100000`, `-3`, `"-3"`, `9223372036854775807`, `"9223372036854775806"`,
	`9223372036854775808`, `"abc%"`, `"a_c"`, `"abc"`, `true`, `1.5`, `"1.50"`, `0`, `"é"`, `0.1`, `"a\u0000b"`, `"5."`, `{"a":1}`,
}

var literals = []string{`'x'`, `'7'`, `7`, `'007'`, `1.5`, `-3`, `9223372036854775807`, `''`, `'abc'`, `100000`, `'é'`, `0`}

// condition draws a condition that the readers may test, or not.
func condition(t *rapid.T, depth int) string {
	column := func() string { return rapid.SampledFrom([]string{"$A", "$B", "$C"}).Draw(t, "column") }
	literal := func() string { return rapid.SampledFrom(literals).Draw(t, "literal") }
	kind := rapid.IntRange(0, 10).Draw(t, "kind")
	if depth == 0 {
		kind %= 7
	}
	not := rapid.SampledFrom([]string{"", "NOT "}).Draw(t, "not")
	switch kind {
	case 0, 1:
		return column() + rapid.SampledFrom([]string{"=", "<>", "<", "<=", ">", ">="}).Draw(t, "op") + literal()
	case 2:
		return column() + " " + not + "IN (" + literal() + ", " + literal() + ", " + literal() + ")"
	case 3:
		return column() + " " + not + "BETWEEN " + literal() + " AND " + literal()
	case 4:
		return column() + " " + not + "LIKE '" + rapid.SampledFrom([]string{"%", "_", "a%", "%b%", "%7%", "a\\_c", "%é"}).Draw(t, "pattern") + "'"
	case 5:
		return column() + " IS " + not + "NULL"
	case 6:
		return literal() + "<" + column() + " AND length(" + column() + ") > 0" // half of it is not for the readers
	case 7, 8:
		return "(" + condition(t, depth-1) + " AND " + condition(t, depth-1) + ")"
	case 9:
		return "(" + condition(t, depth-1) + " OR " + condition(t, depth-1) + ")"
	}
	return "NOT (" + condition(t, depth-1) + ")"
}

// having draws a condition on groups.
func having(t *rapid.T, depth int) string {
	made := rapid.SampledFrom([]string{"count(*)", "sum($B)", "avg($B)", "min($C)", "max($C)", "count(DISTINCT $B)", "$A", "$C"}).Draw(t, "made")
	literal := rapid.SampledFrom(literals).Draw(t, "limit")
	switch kind := rapid.IntRange(0, 5).Draw(t, "kind"); {
	case depth > 0 && kind == 0:
		return "(" + having(t, depth-1) + " OR " + having(t, depth-1) + ")"
	case depth > 0 && kind == 1:
		return "NOT (" + having(t, depth-1) + " AND " + having(t, depth-1) + ")"
	case kind == 2:
		return made + " IS NOT NULL"
	case kind == 3:
		return made + " IN (1, " + literal + ")"
	}
	return made + rapid.SampledFrom([]string{"=", "<>", "<", ">="}).Draw(t, "op") + literal
}

// TestPushingDownChangesNothing asks random questions of random events, once
// with conditions and groups pushed down to the readers and once with all of
// them left to SQLite.
func TestPushingDownChangesNothing(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var text strings.Builder
		cell := rapid.SampledFrom(cells)
		for range rapid.IntRange(0, 30).Draw(rt, "rows") {
			fmt.Fprintf(&text, `{"$Stream":"T","$A":%s,"$B":%s,"$C":%s}`+"\n", cell.Draw(rt, "a"), cell.Draw(rt, "b"), cell.Draw(rt, "c"))
		}
		path := filepath.Join(t.TempDir(), "e.ndjson")
		if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		set, err := events.Open(path, events.Options{})
		if err != nil {
			rt.Fatal(err)
		}
		where := condition(rt, 3)
		aggregates := "count(*), count($B), count_if(" + condition(rt, 1) + ") AS $f, sum($B), avg($B) AS $v, min($C), max($C), count(DISTINCT $B)"
		query := rapid.SampledFrom([]string{
			"SELECT $A, $B, $C FROM T WHERE " + where,
			"SELECT $A, " + aggregates + " FROM T WHERE " + where + " GROUP BY $A",
			"SELECT $A, $C, " + aggregates + " FROM T WHERE " + where + " GROUP BY $A, $C HAVING count(*) > 1 ORDER BY max($B) DESC, $A LIMIT 3",
			"SELECT $A, $C, " + aggregates + " FROM T WHERE " + where + " GROUP BY $A, $C HAVING " + having(rt, 2) + " AND " + having(rt, 1),
			"SELECT count(*), min($C) FROM T WHERE " + where + " HAVING sum($B)>=1",
			"SELECT " + aggregates + " FROM T WHERE " + where,
			"SELECT DISTINCT $B FROM T WHERE " + where,
			"SELECT upper($A) AS $u, count(*) + 1 AS $n FROM T WHERE " + where + " GROUP BY $A ORDER BY 2 DESC",
			"SELECT count(*) FROM T WHERE $A IN (SELECT $B FROM T WHERE " + where + ")",
		}).Draw(rt, "query")
		s, problems := Parse(source.NewText("query", query), workbook.NewPreparation(nil))
		if len(problems) > 0 {
			rt.Fatal(problems)
		}
		var results [2]events.Result
		for i, plain := range []bool{false, true} {
			if results[i], _, err = s.Run(context.Background(), Options{Events: set, Plain: plain}, fixtureClock, 1000, nil); err != nil {
				rt.Fatal(query, err)
			}
		}
		if diff := cmp.Diff(results[1].Table, results[0].Table); diff != "" {
			rt.Fatalf("%s\n%s%s", query, text.String(), diff)
		}
	})
}
