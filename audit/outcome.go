package audit

import (
	"context"
	"fmt"

	"tabletop/workbook"
)

// An Outcome is what became of an action whose intent is recorded.
type Outcome struct {
	// Run is the run that the action belongs to: 0 for the one that delivers,
	// else an earlier one of which it found something out.
	Run int64
	// Action is the action's number.
	Action  int
	Verdict workbook.Verdict
	// Reason says in a sentence why the verdict is what it is.
	Reason string
	// Response, Attempts and Task are nil, 0 and empty where nothing is known
	// beyond what an earlier outcome of this action says; that stays then.
	Response *workbook.Response
	Attempts int
	Task     string
}

// addOutcomes adds a call's outcomes.
func (l *Log) addOutcomes(ctx context.Context, d *delivery, outcomes []Outcome) error {
	latest := map[actionPlace]outcomeBody{}
	for _, o := range outcomes {
		of, err := l.intended(ctx, d, o)
		if err != nil {
			return err
		}
		before, known := latest[of.actionPlace]
		if !known && of.settled {
			if before, err = l.lastOutcome(ctx, of.actionPlace); err != nil {
				return err
			}
		}
		body := newOutcome(o, before)
		body.Mode = text(of.mode)
		if of.run != d.run {
			body.By = d.run
		} else {
			d.settled = append(d.settled, o.Action)
		}
		latest[of.actionPlace] = body
		key := encodeText(of.key)
		e := entry{Run: of.run, Block: of.block, Number: of.number, Kind: kindOutcome}
		if err := d.add(e, &key, body); err != nil {
			return err
		}
	}
	return nil
}

// An actionPlace is where an outcome belongs.
type actionPlace struct {
	run           int64
	block, number int
}

// An intended is an action whose intent is durable.
type intended struct {
	actionPlace
	key, mode string
	settled   bool
}

// intended finds the action that an outcome is of.
func (l *Log) intended(ctx context.Context, d *delivery, o Outcome) (intended, error) {
	if o.Run == 0 || o.Run == d.run {
		h, known := d.sending.find(o.Action)
		if !known {
			return intended{}, fmt.Errorf("action %d has an outcome, and no intent that is recorded", o.Action)
		}
		return intended{actionPlace{d.run, h.block, o.Action}, h.key, d.sending.mode, h.settled}, nil
	}
	var found struct {
		entry
		Body    string `db:"body"`
		Settled bool   `db:"settled"`
	}
	err := l.db.GetContext(ctx, &found, `
		SELECT e.*, b.body, EXISTS (SELECT 1 FROM entries o
			WHERE o.run = e.run AND o.kind = 'outcome' AND o.number = e.number AND o.block = e.block) AS settled
		FROM entries e JOIN bodies b ON b.seq = e.seq
		WHERE e.run = ? AND e.kind = 'intent' AND e.number = ?`, o.Run, o.Action)
	if missing(err) {
		return intended{}, fmt.Errorf("action %d of run %d has an outcome, and no intent", o.Action, o.Run)
	}
	if err != nil {
		return intended{}, fmt.Errorf("look for the intent of action %d of run %d: %w", o.Action, o.Run, err)
	}
	var said intentBody
	if err := decodeBody(found.Body, &said); err != nil {
		return intended{}, fmt.Errorf("entry %d: %w", found.Seq, err)
	}
	if mode := string(said.Mode); mode != d.sending.mode && sends(d.sending.mode) {
		return intended{}, fmt.Errorf("run %d is of mode %s: what one of mode %s does says nothing of it", o.Run, mode, d.sending.mode)
	}
	return intended{actionPlace{found.Run, found.Block, found.Number}, string(said.Key), string(said.Mode), found.Settled}, nil
}

// lastOutcome reads the last outcome of an action that has one.
func (l *Log) lastOutcome(ctx context.Context, of actionPlace) (outcomeBody, error) {
	var said outcomeBody
	var body string
	err := l.db.GetContext(ctx, &body, `
		SELECT b.body FROM entries e JOIN bodies b ON b.seq = e.seq
		WHERE e.run = ? AND e.kind = 'outcome' AND e.number = ? AND e.block = ? ORDER BY e.seq DESC LIMIT 1`, of.run, of.number, of.block)
	if err != nil {
		return said, fmt.Errorf("read the last outcome of action %d of run %d: %w", of.number, of.run, err)
	}
	return said, decodeBody(body, &said)
}
