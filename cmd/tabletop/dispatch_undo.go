package main

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"tabletop/audit"
	"tabletop/blocks/trigger"
	"tabletop/blocks/trigger/plan"
	"tabletop/workbook"
)

// settles reports whether what a run of a mode does with a plan tells something
// of the run that the plan takes back. A plan that takes back what was really
// sent says nothing of it while it is only tried at a simulator.
func settles(p *plan.Plan, mode string) bool {
	return p.Undoes > 0 && p.Simulated == (mode == workbook.ModeSimulate)
}

// takesBack finds the action that one of the plan takes back. It tells when the
// run of that began, and where it is undone already; what is neither sent nor
// undone is a refusal.
func (d *dispatch) takesBack(ctx context.Context, reader *audit.Reader, a plan.Action) (began time.Time, undone string, err error) {
	if !settles(d.plan, d.mode()) {
		return began, "", nil
	}
	if d.undoes == nil {
		run, err := reader.Show(ctx, d.plan.Undoes)
		if err != nil {
			return began, "", refuse("the run that it takes back can't be read: %s", describe(err))
		}
		d.undoes = &run
	}
	for _, sent := range d.undoes.Actions {
		if sent.Number != a.Undoes {
			continue
		}
		switch sent.Verdict {
		case workbook.Sent:
			return d.undoes.Started, "", nil
		case workbook.Undone:
			return began, fmt.Sprintf("action %d of run %d is undone already: %s", a.Undoes, d.plan.Undoes, sent.Reason), nil
		}
		return began, "", refuse("action %d: action %d of run %d, which it takes back, is %s now, not sent", a.Number, a.Undoes, d.plan.Undoes, sent.Verdict)
	}
	return began, "", refuse("action %d: run %d has no action %d to take back", a.Number, d.plan.Undoes, a.Undoes)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// undoneBy is what becomes of an action that run and action took back.
func undoneBy(undoes int64, undone int, run int64, action int) audit.Outcome {
	return audit.Outcome{
		Run: undoes, Action: undone, Verdict: workbook.Undone,
		Reason: fmt.Sprintf("taken back by run %d, action %d", run, action),
	}
}

// elsewhere says that a configuration sends to another host by now than that to
// which a request went; "" for the same.
func elsewhere(n *trigger.Integration, request *workbook.Request) string {
	if request == nil {
		return ""
	}
	to, err := url.Parse(request.URL)
	if err != nil {
		return "its request has no URL that can be read"
	}
	if went := to.Scheme + "://" + to.Host; !strings.EqualFold(went, n.Origin()) {
		return "its request went to " + went + ", and its configuration sends to " + n.Origin() + " now"
	}
	return ""
}
