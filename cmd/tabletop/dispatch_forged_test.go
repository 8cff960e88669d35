package main

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"tabletop/audit"
	"tabletop/blocks/trigger/plan"
	"tabletop/workbook"
)

// forge records a plan as one that a run made, whatever stands in it, and writes
// its file.
func (s *site) forge(file string, p *plan.Plan) {
	s.t.Helper()
	ctx := context.Background()
	log, err := audit.Open(ctx, "audit.db", audit.Options{Now: time.Now})
	if err != nil {
		s.t.Fatal(err)
	}
	defer log.Close()
	made, err := log.Begin(ctx, workbook.Info{Name: "forged", Mode: workbook.ModePlan})
	if err != nil {
		s.t.Fatal(err)
	}
	if p.Run == 0 {
		p.Run = made
	}
	text, err := plan.Write(p)
	if err == nil {
		_, err = log.KeepPlan(ctx, made, plan.SHA256(text), text, audit.PlanNote{})
	}
	if err == nil {
		err = os.WriteFile(file, text, 0o600)
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// A plan that the audit knows is held against the configuration and the guard all
// the same: what they would not make of its values never goes.
func TestAPlanThatNobodyCouldHaveMadeIsRefused(t *testing.T) {
	s := newSite(t)
	s.extend("events/FIREWALL.ndjson", `{"$CNAMTime":1769860805,"$SrcIP":"192.0.2.77","$DstIP":"192.0.2.5"}`+"\n")
	s.do("plan", ".", "--to", "plan.json")
	const notMade = "its request is not what the configuration makes of its values"
	for name, c := range map[string]struct {
		change func(p *plan.Plan, a *plan.Action)
		says   string
	}{
		"another request": {func(_ *plan.Plan, a *plan.Action) {
			a.Request.Body = strings.Replace(a.Request.Body, "seen at", "seen near", 1)
		}, notMade},
		"another key":    {func(_ *plan.Plan, a *plan.Action) { a.Key = strings.Repeat("a", 64) }, notMade},
		"another target": {func(_ *plan.Plan, a *plan.Action) { a.Target = "203.0.113.9" }, notMade},
		"judged as another": {func(_ *plan.Plan, a *plan.Action) {
			a.Canonical = "203.0.113.9"
			filled, err := s.dispatch("plan.json").fill(*a)
			if err != nil {
				t.Fatal(err)
			}
			a.Key = filled.Key
		}, "the guard reads its target as 203.0.113.1, and the plan says 203.0.113.9"},
		"a protected target": {func(p *plan.Plan, _ *plan.Action) {
			p.Actions[3].Verdict = workbook.WouldSend
			p.Caps[0].Planned++
		}, "action 4: the guard says refused_protected now"},
		"of another run": {func(p *plan.Plan, _ *plan.Action) { p.Run = 1000 }, "it says that run 1000 made it"},
	} {
		t.Run(name, func(t *testing.T) {
			p, _, err := plan.Load("plan.json")
			if err != nil {
				t.Fatal(err)
			}
			p.Run = 0
			c.change(p, &p.Actions[0])
			file := strings.ReplaceAll(name, " ", "-") + ".json"
			s.forge(file, p)
			s.says(exitRefused, c.says, "apply", file, "--yes", "3")
		})
	}
	if n := s.arrivedAt("/response/"); n > 0 {
		t.Errorf("%d requests arrived", n)
	}
	s.applied(exitDone, "plan.json")
}

// What the guard let through when the plan was made, and no more when it is
// applied, refuses the plan.
func TestAPermissionThatExpiredSinceIsNone(t *testing.T) {
	s := newSite(t)
	s.write("guard.yaml", drillGuard+`ask:
  - {value: 203.0.113.2, reason: the partner}
allow:
  - {value: 203.0.113.2, reason: they know, expires: 2026-02-01}
`)
	s.do("plan", ".", "--to", "plan.json") // at the clock of the events
	s.says(exitRefused, "action 2: the guard says needs_approval now", "apply", "plan.json", "--yes", "3")
	if n := s.arrivedAt("/response/"); n > 0 {
		t.Errorf("%d requests arrived", n)
	}
}

// Approvers who were replaced after their hash was checked approve nothing.
func TestApproversWhoChangeWhileTheyAreCheckedAreRefused(t *testing.T) {
	s := newSite(t)
	s.write("approvers.yaml", siteApprovers)
	s.do("plan", ".", "--to", "plan.json")
	d := s.dispatch("plan.json")
	s.extend("approvers.yaml", "# other\n")
	if err := d.checkApprovals(); err == nil || !strings.Contains(err.Error(), "the approvers changed while they were checked") {
		t.Errorf("the approvers were replaced, and the check says %v", err)
	}
}
