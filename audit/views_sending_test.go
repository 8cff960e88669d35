package audit

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tabletop/workbook"
)

// viewedSending is an audit of a plan, approved and sent, of which one action
// was undone by a plan of its own, one settled later, and one is open.
func viewedSending(t testing.TB) string {
	t.Helper()
	path := auditPath(t)
	log := newLog(t, path)
	defer closeLog(t, log)
	validation := Validation{Name: "Block IP", Digest: "d1", Status: "Validated", Detail: "200 \x1b[2J", User: "ada", Host: "desk"}
	enabling := Enabling{Name: "Block IP", Digest: "d1", Enabled: true, User: "ada", Host: "desk"}
	disabling := Enabling{Name: "Block IP", Digest: "d1", Endpoint: "x=y", User: "ada", Host: "desk"}
	must(t, log.Validate(t.Context(), validation))
	must(t, log.Enable(t.Context(), enabling, disabling))
	_, plan := planned(t, log, "{}")
	run := begin(t, log, applyInfo(workbook.ModeApply, plan))
	must(t, log.Approve(t.Context(), run, []Approval{{
		Name: "grace", Key: "SHA256:abc", Reason: "seen", Actions: []int{2}, Statement: "I approve", Signature: "sig", Time: clock(),
	}, {Name: "linus", Key: "SHA256:def"}}))
	refused := sendable(5)
	refused.Verdict, refused.Rule, refused.Reason = workbook.NeedsApproval, "cloud", "nobody approved it"
	must(t, log.Refuse(t.Context(), run, []workbook.Action{refused}))
	chat := sendable(3)
	chat.Type, chat.Target, chat.Canonical = "none", "", ""
	deliver(t, log, run, nil, sendable(1), sendable(2), chat, sendable(4))
	deliver(t, log, run, []Outcome{sent(1), {Action: 2, Verdict: workbook.Unknown, Reason: "no answer came", Attempts: 3}, sent(3)})

	info := applyInfo(workbook.ModeUndo, "")
	info.Workbook, info.Name = nil, "undo of run 2"
	undo := begin(t, log, info)
	taking := digestOf([]byte("[]"))
	_, err := log.KeepPlan(t.Context(), undo, taking, []byte("[]"), PlanNote{File: "undo.json", Expires: clock()})
	must(t, err)
	resume := begin(t, log, applyInfo(workbook.ModeResume, plan))
	deliver(t, log, resume, []Outcome{{Run: run, Action: 2, Verdict: workbook.Failed, Reason: "the vendor does not list it"}})
	taken := begin(t, log, applyInfo(workbook.ModeApply, taking))
	deliver(t, log, taken, []Outcome{{Run: run, Action: 1, Verdict: workbook.Undone}})
	return path
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var sendingViewTests = []viewTest{
	{
		"runs", "SELECT run, workbook, mode, status, actions, substr(plan, 1, 8), endpoint, workbook_file, workbook_sha256 IS NULL FROM runs",
		[]string{
			"1|Suspicious Remote Desktop|plan|completed|2|||rdp/workbook.yaml|0",
			"2|Suspicious Remote Desktop|apply|running or died|5|44136fa3||rdp/workbook.yaml|0",
			"3|undo of run 2|undo|running or died|0||||1",
			"4|Suspicious Remote Desktop|resume|running or died|0|44136fa3||rdp/workbook.yaml|0",
			"5|Suspicious Remote Desktop|apply|running or died|0|4f53cda1||rdp/workbook.yaml|0",
		},
	},
	{
		"actions", "SELECT action, type, target, verdict, reason, rule, attempts, task, settled_by FROM actions WHERE run = 2 ORDER BY action",
		[]string{
			"1|ip|203.0.113.1|undone|as planned||1|00000120|5",
			"2|ip|203.0.113.2|failed|the vendor does not list it||3||4",
			"3|none||sent|accepted||1|00000120|",
			"4|ip|203.0.113.4|unknown|as planned||||",
			"5|ip|203.0.113.5|needs_approval|nobody approved it|cloud|||",
		},
	},
	{
		"requests", "SELECT action, verdict, method, status, response FROM requests WHERE run = 2 ORDER BY action",
		[]string{
			`1|undone|POST|200|{"actionId":"00000120"}`, "2|failed|POST||", `3|sent|POST|200|{"actionId":"00000120"}`,
			"4|unknown|POST||", "5|needs_approval|POST||",
		},
	},
	{
		"plans", "SELECT run, substr(plan, 1, 8), file, made, expires, actions, need_approval, applied_by FROM plans",
		[]string{
			"1|44136fa3|plan.json|2026-01-31T12:00:00Z|2026-02-01T12:00:00.005Z|2|1|2",
			"3|4f53cda1|undo.json|2026-01-31T12:00:00Z|2026-01-31T12:00:00.005Z|0|0|5",
		},
	},
	{
		"approvals", "SELECT run, approval, approver, key, reason, actions, approved, statement, signature FROM approvals",
		[]string{
			"2|1|grace|SHA256:abc|seen|[2]|2026-01-31T12:00:00.005Z|I approve|sig",
			"2|2|linus|SHA256:def||[]|0001-01-01T00:00:00Z||",
		},
	},
	{
		"validations", "SELECT time, integration, what, status, detail, endpoint, user, host, digest FROM validations",
		[]string{
			"2026-01-31T12:00:00Z|Block IP|validated|Validated|200 �1b[2J||ada|desk|d1",
			"2026-01-31T12:00:00Z|Block IP|enabled||||ada|desk|d1",
			"2026-01-31T12:00:00Z|Block IP|disabled|||x=y|ada|desk|d1",
		},
	},
}

// TestSendingReadsTheSameEverywhere sends, settles and undoes at random, with
// hostile texts, and holds the Reader's methods and the views against a plain
// account of what was done.
func TestSendingReadsTheSameEverywhere(t *testing.T) {
	path := auditPath(t)
	log := newLog(t, path)
	reader := newReader(t, path)
	plans := 0
	rapid.Check(t, func(rt *rapid.T) {
		plans++
		_, plan := planned(t, log, fmt.Sprintf("plan %d", plans))
		mode := rapid.SampledFrom([]string{workbook.ModeApply, workbook.ModeSimulate}).Draw(rt, "mode")
		run := begin(t, log, applyInfo(mode, plan))
		later := begin(t, log, applyInfo(workbook.ModeResume, plan))
		account := map[int]workbook.Action{}
		reasons := map[int]string{}
		total := rapid.IntRange(0, 8).Draw(rt, "actions")
		ended := false
		for number := 1; number <= total || rapid.Bool().Draw(rt, "more"); number++ {
			if number == total+1 {
				endSending(t, log, run, account)
				ended = true
			}
			by := run
			var intents []workbook.Action
			if number <= total {
				a := drawAction(rt, rapid.IntRange(1, 3).Draw(rt, "block"), number, 5)
				if rapid.IntRange(0, 3).Draw(rt, "refused") == 0 {
					must(t, log.Refuse(t.Context(), run, []workbook.Action{a}))
					account[number] = a
					continue
				}
				a.Key, a.Undo, a.Values = fmt.Sprintf("%d/%d", run, number), a.Request, drawMap(rt, "values")
				a.Effect, a.Response = drawStrings(rt, "effect"), nil
				intents = []workbook.Action{a}
			} else {
				by = later
			}
			outcomes := drawOutcomes(rt, run, by, account)
			deliver(t, log, by, outcomes, intents...)
			for _, o := range outcomes {
				account[o.Action] = after(account[o.Action], o, reasons[o.Action], by, run)
			}
			for _, a := range intents {
				reasons[number], a.Verdict = a.Reason, workbook.Unknown
				account[number] = a
			}
		}
		if !ended {
			endSending(t, log, run, account)
		}
		compareReaders(rt, reader, run, account)
	})
	closeLog(t, log)
	if report := mustVerify(t, path); !report.Whole() {
		t.Error(report.Breaks)
	}
}

func endSending(t testing.TB, log *Log, run int64, account map[int]workbook.Action) {
	t.Helper()
	_, err := log.End(t.Context(), workbook.Result{Run: run, Status: workbook.Completed, Totals: workbook.Count(listed(account))})
	if err == nil {
		return
	}
	t.Fatal(err)
}

func listed(account map[int]workbook.Action) []workbook.Action {
	var all []workbook.Action
	for number := 1; number <= len(account); number++ {
		all = append(all, account[number])
	}
	return all
}

// drawOutcomes draws outcomes of some of the actions that have an intent.
func drawOutcomes(rt *rapid.T, run, by int64, account map[int]workbook.Action) []Outcome {
	var outcomes []Outcome
	for _, a := range listed(account) {
		if a.Undo == nil && a.Values == nil || rapid.Bool().Draw(rt, "leave") {
			continue
		}
		o := Outcome{
			Action: a.Number, Verdict: rapid.SampledFrom([]workbook.Verdict{workbook.Sent, workbook.Failed, workbook.Unknown, workbook.Undone}).Draw(rt, "verdict"),
			Reason: drawString(rt, "reason"), Task: drawString(rt, "task"), Attempts: rapid.IntRange(0, 3).Draw(rt, "attempts"),
		}
		if by != run || rapid.Bool().Draw(rt, "named") {
			o.Run = run
		}
		if rapid.Bool().Draw(rt, "response") {
			o.Response = &workbook.Response{Status: rapid.IntRange(100, 599).Draw(rt, "status"), Body: drawString(rt, "body")}
		}
		outcomes = append(outcomes, o)
	}
	return outcomes
}

// after is an action after an outcome, told the plain way.
func after(a workbook.Action, o Outcome, reason string, by, run int64) workbook.Action {
	a.Verdict, a.Reason, a.SettledBy = o.Verdict, o.Reason, 0
	if a.Reason == "" {
		a.Reason = reason
	}
	if by != run {
		a.SettledBy = by
	}
	if o.Response != nil {
		a.Response = o.Response
	}
	if o.Attempts != 0 {
		a.Attempts = o.Attempts
	}
	if o.Task != "" {
		a.Task = o.Task
	}
	return a
}

func compareReaders(rt *rapid.T, reader *Reader, run int64, account map[int]workbook.Action) {
	want := listed(account)
	shown, err := reader.Show(rt.Context(), run)
	if err != nil {
		rt.Fatal(err)
	}
	if diff := cmp.Diff(want, shown.Actions, equateEmpty); diff != "" {
		rt.Fatal(diff)
	}
	totals := workbook.Count(want)
	if diff := cmp.Diff(totals, shown.Totals); diff != "" {
		rt.Fatal(diff)
	}
	runs, err := reader.Runs(rt.Context(), 2)
	if err != nil || len(runs) != 2 {
		rt.Fatal(runs, err)
	}
	if diff := cmp.Diff(totals, runs[1].Totals); diff != "" || runs[1].Run != run || runs[1].Actions != len(want) {
		rt.Fatal(runs[1], diff)
	}
	open, err := reader.Unsettled(rt.Context(), run)
	if err != nil {
		rt.Fatal(err)
	}
	var lines, unknown []string
	for _, a := range want {
		lines = append(lines, viewLine(a))
		if a.Verdict == workbook.Unknown && account[a.Number].Values != nil {
			unknown = append(unknown, viewLine(a))
		}
	}
	var unsettled []string
	for _, a := range open {
		unsettled = append(unsettled, viewLine(a))
	}
	if diff := cmp.Diff(unknown, unsettled); diff != "" {
		rt.Fatal(diff)
	}
	var view []string
	err = reader.db.Select(&view, `
		SELECT action || '|' || block || '|' || verdict || '|' || reason || '|' || coalesce(attempts, 0) || '|' || coalesce(task, '') || '|' ||
			coalesce(settled_by, 0) || '|' || coalesce(r.status, '') || '|' || coalesce(response, '')
		FROM actions JOIN (SELECT run AS r_run, action AS r_action, status, response FROM requests) r ON r_run = run AND r_action = action
		WHERE run = ? ORDER BY action`, run)
	if err != nil {
		rt.Fatal(err)
	}
	lines = lines[:0]
	for _, a := range want {
		if a.Request != nil {
			lines = append(lines, viewLine(a))
		}
	}
	if diff := cmp.Diff(lines, view, equateEmpty); diff != "" {
		rt.Fatal(diff)
	}
}

// viewLine is an action as the views tell it.
func viewLine(a workbook.Action) string {
	status, response := "", ""
	if a.Response != nil {
		status, response = fmt.Sprint(a.Response.Status), encodeText(a.Response.Body)
	}
	return strings.Join([]string{
		fmt.Sprint(a.Number), fmt.Sprint(a.Block), encodeText(string(a.Verdict)), encodeText(a.Reason), fmt.Sprint(a.Attempts),
		encodeText(a.Task), fmt.Sprint(a.SettledBy), status, response,
	}, "|")
}
