package audit

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"tabletop/workbook"
)

// A sending is what a run that goes on has made of its plan's actions so far,
// by their numbers.
type sending struct {
	mode string

	mu        sync.Mutex
	actions   map[int]*handled
	approvals int
}

// A handled is an action that has its entry, or is about to.
type handled struct {
	block int
	key   string
	// intended says that the entry is an intent, written that it is durable,
	// settled that an outcome is.
	intended, written, settled bool
}

// sends reports whether runs of a mode have intents.
func sends(mode string) bool { return mode == workbook.ModeApply || mode == workbook.ModeSimulate }

// reserve takes in actions whose entries are about to be written; an action has
// one entry, and so is sent once.
func (s *sending) reserve(actions []workbook.Action, intended bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var failed error
	seen := make(map[int]bool, len(actions))
	for _, a := range actions {
		switch {
		case a.Number < 1:
			failed = errors.Join(failed, fmt.Errorf("an action has the number %d", a.Number))
		case s.actions[a.Number] != nil || seen[a.Number]:
			failed = errors.Join(failed, fmt.Errorf("action %d is recorded already: an action is recorded once, and sent once", a.Number))
		case intended && a.Key == "":
			failed = errors.Join(failed, fmt.Errorf("action %d has no key", a.Number))
		}
		seen[a.Number] = true
	}
	if failed != nil {
		return failed
	}
	for _, a := range actions {
		s.actions[a.Number] = &handled{block: a.Block, key: a.Key, intended: intended}
	}
	return nil
}

// free takes back what reserve took in.
func (s *sending) free(actions []workbook.Action) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range actions {
		delete(s.actions, a.Number)
	}
}

// wrote notes that entries are durable.
func (s *sending) wrote(actions []workbook.Action, settled []int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range actions {
		s.actions[a.Number].written = true
	}
	for _, number := range settled {
		s.actions[number].settled = true
	}
}

// find returns an action whose intent is durable.
func (s *sending) find(number int) (handled, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.actions[number]
	if h == nil || !h.intended || !h.written {
		return handled{}, false
	}
	return *h, true
}

// number numbers approvals: it returns the first of n numbers.
func (s *sending) number(n int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	first := s.approvals + 1
	s.approvals += n
	return first
}

// count is how many actions have an entry.
func (s *sending) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.actions)
}

// A delivery is what one call has to have written.
type delivery struct {
	run     int64
	sending *sending
	intents []workbook.Action
	settled []int
	entries []encoded

	// leads tells a call that waits that it must write what waits now (true),
	// or that its own is written or failed (false).
	leads  chan bool
	failed error
}

// An encoded is an entry with what it says, encoded.
type encoded struct {
	entry   entry
	subject *string
	body    string
}

func (d *delivery) add(e entry, subject *string, body any) error {
	text, err := encodeJSON(body)
	if err != nil {
		return fmt.Errorf("encode %s %d: %w", e.Kind, e.Number, err)
	}
	d.entries = append(d.entries, encoded{e, subject, string(text)})
	return nil
}

// newDelivery checks and encodes what a call brings, and reserves its intents.
func (l *Log) newDelivery(ctx context.Context, run int64, outcomes []Outcome, intents []workbook.Action) (*delivery, error) {
	open, err := l.find(run)
	if err != nil {
		return nil, err
	}
	d := &delivery{run: run, sending: open.sending, intents: intents, leads: make(chan bool, 1)}
	if len(intents) > 0 && !sends(d.sending.mode) {
		return nil, fmt.Errorf("a run of mode %s sends nothing", encodeText(d.sending.mode))
	}
	if err := l.addOutcomes(ctx, d, outcomes); err != nil {
		return nil, err
	}
	for _, a := range intents {
		e := entry{Run: run, Block: a.Block, Number: a.Number, Kind: kindIntent}
		if err := d.add(e, subject(a), newIntent(d.sending.mode, a)); err != nil {
			return nil, err
		}
	}
	return d, d.sending.reserve(intents, true)
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

// writeDeliveries writes what several calls brought, with one commit.
func (l *Log) writeDeliveries(ctx context.Context, all []*delivery) error {
	_, err := l.write(ctx, "record what is sent in", func(a *appender) error {
		for _, d := range all {
			for _, s := range d.entries {
				a.append(s.entry, s.subject, s.body)
			}
		}
		return nil
	})
	return err
}
