package main

import (
	"testing"

	"tabletop/audit"
	"tabletop/blocks/trigger/plan"
	"tabletop/workbook"
)

// An undoing whose task failed leaves what it was to take back.
func TestAFailedTaskOfAnUndoingUndoesNothing(t *testing.T) {
	s := &settling{
		number: 4, run: audit.Run{Mode: workbook.ModeApply}, original: &plan.Plan{Undoes: 2},
		plan:   map[int]plan.Action{1: {Undoes: 3}},
		undone: map[int]workbook.Action{3: {Number: 3, Verdict: workbook.Undone}},
	}
	got := s.ofUndone(workbook.Action{Number: 1, Verdict: workbook.Sent}, audit.Outcome{Verdict: workbook.Failed})
	if len(got) != 1 || got[0].Run != 2 || got[0].Action != 3 || got[0].Verdict != workbook.Sent {
		t.Errorf("what the undoing was to take back becomes %+v", got)
	}
	if got := s.ofUndone(workbook.Action{Number: 1, Verdict: workbook.Sent}, audit.Outcome{Verdict: workbook.Sent}); got != nil {
		t.Errorf("what is undone already becomes %+v", got)
	}
}
