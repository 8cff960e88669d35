package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"tabletop/audit"
	"tabletop/blocks/trigger/plan"
	"tabletop/workbook"
)

// A target that the vendor has no more tells that an undoing arrived, and one
// that it still has that it did not.
func TestResumeSettlesAnUndoing(t *testing.T) {
	s := newSite(t)
	run := s.blocked("plan.json")
	s.do("undo", "2", "--to", "undo.json")
	s.serve("1:reset-after", "2:reset-before")
	undoing := s.applied(1, "undo.json")
	s.is(undoing, "unknown", "unknown", "sent")
	s.is(run, "undone", "sent", "sent")
	s.serve()
	s.do("resume", "4")
	s.is(undoing, "sent", "failed", "sent")
	s.is(run, "undone", "sent", "undone")
	if n := s.listed(); n != 1 {
		t.Errorf("the vendor blocks %d addresses, not the one whose undoing did not arrive", n)
	}
	s.do("undo", "2", "--to", "rest.json")
	s.applied(0, "rest.json")
	s.is(run, "undone", "undone", "undone")
}

// What somebody says of an undoing counts for what it takes back.
func TestSomeoneSaysThatAnUndoingArrived(t *testing.T) {
	s := newSite(t)
	run := s.blocked("plan.json")
	s.do("undo", "2/a1", "--to", "undo.json")
	s.serve("1:reset-after")
	s.applied(1, "undo.json")
	s.do("resume", "4", "--sent", "a1")
	s.is(run, "undone", "sent", "sent")
}

// A target that stood at the vendor before does not tell that a request arrived.
func TestResumeTellsABlockFromAnEarlierOne(t *testing.T) {
	s := newSite(t)
	s.do("plan", ".", "--to", "plan.json")
	p, _, err := plan.Load("plan.json")
	if err != nil {
		t.Fatal(err)
	}
	s.sentEarlier(p.Actions[0])
	s.serve("1:reset-after", "2:reset-after")
	run := s.applied(1, "plan.json")
	s.serve()
	s.says(3, "it has the target, but run 3, action 1, sent the same at", "resume", "4")
	s.is(run, "unknown", "sent", "sent")
	s.says(0, "whether through this request, it does not tell", "show", "4")
	s.do("resume", "4", "--not-sent", "a1")
	s.is(run, "failed", "sent", "sent")
}

// sentEarlier records that an action was sent two days ago.
func (s *site) sentEarlier(a plan.Action) {
	s.t.Helper()
	ctx, text := context.Background(), []byte("an older plan")
	log, err := audit.Open(ctx, "audit.db", audit.Options{Now: func() time.Time { return time.Now().Add(-48 * time.Hour) }})
	if err != nil {
		s.t.Fatal(err)
	}
	defer log.Close()
	planned, err := log.Begin(ctx, workbook.Info{Name: "older", Mode: "plan"})
	if err == nil {
		_, err = log.KeepPlan(ctx, planned, plan.SHA256(text), text, audit.PlanNote{})
	}
	if err != nil {
		s.t.Fatal(err)
	}
	run, err := log.Begin(ctx, workbook.Info{Name: "older", Mode: workbook.ModeApply, Plan: plan.SHA256(text)})
	if err == nil {
		err = log.Deliver(ctx, run, nil, []workbook.Action{a.Action})
	}
	if err == nil {
		err = log.Deliver(ctx, run, []audit.Outcome{{Action: a.Number, Verdict: workbook.Sent}}, nil)
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// The host to which the configuration leads now knows nothing of what went to
// another.
func TestResumeAsksNoOtherHost(t *testing.T) {
	s := newSite(t)
	s.do("plan", ".", "--to", "plan.json")
	s.serve("1:reset-after")
	run := s.applied(1, "plan.json")
	other := &site{t: t, vendor: s.vendor}
	other.serve()
	defer other.stop()
	s.write("integrations.yaml", strings.ReplaceAll(siteIntegrations, "URL", other.url))
	s.says(3, "its configuration sends to "+other.url+" now", "resume", "2")
	s.is(run, "unknown", "sent", "sent")
	if n := other.arrivedAt("/"); n > 0 {
		t.Errorf("another host was asked %d times", n)
	}
}
