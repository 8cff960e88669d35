package chart

import (
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tabletop/workbook"
	"tabletop/workbook/source"
)

var update = flag.Bool("update", false, "write the drawings anew")

// plain shows a text as the report and the terminal do: no control characters.
func plain(text string) string {
	quoted := strconv.Quote(text)
	return quoted[1 : len(quoted)-1]
}

func table(columns string, rows ...[]workbook.Value) workbook.Table {
	t := workbook.Table{Columns: strings.Fields(columns)}
	for _, values := range rows {
		t.Rows = append(t.Rows, workbook.Row{Values: values})
	}
	return t
}

var counts = table("$SrcIP $Failed $Passed $Balance",
	[]workbook.Value{"203.0.113.7", int64(12), int64(3), 2.5},
	[]workbook.Value{"203.0.113.140", int64(260), int64(40), -1.25},
	[]workbook.Value{"2001:db8:40::19", int64(1), nil, int64(4)},
	[]workbook.Value{nil, "96", int64(0), "none"},
	[]workbook.Value{"203.0.113.7", int64(30), int64(7), math.Inf(1)},
)

func moments() workbook.Table {
	t := table("$CNAMTime $Bytes")
	for i := range 60 {
		t.Rows = append(t.Rows, workbook.Row{Values: []workbook.Value{int64(1769000000000) + int64(i*i)*30_000, int64(i % 7)}})
	}
	t.Rows = append(t.Rows, workbook.Row{Values: []workbook.Value{"no time", int64(1)}})
	return t
}

// TestDrawings holds the drawings of every type against files: what a reader of
// a terminal sees.
func TestDrawings(t *testing.T) {
	two := []string{"$Failed", "$Passed"}
	cases := []struct {
		name  string
		spec  Spec
		table workbook.Table
	}{
		{"bar", Spec{Type: Bar, Primary: "$SrcIP", Secondary: []string{"$Failed"}}, counts},
		{"bar-counted", Spec{Type: Bar, Primary: "$SrcIP"}, counts},
		{"bar-negative", Spec{Type: Bar, Primary: "$SrcIP", Secondary: []string{"$Balance"}}, counts},
		{"bar-stacked", Spec{Type: Bar, Primary: "$SrcIP", Secondary: two, Style: Stacked}, counts},
		{"bar-grouped", Spec{Type: Bar, Primary: "$SrcIP", Secondary: two, Style: Grouped}, counts},
		{"column", Spec{Type: Column, Primary: "$SrcIP", Secondary: []string{"$Failed"}, Title: "Who knocked"}, counts},
		{"column-stacked", Spec{Type: Column, Primary: "$SrcIP", Secondary: two, Style: Stacked}, counts},
		{"column-negative", Spec{Type: Column, Primary: "$SrcIP", Secondary: []string{"$Balance"}}, counts},
		{"line", Spec{Type: Line, Primary: "$SrcIP", Secondary: two}, counts},
		{"area-stacked", Spec{Type: Area, Primary: "$SrcIP", Secondary: two, Style: Stacked}, counts},
		{"pie", Spec{Type: Pie, Primary: "$SrcIP", Secondary: []string{"$Failed"}}, counts},
		{"donut-negative", Spec{Type: Donut, Primary: "$SrcIP", Secondary: []string{"$Balance"}}, counts},
		{"metric", Spec{Type: Metric, Primary: "$Failed", Secondary: []string{"$Passed", "$Balance"}}, counts},
		{"timeline", Spec{Type: Timeline, Primary: "$CNAMTime", Secondary: []string{"$Bytes"}}, moments()},
		{"geomap", Spec{Type: Geomap, Primary: "$SrcIP", Secondary: []string{"$Passed"}}, counts},
		{"empty", Spec{Type: Bar, Primary: "$SrcIP", Secondary: []string{"$Failed"}}, table("$SrcIP $Failed")},
		{"no-column", Spec{Type: Line, Primary: "$Src", Secondary: []string{"$Failed"}}, counts},
	}
	var out strings.Builder
	for _, c := range cases {
		drawn := Of(c.spec, c.table, plain)
		fmt.Fprintf(&out, "-- %s\n%s\n", c.name, strings.Join(append(drawn.Text(76), drawn.Notes...), "\n"))
	}
	file := filepath.Join("testdata", "drawings.txt")
	if *update {
		if err := os.WriteFile(file, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.ReplaceAll(string(want), "\r\n", "\n"), out.String()); diff != "" {
		t.Errorf("-update writes it anew (-%s +drawn):\n%s", file, diff)
	}
}

// values are what rows may hold, the odd ones among them.
func values() *rapid.Generator[workbook.Value] {
	return rapid.OneOf(
		rapid.Map(rapid.Int64(), func(v int64) workbook.Value { return v }),
		rapid.Map(rapid.Int64Range(-9, 99), func(v int64) workbook.Value { return v }),
		rapid.Map(rapid.Float64(), func(v float64) workbook.Value { return v }),
		rapid.Map(rapid.String(), func(v string) workbook.Value { return v }),
		rapid.SampledFrom([]workbook.Value{nil, math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64, -math.MaxFloat64, int64(math.MaxInt64), int64(math.MinInt64), 5e-324, "1e308", "007", "]]>", "<script>", "\x1b[31m", "\u202e", "a&b\"'"}),
	)
}

func charts() *rapid.Generator[Chart] {
	return rapid.Custom(func(t *rapid.T) Chart {
		types := []string{Bar, Column, Line, Area, Pie, Donut, Timeline, Metric, Radial, WordCloud, Geomap}
		s := Spec{Type: rapid.SampledFrom(types).Draw(t, "type"), Style: rapid.SampledFrom([]string{"", Stacked, Grouped}).Draw(t, "style"), Primary: "p<&\x00"}
		series := rapid.IntRange(0, MostSeries).Draw(t, "series")
		if s.Type == Pie || s.Type == Donut {
			series = min(series, 1)
		}
		columns := []string{s.Primary}
		for i := range series {
			s.Secondary = append(s.Secondary, fmt.Sprintf("$V%d</title>", i))
		}
		columns = append(columns, s.Secondary...)
		data := workbook.Table{Columns: columns}
		for range rapid.IntRange(0, 60).Draw(t, "rows") {
			row := workbook.Row{}
			for range columns {
				row.Values = append(row.Values, values().Draw(t, "value"))
			}
			data.Rows = append(data.Rows, row)
		}
		return Of(s, data, plain)
	})
}

// TestAnythingIsDrawn draws whatever rows hold: text that fits its width and has
// no control characters, and SVG that is well-formed, acts in no way, names no
// place outside the picture and no number that is none.
func TestAnythingIsDrawn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := charts().Draw(t, "chart")
		width := rapid.IntRange(40, 120).Draw(t, "width")
		for _, line := range c.Text(width) {
			if w := ansi.StringWidth(line); w > width {
				t.Fatalf("%d columns of %d: %q", w, width, line)
			}
			if strings.ContainsFunc(line, unicode.IsControl) {
				t.Fatalf("a control character in %q", line)
			}
		}
		checkSVG(t, c.SVG("c1"))
		header, rows := c.Table()
		for _, row := range rows {
			if len(row) != len(header) {
				t.Fatalf("a row of %d under a header of %d", len(row), len(header))
			}
		}
	})
}

func checkSVG(t *rapid.T, text string) {
	if text == "" {
		return
	}
	allowed := []string{"svg", "title", "desc", "path", "rect", "circle", "text"}
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("not well-formed: %v\n%s", err, text)
		}
		e, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		if !slices.Contains(allowed, e.Name.Local) {
			t.Fatalf("an element %s", e.Name.Local)
		}
		for _, a := range e.Attr {
			if strings.HasPrefix(a.Name.Local, "on") || a.Name.Local == "href" || a.Name.Local == "style" {
				t.Fatalf("an attribute %s", a.Name.Local)
			}
			if strings.Contains(a.Value, "NaN") || strings.Contains(a.Value, "Inf") {
				t.Fatalf("%s=%q is no number", a.Name.Local, a.Value)
			}
			if a.Name.Local == "width" || a.Name.Local == "height" || a.Name.Local == "x" || a.Name.Local == "y" {
				v, err := strconv.ParseFloat(a.Value, 64)
				if err != nil || v < -1 || v > 4000 {
					t.Fatalf("%s=%q lies outside", a.Name.Local, a.Value)
				}
			}
		}
	}
}

// TestBarsKeepProportions compares the cells of bars with the values they stand
// for: within half a cell, and none for nothing alone.
func TestBarsKeepProportions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfN(rapid.Float64Range(0, 1e9), 2, mostBars).Draw(t, "values")
		data := workbook.Table{Columns: []string{"$Name", "$Value"}}
		for i, v := range list {
			data.Rows = append(data.Rows, workbook.Row{Values: []workbook.Value{fmt.Sprint("n", i), v}})
		}
		c := Of(Spec{Type: Bar, Primary: "$Name", Secondary: []string{"$Value"}}, data, plain)
		greatest := slices.Max(list)
		room := 0
		cells := make([]int, len(list))
		for i, line := range c.Text(80)[1:] {
			cells[i] = strings.Count(line, "█")
			room = max(room, cells[i])
			if list[i] > 0 && !strings.ContainsAny(line, "█▏") {
				t.Fatalf("%g is not drawn: %q", list[i], line)
			}
		}
		for i, v := range list {
			if want := v / max(greatest, 5e-324) * float64(room); math.Abs(float64(cells[i])-want) > 0.501 {
				t.Fatalf("%g of %g takes %d of %d cells, not %.2f", v, greatest, cells[i], room, want)
			}
		}
	})
}

// TestRectanglesKeepProportions does so for the widths of the picture's bars.
func TestRectanglesKeepProportions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfN(rapid.Int64Range(1, 1_000_000), 2, mostDrawnBars).Draw(t, "values")
		data := workbook.Table{Columns: []string{"$Name", "$Value"}}
		for i, v := range list {
			data.Rows = append(data.Rows, workbook.Row{Values: []workbook.Value{fmt.Sprint("n", i), v}})
		}
		svg := Of(Spec{Type: Bar, Primary: "$Name", Secondary: []string{"$Value"}}, data, plain).SVG("c1")
		var got []float64
		for _, piece := range strings.Split(svg, "<rect ")[1:] {
			_, rest, _ := strings.Cut(piece, `width="`)
			text, _, _ := strings.Cut(rest, `"`)
			v, err := strconv.ParseFloat(text, 64)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, v)
		}
		for i, v := range list {
			want := max(float64(v)/float64(slices.Max(list))*(barsRight-barsLeft), 1)
			if math.Abs(got[i]-want) > 0.01 {
				t.Fatalf("%d is %.2f wide, not %.2f", v, got[i], want)
			}
		}
	})
}

// TestSlicesAreAWhole adds up the pieces of a pie.
func TestSlicesAreAWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfN(rapid.Float64Range(1e-9, math.MaxFloat64), 1, 40).Draw(t, "values")
		data := workbook.Table{Columns: []string{"$Name", "$Value"}}
		for i, v := range list {
			data.Rows = append(data.Rows, workbook.Row{Values: []workbook.Value{fmt.Sprint("n", i), v}})
		}
		sum := 0.0
		pieces := Of(Spec{Type: Pie, Primary: "$Name", Secondary: []string{"$Value"}}, data, plain).slices()
		for _, s := range pieces {
			sum += s.share
		}
		if math.Abs(sum-1) > 1e-9 || len(pieces) > mostSlices+1 {
			t.Fatalf("%d pieces are %g of the whole", len(pieces), sum)
		}
	})
}

func TestMistakes(t *testing.T) {
	in := workbook.Columns{Names: []string{"$SrcIP", "$Count(1)"}, Known: true}
	for _, c := range []struct{ text, want string }{
		{"{type: bar, primary: $SrcIP, secondary: $Count(1)}", ""},
		{"{type: pie, primary: $SrcIP, style: donut}", ""},
		{"{type: word cloud, primary: $SrcIP, style: group}", ""},
		{"{type: bars, primary: $SrcIP}", "type can't be"},
		{"{type: bar}", "primary is missing"},
		{"{type: bar, primary: $SrcIp}", "did you mean $SrcIP?"},
		{"{type: bar, primary: $SrcIP, secondary: [$Count]}", "unknown column $Count"},
		{"{type: bar, primary: $SrcIP, secondary: {a: b}}", "secondary must be a column"},
		{"{type: line, primary: $SrcIP, style: stacked}", "a line can't be stacked"},
		{"{type: bar, primary: $SrcIP, style: donut}", "a bar can't be donut"},
		{"{type: pie, primary: $SrcIP, secondary: [$SrcIP, $SrcIP]}", "a pie has one column of values"},
		{"{type: bar, primary: $SrcIP, secondary: [$SrcIP, $SrcIP, $SrcIP, $SrcIP, $SrcIP, $SrcIP, $SrcIP]}", "at most 6"},
	} {
		node, err := source.Parse("w.yaml", []byte(c.text))
		if err != nil {
			t.Fatal(err)
		}
		_, problems := Check(node, in)
		if c.want == "" && len(problems) > 0 || !strings.Contains(fmt.Sprint(problems), c.want) {
			t.Errorf("%s: %v, want %q", c.text, problems, c.want)
		}
	}
}

// TestRecordedIsRead reads a chart back from text, and tells one that is broken.
func TestRecordedIsRead(t *testing.T) {
	got, err := Recorded("type: column\nprimary: $A\nsecondary: [$B, $C]\nstyle: stacked\ntitle: T\n")
	want := Spec{Type: Column, Primary: "$A", Secondary: []string{"$B", "$C"}, Style: Stacked, Title: "T"}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	for _, text := range []string{"", "{", "*x", "{type: bar}", strings.Repeat("[", 100)} {
		if _, err := Recorded(text); err == nil {
			t.Errorf("%q was read", text)
		}
	}
}
