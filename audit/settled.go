package audit

import (
	"context"
	"fmt"

	"tabletop/workbook"
)

// A lateOutcome is an outcome, and whether it came after the run had ended.
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
		WHERE e.run = ? AND e.kind = 'outcome' AND verdict IS NOT NULL AND e.number IN
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
