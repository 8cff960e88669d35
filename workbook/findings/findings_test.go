package findings

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tabletop/workbook/source"
)

func TestRulesAreWhole(t *testing.T) {
	code, seen := regexp.MustCompile(`^TT[0-9]{3}$`), map[string]bool{}
	for _, r := range Rules() {
		if !code.MatchString(r.Code) || seen[r.Code] || seen[r.Name] || r.Name == "" || r.Summary == "" || r.Why == "" || r.Mend == "" || r.Severity != Error && r.Severity != Warning {
			t.Errorf("%+v lacks a part, or stands twice", r)
		}
		seen[r.Code], seen[r.Name] = true, true
		if r.Mends && r.Severity == Warning && !strings.Contains(r.Mend, "--fix") {
			t.Errorf("%s does not say that --fix mends it", r.Code)
		}
	}
	if CodeOf(source.Problem{}) != Mistake || !seen[Mistake] {
		t.Error("a problem without a code is no mistake")
	}
}

func TestApply(t *testing.T) {
	edit := func(line, column int, from, to string) source.Edit {
		return source.Edit{Place: source.Place{File: "f", Line: line, Column: column}, Old: from, New: to}
	}
	tests := []struct {
		name, text string
		edits      []source.Edit
		want       string
		made       int
	}{
		{"one", "a b\nc\n", []source.Edit{edit(1, 3, "b", "x")}, "a x\nc\n", 1},
		{"two on a line, in any order", "a b c", []source.Edit{edit(1, 1, "a", "longer"), edit(1, 5, "c", "y")}, "longer b y", 2},
		{"behind wide characters", "žluť 日本 b\r\n", []source.Edit{edit(1, 9, "b", "x")}, "žluť 日本 x\r\n", 1},
		{"another text there", "a b\n", []source.Edit{edit(1, 3, "z", "x")}, "a b\n", 0},
		{"one that overlaps", "abc\n", []source.Edit{edit(1, 2, "bc", "x"), edit(1, 1, "ab", "y")}, "ax\n", 1},
		{"the same twice", "a\n", []source.Edit{edit(1, 1, "a", "aa"), edit(1, 1, "a", "aa")}, "aa\n", 1},
		{"a whole line goes", "a\n  # c\nb\n", []source.Edit{edit(2, 3, "# c", "")}, "a\nb\n", 1},
		{"what is behind goes, with the blanks before", "a: b  # c\n", []source.Edit{edit(1, 7, "# c", "")}, "a: b\n", 1},
		{"a mark at the beginning", "\ufeffa\n", []source.Edit{edit(1, 1, "a", "b")}, "\ufeffb\n", 1},
		{"behind the end", "a\n", []source.Edit{edit(7, 1, "a", "b"), edit(1, 70, "a", "b")}, "a\n", 0},
	}
	for _, test := range tests {
		got, made := Apply([]byte(test.text), test.edits)
		if string(got) != test.want || made != test.made {
			t.Errorf("%s: %d made: %q, want %q", test.name, made, got, test.want)
		}
	}
}

// TestApplyLeavesTheRest makes one edit in any text: what stands before and behind
// it stays.
func TestApplyLeavesTheRest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		part := rapid.StringMatching(`[a-zäß日\r\n \t#:]{0,20}`)
		before, behind := part.Draw(t, "before"), part.Draw(t, "behind")
		line := strings.Count(before, "\n") + 1
		column := len([]rune(before[strings.LastIndexByte(before, '\n')+1:])) + 1
		at := source.Place{File: "f", Line: line, Column: column}
		got, made := Apply([]byte(before+"OLD"+behind), []source.Edit{{Place: at, Old: "OLD", New: "new"}})
		if made != 1 || string(got) != before+"new"+behind {
			t.Fatalf("%q, %d made", got, made)
		}
	})
}

func TestAllow(t *testing.T) {
	const text = `# check: allow TT106 for all
workbook: A
blocks:
  # check: allow TT303, TT304 the lesson

  # more
  - sql: |
      x
  - dql: |
      y
    # check: allow TT303 it tells
  - dql: z # check: allow TT401 why not
`
	begins := []int{7, 9, 12}
	at := func(code string, line int) source.Problem {
		return source.Problem{Place: source.Place{File: "f", Line: line, Column: 1}, Message: "m"}.Warn(code)
	}
	mistake := source.Problem{Place: source.Place{File: "f", Line: 7}, Code: "TT303"}
	other := at("TT303", 7)
	other.File = "g"
	all := source.Problems{at("TT106", 2), at("TT303", 7), at("TT304", 8), at("TT303", 10), at("TT401", 12)}
	for _, test := range []struct {
		name  string
		found source.Problems
		want  []string
	}{
		{"each in its place", all, nil},
		{"elsewhere", source.Problems{at("TT106", 2), at("TT303", 8), at("TT304", 9), at("TT303", 12), at("TT303", 9), at("TT401", 12)}, []string{"TT304:9", "TT303:12", "TT601:4"}},
		{"a mistake stays, and then nothing is idle", source.Problems{mistake}, []string{"TT303:7"}},
		{"another file", append(slices.Clone(all), other), []string{"TT303:7"}},
	} {
		var got []string
		for _, p := range Allow(test.found, "f", []byte(text), begins, true) {
			got = append(got, fmt.Sprintf("%s:%d", CodeOf(p), p.Line))
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: got %v, want %v", test.name, got, test.want)
		}
	}
	// What only events show is not idle where none were looked at.
	idle := []byte("workbook: A\nblocks:\n  # check: allow TT404 half a day\n  - sql: x\n")
	if got := Allow(nil, "f", idle, []int{4}, false); len(got) != 0 {
		t.Error(got)
	}
	if got := Allow(nil, "f", idle, []int{4}, true); len(got) != 1 || got[0].Edit == nil {
		t.Error(got)
	}
}

func TestArtifacts(t *testing.T) {
	root := t.TempDir()
	for _, test := range []struct{ file, uri string }{
		{"a/b.yaml", "a/b.yaml"},
		{"./a b/č.yaml", "a%20b/%C4%8D.yaml"},
		{root + "/a.yaml", "a.yaml"},
	} {
		if got := artifactOf(test.file, root).URI; got != test.uri {
			t.Errorf("%s: got %s, want %s", test.file, got, test.uri)
		}
	}
	for _, file := range []string{"../x.yaml", root + "-else/where.yaml"} {
		if got := artifactOf(file, root).URI; !strings.HasPrefix(got, "file:///") {
			t.Errorf("%s: got %s, not a whole path", file, got)
		}
	}
}
