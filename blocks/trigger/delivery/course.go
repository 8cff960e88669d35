package delivery

import (
	"context"
	"errors"
	"fmt"

	"tabletop/workbook"
)

// A course is the way of one queue.
type course struct {
	client *Client
	queue  Queue
	ledger Ledger
	// stop ends the courses of all queues.
	stop context.CancelCauseFunc

	// begun counts the messages whose intent the ledger has.
	begun    int
	failures int
	verdicts map[workbook.Verdict]int
	// pending is the outcome that the ledger does not have yet.
	pending    []Outcome
	unrecorded []Outcome

	cause  Cause
	reason string
	err    error
	ended  error
}

// errLedger ends the other courses where one could not write.
var errLedger = errors.New("the ledger could not be written")

func (s *course) run(ctx context.Context) {
	for s.begun < len(s.queue.Messages) && s.next(ctx) {
		m := s.queue.Messages[s.begun]
		if !s.write(ctx, []int{m.Action}) {
			return
		}
		s.begun++
		s.take(s.client.Send(ctx, m, s.queue.Policy))
	}
	if len(s.pending) > 0 {
		s.write(ctx, nil)
	}
}

// take keeps the outcome of a message until the next write.
func (s *course) take(o Outcome) {
	s.verdicts[o.Verdict]++
	s.pending = append(s.pending, o)
	s.failures++
	if o.Verdict == workbook.Sent {
		s.failures = 0
	}
}

// next tells whether another message may begin, and waits until the rate lets
// it. An outcome is not kept back for as long as that takes.
func (s *course) next(ctx context.Context) bool {
	if s.failures >= MaxFailures {
		last := s.pending[len(s.pending)-1]
		s.cause, s.reason = CauseFailures, fmt.Sprintf("%d messages in a row were not sent, the last since %s", s.failures, last.Reason)
		return false
	}
	for {
		if ctx.Err() != nil {
			s.interrupted(ctx)
			return false
		}
		d := s.client.window(s.queue.Policy).delay(s.client.now())
		if d <= 0 {
			return true
		}
		if len(s.pending) > 0 && !s.write(ctx, nil) {
			return false
		}
		if s.client.sleep(ctx, d) != nil {
			s.interrupted(ctx)
			return false
		}
	}
}

func (s *course) interrupted(ctx context.Context) {
	s.ended = context.Cause(ctx)
	s.cause, s.reason = CauseInterrupted, "sending was stopped"
	if errors.Is(s.ended, errLedger) {
		s.cause, s.reason = CauseLedger, "the record of another integration could not be written"
	}
}

// write gives the ledger what is pending and an intent. It does so on a context
// of its own: what has happened is recorded although sending was stopped.
func (s *course) write(ctx context.Context, intents []int) bool {
	err := s.ledger.Write(context.WithoutCancel(ctx), s.pending, intents)
	if err != nil {
		s.unrecorded = append(s.unrecorded, s.pending...)
		s.cause, s.reason = CauseLedger, "the record could not be written"
		s.err = fmt.Errorf("record what %q sent: %w", s.queue.Integration, err)
		s.stop(errLedger)
	}
	s.pending = nil
	return err == nil
}
