package delivery

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"tabletop/workbook"
)

// MaxFailures is how many messages of an integration may fail, or come to
// nothing known, one after the other before the rest of it is not sent.
const MaxFailures = 5

// A Queue is what is sent through one integration, in the order of the plan.
type Queue struct {
	Integration string
	Policy      Policy
	Messages    []Message
}

// Deliver sends queues, each in its order and all at once. A message leaves
// once the ledger has its intent, and the outcome of one goes to the ledger
// together with the intent of the next.
//
// Where a message can't be sent as it stands, nothing is, and the error names
// the messages. Where ctx ends, nothing begins any more, what is under way is
// waited for and recorded, and the error is the context's. Where the ledger
// fails, all queues stop in the same way, and the error is the ledger's. A queue
// that stops after MaxFailures is no error: the report tells.
func (c *Client) Deliver(ctx context.Context, queues []Queue, ledger Ledger) (Report, error) {
	if err := c.checkQueues(queues); err != nil {
		return Report{}, err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	courses := make([]*course, len(queues))
	var all sync.WaitGroup
	for i, q := range queues {
		if q.Policy.Integration == "" {
			q.Policy.Integration = q.Integration
		}
		courses[i] = &course{client: c, queue: q, ledger: ledger, stop: stop, verdicts: map[workbook.Verdict]int{}}
		all.Go(func() { courses[i].run(ctx) })
	}
	all.Wait()
	return report(courses)
}

// report puts the courses together.
func report(courses []*course) (Report, error) {
	r := Report{Verdicts: map[workbook.Verdict]int{}}
	var errs []error
	var ended error
	for _, s := range courses {
		for v, n := range s.verdicts {
			r.Verdicts[v] += n
		}
		r.Unrecorded = append(r.Unrecorded, s.unrecorded...)
		if s.err != nil {
			errs = append(errs, s.err)
		}
		if s.cause == "" {
			continue
		}
		at := Stop{Integration: s.queue.Integration, Cause: s.cause, Reason: s.reason}
		for _, m := range s.queue.Messages[s.begun:] {
			at.NotBegun = append(at.NotBegun, m.Action)
		}
		r.Stops = append(r.Stops, at)
		if s.cause == CauseInterrupted {
			ended = s.ended
		}
	}
	if len(errs) == 0 && ended != nil {
		errs = append(errs, fmt.Errorf("sending was stopped: %w", ended))
	}
	return r, errors.Join(errs...)
}

// maxMistakes is how many messages an error names.
const maxMistakes = 20

// checkQueues checks all messages before the first leaves.
func (c *Client) checkQueues(queues []Queue) error {
	var mistakes []error
	integrations, actions := map[string]bool{}, map[int]bool{}
	for _, q := range queues {
		if integrations[q.Integration] {
			mistakes = append(mistakes, fmt.Errorf("%q has two queues: its messages could not be kept in order", q.Integration))
		}
		integrations[q.Integration] = true
		for _, m := range q.Messages {
			_, err := c.ready(m, q.Policy)
			switch {
			case actions[m.Action]:
				mistakes = append(mistakes, fmt.Errorf("action %d stands twice in what is to be sent", m.Action))
			case err != nil:
				mistakes = append(mistakes, fmt.Errorf("action %d can't be sent: %s", m.Action, c.redaction(m.Secrets).text(err.Error())))
			}
			actions[m.Action] = true
			if len(mistakes) == maxMistakes {
				return errors.Join(append(mistakes, errors.New("and perhaps more"))...)
			}
		}
	}
	return errors.Join(mistakes...)
}

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
