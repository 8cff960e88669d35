package scenario

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tabletop/workbook"
	"tabletop/workbook/source"
)

// table makes a table of a line each, cells set apart by blanks; nil is –.
func table(text string) workbook.Table {
	var t workbook.Table
	for i, line := range strings.Split(strings.TrimSpace(text), "\n") {
		fields := strings.Fields(line)
		if i == 0 {
			t.Columns = fields
			continue
		}
		var row workbook.Row
		for _, f := range fields {
			var v workbook.Value = f
			if f == "–" {
				v = nil
			} else if n := workbook.Number(f); n != nil {
				v = n
			}
			row.Values = append(row.Values, v)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// expecting reads expectations as they stand in a file.
func expecting(t testing.TB, text string) *Expect {
	t.Helper()
	f, err := Parse("x.test.yaml", []byte("tests:\n  - name: x\n    expect: "+text+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	return f.Tests[0].Expect
}

func resultOf(t workbook.Table) workbook.Result {
	b := workbook.Block{Index: 1, ID: "rows", Kind: workbook.Kind{Name: "sql"}}
	return workbook.Result{Blocks: []workbook.BlockResult{{Block: b, Output: workbook.Output{Table: t}}}}
}

func TestCompareRows(t *testing.T) {
	for _, test := range []struct {
		name, expect, got string
		want              []string
	}{
		{"all rows in another order", "{blocks: {1: {values: [{a: 2}, {a: 1}]}}}", "a\n1\n2", nil},
		{"numbers by value, texts as text", "{blocks: {1: {values: [{a: 1.0, b: '7', c: null}]}}}", "a b c\n1 7 –", nil},
		{"a text is not a number written otherwise", "{blocks: {1: {values: [{a: '1.0'}]}}}", "a\n1", []string{"1 row expected, not 1: a", "row – no such row: a 1"}},
		{"a column with or without $", "{blocks: {1: {values: [{$a: x}]}}}", "a\nx", nil},
		{"a row too many", "{blocks: {1: {values: [{a: x}]}}}", "a\nx\ny", []string{"rows 1 2", "– row: no such row, a y"}},
		{"some rows of many", "{blocks: {1: {rows: 3, values: [{a: y}]}}}", "a\nx\ny\nz", nil},
		{"one row can't be two", "{blocks: {1: {rows: 2, values: [{a: x}, {a: x}]}}}", "a\nx\ny", []string{"2 row"}},
		{"a row that fits two gives way", "{blocks: {1: {values: [{a: x}, {a: x, b: 1}]}}}", "a b\nx 1\nx 2", nil},
		{"order counts where it is asked for", "{blocks: {1: {ordered: true, values: [{a: 2}, {a: 1}]}}}", "a\n1\n2", []string{"order"}},
		{"the order of some", "{blocks: {1: {ordered: true, rows: 4, values: [{a: 1}, {a: 3}]}}}", "a\n1\n2\n3\n4", nil},
		{"a column that is gone", "{blocks: {1: {values: [{a: 1, b: 2}]}}}", "a\n1", []string{"b no such column"}},
		{"columns in their order", "{blocks: {1: {columns: [a, b]}}}", "b a\n1 2", []string{"columns"}},
		{"by the id", "{blocks: {rows: {rows: 0}}}", "a", nil},
		{"only the number", "{blocks: {1: {rows: 1}}}", "a", []string{"rows 1 0"}},
		{"a block that did not run", "{blocks: {2: {rows: 1}}}", "a", []string{"run"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			found := expecting(t, test.expect).Compare(resultOf(table(test.got)), nil)
			if (len(found) == 0) != (test.want == nil) {
				t.Errorf("%+v", found)
			}
			for _, want := range test.want {
				word := strings.Fields(want)[len(strings.Fields(want))-1]
				if !strings.Contains(fmt.Sprintf("%+v", found), word) {
					t.Errorf("nothing of %q in %+v", want, found)
				}
			}
		})
	}
}

func TestCompareEndings(t *testing.T) {
	for _, test := range []struct {
		expect string
		failed error
		holds  bool
	}{
		{"{}", nil, true},
		{"{}", errors.New("too many rows"), false},
		{"{fails: many rows}", errors.New("too many rows"), true},
		{"{fails: many rows}", errors.New("no rows"), false},
		{"{fails: many rows}", nil, false},
	} {
		if found := expecting(t, test.expect).Compare(workbook.Result{}, test.failed); (len(found) == 0) != test.holds {
			t.Errorf("%s of %v: %+v", test.expect, test.failed, found)
		}
	}
}

func action(target string, verdict workbook.Verdict, dnif workbook.DNIFAnswer) workbook.Action {
	return workbook.Action{Row: 3, Target: target, Verdict: verdict, DNIF: dnif, Type: "url"}
}

func TestCompareActions(t *testing.T) {
	actions := []workbook.Action{
		action("203.0.113.7", workbook.WouldSend, workbook.DNIFWouldSend),
		action("203.0.113.7", workbook.Deduplicated, workbook.DNIFWouldSend),
		action("http://10.20.0.30:8080/a", workbook.RefusedProtected, workbook.DNIFWouldSend),
		action("", workbook.Invalid, workbook.DNIFUnpublished),
		action("Payroll <pay@Example.org>", workbook.Invalid, workbook.DNIFWouldSend),
		action("b.example.com", workbook.WouldSend, workbook.DNIFWouldSend),
		action("it@example.net, soc@example.net", workbook.WouldSend, workbook.DNIFWouldSend),
	}
	result := workbook.Result{Actions: actions}
	holds := "{would_send: [203.0.113.7, b.example.com, 'it@example.net, soc@example.net'], deduplicated: [203.0.113.7], refused_protected: ['http://10.20.0.30:8080/a'], invalid: [row 3, 'Payroll <pay@Example.org>']}"
	for _, test := range []struct {
		expect string
		want   int
	}{
		{"{actions: " + holds + "}", 0},
		{"{actions: {}}", 6},
		{"{must_not_act: [198.51.100.1, 'http://10.20.0.31/', other@example.org, example.org]}", 0},
		{"{must_not_act: [203.0.113.7]}", 2},
		{"{must_not_act: [203.0.113.0/24]}", 2},
		{"{must_not_act: [10.20.0.30]}", 1},
		{"{must_not_act: [10.0.0.0/8]}", 1},
		{"{must_not_act: [pay@example.org]}", 1},
		{"{must_not_act: [example.com, 'b.example.com', 'www.b.example.com', 'https://b.example.com/x', me@b.example.com]}", 5},
		{"{must_not_act: ['*.example.com', '*.b.example.com', c.example.com, a-b.example.com, 'b.example.com/']}", 3},
		{"{must_not_act: [soc@example.net]}", 1},
		{"{must_not_act: [example.net, 'http://10.20.0.30:8080/b', 'HTTP://10.20.0.30:8080/A']}", 1},
		{"{requests: []}", len(actions)},
		{"{requests: [{target: 203.0.113.7, verdict: would_send}]}", 0},
		{"{requests: [{target: 203.0.113.7, rule: null}]}", 0},
		{"{requests: [{target: 203.0.113.8}]}", 1},
	} {
		if found := expecting(t, test.expect).Compare(result, nil); len(found) != test.want {
			t.Errorf("%s: %+v", test.expect, found)
		}
	}
}

// What could not be met whatever comes is a mistake.
func TestForbiddenCanBeMet(t *testing.T) {
	for _, text := range []string{"''", "' '", "'b.*'", "'*.'", "'*'", "'*.b.example/x'", "10.0.0.0/33", "'10.0.0.0/'", "'2001:db8::/200'", "'http://*.example.org/'"} {
		_, err := Parse("x.test.yaml", []byte("tests:\n  - name: x\n    expect: {must_not_act: ["+text+"]}\n"))
		var problems source.Problems
		if !errors.As(err, &problems) || len(problems) != 1 || problems[0].Fix == "" {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestCompareSignals(t *testing.T) {
	result := workbook.Result{Signals: []workbook.Signal{{Name: "rdp", Score: 5, Target: map[string]string{"host": "10.20.0.11"}}}}
	for text, want := range map[string]int{
		"{signals: [{name: rdp, target: {host: 10.20.0.11}}]}":          0,
		"{signals: [{target.host: 10.20.0.11}]}":                        0,
		"{signals: [{name: rdp, suspect: {host: null}, tactic: null}]}": 0,
		"{signals: [{name: rdp, suspect: {host: 203.0.113.7}}]}":        1,
		"{signals: []}":                       1,
		"{signals: [{score: 5}, {score: 5}]}": 1,
		"{signals: [{name: smb, score: 4, target: {host: 10.20.0.11}}]}": 2,
	} {
		if found := expecting(t, text).Compare(result, nil); len(found) != want {
			t.Errorf("%s: %+v", text, found)
		}
	}
}

// values draws what a cell may hold.
func values() *rapid.Generator[workbook.Value] {
	return rapid.OneOf(
		rapid.Just[workbook.Value](nil),
		rapid.Custom(func(t *rapid.T) workbook.Value { return rapid.Int64().Draw(t, "whole") }),
		rapid.Custom(func(t *rapid.T) workbook.Value { return rapid.Float64().Draw(t, "real") }),
		rapid.Custom(func(t *rapid.T) workbook.Value { return rapid.String().Draw(t, "text") }),
		rapid.SampledFrom([]workbook.Value{"007", "null", "~", "true", "1e5", "0x1f", "2026-01-30", "=x", "a: b", "- a", "#", "", " ", "\u0085", "\r\n", "\x1b[2J", "\ufeff", "'", `"`, int64(3)}),
	)
}

// results draws the result of a run of one block.
func results() *rapid.Generator[workbook.Result] {
	return rapid.Custom(func(t *rapid.T) workbook.Result {
		columns := rapid.SliceOfNDistinct(rapid.OneOf(rapid.SampledFrom([]string{"$a", "b", "$Count(1)", "null", "3"}), rapid.StringN(1, 5, 20)), 1, 4, func(s string) string { return strings.TrimPrefix(s, "$") }).Draw(t, "columns")
		got := workbook.Table{Columns: columns}
		for range rapid.IntRange(0, 6).Draw(t, "rows") {
			got.Rows = append(got.Rows, workbook.Row{Values: rapid.SliceOfN(values(), len(columns), len(columns)).Draw(t, "values")})
		}
		r := resultOf(got)
		for i := range rapid.IntRange(0, 3).Draw(t, "actions") {
			verdict := rapid.SampledFrom(Verdicts()).Draw(t, "verdict")
			r.Actions = append(r.Actions, workbook.Action{Row: i + 1, Verdict: verdict, Target: rapid.SampledFrom([]string{"", "203.0.113.7", "http://a/\r"}).Draw(t, "target")})
		}
		for range rapid.IntRange(0, 2).Draw(t, "signals") {
			r.Signals = append(r.Signals, workbook.Signal{Name: rapid.String().Draw(t, "name"), Target: map[string]string{"host": rapid.String().Draw(t, "host")}})
		}
		return r
	})
}

// TestObservedHolds makes expectations of a run, writes them, reads them again and
// holds them against the same run.
func TestObservedHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		result := results().Draw(t, "result")
		observed := Observe(result, nil)
		one := &Test{Name: source.NewText("", rapid.StringN(1, 20, 40).Filter(func(s string) bool { return strings.TrimSpace(s) != "" }).Draw(t, "name")), Expect: observed}
		one.Events.Streams = []Stream{{Name: "FIREWALL", Rows: [][]byte{[]byte(`{"$a":1,"b":"007","c":null,"d":"\u001b[2J"}`)}}}
		text, err := one.YAML("workbook.yaml")
		if err != nil {
			t.Fatal(err)
		}
		f, err := Parse("x.test.yaml", text)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		again := f.Tests[0]
		if again.Name.Value != one.Name.Value {
			t.Errorf("name %q reads as %q", one.Name.Value, again.Name.Value)
		}
		if diff := cmp.Diff(one.Events.Streams[0].Rows, again.Events.Streams[0].Rows); diff != "" {
			t.Error(diff)
		}
		if found := again.Expect.Compare(result, nil); len(found) > 0 {
			t.Errorf("%+v\n%s", found, text)
		}
	})
}

// TestRefreshedHolds changes what is expected until it holds, writes it into the
// file and reads it again; all else in the file stays.
func TestRefreshedHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before, after := results().Draw(t, "before"), results().Draw(t, "after")
		e := Observe(before, nil)
		if b := &e.Blocks[0]; rapid.Bool().Draw(t, "some") && b.Values != nil {
			b.Rows = len(before.Blocks[0].Output.Table.Rows)
			b.Ordered = rapid.Bool().Draw(t, "ordered")
		}
		one := &Test{Name: source.NewText("", "a test"), Note: "# no comment", Expect: e}
		text, err := one.YAML("workbook.yaml")
		if err != nil {
			t.Fatal(err)
		}
		text = append(text, "\n  # a remark\n  - name: another\n    expect: {}\n"...)
		f, err := Parse("x.test.yaml", text)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		refreshed := f.Tests[0].Expect.Refresh(after, nil)
		if found := refreshed.Compare(after, nil); len(found) > 0 {
			t.Fatalf("%+v\n%s", found, text)
		}
		written, err := f.Rewrite(map[*Test]*Expect{f.Tests[0]: refreshed})
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		again, err := Parse("x.test.yaml", written)
		if err != nil || !strings.HasSuffix(string(written), "\n  # a remark\n  - name: another\n    expect: {}\n") {
			t.Fatalf("%v\n%s", err, written)
		}
		if found := again.Tests[0].Expect.Compare(after, nil); len(found) > 0 {
			t.Errorf("%+v\n%s", found, written)
		}
	})
}

// TestMatchingIsTheBest holds the pairs of rows against all ways to pair them.
func TestMatchingIsTheBest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		small := rapid.SampledFrom([]workbook.Value{int64(1), int64(2), nil})
		m := matching{strict: true, ordered: rapid.Bool().Draw(t, "ordered"), got: workbook.Table{Columns: []string{"a", "b"}}}
		for range rapid.IntRange(0, 5).Draw(t, "got") {
			m.got.Rows = append(m.got.Rows, workbook.Row{Values: []workbook.Value{small.Draw(t, "a"), small.Draw(t, "b")}})
		}
		for range rapid.IntRange(0, 5).Draw(t, "expected") {
			row := Row{[]Cell{{"a", small.Draw(t, "a")}, {"b", small.Draw(t, "b")}}}
			m.expected = append(m.expected, Row{row.Cells[:rapid.IntRange(0, 2).Draw(t, "cells")]})
		}
		pairs := m.inAnyOrder()
		if m.ordered {
			pairs = m.inOrder()
		}
		n := 0
		for i, j := range pairs {
			if j < 0 {
				continue
			}
			n++
			if !m.matches(i, j) || slices.Contains(pairs[:i], j) {
				t.Fatalf("row %d and %d: %v", i, j, pairs)
			}
			if m.ordered && slices.Max(append(pairs[:i:i], -1)) > j {
				t.Fatalf("out of order: %v", pairs)
			}
		}
		if most := m.most(0, nil); n != most {
			t.Errorf("%d of %d rows are paired: %v", n, most, pairs)
		}
	})
}

// most tries every way to pair the rows from i on.
func (m matching) most(i int, taken []int) int {
	if i == len(m.expected) {
		return 0
	}
	best := m.most(i+1, taken)
	for j := range m.got.Rows {
		if slices.Contains(taken, j) || !m.matches(i, j) || m.ordered && len(taken) > 0 && slices.Max(taken) > j {
			continue
		}
		best = max(best, 1+m.most(i+1, append(slices.Clone(taken), j)))
	}
	return best
}

// FuzzParse reads anything, and writes what it took.
func FuzzParse(f *testing.F) {
	f.Add([]byte("tests:\n  - name: a\n    now: 2026-01-30T12:00:00Z\n    events: {A: [{$a: 1, CNAMTime: -1d}], B: b.csv}\n    expect: {blocks: {1: {values: [{a: 1}]}}, signals: [{target: {host: x}}], actions: {failed: [x]}}\n"))
	f.Add([]byte("workbook: w\ntests: [{name: a, answers: [{fault: 429}], stores: {s: [{a: 1}]}, expect: {must_not_act: [10.0.0.0/8]}}]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		file, err := Parse("x.test.yaml", text)
		if err != nil {
			return
		}
		expect := map[*Test]*Expect{}
		for _, one := range file.Tests {
			if one.Expect != nil {
				expect[one] = one.Expect.Refresh(workbook.Result{}, nil)
			}
		}
		if written, err := file.Rewrite(expect); err == nil {
			if _, err := Parse("x.test.yaml", written); err != nil {
				t.Error(err)
			}
		}
	})
}
