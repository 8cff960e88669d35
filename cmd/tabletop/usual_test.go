package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// TestRunIsHeldAgainstEarlierOnes runs a workbook at many clocks over events that
// change, and looks at what is said of each run.
func TestRunIsHeldAgainstEarlierOnes(t *testing.T) {
	streamedFolder(t)
	noon := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	hour := 0
	run := func(addresses int) []string {
		t.Helper()
		at := noon.Add(time.Duration(hour) * time.Hour)
		hour++
		var b strings.Builder
		fmt.Fprintf(&b, `{"$CNAMTime":%d}`+"\n", noon.Add(-time.Hour).UnixMilli()) // so that the stream is there
		for i := range addresses {
			fmt.Fprintf(&b, `{"$CNAMTime":%d,"$SrcIP":"192.0.2.%d"}`+"\n", at.UnixMilli(), i+1)
		}
		if err := os.WriteFile("events/FIREWALL.ndjson", []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		code, out, said := tabletop(t, "run", ".", "--now", at.Format(time.RFC3339), "-o", "json")
		var o runObject
		if err := json.Unmarshal([]byte(out), &o); err != nil || code != 0 {
			t.Fatal(err, said)
		}
		return o.Unusual
	}
	holds := func(name string, said []string, want ...string) {
		t.Helper()
		if len(said) != len(want) {
			t.Fatalf("%s: %q", name, said)
		}
		for i, text := range want {
			if !strings.Contains(said[i], text) {
				t.Errorf("%s: %q has no %q", name, said[i], text)
			}
		}
	}
	for i := range 5 {
		holds(fmt.Sprint("quiet run ", i+1), run(0))
	}
	holds("the sixth quiet run", run(0), "it has never fired: no signal and no request in the last 6 runs")
	holds("it fires", run(1))
	holds("rows fell to zero", run(0), "block 1 (sql) gives no row; in run 7, before this one, it gave 1")
	for i := range 20 {
		said := run(2 + i%2)
		if i < 9 {
			continue // the usual number moves from none to two
		}
		for _, text := range said {
			if strings.Contains(text, "requests; in the last") {
				t.Errorf("run %d: %q", i, text)
			}
		}
	}
	holds("always, and far off", run(60), "it has always fired: a signal or a request in each of the last 21 runs", "DNIF would send 60 requests; in the last 20 runs the median was 2.5")
	// The same clock again says nothing of never and always, and the text shows it.
	code, out, _ := tabletop(t, "run", ".", "--now", noon.Add(time.Duration(hour-1)*time.Hour).Format(time.RFC3339))
	if code != 0 || !strings.Contains(out, "compared with earlier runs\nwarning  it has always fired") {
		t.Error(out)
	}
}
