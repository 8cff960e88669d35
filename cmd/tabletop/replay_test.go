package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"tabletop/audit"
	"tabletop/workbook"
)

// replayed makes a run again and reads the answer.
func replayRun(t testing.TB, code int, args ...string) replayObject {
	t.Helper()
	got, out, said := tabletop(t, append([]string{"replay", "-o", "json"}, args...)...)
	if got != code {
		t.Fatalf("replay %q: exit %d: %s%s", args, got, out, said)
	}
	var o replayObject
	if err := json.Unmarshal([]byte(out), &o); err != nil {
		t.Fatal(err)
	}
	return o
}

// books are the workbooks of the examples.
func books(t testing.TB) []string {
	t.Helper()
	found, err := filepath.Glob("examples/*/*.yaml")
	if err != nil || len(found) < 6 {
		t.Fatal(found, err)
	}
	var books []string
	for _, path := range found {
		if !strings.HasSuffix(path, ".test.yaml") {
			books = append(books, filepath.ToSlash(path))
		}
	}
	return books
}

// copyExample copies an example, with what stands beside it, to a folder of its
// own, goes there, and returns the folder's name.
func copyExample(t testing.TB, name string) {
	t.Helper()
	root, err := filepath.Abs("../../examples")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	if err := os.CopyFS("book", os.DirFS(filepath.Join(root, name))); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"integrations.yaml", "guard.yaml"} {
		text, err := os.ReadFile(filepath.Join(root, file))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// done runs the program and wants it to be well.
func done(t testing.TB, args ...string) string {
	t.Helper()
	code, out, said := tabletop(t, args...)
	if code != exitDone {
		t.Fatalf("%q: exit %d: %s", args, code, said)
	}
	return out
}

// TestAFreshRunIsAlwaysTheSameAgain runs every example with flags as they come,
// and makes each run again, from another folder.
func TestAFreshRunIsAlwaysTheSameAgain(t *testing.T) {
	auditPath := atRoot(t)
	all := books(t)
	flags := rapid.Custom(func(rt *rapid.T) []string {
		args := []string{"run"}
		if rapid.Bool().Draw(rt, "plan") {
			args = []string{"plan", "--to", filepath.Join(filepath.Dir(auditPath), rapid.StringMatching(`[a-z]{12}`).Draw(rt, "to"))}
		}
		add := func(name string, values ...string) {
			if v := rapid.SampledFrom(append(values, "")).Draw(rt, name); v != "" {
				args = append(args, "--"+name, v)
			}
		}
		add("now", "2026-01-30T17:42:18Z", "2026-01-28T12:00:00.5Z", "2020-01-01T00:00:00Z")
		add("window", "all", "1h", "30d")
		add("keep-rows", "0", "2")
		add("max-rows", "50", "1000")
		add("tz", "Asia/Kolkata", "UTC")
		add("year", "2025")
		if rapid.Bool().Draw(rt, "strict") {
			args = append(args, "--strict")
		}
		return args
	})
	for i := range len(all) + 3 {
		args := append(flags.Example(i), all[i%len(all)], "--audit", auditPath)
		code, _, said := tabletop(t, args...)
		if code == exitNothingRan {
			t.Fatalf("%q: %s", args, said)
		}
	}
	reader, err := audit.OpenReader(t.Context(), auditPath)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	runs, err := reader.Runs(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	var compared int
	for _, s := range runs {
		number := audit.ID{Run: s.Run}.String()
		run, err := reader.Show(t.Context(), s.Run)
		if err != nil {
			t.Fatal(err)
		}
		if run.Caller != nil {
			if code, _, said := tabletop(t, "replay", number, "--audit", auditPath); code != exitNothingRan || !strings.Contains(said, "called") {
				t.Errorf("exit %d: %s", code, said)
			}
			continue
		}
		o := replayRun(t, exitDone, number, "--audit", auditPath)
		if !o.Same || len(o.Changed)+len(o.Assumed) > 0 {
			t.Errorf("%+v", o)
		}
		compared += o.Actions + o.Rows
	}
	if compared < 100 {
		t.Errorf("only %d rows and actions", compared)
	}
}

// TestReplayOfStreamedRuns makes runs again that read each other's signals.
func TestReplayOfStreamedRuns(t *testing.T) {
	t.Chdir(t.TempDir())
	book := `workbook: odd
schedule: streamed
blocks:
  - sql: SELECT $IP FROM E WHERE $Duration=1m
  - signal: {name: 'seen _$IP_', target: {host: $IP}}
  - sql: SELECT $DetectionName, $Occurrences FROM SIGNALS WHERE $Duration=1d
`
	event := `{"$IP":"203.0.113.9","$CNAMTime":1769195112204}
{"$IP":"203.0.113.10","$CNAMTime":1769195173204}
{"$IP":"203.0.113.9","$CNAMTime":1769195234204}
`
	if err := os.Mkdir("events", 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"workbook.yaml": book, "events/E.ndjson": event} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	done(t, "stream", ".")
	for run, rows := range map[string]int{"1": 3, "2": 4, "3": 4} {
		if o := replayRun(t, exitDone, run); !o.Same || o.Rows != rows || len(o.Changed) > 0 {
			t.Errorf("run %s: %+v", run, o)
		}
	}
}

func TestReplayTellsTheFirstDifference(t *testing.T) {
	copyExample(t, "suspicious-remote-desktop")
	done(t, "run", "book")
	file := filepath.Join("book", "events", "FIREWALL.ndjson")
	original, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// What was written since is not read, and files that came since neither.
	write(string(original) + strings.Repeat(`{"$SrcIP":"192.0.2.1","$DstIP":"10.20.0.11","$DstPort":3389,"$CNAMTime":1769794938000}`+"\n", 9))
	if err := os.WriteFile(filepath.Join("book", "events", "A.ndjson"), original, 0o600); err != nil {
		t.Fatal(err)
	}
	if o := replayRun(t, exitDone, "1"); !o.Same || len(o.Changed) > 0 {
		t.Errorf("%+v", o)
	}
	write(strings.ReplaceAll(string(original), "203.0.113.140", "203.0.113.141"))
	o := replayRun(t, exitNotHeld, "1")
	want := difference{Block: 1, Kind: "sql", Row: 2, What: "$SrcIP", Recorded: "203.0.113.140", Now: "203.0.113.141"}
	if o.Same || o.Differences[0] != want || len(o.Differences) < 5 || len(o.Changed) != 1 || !strings.Contains(o.Changed[0], "FIREWALL.ndjson changed") {
		t.Errorf("%+v", o)
	}
	code, out, _ := tabletop(t, "replay", "1")
	for _, text := range []string{"another answer", "block 1 (sql), row 2, $SrcIP", "203.0.113.141", "more"} {
		if code != exitNotHeld || !strings.Contains(out, text) {
			t.Errorf("exit %d, no %q in %s", code, text, out)
		}
	}
	write(string(original[:len(original)/2]))
	// The rows stand in the first half.
	if o := replayRun(t, exitDone, "1"); !o.Same || len(o.Changed) != 1 {
		t.Errorf("%+v", o)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if o := replayRun(t, exitNotHeld, "1"); len(o.Changed) != 1 || !strings.Contains(o.Changed[0], "is gone") {
		t.Errorf("%+v", o)
	}
	write(string(original))
	if err := os.Rename(filepath.Join("book", "events"), "moved"); err != nil {
		t.Fatal(err)
	}
	if code, _, said := tabletop(t, "replay", "1"); code != exitNothingRan || !strings.Contains(said, "--events") {
		t.Errorf("exit %d: %s", code, said)
	}
	if o := replayRun(t, exitDone, "1", "--events", "moved"); !o.Same {
		t.Errorf("%+v", o)
	}
}

// TestReplayTakesTheRecordedTexts changes everything that the record holds.
func TestReplayTakesTheRecordedTexts(t *testing.T) {
	copyExample(t, "suspicious-remote-desktop")
	done(t, "run", "book/all-sources.yaml")
	for _, file := range []string{"book/all-sources.yaml", "book/workbook.yaml", "integrations.yaml", "guard.yaml"} {
		if err := os.WriteFile(file, []byte("nothing: [of"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	before, err := os.ReadFile("audit.db")
	if err != nil {
		t.Fatal(err)
	}
	if o := replayRun(t, exitDone, "1"); !o.Same || o.Actions != 7 || o.Signals != 7 {
		t.Errorf("%+v", o)
	}
	after, err := os.ReadFile("audit.db")
	if err != nil || !slices.Equal(before, after) {
		t.Error("the audit changed", err)
	}
}

// TestReplayOfSignalsBehindACall raises signals in called workbooks before the
// caller raises its own, and in those that they call.
func TestReplayOfSignalsBehindACall(t *testing.T) {
	const signal = "  - signal: {name: 'NAME _$SrcIP_', tactic: Discovery, technique: Remote System Discovery, confidence: Low, score: 5, suspect: {host: $SrcIP}}\n"
	named := func(name string) string { return strings.ReplaceAll(signal, "NAME", name) }
	t.Chdir(t.TempDir())
	files := map[string]string{
		"events/FIREWALL.ndjson": `{"$SrcIP":"203.0.113.7","$CNAMTime":"2026-01-30T12:00:00Z"}` + "\n",
		"workbook.yaml":          "workbook: Caller\nblocks:\n  - sql: |\n      SELECT $SrcIP FROM FIREWALL WHERE $Duration=1h\n  - call: called.yaml\n" + named("own") + "  - call: last.yaml\n",
		"called.yaml":            "workbook: Called\nblocks:\n  - call: deeper.yaml\n" + named("called"),
		"deeper.yaml":            "workbook: Deeper\nblocks:\n" + named("deeper"),
		"last.yaml":              "workbook: Last\nblocks:\n" + named("last"),
	}
	if err := os.Mkdir("events", 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	done(t, "run", "workbook.yaml")
	if o := replayRun(t, exitDone, "1"); !o.Same || o.Signals != 4 {
		t.Errorf("%+v", o)
	}
}

// TestReplayOfStores makes a run again after the store that it reads was written.
func TestReplayOfStores(t *testing.T) {
	t.Chdir(t.TempDir())
	files := map[string]string{
		"events/E.ndjson": `{"$IP":"203.0.113.9","$CNAMTime":1769195112204}` + "\n",
		"workbook.yaml":   "workbook: seen\nblocks:\n  - text: a store\n  - dql: |\n      _fetch $IP from event where $Stream=E AND $Duration=1d last 10\n  - text: passed on\n  - dql: |\n      _store in_disk seen stack_append\n  - dql: |\n      _retrieve seen\n",
	}
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	done(t, "run", ".", "--keep-stores")
	o := replayRun(t, exitNotHeld, "1")
	if o.Same || len(o.Changed) != 1 || !strings.Contains(o.Changed[0], "the event store seen is there now") {
		t.Errorf("%+v", o)
	}
	done(t, "run", ".")
	if o := replayRun(t, exitDone, "2"); !o.Same {
		t.Errorf("%+v", o)
	}
	done(t, "run", ".", "--keep-stores")
	if o := replayRun(t, exitNotHeld, "2"); len(o.Changed) != 1 || !strings.Contains(o.Changed[0], "the event store seen was written since, last by run 3") {
		t.Errorf("%+v", o)
	}
}

// TestReplayOfAnOlderRecord makes a run again whose terms are not recorded.
func TestReplayOfAnOlderRecord(t *testing.T) {
	auditPath := atRoot(t)
	ctx := context.Background()
	in := input{window: standardWindow}
	b, err := in.prepare(ctx, "examples/file-hash", true)
	if err != nil {
		t.Fatal(err)
	}
	survey, _, err := in.surveyed(ctx, b, false)
	if err != nil {
		t.Fatal(err)
	}
	now, from, err := in.clockOf(b, survey, b.program.Streams())
	if err != nil {
		t.Fatal(err)
	}
	files, err := b.set.Hash(ctx)
	if err != nil {
		t.Fatal(err)
	}
	log, err := audit.Open(ctx, auditPath, audit.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	info := (&rehearsal{}).info(b, files, now, from, nil)
	info.Version = "0.1"
	if _, err := b.program.Run(ctx, workbook.Options{Info: info, MaxRows: standardMaxRows, Recorder: log}); err != nil {
		t.Fatal(err)
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	o := replayRun(t, exitDone, "1", "--audit", auditPath)
	if !o.Same || len(o.Assumed) != 1 || !strings.Contains(o.Assumed[0], "--window 5m") || len(o.Changed) != 1 || !strings.Contains(o.Changed[0], "version 0.1") {
		t.Errorf("%+v", o)
	}
}

func TestReplayRefuses(t *testing.T) {
	copyExample(t, "malicious-domain")
	done(t, "run", "book", "--keep-rows", "1")
	for args, want := range map[string]string{"": "the number of a run", "2": "no such run", "x": "no run's number", "1 --events nowhere": "--events", "1 -o yaml": "text, json"} {
		code, out, said := tabletop(t, append([]string{"replay"}, strings.Fields(args)...)...)
		if code != exitNothingRan || out != "" || !strings.Contains(said, want) {
			t.Errorf("replay %s: exit %d, %q, %s; want %q", args, code, out, said, want)
		}
	}
	done(t, "audit", "purge", "--value", "login.portal.example.org", "--reason", "test", "--yes")
	o := replayRun(t, exitDone, "1")
	if !o.Same || len(o.Partly) == 0 || !strings.Contains(strings.Join(o.Partly, " "), "purged") {
		t.Errorf("%+v", o)
	}
	done(t, "audit", "purge", "--before", "2100-01-01", "--reason", "test", "--yes")
	if code, _, said := tabletop(t, "replay", "1"); code != exitNothingRan || !strings.Contains(said, "purged") {
		t.Errorf("exit %d: %s", code, said)
	}
}

// TestReplayOfHostileEvents lets events try to act on the terminal.
func TestReplayOfHostileEvents(t *testing.T) {
	t.Chdir(t.TempDir())
	event := func(note string) []byte {
		return []byte(`{"$Note":"` + note + `","$CNAMTime":1769195112204}` + "\n")
	}
	book := "workbook: odd \u202e\nblocks:\n  - sql: |\n      SELECT $Note FROM ODD WHERE $Duration=1d\n"
	if err := os.Mkdir("events", 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{"workbook.yaml": []byte(book), "events/ODD.ndjson": event(`\u001b[2J\u202e <script>`)} {
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	done(t, "run", ".")
	if o := replayRun(t, exitDone, "1"); !o.Same {
		t.Errorf("%+v", o)
	}
	if err := os.WriteFile("events/ODD.ndjson", event(`\u001b]0;owned\u0007 `+strings.Repeat("long ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"replay", "1"}, {"replay", "1", "-o", "json"}} {
		code, out, said := tabletop(t, args...)
		if code != exitNotHeld {
			t.Errorf("exit %d", code)
		}
		for _, r := range out + said {
			if r < ' ' && r != '\n' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e {
				t.Errorf("%q gives %U: %q", args, r, out+said)
			}
		}
		for _, line := range strings.Split(out, "\n") {
			if args[len(args)-1] != "json" && utf8.RuneCountInString(line) > narrow {
				t.Errorf("%d columns: %s", utf8.RuneCountInString(line), line)
			}
		}
	}
}
