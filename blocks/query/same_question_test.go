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

// TestOneQuestionInThreeLanguages asks the same question in SQL, pipe DQL and
// legacy DQL of random events, and of an evaluator that knows nothing of either.
func TestOneQuestionInThreeLanguages(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		rows := rapid.SliceOfN(rapid.Custom(drawEvent), 0, 30).Draw(rt, "rows")
		set := setOf(rt, t.TempDir(), rows)
		conditions := rapid.SliceOfN(rapid.Custom(drawCondition), 1, 3).Draw(rt, "conditions")
		stat := rapid.SampledFrom([]string{"sum", "min", "max", "avg"}).Draw(rt, "stat")
		var sql, pipe, legacy []string
		for _, c := range conditions {
			sql = append(sql, fmt.Sprintf("$%s%s%s", c.field, c.op, quotedWhere(c)))
			pipe = append(pipe, fmt.Sprintf("%s %s %s", strings.ToLower(c.field), c.op, quotedWhere(c)))
			legacy = append(legacy, fmt.Sprintf("$%s%s%s", c.field, c.op, c.value))
		}
		ask := func(query string) []string { return answer(rt, set, query) }

		wanted := naiveGroups(rows, conditions, "")
		check := func(query string, want []string) {
			if got := ask(query); !slices.Equal(got, want) {
				rt.Fatalf("%s\ngot  %q\nwant %q", query, got, want)
			}
		}
		check("SELECT $A, count(*) FROM T WHERE "+strings.Join(sql, " AND ")+" GROUP BY $A", wanted)
		check("stream=t where "+strings.Join(pipe, " and ")+" | groupby a", wanted)
		check("_fetch * from event where $Stream=T AND "+strings.Join(legacy, " AND ")+" group count_unique $A limit 0", wanted)

		wanted = naiveGroups(rows, conditions, stat)
		check(fmt.Sprintf("SELECT $A, %s($N) FROM T WHERE %s GROUP BY $A", stat, strings.Join(sql, " AND ")), wanted)
		check(fmt.Sprintf("stream=t where %s | groupby a | select a, %s(n)", strings.Join(pipe, " and "), stat), wanted)
		check(fmt.Sprintf("_fetch * from event where $Stream=T AND %s group stat_unique $A %s $N limit 0", strings.Join(legacy, " AND "), stat), wanted)
		check(fmt.Sprintf("_fetch * from event where $Stream=T AND %s first 1000 >>_agg stat_unique $A %s $N", strings.Join(legacy, " AND "), stat), wanted)
	})
}

// An event has a text, which may be missing, and a number.
type event struct {
	a *string
	n int
}

func drawEvent(t *rapid.T) event {
	e := event{n: rapid.IntRange(-5, 5).Draw(t, "n")}
	if a := rapid.SampledFrom([]string{"", "x", "y", "X", "7"}).Draw(t, "a"); a != "" {
		e.a = &a
	}
	return e
}

// A simple is a condition that every language knows.
type simple struct{ field, op, value string }

func drawCondition(t *rapid.T) simple {
	if rapid.Bool().Draw(t, "text") {
		return simple{"A", rapid.SampledFrom([]string{"=", "!="}).Draw(t, "op"), rapid.SampledFrom([]string{"x", "y", "z"}).Draw(t, "value")}
	}
	return simple{"N", rapid.SampledFrom([]string{"=", "!=", "<", "<=", ">", ">="}).Draw(t, "op"), fmt.Sprint(rapid.IntRange(-3, 3).Draw(t, "value"))}
}

func quotedWhere(c simple) string {
	if c.field == "A" {
		return "'" + c.value + "'"
	}
	return c.value
}

func (c simple) holds(e event) bool {
	if c.field == "A" {
		return e.a != nil && (*e.a == c.value) == (c.op == "=")
	}
	var v int
	_, _ = fmt.Sscan(c.value, &v)
	switch c.op {
	case "=":
		return e.n == v
	case "!=":
		return e.n != v
	case "<":
		return e.n < v
	case "<=":
		return e.n <= v
	case ">":
		return e.n > v
	}
	return e.n >= v
}

// naiveGroups counts the events by their text, or gives a statistic of their
// numbers, as sorted lines.
func naiveGroups(rows []event, conditions []simple, stat string) []string {
	groups := map[string][]int{}
	for _, e := range rows {
		if slices.ContainsFunc(conditions, func(c simple) bool { return !c.holds(e) }) {
			continue
		}
		key := "NULL"
		if e.a != nil {
			key = *e.a
		}
		groups[key] = append(groups[key], e.n)
	}
	out := []string{}
	for key, list := range groups {
		sum := 0
		for _, n := range list {
			sum += n
		}
		result := map[string]workbook.Value{
			"": int64(len(list)), "sum": int64(sum), "min": int64(slices.Min(list)), "max": int64(slices.Max(list)),
			"avg": float64(sum) / float64(len(list)),
		}[stat]
		out = append(out, key+" "+workbook.Text(result))
	}
	slices.Sort(out)
	return out
}

func setOf(t *rapid.T, dir string, rows []event) *events.Set {
	var text strings.Builder
	for i, e := range rows {
		a := "null"
		if e.a != nil {
			a = `"` + *e.a + `"`
		}
		n := fmt.Sprint(e.n)
		if i%2 == 1 {
			n = `"` + n + `"` // ports and sizes come as texts too
		}
		fmt.Fprintf(&text, `{"$Stream":"T","$CNAMTime":%d,"$A":%s,"$N":%s}`+"\n", 1768046300000+i, a, n)
	}
	path := filepath.Join(dir, "events.ndjson")
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	set, err := events.Open(path, events.Options{Wall: fixtureClock.Now})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// answer gives the rows of a question as sorted lines.
func answer(t *rapid.T, set *events.Set, query string) []string {
	q, problems := ParseQuestion(source.NewText("query", query), Options{Events: set}, workbook.NewPreparation(nil))
	if problems.Err() != nil {
		t.Fatalf("%s\n%v", query, problems)
	}
	out, err := q.Run(context.Background(), workbook.Table{}, &workbook.Env{Now: fixtureClock.Now, MaxRows: 1000})
	if err != nil {
		t.Fatalf("%s\n%v", query, err)
	}
	lines := []string{}
	for _, row := range out.Table.Rows {
		key := "NULL"
		if row.Values[0] != nil {
			key = workbook.Text(row.Values[0])
		}
		lines = append(lines, key+" "+workbook.Text(row.Values[1]))
	}
	slices.Sort(lines)
	return lines
}
