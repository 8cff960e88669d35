package code

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tabletop/workbook"
)

// published is the Code block that DNIF publishes for the domain workbook.
const published = `def transform(inward_array):
    for log in inward_array:
        for k,v in list(log.items()):
            log['$Domain'] = log['$URL'].split('http://')[1].split('/')[0]
    return inward_array`

// transform wraps the body of a function.
func transform(body string) string {
	return "def transform(inward_array):\n    " + strings.ReplaceAll(strings.TrimSpace(body), "\n", "\n    ")
}

func TestPython(t *testing.T) {
	for _, c := range []struct {
		name, code string
		columns    columns
		rows       []values
		want       []string
		from       []int
	}{
		{
			"the published block", published,
			columns{"$URL", "$Threat"},
			[]values{{"http://evil.example/a", "x"}, {"http://other.example:8080/", nil}},
			[]string{"$URL | $Threat | $Domain", `"http://evil.example/a" | "x" | "evil.example"`, `"http://other.example:8080/" | <nil> | "other.example:8080"`},
			[]int{1, 2},
		},
		{
			"the published block, and https", published,
			columns{"$URL"},
			[]values{{"http://evil.example/a"}, {"https://evil.example/a"}},
			[]string{"Status | Exception", `"FAILED" | "line 5: list index 1 out of range [-1:0]"`},
			[]int{0},
		},
		{
			"order, selection and new rows", transform("out = [inward_array[2], inward_array[0]]\nout.append({'$New': 1, '$A': 'z'})\nreturn out"),
			columns{"$A", "$B"},
			[]values{{"a", int64(1)}, {"b", int64(2)}, {"c", nil}},
			[]string{"$A | $B | $New", `"c" | <nil> | <nil>`, `"a" | 1 | <nil>`, `"z" | <nil> | 1`},
			[]int{3, 1, 0},
		},
		{
			"kinds of values", transform("for log in inward_array:\n    log['$T'] = True\n    log['$F'] = 1.5\n    log['$Big'] = 9223372036854775807 + 1\n    log['$L'] = [1, 'ä', None, {'k': (2, 3)}]\n    log['$N'] = None\n    log['$I'] = int('7') + log['$A']\n    log['$S'] = '%s-%d' % ('x', 3) + 'a{}'.format(1) + ','.join(['p', 'q']).replace('p', 'pp') + 'z' * 3\n    log.pop('$A')\nreturn inward_array"),
			columns{"$A"},
			[]values{{int64(1)}},
			[]string{"$T | $F | $Big | $L | $N | $I | $S", `"true" | 1.5 | "9223372036854775808" | "[1,\"ä\",null,{\"k\":[2,3]}]" | <nil> | 8 | "x-3a1pp,qzzz"`},
			[]int{1},
		},
		{
			"helpers", transform("for log in inward_array:\n    ip = IP_Address(log['$IP'])\n    log['$In'] = ip in IP_Network('10.0.0.0/8')\n    log['$Text'] = str(ip) + ' ' + str(IP_Network('10.1.2.3/8'))\n    log['$Private'] = ip.is_private and ip == IP_Address('10.1.2.3') and ip.version == 4\n    log['$X'] = regexp_extract('n=(\\\\d+)', log['$J'], 1)\n    log['$Y'] = regexp_match(pattern='^x', s='yx')\n    log['$Z'] = json_parse('{\"a\": [1, 2]}')['a'][1]\n    log['$W'] = json_stringify({'b': 1, 'a': [None, True]})\n    log['$None'] = regexp_extract('x', None)\nreturn inward_array"),
			columns{"$IP", "$J"},
			[]values{{"::ffff:10.1.2.3", "n=42"}},
			[]string{"$IP | $J | $In | $Text | $Private | $X | $Y | $Z | $W | $None", `"::ffff:10.1.2.3" | "n=42" | "true" | "10.1.2.3 10.0.0.0/8" | "true" | "42" | "false" | 2 | "{\"a\":[null,true],\"b\":1}" | <nil>`},
			[]int{1},
		},
		{
			"statements of Python", "# first a comment\n\n" + transform("total = 0\ni = 0\nwhile i < 3:\n    total += i\n    i += 1\nseen = set()\nl = [1]\nm = l\nm += [2]\nd = {'k': [1]}\nd['k'] += [2]\nfor c in 'ab'.elems():\n    seen.add(c)\nf = lambda x, y=2 * 3: x * y\nreturn [{'$A': total, '$B': len(l) + len(d['k']), '$C': sorted(seen), '$D': f(2), '$E': [x for x in range(3) if x % 2 == 0], '$F': 'yes' if l else 'no'}]"),
			columns{"$X"},
			[]values{{nil}},
			[]string{"$A | $B | $C | $D | $E | $F", `3 | 4 | "[\"a\",\"b\"]" | 12 | "[0,2]" | "yes"`},
			[]int{0},
		},
		{
			"no rows", transform("return []"), columns{"$A"}, []values{{"x"}}, []string{"$A"}, nil,
		},
		{
			"nothing returned", transform("pass"),
			columns{"$A"},
			[]values{{"x"}},
			[]string{"Status | Exception", `"FAILED" | "transform returned NoneType, not a list of rows: end it with return inward_array"`},
			[]int{0},
		},
		{
			"rows that are none", transform("return [1]"),
			columns{"$A"},
			[]values{{"x"}},
			[]string{"Status | Exception", `"FAILED" | "row 1 that transform returned is int, not a dict"`},
			[]int{0},
		},
		{
			"text that is iterated", transform("for c in inward_array[0]['$A']:\n    pass\nreturn []"),
			columns{"$A"},
			[]values{{"x"}},
			[]string{"Status | Exception", `"FAILED" | "line 3: string value is not iterable: write for c in text.elems()"`},
			[]int{0},
		},
		{
			"failing on purpose", transform("fail('no', 'good')"),
			columns{"$A"},
			[]values{{"x"}},
			[]string{"Status | Exception", `"FAILED" | "line 3: fail: no good"`},
			[]int{0},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			step, p := prepared(t, c.code, "", c.columns...)
			if len(p.Problems()) > 0 {
				t.Fatal(p.Problems())
			}
			if p.Out.Known {
				t.Error("the columns of Python count as known")
			}
			in := table(c.columns, c.rows...)
			out, err := step.Run(context.Background(), in, environment())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, grid(out.Table)); diff != "" {
				t.Error(diff)
			}
			var from []int
			for _, row := range out.Table.Rows {
				from = append(from, row.From)
				if known := row.Evidence.Unknown == ""; known != (row.From > 0) || known && !cmp.Equal(row.Evidence, in.Rows[row.From-1].Evidence) {
					t.Errorf("row from %d has evidence %v", row.From, row.Evidence)
				}
			}
			if diff := cmp.Diff(c.from, from); diff != "" {
				t.Errorf("rows come from others: %s", diff)
			}
			if failed := strings.HasPrefix(c.want[0], "Status"); failed != (len(out.Warnings) == 1) {
				t.Errorf("warnings: %q", out.Warnings)
			}
		})
	}
}

func TestPythonThatFailsStopsAStrictRun(t *testing.T) {
	step, _ := prepared(t, published, "")
	env := environment()
	env.Strict = true
	_, err := step.Run(context.Background(), table(columns{"$URL"}, values{"https://a"}), env)
	if err == nil || !strings.Contains(err.Error(), "line 5: list index 1 out of range") {
		t.Error(err)
	}
}

func TestPythonMistakes(t *testing.T) {
	for code, want := range map[string]string{
		transform("try:\n    x = 1\nexcept:\n    pass\nreturn inward_array"): "test.yaml:3:7: try is not part of this Python",
		transform("if inward_array is None:\n    return []"):                 "test.yaml:3:23: is is not part of this Python",
		transform("x = f'{1}'"):                       "test.yaml:3:11: f-strings are not part of this Python",
		transform("import re"):                        "test.yaml:3:7: import is not part of this Python",
		transform("x = 'é'; raise x"):                 "test.yaml:3:16: raise is not part of this Python",
		transform("for c in 'abc':\n    pass"):        "test.yaml:3:16: a text can't be iterated in this Python",
		transform("return sum([1])"):                  "test.yaml:3:14: undefined: sum",
		transform("x = 1 2"):                          "test.yaml:3:14: got int literal, want newline",
		transform("x = 1 < 2 < 3"):                    "test.yaml:3:18: < does not associate with < (use parens)",
		transform("x()[0] += 1"):                      "test.yaml:3:14: too much before +=",
		transform("if (n := 1):\n    pass"):           "test.yaml:3:13: := is not part of this Python",
		"def transform():\n    return []":             "test.yaml:2:7: transform takes one parameter",
		"def transformed(x):\n    return []":          "test.yaml:2:3: Python begins with def transform",
		"def transform(a):\n  load('x', 'y')\n":       "test.yaml:3:5: load is not part of this Python",
		transform("return [x for x in 'is try f\"']"): "test.yaml:3:26: a text can't be iterated in this Python",
	} {
		_, p := prepared(t, code, "")
		if problems := p.Problems(); len(problems) == 0 || !strings.HasPrefix(problems[0].String(), want) {
			t.Errorf("%s\ngives %v\nwant  %s", code, problems, want)
		}
	}
}

// peak runs f and returns by how many MiB the program's memory grew.
func peak(f func()) uint64 {
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return (after.HeapSys - min(before.HeapSys, after.HeapSys)) >> 20
}

func TestPythonLimits(t *testing.T) {
	for _, c := range []struct{ body, want string }{
		{"while True:\n    pass", "does a loop never end?"},
		{"l = [1]\nwhile True:\n    l = l + l", "a list of 2097152 elements"},
		{"l = [1]\nwhile True:\n    l += l", "a list of 2097152 elements"},
		{"l = [1]\nwhile True:\n    l.extend(l)", "a list of 2097152 elements"},
		{"l = []\nwhile True:\n    l.append([0] * 100000)", "memory"},
		{"d = {}\ni = 0\nwhile True:\n    d[i] = str(i) * 1000\n    i += 1", "memory"},
		{"s = 'x'\nwhile True:\n    s = s + s", "a text of 8388608 bytes"},
		{"s = 'x'\nwhile True:\n    s += s", "a text of 8388608 bytes"},
		{"return 'x' * (1 << 40)", "a text of 1 bytes times 1099511627776"},
		{"return (1 << 40) * 'x'", "a text of 1 bytes times"},
		{"x = 'ab'\nx *= 1000000000", "a text of 2 bytes times"},
		{"return [0] * 1000000000", "a list of 1 elements times"},
		{"return list(range(10000000000))", "a list of 10000000000 elements"},
		{"return ('a' * 100000).replace('a', 'b' * 100000)", "a text of"},
		{"return getattr('a' * 100000, 'replace')('a', 'b' * 100000)", "a text of"},
		{"return ','.join(['a' * 100000] * 100000)", "too large"},
		{"return ('{0}' * 100000).format('a' * 100000)", "a text of"},
		{"return ('%(k)s' * 100000) % {'k': 'a' * 100000}", "a text of"},
		{"return str(['a' * 1000000] * 1000000)", "too large"},
		{"l = []\nfor i in range(100000):\n    l = [l]\nreturn str(l)", "nested deeper"},
		{"l = []\nfor i in range(100000):\n    l = [l]\nreturn [{'$A': l}]", "nested deeper"},
		{"x = 7\nwhile True:\n    x = x * x", "a whole number of more than"},
		{"return int('9' * 1000000)", "a whole number of more than"},
		{"return [{'$A': 'x' * 2000000}]", "a text of 2000000 bytes"},
		{"return [{'$A' + str(i): i} for i in range(2000)]", "more than 1000 columns"},
		{"return [{} for i in range(200000)]", "more than 100000 rows"},
	} {
		t.Run(c.want, func(t *testing.T) {
			step, p := prepared(t, transform(c.body), "")
			if len(p.Problems()) > 0 {
				t.Fatal(p.Problems())
			}
			var out workbook.Output
			var err error
			grew := peak(func() { out, err = step.Run(context.Background(), table(columns{"$A"}, values{"x"}), environment()) })
			text := fmt.Sprint(err, grid(out.Table))
			if !strings.Contains(text, c.want) {
				t.Errorf("%s\ngives %.300s\nwant  %s", c.body, text, c.want)
			}
			if grew > 1024 {
				t.Errorf("%s took %d MiB", c.body, grew)
			}
		})
	}
}

func TestPythonRecursionIsRefused(t *testing.T) {
	step, p := prepared(t, "def transform(rows):\n    return transform(rows)", "")
	if len(p.Problems()) > 0 {
		t.Fatal(p.Problems())
	}
	out, err := step.Run(context.Background(), table(columns{"$A"}, values{"x"}), environment())
	if err != nil || !strings.Contains(fmt.Sprint(grid(out.Table)), "called recursively") {
		t.Error(grid(out.Table), err)
	}
}

func TestPythonEndsWithItsContext(t *testing.T) {
	step, _ := prepared(t, transform("while True:\n    pass"), "")
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if _, err := step.Run(ctx, table(columns{"$A"}, values{"x"}), environment()); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}

func TestExceptionsAreShort(t *testing.T) {
	step, _ := prepared(t, transform("fail('ü' * 100000)"), "")
	out, err := step.Run(context.Background(), table(columns{"$A"}, values{"x"}), environment())
	if err != nil || len(out.Table.Rows[0].Values[1].(string)) > 1010 || len(out.Warnings[0]) > 1200 {
		t.Error(grid(out.Table), err)
	}
}

func TestManyRowsWithManyColumnsFit(t *testing.T) {
	in := workbook.Table{}
	for i := range 30 {
		in.Columns = append(in.Columns, fmt.Sprintf("$Column%d", i))
	}
	for range 20_000 {
		row := make([]workbook.Value, len(in.Columns))
		for j := range row {
			row[j] = "http://evil.example/"
		}
		in.Rows = append(in.Rows, workbook.Row{Values: row})
	}
	step, _ := prepared(t, strings.ReplaceAll(published, "$URL", "$Column7"), "")
	out, err := step.Run(context.Background(), in, environment())
	if err != nil || len(out.Table.Columns) != 31 || out.Table.Rows[19_999].Values[30] != "evil.example" {
		t.Error(out.Table.Columns, out.Warnings, err)
	}
}
