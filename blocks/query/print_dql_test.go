package query

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tabletop/workbook"
	"tabletop/workbook/source"
)

// printsAsDQL checks that a tree's pipe DQL, where it has any, parses to the
// tree; names that SQL gives by itself are written out. It reports whether there
// is any.
func printsAsDQL(t rapid.TB, s *Statement) bool {
	text, err := s.PrintDQL()
	if err != nil {
		return false
	}
	again, problems := ParsePipe(source.NewText("DQL", text), workbook.NewPreparation(nil))
	if problems.Err() != nil {
		t.Fatalf("%s\n%v", text, problems)
	}
	if diff := cmp.Diff(s.tree.withNames(), again.tree.withNames(), unplaced); diff != "" {
		t.Fatalf("%s\n%s\n%s", s.Print(), text, diff)
	}
	return true
}

func TestPrintDQL(t *testing.T) {
	for query, want := range map[string]string{
		"stream=firewall": "stream=firewall | limit 1000",
		"Stream = A , b-c | GroupBy srcip |having count_col1>2":                                                                "stream=a,b-c | groupby srcip | select srcip, count(*) | having count_col1 > 2",
		"stream=* where sourcename='x' | first 3":                                                                              "stream=* where sourcename = 'x' | first 3",
		"sourcename=X-Y | select *, lower(b) as c | last 2":                                                                    "stream=* where sourcename = 'X-Y' | select *, lower(b) as c | limit 2",
		"stream=x where @a.b[0]=1 and not (c like '%') | select @a.b[0]":                                                       "stream=x where @a.b[0] = 1 AND NOT c LIKE '%' | select @a.b[0] | limit 1000",
		"stream=x | timeslice 15m | duration from 2026-01-10T10:00:00 to @now-1h":                                              "stream=x | duration from 2026-01-10T10:00:00 to @now-1h | timeslice 15m",
		"stream=x | timeslice 1h | groupby a | limit 4":                                                                        "stream=x | timeslice 1h | groupby a | select a, count(*) | limit 4",
		"stream=x where a=1 | checkif b not in s-t.`$c` | duration 7d":                                                         "stream=x where a = 1 | checkif b not in `s-t`.$c | duration 7d | limit 1000",
		"SELECT $SrcIP, COUNT(*) FROM FIREWALL WHERE $DstPort=3389 AND $Duration=7d GROUP BY $SrcIP HAVING COUNT(*)>2 LIMIT 2": "stream=firewall where $DstPort = 3389 | duration 7d | groupby $SrcIP | select $SrcIP as $SrcIP, count(*) as `$Count(1)` | having count(*) > 2 | limit 2",
	} {
		asked := statements(query, nil)
		if len(asked) != 1 {
			t.Errorf("%s is no query", query)
			continue
		}
		if got, err := asked[0].PrintDQL(); got != want {
			t.Errorf("%s\ngot  %s\nwant %s\n%v", query, got, want, err)
		}
		printsAsDQL(t, asked[0])
	}
}

func TestWhatPipeDQLLacksIsNamed(t *testing.T) {
	for query, want := range map[string]string{
		"SELECT a.$x AS x FROM A a JOIN B b ON a.$x=b.$x LIMIT 1":              "no JOIN",
		"SELECT $x FROM (SELECT $x FROM A) LIMIT 1":                            "no SELECT in FROM",
		"SELECT $x, count(*) FROM A GROUP BY $x ORDER BY 2 DESC":               "no ORDER BY",
		"SELECT $x FROM A WHERE $x IN (SELECT $y FROM B) NEWEST FIRST LIMIT 1": "no SELECT in a condition",
		"SELECT $x FROM A LIMIT 3":                                             "no limit in the order of reading",
		"SELECT $x FROM A":                                                     "no query of rows without a limit",
		"SELECT * FROM A NEWEST FIRST LIMIT 3 OFFSET 1":                        "no * with the names as the events have them (it gives them in small letters), no OFFSET",
		"SELECT count(*) FROM A WHERE $StartTime='2026-01-01T00:00:00Z'":       "no $StartTime or $EndTime alone",
		"SELECT count(*) FROM A HAVING count(*) > 1":                           "no HAVING without groups",
		"SELECT $x FROM STORE('s') NEWEST FIRST LIMIT 1":                       "no event store in FROM",
	} {
		asked := statements(query, nil)
		if len(asked) != 1 {
			t.Errorf("%s is no query", query)
			continue
		}
		if got, err := asked[0].PrintDQL(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\ngot  %s, %v\nwant %s", query, got, err, want)
		}
	}
}

// TestEveryPipeQueryPrintsAsDQL asks it of all queries of the scripts and of
// DNIF's examples.
func TestEveryPipeQueryPrintsAsDQL(t *testing.T) {
	var texts []string
	paths, _ := filepath.Glob("testdata/*.script")
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range commands(string(text)) {
			texts = append(texts, strings.Join(c.body, "\n"))
		}
	}
	examples, err := os.ReadFile("testdata/dnif-examples.txt")
	if err != nil {
		t.Fatal(err)
	}
	texts = append(texts, strings.Split(string(examples), "\n")...)
	printed := 0
	for _, text := range texts {
		if language, _ := LanguageOf(text); language != LanguagePipe {
			continue
		}
		for _, s := range statements(text, nil) {
			if !printsAsDQL(t, s) {
				_, err := s.PrintDQL()
				t.Errorf("%s\n%v", text, err)
			}
			printed++
		}
	}
	if printed < 50 {
		t.Errorf("only %d queries in pipe DQL", printed)
	}
}

// TestRandomPipeDQLPrintsToTheSameTree draws queries out of all that pipe DQL has.
func TestRandomPipeDQLPrintsToTheSameTree(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		text := drawPipe(rt)
		for _, s := range statements(text, nil) {
			if !printsAsDQL(rt, s) {
				_, err := s.PrintDQL()
				rt.Fatalf("%s\n%v", text, err)
			}
		}
	})
}

func drawPipe(t *rapid.T) string {
	one := func(name string, from ...string) string { return rapid.SampledFrom(from).Draw(t, name) }
	field := func() string {
		return one("field", "a", "srcip", "$SrcIP", "`a b`", "@x.y[1].z", "`limit`", "@k", "É")
	}
	value := func() string {
		return one("value", "1", "'x'", "-2.5", "'it''s'", `'a\\b'`, "null", "true", "lower(b)", "a + 1 * 2", "case when a=1 then 'x' else b end", "cast(a as int)")
	}
	var condition func(depth int) string
	condition = func(depth int) string {
		switch kind := rapid.IntRange(0, 7).Draw(t, "kind"); {
		case depth > 0 && kind == 0:
			return "(" + condition(depth-1) + " and " + condition(depth-1) + ")"
		case depth > 0 && kind == 1:
			return condition(depth-1) + one("joint", " or ", " and ") + condition(depth-1)
		case depth > 0 && kind == 2:
			return "not (" + condition(depth-1) + ")"
		case kind == 3:
			return field() + one("not", " in (", " not in (") + value() + ", 7)"
		case kind == 4:
			return field() + one("not", " like '%", " not rlike '") + one("pattern", "x", "a.b", "") + "'"
		case kind == 5:
			return field() + one("not", " is null", " is not null", " between 1 and '9'")
		}
		return field() + one("op", "=", "!=", " < ", ">=", "==", " <=> ") + value()
	}
	text := "stream=" + one("stream", "a", "A,b-c", "*", "'x y'", "select", "`q`")
	if rapid.Bool().Draw(t, "where") {
		text += " where " + condition(2)
	}
	grouped, sliced := rapid.Bool().Draw(t, "grouped"), rapid.IntRange(0, 3).Draw(t, "sliced") == 0
	var pipes []string
	if grouped {
		pipes = append(pipes, "groupby "+field(), one("select", "", "select "+field()+", count(*)", "select count_if("+condition(1)+") as n, max(a)", "having count_col1 > 2"))
	} else if !sliced {
		pipes = append(pipes, one("select", "", "select *", "select "+field()+", "+value()+" as `x y`", "select distinct(a)", "select count(*), avg(b)"))
	}
	if sliced {
		pipes = append(pipes, "timeslice "+one("slice", "15m", "1h"))
	}
	pipes = append(pipes, one("limit", "", "limit 5", "first 3", "last 2"), one("duration", "", "duration 3M", "duration from 2026-01-01T00:00:00 to @now-1h", "duration from @now-7d to @now"),
		one("checkif", "", "checkif b in s.c", "checkif lower(a) not in `s-t`.`$c d`"))
	for _, pipe := range rapid.Permutation(pipes).Draw(t, "pipes") {
		if pipe != "" {
			text += fmt.Sprintf(" | %s", pipe)
		}
	}
	return text
}
