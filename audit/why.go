package audit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"tabletop/workbook"
)

// A Chain is what is recorded of how an action, a signal or a row came about.
type Chain struct {
	ID ID
	// Entry holds it, written at Time.
	Entry int64
	Time  time.Time
	// Run is the run of ID as far as its own entries tell: its blocks, signals,
	// actions and totals are left out.
	Run Run
	// Action is set for an action, in the state that its last outcome tells;
	// Signal for a signal, as it was after it was last raised.
	Action *workbook.Action
	Signal *workbook.Signal
	// Outcomes are what became of an action that was sent, the first first.
	Outcomes []Became
	// SameAs is the action whose request this one repeats.
	SameAs ID
	// Plan is the plan that the run applies, and Planned the action of the run
	// that made it; TakesBack is the action that this one takes back.
	Plan      *PlanEntry
	Planned   ID
	TakesBack ID
	// Approvals are those of the plan, and of this action by itself.
	Approvals []Approval
	// Sent are the actions of other runs that sent what this one planned.
	Sent []SentAs
	// Source is the run that the rows are of, where that is another one.
	Source *Run
	// Outermost is the run that read the events, where the run of the rows is one
	// of a workbook that another called.
	Outermost *Run
	// Steps are the blocks that the row went through, the last first.
	Steps []Step
	// Gap says why no row is known; empty where there are steps.
	Gap string
}

// A Became is an outcome of an action.
type Became struct {
	Time    time.Time
	Verdict workbook.Verdict
	Reason  string
	// By is the later run that found it out, 0 for the action's own.
	By    int64
	Entry int64
}

// A SentAs is an action that sent what a plan holds.
type SentAs struct {
	ID       ID
	Mode     string
	Endpoint string
	Verdict  workbook.Verdict
	Time     time.Time
}

// ErrNothing is an identifier that names nothing that the audit holds.
var ErrNothing = errors.New("the audit holds nothing of that name")

// Why follows an action, a signal, a row, or the entry of one of these back to
// the events that it rests on, as far as the record goes. An ID that names
// nothing is ErrNothing, one of a run that is not there ErrNoRun, and one whose
// record was removed ErrPurged.
func (r *Reader) Why(ctx context.Context, id ID) (*Chain, error) {
	w := &why{reader: r, ctx: ctx}
	var err error
	// One transaction, so that a run that goes on is seen at one moment.
	if w.tx, err = r.db.BeginTxx(ctx, nil); err != nil {
		return nil, explain(r.path, "read", defaultWait, err)
	}
	defer w.tx.Rollback()
	chain, err := w.chain(id)
	if errors.Is(err, ErrNothing) || errors.Is(err, ErrPurged) {
		return nil, err
	}
	return chain, explain(r.path, "read", defaultWait, err)
}

// Content is a text that runs refer to, by its SHA-256 in hexadecimal: a
// workbook, integrations, a guard or a plan. One that is not there is
// ErrNothing.
func (r *Reader) Content(ctx context.Context, digest string) ([]byte, error) {
	var text []byte
	err := r.db.GetContext(ctx, &text, "SELECT text FROM contents WHERE digest = ?", digest)
	if missing(err) {
		return nil, fmt.Errorf("the text of SHA-256 %s: %w", encodeText(digest), ErrNothing)
	}
	return text, explain(r.path, "read", defaultWait, err)
}

// why answers one question.
type why struct {
	reader *Reader
	ctx    context.Context
	tx     *sqlx.Tx
}

func (w *why) chain(id ID) (*Chain, error) {
	if id.Entry > 0 {
		var err error
		if id, err = w.named(id.Entry); err != nil {
			return nil, err
		}
	}
	var err error
	if id, err = w.holder(id); err != nil {
		return nil, err
	}
	c := &Chain{ID: id}
	if c.Run, err = w.run(id.Run); err != nil {
		return nil, err
	}
	var follow func(*Chain) error
	switch {
	case id.Action > 0:
		follow = w.action
	case id.Signal > 0:
		follow = w.signal
	case id.Row > 0:
		follow = w.row
	}
	if follow != nil {
		return c, errors.Join(follow(c), w.outermost(c))
	}
	return nil, fmt.Errorf("%s is no action, signal or row: %w that could have a reason", id, ErrNothing)
}

// named is what an entry is of.
func (w *why) named(seq int64) (ID, error) {
	entries, err := find(w.ctx, w.tx, "e.seq = ?", seq)
	if err != nil {
		return ID{}, err
	}
	if len(entries) == 0 {
		return ID{}, fmt.Errorf("entry #%d: %w", seq, ErrNothing)
	}
	e := entries[0]
	switch e.Kind {
	case kindAction, kindIntent, kindOutcome:
		return ID{Run: e.Run, Action: e.Number}, nil
	case kindSignal:
		return ID{Run: e.Run, Signal: e.Number}, nil
	case kindRow:
		return ID{Run: e.Run, Block: e.Block, Row: e.Number}, nil
	}
	return ID{}, fmt.Errorf("entry #%d is of kind %s, which has no reason of its own: %w", seq, encodeText(e.Kind), ErrNothing)
}

// run reads what the first and the last entry of a run say.
func (w *why) run(number int64) (Run, error) {
	run := Run{Number: number}
	entries, err := find(w.ctx, w.tx, "e.run = ? AND e.run > 0 AND e.kind IN ('run', 'end') ORDER BY e.seq", number)
	if err != nil {
		return run, err
	}
	if len(entries) == 0 {
		return run, w.reader.missing(w.ctx, w.tx, number)
	}
	for _, e := range entries {
		if e.Body == nil {
			return run, e.decode(nil)
		}
		if e.Kind == kindRun {
			err = run.begin(e.Time, *e.Body)
		} else {
			err = run.end(e.Time, *e.Body)
		}
		if err != nil {
			return run, w.reader.broken(number, err)
		}
	}
	return run, nil
}

// action follows an action.
func (w *why) action(c *Chain) error {
	a, e, err := w.readAction(c.ID)
	if err != nil {
		return err
	}
	c.Action, c.Entry = &a, e.Seq
	if c.Time, err = time.Parse(time.RFC3339Nano, e.Time); err != nil {
		return err
	}
	if a.SameAs > 0 {
		c.SameAs = ID{Run: cmp.Or(a.SameRun, c.ID.Run), Action: a.SameAs}
	}
	if e.Kind == kindIntent {
		if c.Outcomes, err = w.outcomes(e); err != nil {
			return err
		}
	}
	if err := w.plans(c); err != nil {
		return err
	}
	return w.actionRow(c, c.Run, a)
}

// readAction reads an action in its last state, and the entry that holds it.
func (w *why) readAction(id ID) (workbook.Action, foundEntry, error) {
	entries, err := find(w.ctx, w.tx, "e.run = ? AND e.kind IN ('action', 'intent') AND e.number = ? ORDER BY e.seq DESC LIMIT 1", id.Run, id.Action)
	if err != nil {
		return workbook.Action{}, foundEntry{}, err
	}
	if len(entries) == 0 {
		return workbook.Action{}, foundEntry{}, fmt.Errorf("action %s: %w; tabletop show %d lists those of the run", id, ErrNothing, id.Run)
	}
	e := entries[0]
	if e.Kind == kindAction {
		var said actionBody
		err := e.decode(&said)
		return said.action(e.entry), e, err
	}
	var said intentBody
	if err := e.decode(&said); err != nil {
		return workbook.Action{}, e, err
	}
	a := said.action(e.entry)
	last, err := find(w.ctx, w.tx, "e.run = ? AND e.kind = 'outcome' AND e.number = ? AND e.block = ? ORDER BY e.seq DESC LIMIT 1", e.Run, e.Number, e.Block)
	if err != nil || len(last) == 0 {
		return a, e, err
	}
	var became outcomeBody
	err = last[0].decode(&became)
	became.settle(&a, a.Reason)
	return a, e, err
}

// outcomes lists what became of an intent.
func (w *why) outcomes(of foundEntry) ([]Became, error) {
	entries, err := find(w.ctx, w.tx, "e.run = ? AND e.kind = 'outcome' AND e.number = ? AND e.block = ? ORDER BY e.seq", of.Run, of.Number, of.Block)
	var out []Became
	for _, e := range entries {
		var said outcomeBody
		if err := e.decode(&said); err != nil {
			return nil, err
		}
		at, err := time.Parse(time.RFC3339Nano, e.Time)
		if err != nil {
			return nil, err
		}
		out = append(out, Became{Time: at, Verdict: workbook.Verdict(said.Verdict), Reason: string(said.Reason), By: said.By, Entry: e.Seq})
	}
	return out, err
}

// signal follows a signal.
func (w *why) signal(c *Chain) error {
	entries, err := find(w.ctx, w.tx, "e.run = ? AND e.kind = 'signal' AND e.number = ? ORDER BY e.seq DESC LIMIT 1", c.ID.Run, c.ID.Signal)
	if err != nil {
		return err
	}
	if len(entries) == 0 {
		return fmt.Errorf("signal %s: %w; tabletop show %d lists those of the run", c.ID, ErrNothing, c.ID.Run)
	}
	var said signalBody
	if err := entries[0].decode(&said); err != nil {
		return err
	}
	s := said.signal()
	c.Signal, c.Entry = &s, entries[0].Seq
	if c.Time, err = time.Parse(time.RFC3339Nano, entries[0].Time); err != nil {
		return err
	}
	return w.steps(c, c.ID.Run, s.Block, s.Row)
}

// row follows a row.
func (w *why) row(c *Chain) error {
	t, err := newTracer(w.ctx, w.tx, c.ID.Run)
	if err != nil {
		return err
	}
	at := t.at(c.ID.Block)
	if at < 0 {
		return fmt.Errorf("run %d has %d blocks, and no block %d: %w", c.ID.Run, len(t.blocks), c.ID.Block, ErrNothing)
	}
	if c.Steps, err = t.lineage(at, c.ID.Row); err != nil {
		return err
	}
	first := c.Steps[0]
	if first.Entry == 0 {
		return fmt.Errorf("%s: %w: %s", c.ID, ErrNothing, first.Gap)
	}
	c.Entry = first.Entry
	entries, err := find(w.ctx, w.tx, "e.seq = ?", c.Entry)
	if err != nil || len(entries) == 0 {
		return err
	}
	c.Time, err = time.Parse(time.RFC3339Nano, entries[0].Time)
	return err
}

// steps follows the row that an action or a signal of a block names.
func (w *why) steps(c *Chain, run int64, block, row int) error {
	t, err := newTracer(w.ctx, w.tx, run)
	if err != nil {
		return err
	}
	at := t.acted(block, row)
	switch {
	case row == 0 && at >= 0 && t.blocks[at].Kind == "notification":
		c.Gap = "it comes of all the rows that its block was given, which is why none is named"
	case row == 0:
		c.Gap = "a directive behind its own took its row away, and the block keeps only the rows of its end"
	case at < 0:
		c.Gap = fmt.Sprintf("block %d of run %d is not recorded", block, run)
	default:
		c.Steps, err = t.lineage(at, row)
	}
	return err
}

// approvalsOf are those of the whole plan and of the action itself.
func approvalsOf(all []Approval, action int) []Approval {
	var out []Approval
	for _, a := range all {
		if len(a.Actions) == 0 || slices.Contains(a.Actions, action) {
			out = append(out, a)
		}
	}
	slices.SortStableFunc(out, func(a, b Approval) int { return cmp.Compare(a.Time.UnixNano(), b.Time.UnixNano()) })
	return out
}
