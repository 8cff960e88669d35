package main

import (
	"strings"
	"testing"
	"time"

	"tabletop/audit"
	"tabletop/workbook"
)

// A block that follows an undoing can be taken back as well, however soon.
func TestABlockAfterAnUndoingCanBeTakenBack(t *testing.T) {
	s := newSite(t)
	first := s.blocked("first.json")
	s.do("undo", "2", "--to", "undo-first.json")
	s.applied(0, "undo-first.json")
	s.is(first, "undone", "undone", "undone")
	second := s.blocked("second.json")
	s.do("undo", "6", "--to", "undo-second.json")
	s.applied(0, "undo-second.json")
	s.is(second, "undone", "undone", "undone")
	if n := s.listed(); n > 0 {
		t.Errorf("the vendor blocks %d addresses still", n)
	}
}

// Of two plans that take back the same, the second sends nothing.
func TestNothingIsTakenBackTwice(t *testing.T) {
	for _, simulated := range []bool{false, true} {
		s := newSite(t)
		var to []string
		if simulated {
			to = []string{"--endpoint", s.url + "=" + s.url}
			s.do(append([]string{"integrations", "validate", "own"}, to...)...)
			s.do(append([]string{"integrations", "enable", "own"}, to...)...)
		}
		s.do("plan", ".", "--to", "plan.json")
		s.applied(0, "plan.json", to...)
		s.do("undo", "2", "--to", "first.json")
		s.do("undo", "2/a1", "2/a2", "--to", "second.json")
		s.applied(0, "first.json", to...)
		s.says(4, "action 1 of run 2 is undone already", append([]string{"apply", "second.json", "--yes", "2"}, to...)...)
		if n := s.arrivedAt("restoreBlock"); n != 3 {
			t.Errorf("%d undoings arrived, not 3 (simulated: %v)", n, simulated)
		}
	}
}

func TestAnUndoingIsNotUndone(t *testing.T) {
	s := newSite(t)
	s.blocked("plan.json")
	s.do("undo", "2", "--to", "undo.json")
	s.applied(0, "undo.json")
	s.says(4, "it is itself an undoing", "undo", "4", "--to", "again.json")
}

// A plan that takes back what was really sent can be tried at a simulator, which
// changes nothing of what is recorded.
func TestAnUndoingIsTriedAtASimulator(t *testing.T) {
	s := newSite(t)
	run := s.blocked("plan.json")
	s.do("undo", "2", "--to", "undo.json")
	to := []string{"--endpoint", s.url + "=" + s.url}
	s.do(append([]string{"integrations", "validate", "own"}, to...)...)
	s.do(append([]string{"integrations", "enable", "own"}, to...)...)
	s.applied(0, "undo.json", to...)
	s.is(run, "sent", "sent", "sent")
}

// No other target and no other host is reached by way of an undoing, for which
// the guard is not asked.
func TestAnUndoingIsAimedAtWhatWasSent(t *testing.T) {
	s := newSite(t)
	s.blocked("plan.json")
	s.write("other.yaml", strings.ReplaceAll(strings.ReplaceAll(siteIntegrations, "URL", s.url), "$SrcIP", "$DstIP"))
	s.says(4, `its configuration is aimed at "192.0.2.5" now`, "undo", "2", "--to", "undo.json", "--integrations", "other.yaml")
	s.write("other.yaml", strings.ReplaceAll(siteIntegrations, "URL", "http://127.0.0.1:9"))
	s.says(4, "its request went to "+s.url, "undo", "2", "--to", "undo.json", "--integrations", "other.yaml")
}

// What turns out not to have been sent is not taken back.
func TestWhatFailedSinceIsNotTakenBack(t *testing.T) {
	s := newSite(t)
	s.blocked("plan.json")
	s.do("undo", "2/a1", "--to", "undo.json")
	log, err := audit.Open(t.Context(), "audit.db", audit.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	run, err := log.Begin(t.Context(), workbook.Info{Name: "resume", Mode: workbook.ModeResume, Now: time.Now()})
	if err == nil {
		err = log.Deliver(t.Context(), run, []audit.Outcome{{Run: 2, Action: 1, Verdict: workbook.Failed}}, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	s.says(4, "action 1 of run 2, which it takes back, is failed now", "apply", "undo.json", "--yes", "1")
}

// What is left out is told without what its target would do to a terminal.
func TestWhatIsLeftOutIsToldClean(t *testing.T) {
	s := newSite(t)
	s.extend("events/FIREWALL.ndjson", `{"$CNAMTime":1769860804,"$SrcIP":"\u001b[2J\nx","$DstIP":"192.0.2.5"}`+"\n")
	s.blocked("plan.json")
	said := s.do("undo", "2", "--to", "undo.json")
	if !strings.Contains(said, `left out: a4 \x1b[2J\nx: it is invalid, not sent`) || strings.Contains(said, "\x1b") {
		t.Errorf("told is %q", said)
	}
}
