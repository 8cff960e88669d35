package tablefile

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"tabletop/workbook"
	"tabletop/workbook/source"
	"tabletop/workbook/stores"
)

func file(t testing.TB, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// lines writes a table so that kinds are told apart.
func lines(t workbook.Table) string {
	text := fmt.Sprintf("%q\n", t.Columns)
	for _, row := range t.Rows {
		for _, v := range row.Values {
			text += fmt.Sprintf("%T %q|", v, fmt.Sprint(v))
		}
		text += "\n"
	}
	return text
}

func TestReading(t *testing.T) {
	tests := map[string]struct{ name, content, want string }{
		"csv": {
			"a.csv", "\ufeff$SrcIP,$Count(1)\r\n007,1e5\n,\"a,\"\"b\"\" \nc\"\n" + strings.Repeat("9", 40) + ",-0\n",
			`["$SrcIP" "$Count(1)"]
string "007"|string "1e5"|
<nil> "<nil>"|string "a,\"b\" \nc"|
string "9999999999999999999999999999999999999999"|string "-0"|
`,
		},
		"csv without rows":  {"a.CSV", "a,b\n", `["a" "b"]` + "\n"},
		"csv of one column": {"a.csv", "a\n\"\"\nx\n", "[\"a\"]\n<nil> \"<nil>\"|\nstring \"x\"|\n"},
		"json": {
			"a.json", "\ufeff [ {\"b\": 1, \"a\": \"007\"},\n{\"c\": null, \"a\": 9223372036854775807, \"b\": 9223372036854775808}, {\"a\": 1.5, \"b\": 1e5, \"c\": -0}, {\"a\": true, \"b\": {\"x\": [1, 2]}, \"c\": \"\\u0000\"}, {} ] ",
			`["b" "a" "c"]
int64 "1"|string "007"|<nil> "<nil>"|
string "9223372036854775808"|int64 "9223372036854775807"|<nil> "<nil>"|
string "1e5"|float64 "1.5"|string "-0"|
string "{\"x\": [1, 2]}"|string "true"|string "\x00"|
<nil> "<nil>"|<nil> "<nil>"|<nil> "<nil>"|
`,
		},
		"an empty list": {"a.json", "[]", "[]\n"},
		"ndjson":        {"a.jsonl", "{\"a\":1}\r\n\n{\"a\":\"x\",\"b\":0.30000000000000004}", "[\"a\" \"b\"]\nint64 \"1\"|<nil> \"<nil>\"|\nstring \"x\"|float64 \"0.30000000000000004\"|\n"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, warnings, err := Read(Source{Path: file(t, test.name, []byte(test.content))})
			if err != nil || len(warnings) > 0 {
				t.Fatal(warnings, err)
			}
			if diff := cmp.Diff(test.want, lines(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestMistakes(t *testing.T) {
	tests := map[string]struct {
		name, content string
		want          []string
	}{
		"csv": {"a.csv", "a,,a\n1,2\n", []string{"1:3: a column without a name", "1:4: a second column a"}},
		"csv rows": {"a.csv", "a,b\n1\n1,2,3\n1,2\n\"1\",x\"y\n", []string{
			"2:1: 1 field, and the header has 2", "3:5: 3 fields, and the header has 2", "5:6: broken CSV: bare \"",
		}},
		"csv quote":   {"a.csv", "a,b\n1,\"2\n3,4\n", []string{"broken CSV: extraneous or missing"}},
		"empty csv":   {"a.csv", "", []string{"1:1: no header"}},
		"a long text": {"a.csv", "a\nx\n" + strings.Repeat("x", stores.MaxValue+1), []string{"3:1: a text of 1048577 bytes"}},
		"wide":        {"a.csv", strings.Repeat("a,", 200) + "b\n1\n", []string{"1:3: a second column a"}},
		"json": {"a.json", "[{\"a\":1,\"a\":2},\n 5, [1,{}],\n {\"\":1}, {\"b\":\"\xff\"}]", []string{
			"1:9: a second a in one object", "2:2: this must be an object", "2:5: this must be an object", "3:3: a column without a name", "3:11: a value that is not UTF-8",
		}},
		"no list":    {"a.json", "{\"a\":1}", []string{"this must be a list of objects"}},
		"cut off":    {"a.json", "[{\"a\":1},\n{\"a\":", []string{"2:6: the JSON ends too early"}},
		"a comma":    {"a.json", "[{\"a\":1},]", []string{"1:10: "}},
		"no comma":   {"a.json", "[{\"a\":1}\n{\"a\":1}]", []string{"2:1: broken JSON"}},
		"bad value":  {"a.json", "[{\"a\":1, \"b\":nil}]", []string{"1:14: broken JSON: invalid character 'i'"}},
		"behind":     {"a.json", "[] []", []string{"1:5: something behind"}},
		"empty json": {"a.json", "", []string{"1:1: the JSON ends too early"}},
		"ndjson": {"a.ndjson", "{\"a\":1}\n{\"a\":}\n[1]\n{\"a\":1} x\n{\"a\":", []string{
			"2:6: broken JSON", "3:1: this must be an object", "4:9: something behind the object", "5:6: the JSON ends too early",
		}},
		"no xlsx": {"a.xlsx", "hello", []string{"no XLSX file"}},
		"xls":     {"a.xls", "hello", []string{"the old XLS must be saved as XLSX first"}},
		"no form": {"a.txt", "hello", []string{"write --as with one of csv, json, ndjson, xlsx"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			path := file(t, test.name, []byte(test.content))
			got, _, err := Read(Source{Path: path})
			if err == nil {
				t.Fatal(lines(got))
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%s is not among\n%s", want, err)
				}
			}
			var problems source.Problems
			if errors.As(err, &problems) && len(problems) < len(test.want) {
				t.Errorf("%d mistakes:\n%s", len(problems), err)
			}
		})
	}
}

func TestManyMistakesAreCounted(t *testing.T) {
	_, _, err := Read(Source{Path: file(t, "a.csv", []byte("a\n"+strings.Repeat("1,2\n", 50)))})
	var problems source.Problems
	if !errors.As(err, &problems) || len(problems) != mostProblems+1 || !strings.Contains(err.Error(), "and 30 more mistakes") {
		t.Error(err)
	}
}

func TestXLSX(t *testing.T) {
	f := excelize.NewFile()
	set := func(cell string, value any) {
		if err := f.SetCellValue("Sheet1", cell, value); err != nil {
			t.Fatal(err)
		}
	}
	style := func(cell string, s *excelize.Style) {
		id, err := f.NewStyle(s)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.SetCellStyle("Sheet1", cell, cell, id); err != nil {
			t.Fatal(err)
		}
	}
	set("B2", "$SrcIP") // the sheet need not begin in A1
	set("C2", "text")
	set("E2", "number")
	set("B4", "192.0.2.1")
	set("C4", "007")
	set("E4", 3389)
	set("B5", "=1+1")
	set("C5", true)
	set("E5", 0.1)
	set("B6", time.Date(2026, 1, 30, 17, 42, 18, 0, time.UTC))
	set("C6", 46052)
	style("C6", &excelize.Style{NumFmt: 14})
	set("E6", 46052)
	custom, plain := `[Red]"day" yyyy-mm-dd`, `0.00 "days"`
	style("E6", &excelize.Style{CustomNumFmt: &custom})
	set("B7", 0.75)
	style("B7", &excelize.Style{NumFmt: 21})
	set("C7", 46052.5)
	style("C7", &excelize.Style{CustomNumFmt: &plain})
	if err := f.SetCellFormula("Sheet1", "E7", "1+1"); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "a.xlsx")
	if err := f.SaveAs(path); err != nil {
		t.Fatal(err)
	}
	got, warnings, err := Read(Source{Path: path})
	if err != nil || len(warnings) != 1 || !strings.Contains(warnings[0].Message, "1 formulas without a stored value") {
		t.Fatal(warnings, err)
	}
	want := `["$SrcIP" "text" "number"]
string "192.0.2.1"|string "007"|int64 "3389"|
string "=1+1"|string "true"|float64 "0.1"|
string "2026-01-30T17:42:18"|string "2026-01-30"|string "2026-01-30"|
string "18:00:00"|float64 "46052.5"|<nil> "<nil>"|
`
	if diff := cmp.Diff(want, lines(got)); diff != "" {
		t.Error(diff)
	}

	if _, err := f.NewSheet("Other"); err != nil {
		t.Fatal(err)
	}
	if err := f.SetCellStr("Other", "A1", "x"); err != nil {
		t.Fatal(err)
	}
	if err := f.SetCellStr("Other", "B2", "unnamed"); err != nil {
		t.Fatal(err)
	}
	if err := f.SaveAs(path); err != nil {
		t.Fatal(err)
	}
	for sheet, want := range map[string]string{
		"": "it has the sheets Sheet1, Other: choose one with --sheet", "Othr": "did you mean Other?",
		"other": "2:2: a value in a column that the header does not name",
	} {
		if _, _, err := Read(Source{Path: path, Sheet: sheet}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("--sheet %q: %v", sheet, err)
		}
	}
	if again, _, err := Read(Source{Path: path, Sheet: "sheet1"}); err != nil || lines(again) != lines(got) {
		t.Error(err)
	}
}

// TestHostileXLSX breaks a good file byte by byte: it is read or refused, and
// never taken for a shorter one in silence where its sheet is cut off.
func TestXLSXThatClaimsTooMuch(t *testing.T) {
	var b bytes.Buffer
	if err := Write(&b, XLSX, workbook.Table{Columns: []string{"a"}, Rows: []workbook.Row{{Values: []workbook.Value{"x"}}}}); err != nil {
		t.Fatal(err)
	}
	whole := b.Bytes()
	// The sizes in the directory at the end of the archive.
	broken := bytes.Clone(whole)
	for at := 0; ; {
		next := bytes.Index(broken[at:], []byte("PK\x01\x02"))
		if next < 0 {
			break
		}
		at += next + 4
		copy(broken[at+20:], []byte{0xff, 0xff, 0xff, 0x7f})
	}
	if _, _, err := Read(Source{Path: file(t, "a.xlsx", broken)}); err == nil || !strings.Contains(err.Error(), "unpacks to more than") {
		t.Error(err)
	}
	if _, _, err := Read(Source{Path: file(t, "a.xlsx", whole[:len(whole)/2])}); err == nil {
		t.Error("half a file was read")
	}
}

func drawTable(rt *rapid.T, form Form) workbook.Table {
	text := func(label string) string {
		s := rapid.StringOf(rapid.SampledFrom([]rune("ab\x0007,;\"'\n \t=é€_x\\\u2028"))).Draw(rt, label)
		if form == XLSX {
			s = strings.ReplaceAll(s, "\x00", "")
		}
		return s
	}
	t := workbook.Table{}
	for i := range rapid.IntRange(1, 4).Draw(rt, "columns") {
		t.Columns = append(t.Columns, fmt.Sprintf("$c%d%s", i, text("column")))
	}
	for range rapid.IntRange(1, 5).Draw(rt, "rows") {
		values := make([]workbook.Value, len(t.Columns))
		for i := range values {
			switch rapid.IntRange(0, 3).Draw(rt, "kind") {
			case 0:
				values[i] = text("text")
			case 1:
				values[i] = rapid.Int64().Draw(rt, "whole")
			case 2:
				values[i] = rapid.Float64().Draw(rt, "real")
			}
		}
		t.Rows = append(t.Rows, workbook.Row{Values: values})
	}
	return t
}

// expected is what a form keeps of a value.
func expected(form Form, v workbook.Value) workbook.Value {
	switch v := v.(type) {
	case string:
		if form != JSON && form != NDJSON && v == "" {
			return nil
		}
		if form == CSV {
			return FormulaSafe(v)
		}
	case int64:
		if form == CSV || form == XLSX && (v > exactInXLSX || v < -exactInXLSX) {
			return workbook.Text(v)
		}
	case float64:
		if form == CSV {
			return workbook.Text(v)
		}
		if form == XLSX && !exactInCell(v) {
			return workbook.Text(v)
		}
		if form == XLSX && v == math.Trunc(v) && math.Abs(v) < 1<<63 {
			return int64(v)
		}
	}
	return v
}

// TestRoundTrip writes tables and reads them again.
func TestRoundTrip(t *testing.T) {
	for _, form := range []Form{CSV, JSON, NDJSON, XLSX} {
		t.Run(string(form), func(t *testing.T) {
			folder := t.TempDir()
			rapid.Check(t, func(rt *rapid.T) {
				before := drawTable(rt, form)
				var b bytes.Buffer
				if err := Write(&b, form, before); err != nil {
					rt.Fatal(err)
				}
				path := filepath.Join(folder, "a."+string(form))
				if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
					rt.Fatal(err)
				}
				after, _, err := Read(Source{Path: path})
				if err != nil {
					rt.Fatalf("%v\n%s", err, b.String())
				}
				want := workbook.Table{Columns: before.Columns}
				for _, row := range before.Rows {
					var values []workbook.Value
					blank := true
					for _, v := range row.Values {
						v = expected(form, v)
						blank = blank && v == nil
						values = append(values, v)
					}
					if form != XLSX || !blank { // in a sheet nothing tells an empty row
						want.Rows = append(want.Rows, workbook.Row{Values: values})
					}
				}
				if a, b := lines(want), lines(after); a != b {
					rt.Fatalf("want %s\ngot %s", a, b)
				}
			})
		})
	}
}

func TestWhatAFormCanNotHold(t *testing.T) {
	tests := []struct {
		form  Form
		value workbook.Value
		want  string
	}{
		{JSON, "\xff", "row 1, column a: a text that is not UTF-8"},
		{NDJSON, math.NaN(), "row 1, column a: the number NaN"},
		{XLSX, "\x00", "row 1, column a: a text with the character U+0000"},
		{XLSX, strings.Repeat("x", 40_000), "row 1, column a: a text of 40000 bytes"},
	}
	for _, test := range tests {
		err := Write(&bytes.Buffer{}, test.form, workbook.Table{Columns: []string{"a"}, Rows: []workbook.Row{{Values: []workbook.Value{test.value}}}})
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", test.form, err)
		}
	}
}

// FuzzRead: whatever stands in a file, it is read or its mistakes are told, and
// what was read keeps to the bounds.
func FuzzRead(f *testing.F) {
	var b bytes.Buffer
	if err := Write(&b, XLSX, workbook.Table{Columns: []string{"a"}, Rows: []workbook.Row{{Values: []workbook.Value{"x"}}, {Values: []workbook.Value{int64(1)}}}}); err != nil {
		f.Fatal(err)
	}
	f.Add(3, b.Bytes())
	for i, seed := range []string{"a,b\n1,\"2\"\n", `[{"a":1},{"b":[{}]}]`, "{\"a\":1}\n{\"a\":\"\\ud800\"}\n", "\ufeff[", "\"a\nb\",c\n"} {
		f.Add(i%3, []byte(seed))
	}
	f.Fuzz(func(t *testing.T, form int, content []byte) {
		forms := Forms()
		path := file(t, "a", content)
		table, _, err := Read(Source{Path: path, Form: Form(forms[uint(form)%uint(len(forms))])})
		if err != nil {
			if !strings.Contains(err.Error(), filepath.ToSlash(path)) {
				t.Errorf("the error does not name the file: %v", err)
			}
			return
		}
		for i, row := range table.Rows {
			if len(row.Values) != len(table.Columns) {
				t.Errorf("row %d has %d values for %d columns", i+1, len(row.Values), len(table.Columns))
			}
		}
	})
}

// TestXLSXIsReadByOthers holds what is written against another reader of the
// format, and what it writes against ours.
func TestXLSXIsReadByOthers(t *testing.T) {
	table := workbook.Table{Columns: []string{"$A", "b _x0041_ <&>"}, Rows: []workbook.Row{
		{Values: []workbook.Value{"007", int64(42)}}, {Values: []workbook.Value{nil, 1.5}}, {Values: []workbook.Value{" two\nlines\t", "_x000D_"}},
	}}
	var b bytes.Buffer
	if err := Write(&b, XLSX, table); err != nil {
		t.Fatal(err)
	}
	file, err := excelize.OpenReader(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, err := file.GetRows("Sheet1")
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{{"$A", "b _x0041_ <&>"}, {"007", "42"}, {"", "1.5"}, {" two\nlines\t", "_x000D_"}}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Error(diff)
	}
}

// TestColumnNames goes to the last column and back.
func TestColumnNames(t *testing.T) {
	for column := 1; column <= maxSheetColumns; column++ {
		if got, err := columnOf(columnName(column) + "7"); err != nil || got != column {
			t.Fatal(column, columnName(column), got, err)
		}
	}
	for _, name := range []string{"", "7", "A", "XFE1", "A-1", "ÄA1", "AAAAAAAAAAAAAAAAAAAAAAAA1"} {
		if got, err := columnOf(name); err == nil {
			t.Errorf("%q is column %d", name, got)
		}
	}
}

func TestFormulaSafe(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "-1.5e3": "-1.5e3", "+7": "+7", "a=1": "a=1", " =1": " =1", "ü": "ü",
		"=1+1": "'=1+1", "-1+1": "'-1+1", "+x": "'+x", "@SUM(A1)": "'@SUM(A1)", "＝1": "'＝1",
		"\t=1": "'\t=1", "\r=1": "'\r=1", "\n=1": "'\n=1", "\x00=1": "'\x00=1", "\x1b[2J": "'\x1b[2J", "\u0085=1": "'\u0085=1",
	} {
		if got := FormulaSafe(text); got != want {
			t.Errorf("%q becomes %q, not %q", text, got, want)
		}
	}
}
