package code

import (
	"context"
	"fmt"
	"strings"
	"testing"
)

func TestMistakes(t *testing.T) {
	for _, c := range []struct{ code, want, fix string }{
		{"$A = $SrcIp", "2:8: unknown column $SrcIp", "did you mean $SrcIP?"},
		{"$A = lowr($SrcIP)", "2:8: unknown function lowr", "did you mean lower?"},
		{"where $SrcIP ==", "2:17: the expression ends too early", ""},
		{"where $SrcIP = 'x'", "2:16: unexpected token", "compare with =="},
		{"where $SrcIP <> nil", "2:16: <> is SQL's", "write !="},
		{"where $SrcIP IS NOT NULL", "2:16: IS is SQL's", "write == nil or != nil"},
		{"where $SrcIP != NULL", "2:19: unknown name NULL", "write nil"},
		{"where $SrcIP == 'x' AND $URL == 'y'", "2:23: AND is SQL's", "write and"},
		{"where $SrcIP LIKE 'x%'", "2:16: LIKE is SQL's", "write contains"},
		{"where $SrcIP >= {Names}", "2:19: parameters are not put into code", "into the query before"},
		{"import re\ndef transform(rows):\n    return rows", "2:3: import is not part of this Python", "nothing is imported"},
		{"x = 1\n$A = 1", "2:3: columns are written with $", "write $x"},
		{"def transform(rows):\n    return [len(set(r for r in rows))]", "3:28: got for, want", "write a list"},
		{"def transform(rows):\n    return [r for r in rows if r['$N'] > {Names}]", "3:51: got '}'", "parameters are not put into code"},
		{"where", "2:8: an expression is missing", ""},
		{"$A =", "2:7: an expression is missing", ""},
		{"Domain = host($URL)", "2:3: columns are written with $", "write $Domain = …"},
		{"$SrcIP == 'x'", "2:3: an expression alone does nothing", "write where before it"},
		{"wher $SrcIP == 'x'", "2:3: no statement", "did you mean where?"},
		{"hello there", "2:3: no statement", "a line is $Column = expression"},
		{"$A = 'ü' + SrcIP", "2:14: unknown name SrcIP", "columns are written $SrcIP"},
		{"$A = lower", "2:8: lower is a function", "write lower(…)"},
		{"$A = lower($SrcIP, 1)", "2:8: lower takes 1, not 2", ""},
		{"$A = in_cidr($SrcIP)", "2:8: in_cidr takes at least 2, not 1", ""},
		{"$A = in_cidr($SrcIP, '10.0.0.0/40')", `2:24: "10.0.0.0/40" is no network`, "in_cidr($SrcIP"},
		{"$A = $Count(1)", "2:8: $Count is a column, not a function", `col("$Count(1)")`},
		{"$A = col($SrcIP)", "2:8: col takes one text in quotes", ""},
		{"$A = col('$Nope')", "2:8: unknown column $Nope", ""},
		{"$A = $SrcIP matches '('", "2:23: \"(\" is no pattern", "RE2"},
		{"$A = $SrcIP matches $URL", "2:23: a pattern must be a text in quotes", ""},
		{"$A = regexp_match($URL, 'x')", "2:21: a pattern must be a text in quotes", ""},
		{"$A = filter([1], # > 1)", "2:8: unknown function filter", "nothing loops"},
		{"$A = map([1], 2)", "2:8: unknown function map", "nothing loops"},
		{"$A = 1..1000000000", "2:9: unknown operator ..", "nothing loops"},
		{"$A = $env", "2:8: unknown column $env", ""},
		{"$A = let x = 1; x", "2:12: not allowed here", "let"},
		{"$A = 1; 2", "2:8: several expressions in one", ""},
		{"$A = b'x'", "2:8: not allowed here", ""},
		{"$A = $SrcIP.foo()", "2:15: a value can't be called", ""},
		{"$A = 1 < 2 < 3", "2:12: a comparison or ?: that uses one value twice", "write $A < $B and $B < $C"},
		{"$A = $SrcIP ?: 2", "2:8: a comparison or ?: that uses one value twice", ""},
		{"$A = {(1): 2}", "2:10: a key must be a text in quotes", ""},
		{"$A = $SrcIP < nil", "2:15: nil is neither more nor less", ""},
		{"$A = (1", "2:8: ( is never closed", ""},
		{"$A = 1)", "2:9: ) closes nothing", ""},
		{"$A = [1)", "2:10: ) where ] should close", ""},
		{"$A = 'x", "2:8: a text without its closing quote", ""},
		{"$A = `x", "2:8: a text without its closing quote", ""},
		{"drop $SrcIp", "2:8: unknown column $SrcIp", "did you mean $SrcIP?"},
		{"drop SrcIP", "2:8: drop names columns", "write drop $A, $B"},
		{"drop $URL\n$A = $URL", "3:8: unknown column $URL", ""},
		{"rename $SrcIP $A", "2:9: rename names two columns", ""},
		{"rename $SrcIp to $A", "2:10: unknown column $SrcIp", ""},
		{"rename $SrcIP to $URL", "2:20: there is a column $URL already", "drop it first"},
		{"rename $SrcIP to $A\n$B = $SrcIP", "3:8: unknown column $SrcIP", ""},
		{"// nothing", "2:3: no statement", ""},
		{"import re", "2:3: Python begins with def transform", ""},
		{"$A = " + strings.Repeat("(", 100) + strings.Repeat(")", 100), "2:72: brackets nest deeper than 64", ""},
		{"$A = " + strings.Repeat("1+", 2000) + "1", "an expression of more than 1000 parts", ""},
		{"$A = '" + strings.Repeat("x", 20_000) + "'", "a statement of 20007 bytes", ""},
		{"$A = " + strings.Repeat("-", 5000) + "1", "an expression of more than 1000 parts", ""},
	} {
		_, p := prepared(t, c.code, "", "$SrcIP", "$URL")
		problems := p.Problems()
		if len(problems) != 1 {
			t.Errorf("%.80s gives %d problems: %v", c.code, len(problems), problems)
			continue
		}
		first, _, _ := strings.Cut(problems[0].String(), "\n")
		if !strings.Contains(first, c.want) || !strings.Contains(problems[0].Fix, c.fix) {
			t.Errorf("%.80s\ngives %s\n      %s\nwant  %s\n      %s", c.code, first, problems[0].Fix, c.want, c.fix)
		}
	}
}

func TestAllMistakesAtOnce(t *testing.T) {
	_, p := prepared(t, "$A = $Nope + lowr($Nada)\nwherever\n$B = $A", "", "$SrcIP")
	if len(p.Problems()) != 4 {
		t.Error(p.Problems())
	}
}

func TestNestingDoesNotMultiply(t *testing.T) {
	for _, code := range []string{
		"$A = " + strings.Repeat("(", 60) + "1" + strings.Repeat(" ?: 2)", 60),
		"$A = " + strings.Repeat("(1 < ", 60) + "1" + strings.Repeat(" < 3)", 60),
		"$A = " + strings.Repeat("(1 < 2 and ", 60) + "true" + strings.Repeat(" or false)", 60),
	} {
		if _, p := prepared(t, code, "", "$SrcIP"); len(p.Problems()) == 0 && strings.Contains(code, "?:") {
			t.Errorf("%s passed", code)
		}
	}
}

func TestCodeNeedsRows(t *testing.T) {
	_, p := prepared(t, "$A = 1", "", "$SrcIP")
	p.First = true
	prepare(block(t, "$A = 1", ""), p)
	if len(p.Problems()) != 1 {
		t.Error(p.Problems())
	}
}

func TestFailingRows(t *testing.T) {
	for _, test := range []struct{ code, want string }{
		{"$B = 1\n$A = $X * 2", `line 3: row 2: "$A = $X * 2": "a\x1bb" is no number`},
		{"where $X", `row 1: "where $X": "3" is neither true nor false`},
		{"$A = $X + $X", `to join texts write "" + $A + $B`},
		{"$A = $X[0].b", "has no parts"},
		{"$A = $X in 'abc'", "in wants a list"},
		{"$A = regexp_extract('x', $X, 2)", "has no group 2"},
		{"$A = 9223372036854775807 + 1", "too large for a number"},
		{"$A = split($Long, 'x')", "a list of 20001 elements"},
		{"$A = replace($Long, 'x', $Long)", "a text of 400000000 bytes"},
		{"$A = '' + $Long + $Longer", "a text of 1060000 bytes"},
		{"$A = json_parse($Deep)", "JSON of more than"},
		{"$A = json_stringify([$Longer, $Longer])", "a text of"},
		{"$A = regexp_match('(a{0,500}b{0,400}){0,1}c', $Longer)", "too long for a pattern of this size"},
	} {
		code, want := test.code, test.want
		in := table(columns{"$X", "$Long", "$Longer", "$Deep"},
			values{"3", strings.Repeat("x", 20_000), strings.Repeat("y", 1_040_000), strings.Repeat("[", 1000)},
			values{"a\x1bb", "", "", ""})
		step, p := prepared(t, code, "", in.Columns...)
		if len(p.Problems()) > 0 {
			t.Error(p.Problems())
			continue
		}
		_, err := step.Run(context.Background(), in, environment())
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\ngives %.300v\nwant  %s", code, err, want)
		}
	}
}

func TestFailingRowsAreCounted(t *testing.T) {
	in := table(columns{"$X"}, values{"a"}, values{"1"}, values{"b"})
	for onError, want := range map[string]string{
		"null": "[line 2: failed on 2 rows, the column is null there; first: row 1: \"$A = $X * 2\": \"a\" is no number] 3",
		"skip": "[line 2: failed on 2 rows, they are left out; first: row 1: \"$A = $X * 2\": \"a\" is no number] 1",
	} {
		step, _ := prepared(t, "$A = $X * 2", onError, "$X")
		out, err := step.Run(context.Background(), in, environment())
		if got := fmt.Sprint(out.Warnings, len(out.Table.Rows)); err != nil || got != want {
			t.Errorf("%s gives %s, %v\nwant %s", onError, got, err, want)
		}
	}
}

func TestColumnsThatOnlyTheRunKnows(t *testing.T) {
	step, p := prepared(t, "$A = $X\ndrop $Gone\nrename $Off to $On", "")
	if len(p.Problems()) > 0 || p.Out.Known {
		t.Fatal(p.Problems())
	}
	in := table(columns{"$x"}, values{"1"})
	out, err := step.Run(context.Background(), in, environment())
	if err != nil || len(out.Warnings) != 3 || !strings.Contains(out.Warnings[0], "no column $X: did you mean $x? (it counts as nil)") {
		t.Error(out.Warnings, err)
	}
	env := environment()
	env.Strict = true
	if _, err := step.Run(context.Background(), in, env); err == nil {
		t.Error("a missing column passed in a strict run")
	}
}

func TestEvidenceAndOriginStay(t *testing.T) {
	in := table(columns{"$X"}, values{"a"}, values{"b"}, values{"c"})
	step, _ := prepared(t, "where $X != 'b'", "", "$X")
	out, err := step.Run(context.Background(), in, environment())
	if err != nil || len(out.Table.Rows) != 2 {
		t.Fatal(out, err)
	}
	for i, from := range []int{1, 3} {
		row := out.Table.Rows[i]
		if row.From != from || row.Evidence.First[0].Offset != int64(from-1) {
			t.Errorf("row %d: %+v", i+1, row)
		}
	}
}

func TestStatementsEndWithTheirContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	step, _ := prepared(t, "$A = 1", "", "$X")
	if _, err := step.Run(ctx, table(columns{"$X"}, values{"a"}), environment()); err == nil {
		t.Error("a cancelled run went on")
	}
}
