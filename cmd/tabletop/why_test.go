package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"tabletop/workbook"
)

// whyJSON asks why and reads the answer.
func whyJSON(t *testing.T, args ...string) whyObject {
	t.Helper()
	code, out, said := tabletop(t, append([]string{"why", "-o", "json"}, args...)...)
	if code != exitDone {
		t.Fatalf("why %q: exit %d: %s", args, code, said)
	}
	var o whyObject
	if err := json.Unmarshal([]byte(out), &o); err != nil {
		t.Fatal(err)
	}
	return o
}

// becauseOf is how a run's output names the events behind an action.
var becauseOf = regexp.MustCompile(`(?m)^ {4}a(\d+) |because of (\d+) events?: ((?:\s*[^\s,…]+:\d+,?)+)`)

// namedEvents reads from what an example prints how many events are behind each
// action, and the places of the first of them.
func namedEvents(expected string) map[int][]string {
	out := map[int][]string{}
	action := 0
	for _, m := range becauseOf.FindAllStringSubmatch(expected, -1) {
		if m[1] != "" {
			_, _ = fmt.Sscan(m[1], &action)
			continue
		}
		out[action] = append([]string{m[2]}, strings.Fields(strings.ReplaceAll(m[3], ",", " "))...)
	}
	return out
}

// TestWhyOfEveryExample asks why of every action of every example: the chain
// must lead to the lines that the example's own output names, and the lines must
// be those of the file.
func TestWhyOfEveryExample(t *testing.T) {
	auditPath := atRoot(t)
	books := exampleBooks(t)
	asked := 0
	for _, book := range books {
		code, out, said := tabletop(t, "run", filepath.ToSlash(book), "--audit", auditPath, "-o", "json")
		var ran runObject
		if err := json.Unmarshal([]byte(out), &ran); code != exitDone || err != nil {
			t.Fatal(said, err)
		}
		expected, err := os.ReadFile(filepath.Join(filepath.Dir(book), "expected", strings.TrimSuffix(filepath.Base(book), ".yaml")+".txt"))
		if err != nil {
			t.Fatal(err)
		}
		named := namedEvents(string(expected))
		for _, m := range regexp.MustCompile(`(?m)^ {4}a(\d+) `).FindAllStringSubmatch(string(expected), -1) {
			asked++
			var number int
			_, _ = fmt.Sscan(m[1], &number)
			id := fmt.Sprintf("%d/a%d", ran.Run, number)
			o := whyJSON(t, id, "--audit", auditPath)
			leadsToLines(t, book, id, o, named[number])
			code, out, _ := tabletop(t, "why", id, "--audit", auditPath)
			if code != exitDone {
				t.Errorf("%s: exit %d", id, code)
			}
			for _, line := range strings.Split(out, "\n") {
				if utf8.RuneCountInString(line) > narrow {
					t.Errorf("%s: %d columns: %s", id, utf8.RuneCountInString(line), line)
				}
			}
		}
	}
	if asked < 20 {
		t.Errorf("only %d actions", asked)
	}
}

// leadsToLines checks that a chain ends in the events that are named: their
// count, and the places of the first.
func leadsToLines(t *testing.T, book, id string, o whyObject, named []string) {
	t.Helper()
	if o.Evidence.Unknown != "" {
		last := o.Steps[len(o.Steps)-1]
		if len(named) > 0 || last.Gap == "" {
			t.Errorf("%s of %s: events not known, no gap told: %+v", id, book, last)
		}
		return
	}
	if len(named) == 0 || fmt.Sprint(o.Evidence.Events) != named[0] {
		t.Errorf("%s of %s: %d events, named are %q", id, book, o.Evidence.Events, named)
		return
	}
	if last := o.Steps[len(o.Steps)-1]; last.Kind != "sql" && last.Kind != "search" {
		t.Errorf("%s of %s ends in %+v", id, book, last)
	}
	for i, place := range named[1:] {
		at := o.Evidence.First[i]
		if got := fmt.Sprintf("%s:%d", at.File, at.Line); got != place {
			t.Errorf("%s of %s: event %d is %s, named is %s", id, book, i+1, got, place)
		}
		w := o.Evidence.Read[i]
		code, out, said := tabletop(t, "events", "cat", place, "--events", filepath.Join(filepath.Dir(book), "events"), "-o", "json")
		var e eventObject
		if err := json.Unmarshal([]byte(out), &e); code != exitDone || err != nil {
			t.Fatal(said, err)
		}
		if w.Raw == "" || w.Raw != e.Raw || w.State != fileUnchanged || w.Offset != e.Offset {
			t.Errorf("%s of %s: %+v, and events cat has %q", id, book, w, e.Raw)
		}
	}
}

func TestWhyTellsWhichStatementMadeTheTarget(t *testing.T) {
	auditPath := atRoot(t)
	if code, _, said := tabletop(t, "run", "examples/malicious-domain", "--audit", auditPath); code != exitDone {
		t.Fatal(said)
	}
	o := whyJSON(t, "LOGIN[.]portal.example.org", "--audit", auditPath)
	if o.Of != "1/a2" || o.Seen == nil || o.Seen.Value != "login.portal.example.org" || o.Seen.Actions != 1 {
		t.Errorf("%+v", o.Seen)
	}
	if len(o.Target) != 1 || o.Target[0] != "$Domain" || len(o.Steps) != 3 || len(o.Steps[1].Made) != 1 {
		t.Fatalf("%q, %+v", o.Target, o.Steps)
	}
	m := o.Steps[1].Made[0]
	want := columnValue{"$URL", "https://mailer:x1@LOGIN.Portal.Example.ORG:8443/verify/session"}
	if m.Statement != "$Domain = host($URL)" || m.Value != "login.portal.example.org" || len(m.From) != 1 || m.From[0] != want {
		t.Errorf("%+v", m)
	}
	if row := whyJSON(t, "1/2/2", "--audit", auditPath); len(row.Steps) != 2 || len(row.Steps[0].Made) != 1 {
		t.Errorf("%+v", row.Steps)
	}
}

// TestWhyOfChangedFiles changes what lies behind a record.
func TestWhyOfChangedFiles(t *testing.T) {
	root, err := filepath.Abs("../../examples")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	t.Chdir(folder)
	if err := os.CopyFS("rdp", os.DirFS(filepath.Join(root, "suspicious-remote-desktop"))); err != nil {
		t.Fatal(err)
	}
	integrations, err := os.ReadFile(filepath.Join(root, "integrations.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("integrations.yaml", integrations, 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, said := tabletop(t, "run", "rdp"); code != exitDone {
		t.Fatal(said)
	}
	file := filepath.Join("rdp", "events", "FIREWALL.ndjson")
	original, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	first := func(want string, args ...string) witness {
		t.Helper()
		o := whyJSON(t, append([]string{"1/a2"}, args...)...)
		if len(o.Evidence.Read) != 3 || len(o.Steps) != 3 || o.Steps[2].Values[0] != "203.0.113.140" {
			t.Fatalf("%+v", o)
		}
		if w := o.Evidence.Read[0]; w.State != want {
			t.Errorf("%s, not %s: %s", w.State, want, w.Problem)
		}
		return o.Evidence.Read[0]
	}
	write := func(text []byte) {
		t.Helper()
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	raw := first(fileUnchanged).Raw
	write(append(append([]byte{}, original...), "{}\n"...))
	if got := first(fileGrown).Raw; got != raw {
		t.Error(got)
	}
	write([]byte(strings.Replace(string(original), "203.0.113.140", "203.0.113.141", 1)))
	if got := first(fileChanged).Raw; got == raw || !strings.Contains(got, "203.0.113.141") {
		t.Error(got)
	}
	write(original[:100])
	if w := first(fileChanged); w.Raw != "" || w.Problem == "" {
		t.Errorf("%+v", w)
	}
	_, out, _ := tabletop(t, "why", "1/a2")
	if !strings.Contains(out, "CHANGED SINCE") {
		t.Error(out)
	}
	write(original)
	if err := os.Rename("rdp", "elsewhere"); err != nil {
		t.Fatal(err)
	}
	if w := first(fileGone); w.Raw != "" {
		t.Error(w.Raw)
	}
	if err := os.Rename(filepath.Join("elsewhere", "events"), "found"); err != nil {
		t.Fatal(err)
	}
	if got := first(fileUnchanged, "--events", "found").Raw; got != raw {
		t.Error(got)
	}
	if o := whyJSON(t, "1/a2", "--no-events"); len(o.Evidence.Read) != 0 || len(o.Evidence.First) != 4 {
		t.Errorf("%+v", o.Evidence)
	}
}

// TestWhyOfHostileEvents lets events try to act on the terminal.
func TestWhyOfHostileEvents(t *testing.T) {
	t.Chdir(t.TempDir())
	event := `{"$SrcIP":"203.0.113.9","$Note":"\u001b[2J\u202e <script>","$CNAMTime":1769195112204}` + "\x1b]0;owned\x07\n"
	book := "workbook: odd \u202e\nblocks:\n  - sql: |\n      SELECT $SrcIP, $Note FROM ODD WHERE $Duration=1d\n  - code: |\n      $Note = $Note + '!'\n"
	for name, text := range map[string]string{"workbook.yaml": book, "events/ODD.ndjson": "\n" + strings.Replace(event, "\x1b]0;owned\x07", "", 1) + event} {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if code, _, said := tabletop(t, "run", "."); code != exitDone {
		t.Fatal(said)
	}
	for _, args := range [][]string{{"why", "1/2/1"}, {"why", "1/2/1", "-o", "json"}, {"why", "1/a\x1b[2J"}} {
		_, out, said := tabletop(t, args...)
		for _, r := range out + said {
			if r < ' ' && r != '\n' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e {
				t.Errorf("%q gives %U: %q", args, r, out+said)
			}
		}
	}
	var o whyObject
	if o = whyJSON(t, "1/2/1"); o.Steps[0].Values[1] != workbook.Value("\x1b[2J\u202e <script>!") || len(o.Evidence.Read) != 1 {
		t.Errorf("%+v", o)
	}
}

func TestWhyRefuses(t *testing.T) {
	auditPath := atRoot(t)
	if code, _, said := tabletop(t, "why", "1/a1", "--audit", auditPath); code != exitNothingRan || !strings.Contains(said, "there is no") {
		t.Error(code, said)
	}
	if code, _, said := tabletop(t, "run", "examples/file-hash", "--audit", auditPath); code != exitDone {
		t.Fatal(said)
	}
	for args, want := range map[string]string{
		"1": "tabletop show 1", "1/2": "--value", "2/a1": "no such run", "1/a9": "action 1/a9", "0/a1": "count from 1", "#1": "kind run",
		"198.51.100.200": "no action", "1/a1 --limit 101": "up to 100", "1/1/99": "no row 99", "1/a1 -o yaml": "text, json", "1/a1 x": "takes one thing",
		"1/a1 --value": "no action",
	} {
		code, out, said := tabletop(t, append([]string{"why", "--audit", auditPath}, strings.Fields(args)...)...)
		if code != exitNothingRan || out != "" || !strings.Contains(strings.Join(strings.Fields(said), " "), want) {
			t.Errorf("why %s: exit %d, %q, %s; want %q", args, code, out, said, want)
		}
		for _, line := range strings.Split(said, "\n") {
			if utf8.RuneCountInString(line) > narrow {
				t.Errorf("why %s: %d columns: %s", args, utf8.RuneCountInString(line), line)
			}
		}
	}
}
