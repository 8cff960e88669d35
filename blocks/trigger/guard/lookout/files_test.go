package lookout

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tabletop/blocks/trigger/guard"
	"tabletop/workbook"
	"tabletop/workbook/events"
)

const (
	aHash   = "3395856ce81f2b7382dee72602f798b642f14140"
	another = "aaaa856ce81f2b7382dee72602f798b642f14140"
)

// eventsOf writes files of events and opens them.
func eventsOf(t *testing.T, files map[string]string) *events.Set {
	t.Helper()
	folder := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	set, err := events.Open(folder, events.Options{Untimed: true, Sources: []string{filepath.Join(folder, events.SourcesName)}})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func look(t *testing.T, set *events.Set, hashes ...string) *Files {
	t.Helper()
	files, err := Look(context.Background(), set, hashes)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestLook(t *testing.T) {
	var processes strings.Builder
	for i := range 6 {
		// The same machine twice, in other letters.
		fmt.Fprintf(&processes, `{"System":"%s","Hash":"%s","File":"C:\\Users\\u%d\\x.exe"}`+"\n", []string{"ws1", "WS1", "ws2", "ws3", "ws4", "ws5"}[i], strings.ToUpper(aHash), i%2)
		fmt.Fprintf(&processes, `{"System":"ws%d","Hash":"%s","File":"C:\\Users\\u\\y.exe"}`+"\n", i%2, another)
	}
	set := eventsOf(t, map[string]string{
		"PROCESS.ndjson": processes.String(),
		"raw.ndjson":     `{"Hostname":"dc1","Image":"C:\\a.exe","ImageLoaded":"C:\\Windows\\System32\\z.dll","Hashes":"MD5=d41d8cd98f00b204e9800998ecf8427e,SHA1=` + another + `"}` + "\n",
	})
	files := look(t, set, aHash, another)
	if got := fmt.Sprint(files.Seen(aHash)); got != `{5 [C:\Users\u0\x.exe C:\Users\u1\x.exe]}` {
		t.Errorf("the first file: %s", got)
	}
	if got := fmt.Sprint(files.Seen(another)); got != `{3 [C:\Windows\System32\z.dll C:\Users\u\y.exe]}` {
		t.Errorf("the second file: %s", got)
	}
	if got := files.Seen(strings.Repeat("b", 40)); got.Hosts != 0 || got.Paths != nil {
		t.Errorf("a file that nobody saw: %+v", got)
	}
	g := guard.New().Seeing(files)
	for hash, want := range map[string]struct {
		verdict workbook.Verdict
		rule    string
	}{
		aHash:                   {workbook.NeedsApproval, guard.RuleManyHosts},
		another:                 {workbook.NeedsApproval, guard.RuleSystemFolder},
		"SHA1=" + aHash:         {workbook.Invalid, ""},
		strings.Repeat("b", 40): {workbook.WouldSend, ""},
		"da39a3ee5e6b4b0d3255bfef95601890afd80709": {workbook.RefusedProtected, guard.RuleEmptyFile},
	} {
		if j := g.Judge(guard.TypeFileSHA1, hash); j.Verdict != want.verdict || j.Rule != want.rule {
			t.Errorf("%s: %s by %q (%s), want %s by %q", hash, j.Verdict, j.Rule, j.Reason, want.verdict, want.rule)
		}
	}
	if reason := g.Judge(guard.TypeFileSHA1, aHash).Reason; !strings.Contains(reason, "on 5 hosts") {
		t.Errorf("the reason does not count: %s", reason)
	}
	if reason := g.Judge(guard.TypeFileSHA1, another).Reason; !strings.Contains(reason, `"C:\\Windows\\System32\\z.dll"`) {
		t.Errorf("the reason does not name the path: %s", reason)
	}
	if j := g.Seeing(nil).Judge(guard.TypeFileSHA1, aHash); j.Verdict != workbook.WouldSend {
		t.Errorf("without sightings: %+v", j)
	}
}

func TestLookAtSensorsOfTheNetwork(t *testing.T) {
	var lines strings.Builder
	for i := range 5 {
		fmt.Fprintf(&lines, `{"System":"sensor","SrcIP":"203.0.113.9","DstIP":"10.0.0.%d","SHA1":"%s"}`+"\n", i, aHash)
		fmt.Fprintf(&lines, `{"System":"sensor","SrcIP":"10.0.0.1","DstIP":"203.0.113.%d","SHA1":"%s"}`+"\n", i, another)
	}
	files := look(t, eventsOf(t, map[string]string{"FILE.ndjson": lines.String()}), aHash, another)
	if got := files.Seen(aHash).Hosts; got != 5 {
		t.Errorf("%d machines got the first file, want 5", got)
	}
	if got := files.Seen(another).Hosts; got != 1 {
		t.Errorf("%d machines got the second file, want 1", got)
	}
}

func TestLookWithoutHashesInEvents(t *testing.T) {
	set := eventsOf(t, map[string]string{"FIREWALL.ndjson": `{"SrcIP":"203.0.113.9"}` + "\n"})
	if got := look(t, set, aHash).Seen(aHash); got.Hosts != 0 {
		t.Errorf("%+v", got)
	}
	if got := look(t, set).Seen(aHash); got.Hosts != 0 {
		t.Errorf("%+v", got)
	}
}
