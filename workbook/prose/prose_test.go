package prose

import (
	"flag"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the lines anew")

// plain is the style of a pipe, strong words and frames told by marks.
func plain() Style {
	return Style{Strong: func(s string) string { return "«" + s + "»" }, Faint: func(s string) string { return s }, Clean: clean}
}

func clean(text string) string {
	var b strings.Builder
	for _, r := range text {
		if !unicode.IsPrint(r) {
			b.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

func TestAuthoredText(t *testing.T) {
	written, err := os.ReadFile(filepath.Join("testdata", "authored.md"))
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Join(Lines(strings.ReplaceAll(string(written), "\r\n", "\n"), 60, plain()), "\n") + "\n"
	file := filepath.Join("testdata", "authored.txt")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.ReplaceAll(string(want), "\r\n", "\n"), got); diff != "" {
		t.Errorf("-update writes it anew (-%s +written):\n%s", file, diff)
	}
}

// hostile are texts that a terminal must not obey and that must not take long.
var hostile = []string{
	"\x1b[2J\x1b]0;title\x07 **\x1b[31mred** `\x1b[0m`", "a\u202eb\u2066c\u200bd", "\xff\xfe \xc0\xaf", "a\x00b\rc\vd\fe\u0085f\u2028g",
	"&#27;[2J &#x1b; &#0; &#x202e; &lt;b&gt;", "[a](\x1b[2J) <x:\x1b[2J> ![\x1b](\x07)", "<b \x1b[2J>\x1b</b>", "```\n\x1b[2J\n```", "    \x1b[2J", "<!--\x1b[2J-->\n\n<?\x1b?>",
	"| \x1b[2J |\n|---|\n| \x1b |", "# \x1b[2J", strings.Repeat("> ", 4_000) + "x", strings.Repeat("- ", 4_000) + "x", strings.Repeat("1. ", 4_000) + "x",
	strings.Repeat("[", 1_900), strings.Repeat("![", 1_000), strings.Repeat("*a_ ", 1_900), strings.Repeat("*a_ ", 4_000), strings.Repeat("<a ", 1_900), strings.Repeat("x", 100_000),
	"|" + strings.Repeat("a|", 900) + "\n|" + strings.Repeat("-|", 900) + "\n" + strings.Repeat("|\n", 190), "[a]: b\n" + strings.Repeat("[a] ", 400), "", "\n\n", "ﷺ﷽𒐫 e\u0301",
}

func TestHostileTexts(t *testing.T) {
	for _, text := range hostile {
		checkLines(t, text, 60)
	}
}

// checkLines holds what is true of every text: it is written in harmless
// characters, and no line is wider than there is room.
func checkLines(t *testing.T, text string, width int) {
	t.Helper()
	style := plain()
	style.Strong = style.Faint
	for _, line := range Lines(text, width, style) {
		if !utf8.ValidString(line) || strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Fatalf("%.60q gives %.60q", text, line)
		}
		// Where quotes and lists stand in one another, a text still has its least
		// room behind what leads its lines.
		if most := width + deepest*6 + narrowest; ansi.StringWidth(line) > most {
			t.Fatalf("%.60q gives %d columns: %.90q", text, ansi.StringWidth(line), line)
		}
	}
}

func TestCostly(t *testing.T) {
	for text, want := range map[string]bool{
		"":                               false,
		strings.Repeat("*", mostMarks):   false,
		strings.Repeat("*", mostMarks+1): true,
		strings.Repeat("x", MostBytes):   false,
		strings.Repeat("x", MostBytes+1): true,
	} {
		if got := Costly(text); got != want {
			t.Errorf("%.20q (%d bytes): %v", text, len(text), got)
		}
	}
	lines := Lines("# not a heading\n"+strings.Repeat("x", MostBytes), 60, plain())
	if lines[0] != "# not a heading" || lines[len(lines)-1] != "…" {
		t.Errorf("a text that is too long begins %q and ends %q", lines[0], lines[len(lines)-1])
	}
}

func FuzzLines(f *testing.F) {
	for _, text := range hostile {
		if len(text) < 2_000 {
			f.Add(text, 60)
		}
	}
	f.Fuzz(func(t *testing.T, text string, width int) {
		checkLines(t, text, 24+int(uint(width)%100))
	})
}
