package audit

import (
	"cmp"
	"encoding/json"
	"fmt"
	"time"

	"tabletop/workbook"
)

// plans fills in what an action has to do with a plan: the one that its run
// applies, with those who approved it, or the one that its run made, with what
// became of it.
func (w *why) plans(c *Chain) error {
	if c.Run.Plan != "" {
		return w.applies(c)
	}
	maker, err := w.top(c.Run)
	if err != nil {
		return err
	}
	entries, err := find(w.ctx, w.tx, "e.run = ? AND e.kind = 'plan' LIMIT 1", maker.Number)
	if err != nil || len(entries) == 0 || entries[0].Subject == nil || entries[0].Body == nil {
		return err
	}
	e := entries[0]
	made, err := newPlanEntry(e.Run, e.Time, *e.Subject, *e.Body)
	if err != nil {
		return err
	}
	c.Plan = &made
	return w.sentAs(c, made.SHA256)
}

// applies fills in the plan that the action's run applies.
func (w *why) applies(c *Chain) error {
	planned, err := w.plan(c.Run.Plan)
	if err != nil || planned == nil {
		return err
	}
	c.Plan, c.Planned = planned, ID{Run: cmp.Or(c.Action.Run, planned.Run), Action: c.ID.Action}
	entries, err := find(w.ctx, w.tx, "e.run = ? AND e.kind = 'approval' ORDER BY e.seq", c.ID.Run)
	if err != nil {
		return err
	}
	var all []Approval
	for _, e := range entries {
		var said approvalBody
		if err := e.decode(&said); err != nil {
			return err
		}
		all = append(all, said.approval())
	}
	c.Approvals = approvalsOf(all, c.ID.Action)
	return nil
}

// plan finds a plan by its SHA-256; nil where the audit does not hold it.
func (w *why) plan(digest string) (*PlanEntry, error) {
	entries, err := find(w.ctx, w.tx, "b.subject = ? AND e.kind = 'plan' ORDER BY e.seq DESC LIMIT 1", encodeText(digest))
	if err != nil || len(entries) == 0 {
		return nil, err
	}
	made, err := newPlanEntry(entries[0].Run, entries[0].Time, digest, *entries[0].Body)
	return &made, err
}

// sentAs lists the actions that sent what the chain's own action planned.
func (w *why) sentAs(c *Chain, digest string) error {
	runs, err := find(w.ctx, w.tx, "b.subject = ? AND e.kind = 'run' ORDER BY e.seq", encodeText(digest))
	if err != nil {
		return err
	}
	for _, e := range runs {
		var run Run
		if err := run.begin(e.Time, *e.Body); err != nil {
			return err
		}
		entries, err := find(w.ctx, w.tx, "e.run = ? AND e.kind IN ('action', 'intent') AND e.number = ? LIMIT 1", e.Run, c.ID.Action)
		if err != nil {
			return err
		}
		if len(entries) == 0 {
			continue
		}
		id := ID{Run: e.Run, Action: c.ID.Action}
		a, of, err := w.readAction(id)
		if err != nil {
			return err
		}
		at, err := time.Parse(time.RFC3339Nano, of.Time)
		if err != nil {
			return err
		}
		c.Sent = append(c.Sent, SentAs{ID: id, Mode: run.Mode, Endpoint: run.Endpoint, Verdict: a.Verdict, Time: at})
	}
	return nil
}

// mostPlans is how many plans lie between an action and its row at most: an
// undoing, what it takes back, and the rehearsal, with one to spare.
const mostPlans = 4

// actionRow follows an action to its row, which is that of the run in which it
// was planned: an applied plan has no rows of its own, nor has an undoing.
func (w *why) actionRow(c *Chain, run Run, a workbook.Action) error {
	number := a.Number
	for range mostPlans {
		switch {
		case run.Plan != "":
			made, err := w.plan(run.Plan)
			if err != nil {
				return err
			}
			if made == nil {
				c.Gap = "its plan is not in this audit"
				return nil
			}
			if run, err = w.run(made.Run); err != nil {
				return err
			}
		case run.Mode == workbook.ModeUndo:
			undone, ok, err := w.undone(run.Number, number)
			if err != nil {
				return err
			}
			if !ok {
				c.Gap = "its plan does not say what it takes back"
				return nil
			}
			if c.TakesBack == (ID{}) {
				c.TakesBack = undone
			}
			number = undone.Action
			if run, err = w.run(undone.Run); err != nil {
				return err
			}
		case run.Mode == workbook.ModeRefuse:
			c.Gap = "its plan was refused, and rows stand with the run that made the plan"
			return nil
		default:
			if a.Run > 0 && a.Run != run.Number {
				var err error
				if run, err = w.run(a.Run); err != nil {
					return err
				}
			}
			if run.Number != c.ID.Run {
				c.Source = &run
			}
			return w.steps(c, run.Number, a.Block, a.Row)
		}
	}
	return fmt.Errorf("more than %d plans behind action %s", mostPlans, c.ID)
}

// undone is the action that one of an undoing's plan takes back.
func (w *why) undone(run int64, action int) (ID, bool, error) {
	var text []byte
	err := w.tx.GetContext(w.ctx, &text, `
		SELECT c.text FROM entries e JOIN bodies b ON b.seq = e.seq JOIN contents c ON c.digest = b.subject
		WHERE e.run = ? AND e.kind = 'plan'`, run)
	if missing(err) {
		return ID{}, false, nil
	}
	if err != nil {
		return ID{}, false, err
	}
	var plan struct {
		Undoes  int64 `json:"undoes"`
		Actions []struct {
			Action int `json:"action"`
			Undoes int `json:"undoes"`
		} `json:"actions"`
	}
	if err := json.Unmarshal(text, &plan); err != nil {
		return ID{}, false, fmt.Errorf("read the plan of run %d: %w", run, err)
	}
	for _, a := range plan.Actions {
		if a.Action == action && a.Undoes > 0 && plan.Undoes > 0 {
			return ID{Run: plan.Undoes, Action: a.Undoes}, true, nil
		}
	}
	return ID{}, false, nil
}
