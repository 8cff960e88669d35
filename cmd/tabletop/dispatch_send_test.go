package main

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"tabletop/blocks/trigger/delivery"
	"tabletop/blocks/trigger/plan"
	"tabletop/workbook"
)

// What the audit could not take is told to whoever sits there.
func TestWhatCouldNotBeRecordedIsTold(t *testing.T) {
	var out, err bytes.Buffer
	c := newConsole(&out, &err)
	c.quiet = true
	c.unrecorded(7, []delivery.Outcome{
		{Action: 3, Verdict: workbook.Sent, Reason: "accepted"},
		{Action: 4, Verdict: workbook.Unknown, Reason: "the connection was reset"},
	})
	want := "a3 is sent, which could not be recorded: accepted\n  say so later: tabletop resume 7 --sent a3\n" +
		"a4 is unknown, which could not be recorded: the connection was reset\n"
	if got := err.String(); got != want {
		t.Errorf("told is %q", got)
	}
}

// A plan of which nothing goes leaves a record of why.
func TestAPlanOfWhichNothingGoesIsRecorded(t *testing.T) {
	s := newSite(t)
	s.blocked("first.json")
	s.do("plan", ".", "--to", "second.json")
	s.says(4, "nothing of this plan goes: tabletop show 4 tells why", "apply", "second.json", "--yes", "3")
	s.is(4, "deduplicated", "deduplicated", "deduplicated")
	if r := s.run(4); r.Status != workbook.Refused || !strings.HasPrefix(r.Actions[0].Reason, "run 2, action 1: sent") {
		t.Errorf("recorded is %s: %s", r.Status, r.Actions[0].Reason)
	}
}

// What changes while somebody is asked is seen before anything goes.
func TestAPlanIsCheckedAgainAfterTheQuestion(t *testing.T) {
	for name, meanwhile := range map[string]func(s *site){
		"the guard":   func(s *site) { s.extend("guard.yaml", "  - value: 203.0.113.2\n    reason: the new office\n") },
		"the setting": func(s *site) { s.do("integrations", "disable", "own") },
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			s.do("plan", ".", "--to", "plan.json")
			p, sum, err := plan.Load("plan.json")
			if err != nil {
				t.Fatal(err)
			}
			d := &dispatch{plan: p, sha: sum, now: time.Now(), asks: true}
			err = d.apply(t.Context(), newConsole(io.Discard, io.Discard), "audit.db", func(int) error {
				meanwhile(s)
				return nil
			})
			var f failure
			if !errors.As(err, &f) || f.code != exitRefused {
				t.Errorf("apply ends with %v", err)
			}
			if n := s.arrivedAt("/response/"); n > 0 {
				t.Errorf("%d requests arrived", n)
			}
		})
	}
}
