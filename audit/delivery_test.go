package audit

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tabletop/workbook"
)

// planned records a rehearsal that made a plan and returns the plan's digest.
func planned(t testing.TB, log *Log, text string) (int64, string) {
	t.Helper()
	info := exampleInfo()
	info.Mode = workbook.ModePlan
	result, err := record(t.Context(), log, info, exampleBlocks(2))
	if err != nil {
		t.Fatal(err)
	}
	digest := digestOf([]byte(text))
	note := PlanNote{File: "plan.json", Expires: clock().Add(24 * time.Hour), Actions: 2, NeedApproval: 1}
	if _, err := log.KeepPlan(t.Context(), result.Run, digest, []byte(text), note); err != nil {
		t.Fatal(err)
	}
	return result.Run, digest
}

// applyInfo is what is known of a run that sends a plan.
func applyInfo(mode, plan string) workbook.Info {
	info := exampleInfo()
	info.Mode, info.Plan = mode, plan
	if mode == workbook.ModeSimulate {
		info.Endpoint = "https://api.xdr.example=http://127.0.0.1:8080"
	}
	return info
}

func begin(t testing.TB, log *Log, info workbook.Info) int64 {
	t.Helper()
	run, err := log.Begin(t.Context(), info)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// sendable is an action of a plan.
func sendable(number int) workbook.Action {
	target := fmt.Sprintf("203.0.%d.%d", 113+number/256, number%256)
	return workbook.Action{
		Number: number, Block: 3, Row: number, Integration: "Trend Micro XDR: Block IP", Type: "ip", Target: target, Canonical: target,
		DNIF: workbook.DNIFWouldSend, Verdict: workbook.WouldSend, Key: digestOf([]byte(target)), Reason: "as planned",
		Effect: []string{"blocks new connections to the address", "never expires"}, Values: map[string]string{"$SrcIP": target},
		Request: &workbook.Request{
			Method: "POST", URL: "https://api.xdr.example/v2.0/xdr/response/block",
			Headers: map[string]string{"Authorization": "Bearer [token]"}, Body: `{"targetValue":"` + target + `"}`,
		},
		Undo: &workbook.Request{
			Method: "POST", URL: "https://api.xdr.example/v2.0/xdr/response/restoreBlock",
			Headers: map[string]string{"Authorization": "Bearer [token]"}, Body: `{"targetValue":"` + target + `"}`,
		},
	}
}

func sent(number int) Outcome {
	return Outcome{
		Action: number, Verdict: workbook.Sent, Reason: "accepted", Attempts: 1, Task: "00000120",
		Response: &workbook.Response{Status: 200, Body: `{"actionId":"00000120"}`},
	}
}

func deliver(t testing.TB, log *Log, run int64, outcomes []Outcome, intents ...workbook.Action) {
	t.Helper()
	if err := log.Deliver(t.Context(), run, outcomes, intents); err != nil {
		t.Fatal(err)
	}
}

// settled is an action in the state that an outcome brings it to.
func settled(a workbook.Action, o Outcome, by int64) workbook.Action {
	a.Verdict, a.Response, a.Attempts, a.Task, a.SettledBy = o.Verdict, o.Response, o.Attempts, o.Task, by
	if o.Reason != "" {
		a.Reason = o.Reason
	}
	return a
}

func show(t testing.TB, reader *Reader, run int64) Run {
	t.Helper()
	shown, err := reader.Show(t.Context(), run)
	if err != nil {
		t.Fatal(err)
	}
	return shown
}

// An errorer is a test, or a draw of a property test.
type errorer interface {
	Helper()
	Error(args ...any)
}

var equateEmpty = cmpopts.EquateEmpty()

func equal(t errorer, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got, equateEmpty); diff != "" {
		t.Error(diff)
	}
}

func TestARunThatSends(t *testing.T) {
	path := auditPath(t)
	log := newLog(t, path)
	defer closeLog(t, log)
	made, plan := planned(t, log, "{}")
	run := begin(t, log, applyInfo(workbook.ModeApply, plan))
	approval := Approval{
		Name: "grace", Key: "SHA256:abc", Reason: "seen \x1b[2J", Actions: []int{2}, Statement: "I approve\n", Signature: "-----BEGIN", Time: clock(),
	}
	if err := log.Approve(t.Context(), run, []Approval{approval}); err != nil {
		t.Fatal(err)
	}
	refused := sendable(4)
	refused.Verdict, refused.Rule, refused.Reason = workbook.RefusedProtected, "private", "a private address"
	refused.Undo, refused.Values = nil, nil
	if err := log.Refuse(t.Context(), run, []workbook.Action{refused}); err != nil {
		t.Fatal(err)
	}
	reader := newReader(t, path)
	deliver(t, log, run, nil, sendable(1))
	unknown := sendable(1)
	unknown.Verdict = workbook.Unknown
	equal(t, []workbook.Action{unknown, refused}, show(t, reader, run).Actions)

	deliver(t, log, run, []Outcome{sent(1)}, sendable(2))
	lost := Outcome{Action: 2, Verdict: workbook.Unknown, Reason: "no answer came", Attempts: 1}
	deliver(t, log, run, []Outcome{lost}, sendable(3))
	open, err := reader.Unsettled(t.Context(), run)
	if err != nil {
		t.Fatal(err)
	}
	third := sendable(3)
	third.Verdict = workbook.Unknown
	equal(t, []workbook.Action{settled(sendable(2), lost, 0), third}, open)

	shown := show(t, reader, run)
	want := []workbook.Action{settled(sendable(1), sent(1), 0), open[0], open[1], refused}
	equal(t, want, shown.Actions)
	equal(t, workbook.Count(want), shown.Totals)
	equal(t, []Approval{approval}, shown.Approvals)
	if shown.Status != RunningOrDied || shown.Plan != plan {
		t.Errorf("status %q, plan %q", shown.Status, shown.Plan)
	}
	if maker := show(t, reader, made); maker.Planned == nil || maker.Planned.SHA256 != plan || maker.Planned.Run != made {
		t.Errorf("run %d made %+v", made, maker.Planned)
	}
	if report := mustVerify(t, path); !report.Whole() {
		t.Error(report.Breaks)
	}
}

func TestAPlanIsAppliedOnce(t *testing.T) {
	path := auditPath(t)
	log := newLog(t, path)
	defer closeLog(t, log)
	_, plan := planned(t, log, "{}")
	_, other := planned(t, log, "{ }")
	simulated := begin(t, log, applyInfo(workbook.ModeSimulate, plan))
	run := begin(t, log, applyInfo(workbook.ModeApply, plan))
	var applied *AppliedError
	_, err := log.Begin(t.Context(), applyInfo(workbook.ModeApply, plan))
	if !errors.Is(err, ErrApplied) || !errors.As(err, &applied) || applied.Run != run || applied.Plan != plan {
		t.Errorf("the second time: %v", err)
	}
	again := begin(t, log, applyInfo(workbook.ModeSimulate, plan))
	resumed := begin(t, log, applyInfo(workbook.ModeResume, plan))
	begin(t, log, applyInfo(workbook.ModeApply, other))
	if _, err := log.Begin(t.Context(), applyInfo(workbook.ModeApply, digestOf([]byte("?")))); !errors.Is(err, ErrNoPlan) {
		t.Errorf("a plan that is not recorded: %v", err)
	}
	if _, err := log.Begin(t.Context(), applyInfo(workbook.ModeApply, "")); err == nil {
		t.Error("an apply without a plan is accepted")
	}
	runs, err := newReader(t, path).AppliedBy(t.Context(), plan)
	if err != nil {
		t.Fatal(err)
	}
	local := applyInfo(workbook.ModeSimulate, plan).Endpoint
	equal(t, []Application{
		{Run: simulated, Mode: workbook.ModeSimulate, Started: clock(), Status: RunningOrDied, Endpoint: local},
		{Run: run, Mode: workbook.ModeApply, Started: clock(), Status: RunningOrDied},
		{Run: again, Mode: workbook.ModeSimulate, Started: clock(), Status: RunningOrDied, Endpoint: local},
		{Run: resumed, Mode: workbook.ModeResume, Started: clock(), Status: RunningOrDied},
	}, runs)
}

func TestDelivered(t *testing.T) {
	path := auditPath(t)
	now := clock()
	log, err := Open(t.Context(), path, Options{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer closeLog(t, log)
	reader := newReader(t, path)
	look := func(number int, since time.Duration) *Delivery {
		t.Helper()
		d, found, err := reader.Delivered(t.Context(), sendable(number).Key, now.Add(-since))
		if err != nil {
			t.Fatal(err)
		}
		if !found {
			return nil
		}
		return &d
	}
	if d := look(1, time.Hour); d != nil {
		t.Errorf("in an audit without any: %+v", d)
	}
	_, plan := planned(t, log, "{}")
	if d := look(1, time.Hour); d != nil {
		t.Errorf("after a rehearsal: %+v", d)
	}
	simulated := begin(t, log, applyInfo(workbook.ModeSimulate, plan))
	deliver(t, log, simulated, nil, sendable(1))
	deliver(t, log, simulated, []Outcome{sent(1)})
	if d := look(1, time.Hour); d != nil {
		t.Errorf("after a simulated run: %+v", d)
	}
	run := begin(t, log, applyInfo(workbook.ModeApply, plan))
	deliver(t, log, run, nil, sendable(1), sendable(2), sendable(3))
	equal(t, &Delivery{Run: run, Action: 1, Verdict: workbook.Unknown, Time: now}, look(1, 0))
	deliver(t, log, run, []Outcome{sent(1), {Action: 2, Verdict: workbook.Failed}, {Action: 3, Verdict: workbook.Unknown}})
	equal(t, &Delivery{Run: run, Action: 1, Verdict: workbook.Sent, Time: now}, look(1, 0))
	equal(t, (*Delivery)(nil), look(2, time.Hour))
	equal(t, &Delivery{Run: run, Action: 3, Verdict: workbook.Unknown, Time: now}, look(3, time.Hour))
	now = now.Add(time.Hour)
	equal(t, (*Delivery)(nil), look(1, time.Hour-time.Millisecond))
	equal(t, &Delivery{Run: run, Action: 1, Verdict: workbook.Sent, Time: clock()}, look(1, time.Hour))

	// Undone, by simulation and really, then sent again.
	undo := begin(t, log, applyInfo(workbook.ModeSimulate, plan))
	if err := log.Deliver(t.Context(), undo, []Outcome{{Run: run, Action: 1, Verdict: workbook.Undone}}, nil); err == nil {
		t.Error("a simulated run undoes what was sent")
	}
	deliver(t, log, undo, []Outcome{{Run: simulated, Action: 1, Verdict: workbook.Undone}})
	if d := look(1, 2*time.Hour); d == nil {
		t.Error("undoing what was simulated undoes what was sent")
	}
	_, other := planned(t, log, "[]")
	really := begin(t, log, applyInfo(workbook.ModeApply, other))
	deliver(t, log, really, []Outcome{{Run: run, Action: 1, Verdict: workbook.Undone}})
	equal(t, (*Delivery)(nil), look(1, 2*time.Hour))
	equal(t, settled(sendable(1), Outcome{Verdict: workbook.Undone, Response: sent(1).Response, Attempts: 1, Task: "00000120"}, really), show(t, reader, run).Actions[0])
	deliver(t, log, really, nil, sendable(1))
	equal(t, &Delivery{Run: really, Action: 1, Verdict: workbook.Unknown, Time: now}, look(1, 2*time.Hour))

	// Of two that sent the same one is undone: nothing of it stands any more.
	deliver(t, log, really, []Outcome{sent(1)})
	_, third := planned(t, log, "[1]")
	twice := begin(t, log, applyInfo(workbook.ModeApply, third))
	deliver(t, log, twice, nil, sendable(1))
	deliver(t, log, twice, []Outcome{sent(1)})
	deliver(t, log, twice, []Outcome{{Run: twice, Action: 1, Verdict: workbook.Undone}})
	equal(t, (*Delivery)(nil), look(1, 2*time.Hour))
}

func TestLifecycle(t *testing.T) {
	path := auditPath(t)
	log := newLog(t, path)
	defer closeLog(t, log)
	reader := newReader(t, path)
	at := func(digest, endpoint string) Lifecycle {
		t.Helper()
		found, err := reader.Lifecycle(t.Context(), digest, endpoint)
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	equal(t, Lifecycle{}, at("a", ""))
	ctx := context.Background()
	err := errors.Join(
		log.Validate(ctx, Validation{Name: "A\x00", Digest: "a", Status: "Validated", Detail: "200", User: "ada", Host: "desk"},
			Validation{Name: "B", Digest: "b", Status: "Validation Failed", Endpoint: "x=y", User: "bob", Host: "lap"}),
		log.Enable(ctx, Enabling{Name: "A", Digest: "a", Enabled: true, User: "ada", Host: "desk"}),
		log.Enable(ctx, Enabling{Name: "A", Digest: "a", Enabled: true, Endpoint: "x=y", User: "cy", Host: "desk"}),
	)
	if err != nil {
		t.Fatal(err)
	}
	want := Lifecycle{
		Status: "Validated", Detail: "200", Validated: clock(), ValidatedBy: "ada", ValidatedOn: "desk",
		Enabled: true, Changed: clock(), ChangedBy: "ada", ChangedOn: "desk",
	}
	equal(t, want, at("a", ""))
	equal(t, Lifecycle{Enabled: true, Changed: clock(), ChangedBy: "cy", ChangedOn: "desk"}, at("a", "x=y"))
	equal(t, Lifecycle{}, at("b", ""))
	if err := log.Enable(ctx, Enabling{Name: "A", Digest: "a", User: "bob", Host: "lap"}); err != nil {
		t.Fatal(err)
	}
	want.Enabled, want.ChangedBy, want.ChangedOn = false, "bob", "lap"
	equal(t, want, at("a", ""))
	if err := log.Validate(ctx, Validation{Name: "A"}); err == nil {
		t.Error("a validation without a digest is accepted")
	}
	if _, err := reader.Show(ctx, 0); !errors.Is(err, ErrNoRun) {
		t.Errorf("run 0: %v", err)
	}
	if report := mustVerify(t, path); !report.Whole() || report.Runs != 0 {
		t.Errorf("%d runs, %v", report.Runs, report.Breaks)
	}
}
