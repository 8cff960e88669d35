package audit

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"tabletop/workbook"
)

// until waits for a state of a group; a minute is more than any state takes.
func until(t testing.TB, g *group, reached func() bool) {
	t.Helper()
	for range 60_000 {
		g.mu.Lock()
		there := reached()
		g.mu.Unlock()
		if there {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatalf("%d calls wait, and no more", len(g.waiting))
}

// untilWaiting waits until a number of calls wait for the next commit.
func untilWaiting(t testing.TB, g *group, n int) {
	t.Helper()
	until(t, g, func() bool { return len(g.waiting) >= n })
}

// untilWriting waits until a call writes.
func untilWriting(t testing.TB, g *group) {
	t.Helper()
	until(t, g, func() bool { return g.busy && len(g.waiting) == 0 })
}

// sendingLog is a log with a run that sends.
func sendingLog(t testing.TB, path string, wait time.Duration) (*Log, int64) {
	t.Helper()
	log, err := Open(t.Context(), path, Options{Now: clock, Wait: wait})
	must(t, err)
	_, plan := planned(t, log, examplePlan)
	return log, begin(t, log, applyInfo(workbook.ModeApply, plan))
}

// TestCallsShareACommit holds the file locked while calls come in: the first
// one waits for the lock, and all others are written with the next commit.
func TestCallsShareACommit(t *testing.T) {
	const callers = 20
	path := auditPath(t)
	now := clock()
	// Each commit asks for the time once.
	tick := func() time.Time { now = now.Add(time.Second); return now }
	log, err := Open(t.Context(), path, Options{Now: tick})
	must(t, err)
	_, plan := planned(t, log, examplePlan)
	run := begin(t, log, applyInfo(workbook.ModeApply, plan))
	other := raw(t, path)
	execute(t, other, "BEGIN IMMEDIATE")
	var wait sync.WaitGroup
	call := func(number int) {
		wait.Go(func() {
			if err := log.Deliver(t.Context(), run, nil, []workbook.Action{sendable(number)}); err != nil {
				t.Error(err)
			}
		})
	}
	call(1)
	untilWriting(t, &log.group)
	for number := 2; number <= callers; number++ {
		call(number)
	}
	untilWaiting(t, &log.group, callers-1)
	execute(t, other, "ROLLBACK")
	wait.Wait()
	var commits []int
	must(t, newReader(t, path).db.Select(&commits, "SELECT count(*) FROM entries WHERE kind = 'intent' GROUP BY time ORDER BY time"))
	equal(t, []int{1, callers - 1}, commits)
	for number := 1; number <= callers; number++ {
		deliver(t, log, run, []Outcome{sent(number)})
	}
	closeLog(t, log)
	if shown := show(t, newReader(t, path), run); shown.Totals.ByVerdict[workbook.Sent] != callers {
		t.Errorf("totals %v", shown.Totals)
	}
	if report := mustVerify(t, path); !report.Whole() {
		t.Error(report.Breaks)
	}
}

// TestACommitThatFailsFailsForAll and leaves nothing behind, so that the same
// can be recorded once the file is free.
func TestACommitThatFailsFailsForAll(t *testing.T) {
	const callers = 5
	path := auditPath(t)
	log, run := sendingLog(t, path, 50*time.Millisecond)
	other := raw(t, path)
	execute(t, other, "BEGIN IMMEDIATE")
	var wait sync.WaitGroup
	for number := 1; number <= callers; number++ {
		wait.Go(func() {
			if err := log.Deliver(t.Context(), run, nil, []workbook.Action{sendable(number)}); !errors.Is(err, ErrLocked) {
				t.Errorf("action %d while another writes: %v", number, err)
			}
			if err := log.Deliver(t.Context(), run, []Outcome{sent(number)}, nil); err == nil || errors.Is(err, ErrLocked) {
				t.Errorf("the outcome of action %d, whose intent is not recorded: %v", number, err)
			}
		})
	}
	wait.Wait()
	execute(t, other, "ROLLBACK")
	for number := 1; number <= callers; number++ {
		deliver(t, log, run, nil, sendable(number))
	}
	closeLog(t, log)
	if shown := show(t, newReader(t, path), run); len(shown.Actions) != callers {
		t.Errorf("%d actions", len(shown.Actions))
	}
	if report := mustVerify(t, path); !report.Whole() {
		t.Error(report.Breaks)
	}
}

func TestACallIsNotGivenUp(t *testing.T) {
	path := auditPath(t)
	log, run := sendingLog(t, path, 0)
	defer closeLog(t, log)
	ended, end := context.WithCancel(t.Context())
	end()
	if err := log.Deliver(ended, run, nil, []workbook.Action{sendable(1)}); !errors.Is(err, context.Canceled) {
		t.Errorf("with a context that has ended: %v", err)
	}
	deliver(t, log, run, nil, sendable(1))
	other := raw(t, path)
	execute(t, other, "BEGIN IMMEDIATE")
	ctx, cancel := context.WithCancel(t.Context())
	var wait sync.WaitGroup
	call := func(outcomes []Outcome, intents ...workbook.Action) {
		wait.Go(func() {
			if err := log.Deliver(ctx, run, outcomes, intents); err != nil {
				t.Error(err)
			}
		})
	}
	call([]Outcome{sent(1)})
	untilWriting(t, &log.group)
	call(nil, sendable(2))
	untilWaiting(t, &log.group, 1)
	cancel()
	execute(t, other, "ROLLBACK")
	wait.Wait()
	if shown := show(t, newReader(t, path), run); len(shown.Actions) != 2 || shown.Actions[0].Verdict != workbook.Sent {
		t.Errorf("%+v", shown.Actions)
	}
}

func TestWhatDeliverRefuses(t *testing.T) {
	path := auditPath(t)
	log, run := sendingLog(t, path, 0)
	defer closeLog(t, log)
	rehearsal := begin(t, log, exampleInfo())
	_, plan := planned(t, log, "[]")
	simulated := begin(t, log, applyInfo(workbook.ModeSimulate, plan))
	deliver(t, log, simulated, nil, sendable(1))
	deliver(t, log, run, nil, sendable(1))
	must(t, log.Refuse(t.Context(), run, []workbook.Action{sendable(2)}))
	nameless := sendable(3)
	nameless.Key = ""
	before := mustVerify(t, path).Entries
	tests := []struct {
		name     string
		run      int64
		outcomes []Outcome
		intents  []workbook.Action
		says     string
	}{
		{"an intent again", run, nil, []workbook.Action{sendable(1)}, "action 1 is recorded already"},
		{"an intent of what was refused", run, nil, []workbook.Action{sendable(2)}, "action 2 is recorded already"},
		{"one intent twice", run, nil, []workbook.Action{sendable(3), sendable(3)}, "action 3 is recorded already"},
		{"a good intent beside a bad one", run, []Outcome{sent(1)}, []workbook.Action{sendable(4), sendable(1)}, "action 1 is recorded already"},
		{"an intent without a key", run, nil, []workbook.Action{nameless}, "action 3 has no key"},
		{"an intent without a number", run, nil, []workbook.Action{{Key: "k"}}, "the number 0"},
		{"an intent of a rehearsal", rehearsal, nil, []workbook.Action{sendable(1)}, "a run of mode rehearse sends nothing"},
		{"an outcome without an intent", run, []Outcome{sent(5)}, nil, "no intent"},
		{"an outcome of what was refused", run, []Outcome{sent(2)}, nil, "no intent"},
		{"an outcome of another run without an intent", run, []Outcome{{Run: rehearsal, Action: 1}}, nil, "no intent"},
		{"an outcome with the intent", run, []Outcome{sent(6)}, []workbook.Action{sendable(6)}, "no intent"},
		{"a simulated undoing of what was sent", simulated, []Outcome{{Run: run, Action: 1, Verdict: workbook.Undone}}, nil, "says nothing of it"},
		{"an undoing of what was simulated", run, []Outcome{{Run: simulated, Action: 1, Verdict: workbook.Undone}}, nil, "says nothing of it"},
		{"a run that is not open", 99, nil, []workbook.Action{sendable(1)}, "no such run"},
	}
	for _, test := range tests {
		err := log.Deliver(t.Context(), test.run, test.outcomes, test.intents)
		if err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v, want %q", test.name, err, test.says)
		}
	}
	if err := log.Refuse(t.Context(), run, []workbook.Action{sendable(1)}); err == nil {
		t.Error("an action that has an intent is refused")
	}
	if _, err := log.KeepPlan(t.Context(), run, plan, []byte("edited"), PlanNote{}); err == nil || !strings.Contains(err.Error(), "SHA-256") {
		t.Errorf("a plan of another digest: %v", err)
	}
	if _, err := log.KeepPlan(t.Context(), 99, plan, []byte("[]"), PlanNote{}); !errors.Is(err, ErrNoRun) {
		t.Errorf("the plan of a run that is not there: %v", err)
	}
	if _, err := log.KeepPlan(t.Context(), 1, plan, []byte("[]"), PlanNote{}); err == nil || !strings.Contains(err.Error(), "already") {
		t.Errorf("a second plan of a run: %v", err)
	}
	if err := log.Approve(t.Context(), 99, []Approval{{}}); !errors.Is(err, ErrNoRun) {
		t.Errorf("an approval for a run that is not there: %v", err)
	}
	if report := mustVerify(t, path); !report.Whole() || report.Entries != before {
		t.Errorf("%d entries, were %d: %v", report.Entries, before, report.Breaks)
	}
	deliver(t, log, run, nil, sendable(3), sendable(4), sendable(6))
}

// TestAnOutcomeNeedsADurableIntent holds the file locked while an intent waits:
// nothing may have become of it yet.
func TestAnOutcomeNeedsADurableIntent(t *testing.T) {
	path := auditPath(t)
	log, run := sendingLog(t, path, 0)
	defer closeLog(t, log)
	other := raw(t, path)
	execute(t, other, "BEGIN IMMEDIATE")
	var wait sync.WaitGroup
	wait.Go(func() {
		if err := log.Deliver(t.Context(), run, nil, []workbook.Action{sendable(1)}); err != nil {
			t.Error(err)
		}
	})
	untilWriting(t, &log.group)
	failed := make(chan error, 1)
	wait.Go(func() { failed <- log.Deliver(t.Context(), run, []Outcome{sent(1)}, nil) })
	if err := <-failed; err == nil || !strings.Contains(err.Error(), "no intent that is recorded") {
		t.Errorf("an outcome before its intent is durable: %v", err)
	}
	execute(t, other, "ROLLBACK")
	wait.Wait()
	deliver(t, log, run, []Outcome{sent(1)})
}
