package audit

import (
	"slices"

	"tabletop/workbook"
)

// A Raised is the signal that a block raised of a row.
type Raised struct {
	// Number is the signal's, 0 where it is not known which it was; Gap says why
	// then.
	Number int
	Signal workbook.Signal
	Gap    string
}

// mostCoalesced is how many signals are looked at for a row that raised one
// again which another row had raised.
const mostCoalesced = 1000

// raised finds the signal that a block raised of a row. A run's signals are
// numbered by the block and the row that raised them first, so that a row's own
// one is found by halving; one that was raised again lies before it.
func (t *tracer) raised(b Block, row int) (*Raised, error) {
	if b.Kind != "signal" {
		return nil, nil
	}
	var last int
	if err := t.tx.GetContext(t.ctx, &last, "SELECT coalesce(max(number), 0) FROM entries WHERE run = ? AND kind = 'signal'", t.run); err != nil {
		return nil, err
	}
	low, high := 0, last // the last signal that is not behind the row lies between
	for low < high {
		middle := (low + high + 1) / 2
		s, err := t.signal(middle)
		if err != nil {
			return nil, err
		}
		if s.Block < b.Index || s.Block == b.Index && s.Row <= row {
			low = middle
		} else {
			high = middle - 1
		}
	}
	for n := low; n > max(low-mostCoalesced, 0); n-- {
		s, err := t.signal(n)
		switch {
		case err != nil:
			return nil, err
		case s.Block != b.Index:
			return &Raised{Gap: "it raised one again that an earlier block had raised; which is not recorded"}, nil
		case slices.Contains(s.Rows, row):
			return &Raised{Number: n, Signal: s}, nil
		}
	}
	if low == 0 {
		return &Raised{Gap: "no signal of it is recorded"}, nil
	}
	return &Raised{Gap: "it raised one again that other rows had raised; it is none of the " + number(mostCoalesced) + " that were looked at"}, nil
}

// signal reads a signal as the block that raised it first left it.
func (t *tracer) signal(n int) (workbook.Signal, error) {
	entries, err := find(t.ctx, t.tx, "e.run = ? AND e.kind = 'signal' AND e.number = ? ORDER BY e.seq LIMIT 1", t.run, n)
	if err != nil || len(entries) == 0 {
		return workbook.Signal{}, err
	}
	var said signalBody
	err = entries[0].decode(&said)
	return said.signal(), err
}
