package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"tabletop/audit"
	"tabletop/workbook"
)

// diffOf compares two runs.
func diffOf(t testing.TB, args ...string) diffObject {
	t.Helper()
	var o diffObject
	if err := json.Unmarshal([]byte(done(t, append([]string{"diff", "-o", "json"}, args...)...)), &o); err != nil {
		t.Fatal(err)
	}
	return o
}

// diffedTargets lists the targets of a diff.
func diffedTargets(list []targetDiff) (targets []string) {
	for _, t := range list {
		targets = append(targets, t.Target)
	}
	return targets
}

func TestDiffTellsWhatElseWouldBeBlocked(t *testing.T) {
	auditPath := atRoot(t)
	for _, book := range []string{"workbook", "all-sources", "all-sources"} {
		done(t, "run", "examples/suspicious-remote-desktop/"+book+".yaml", "--audit", auditPath)
	}
	o := diffOf(t, "1", "2", "--audit", auditPath)
	if got := diffedTargets(o.Blocked); !slices.Equal(got, []string{"203.0.113.9", "192.0.2.77", "2001:db8:40::19"}) || len(o.Spared) > 0 || o.Both != 2 {
		t.Errorf("%q, %+v, %d in both", got, o.Spared, o.Both)
	}
	if len(o.Otherwise) != 1 || o.Otherwise[0].Target != "10.20.5.23" || o.Otherwise[0].Before != nil || o.Otherwise[0].After.Rule != "private_address" {
		t.Errorf("%+v", o.Otherwise)
	}
	if len(o.Blocks) != 3 || o.Blocks[0].Rows != [2]int{2, 7} || o.Blocks[0].Come.Count != 5 || o.Blocks[0].Gone.Count != 0 || len(o.Blocks[0].Lines) == 0 {
		t.Errorf("%+v", o.Blocks)
	}
	back := diffOf(t, "2", "1", "--audit", auditPath)
	if !slices.Equal(diffedTargets(back.Spared), diffedTargets(o.Blocked)) || len(back.Blocked) > 0 || back.Blocks[0].Gone.Count != 5 {
		t.Errorf("%+v", back)
	}
	none := diffOf(t, "2", "3", "--audit", auditPath)
	if len(none.Blocked)+len(none.Spared)+len(none.Otherwise)+len(none.Blocks)+len(none.Texts)+len(none.Files)+len(none.Terms)+len(none.Parameters)+len(none.Notes) > 0 || none.Both != 5 {
		t.Errorf("%+v", none)
	}
	if out := done(t, "diff", "2", "3", "--audit", auditPath); !strings.Contains(out, "rows are the same") {
		t.Error(out)
	}
	out := done(t, "diff", "1", "2", "--audit", auditPath)
	for _, want := range []string{"tabletop why-not 203.0.113.9 --run 1", "2/a4: refused_protected", "block 1 (sql) changed", "and 2 more"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in %s", want, out)
		}
	}
}

// TestDiffOfEverything changes, between two runs, each thing that a run rests on.
func TestDiffOfEverything(t *testing.T) {
	copyExample(t, "suspicious-remote-desktop")
	const book = `workbook: odd
parameters: {Port: {default: '3389'}}
blocks:
  - text: first
  - sql: SELECT $SrcIP, COUNT(*) FROM FIREWALL WHERE $DstPort={Port} AND $Duration=7d GROUP BY $SrcIP HAVING COUNT(*)>2
  - dql: "_trigger api generic_webhook send_alert 'Trend Micro XDR: Block IP'"
`
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	edit := func(name, old, with string) {
		t.Helper()
		text, err := os.ReadFile(name)
		if err != nil || !strings.Contains(string(text), old) {
			t.Fatal(name, err)
		}
		write(name, strings.Replace(string(text), old, with, 1))
	}
	file := filepath.Join("book", "workbook.yaml")
	write(file, book)
	done(t, "run", "book")
	write(file, strings.Replace(strings.Replace(book, "  - text: first\n", "", 1), "odd\n", "odd\ntags: [new]\n", 1)+"  - text: last\n")
	edit("guard.yaml", "never:", "never:\n  - {value: 203.0.113.9, reason: a partner}")
	edit("integrations.yaml", "Blocking malicious IP", "Blocking")
	edit(filepath.Join("book", "events", "FIREWALL.ndjson"), "203.0.113.140", "203.0.113.141")
	write(filepath.Join("book", "events", "OTHER.ndjson"), "{}\n")
	done(t, "run", "book", "--set", "Port=3389", "--now", "2026-01-30T17:42:18Z", "--window", "1h")
	done(t, "run", "book", "--set", "Port=22", "--now", "2026-01-30T17:42:18Z", "--window", "1h")
	o := diffOf(t, "1", "2")
	if !slices.Equal(diffedTargets(o.Spared), []string{"203.0.113.9"}) || o.Spared[0].After.Rule != "own_list" || len(o.Blocked) > 0 {
		t.Errorf("%+v, %+v", o.Spared, o.Blocked)
	}
	var blocks [][2]int
	for _, b := range o.Blocks {
		blocks = append(blocks, [2]int{b.Before, b.After})
	}
	if want := [][2]int{{1, 0}, {2, 1}, {3, 2}, {0, 3}}; !slices.Equal(blocks, want) {
		t.Errorf("%v, not %v", blocks, want)
	}
	var changed []string
	for _, text := range o.Texts {
		changed = append(changed, text.Name)
	}
	if want := []string{"the workbook, beside its blocks", "the integrations", "the guard"}; !slices.Equal(changed, want) || !slices.Contains(o.Texts[2].Lines, "+  - {value: 203.0.113.9, reason: a partner}") {
		t.Errorf("%q: %q", changed, o.Texts)
	}
	if len(o.Files) != 2 || o.Files[0].What != "changed" || o.Files[1].What != "added" {
		t.Errorf("%+v", o.Files)
	}
	if len(o.Terms) != 2 || o.Terms[0] != (valueDiff{"--window", "5m", "1h"}) || o.Terms[1].Name != "the clock" {
		t.Errorf("%+v", o.Terms)
	}
	if o = diffOf(t, "2", "3"); len(o.Parameters) != 1 || o.Parameters[0] != (valueDiff{"Port", "3389", "22"}) || len(o.Texts) > 0 {
		t.Errorf("%+v, %+v", o.Parameters, o.Texts)
	}
}

// TestDiffsFit compares the runs of all examples, with each other.
func TestDiffsFit(t *testing.T) {
	auditPath := atRoot(t)
	all := books(t)
	for _, book := range all {
		done(t, "run", book, "--audit", auditPath, "--keep-rows", "1")
	}
	for i := range all {
		for j := range all {
			a, b := audit.ID{Run: int64(i + 1)}.String(), audit.ID{Run: int64(j + 1)}.String()
			for _, line := range strings.Split(done(t, "diff", a, b, "--audit", auditPath), "\n") {
				if utf8.RuneCountInString(line) > narrow {
					t.Errorf("diff %s %s: %d columns: %s", a, b, utf8.RuneCountInString(line), line)
				}
			}
		}
	}
	for args, want := range map[string]string{"1": "two runs", "1 99": "no such run", "1 x": "no run's number"} {
		code, out, said := tabletop(t, append([]string{"diff", "--audit", auditPath}, strings.Fields(args)...)...)
		if code != exitNothingRan || out != "" || !strings.Contains(said, want) {
			t.Errorf("diff %s: exit %d, %q, %s", args, code, out, said)
		}
	}
}

// TestPairedBlocksAreAllThere holds the pairs of blocks against what they must
// be: each block once, in order, and none paired with another kind.
func TestPairedBlocksAreAllThere(t *testing.T) {
	blocks := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) audit.Block {
		return audit.Block{Kind: rapid.SampledFrom([]string{"sql", "code"}).Draw(rt, "kind"), Text: rapid.SampledFrom([]string{"a", "b", "c"}).Draw(rt, "text")}
	}), 0, 7)
	rapid.Check(t, func(rt *rapid.T) {
		a, b := blocks.Draw(rt, "a"), blocks.Draw(rt, "b")
		x, y := 0, 0
		for _, pair := range paired(a, b) {
			if pair[0] >= 0 {
				if pair[0] != x {
					rt.Fatalf("%v comes, not %d", pair, x)
				}
				x++
			}
			if pair[1] >= 0 {
				if pair[1] != y {
					rt.Fatalf("%v comes, not %d", pair, y)
				}
				y++
			}
			if pair[0] >= 0 && pair[1] >= 0 && a[pair[0]].Kind != b[pair[1]].Kind {
				rt.Fatalf("%v are of two kinds", pair)
			}
		}
		if x != len(a) || y != len(b) {
			rt.Fatalf("%d of %d, %d of %d", x, len(a), y, len(b))
		}
	})
}

// TestRowsBetweenCountsRows holds the count of rows that came and went against
// the plain way.
func TestRowsBetweenCountsRows(t *testing.T) {
	rows := rapid.SliceOfN(rapid.IntRange(0, 3), 0, 8)
	block := func(values []int) audit.Block {
		b := audit.Block{Index: 1, Columns: []string{"$A"}}
		for i, v := range values {
			b.Rows = append(b.Rows, audit.Row{Number: i + 1, Row: workbook.Row{Values: []workbook.Value{int64(v)}}})
		}
		return b
	}
	rapid.Check(t, func(rt *rapid.T) {
		a, b := rows.Draw(rt, "a"), rows.Draw(rt, "b")
		var lost, won int
		for v := range 4 {
			before, after := 0, 0
			for _, x := range a {
				if x == v {
					before++
				}
			}
			for _, y := range b {
				if y == v {
					after++
				}
			}
			lost, won = lost+max(before-after, 0), won+max(after-before, 0)
		}
		gone, come := rowsBetween(block(a), block(b))
		if gone.Count != lost || come.Count != won {
			rt.Fatalf("%d and %d, not %d and %d", gone.Count, come.Count, lost, won)
		}
	})
}

// TestDiffOfHostileTexts compares runs whose workbooks and events try to act on
// the terminal.
func TestDiffOfHostileTexts(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.Mkdir("events", 0o755); err != nil {
		t.Fatal(err)
	}
	for _, note := range []string{`\u001b[2J`, `\u202e$(reboot)`} {
		book := "workbook: odd \u202e\nblocks:\n  - sql: |\n      SELECT $Note FROM ODD WHERE $Duration=1d -- \u202e\u2066" + note + "\n"
		event := `{"$Note":"` + note + `","$CNAMTime":1769195112204}` + "\n"
		for name, text := range map[string]string{"workbook.yaml": book, "events/ODD.ndjson": event} {
			if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		done(t, "run", ".")
	}
	for _, args := range [][]string{{"diff", "1", "2"}, {"diff", "1", "2", "-o", "json"}} {
		for _, r := range done(t, args...) {
			if r < ' ' && r != '\n' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
				t.Errorf("%q gives %U", args, r)
			}
		}
	}
}
