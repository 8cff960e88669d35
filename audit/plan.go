package audit

import (
	"context"
	"fmt"
	"time"

	"tabletop/workbook"
)

// A PlanNote is what the audit says of a plan beside its text.
type PlanNote struct {
	// File is where the plan was written to.
	File    string
	Expires time.Time
	// Actions counts what the plan sends, NeedApproval those among them that
	// need an approval of their own.
	Actions      int
	NeedApproval int
}

// KeepPlan records the plan that a run made, with its text, whose SHA-256 in
// hexadecimal is digest, and returns the head of the chain behind it. The run
// may have ended; it has one plan at most.
func (l *Log) KeepPlan(ctx context.Context, run int64, digest string, file []byte, note PlanNote) (workbook.Head, error) {
	doing := fmt.Sprintf("record the plan of run %d in", run)
	if got := digestOf(file); got != digest {
		return workbook.Head{}, explain(l.path, doing, l.wait, fmt.Errorf("the SHA-256 of its text is %s, not %s", got, encodeText(digest)))
	}
	head, err := l.write(ctx, doing, func(a *appender) error {
		if err := a.mayPlan(run); err != nil {
			return err
		}
		if err := a.keepContent(digest, file); err != nil {
			return err
		}
		return a.add(entry{Run: run, Kind: kindPlan, Contents: digest}, &digest, planBody{
			File: text(note.File), Expires: instant{note.Expires}, Actions: note.Actions, NeedApproval: note.NeedApproval,
		})
	})
	if err != nil {
		return head, err
	}
	return head, l.keepHead(head, fmt.Sprintf("plan of run %d", run))
}

// mayPlan returns an error where a run is not there or has a plan.
func (a *appender) mayPlan(run int64) error {
	var found struct{ Begun, Planned bool }
	err := a.tx.GetContext(a.ctx, &found, `SELECT
		EXISTS (SELECT 1 FROM entries WHERE run = ? AND kind = 'run') AS begun,
		EXISTS (SELECT 1 FROM entries WHERE run = ? AND kind = 'plan') AS planned`, run, run)
	switch {
	case err != nil:
		return fmt.Errorf("look for run %d: %w", run, err)
	case !found.Begun:
		return fmt.Errorf("record the plan of run %d: %w", run, ErrNoRun)
	case found.Planned:
		return fmt.Errorf("run %d has made a plan already", run)
	}
	return nil
}

// notApplied returns an error where a plan is not recorded, or a run has begun
// to apply it.
func (a *appender) notApplied(plan string) error {
	if plan == "" {
		return fmt.Errorf("a run of mode %s applies a plan, and names none", workbook.ModeApply)
	}
	stored := encodeText(plan)
	var found struct {
		Planned bool
		Run     int64
	}
	err := a.tx.GetContext(a.ctx, &found, `SELECT
		EXISTS (SELECT 1 FROM bodies b JOIN entries e ON e.seq = b.seq WHERE b.subject = ? AND e.kind = 'plan') AS planned,
		coalesce((SELECT e.run FROM bodies b JOIN entries e ON e.seq = b.seq
			WHERE b.subject = ? AND e.kind = 'run' AND json_extract(b.body, '$.mode') = 'apply' LIMIT 1), 0) AS run`, stored, stored)
	switch {
	case err != nil:
		return fmt.Errorf("look for the plan %s: %w", stored, err)
	case found.Run != 0:
		return &AppliedError{Plan: stored, Run: found.Run}
	case !found.Planned:
		return noPlan(stored)
	}
	return nil
}

func noPlan(stored string) error {
	return fmt.Errorf("plan %.16s…: %w in this audit; it is applied with the audit that recorded it, unchanged", stored, ErrNoPlan)
}

// An Approval is one person's approval of the plan that a run applies.
type Approval struct {
	// Name is who, as approvers are listed; Key the fingerprint of the key.
	Name   string `json:"name"`
	Key    string `json:"key"`
	Reason string `json:"reason"`
	// Actions are the numbers of the actions that are approved one by one,
	// beside the plan as a whole.
	Actions []int `json:"actions"`
	// Statement is the text that was signed, Signature the armoured signature.
	Statement string `json:"statement"`
	Signature string `json:"signature"`
	// Time is when it was signed, as the statement says.
	Time time.Time `json:"time"`
}

// Approve records the approvals on whose strength a run that has begun here
// applies its plan.
func (l *Log) Approve(ctx context.Context, run int64, approvals []Approval) error {
	doing := fmt.Sprintf("record the approvals of run %d in", run)
	open, err := l.find(run)
	if err != nil || len(approvals) == 0 {
		return explain(l.path, doing, l.wait, err)
	}
	first := open.sending.number(len(approvals))
	_, err = l.write(ctx, doing, func(a *appender) error {
		for i, approval := range approvals {
			who := encodeText(approval.Name)
			if err := a.add(entry{Run: run, Number: first + i, Kind: kindApproval}, &who, newApproval(approval)); err != nil {
				return err
			}
		}
		return nil
	})
	return err
}

func newApproval(a Approval) approvalBody {
	body := approvalBody{
		Name: text(a.Name), Key: text(a.Key), Reason: text(a.Reason), Actions: a.Actions,
		Statement: text(a.Statement), Signature: text(a.Signature), Time: instant{a.Time},
	}
	if body.Actions == nil {
		body.Actions = []int{}
	}
	return body
}

func (b approvalBody) approval() Approval {
	return Approval{
		Name: string(b.Name), Key: string(b.Key), Reason: string(b.Reason), Actions: b.Actions,
		Statement: string(b.Statement), Signature: string(b.Signature), Time: b.Time.Time,
	}
}
