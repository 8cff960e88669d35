package audit

import (
	"context"
	"fmt"
	"time"

	"tabletop/workbook"
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

// A Delivery is an action that reached a vendor, or may have.
type Delivery struct {
	Run    int64
	Action int
	// Verdict is sent or unknown.
	Verdict workbook.Verdict
	// Time is when its intent was recorded, just before it left.
	Time time.Time
}

// Delivered looks for the last action with a key that a run of mode apply sent
// since a time, or may have sent, and that was not undone after. found says
// whether there is one.
func (r *Reader) Delivered(ctx context.Context, key string, since time.Time) (d Delivery, found bool, err error) {
	var row struct {
		Run     int64
		Number  int
		Time    string
		Verdict string
	}
	stored := encodeText(key)
	// The undoing is an outcome, whose subject is the key.
	err = r.db.GetContext(ctx, &row, `
		SELECT e.run, e.number, e.time, coalesce(json_extract(ob.body, '$.verdict'), 'unknown') AS verdict
		FROM bodies b
		JOIN entries e ON e.seq = b.seq
		LEFT JOIN bodies ob ON ob.seq = (SELECT max(o.seq) FROM entries o
			WHERE o.run = e.run AND o.kind = 'outcome' AND o.number = e.number AND o.block = e.block)
		WHERE substr(b.body, 1, 15) = '{"mode":"apply"' AND json_extract(b.body, '$.key') = ?
			AND e.kind = 'intent' AND e.time >= ?
			AND coalesce(json_extract(ob.body, '$.verdict'), 'unknown') IN ('sent', 'unknown')
			AND b.seq > coalesce((SELECT max(u.seq) FROM bodies ub JOIN entries u ON u.seq = ub.seq
				WHERE ub.subject = ? AND u.kind = 'outcome' AND json_extract(ub.body, '$.verdict') = 'undone'
					AND json_extract(ub.body, '$.mode') = 'apply'), 0)
		ORDER BY b.seq DESC LIMIT 1`, stored, stamp(since), stored)
	if missing(err) {
		return d, false, nil
	}
	if err != nil {
		return d, false, explain(r.path, "look for what was sent in", defaultWait, err)
	}
	at, err := time.Parse(time.RFC3339Nano, row.Time)
	if err != nil {
		return d, false, r.broken(row.Run, err)
	}
	return Delivery{Run: row.Run, Action: row.Number, Verdict: workbook.Verdict(row.Verdict), Time: at}, true, nil
}

// Unsettled lists the actions of a run of which it is not known whether they
// reached the vendor, by their numbers: those with an intent and no outcome,
// and those whose last outcome is unknown. They have their undo request and
// values. A run that the audit does not hold is ErrNoRun.
func (r *Reader) Unsettled(ctx context.Context, run int64) ([]workbook.Action, error) {
	shown, err := r.show(ctx, run, "AND e.kind IN ('run', 'intent', 'outcome')")
	if err != nil {
		return nil, err
	}
	var open []workbook.Action
	for _, a := range shown.Actions {
		if a.Verdict == workbook.Unknown {
			open = append(open, a)
		}
	}
	return open, nil
}

// outcomes are what a run's actions came to after the run had ended.
type lateOutcome struct {
	Number  int
	Block   int
	Verdict string
	Late    bool
}

// settledLater brings the totals of a run that has ended, at the entry end, to
// what later outcomes tell.
func (r *Reader) settledLater(ctx context.Context, run, end int64, totals workbook.Totals) error {
	var outcomes []lateOutcome
	err := r.db.SelectContext(ctx, &outcomes, `
		SELECT e.number, e.block, json_extract(b.body, '$.verdict') AS verdict, e.seq > ? AS late
		FROM entries e JOIN bodies b ON b.seq = e.seq
		WHERE e.run = ? AND e.kind = 'outcome' AND e.number IN
			(SELECT number FROM entries WHERE run = ? AND kind = 'outcome' AND seq > ?)
		ORDER BY e.seq`, end, run, run, end)
	if err != nil {
		return fmt.Errorf("read the outcomes after the end of run %d: %w", run, err)
	}
	last := map[actionPlace]workbook.Verdict{}
	for _, o := range outcomes {
		at := actionPlace{run, o.Block, o.Number}
		before, known := last[at]
		if !known {
			before = workbook.Unknown
		}
		verdict, err := decodeText(o.Verdict)
		if err != nil {
			return err
		}
		last[at] = workbook.Verdict(verdict)
		if o.Late {
			if totals.ByVerdict[before]--; totals.ByVerdict[before] <= 0 {
				delete(totals.ByVerdict, before)
			}
			totals.ByVerdict[last[at]]++
		}
	}
	return nil
}
