package main

import (
	"context"
	"fmt"

	"tabletop/audit"
	"tabletop/blocks/trigger"
	"tabletop/blocks/trigger/delivery"
	"tabletop/blocks/trigger/plan"
	"tabletop/workbook"
)

// taken asks the vendor whether it took an action's target; why says what stands
// in the way of knowing.
func (s *settling) taken(ctx context.Context, a workbook.Action) (taken bool, why string) {
	n, planned, why := s.configuration(a)
	if why != "" {
		return false, why
	}
	if !n.HasAsk() {
		return false, "its configuration does not say how to ask (ask)"
	}
	if why := s.endpoints.lacks(n); why != "" {
		return false, why
	}
	secrets := knownSecrets(n, s.integrations, s.endpoints)
	call, err := n.AskCall(planned.Values, s.noting(n, secrets))
	if err != nil {
		return false, err.Error()
	}
	q := delivery.Call{Method: call.Method, URL: call.URL, Headers: call.Headers, Secrets: secrets}
	for range trigger.MaxPages {
		answer, err := s.client.Ask(ctx, q, n.Policy())
		if err != nil {
			return false, err.Error()
		}
		t := n.Taken(answer, call, a.Target, a.Canonical)
		switch {
		case t.Known:
			return t.Taken, ""
		case t.Next == "":
			return false, t.Reason
		}
		q.URL, call.URL = t.Next, t.Next
	}
	return false, fmt.Sprintf("the vendor's list has over %d pages", trigger.MaxPages)
}

// configuration is that of an action, as it was when it was sent.
func (s *settling) configuration(a workbook.Action) (n *trigger.Integration, planned plan.Action, why string) {
	planned, ok := s.plan[a.Number]
	if !ok {
		return nil, planned, "it is not in the run's plan"
	}
	n, suggestion := s.integrations.Find(a.Integration)
	if n == nil {
		return nil, planned, "no configuration " + a.Integration + ": " + suggestion
	}
	return n, planned, elsewhere(n, a.Request)
}

// noting gives secrets and notes them.
func (s *settling) noting(n *trigger.Integration, into map[string]string) func(name string) (string, error) {
	return func(name string) (string, error) {
		value, err := secretOf(n, s.endpoints)(name)
		into[name] = value
		return value, err
	}
}

// task asks what became of the vendor's task for an action.
func (s *settling) task(ctx context.Context, a workbook.Action, o audit.Outcome) (audit.Outcome, bool) {
	n, planned, why := s.configuration(a)
	if why != "" || a.Task == "" || !n.HasTask() {
		return o, false
	}
	secrets := knownSecrets(n, s.integrations, s.endpoints)
	call, err := n.TaskCall(a.Task, planned.Values, s.noting(n, secrets))
	if err != nil {
		s.c.remark("a%d: %s", a.Number, clean(err.Error()))
		return o, false
	}
	answer, err := s.client.Ask(ctx, delivery.Call{Method: call.Method, URL: call.URL, Headers: call.Headers, Secrets: secrets}, n.Policy())
	if err != nil {
		s.c.remark("a%d: %s", a.Number, clean(err.Error()))
		return o, false
	}
	state := n.TaskState(answer)
	if state.State == "" {
		s.c.remark("a%d: %s", a.Number, clean(state.Reason))
		return o, false
	}
	o.Verdict, o.Reason = workbook.Sent, "the vendor's task "+a.Task+" is "+state.State
	if state.Ended && !state.Done {
		o.Verdict = workbook.Failed
	}
	return o, o.Reason != a.Reason
}
