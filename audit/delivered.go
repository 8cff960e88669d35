package audit

import (
	"context"
	"math"
	"time"

	"tabletop/workbook"
)

// A Delivery is an action that reached a vendor, or may have.
type Delivery struct {
	Run    int64
	Action int
	// Verdict is sent or unknown.
	Verdict workbook.Verdict
	// Time is when its intent was recorded, just before it left.
	Time time.Time
}

// deliveredQuery asks for the last action with a key that was sent since a time,
// or may have been. An undoing is an outcome, whose subject is the key.
const deliveredQuery = `
	SELECT e.run, e.number, e.time, coalesce(json_extract(ob.body, '$.verdict'), 'unknown') AS verdict
	FROM bodies b
	JOIN entries e ON e.seq = b.seq
	LEFT JOIN bodies ob ON ob.seq = (SELECT max(o.seq) FROM entries o
		WHERE o.run = e.run AND o.kind = 'outcome' AND o.number = e.number AND o.block = e.block)
	WHERE substr(b.body, 1, 15) = '{"mode":"apply"' AND json_extract(b.body, '$.key') = ?
		AND e.kind = 'intent' AND e.time >= ? AND e.run < ?
		AND coalesce(json_extract(ob.body, '$.verdict'), 'unknown') IN ('sent', 'unknown')
		AND b.seq > coalesce((SELECT max(u.seq) FROM bodies ub JOIN entries u ON u.seq = ub.seq
			WHERE ub.subject = ? AND u.kind = 'outcome' AND json_extract(ub.body, '$.verdict') = 'undone'
				AND json_extract(ub.body, '$.mode') = 'apply'), 0)
	ORDER BY b.seq DESC LIMIT 1`

// everyRun is above the number of any run.
const everyRun = math.MaxInt64

// Delivered looks for the last action with a key that a run of mode apply sent
// since a time, or may have sent, and that was not undone after. found says
// whether there is one.
func (r *Reader) Delivered(ctx context.Context, key string, since time.Time) (d Delivery, found bool, err error) {
	return r.delivered(ctx, key, since, everyRun)
}

// DeliveredBefore is Delivered for runs before another one, whenever they were.
func (r *Reader) DeliveredBefore(ctx context.Context, key string, run int64) (d Delivery, found bool, err error) {
	return r.delivered(ctx, key, time.Time{}, run)
}

func (r *Reader) delivered(ctx context.Context, key string, since time.Time, before int64) (d Delivery, found bool, err error) {
	var row struct {
		Run     int64
		Number  int
		Time    string
		Verdict string
	}
	stored := encodeText(key)
	err = r.db.GetContext(ctx, &row, deliveredQuery, stored, stamp(since), before, stored)
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
