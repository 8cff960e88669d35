package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tabletop/audit"
	"tabletop/blocks/trigger/simulator"
	"tabletop/workbook"
	"tabletop/workbook/stores/tablefile"
)

// A ledger is an audit with a rehearsal, and the vendor that got what DNIF would
// have sent by it.
type ledger struct {
	folder, audit string
	vendor        *simulator.Vendor
}

// newLedger rehearses an example and plays its requests against a vendor over
// loopback, whose clock stands a little behind the rehearsal's.
func newLedger(t *testing.T, example string) *ledger {
	t.Helper()
	l := &ledger{audit: atRoot(t), vendor: simulator.New()}
	l.folder = filepath.Dir(l.audit)
	if code, _, said := tabletop(t, "run", "examples/"+example, "--audit", l.audit); code != exitDone {
		t.Fatal(said)
	}
	actions := l.actions(t)
	l.vendor.Clock = func() time.Time { return actions[0].Clock.Add(10 * time.Minute) }
	l.listening(t, func(to string) { play(t, to, actions) })
	return l
}

// listening serves the vendor for as long as do takes.
func (l *ledger) listening(t *testing.T, do func(url string)) {
	t.Helper()
	server, err := simulator.Listen(t.Context(), "127.0.0.1:0", simulator.Options{Vendor: l.vendor})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ctx) }()
	do(server.URL())
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// actions are those of the audit that DNIF would send.
func (l *ledger) actions(t *testing.T) (all []audit.ActionRecord) {
	t.Helper()
	reader, err := audit.OpenReader(t.Context(), l.audit)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	_, err = reader.Export(t.Context(), audit.ExportActions, audit.ExportFilter{}, func(record audit.ExportRecord) error {
		if a := record.(*audit.ActionRecord); a.DNIF == workbook.DNIFWouldSend {
			all = append(all, *a)
		}
		return nil
	})
	if err != nil || len(all) == 0 {
		t.Fatalf("%d actions, %v", len(all), err)
	}
	return all
}

// play sends the requests of actions, as DNIF would, to a vendor of the test's own.
func play(t *testing.T, to string, actions []audit.ActionRecord) {
	t.Helper()
	for _, a := range actions {
		at, err := url.Parse(a.Request.URL)
		if err != nil {
			t.Fatal(err)
		}
		askedFor(t, a.Request.Method, to+at.Path, a.Request.Body)
	}
}

// asked sends a request on loopback and returns the answer's body.
func askedFor(t *testing.T, method, to, body string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, to, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer token-of-the-test")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// exported writes lines of an export to a file.
func (l *ledger) exported(t *testing.T, lines []simulator.Exported) (path string) {
	t.Helper()
	text, err := json.Marshal(lines)
	if err != nil {
		t.Fatal(err)
	}
	return l.write(t, "vendor.json", string(text))
}

func (l *ledger) write(t *testing.T, name, text string) (path string) {
	t.Helper()
	path = filepath.Join(l.folder, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// reconciled runs the command, in which nothing may be wider than a page, and
// returns what it counts.
func (l *ledger) reconciled(t *testing.T, want int, args ...string) (actions, signals map[string]int, told string) {
	t.Helper()
	args = append([]string{"reconcile", "--audit", l.audit}, args...)
	code, told, remarks := tabletop(t, args...)
	if code != want {
		t.Fatalf("%q: exit %d\n%s%s", args, code, told, remarks)
	}
	for _, line := range strings.Split(told, "\n") {
		if n := len([]rune(line)); n > narrow {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	var said struct {
		Holds            bool
		Actions, Signals *struct{ Totals map[string]int }
	}
	code, text, remarks := tabletop(t, append(args, "-o", "json")...)
	if err := json.Unmarshal([]byte(text), &said); err != nil || code != want || said.Holds != (want == exitDone) {
		t.Fatalf("%v, exit %d: %s%s", err, code, text, remarks)
	}
	if said.Actions != nil {
		actions = said.Actions.Totals
	}
	if said.Signals != nil {
		signals = said.Signals.Totals
	}
	return actions, signals, told
}

// counts are totals of which those that are not named are 0.
func counts(of map[string]int) map[string]int {
	all := map[string]int{"protected": 0, "missing": 0, "unexpected": 0, "twice": 0, "gone": 0, "there": 0}
	for kind, n := range of {
		all[kind] = n
	}
	return all
}

// TestReconcileFindsAllThatWasSent reads every form and shape that the vendor gives
// out, and finds all that was sent. The audit stays as it was, byte for byte.
func TestReconcileFindsAllThatWasSent(t *testing.T) {
	l := newLedger(t, "suspicious-remote-desktop")
	before, err := os.ReadFile(l.audit)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, form := range []tablefile.Form{tablefile.JSON, tablefile.NDJSON, tablefile.CSV} {
		var text strings.Builder
		if err := l.vendor.WriteExport(&text, form); err != nil {
			t.Fatal(err)
		}
		files[string(form)] = l.write(t, "vendor."+string(form), text.String())
	}
	l.listening(t, func(to string) {
		for name, path := range map[string]string{"tasks": "/v3.0/response/tasks", "list": "/v3.0/threatintel/suspiciousObjects", "state": "/_simulator/list", "old": "/v2.0/xdr/response/listTasks"} {
			files[name] = l.write(t, name, askedFor(t, http.MethodGet, to+path, ""))
		}
	})
	for _, named := range [][]string{{"json"}, {"ndjson"}, {"csv"}, {"tasks"}, {"list"}, {"tasks", "list"}, {"state"}} {
		var args []string
		for _, name := range named {
			args = append(args, "--vendor", files[name])
		}
		got, _, told := l.reconciled(t, exitDone, args...)
		if diff := cmp.Diff(counts(map[string]int{"there": 2}), got); diff != "" {
			t.Errorf("%v: %s\n%s", named, diff, told)
		}
	}
	// v2.0 lists tasks without their targets.
	got, _, told := l.reconciled(t, exitNotHeld, "--vendor", files["old"])
	if got["missing"] != 2 || !strings.Contains(told, "2 tasks name no target") {
		t.Errorf("%v\n%s", got, told)
	}
	after, err := os.ReadFile(l.audit)
	if err != nil || sha256.Sum256(after) != sha256.Sum256(before) {
		t.Errorf("the audit changed (%v)", err)
	}
}

// TestReconcileFindsWhatWasDone changes an export, and finds each change.
func TestReconcileFindsWhatWasDone(t *testing.T) {
	l := newLedger(t, "suspicious-remote-desktop")
	whole := l.vendor.Export()
	first := whole[1].Target
	made := func(record, target string) simulator.Exported {
		e := simulator.Exported{Record: record, Type: "ip", Target: target, Created: whole[1].Created, Changed: whole[1].Created, Status: "succeeded", ID: "00000999", Task: "00000999", Expires: "never"}
		if record == "suspicious_object" {
			e.ID, e.Status = "", ""
		}
		return e
	}
	without := func(record string) []simulator.Exported {
		return slices.DeleteFunc(slices.Clone(whole), func(e simulator.Exported) bool { return e.Target == first && (record == "" || e.Record == record) })
	}
	changed := func(change func(*simulator.Exported)) []simulator.Exported {
		lines := slices.Clone(whole)
		for i := range lines {
			if lines[i].Target == first {
				change(&lines[i])
			}
		}
		return lines
	}
	tests := map[string]struct {
		lines []simulator.Exported
		code  int
		want  map[string]int
		says  string
	}{
		"nothing":     {whole, exitDone, map[string]int{"there": 2}, "holds "},
		"removed":     {without(""), exitNotHeld, map[string]int{"there": 1, "missing": 1}, "no record of the target"},
		"evicted":     {without("suspicious_object"), exitDone, map[string]int{"there": 1, "gone": 1}, "and not on the list: it expired, was evicted or was taken off there"},
		"added":       {append(slices.Clone(whole), made("task", "203.0.113.99"), made("suspicious_object", "203.0.113.99")), exitNotHeld, map[string]int{"there": 2, "unexpected": 1}, "task 00000999 (succeeded), 2026-01-30T17:52:18Z; no recorded run expects it"},
		"repeated":    {append(slices.Clone(whole), whole[1]), exitDone, map[string]int{"there": 2}, "1 record names a task that another names: they count once"},
		"doubled":     {append(slices.Clone(whole), made("task", first)), exitNotHeld, map[string]int{"there": 2, "twice": 1}, "task 00000999 (succeeded), 2026-01-30T17:52:18Z, beside task 00000120"},
		"protected":   {append(slices.Clone(whole), made("task", "10.0.0.5")), exitNotHeld, map[string]int{"there": 2, "unexpected": 1, "protected": 1}, "private_address: 10.0.0.5 is a private address"},
		"written so":  {changed(func(e *simulator.Exported) { e.Target = "::ffff:" + e.Target }), exitDone, map[string]int{"there": 2}, "holds "},
		"failed":      {append(changed(func(e *simulator.Exported) { e.Status = "failed" })[:3:3], made("export", "")), exitNotHeld, map[string]int{"missing": 1, "gone": 1}, "it ended without a block"},
		"expired":     {changed(func(e *simulator.Exported) { e.Expires = "2026-02-01T00:00:00Z" }), exitDone, map[string]int{"there": 1, "gone": 1}, "on the list, and expired 2026-02-01T00:00:00Z"},
		"much later":  {changed(func(e *simulator.Exported) { e.Created, e.Changed = "2026-03-01T00:00:00Z", "2026-03-01T00:00:00Z" }), exitNotHeld, map[string]int{"there": 1, "missing": 1}, "29 days away"},
		"with escape": {append(slices.Clone(whole), made("task", "\x1b[31mred\u202e")), exitNotHeld, map[string]int{"there": 2, "unexpected": 1}, `\x1b[31mred\u202e`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, _, told := l.reconciled(t, test.code, "--vendor", l.exported(t, test.lines))
			if diff := cmp.Diff(counts(test.want), got); diff != "" {
				t.Errorf("%s\n%s", diff, told)
			}
			if !strings.Contains(strings.Join(strings.Fields(told), " "), strings.TrimSpace(test.says)) || strings.ContainsAny(told, "\x1b\u202e") {
				t.Errorf("not told: %s\n%s", test.says, told)
			}
		})
	}
	// A tolerance, a time and an own list change what is found.
	late := l.exported(t, tests["much later"].lines)
	if got, _, told := l.reconciled(t, exitDone, "--vendor", late, "--within", "60d"); got["there"] != 2 {
		t.Errorf("%v\n%s", got, told)
	}
	if got, _, told := l.reconciled(t, exitNotHeld, "--vendor", late, "--from", "2026-02-01"); got["unexpected"] != 1 || got["missing"] != 0 {
		t.Errorf("%v\n%s", got, told)
	}
	guard := l.write(t, "guard.yaml", "never:\n  - {value: "+first+", reason: our own}\n")
	if got, _, told := l.reconciled(t, exitNotHeld, "--vendor", l.exported(t, whole), "--guard", guard); got["protected"] != 1 || got["there"] != 2 {
		t.Errorf("%v\n%s", got, told)
	}
	if got, _, told := l.reconciled(t, exitNotHeld, "--vendor", l.exported(t, whole), "--configuration", "another", "--from", "2026-01-01"); got["unexpected"] != 2 {
		t.Errorf("%v\n%s", got, told)
	}
}

// TestReconcileCountsTargetsOnce plays five rows of three senders: the vendor makes
// a task a sender, and refuses what is none.
func TestReconcileCountsTargetsOnce(t *testing.T) {
	l := newLedger(t, "email-threats")
	got, _, told := l.reconciled(t, exitNotHeld, "--vendor", l.exported(t, l.vendor.Export()), "--workbook", "Email Threats")
	if diff := cmp.Diff(counts(map[string]int{"there": 2, "missing": 1}), got); diff != "" {
		t.Errorf("%s\n%s", diff, told)
	}
	for _, want := range []string{"expected by 1/a1; 1/a2; 1/a4", "the vendor may have refused it, since it is invalid"} {
		if !strings.Contains(strings.Join(strings.Fields(told), " "), want) {
			t.Errorf("not told: %s\n%s", want, told)
		}
	}
}

// TestReconcileHoldsSignals writes what DNIF would export of the rehearsal's
// signals, and changes it.
func TestReconcileHoldsSignals(t *testing.T) {
	l := newLedger(t, "suspicious-remote-desktop")
	var lines []string
	reader, err := audit.OpenReader(t.Context(), l.audit)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	_, err = reader.Export(t.Context(), audit.ExportSignals, audit.ExportFilter{}, func(record audit.ExportRecord) error {
		s := record.(*audit.SignalRecord)
		lines = append(lines, fmt.Sprintf("%s,%s,%s,%s,%q", s.Name, s.Target["host"], s.Suspect["host"], s.Workbook, s.Signal.FirstSeen.UTC().Format("2 Jan 2006, 3:04 PM")))
		return nil
	})
	if err != nil || len(lines) != 2 {
		t.Fatal(lines, err)
	}
	seen, _, _ := strings.Cut(lines[1], `"`)
	tests := map[string]struct {
		lines []string
		code  int
		want  map[string]int
	}{
		"all":         {lines, exitDone, map[string]int{"there": 2}},
		"one lacks":   {lines[1:], exitNotHeld, map[string]int{"there": 1, "missing": 1}},
		"one again":   {append(slices.Clone(lines), lines[0]), exitNotHeld, map[string]int{"there": 2, "twice": 1}},
		"a new one":   {append(slices.Clone(lines), strings.Replace(lines[0], "rdp", "ssh", 1)), exitNotHeld, map[string]int{"there": 2, "unexpected": 1}},
		"of another":  {append(slices.Clone(lines), "x,10.0.0.1,10.0.0.2,Another workbook,\"30 Jan 2026, 3:04 PM\""), exitDone, map[string]int{"there": 2}},
		"at midnight": {[]string{lines[0], seen + `"1 Mar 2026, 12:00 AM"`}, exitNotHeld, map[string]int{"there": 1, "missing": 1}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			file := l.write(t, "signals.csv", "$DetectionName,$TargetHost,$SuspectHost,$Workbook,$FirstSeen\n"+strings.Join(test.lines, "\n")+"\n")
			_, got, told := l.reconciled(t, test.code, "--signals", file, "--tz", "UTC")
			if diff := cmp.Diff(counts(test.want), got); diff != "" {
				t.Errorf("%s\n%s", diff, told)
			}
		})
	}
}

// TestSimulateExports plays the vendor as a user does, and reconciles what it wrote
// at its end with what was recorded meanwhile.
func TestSimulateExports(t *testing.T) {
	l := newLedger(t, "suspicious-remote-desktop")
	export := filepath.Join(l.folder, "export.csv")
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	reader, writer := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"simulate", "--export", export, "-q"}, strings.NewReader(""), writer, io.Discard)
		writer.Close()
	}()
	first, err := bufio.NewReader(reader).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	play(t, strings.TrimSpace(first), l.actions(t))
	interrupt()
	if code := <-ended; code != exitDone {
		t.Fatalf("exit %d", code)
	}
	if got, _, told := l.reconciled(t, exitDone, "--vendor", export, "--at", "recorded"); got["there"] != 2 {
		t.Errorf("%v\n%s", got, told)
	}
	for want, path := range map[string]string{"is there already": export, "end its name in .csv": "export.txt"} {
		if code, _, said := tabletop(t, "simulate", "--export", path); code != exitNothingRan || !strings.Contains(said, want) {
			t.Errorf("%s: exit %d, want %s\n%s", path, code, want, said)
		}
	}
}

func TestReconcileRefuses(t *testing.T) {
	l := newLedger(t, "suspicious-remote-desktop")
	bad := l.write(t, "bad.json", `[{"colour":"red"},{"type":"planet","value":"mars"}]`)
	good := l.exported(t, l.vendor.Export())
	for want, args := range map[string][]string{
		"--vendor FILE or --signals FILE":                {},
		"does not exist":                                 {"--vendor", "gone.json"},
		"record 1: it names no target; its fields are":   {"--vendor", bad},
		"\"planet\" is no known type of target":          {"--vendor", bad},
		"record 1: it names no signal":                   {"--signals", bad},
		"--within \"soon\" is no duration":               {"--vendor", good, "--within", "soon"},
		"--at now: write clock or recorded":              {"--vendor", good, "--at", "now"},
		"did you mean plan?":                             {"--vendor", good, "--mode", "plna"},
		"--until 2026-01-01 is not after --from 2026-02": {"--vendor", good, "--from", "2026-02-01", "--until", "2026-01-01"},
		"no such time zone":                              {"--vendor", good, "--tz", "Nowhere/City"},
		"no such workbook":                               {"--vendor", good, "--workbook", "another"},
		"run 9":                                          {"--vendor", good, "--run", "9"},
		"--run -1 is no run's number":                    {"--vendor", good, "--run", "-1"},
		"there is no gone.db":                            {"--vendor", good, "--audit", "gone.db"},
		"guard.yaml":                                     {"--vendor", good, "--guard", "gone/guard.yaml"},
	} {
		code, _, said := tabletop(t, append([]string{"reconcile", "--audit", l.audit}, args...)...)
		if code != exitNothingRan || !strings.Contains(strings.Join(strings.Fields(said), " "), want) {
			t.Errorf("%q: exit %d, want %s\n%s", args, code, want, said)
		}
	}
}
