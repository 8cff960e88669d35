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
