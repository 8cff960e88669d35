package audit

import (
	"testing"

	"tabletop/workbook"
)

// TestSettled has one run find out what became of actions of another, while a third
// takes one of them back later.
func TestSettled(t *testing.T) {
	path := auditPath(t)
	log := newLog(t, path)
	defer closeLog(t, log)
	reader := newReader(t, path)
	_, plan := planned(t, log, "{}")
	run := begin(t, log, applyInfo(workbook.ModeApply, plan))
	deliver(t, log, run, []Outcome{}, sendable(1), sendable(2))
	deliver(t, log, run, []Outcome{sent(1)})
	end := func(run int64) {
		t.Helper()
		if _, err := log.End(t.Context(), workbook.Result{Run: run, Status: workbook.Completed}); err != nil {
			t.Fatal(err)
		}
	}
	end(run)
	resumed := begin(t, log, applyInfo(workbook.ModeResume, ""))
	found := Outcome{Run: run, Action: 2, Verdict: workbook.Sent, Reason: "the vendor has it", Attempts: 1}
	deliver(t, log, resumed, []Outcome{found})
	open := begin(t, log, applyInfo(workbook.ModeResume, ""))
	undone := Outcome{Run: run, Action: 2, Verdict: workbook.Undone, Reason: "taken back"}
	deliver(t, log, open, []Outcome{undone})

	settlements := func(run int64) []Settlement {
		t.Helper()
		all, err := reader.Settled(t.Context(), run)
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	equal(t, []Settlement{{run, settled(sendable(2), found, resumed)}}, settlements(resumed))
	undone.Attempts = 1 // as was known before
	equal(t, []Settlement{{run, settled(sendable(2), undone, open)}}, settlements(open))
	equal(t, []Settlement{}, settlements(run))
	equal(t, []Settlement{}, settlements(99))
}
