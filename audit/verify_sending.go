package audit

import (
	"context"

	"github.com/jmoiron/sqlx"
)

// checkSending checks that each outcome follows an intent, and that no action
// of a run that sends has two entries: the program that keeps this record would
// have refused either.
func (c *checked) checkSending(ctx context.Context, tx *sqlx.Tx) error {
	rows, err := tx.QueryxContext(ctx, `
		SELECT e.seq, e.run, e.number, e.kind = 'outcome' FROM entries e
		WHERE e.kind = 'outcome' AND NOT EXISTS (
				SELECT 1 FROM entries i
				WHERE i.run = e.run AND i.kind = 'intent' AND i.number = e.number AND i.block = e.block AND i.seq < e.seq)
			OR e.kind IN ('intent', 'action') AND EXISTS (
				SELECT 1 FROM entries i
				WHERE i.run = e.run AND i.kind = 'intent' AND i.number = e.number AND i.seq < e.seq)
		ORDER BY e.seq`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var seq int64
		var run, number any
		var outcome bool
		if err := rows.Scan(&seq, &run, &number, &outcome); err != nil {
			return err
		}
		if outcome {
			c.add(Inconsistent, seq, "entry %d is the outcome of action %v of run %v, which has no intent before", seq, number, run)
		} else {
			c.add(Inconsistent, seq, "entry %d is a second one for action %v of run %v, which had an intent", seq, number, run)
		}
	}
	return rows.Err()
}
