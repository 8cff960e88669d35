package report

import (
	"fmt"
	"strings"
	"testing"

	"tabletop/audit"
	"tabletop/workbook"
)

// visual is the story of a run that drew one picture of rows that are called by
// say, of which the record keeps all but missing.
func visual(kind string, missing int, say func(string) string) Story {
	b := audit.Block{Index: 1, Kind: "visual", Text: "{type: " + kind + ", primary: $Name, secondary: $Value}", Columns: []string{"$Name", "$Value"}, RowsIn: 5 + missing, RowsOut: 5 + missing}
	for i := range 5 {
		b.Rows = append(b.Rows, audit.Row{Number: i + 1, Row: workbook.Row{Values: []workbook.Value{say(fmt.Sprint("name ", i)), int64(10 * (i + 1))}}})
	}
	return Story{Run: audit.Run{Number: 1, Status: workbook.Completed, Mode: workbook.ModeRehearse, Blocks: []audit.Block{b}}}
}

var pictures = []string{"bar", "column", "line", "area", "pie", "donut", "metric", "radial", "word cloud", "geomap"}

// TestPicturesSayWhatTheyShow looks for what those need who see no picture: its
// role, its words, and the table, also in Markdown.
func TestPicturesSayWhatTheyShow(t *testing.T) {
	for _, kind := range pictures {
		s := visual(kind, 0, plainText)
		page, ticket := inHTML(t, s, Standard), inMarkdown(t, s, Standard)
		shown, cell := "xname 4", "50"
		if kind == "metric" {
			shown, cell = "$Value", "150"
			s.Run.Blocks[0].Text = "{type: metric, primary: $Value}"
			page, ticket = inHTML(t, s, Standard), inMarkdown(t, s, Standard)
		}
		for _, want := range []string{
			`role="img" aria-labelledby="chart1-title chart1-text"`, `<desc id="chart1-text">A `, shown + ": " + cell,
			`<bdi>` + shown + `</bdi></th><td class="number">` + cell + `</td>`,
		} {
			if !strings.Contains(page, want) {
				t.Errorf("%s: the page lacks %s", kind, want)
			}
		}
		if want := "| `" + shown + "` | `" + cell + "` |"; !strings.Contains(ticket, want) && !strings.Contains(ticket, strings.TrimSuffix(want, "|")) {
			t.Errorf("%s: the ticket lacks %s:\n%s", kind, want, ticket)
		}
	}
}

// TestPicturesTellWhatIsLeftOut has a record that keeps some of the rows, and a
// block that can't be read back.
func TestPicturesTellWhatIsLeftOut(t *testing.T) {
	s := visual("bar", 995, plainText)
	for _, text := range []string{inHTML(t, s, Standard), inMarkdown(t, s, Standard)} {
		if want := "drawn from the 5 rows that the record keeps, of 1,000"; !strings.Contains(text, want) {
			t.Errorf("lacks %q", want)
		}
	}
	s.Run.Blocks[0].Text = "{type: bar"
	for _, text := range []string{inHTML(t, s, Standard), inMarkdown(t, s, Standard)} {
		if !strings.Contains(text, "not drawn: ") {
			t.Error("a picture that can't be drawn is not told")
		}
	}
}

// TestPicturesOfHostileRows compares the elements of a page with those of one
// whose rows are harmless. All names are long, since pictures make room for them.
func TestPicturesOfHostileRows(t *testing.T) {
	long := strings.Repeat("x", 24)
	for _, kind := range pictures {
		s := visual(kind, 0, func(what string) string { return long + what })
		want := formOf(t, inHTML(t, s, Standard), inMarkdown(t, s, Standard))
		for _, text := range hostileTexts {
			n := 0
			compare(t, want, visual(kind, 0, func(string) string { n++; return fmt.Sprint(long, n, text) }), fmt.Sprintf("%s with %.40q", kind, text))
		}
	}
}
