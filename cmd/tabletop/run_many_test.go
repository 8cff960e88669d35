package main

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// manyFolder holds three workbooks over the same two addresses: one that blocks
// both, one that blocks one of them, and one that is broken.
func manyFolder(t *testing.T) {
	t.Helper()
	integrations, err := os.ReadFile("../../examples/integrations.yaml")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	blocking := func(where string) string {
		return "workbook: W " + where + "\nblocks:\n  - sql: SELECT $SrcIP, count(*) FROM FIREWALL WHERE $Duration=1d" + where + " GROUP BY $SrcIP\n  - trigger: 'Trend Micro XDR: Block IP'\n"
	}
	const early = `{"$CNAMTime":1769860800000,"$SrcIP":"203.0.113.9"}` + "\n"
	const late = `{"$CNAMTime":1769864400000,"$SrcIP":"203.0.113.7"}` + "\n"
	for name, text := range map[string]string{
		"integrations.yaml":                     string(integrations),
		"books/both/workbook.yaml":              blocking(""),
		"books/both/events/FIREWALL.ndjson":     early + late,
		"books/deep/one/workbook.yaml":          blocking(" AND $SrcIP = '203.0.113.9'"),
		"books/deep/one/events/FIREWALL.ndjson": early,
		"books/worse/workbook.yaml":             "workbook: Worse\nblocks:\n  - sqll: x\n",
		"books/worse/events/FIREWALL.ndjson":    early,
		"books/none/readme.txt":                 "no workbook",
	} {
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSeveralWorkbooksRunAtOneClock(t *testing.T) {
	manyFolder(t)
	code, out, _ := tabletop(t, "run", "books", "--integrations", "integrations.yaml", "-o", "json")
	var o severalObject
	if err := json.Unmarshal([]byte(out), &o); err != nil {
		t.Fatal(err, out)
	}
	if code != exitNothingRan || len(o.Workbooks) != 3 || o.Now != "2026-01-31T13:00:00Z" {
		t.Fatalf("%d, %+v", code, o)
	}
	both, one, worse := o.Workbooks[0], o.Workbooks[1], o.Workbooks[2]
	if both.Run != 1 || both.Rows != 2 || both.WouldSend != 2 || one.Run != 2 || one.WouldSend != 1 {
		t.Errorf("%+v, %+v", both, one)
	}
	if worse.Run != 0 || worse.Status != neverBegan || !strings.Contains(worse.Error, "unknown kind of block sqll") {
		t.Errorf("%+v", worse)
	}
	if len(o.Shared) != 1 || o.Shared[0].Target != "203.0.113.9" || len(o.Shared[0].Workbooks) != 2 {
		t.Errorf("%+v", o.Shared)
	}
	// Both runs saw the same clock, though the events of one end before.
	for _, run := range []string{"1", "2"} {
		if _, shown, _ := tabletop(t, "show", run); !strings.Contains(shown, "the clock stood at 2026-01-31T13:00:00Z") {
			t.Error(shown)
		}
	}
	if code, out, _ := tabletop(t, "verify"); code != 0 {
		t.Error(out)
	}
}

func TestSeveralWorkbooksReadWell(t *testing.T) {
	manyFolder(t)
	code, out, said := tabletop(t, "run", "books/both", "books/deep", "--integrations", "integrations.yaml", "--fail-on", "would_send")
	if code != exitNotHeld || !strings.Contains(said, "2 of 2 workbooks did not end well") {
		t.Error(code, said)
	}
	for _, want := range []string{"2 workbooks; nothing is sent", "\nboth ", "\ndeep/one ", "targets of several workbooks", "ip 203.0.113.9: books/both, books/deep/one", "--fail-on: would_send 2"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	for _, test := range []struct{ args, want string }{
		{"books/none", "no workbook.yaml in books/none or the folders in it"},
		{"books --keep-stores", "--keep-stores is for one workbook"},
		{"books nowhere", "nowhere: does not exist"},
	} {
		if code, _, said := tabletop(t, append([]string{"run"}, strings.Fields(test.args)...)...); code != exitNothingRan || !strings.Contains(said, test.want) {
			t.Errorf("%s: %d %s", test.args, code, said)
		}
	}
}

// TestSeveralWorkbooksForBuildServers reads what junit and sarif say.
func TestSeveralWorkbooksForBuildServers(t *testing.T) {
	manyFolder(t)
	args := []string{"run", "books", "--integrations", "integrations.yaml", "--fail-on", "would_send"}
	code, out, _ := tabletop(t, append(args, "-o", "junit")...)
	var suites junitSuites
	if err := xml.Unmarshal([]byte(out), &suites); err != nil || code != exitNothingRan {
		t.Fatal(code, err)
	}
	if suites.Tests != 3 || suites.Failures != 2 || suites.Errors != 1 || suites.Suites[0].Cases[0].Failure.Text != "--fail-on: would_send 2" {
		t.Errorf("%+v", suites)
	}
	_, out, _ = tabletop(t, append(args, "-o", "sarif")...)
	var log struct {
		Version string
		Runs    []struct {
			Results []struct {
				Message   struct{ Text string }
				Locations []struct {
					PhysicalLocation struct {
						ArtifactLocation struct{ URI string }
						Region           struct{ StartLine int }
					}
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(out), &log); err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, r := range log.Runs[0].Results {
		at := r.Locations[0].PhysicalLocation
		told = append(told, fmt.Sprintf("%s:%d %.25s", at.ArtifactLocation.URI, at.Region.StartLine, r.Message.Text))
	}
	want := []string{"books/both/workbook.yaml:1 --fail-on: would_send 2", "books/deep/one/workbook.yaml:1 --fail-on: would_send 1", "books/worse/workbook.yaml:3 unknown kind of block sql"}
	if log.Version != "2.1.0" || !slices.Equal(told, want) {
		t.Errorf("%q", told)
	}
	if code, out, _ := tabletop(t, "run", "books/both", "--integrations", "integrations.yaml", "-o", "junit"); code != 0 || !strings.Contains(out, `tests="1" failures="0"`) {
		t.Error(code, out)
	}
}

// TestSeveralCanBeMadeAgain replays a run of several, whose record needs its
// window as that of one does, and gives several the signals of an earlier run.
func TestSeveralCanBeMadeAgain(t *testing.T) {
	manyFolder(t)
	if code, _, said := tabletop(t, "run", "books/both", "books/deep", "--integrations", "integrations.yaml", "--window", "2h"); code != 0 {
		t.Fatal(said)
	}
	for _, run := range []string{"1", "2"} {
		if code, out, said := tabletop(t, "replay", run, "-o", "json"); code != 0 || !strings.Contains(out, `"assumed":[]`) {
			t.Error(code, out, said)
		}
	}
	if code, _, said := tabletop(t, "run", "books/both", "books/deep", "--integrations", "integrations.yaml", "--signals", "1"); code != 0 {
		t.Error(said)
	}
	if _, out, _ := tabletop(t, "show", "4"); !strings.Contains(out, "SIGNALS holds those of run 1 as well") {
		t.Error(out)
	}
}
