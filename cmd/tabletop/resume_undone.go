package main

import (
	"context"
	"fmt"
	"time"

	"tabletop/audit"
	"tabletop/workbook"
)

// ofUndone is what an outcome of an undoing tells of the action that it takes
// back: undone once the undoing is known to be sent, and sent again once it is
// known to have failed. Nothing follows where that action stands so already.
func (s *settling) ofUndone(a workbook.Action, found audit.Outcome) []audit.Outcome {
	if !settles(s.original, s.run.Mode) {
		return nil
	}
	number := s.plan[a.Number].Undoes
	was := s.undone[number].Verdict
	switch {
	case found.Verdict == workbook.Sent && was == workbook.Sent:
		return []audit.Outcome{undoneBy(s.original.Undoes, number, s.number, a.Number)}
	case found.Verdict == workbook.Failed && was == workbook.Undone:
		return []audit.Outcome{{
			Run: s.original.Undoes, Action: number, Verdict: workbook.Sent,
			Reason: fmt.Sprintf("its undoing by run %d, action %d, failed", s.number, a.Number),
		}}
	}
	return nil
}

// readUndone reads the actions that the run takes back, as they stand.
func (s *settling) readUndone(ctx context.Context) error {
	if !settles(s.original, s.run.Mode) {
		return nil
	}
	reader, err := audit.OpenReader(ctx, s.audit)
	if err != nil {
		return nothingRan(err)
	}
	defer reader.Close()
	run, err := reader.Show(ctx, s.original.Undoes)
	if err != nil {
		return fmt.Errorf("the run that run %d takes back: %w", s.number, err)
	}
	s.undone = map[int]workbook.Action{}
	for _, a := range run.Actions {
		s.undone[a.Number] = a
	}
	return nil
}

// stoodBefore says that an earlier run sent the same, so that the target stands
// at the vendor whether or not this request arrived; "" where none did.
func (s *settling) stoodBefore(ctx context.Context, a workbook.Action) string {
	if s.run.Mode != workbook.ModeApply {
		return ""
	}
	reader, err := audit.OpenReader(ctx, s.audit)
	if err != nil {
		return err.Error()
	}
	defer reader.Close()
	before, found, err := reader.DeliveredBefore(ctx, s.plan[a.Number].Key, s.number)
	switch {
	case err != nil:
		return err.Error()
	case !found:
		return ""
	}
	return fmt.Sprintf("it has the target, but run %d, action %d, sent the same at %s", before.Run, before.Action, before.Time.UTC().Format(time.RFC3339))
}
