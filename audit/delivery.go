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
