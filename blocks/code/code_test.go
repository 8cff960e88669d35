package code

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tabletop/workbook"
	"tabletop/workbook/source"
)

// block makes the block of a code text, as if it stood in a workbook.
func block(tb testing.TB, text, onError string) workbook.Block {
	tb.Helper()
	var b strings.Builder
	b.WriteString("code: |2\n")
	for line := range strings.SplitSeq(text, "\n") {
		b.WriteString("  " + line + "\n")
	}
	if onError != "" {
		b.WriteString("on_error: " + onError + "\n")
	}
	node, err := source.Parse("test.yaml", []byte(b.String()))
	if err != nil {
		tb.Fatalf("the text is no YAML: %v", err)
	}
	pairs := node.Pairs()
	return workbook.Block{Index: 1, Kind: Kind(), Body: pairs[0].Value, Beside: pairs[1:]}
}

// prepared prepares a code text against the columns that come in; none means
// that they are not known.
func prepared(tb testing.TB, text, onError string, columns ...string) (workbook.Step, *workbook.Preparation) {
	tb.Helper()
	p := workbook.NewPreparation(nil)
	p.First = false
	p.In = workbook.Columns{Names: columns, Known: len(columns) > 0}
	p.Out = p.In
	return prepare(block(tb, text, onError), p), p
}

// table makes a table of rows that came from one event each.
func table(columns []string, rows ...[]workbook.Value) workbook.Table {
	t := workbook.Table{Columns: columns}
	for i, values := range rows {
		first := []workbook.Position{{File: "events/T.ndjson", Offset: int64(i)}}
		t.Rows = append(t.Rows, workbook.Row{Values: values, Evidence: workbook.Evidence{Events: 1, First: first}})
	}
	return t
}

func environment() *workbook.Env { return &workbook.Env{Block: 2, MaxRows: 100_000} }

// grid writes a table as lines of columns and cells.
func grid(t workbook.Table) []string {
	lines := []string{strings.Join(t.Columns, " | ")}
	for _, row := range t.Rows {
		cells := make([]string, len(row.Values))
		for i, v := range row.Values {
			cells[i] = fmt.Sprintf("%#v", v)
		}
		lines = append(lines, strings.Join(cells, " | "))
	}
	return lines
}

type columns = []string

type values = []workbook.Value

func TestOnErrorIsOneOfThree(t *testing.T) {
	for written, problems := range map[string]int{"": 0, "fail": 0, "null": 0, `"null"`: 0, "skip": 0, "stop": 1, "[fail]": 1, `""`: 1, " ": 1} {
		_, p := prepared(t, "$B = $A", written, "$A")
		if len(p.Problems()) != problems {
			t.Errorf("on_error: %s gives %v", written, p.Problems())
		}
	}
}

func TestStatements(t *testing.T) {
	for _, c := range []struct {
		name, code, onError string
		columns             columns
		rows                []values
		want                []string
	}{
		{
			"the domain of a URL", "$Domain = host($URL)   // a line each\n\nwhere $Domain != nil", "",
			columns{"$URL"},
			[]values{{"https://User:pw@EVIL.example:8443/x"}, {"http://203.0.113.9/a"}, {"/no/host"}, {nil}, {"http://evil.example./"}},
			[]string{
				"$URL | $Domain",
				`"https://User:pw@EVIL.example:8443/x" | "evil.example"`,
				`"http://203.0.113.9/a" | "203.0.113.9"`,
				`"http://evil.example./" | "evil.example"`,
			},
		},
		{
			"columns come, go and change names", "$B = $A + 1\nrename $B to $C\ndrop $A\n$D = $C * 2\n$C = nil", "",
			columns{"$A", "$X"},
			[]values{{int64(1), "x"}, {"2", "y"}},
			[]string{"$X | $C | $D", `"x" | <nil> | 4`, `"y" | <nil> | 6`},
		},
		{
			"names with brackets and without $", "$N = col(\"$Count(1)\") * 2\nrename col('$Count(1)') to $Count\ncol(\"odd name\") = $srcip\n$srcip = 'x'", "",
			columns{"$Count(1)", "srcip"},
			[]values{{int64(260), "10.0.0.1"}},
			[]string{"$Count | srcip | $N | odd name", `260 | "x" | 520 | "10.0.0.1"`},
		},
		{
			"a statement goes on while a bracket is open", "$A = lower(\n  $X // a comment with )\n)\nwhere $A in [\n'a',\n'b']", "",
			columns{"$X"},
			[]values{{"A"}, {"C"}},
			[]string{"$X | $A", `"A" | "a"`},
		},
		{
			"ports compare as numbers, texts as text", "where $Port == 3389 and $Id == '007' and $Port > 1024", "",
			columns{"$Port", "$Id"},
			[]values{{"3389", "007"}, {int64(3389), "007"}, {"3389.0", "007"}, {"3389", "7"}, {"x3389", "007"}, {nil, "007"}, {"3389", nil}},
			[]string{"$Port | $Id", `"3389" | "007"`, `3389 | "007"`, `"3389.0" | "007"`},
		},
		{
			"nil is unknown, as in SQL", "$Eq = $A == $B\n$Not = not ($A == 'x')\n$And = $A == 'x' and false\n$Or = $A == 'x' or true\n$In = $A in ['x', 'y']\n$Is = $A == nil", "",
			columns{"$A", "$B"},
			[]values{{nil, nil}, {"x", "x"}},
			[]string{"$A | $B | $Eq | $Not | $And | $Or | $In | $Is", `<nil> | <nil> | <nil> | <nil> | "false" | "true" | <nil> | "true"`, `"x" | "x" | "true" | "false" | "false" | "true" | "true" | "false"`},
		},
		{
			"a truth in a column is a truth again", "$Inside = is_private($IP)\nwhere not $Inside\n$Text = $Inside == 'false'", "",
			columns{"$IP"},
			[]values{{"10.1.2.3"}, {"203.0.113.7"}, {"::ffff:192.168.0.1"}, {"none"}},
			[]string{"$IP | $Inside | $Text", `"203.0.113.7" | "false" | "true"`},
		},
		{
			"short circuit", "where $A != nil and int($A) / 2 > 1 or $A matches '^[a-z]+$'", "",
			columns{"$A"},
			[]values{{"4"}, {"abc"}, {nil}, {"1"}},
			[]string{"$A", `"4"`, `"abc"`},
		},
		{
			"json and lists", "$J = json_parse($A)\n$P = json_parse($A).list[1]\n$L = json_parse($A)?.none?.more\n$S = json_stringify({'a': $P, 'b': [true, nil, 1.5]})\n$T = split('a,b,c', ',')[-1] + '!'\n$U = $A[2:6]\n$V = join(['x', $P], '-')", "",
			columns{"$A"},
			[]values{{`{"list": [1, 9007199254740993]}`}},
			[]string{
				"$A | $J | $P | $L | $S | $T | $U | $V",
				`"{\"list\": [1, 9007199254740993]}" | "{\"list\":[1,9007199254740993]}" | 9007199254740993 | <nil> | "{\"a\":9007199254740993,\"b\":[true,null,1.5]}" | "c!" | "list" | "x-9007199254740993"`,
			},
		},
		{
			"arithmetic", "$A = 7 / 2\n$B = 7 % 0\n$C = '3' + 4\n$D = $X + $X\n$E = 'n' + $X\n$F = -$X ** 2\n$G = (1 / 0) ?? 'none'\n$H = $Nil + 1\n$I = abs(-3) + max('10', 9, 'x') + round(2.5) + floor(-1.5)", "",
			columns{"$X", "$Nil"},
			[]values{{"5", nil}},
			[]string{"$X | $Nil | $A | $B | $C | $D | $E | $F | $G | $H | $I", `"5" | <nil> | 3.5 | <nil> | "34" | 10 | "n5" | -25 | "none" | <nil> | 14`},
		},
		{
			"text functions", "$A = trim('  x ')\n$B = upper($X) + lower('ÄB')\n$C = replace($X, 'b', 'yy')\n$D = len($X)\n$E = hasPrefix($X, 'a') and $X contains 'b' and $X startsWith 'a' and not ($X endsWith 'a')\n$F = $X | trimPrefix('a') | trimSuffix('c')\n$G = indexOf('äbc', 'b')\n$H = $X != 'q' ? 'yes' : 'no'", "",
			columns{"$X"},
			[]values{{"abc"}},
			[]string{"$X | $A | $B | $C | $D | $E | $F | $G | $H", `"abc" | "x" | "ABCäb" | "ayyc" | 3 | "true" | "b" | 1 | "yes"`},
		},
		{
			"indicators", "$A = ip($IP)\n$B = in_cidr($IP, '10.0.0.0/8', '203.0.113.7')\n$C = mailbox($M)\n$D = sha1($H)\n$E = find_md5($H)\n$F = domain($U)\n$G = refang($U)\n$I = defang('http://a.b')\n$J = regexp_extract('n=(\\\\d+)', 'xn=42', 1)\n$K = regexp_match(`^\\d`, '1')", "",
			columns{"$IP", "$M", "$H", "$U"},
			[]values{{"::ffff:10.1.2.3", "A <a@B.example>", "SHA1=" + strings.Repeat("AB", 20), "hxxp://x.evil[.]co[.]uk/"}},
			[]string{"$IP | $M | $H | $U | $A | $B | $C | $D | $E | $F | $G | $I | $J | $K", `"::ffff:10.1.2.3" | "A <a@B.example>" | "SHA1=` + strings.Repeat("AB", 20) + `" | "hxxp://x.evil[.]co[.]uk/" | "10.1.2.3" | "true" | "a@b.example" | "` + strings.Repeat("ab", 20) + `" | <nil> | <nil> | "http://x.evil.co.uk/" | "hxxp://a[.]b" | "42" | "true"`},
		},
		{
			"null on error", "$B = $A * 2", "null", columns{"$A"}, []values{{"x"}, {"3"}}, []string{"$A | $B", `"x" | <nil>`, `"3" | 6`},
		},
		{
			"skip on error", "$B = $A * 2", "skip", columns{"$A"}, []values{{"x"}, {"3"}}, []string{"$A | $B", `"3" | 6`},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			step, p := prepared(t, c.code, c.onError, c.columns...)
			if len(p.Problems()) > 0 {
				t.Fatal(p.Problems())
			}
			in := table(c.columns, c.rows...)
			before := grid(in)
			out, err := step.Run(context.Background(), in, environment())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, grid(out.Table)); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(out.Table.Columns, p.Out.Names); diff != "" || !p.Out.Known {
				t.Errorf("prepared columns differ from those of the run: %s", diff)
			}
			if diff := cmp.Diff(before, grid(in)); diff != "" {
				t.Errorf("the input changed: %s", diff)
			}
		})
	}
}
