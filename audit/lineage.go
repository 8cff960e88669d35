package audit

import (
	"context"
	"errors"

	"github.com/jmoiron/sqlx"

	"tabletop/workbook"
)

// A Step is a block that a row went through, with the row as it stood behind it.
type Step struct {
	// Run is the run that the block belongs to; Block is without its rows.
	// Parameters are those of the run.
	Run        int64
	Block      Block
	Parameters map[string]string
	// Row is the row's number among those of the block, Entry the entry that
	// holds it, 0 where the row is not kept.
	Row   int
	Entry int64
	// Passed says that the block has the rows of the block before as they were.
	Passed bool
	// Values has one value a column of the block, nil where the row is not kept.
	Values   []workbook.Value
	Evidence workbook.Evidence
	// From is the row of the block before that the row was made from; 0 where
	// it was made from none or several of them.
	From int
	// Signal is what the block raised of the row, nil where it raised none.
	Signal *Raised
	// Written is where a row that was read from an event store was written to
	// it, nil for any other row.
	Written *Written
	// Gap says why the chain ends here although the row may go back further;
	// empty where it does not end here, or ends because nothing is before it.
	Gap string
}

// Place names the step's row.
func (s Step) Place() ID { return ID{Run: s.Run, Block: s.Block.Index, Row: s.Row} }

// A tracer follows rows through the blocks of one run. It looks rows up one by
// one, since a run may have a million.
type tracer struct {
	ctx context.Context
	tx  *sqlx.Tx
	run int64
	// caller is the block that called the run's workbook, nil for none.
	caller     *workbook.Caller
	parameters map[string]string
	// blocks are those of the run in order, rowsOf the index of the block whose
	// entries hold the rows of each.
	blocks []Block
	rowsOf []int
}

func newTracer(ctx context.Context, tx *sqlx.Tx, run int64) (*tracer, error) {
	t := &tracer{ctx: ctx, tx: tx, run: run}
	if err := t.begin(); err != nil {
		return nil, err
	}
	entries, err := find(ctx, tx, "e.run = ? AND e.kind = 'block' ORDER BY e.number", run)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		var said blockBody
		switch err := e.decode(&said); {
		case errors.Is(err, ErrPurged):
			said.RowsOf, said.Text = e.Block, text(err.Error())
		case err != nil:
			return nil, err
		}
		t.blocks, t.rowsOf = append(t.blocks, said.block(e.Block)), append(t.rowsOf, said.RowsOf)
	}
	return t, nil
}

// at is the position of the block with an index, -1 where there is none.
func (t *tracer) at(index int) int {
	for i, b := range t.blocks {
		if b.Index == index {
			return i
		}
	}
	return -1
}

// acted is the position of the block whose row an action or a signal names: its
// own, or, where it has fewer rows because it failed or gives none, the one
// before.
func (t *tracer) acted(block, row int) int {
	at := t.at(block)
	if at > 0 && row > t.blocks[at].RowsOut {
		at--
	}
	return at
}

// step reads a row of the block at a position.
func (t *tracer) step(at, row int) (Step, error) {
	b, of := t.blocks[at], t.rowsOf[at]
	s := Step{Run: t.run, Block: b, Parameters: t.parameters, Row: row, Passed: of != b.Index}
	said, entry, err := t.row(of, row)
	s.Entry = entry
	if err == nil && entry > 0 {
		err = t.fill(&s, said)
	}
	switch {
	case errors.Is(err, ErrPurged):
		s.Gap = err.Error()
		return s, nil
	case err != nil:
		return s, err
	case entry == 0:
		s.Gap = unkept(b, row)
		return s, nil
	}
	if s.Passed {
		s.From = row
	}
	if s.Signal, err = t.raised(b, row); err != nil {
		return s, err
	}
	switch {
	case s.From > 0 && at == 0 && t.caller == nil:
		s.Gap = "the block before it is not recorded"
	case s.From == 0 && s.Evidence.Store != "":
		s.Written, err = t.written(s)
	case s.From == 0 && b.Kind == kindReturn && b.Called > 0: // it goes on in the called run
	case s.From == 0 && (at > 0 || t.caller != nil):
		s.Gap = madeAnew(b, s.Evidence)
	}
	return s, err
}

// unkept says why a row is not there.
func unkept(b Block, row int) string {
	if row < 1 || row > b.RowsOut {
		return "block " + number(b.Index) + " gave " + number(b.RowsOut) + " rows, and no row " + number(row)
	}
	return "row " + number(row) + " of block " + number(b.Index) + " is not kept: no signal and no action came of it, and it is behind the first rows that --keep-rows keeps"
}

// madeAnew says what is not known of a row that a block made of no row in
// particular of those that came in; empty for a block that reads events, to
// which no row before it matters.
func madeAnew(b Block, e workbook.Evidence) string {
	switch {
	case b.Kind == "sql" || b.Kind == "search":
		return ""
	case b.Kind == "code":
		return "the Python made this row, or put it together of several; which rows of the block before it came from is not known"
	case e.Unknown != "":
		return "the block made this row anew, and not of one row of the block before"
	}
	return ""
}

// row reads what the entry of a row says; entry is 0 where it is not kept.
func (t *tracer) row(block, row int) (said rowBody, entry int64, err error) {
	entries, err := find(t.ctx, t.tx, "e.run = ? AND e.kind = 'row' AND e.number = ? AND e.block = ? LIMIT 1", t.run, row, block)
	if err != nil || len(entries) == 0 {
		return said, 0, err
	}
	return said, entries[0].Seq, entries[0].decode(&said)
}

// fill gives a step the row's values, also those that it shares with another
// row.
func (t *tracer) fill(s *Step, said rowBody) error {
	sh := shower{rows: map[[2]int]rowBody{}}
	if said.Same != nil {
		whole, _, err := t.row(said.Same[0], said.Same[1])
		if err != nil {
			return err
		}
		sh.rows[*said.Same] = whole
	}
	row, err := sh.row(said)
	s.Values, s.Evidence, s.From = row.Values, row.Evidence, row.From
	return err
}
