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
