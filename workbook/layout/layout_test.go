package layout

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tabletop/workbook"
	"tabletop/workbook/source"
)

type signalConfig struct {
	Name   source.Text `yaml:"name"`
	Tactic source.Text `yaml:"tactic"`
	Score  source.Text `yaml:"score"`
}

type besideCode struct {
	OnError string `yaml:"on_error"`
}

// kinds are like those of block, which this package knows nothing of.
var kinds = []workbook.Kind{
	{Name: "sql", Config: source.Text{}},
	{Name: "code", Config: source.Text{}, Beside: besideCode{}},
	{Name: "signal", Config: signalConfig{}},
	{Name: "trigger", Config: source.Text{}},
	{Name: "text", Config: source.Text{}},
}

func TestFormat(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{
			"already laid out",
			"workbook: A\nstage: test\nblocks:\n  - sql: |\n      SELECT $a\n      FROM X\n    note: |\n      why\n",
			"workbook: A\nstage: test\nblocks:\n  - sql: |\n      SELECT $a\n      FROM X\n    note: |\n      why\n",
		},
		{
			"the order of keys, with their comments",
			"# about it all\n\n# the blocks\nblocks:\n  # the query\n  - note: n # n's\n    # the text\n    sql: |\n      SELECT $a\n    id: q\n# the name\nworkbook: A\n# the end\n",
			"# about it all\n\n# the name\nworkbook: A\n# the blocks\nblocks:\n  # the query\n  - id: q\n    # the text\n    sql: |\n      SELECT $a\n    note: n # n's\n# the end\n",
		},
		{
			"indentation",
			"workbook:   A\nblocks:\n- sql:  |\n       SELECT $a\n         FROM X\n  note:   b\n-   signal:\n        score:  5\n        name: x\n    id: s\n",
			"workbook: A\nblocks:\n  - sql: |\n      SELECT $a\n        FROM X\n    note: b\n  - id: s\n    signal:\n      name: x\n      score: 5\n",
		},
		{
			"texts under |",
			"workbook: A\nblocks:\n  - sql: SELECT $a FROM X\n  - sql: 'SELECT ''a'' FROM X'\n  - sql: \"SELECT $a\\nFROM X\"\n  - sql: SELECT $a\n         FROM X\n  - text: >\n      one\n      line\n  - trigger: 'XDR: Block'\n",
			"workbook: A\nblocks:\n  - sql: |\n      SELECT $a FROM X\n  - sql: |\n      SELECT 'a' FROM X\n  - sql: |\n      SELECT $a\n      FROM X\n  - sql: |\n      SELECT $a FROM X\n  - text: |\n      one line\n  - trigger: 'XDR: Block'\n",
		},
		{
			"no line's end behind the last text",
			"workbook: A\nblocks:\n- sql: |\n    SELECT $a",
			"workbook: A\nblocks:\n  - sql: |\n      SELECT $a\n",
		},
		{
			"what looks like a comment at the end of a folded text is text",
			"workbook: A\nblocks:\n- text: >\n    one\n     # two\n- code: >-\n    # all\n  # behind\n- text: >\n    one\n   # behind\n",
			"workbook: A\nblocks:\n  - text: >\n      one\n       # two\n  - code: >-\n      # all\n    # behind\n  - text: |\n      one\n    # behind\n",
		},
		{
			"a text beside a comment stays",
			"workbook: A\nblocks:\n  - sql: SELECT $a FROM X # all\n",
			"workbook: A\nblocks:\n  - sql: SELECT $a FROM X # all\n",
		},
		{
			"what stands in brackets",
			"workbook: A\ntags: [a,   b,\n  c]\nblocks:\n  - signal: {name: x,\n        score: 5}\n",
			"workbook: A\ntags: [a,   b,\n  c]\nblocks:\n  - signal: {name: x,\n        score: 5}\n",
		},
		{
			"comments everywhere",
			"#!top\nworkbook: A #name\nblocks: # all\n  # before\n  -\n    # inside\n    sql: |  # text\n      SELECT 1 # no comment\n      # nor this\n    # behind\n  # between\n\n\n  - text: |\n      x\n    # last of it\n  # last of blocks\n# last of all\n",
			"#!top\nworkbook: A #name\nblocks: # all\n  # before\n  # inside\n  - sql: |  # text\n      SELECT 1 # no comment\n      # nor this\n    # behind\n  # between\n\n  - text: |\n      x\n    # last of it\n  # last of blocks\n# last of all\n",
		},
		{
			"a text with its indentation told",
			"workbook: A\nblocks:\n- sql: |2\n      SELECT $a\n    FROM X\n",
			"workbook: A\nblocks:\n  - sql: |2\n        SELECT $a\n      FROM X\n",
		},
		{
			"line ends, a mark at the beginning, blanks",
			"\ufeffworkbook: A  \r\n\r\n\r\nblocks:\r\n\r\n  - sql: |\r\n      SELECT $a\r\n\r\n\r\n",
			"workbook: A\n\nblocks:\n  - sql: |\n      SELECT $a\n",
		},
		{
			"a document's mark",
			"# licence\n---\nblocks:\n  - text: a\nworkbook: A\n",
			"# licence\n---\nworkbook: A\nblocks:\n  - text: |\n      a\n",
		},
		{
			"aliases keep the order",
			"tags: &t [a]\nworkbook: A\nblocks:\n  - text: |\n      a\nmore: *t\n",
			"tags: &t [a]\nworkbook: A\nblocks:\n  - text: |\n      a\nmore: *t\n",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := Format("w.yaml", []byte(test.in), kinds)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, string(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFormatLeaves(t *testing.T) {
	for _, text := range []string{"{workbook: A, blocks: []}\n", "- a\n", "? [a]\n: b\nworkbook: A\n", "workbook: A\nblocks:\n  - - a\n"} {
		out, err := Format("w.yaml", []byte(text), kinds)
		var kept *KeptError
		if !errors.As(err, &kept) || !strings.HasPrefix(err.Error(), "w.yaml is left as it is: ") {
			t.Errorf("%q: %v, %q", text, err, out)
		}
	}
	var problems source.Problems
	if _, err := Format("w.yaml", []byte("a: [\n"), kinds); !errors.As(err, &problems) {
		t.Error(err)
	}
}

// holds is what must be true of every file that is laid out: it is laid out once
// and for all, means the same, and has every comment.
func holds(t interface{ Fatalf(string, ...any) }, text string) {
	out, err := Format("w.yaml", []byte(text), kinds)
	if err != nil {
		return
	}
	again, err := Format("w.yaml", out, kinds)
	if err != nil || string(again) != string(out) {
		t.Fatalf("not laid out once and for all: %v\n%s\n---\n%s", err, out, again)
	}
	before, _ := source.Parse("w.yaml", []byte(text))
	after, err := source.Parse("w.yaml", out)
	if err != nil || meaning(before) != meaning(after) {
		t.Fatalf("means something else: %v\n%s\n---\n%s", err, text, out)
	}
}

// meaning writes a value with its keys sorted, texts without the newlines at
// their ends.
func meaning(n source.Node) string {
	switch {
	case n.IsMap():
		var parts []string
		for _, p := range n.Pairs() {
			parts = append(parts, p.Key.Value+": "+meaning(p.Value))
		}
		slices.Sort(parts)
		return "{" + strings.Join(parts, ", ") + "}"
	case n.IsList():
		var parts []string
		for _, item := range n.Items() {
			parts = append(parts, meaning(item))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	text, ok := n.Text()
	if !ok {
		return "null"
	}
	return strings.TrimRight(text.Value, "\n")
}

// TestFormatHolds lays out workbooks that are written in many ways.
func TestFormatHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := drawnWorkbook(t)
		if _, err := source.Parse("w.yaml", []byte(text)); err != nil {
			t.Fatalf("no YAML: %v\n%s", err, text)
		}
		out, err := Format("w.yaml", []byte(text), kinds)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if got, want := strings.Count(string(out), "# c"), strings.Count(text, "# c"); got != want {
			t.Fatalf("%d comments of %d\n%s\n---\n%s", got, want, text, out)
		}
		holds(t, text)
	})
}

// drawnWorkbook writes a workbook with any order, indentation and comments.
func drawnWorkbook(t *rapid.T) string {
	comment := func(indent string) string {
		return rapid.SampledFrom([]string{"", "", indent + "# c\n", "\n", "\n" + indent + "# c\n\n"}).Draw(t, "comment")
	}
	behind := func() string { return rapid.SampledFrom([]string{"", "", "  # c"}).Draw(t, "behind") }
	dash := strings.Repeat(" ", rapid.IntRange(0, 3).Draw(t, "dash"))
	gap := strings.Repeat(" ", rapid.IntRange(1, 3).Draw(t, "gap"))
	key := dash + " " + gap
	text := func() string {
		inner := key + strings.Repeat(" ", rapid.IntRange(1, 4).Draw(t, "inner"))
		lines := rapid.SliceOfN(rapid.SampledFrom([]string{"SELECT $a", "  FROM X", "# no comment", "'q': {", ""}), 1, 4).Draw(t, "lines")
		out := rapid.SampledFrom([]string{"|", "|-", ">"}).Draw(t, "mark") + behind() + "\n" + inner + "a\n"
		for _, line := range lines {
			out += strings.TrimRight(inner+line, " ") + "\n"
		}
		return out
	}
	value := func(kind string) string {
		if kind == "signal" {
			return rapid.SampledFrom([]string{"{score: 5, name: x}" + behind() + "\n", "\n" + comment(key+"   ") + key + "   score: 5" + behind() + "\n" + comment(key+"   ") + key + "   name: x\n"}).Draw(t, "signal")
		}
		return rapid.SampledFrom([]string{"plain words\n", "'it''s'\n", "\"a\\nb\"\n", "two\n" + key + "   lines\n", text(), text()}).Draw(t, "value")
	}
	block := func() string {
		keys := []string{rapid.SampledFrom([]string{"sql", "code", "signal", "text"}).Draw(t, "kind"), "note", "id"}
		keys = rapid.Permutation(keys[:rapid.IntRange(1, 3).Draw(t, "keys")]).Draw(t, "order")
		out := comment(dash)
		for i, k := range keys {
			if i == 0 {
				out += dash + "-" + gap + k + ": " + value(k)
			} else {
				out += comment(key) + key + k + ":" + gap + value(k)
			}
		}
		return out + comment(key)
	}
	parts := []string{"workbook: A" + behind() + "\n", "stage: test\n", "tags: [a, b]" + behind() + "\n"}
	blocks := "blocks:" + behind() + "\n"
	for range rapid.IntRange(1, 3).Draw(t, "blocks") {
		blocks += block()
	}
	out := comment("")
	for _, p := range rapid.Permutation(append(parts, blocks)).Draw(t, "parts") {
		out += comment("") + p
	}
	return out + comment("")
}

func FuzzFormat(f *testing.F) {
	f.Add("workbook: A\nblocks:\n  - sql: |\n      SELECT $a\n    note: b # c\n")
	f.Add("# c\nblocks:\n- sql: >2-\n    a\n\n   b\n  # d\n- {text: x}\nworkbook: 'A'\n")
	f.Add("---\nworkbook: &a A\nblocks: [*a]\n")
	f.Add("workbook: A\r\nblocks:\r\n  -\r\n    # x\r\n    sql: |+\r\n      a\r\n\r\n")
	f.Add("a:\n  b: \"x\n  # y\"\n  c: 'd\n\n   e'\n")
	f.Fuzz(func(t *testing.T, text string) { holds(t, text) })
}
