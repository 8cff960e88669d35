package audit

import (
	"context"
	"fmt"

	"tabletop/workbook"
)

// Deliver records outcomes and intents of a run that has begun here: all of
// them or none, durable once it returns. An intent stands before the first byte
// of its request leaves. Calls that come while another one writes are written
// together, with one commit. A context that has ended before refuses the call;
// after that, the call is not given up.
//
// Only a run of mode apply or simulate has intents, one for each action. An
// outcome needs an intent, which may be that of an earlier run; of several
// outcomes of an action the last one holds. What was really sent is settled or
// undone by no simulated run, nor the other way round.
func (l *Log) Deliver(ctx context.Context, run int64, outcomes []Outcome, intents []workbook.Action) error {
	if len(outcomes)+len(intents) == 0 {
		return nil
	}
	fail := func(err error) error {
		return explain(l.path, fmt.Sprintf("record what run %d sends in", run), l.wait, err)
	}
	if err := ctx.Err(); err != nil {
		return fail(err)
	}
	d, err := l.newDelivery(ctx, run, outcomes, intents)
	if err != nil {
		return fail(err)
	}
	if err := l.group.join(ctx, d, l.writeDeliveries); err != nil {
		d.sending.free(intents)
		return err
	}
	d.sending.wrote(intents, d.settled)
	return nil
}

// Refuse records actions of a plan that are not sent, each with its verdict and
// reason.
func (l *Log) Refuse(ctx context.Context, run int64, actions []workbook.Action) error {
	doing := fmt.Sprintf("record what run %d does not send in", run)
	open, err := l.find(run)
	if err == nil {
		err = open.sending.reserve(actions, false)
	}
	if err != nil {
		return explain(l.path, doing, l.wait, err)
	}
	_, err = l.write(ctx, doing, func(a *appender) error { return a.addActions(run, actions) })
	if err != nil {
		open.sending.free(actions)
	}
	return err
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

// writeDeliveries writes what several calls brought, with one commit.
func (l *Log) writeDeliveries(ctx context.Context, all []*delivery) error {
	const doing = "record what is sent in"
	if err := l.kept.prepare(ctx, l.db); err != nil {
		return explain(l.path, doing, l.wait, err)
	}
	_, err := l.write(ctx, doing, func(a *appender) error {
		for _, d := range all {
			for _, s := range d.entries {
				a.append(s.entry, s.subject, s.body)
			}
		}
		return nil
	})
	return err
}
