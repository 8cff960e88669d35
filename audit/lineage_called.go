package audit

import (
	"errors"

	"tabletop/workbook"
)

// mostSteps is the most blocks that a row is followed through: more than all
// workbooks have that can be called for one run.
const mostSteps = 2 * (workbook.MaxBlocks + workbook.MaxCalledBlocks)

// lineage follows a row of the block at a position back to the block that made
// it out of events, of a store or of nothing: from the rows that a called workbook
// gave back into its run, and from the first block of that to the rows that the
// calling block got.
func (t *tracer) lineage(at, row int) ([]Step, error) {
	var steps []Step
	for at >= 0 {
		s, err := t.step(at, row)
		if err != nil {
			return nil, err
		}
		steps = append(steps, s)
		if s.Gap != "" {
			break
		}
		if len(steps) >= mostSteps {
			steps[len(steps)-1].Gap = "the record leads on through more blocks than a run can have"
			break
		}
		on := t
		switch {
		case s.Block.Kind == kindReturn && s.Block.Called > 0:
			if on, err = t.called(s); err != nil {
				return nil, err
			}
			at = len(on.blocks) - 1
			if at < 0 {
				steps[len(steps)-1].Gap = "the blocks of run " + number(int(s.Block.Called)) + ", which made the row, are not recorded"
			}
		case s.From == 0:
			return steps, nil
		case at == 0 && t.caller != nil:
			if on, at, err = t.above(); err != nil {
				return nil, err
			}
			row = s.From
			if at < 0 {
				steps[len(steps)-1].Gap = "the block that it came from, of run " + number(int(t.caller.Run)) + ", is not recorded"
			}
		default:
			at--
			row = s.From
		}
		t = on
	}
	return steps, nil
}

// begin reads which block called the run, and its parameters.
func (t *tracer) begin() error {
	entries, err := find(t.ctx, t.tx, "e.run = ? AND e.kind = 'run' LIMIT 1", t.run)
	if err != nil || len(entries) == 0 {
		return err
	}
	var said runBody
	if err := entries[0].decode(&said); err != nil {
		if errors.Is(err, ErrPurged) {
			return nil
		}
		return err
	}
	t.caller, t.parameters = said.Caller, said.Parameters
	return nil
}

// called is the tracer of the run of a workbook that a step's block called.
func (t *tracer) called(s Step) (*tracer, error) {
	return newTracer(t.ctx, t.tx, s.Block.Called)
}

// above is the tracer of the run whose block called this one, and the position
// there of the block before, whose rows were handed over; -1 where it is not
// recorded. The calling block itself may not be recorded yet.
func (t *tracer) above() (*tracer, int, error) {
	on, err := newTracer(t.ctx, t.tx, t.caller.Run)
	if err != nil {
		return nil, -1, err
	}
	at := -1
	for i, b := range on.blocks {
		if b.Index < t.caller.Block {
			at = i
		}
	}
	return on, at, nil
}

// lastWriter is the last run that may have written a store before a row of run read
// it, where the store says that wrote did: a later run only if both are of one
// rehearsal, as where a called workbook wrote what its caller then read.
func (t *tracer) lastWriter(wrote, run int64) (int64, error) {
	if wrote <= run {
		return wrote, nil
	}
	writer, err := t.root(wrote)
	if err != nil {
		return 0, err
	}
	reader, err := t.root(run)
	if writer == reader && err == nil {
		return wrote, nil
	}
	return run, err
}

// root is the run that began the rehearsal which a run is part of.
func (t *tracer) root(run int64) (int64, error) {
	for range workbook.MaxCallDepth + 1 {
		of := tracer{ctx: t.ctx, tx: t.tx, run: run}
		if err := of.begin(); err != nil {
			return 0, err
		}
		if of.caller == nil {
			break
		}
		run = of.caller.Run
	}
	return run, nil
}
