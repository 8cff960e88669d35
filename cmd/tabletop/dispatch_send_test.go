package main

import (
	"bytes"
	"strings"
	"testing"

	"tabletop/blocks/trigger/delivery"
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
