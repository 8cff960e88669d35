package audit

import (
	"fmt"

	"tabletop/workbook"
)

// top is the run that began it all: the run itself, or the one whose block called
// it, or the one whose block called that.
func (w *why) top(run Run) (Run, error) {
	for range workbook.MaxCallDepth + 1 {
		if run.Caller == nil {
			return run, nil
		}
		var err error
		if run, err = w.run(run.Caller.Run); err != nil {
			return run, err
		}
	}
	return run, fmt.Errorf("more than %d calls stand above run %d", workbook.MaxCallDepth, run.Number)
}

// outermost fills in the run that read the events, where that is not the one of
// the rows.
func (w *why) outermost(c *Chain) error {
	of := c.Run
	if c.Source != nil {
		of = *c.Source
	}
	if of.Caller == nil {
		return nil
	}
	top, err := w.top(of)
	c.Outermost = &top
	return err
}

// holder is an action in the run that has it: actions are numbered through the
// rehearsal, so that 7/a2 may be of a workbook that run 7 called.
func (w *why) holder(id ID) (ID, error) {
	if id.Action == 0 {
		return id, nil
	}
	queue, seen := []int64{id.Run}, map[int64]bool{}
	for ; len(queue) > 0 && len(seen) < mostCalled; queue = queue[1:] {
		run := queue[0]
		if seen[run] {
			continue
		}
		seen[run] = true
		var known bool
		err := w.tx.GetContext(w.ctx, &known, "SELECT EXISTS (SELECT 1 FROM entries WHERE run = ? AND kind IN ('action', 'intent') AND number = ?)", run, id.Action)
		if err != nil {
			return id, err
		}
		if known {
			return ID{Run: run, Action: id.Action}, nil
		}
		var called []int64
		err = w.tx.SelectContext(w.ctx, &called, `SELECT json_extract(b.body, '$.called_run') FROM entries e JOIN bodies b ON b.seq = e.seq
			WHERE e.run = ? AND e.kind = 'block' AND json_extract(b.body, '$.called_run') > 0`, run)
		if err != nil {
			return id, err
		}
		queue = append(queue, called...)
	}
	return id, nil
}
