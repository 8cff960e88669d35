package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const streamedWorkbook = `workbook: Streamed
schedule: streamed
blocks:
  - sql: |
      SELECT $SrcIP, count(*) AS n FROM FIREWALL GROUP BY $SrcIP
  - signal:
      name: seen_$SrcIP_
      suspect: {host: $SrcIP}
  - trigger: chat
  - sql: |
      SELECT $DetectionName, $Occurrences FROM SIGNALS WHERE $Duration=7d ORDER BY $DetectionName
`

const streamedChat = `integrations:
  - name: chat
    enabled: true
    url: https://chat.example.com/hook
    payload: |
      {"text": "seen $SrcIP"}
    target: none
`

// streamedFolder is a workbook with events in the minutes 0, 1, 3, 20 and 300,
// counted from noon.
func streamedFolder(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	noon := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	var b strings.Builder
	for _, e := range []struct {
		minute int
		ip     string
	}{{0, "192.0.2.1"}, {1, "192.0.2.1"}, {3, "192.0.2.2"}, {20, "192.0.2.1"}, {300, "192.0.2.1"}} {
		fmt.Fprintf(&b, `{"$CNAMTime":%d,"$SrcIP":"%s"}`+"\n", noon.Add(time.Duration(e.minute)*time.Minute).UnixMilli(), e.ip)
	}
	if err := os.Mkdir(filepath.Join(folder, "events"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"workbook.yaml": streamedWorkbook, "integrations.yaml": streamedChat, "events/FIREWALL.ndjson": b.String()} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(folder)
	return folder
}

func playedJSON(t *testing.T, args ...string) playedObject {
	t.Helper()
	code, out, said := tabletop(t, append([]string{"stream", ".", "-o", "json"}, args...)...)
	if code != 0 {
		t.Fatal(code, said)
	}
	var o playedObject
	if err := json.Unmarshal([]byte(out), &o); err != nil {
		t.Fatal(err)
	}
	return o
}

func TestStreamPlaysEveryMinuteThatHasEvents(t *testing.T) {
	streamedFolder(t)
	o := playedJSON(t)
	var clocks, lines []string
	for _, r := range o.Runs {
		clocks = append(clocks, r.Now.Format("15:04"))
		lines = append(lines, fmt.Sprintf("%d rows raised %d new %d sends %d again %d", r.Rows, r.Raised, r.New, r.WouldSend, r.Again))
	}
	if got := strings.Join(clocks, " "); got != "12:00 12:01 12:03 12:20 17:00" {
		t.Error(got)
	}
	// The window is five minutes: at 12:03 both addresses are in it. The last block
	// reads the signals of all earlier runs.
	want := []string{
		"1 rows raised 1 new 1 sends 1 again 0",
		"1 rows raised 1 new 0 sends 1 again 1",
		"2 rows raised 2 new 1 sends 2 again 1",
		"2 rows raised 1 new 0 sends 1 again 1",
		"3 rows raised 1 new 1 sends 1 again 1",
	}
	if got := strings.Join(lines, "\n"); got != strings.Join(want, "\n") {
		t.Error(got)
	}
	if o.Signals != 3 || o.Raised != 6 || o.Again != 4 || len(o.Requests) != 2 || o.Requests[0].Times != 5 || o.Totals["dnif_would_send"] != 6 {
		t.Errorf("%+v", o)
	}
	if code, out, said := tabletop(t, "verify"); code != 0 || !strings.Contains(out, "5 runs") {
		t.Error(out, said)
	}
	if _, out, _ := tabletop(t, "show", "3"); !strings.Contains(out, "the clock stood at 2026-01-31T12:03:00Z, the schedule, streamed") {
		t.Error(out)
	}
}

// TestStreamRunsAsRunDoes holds each run of a stream against a run by itself with
// the same clock.
func TestStreamRunsAsRunDoes(t *testing.T) {
	root := atRoot(t)
	folder := "examples/suspicious-remote-desktop"
	code, out, said := tabletop(t, "stream", folder, "--schedule", "17 */5 * * *", "--audit", root, "-o", "json")
	var o playedObject
	if err := json.Unmarshal([]byte(out), &o); err != nil || code != 0 {
		t.Fatal(err, said)
	}
	if len(o.Runs) < 10 {
		t.Fatalf("%d runs", len(o.Runs))
	}
	for i, r := range o.Runs {
		if i%7 != 0 {
			continue
		}
		_, played, _ := tabletop(t, "show", fmt.Sprint(r.Run), "--audit", root, "-o", "json")
		_, alone, _ := tabletop(t, "run", folder, "--now", r.Now.Format(time.RFC3339), "--audit", filepath.Join(t.TempDir(), "a.db"), "-o", "json")
		var a, b runObject
		if err := json.Unmarshal([]byte(played), &a); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(alone), &b); err != nil {
			t.Fatal(err)
		}
		for j := range a.Blocks[:2] { // the vendor of a stream remembers earlier requests, and numbers on
			x, _ := json.Marshal(a.Blocks[j].Rows)
			y, _ := json.Marshal(b.Blocks[j].Rows)
			if string(x) != string(y) {
				t.Errorf("at %s, block %d: %s\nby itself: %s", r.Now, j+1, x, y)
			}
		}
		if fmt.Sprint(a.Totals) != fmt.Sprint(b.Totals) {
			t.Errorf("at %s: %v, by itself %v", r.Now, a.Totals, b.Totals)
		}
	}
}

func TestStreamTakesPartOfTheEvents(t *testing.T) {
	streamedFolder(t)
	o := playedJSON(t, "--from", "2026-01-31T12:02:00Z", "--until", "2026-01-31T12:30:00Z")
	if len(o.Runs) != 2 || o.Runs[0].Now.Format("15:04") != "12:03" || o.Runs[1].Now.Format("15:04") != "12:20" {
		t.Errorf("%+v", o.Runs)
	}
	o = playedJSON(t, "--max-runs", "2")
	if len(o.Runs) != 2 || !strings.Contains(strings.Join(o.Warnings, "\n"), "only the first 2 runs are played") {
		t.Errorf("%+v", o)
	}
}

func TestStreamMistakes(t *testing.T) {
	streamedFolder(t)
	for _, test := range []struct{ args, want string }{
		{"--schedule hourly", "a schedule has five fields"},
		{"--max-runs 0", "--max-runs must be at least 1"},
		{"--from yesterday", "--from yesterday: no time"},
		{"--from 2026-02-01T00:00:00Z", "no event of FIREWALL, SIGNALS has a time to play"},
		{"--now 2026-02-01T00:00:00Z", "--now is for one run"},
	} {
		if code, _, said := tabletop(t, append([]string{"stream", "."}, strings.Fields(test.args)...)...); code != 2 || !strings.Contains(said, test.want) {
			t.Errorf("%s: %d %s", test.args, code, said)
		}
	}
	if _, err := os.Stat("audit.db"); err == nil {
		t.Error("an audit was made for nothing")
	}
}

// TestRunReadsTheSignalsOfAnEarlierRun asks SIGNALS with and without --signals.
func TestRunReadsTheSignalsOfAnEarlierRun(t *testing.T) {
	streamedFolder(t)
	rows := func(args ...string) (int, string) {
		t.Helper()
		code, out, said := tabletop(t, append([]string{"run", ".", "-o", "json"}, args...)...)
		if code != 0 {
			return code, said
		}
		var o runObject
		if err := json.Unmarshal([]byte(out), &o); err != nil {
			t.Fatal(err)
		}
		return len(o.Blocks[3].Rows), strings.Join(o.Warnings, "\n")
	}
	if n, said := rows("--now", "2026-01-31T12:03:00Z"); n != 2 {
		t.Error(n, said)
	}
	// Five hours later one signal is raised anew, and the two of the first run are there.
	if n, said := rows("--now", "2026-01-31T17:00:00Z", "--signals", "1"); n != 3 || !strings.Contains(said, "SIGNALS holds those of run 1 as well") {
		t.Error(n, said)
	}
	if n, said := rows("--now", "2026-01-31T17:00:00Z"); n != 1 {
		t.Error(n, said)
	}
	if code, said := rows("--signals", "99"); code != exitNothingRan || !strings.Contains(said, "--signals: run 99: no such run") {
		t.Error(code, said)
	}
}
