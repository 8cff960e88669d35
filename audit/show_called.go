package audit

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"tabletop/workbook"
)

// mostCalled is how many called runs are looked at for one run: more than any has,
// so that a record which somebody bent into a circle ends.
const mostCalled = 10 * workbook.MaxCalls

// withCalled takes in the signals and actions of the runs that the run's blocks
// called; totals are counted anew where the run has no end that tells them.
func (r *Run) withCalled(ctx context.Context, tx *sqlx.Tx, count bool) error {
	type call struct {
		run   int64
		under int
	}
	var queue []call
	for _, b := range r.Blocks {
		queue = append(queue, call{b.Called, b.Index})
	}
	under := map[int64]int{}
	for ; len(queue) > 0 && len(under) < mostCalled; queue = queue[1:] {
		next := queue[0]
		if _, seen := under[next.run]; seen || next.run == 0 || next.run == r.Number {
			continue
		}
		under[next.run] = next.under
		called, err := readCalled(ctx, tx, next.run)
		if err != nil {
			return err
		}
		r.Signals, r.Actions = append(r.Signals, called.Signals...), append(r.Actions, called.Actions...)
		for _, b := range called.Blocks {
			queue = append(queue, call{b.Called, next.under})
		}
	}
	if len(under) == 0 {
		return nil
	}
	r.Under = under
	slices.SortStableFunc(r.Actions, func(a, b workbook.Action) int { return cmp.Compare(a.Number, b.Number) })
	if count {
		r.Totals = workbook.Count(r.Actions)
	}
	return nil
}

// readCalled reads the blocks, signals and actions of a called run; each signal and
// action says the run.
func readCalled(ctx context.Context, tx *sqlx.Tx, number int64) (Run, error) {
	called := Run{Number: number}
	s := shower{run: &called, rowsOf: map[int]int{}}
	entries, err := find(ctx, tx, "e.run = ? AND e.kind IN ('block', 'signal', 'action') ORDER BY e.seq", number)
	for _, e := range entries {
		if held(e.Body) == nil {
			if err := s.gone(e.entry); err != nil {
				return called, err
			}
			continue
		}
		if err := s.take(e.entry, e.Subject, *e.Body); err != nil {
			return called, fmt.Errorf("entry %d: %w", e.Seq, err)
		}
	}
	for i := range called.Signals {
		called.Signals[i].Run = number
	}
	for i := range called.Actions {
		called.Actions[i].Run = number
	}
	return called, err
}
