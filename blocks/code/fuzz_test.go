package code

import (
	"context"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"tabletop/workbook"
	"tabletop/workbook/source"
)

var statementSeeds = []string{
	"$Domain = host($URL)\nwhere $Domain != nil", "drop $A, $B\nrename $C to col('x y')", "$A = (1 +\n 2) // c\n", "where $A in ['x'] and not ($B matches '^a+$')",
	"$A = $B ?: 1", "$A = 1 < 2 < 3", "$A = {'a': [1, {}]}.a[0]", "$A = `x\ny` + 'z\\u00e9'", "$A = $B | lower() | trim('x')", "$A = -+-1 ** 2 ?? 3", "$A = [1,2][0:1]",
	"$A = filter($B, {# > 1})", "$A = let x = 1; x", "$A = ((((", "'", "$A = \xff", "$A = json_parse('[1]')?.x", "where true ? nil : false", "$ = 1", "$A=1e400", "$A = 99999999999999999999",
}

func FuzzStatements(f *testing.F) {
	for _, s := range statementSeeds {
		f.Add(s, "a,b", "7")
	}
	f.Fuzz(func(t *testing.T, text, a, b string) {
		if isPython(text) || !utf8.ValidString(text) {
			return
		}
		start := time.Now()
		p := workbook.NewPreparation(nil)
		p.In = workbook.Columns{Names: []string{"$A", "$B"}, Known: true}
		step := prepareStatements(source.NewText("fuzz", text), onErrorSkip, p)
		for _, problem := range p.Problems() {
			if problem.Line < 1 || problem.Line > strings.Count(text, "\n")+1 {
				t.Fatalf("a mistake outside of the text: %v", problem)
			}
		}
		if len(p.Problems()) == 0 {
			out, err := step.Run(context.Background(), table(columns{"$A", "$B"}, values{a, b}, values{nil, int64(3)}), environment())
			if err == nil {
				validTable(t, out.Table, p.Out.Names)
			}
		}
		if took := time.Since(start); took > 5*time.Second {
			t.Fatalf("took %s", took)
		}
	})
}

// validTable fails where a table is not one that the next block may get.
func validTable(t *testing.T, out workbook.Table, names []string) {
	if names != nil && strings.Join(out.Columns, "\x00") != strings.Join(names, "\x00") {
		t.Fatalf("columns %q, prepared %q", out.Columns, names)
	}
	for _, row := range out.Rows {
		if len(row.Values) != len(out.Columns) {
			t.Fatalf("%d values for %d columns", len(row.Values), len(out.Columns))
		}
		for _, v := range row.Values {
			_ = workbook.Text(v)
		}
	}
}

func FuzzPython(f *testing.F) {
	for _, s := range []string{
		published, transform("return inward_array"), transform("x += 'a' * 3"), transform("try:\n  pass"), transform("return [{'a': '%s' % log} for log in inward_array]"),
		transform("return ','.join([1])"), transform("x.y().join"), transform("return '''is\n''' + f\"x\""), transform("lambda *a, **k: a"), "def transform(*a):\n  return a", transform("x[0][1] *= 2\nx, y = y, x"),
	} {
		f.Add(s, "http://a.example/b")
	}
	f.Fuzz(func(t *testing.T, text, value string) {
		// Loops are left to the test of limits: they would only take time here.
		if !isPython(text) || strings.Contains(text, "while") || strings.Count(text, "for") > 3 {
			return
		}
		p := workbook.NewPreparation(nil)
		step := preparePython(source.NewText("fuzz", text), p)
		if len(p.Problems()) > 0 {
			return
		}
		out, err := step.Run(context.Background(), table(columns{"$URL"}, values{value}, values{nil}), environment())
		if err == nil {
			validTable(t, out.Table, nil)
		}
	})
}
