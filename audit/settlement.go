package audit

import (
	"context"

	"tabletop/workbook"
)

// A Settlement is an action of another run whose outcome a run found out.
type Settlement struct {
	// Run is the run that the action belongs to.
	Run int64
	// Action is in the state that the outcome brought it to; a later one may have
	// changed it since.
	Action workbook.Action
}

// Settled lists what a run found out of the actions of others, in the order in
// which it did: resume asks a vendor what became of them, and a run that takes
// actions back makes them undone.
func (r *Reader) Settled(ctx context.Context, run int64) ([]Settlement, error) {
	var rows []struct {
		entry
		Intent  string `db:"intent"`
		Outcome string `db:"outcome"`
	}
	err := r.db.SelectContext(ctx, &rows, `
		SELECT i.*, ib.body AS intent, ob.body AS outcome
		FROM entries o JOIN bodies ob ON ob.seq = o.seq
		JOIN entries i ON i.run = o.run AND i.kind = 'intent' AND i.number = o.number AND i.block = o.block
		JOIN bodies ib ON ib.seq = i.seq
		WHERE o.kind = 'outcome' AND json_extract(ob.body, '$.by') = ?
			AND o.seq > (SELECT seq FROM entries WHERE run = ? AND kind = 'run')
			AND o.seq < coalesce((SELECT seq FROM entries WHERE run = ? AND kind = 'end'), 9223372036854775807)
		ORDER BY o.seq`, run, run, run)
	if err != nil {
		return nil, explain(r.path, "read", defaultWait, err)
	}
	var all []Settlement
	for _, row := range rows {
		var said intentBody
		var found outcomeBody
		if err := decodeBody(row.Intent, &said); err != nil {
			return nil, r.broken(row.Run, err)
		}
		if err := decodeBody(row.Outcome, &found); err != nil {
			return nil, r.broken(row.Run, err)
		}
		a := said.action(row.entry)
		found.settle(&a, string(said.Reason))
		all = append(all, Settlement{Run: row.Run, Action: a})
	}
	return all, nil
}
