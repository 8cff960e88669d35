package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tabletop/blocks/trigger/plan"
	"tabletop/blocks/trigger/simulator"
	"tabletop/workbook"
)

// TestAnotherRunSentIt plans a window that overlaps with one that was sent: what
// was sent is not sent again, and what is new is.
func TestAnotherRunSentIt(t *testing.T) {
	s, v := newRealDrill(t, 2)
	s.do(t, exitDone, "apply", s.plan(t, "first.json"), "--yes", "2")
	first := s.newest(t)
	if diff := cmp.Diff([]string{"{\"block\": \"203.0.113.1\"}\n", "{\"block\": \"203.0.113.2\"}\n"}, v.arrived()); diff != "" {
		t.Fatal(diff)
	}
	again := s.plan(t, "again.json")
	_, said := s.do(t, exitRefused, "apply", again, "--yes", "2")
	if !strings.Contains(said, "nothing of this plan goes") {
		t.Error(said)
	}
	s.write(t, "events/FIREWALL.ndjson", addressEvents(3))
	s.do(t, exitDone, "apply", s.plan(t, "grown.json"), "--yes", "1")
	run := s.newest(t)
	if diff := cmp.Diff([]workbook.Verdict{workbook.Deduplicated, workbook.Deduplicated, workbook.Sent}, verdicts(run)); diff != "" {
		t.Error(diff)
	}
	if want := "run " + number(first.Number) + ", action 2: sent at "; !strings.HasPrefix(run.Actions[1].Reason, want) {
		t.Errorf("the reason %q does not say %q", run.Actions[1].Reason, want)
	}
	if got := v.arrived(); len(got) != 1 || !strings.Contains(got[0], "203.0.113.3") {
		t.Errorf("%q arrived", got)
	}
	s.do(t, exitDone, "verify")
}

// TestSimulatedRunsDoNotCount applies one plan at a simulator, twice, and then for
// real.
func TestSimulatedRunsDoNotCount(t *testing.T) {
	s, v := newRealDrill(t, 2)
	stop := s.serve(t, simulator.New())
	defer stop()
	to := []string{"--endpoint", v.URL + "=" + s.url}
	s.enable(t, to...)
	file := s.plan(t, "plan.json")
	for range 2 {
		s.forget()
		s.do(t, exitDone, append([]string{"apply", file, "--yes", "2"}, to...)...)
		if got := len(s.seen()); got != 2 || s.newest(t).Mode != workbook.ModeSimulate {
			t.Errorf("%d requests reached the simulator", got)
		}
	}
	if got := v.arrived(); len(got) > 0 {
		t.Fatalf("a simulated run sent %q", got)
	}
	s.do(t, exitDone, "apply", file, "--yes", "2")
	if got := v.arrived(); len(got) != 2 {
		t.Errorf("%q arrived", got)
	}
	for _, a := range s.seen() {
		if strings.Contains(a.Path, "a-token") || a.Authorization == "" {
			t.Errorf("%+v", a)
		}
	}
}

// TestTwoAppliesOfOnePlan starts a second apply while the first sends, and a third
// after it.
func TestTwoAppliesOfOnePlan(t *testing.T) {
	s, v := newRealDrill(t, 3)
	file := s.plan(t, "plan.json")
	began, goOn := make(chan struct{}), make(chan struct{})
	v.does(func(n int, _ string, _ http.ResponseWriter, r *http.Request) {
		if n == 1 && r.Method == http.MethodPost {
			close(began)
			<-goOn
		}
	})
	ended := make(chan int, 1)
	go func() {
		code, _, _ := tabletop(t, "apply", file, "--yes", "3", "--audit", s.path("audit.db"))
		ended <- code
	}()
	<-began
	_, said := s.do(t, exitRefused, "apply", file, "--yes", "3")
	if !strings.Contains(said, "another apply or resume is at work") {
		t.Error(said)
	}
	close(goOn)
	if code := <-ended; code != exitDone {
		t.Errorf("the first apply exits %d", code)
	}
	applied := s.newest(t)
	_, said = s.do(t, exitRefused, "apply", file, "--yes", "3")
	if !strings.Contains(said, "applied it already") {
		t.Error(said)
	}
	if got := s.newest(t); got.Mode != workbook.ModeRefuse || got.Number == applied.Number {
		t.Errorf("the refusal is not recorded: run %d is of mode %s", got.Number, got.Mode)
	}
	if got := v.arrived(); len(got) != 3 || len(slices.Compact(slices.Sorted(slices.Values(got)))) != 3 {
		t.Errorf("%q arrived", got)
	}
}

// TestWhatChangedIsRefused changes each thing that a plan rests on, and then
// nothing.
func TestWhatChangedIsRefused(t *testing.T) {
	s, v := newRealDrill(t, 2)
	s.write(t, "anna", testKey(t, "ed25519"))
	s.write(t, "approvers.yaml", "approvers:\n  - {name: Anna, user: anna, key: '"+strings.TrimSpace(testKey(t, "ed25519.pub"))+"'}\n")
	file := s.plan(t, "plan.json")
	_, said := s.do(t, exitRefused, "apply", file, "--yes", "2")
	refusedFor(t, s, v, said, "it is not approved")
	if code, out, said := tabletop(t, "approve", file, "--key", s.path("anna"), "--reason", "seen", "--yes"); code != exitDone {
		t.Fatal(out, said)
	}
	for name, c := range map[string]struct{ change, says string }{
		"workbook.yaml":          {addressBook + "# seen\n", "workbook.yaml"},
		"integrations.yaml":      {strings.Replace(blocker(v.URL), "{\"block\"", "{\"allow\"", 1), "integrations.yaml"},
		"guard.yaml":             {drillGuard + "# seen\n", "guard.yaml"},
		"approvers.yaml":         {"approvers:\n  - {name: Eve, user: eve, key: '" + strings.TrimSpace(testKey(t, "rsa.pub")) + "'}\n", "approvers.yaml"},
		"events/FIREWALL.ndjson": {strings.Replace(addressEvents(2), "113.2", "113.3", 1), "FIREWALL.ndjson"},
		"plan.json":              {"", "the audit does not know it"},
	} {
		before, err := os.ReadFile(s.path(name))
		if err != nil {
			t.Fatal(err)
		}
		if c.change == "" {
			c.change = strings.ReplaceAll(string(before), "203.0.113.2", "203.0.113.9")
		}
		s.write(t, name, c.change)
		_, said := s.do(t, exitRefused, "apply", file, "--yes", "2")
		refusedFor(t, s, v, said, c.says)
		s.write(t, name, string(before))
	}
	s.write(t, "events/FIREWALL.ndjson", addressEvents(9)) // which only grew
	s.do(t, exitDone, "apply", file, "--yes", "2")
	if got := v.arrived(); len(got) != 2 {
		t.Errorf("%q arrived", got)
	}
	if run := s.newest(t); len(run.Approvals) != 1 || run.Approvals[0].Name != "Anna" {
		t.Errorf("%+v", run.Approvals)
	}
	s.do(t, exitDone, "verify")
}

// refusedFor checks that a refusal says why, is recorded, and sent nothing.
func refusedFor(t *testing.T, s *drill, v *vendor, said, why string) {
	t.Helper()
	inOne := func(text string) string { return strings.Join(strings.Fields(text), "") }
	if !strings.Contains(inOne(said), inOne(why)) {
		t.Errorf("the refusal does not say %q: %s", why, said)
	}
	if got := v.arrived(); len(got) > 0 {
		t.Errorf("%s: %q arrived", why, got)
	}
	run := s.newest(t)
	if run.Mode != workbook.ModeRefuse || run.Status != workbook.Refused || !strings.Contains(inOne(strings.Join(run.Warnings, " ")), inOne(why)) {
		t.Errorf("%s: the record says %s, %s, %q", why, run.Mode, run.Status, run.Warnings)
	}
}

// TestAnOldPlanIsRefused applies a plan one second after its time, and before it
// was made.
func TestAnOldPlanIsRefused(t *testing.T) {
	s, v := newRealDrill(t, 1)
	file := s.plan(t, "plan.json")
	made, sha, err := plan.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	for now, says := range map[time.Time]string{made.Expires.Add(time.Second): "expired at", made.Created.Add(-time.Hour): "set the clock right"} {
		d := &dispatch{plan: made, sha: sha, now: now}
		var out, said bytes.Buffer
		err = d.apply(t.Context(), newConsole(&out, &said), s.path("audit.db"), func(int) error { return nil })
		if err == nil {
			t.Fatalf("a plan of %s was applied at %s", made.Created, now)
		}
		refusedFor(t, s, v, err.Error(), says)
	}
}

// TestLimitsAreRefused refuses what is over the cap, what is not enabled, and a
// number of requests that is not that of the plan.
func TestLimitsAreRefused(t *testing.T) {
	s, v := newRealDrill(t, 3)
	file := s.plan(t, "plan.json")
	if _, said := s.do(t, exitRefused, "apply", file, "--yes", "2"); !strings.Contains(said, "3 requests") {
		t.Error(said)
	}
	if _, said := s.do(t, exitRefused, "apply", file); !strings.Contains(said, "--yes 3") {
		t.Error(said)
	}
	s.do(t, exitDone, "integrations", "disable", "block", "--integrations", s.path("integrations.yaml"))
	_, said := s.do(t, exitRefused, "apply", file, "--yes", "3")
	refusedFor(t, s, v, said, "is not enabled")
	if got := verdicts(s.newest(t)); !slices.Equal(got, slices.Repeat([]workbook.Verdict{workbook.RefusedDisabled}, 3)) {
		t.Error(got)
	}
	s.write(t, "integrations.yaml", blocker(v.URL)+"    max_actions: 2\n")
	file = s.plan(t, "capped.json")
	_, said = s.do(t, exitRefused, "apply", file, "--yes", "3")
	refusedFor(t, s, v, said, "is not validated")
	s.enable(t)
	_, said = s.do(t, exitRefused, "apply", file, "--yes", "3")
	refusedFor(t, s, v, said, "over the cap of 2")
	if got := verdicts(s.newest(t)); !slices.Equal(got, slices.Repeat([]workbook.Verdict{workbook.RefusedCap}, 3)) {
		t.Error(got)
	}
}

// TestAnInterruptStopsBeforeTheNext interrupts apply while the vendor has the
// second request.
func TestAnInterruptStopsBeforeTheNext(t *testing.T) {
	s, v := newRealDrill(t, 5)
	file := s.plan(t, "plan.json")
	ctx, interrupt := context.WithCancel(t.Context())
	v.does(func(n int, _ string, _ http.ResponseWriter, r *http.Request) {
		if n == 2 && r.Method == http.MethodPost {
			interrupt()
		}
	})
	var out, said bytes.Buffer
	if code := run(ctx, []string{"apply", file, "--yes", "5", "--audit", s.path("audit.db")}, strings.NewReader(""), &out, &said); code != exitInterrupted {
		t.Errorf("exit %d\n%s", code, said.String())
	}
	if got := v.arrived(); len(got) != 2 {
		t.Errorf("%q arrived", got)
	}
	interrupted := s.newest(t)
	if diff := cmp.Diff([]workbook.Verdict{workbook.Sent, workbook.Sent}, verdicts(interrupted)); diff != "" || interrupted.Status != workbook.Interrupted {
		t.Error(interrupted.Status, diff)
	}
	resumed, _ := s.do(t, exitDone, "resume", number(interrupted.Number))
	if !strings.Contains(resumed, "3 actions were never begun") {
		t.Error(resumed)
	}
	s.do(t, exitDone, "apply", s.plan(t, "rest.json"), "--yes", "3")
	if got := v.arrived(); len(got) != 3 {
		t.Errorf("%q arrived", got)
	}
}

// TestASignalStopsApply signals the process while the vendor takes its time.
func TestASignalStopsApply(t *testing.T) {
	s, v := newRealDrill(t, 20)
	file := s.plan(t, "plan.json")
	started := make(chan struct{})
	v.does(func(n int, _ string, _ http.ResponseWriter, r *http.Request) {
		if n == 1 && r.Method == http.MethodPost {
			close(started)
		}
		time.Sleep(100 * time.Millisecond)
	})
	cmd := program(t, "apply", file, "--yes", "20", "--audit", s.path("audit.db"))
	cmd.Stdout, cmd.Stderr = io.Discard, io.Discard
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	<-started
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != exitInterrupted {
		t.Errorf("exit %d", code)
	}
	arrived := v.arrived()
	stopped := s.newest(t)
	if len(arrived) == 20 || len(stopped.Actions) != len(arrived) || stopped.Status != workbook.Interrupted {
		t.Errorf("%d requests arrived, and the record has %d: %s", len(arrived), len(stopped.Actions), stopped.Status)
	}
	for _, a := range stopped.Actions {
		if a.Verdict != workbook.Sent {
			t.Errorf("action %d is %s", a.Number, a.Verdict)
		}
	}
}

// TestFiveFailuresStopAQueue has one configuration fail and another succeed, and
// plans again once the vendor is well.
func TestFiveFailuresStopAQueue(t *testing.T) {
	s, v := newRealDrill(t, 9)
	s.write(t, "integrations.yaml", blocker(v.URL)+"  - {name: chat, url: '"+v.URL+"/chat', payload: '{\"text\": \"$SrcIP\"}', target: none}\n")
	s.write(t, "workbook.yaml", addressBook+"  - trigger: chat\n")
	s.enable(t)
	v.does(func(_ int, body string, w http.ResponseWriter, _ *http.Request) {
		if strings.Contains(body, "block") {
			w.WriteHeader(http.StatusInternalServerError)
		}
	})
	_, said := s.do(t, exitFailed, "apply", s.plan(t, "plan.json"), "--yes", "18")
	if !strings.Contains(said, "9 requests were not sent for certain") {
		t.Error(said)
	}
	blocks, chats := 0, 0
	for _, body := range v.arrived() {
		if strings.Contains(body, "block") {
			blocks++
		} else {
			chats++
		}
	}
	if blocks != 5 || chats != 9 {
		t.Errorf("%d requests arrived of the one that fails, and %d of the other", blocks, chats)
	}
	broken := s.newest(t)
	if broken.Status != workbook.Broken || len(broken.Actions) != 14 {
		t.Errorf("%s, %d actions", broken.Status, len(broken.Actions))
	}
	v.does(nil)
	s.do(t, exitDone, "apply", s.plan(t, "again.json"), "--yes", "9")
	for _, body := range v.arrived() {
		if !strings.Contains(body, "block") {
			t.Errorf("%q was sent again", body)
		}
	}
}

// TestBlockedAndLiftedTwice takes a block back and blocks again, all in a day:
// nothing of it is a repetition.
func TestBlockedAndLiftedTwice(t *testing.T) {
	s, v := newRealDrill(t, 1)
	for _, round := range []string{"1", "2"} {
		s.do(t, exitDone, "apply", s.plan(t, "block"+round+".json"), "--yes", "1")
		blocked := s.newest(t).Number
		for _, name := range []string{"undo", "twin"} {
			s.do(t, exitDone, "undo", number(blocked), "--to", s.path(name+round+".json"))
		}
		s.do(t, exitDone, "apply", s.path("undo"+round+".json"), "--yes", "1")
		s.do(t, exitRefused, "apply", s.path("twin"+round+".json"), "--yes", "1")
		s.do(t, exitRefused, "undo", number(blocked), "--to", s.path("twice"+round+".json"))
		if got := verdicts(s.shown(t, blocked)); !slices.Equal(got, []workbook.Verdict{workbook.Undone}) {
			t.Errorf("round %s: %s", round, got)
		}
	}
	want := []string{"{\"block\": \"203.0.113.1\"}\n", "{\"lift\": \"203.0.113.1\"}", "{\"block\": \"203.0.113.1\"}\n", "{\"lift\": \"203.0.113.1\"}"}
	if diff := cmp.Diff(want, v.arrived()); diff != "" {
		t.Error(diff)
	}
	for _, used := range []string{"block1.json", "undo2.json"} {
		s.do(t, exitRefused, "apply", s.path(used), "--yes", "1")
	}
	s.do(t, exitDone, "verify")
}

// TestASimulatedRunIsTakenBack blocks and lifts at a simulator, where alone the
// plan of the undoing may go.
func TestASimulatedRunIsTakenBack(t *testing.T) {
	s, v := newRealDrill(t, 2)
	stop := s.serve(t, simulator.New())
	defer stop()
	to := []string{"--endpoint", v.URL + "=" + s.url}
	s.enable(t, to...)
	s.do(t, exitDone, append([]string{"apply", s.plan(t, "plan.json"), "--yes", "2"}, to...)...)
	blocked := s.newest(t).Number
	s.do(t, exitDone, "undo", number(blocked), "--to", s.path("undo.json"))
	_, said := s.do(t, exitRefused, "apply", s.path("undo.json"), "--yes", "2")
	refusedFor(t, s, v, said, "name the simulator with --endpoint")
	s.forget()
	s.do(t, exitDone, append([]string{"apply", s.path("undo.json"), "--yes", "2"}, to...)...)
	var bodies []string
	for _, a := range s.seen() {
		bodies = append(bodies, a.Body)
	}
	if diff := cmp.Diff([]string{`{"lift": "203.0.113.2"}`, `{"lift": "203.0.113.1"}`}, bodies); diff != "" {
		t.Error(diff)
	}
	if got := verdicts(s.shown(t, blocked)); !slices.Equal(got, []workbook.Verdict{workbook.Undone, workbook.Undone}) {
		t.Error(got)
	}
	if got := v.arrived(); len(got) > 0 {
		t.Errorf("%q arrived", got)
	}
}

// TestOnlyApprovedTargetsGo plans two targets that need an approval of their own,
// of which one gets it.
func TestOnlyApprovedTargetsGo(t *testing.T) {
	s, v := newRealDrill(t, 1)
	s.write(t, "anna", testKey(t, "ed25519"))
	s.write(t, "approvers.yaml", "approvers:\n  - {name: Anna, user: anna, key: '"+strings.TrimSpace(testKey(t, "ed25519.pub"))+"'}\n")
	s.write(t, "integrations.yaml", strings.NewReplacer("type: ip", "type: domain", "$SrcIP", "$Domain").Replace(blocker(v.URL)))
	s.write(t, "workbook.yaml", strings.Replace(addressBook, "$SrcIP", "$Domain", 1))
	s.write(t, "events/FIREWALL.ndjson", `{"$CNAMTime":1769860800000,"$Domain":"evil.example"}`+"\n"+
		`{"$CNAMTime":1769860800001,"$Domain":"evil.github.io"}`+"\n"+`{"$CNAMTime":1769860800002,"$Domain":"bad.github.io"}`+"\n")
	s.enable(t)
	file := s.plan(t, "plan.json")
	approve := func(target ...string) {
		t.Helper()
		if code, out, said := tabletop(t, append([]string{"approve", file, "--key", s.path("anna"), "--reason", "seen", "--yes"}, target...)...); code != exitDone {
			t.Fatal(out, said)
		}
	}
	approve("--target", "evil.github.io")
	s.do(t, exitDone, "apply", file, "--yes", "2")
	if diff := cmp.Diff([]string{"{\"block\": \"evil.example\"}\n", "{\"block\": \"evil.github.io\"}\n"}, v.arrived()); diff != "" {
		t.Error(diff)
	}
	run := s.newest(t)
	if got := verdicts(run); !slices.Equal(got, []workbook.Verdict{workbook.Sent, workbook.Sent, workbook.NeedsApproval}) {
		t.Error(got)
	}
	file = s.plan(t, "again.json")
	approve("--all-targets")
	s.do(t, exitDone, "apply", file, "--yes", "1")
	if diff := cmp.Diff([]string{"{\"block\": \"bad.github.io\"}\n"}, v.arrived()); diff != "" {
		t.Error(diff)
	}
}
