package audit

import (
	"context"
	"time"
)

// A PlanEntry is a plan as it was recorded.
type PlanEntry struct {
	// Run made the plan; SHA256 is its digest, in hexadecimal.
	Run    int64
	SHA256 string
	PlanNote
	Made time.Time
	// Text is the plan's file; Show leaves it out.
	Text []byte
}

// FindPlan returns the plan with a SHA-256, in hexadecimal. One that the audit
// does not hold is ErrNoPlan.
func (r *Reader) FindPlan(ctx context.Context, digest string) (PlanEntry, error) {
	var found struct {
		Run  int64
		Time string
		Body string
		Text []byte
	}
	stored := encodeText(digest)
	err := r.db.GetContext(ctx, &found, `
		SELECT e.run, e.time, b.body, c.text FROM bodies b
		JOIN entries e ON e.seq = b.seq JOIN contents c ON c.digest = b.subject
		WHERE b.subject = ? AND e.kind = 'plan' ORDER BY b.seq DESC LIMIT 1`, stored)
	if missing(err) {
		return PlanEntry{}, noPlan(stored)
	}
	if err != nil {
		return PlanEntry{}, explain(r.path, "look for a plan in", defaultWait, err)
	}
	plan, err := newPlanEntry(found.Run, found.Time, digest, found.Body)
	if err != nil {
		return plan, r.broken(found.Run, err)
	}
	plan.Text = found.Text
	return plan, nil
}

func newPlanEntry(run int64, at, digest, body string) (PlanEntry, error) {
	plan := PlanEntry{Run: run, SHA256: digest}
	var err error
	if plan.Made, err = time.Parse(time.RFC3339Nano, at); err != nil {
		return plan, err
	}
	var said planBody
	err = decodeBody(body, &said)
	plan.PlanNote = PlanNote{File: string(said.File), Expires: said.Expires.Time, Actions: said.Actions, NeedApproval: said.NeedApproval}
	return plan, err
}

// An Application is a run that a plan was given to.
type Application struct {
	Run int64
	// Mode is apply for the one that sent it, simulate for one that sent it to
	// this machine, resume for one that settled what was left open.
	Mode    string
	Started time.Time
	// Status is one of workbook's, or RunningOrDied.
	Status string
	// Endpoint is where a simulated one sent to, as FROM=TO.
	Endpoint string
}

// AppliedBy lists the runs that a plan was given to, oldest first; at most one
// of them has mode apply.
func (r *Reader) AppliedBy(ctx context.Context, digest string) ([]Application, error) {
	var rows []struct {
		Run     int64   `db:"run"`
		Time    string  `db:"time"`
		Body    string  `db:"body"`
		EndTime *string `db:"end_time"`
		End     *string `db:"end_body"`
	}
	err := r.db.SelectContext(ctx, &rows, `
		SELECT e.run, e.time, b.body, x.time AS end_time, xb.body AS end_body
		FROM bodies b JOIN entries e ON e.seq = b.seq
		LEFT JOIN entries x ON x.run = e.run AND x.kind = 'end'
		LEFT JOIN bodies xb ON xb.seq = x.seq
		WHERE b.subject = ? AND e.kind = 'run' ORDER BY b.seq`, encodeText(digest))
	if err != nil {
		return nil, explain(r.path, "look for runs of a plan in", defaultWait, err)
	}
	var all []Application
	for _, row := range rows {
		var run Run
		err := run.begin(row.Time, row.Body)
		if err == nil && row.End != nil && row.EndTime != nil {
			err = run.end(*row.EndTime, *row.End)
		}
		if err != nil {
			return nil, r.broken(row.Run, err)
		}
		all = append(all, Application{Run: row.Run, Mode: run.Mode, Started: run.Started, Status: run.Status, Endpoint: run.Endpoint})
	}
	return all, nil
}
