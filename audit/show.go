package audit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"tabletop/workbook"
)

// Show returns everything that is recorded of a run. A run that the audit does
// not hold is ErrNoRun. What was found out of it since by others is in it.
func (r *Reader) Show(ctx context.Context, number int64) (Run, error) {
	return r.show(ctx, number, "")
}

// show puts a run together from those of its entries that a condition lets in.
func (r *Reader) show(ctx context.Context, number int64, condition string) (Run, error) {
	run := Run{Number: number}
	// One transaction, so that a run that goes on is seen at one moment.
	tx, err := r.db.BeginTxx(ctx, nil)
	if err != nil {
		return run, explain(r.path, "read", defaultWait, err)
	}
	defer tx.Rollback()
	rows, err := tx.QueryxContext(ctx, `
		SELECT e.*, b.subject, b.body FROM entries e JOIN bodies b ON b.seq = e.seq
		WHERE e.run = ? AND e.run > 0 `+condition+` ORDER BY e.seq`, number)
	if err != nil {
		return run, explain(r.path, "read", defaultWait, err)
	}
	defer rows.Close()
	s := shower{run: &run, rows: map[[2]int]rowBody{}, rowsOf: map[int]int{}, intents: map[[2]int]intent{}}
	for rows.Next() {
		var e struct {
			entry
			Subject *string `db:"subject"`
			Body    string  `db:"body"`
		}
		if err := rows.StructScan(&e); err != nil {
			return run, explain(r.path, "read", defaultWait, err)
		}
		if err := s.take(e.entry, e.Subject, e.Body); err != nil {
			return run, r.broken(number, fmt.Errorf("entry %d: %w", e.Seq, err))
		}
	}
	if err := rows.Err(); err != nil {
		return run, explain(r.path, "read", defaultWait, err)
	}
	if run.Head.Sequence == 0 {
		return run, r.missing(ctx, tx, number)
	}
	if err := s.finish(); err != nil {
		return run, r.broken(number, err)
	}
	if err := run.withCalled(ctx, tx, !s.ended); err != nil {
		return run, explain(r.path, "read", defaultWait, err)
	}
	run.Head.File = filepath.ToSlash(r.path)
	return run, explain(r.path, "read", defaultWait, run.contents(ctx, tx))
}

// missing is the error for a run that is not there.
func (r *Reader) missing(ctx context.Context, tx *sqlx.Tx, number int64) error {
	var last int64
	if err := tx.GetContext(ctx, &last, "SELECT "+lastRun); err != nil {
		return explain(r.path, "read", defaultWait, err)
	}
	if last == 0 {
		return fmt.Errorf("run %d: %w: %s holds none yet", number, ErrNoRun, r.path)
	}
	if file, ok := movedTo(ctx, tx, number); ok {
		return fmt.Errorf("run %d: %w in %s: it was moved to the archive %s; name that one with --audit", number, ErrNoRun, r.path, file)
	}
	return fmt.Errorf("run %d: %w: the newest in %s is run %d", number, ErrNoRun, r.path, last)
}

// A shower puts a run together from its entries.
type shower struct {
	run    *Run
	rows   map[[2]int]rowBody
	rowsOf map[int]int
	// intents are those of the run by block and number.
	intents map[[2]int]intent
	ended   bool
	// purgedIntents are those of which nothing is left.
	purgedIntents map[[2]int]bool
}

// An intent is the index of an action that was to be sent, and the reason that
// it had before.
type intent struct {
	action int
	reason string
}

// take reads one entry.
func (s *shower) take(e entry, subject *string, body string) error {
	s.run.Head.Sequence, s.run.Head.Hash = e.Seq, fmt.Sprintf("%x", e.Hash)
	if wasRemoved(body) {
		return s.gone(e)
	}
	switch e.Kind {
	case kindRun:
		return s.run.begin(e.Time, body)
	case kindBlock:
		return s.block(e, body)
	case kindRow:
		var said rowBody
		err := decodeBody(body, &said)
		s.rows[[2]int{e.Block, e.Number}] = said
		return err
	case kindSignal:
		return s.signal(e, body)
	case kindAction:
		var said actionBody
		err := decodeBody(body, &said)
		s.run.Actions = append(s.run.Actions, said.action(e))
		return err
	case kindEnd:
		s.ended = true
		return s.run.end(e.Time, body)
	}
	return s.sending(e, subject, body)
}

// gone takes an entry whose body was purged: where and when is all that is left.
func (s *shower) gone(e entry) (err error) {
	s.run.Purged++
	switch e.Kind {
	case kindRun:
		s.run.Status = RunningOrDied
		s.run.Started, err = time.Parse(time.RFC3339Nano, e.Time)
	case kindBlock:
		s.run.Blocks = append(s.run.Blocks, Block{Index: e.Block, Kind: "purged"})
	case kindSignal:
		if e.Number == len(s.run.Signals)+1 {
			s.run.Signals = append(s.run.Signals, workbook.Signal{Block: e.Block})
		}
	case kindIntent:
		if s.purgedIntents == nil {
			s.purgedIntents = map[[2]int]bool{}
		}
		s.purgedIntents[[2]int{e.Block, e.Number}] = true
	case kindEnd:
		s.ended = true
		s.run.Status = Purged
		s.run.Ended, err = time.Parse(time.RFC3339Nano, e.Time)
	}
	return err
}

// sending reads an entry of the kinds that sending adds.
func (s *shower) sending(e entry, subject *string, body string) error {
	switch e.Kind {
	case kindIntent:
		var said intentBody
		err := decodeBody(body, &said)
		s.intents[[2]int{e.Block, e.Number}] = intent{len(s.run.Actions), string(said.Reason)}
		s.run.Actions = append(s.run.Actions, said.action(e))
		return err
	case kindOutcome:
		of, known := s.intents[[2]int{e.Block, e.Number}]
		if !known && s.purgedIntents[[2]int{e.Block, e.Number}] {
			return nil
		}
		if !known {
			return fmt.Errorf("action %d has an outcome, and no intent before", e.Number)
		}
		var said outcomeBody
		err := decodeBody(body, &said)
		said.settle(&s.run.Actions[of.action], of.reason)
		return err
	case kindApproval:
		var said approvalBody
		err := decodeBody(body, &said)
		s.run.Approvals = append(s.run.Approvals, said.approval())
		return err
	case kindPlan:
		if subject == nil {
			return errors.New("a plan has no digest")
		}
		planned, err := newPlanEntry(e.Run, e.Time, *subject, body)
		s.run.Planned = &planned
		return err
	}
	return nil
}

func (s *shower) block(e entry, body string) error {
	var said blockBody
	if err := decodeBody(body, &said); err != nil {
		return err
	}
	s.rowsOf[e.Block] = said.RowsOf
	s.run.Blocks = append(s.run.Blocks, said.block(e.Block))
	return nil
}

// signal takes a new signal, or a newer state of one.
func (s *shower) signal(e entry, body string) error {
	var said signalBody
	if err := decodeBody(body, &said); err != nil {
		return err
	}
	switch n := len(s.run.Signals); {
	case e.Number >= 1 && e.Number <= n:
		s.run.Signals[e.Number-1] = said.signal()
	case e.Number == n+1:
		s.run.Signals = append(s.run.Signals, said.signal())
	default:
		return fmt.Errorf("signal %d follows signal %d", e.Number, n)
	}
	return nil
}

// finish gives each block its rows, which may stand in entries after its own.
func (s *shower) finish() error {
	byBlock := map[int][]Row{}
	for at, said := range s.rows {
		row, err := s.row(said)
		if err != nil {
			return fmt.Errorf("row %d of block %d: %w", at[1], at[0], err)
		}
		row.Number = at[1]
		byBlock[at[0]] = append(byBlock[at[0]], row)
	}
	for _, rows := range byBlock {
		slices.SortFunc(rows, func(a, b Row) int { return cmp.Compare(a.Number, b.Number) })
	}
	for i := range s.run.Blocks {
		b := &s.run.Blocks[i]
		of := s.rowsOf[b.Index]
		b.Rows = slices.Clone(byBlock[of])
		if of == b.Index {
			continue
		}
		for j := range b.Rows {
			b.Rows[j].From = b.Rows[j].Number
		}
	}
	// The loop that sends goes on with several configurations at once.
	slices.SortStableFunc(s.run.Actions, func(a, b workbook.Action) int { return cmp.Compare(a.Number, b.Number) })
	if !s.ended || len(s.intents) > 0 {
		s.run.Totals = workbook.Count(s.run.Actions)
	}
	return nil
}

// row is a row with the values that it shares with another.
func (s *shower) row(said rowBody) (Row, error) {
	whole, own := said, said.Values
	if said.Same != nil {
		known := false
		if whole, known = s.rows[*said.Same]; !known || whole.Same != nil {
			return Row{}, fmt.Errorf("row %d of block %d, which it refers to, is not there", said.Same[1], said.Same[0])
		}
		own = append(slices.Clone(whole.Values), said.More...)
	}
	row := Row{Row: workbook.Row{From: said.From, Values: make([]workbook.Value, len(own))}}
	for i, v := range own {
		row.Values[i] = v.any
	}
	if whole.Source == nil {
		return row, nil
	}
	var err error
	row.Evidence, err = whole.Source.evidence()
	return row, err
}

// contents fills in the texts that the run refers to.
func (r *Run) contents(ctx context.Context, tx *sqlx.Tx) error {
	fill := func(digest string, text *[]byte) error {
		if digest == "" {
			return nil
		}
		err := tx.GetContext(ctx, text, "SELECT text FROM contents WHERE digest = ?", digest)
		if missing(err) && purgedText(ctx, tx, digest) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("the text %s: %w", digest, err)
		}
		return nil
	}
	if err := fill(r.Workbook.Digest, &r.Workbook.Text); err != nil {
		return err
	}
	documents := []*Document{r.Integrations, r.Guard}
	for i := range r.Called {
		documents = append(documents, &r.Called[i])
	}
	for _, d := range documents {
		if d == nil {
			continue
		}
		if err := fill(d.Digest, &d.Text); err != nil {
			return err
		}
	}
	return nil
}
