package query

import (
	"context"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tabletop/workbook"
	"tabletop/workbook/source"
)

// TestEachAgreesWithRun asks questions in all languages for a table and for its
// rows one by one.
func TestEachAgreesWithRun(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		set := setOf(rt, t.TempDir(), rapid.SliceOfN(rapid.Custom(drawEvent), 0, 30).Draw(rt, "rows"))
		text := rapid.SampledFrom([]string{
			"SELECT * FROM T", "SELECT * FROM NONE", "SELECT *, $A AS $Twice FROM T LIMIT 5", "SELECT $N, $A FROM T WHERE $N > 0 ORDER BY $N DESC",
			"SELECT $A, count(*), sum($N) FROM T GROUP BY $A", "SELECT upper($A) AS $u, count(*) + 1 AS $n FROM T GROUP BY upper($A)", "SELECT count(*) FROM T",
			"SELECT count(*) FROM T WHERE upper($A)='X'", "SELECT x.$A, y.$N FROM T AS x JOIN T AS y ON x.$A = y.$A", "SELECT $m FROM (SELECT max($N) AS $m FROM T GROUP BY $A)",
			"SELECT DISTINCT $A FROM T", "SELECT $A FROM T UNION ALL SELECT $N FROM T",
			"stream=t", "stream=t where n > 0 | limit 3", "stream=t | groupby a", "$N > 0", "_fetch * from event where $Stream=T limit 3", "_fetch $A from event last 4",
			"_fetch * from event where $Stream=T group count_unique $A limit 0",
		}).Draw(rt, "question")
		ask := func() *Question {
			q, problems := ParseQuestion(source.NewText("query", text), Options{Events: set}, workbook.NewPreparation(nil))
			if problems.Err() != nil {
				rt.Fatal(text, problems)
			}
			return q
		}
		env := workbook.Env{Now: fixtureClock.Now, MaxRows: 10_000}
		whole, err := ask().Run(context.Background(), workbook.Table{}, &env)
		if err != nil {
			rt.Fatal(text, err)
		}
		one := ask()
		if !one.OneStatement() {
			rt.Fatal(text, "is one statement")
		}
		var names [][]string
		var got [][]workbook.Value
		env.MaxRows = 0
		warnings, err := one.Each(context.Background(), &env, Receiver{
			Columns: func(columns []string) error { names = append(names, columns); return nil },
			Row:     func(values []workbook.Value) error { got = append(got, slices.Clone(values)); return nil },
		})
		if err != nil {
			rt.Fatal(text, err)
		}
		var want [][]workbook.Value
		for _, row := range whole.Table.Rows {
			want = append(want, row.Values)
		}
		if diff := cmp.Diff(want, got) + cmp.Diff([][]string{whole.Table.Columns}, names) + cmp.Diff(whole.Warnings, warnings); diff != "" {
			rt.Fatalf("%s\n%s", text, diff)
		}
	})
}

// TestChainsAreNoOneStatement are questions whose directives need all rows.
func TestChainsAreNoOneStatement(t *testing.T) {
	for _, text := range []string{"_fetch * from event last 5 >>_sort by $N DESC", "_fetch * from event group count_unique $A, $N limit 3"} {
		q, problems := ParseQuestion(source.NewText("query", text), Options{}, workbook.NewPreparation(nil))
		if problems.Err() != nil {
			t.Fatal(text, problems)
		}
		if q.OneStatement() {
			t.Error(text)
		}
	}
}
