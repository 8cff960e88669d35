package query

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tabletop/workbook"
	"tabletop/workbook/events"
	"tabletop/workbook/source"
)

// A joinable is an event of the tests of JOIN: a key, which may be a text, a
// number or missing, another, and its place in the stream.
type joinable struct {
	x, y workbook.Value
	i    int
}

var joinKeys = []workbook.Value{nil, "x", "X", "", "7", int64(7), "007", 1.5, "1.5", int64(-3), "é"}

func drawJoinable(i int) *rapid.Generator[joinable] {
	return rapid.Custom(func(t *rapid.T) joinable {
		return joinable{rapid.SampledFrom(joinKeys).Draw(t, "x"), rapid.SampledFrom(joinKeys[:5]).Draw(t, "y"), i}
	})
}

func drawJoinables(t *rapid.T, name string) []joinable {
	var out []joinable
	for i := range rapid.IntRange(0, 12).Draw(t, name) {
		out = append(out, drawJoinable(i).Draw(t, name))
	}
	return out
}

func (j joinable) line(stream string) string {
	text := fmt.Sprintf(`{"$Stream":%q,"$I":%d`, stream, j.i)
	for name, v := range map[string]workbook.Value{"$X": j.x, "$Y": j.y} {
		switch v := v.(type) {
		case string:
			text += fmt.Sprintf(`,%q:%q`, name, v)
		case nil:
		default:
			text += fmt.Sprintf(`,%q:%v`, name, v)
		}
	}
	return text + "}\n"
}

// A joinKind is a condition between two streams, in SQL and as a test of rows.
type joinKind struct {
	on    string
	holds func(a, b joinable) bool
}

func textsEqual(a, b workbook.Value) bool {
	return a != nil && b != nil && workbook.Text(a) == workbook.Text(b)
}

func numbersEqual(a, b workbook.Value) bool {
	x, y := workbook.Number(a), workbook.Number(b)
	return x != nil && y != nil && events.Order(x, y) == 0
}

var joinKinds = []joinKind{
	{"a.$X = b.$X", func(a, b joinable) bool { return textsEqual(a.x, b.x) }},
	{"b.$X == a.$X AND a.$Y = b.$Y", func(a, b joinable) bool { return textsEqual(a.x, b.x) && textsEqual(a.y, b.y) }},
	{"a.$X = b.$X AND b.$I > 2", func(a, b joinable) bool { return textsEqual(a.x, b.x) && b.i > 2 }},
	{"a.$X = b.$X AND a.$I > b.$I + 0 AND b.$Y IS NOT NULL", func(a, b joinable) bool { return textsEqual(a.x, b.x) && a.i > b.i && b.y != nil }},
	{"a.$X + 0 = b.$X", func(a, b joinable) bool { return numbersEqual(a.x, b.x) }},
	{"lower(a.$X) = lower(b.$X)", func(a, b joinable) bool {
		return a.x != nil && b.x != nil && strings.EqualFold(workbook.Text(a.x), workbook.Text(b.x))
	}},
	{"a.$I + 0 < b.$I", func(a, b joinable) bool { return a.i < b.i }},
	{"a.$X = b.$X OR a.$Y = b.$Y", func(a, b joinable) bool { return textsEqual(a.x, b.x) || textsEqual(a.y, b.y) }},
	{"a.$X <=> b.$X", func(a, b joinable) bool { return a.x == nil && b.x == nil || textsEqual(a.x, b.x) }},
}

// TestJoinsAgreeWithNestedLoops compares JOINs with loops over all pairs, the
// order of their rows included.
func TestJoinsAgreeWithNestedLoops(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		left, right, third := drawJoinables(rt, "a"), drawJoinables(rt, "b"), drawJoinables(rt, "c")
		set := joinedSet(rt, t.TempDir(), map[string][]joinable{"A": left, "B": right, "C": third})
		kind := rapid.SampledFrom(joinKinds).Draw(rt, "kind")
		inner, outer := nestedLoop(left, right, kind, false), nestedLoop(left, right, kind, true)
		b := rapid.SampledFrom([]string{"B b", "(SELECT $X, $Y, $I FROM B) b", "(SELECT $X, $Y, $I FROM B WHERE $I >= 0) b"}).Draw(rt, "b")
		check := func(query string, want []string) {
			if got := joinedRows(rt, set, query); !slices.Equal(got, want) {
				rt.Fatalf("%s\ngot  %q\nwant %q", query, got, want)
			}
		}
		check("SELECT a.$I, b.$I FROM A a JOIN "+b+" ON "+kind.on, inner)
		check("SELECT a.$I, b.$I FROM A a, "+b+" WHERE "+kind.on, inner)
		check("SELECT a.$I, b.$I FROM A a LEFT JOIN "+b+" ON "+kind.on, outer)
		check("SELECT a.$I, b.$I FROM A a LEFT JOIN "+b+" ON "+kind.on+" WHERE b.$I IS NULL", without(outer))
		check("SELECT a.$I, b.$I FROM (SELECT $X, $Y, $I FROM A) a JOIN "+b+" ON "+kind.on, inner)
		check("SELECT count(*), sum(b.$I) IS NULL FROM A a LEFT JOIN "+b+" ON "+kind.on, []string{fmt.Sprint(len(outer), " ", len(inner) == 0)})
		check("SELECT a.$I, first(b.$I) FROM A a JOIN "+b+" ON "+kind.on+" GROUP BY a.$I", firstOf(inner))

		var threefold []string
		for _, x := range left {
			for _, y := range right {
				for _, z := range third {
					if kind.holds(x, y) && textsEqual(y.x, z.x) {
						threefold = append(threefold, fmt.Sprint(x.i, " ", y.i*100+z.i))
					}
				}
			}
		}
		check("SELECT a.$I, b.$I * 100 + c.$I FROM A a JOIN "+b+" ON "+kind.on+" JOIN C c ON c.$X = b.$X", threefold)
		var in []string
		for _, x := range left {
			if slices.ContainsFunc(right, func(y joinable) bool { return kind.holds(x, y) }) {
				in = append(in, fmt.Sprint(x.i, " ", x.i))
			}
		}
		check("SELECT $I, $I FROM A o WHERE $I IN (SELECT a.$I FROM A a JOIN "+b+" ON "+kind.on+")", in)
	})
}

// nestedLoop gives the pairs for which a condition holds, and with all the rows
// of a that have none.
func nestedLoop(a, b []joinable, kind joinKind, all bool) []string {
	var out []string
	for _, x := range a {
		n := len(out)
		for _, y := range b {
			if kind.holds(x, y) {
				out = append(out, fmt.Sprint(x.i, " ", y.i))
			}
		}
		if all && len(out) == n {
			out = append(out, fmt.Sprint(x.i, " NULL"))
		}
	}
	return out
}

func without(rows []string) []string {
	var out []string
	for _, row := range rows {
		if strings.HasSuffix(row, "NULL") {
			out = append(out, row)
		}
	}
	return out
}

// firstOf keeps the first row of each first number.
func firstOf(rows []string) []string {
	var out []string
	for _, row := range rows {
		name, _, _ := strings.Cut(row, " ")
		if len(out) == 0 || !strings.HasPrefix(out[len(out)-1], name+" ") {
			out = append(out, row)
		}
	}
	return out
}

func joinedSet(t rapid.TB, dir string, streams map[string][]joinable) *events.Set {
	for stream, rows := range streams {
		var text strings.Builder
		text.WriteString(`{"$Stream":"NONE"}` + "\n") // a file of events is not empty
		for _, row := range rows {
			text.WriteString(row.line(stream))
		}
		if err := os.WriteFile(filepath.Join(dir, stream+".ndjson"), []byte(text.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	set, err := events.Open(dir, events.Options{Wall: fixtureClock.Now})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func joinedRows(t *rapid.T, set *events.Set, query string) []string {
	s, problems := Parse(source.NewText("query", query), workbook.NewPreparation(nil))
	if problems.Err() != nil {
		t.Fatalf("%s\n%v", query, problems)
	}
	r, _, err := s.Run(context.Background(), Options{Events: set}, fixtureClock, 10_000, nil)
	if err != nil {
		t.Fatalf("%s\n%v", query, err)
	}
	var out []string
	for _, row := range r.Table.Rows {
		var cells []string
		for _, v := range row.Values {
			if v == nil {
				v = "NULL"
			}
			cells = append(cells, workbook.Text(v))
		}
		out = append(out, strings.Join(cells, " "))
	}
	return out
}

// BenchmarkJoin joins two streams of n events by a key that each event has for
// itself, n as text.
func BenchmarkJoin(b *testing.B) {
	for _, n := range []int{3_000, 30_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var rows []joinable
			for i := range n {
				rows = append(rows, joinable{x: fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255), i: i})
			}
			set := joinedSet(b, b.TempDir(), map[string][]joinable{"A": rows, "B": rows})
			s, problems := Parse(source.NewText("query", "SELECT count(*) FROM A a LEFT JOIN B b ON a.$X = b.$X"), workbook.NewPreparation(nil))
			if problems.Err() != nil {
				b.Fatal(problems)
			}
			for b.Loop() {
				r, _, err := s.Run(context.Background(), Options{Events: set}, fixtureClock, 10, nil)
				if err != nil || r.Table.Rows[0].Values[0] != int64(n) {
					b.Fatal(r.Table.Rows, err)
				}
			}
		})
	}
}
