package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// copyExamples copies the examples to a folder of their own, and goes there.
func copyExamples(t *testing.T) {
	t.Helper()
	folder := t.TempDir()
	if err := os.CopyFS(folder, os.DirFS("../../examples")); err != nil {
		t.Fatal(err)
	}
	t.Chdir(folder)
}

// TestRecordedTestsGuard records a test of a run: it holds at once, and fails
// once the workbook is broken on purpose.
func TestRecordedTestsGuard(t *testing.T) {
	copyExamples(t)
	for _, one := range []struct {
		book   string
		events int // in the test
		breaks [][2]string
	}{
		{"suspicious-remote-desktop/workbook.yaml", 7, [][2]string{
			{"$DstPort=3389", "$DstPort=3390"},
			{"COUNT(*)>2 ", "COUNT(*)>3 "},
			{"LIMIT 2", "LIMIT 1"},
			{"$Duration=7d", "$Duration=1d"},
			{"target: {host: $DstIP}", "target: {host: $SrcIP}"},
			{"score: 5", "score: 6"},
			{"Block IP", "Block URL"},
		}},
		{"file-hash/workbook.yaml", 5, [][2]string{ // a hash on five machines is asked about
			{"find_sha1", "find_md5"},
			{"rows: 1", "rows: 2"},
		}},
	} {
		if code, _, said := tabletop(t, "run", one.book, "-q"); code != exitDone {
			t.Fatal(said)
		}
		run := "1"
		to := strings.TrimSuffix(one.book, ".yaml") + ".run-1.test.yaml"
		code, out, said := tabletop(t, "test", "record", run)
		if want := to + ": " + plural(one.events, "event", "events") + ", of "; code != exitDone || !strings.HasPrefix(out, want) {
			t.Fatalf("exit %d: %s%s", code, out, said)
		}
		if code, out, said := tabletop(t, "test", to); code != exitDone {
			t.Fatalf("%s%s", out, said)
		}
		whole, err := os.ReadFile(one.book)
		if err != nil {
			t.Fatal(err)
		}
		for _, change := range one.breaks {
			broken := strings.ReplaceAll(string(whole), change[0], change[1])
			if broken == string(whole) {
				t.Fatalf("%s holds no %q", one.book, change[0])
			}
			if err := os.WriteFile(one.book, []byte(broken), 0o600); err != nil {
				t.Fatal(err)
			}
			if code, out, _ := tabletop(t, "test", to); code != exitNotHeld {
				t.Errorf("%s with %q in the place of %q: exit %d\n%s", one.book, change[1], change[0], code, out)
			}
		}
		if err := os.Remove("audit.db"); err != nil {
			t.Fatal(err)
		}
	}
}

// TestFewest looks for the fewest things that hold some that belong together, in
// any number: none of what is left can go.
func TestFewest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 60).Draw(t, "n")
		var groups [][]int // one of them is enough
		for range rapid.IntRange(1, 3).Draw(t, "groups") {
			groups = append(groups, rapid.SliceOfNDistinct(rapid.IntRange(0, max(n-1, 0)), 0, min(n, 8), rapid.ID[int]).Draw(t, "group"))
		}
		odd := rapid.Bool().Draw(t, "odd") // what holds need not hold with one more
		holds := func(kept []int) bool {
			return (!odd || len(kept)%2 == n%2) && slices.ContainsFunc(groups, func(group []int) bool {
				return !slices.ContainsFunc(group, func(i int) bool { return !slices.Contains(kept, i) })
			})
		}
		kept := fewest(t.Context(), n, 100_000, holds)
		if !slices.IsSorted(kept) || n > 0 && !holds(kept) {
			t.Fatalf("%v of %v", kept, groups)
		}
		for i := range kept {
			if holds(slices.Delete(slices.Clone(kept), i, i+1)) {
				t.Errorf("%d of %v can go: %v", kept[i], kept, groups)
			}
		}
	})
}

// TestFewestIsBounded asks no more often than it may.
func TestFewestIsBounded(t *testing.T) {
	asked := 0
	kept := fewest(t.Context(), 1000, 7, func(kept []int) bool {
		asked++
		return len(kept) >= 900
	})
	if asked != 7 || len(kept) < 900 {
		t.Errorf("asked %d times, %d left", asked, len(kept))
	}
}

// TestRecordRefuses has runs of which no test can be made.
func TestRecordRefuses(t *testing.T) {
	copyExamples(t)
	book := filepath.Join("email-threats", "workbook.yaml")
	for range 2 {
		if code, _, said := tabletop(t, "run", book, "-q"); code != exitDone {
			t.Fatal(said)
		}
	}
	refused := func(want string, args ...string) {
		t.Helper()
		code, out, said := tabletop(t, append([]string{"test", "record"}, args...)...)
		if said = strings.Join(strings.Fields(said), " "); code != exitNothingRan || !strings.Contains(said, want) {
			t.Errorf("%q: exit %d\n%s%s", args, code, out, said)
		}
	}
	refused("the newest in audit.db is run 2", "3")
	refused("is no run's number", "x")
	refused("finds files whose name ends in .test.yaml", "1", "--to", "x.yaml")
	refused("is there already", "1", "--to", filepath.Join("email-threats", "workbook.test.yaml"))
	refused("name it with --workbook", "1", "--workbook", "gone.yaml")
	text, err := os.ReadFile(book)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(book, []byte(strings.ReplaceAll(string(text), "EMAIL", "HOST")), 0o600); err != nil {
		t.Fatal(err)
	}
	refused("run 1 gives another result by now", "1")
	if err := os.RemoveAll(filepath.Join("email-threats", "events")); err != nil {
		t.Fatal(err)
	}
	refused("does not exist", "1")
}
