package trigger

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"tabletop/blocks/trigger/simulator"
	"tabletop/workbook"
	"tabletop/workbook/source"
)

// TestARehearsalJudgesAsSendingDoes has the vendor answer 207 with items of
// which not all were taken: a status of 2xx, and no success.
func TestARehearsalJudgesAsSendingDoes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "integrations.yaml")
	text, _ := ReadyText("trend-v3")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	integrations, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	for fault, want := range map[string]workbook.Verdict{"": workbook.WouldSend, "*:207-mixed": workbook.Failed, "*:non-json": workbook.Failed} {
		schedule, problems := simulator.ParseSchedule(source.NewText("schedule", fault))
		if len(problems) > 0 && fault != "" {
			t.Fatal(problems)
		}
		p := workbook.NewPreparation(nil)
		p.First, p.In = false, workbook.Columns{Names: []string{"$SrcIP"}}
		s := Prepare(source.NewText("workbook.yaml", "Trend Micro Vision One: Block IP"), 0,
			Options{Integrations: integrations, Vendor: simulator.NewTransport(simulator.New(), schedule)}, p)
		if s == nil {
			t.Fatal(p.Problems())
		}
		out, err := s.Run(t.Context(), table("$SrcIP", values{"203.0.113.7"}), &workbook.Env{Now: time.Unix(0, 0)})
		if err != nil {
			t.Fatal(err)
		}
		if a := out.Actions[0]; a.Verdict != want {
			t.Errorf("%q: %s (%s), want %s", fault, a.Verdict, a.Reason, want)
		}
	}
}

// TestARehearsalAsksNoOtherWebhookForItsBody has a configuration whose success
// is a body that the simulator can't know: what it would be is not held against
// the row.
func TestARehearsalAsksNoOtherWebhookForItsBody(t *testing.T) {
	path := filepath.Join(t.TempDir(), "integrations.yaml")
	text := "integrations:\n  - {name: own, url: 'https://soar.example/hook', payload: '{\"a\":\"$SrcIP\"}', target: {type: ip, column: $SrcIP}, success: {body: body.ready == true}}\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	integrations, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	p := workbook.NewPreparation(nil)
	p.First, p.In = false, workbook.Columns{Names: []string{"$SrcIP"}}
	s := Prepare(source.NewText("workbook.yaml", "own"), 0, Options{Integrations: integrations, Vendor: simulator.New()}, p)
	if s == nil {
		t.Fatal(p.Problems())
	}
	out, err := s.Run(t.Context(), table("$SrcIP", values{"203.0.113.7"}), &workbook.Env{Now: time.Unix(0, 0)})
	if err != nil || out.Actions[0].Verdict != workbook.WouldSend {
		t.Error(out.Actions, err)
	}
}
