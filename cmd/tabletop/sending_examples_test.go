package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tabletop/audit"
	"tabletop/blocks/trigger/plan"
	"tabletop/blocks/trigger/simulator"
	"tabletop/workbook"
)

// The published configurations, and the workbook of each. That of mails blocks a
// sender, that of files needs an approval of the target: the file lies on many
// machines.
var publishedExamples = []string{"email-threats", "file-hash", "malicious-domain", "malicious-url", "suspicious-remote-desktop"}

// TestTheExamplesGoAllTheWay takes the five published configurations from plan to
// approval, to a simulator that runs as a server, and back again, and holds the
// vendor's list and the audit against each other.
func TestTheExamplesGoAllTheWay(t *testing.T) {
	folder := t.TempDir()
	if err := os.CopyFS(filepath.Join(folder, "examples"), os.DirFS("../../examples")); err != nil {
		t.Fatal(err)
	}
	private, public := testKey(t, "ed25519"), testKey(t, "ed25519.pub")
	vendor := simulator.New()
	d := &drill{folder: folder}
	stop := d.serve(t, vendor)
	defer stop()
	t.Chdir(folder)
	approveWith := []string{"--key", approverKey(t, private, public), "--reason", "seen by two", "--yes"}
	to := []string{"--endpoint", "https://api.xdr.trendmicro.com=" + d.url}
	with := append([]string{"--all", "--integrations", "examples/integrations.yaml"}, to...)
	d.run(t, append([]string{"integrations", "validate"}, with...)...)
	d.run(t, append([]string{"integrations", "enable"}, with...)...)
	used := map[string]bool{}
	for _, example := range publishedExamples {
		planFile, undoFile := example+".json", example+"-undo.json"
		d.run(t, "plan", filepath.Join("examples", example), "--to", planFile, "--reason", "a drill", "--ticket", "SOC-1")
		d.run(t, append([]string{"approve", planFile, "--all-targets"}, approveWith...)...)
		sent := d.applied(t, planFile, to)
		if len(sent.Actions) == 0 || sent.Totals[string(workbook.Sent)] == 0 {
			t.Fatalf("%s: nothing was sent: %v", example, sent.Totals)
		}
		listed := map[string]bool{}
		for _, b := range vendor.State().SuspiciousObjects {
			listed[b.Target.Target] = true
		}
		for _, a := range sent.Actions {
			used[a.Integration] = true
			if a.Verdict == workbook.Sent && !listed[a.Canonical] && !listed[a.Target] {
				t.Errorf("%s: %s was sent, and the vendor does not list it", example, a.Canonical)
			}
		}
		d.run(t, "undo", numberOf(sent.Run), "--to", undoFile, "--reason", "the drill is over")
		d.run(t, append([]string{"approve", undoFile}, approveWith...)...)
		d.applied(t, undoFile, to)
		if left := vendor.State().SuspiciousObjects; len(left) > 0 {
			t.Errorf("%s: the vendor still lists %v", example, left)
		}
		d.checkStory(t, example, sent)
	}
	if len(used) != 5 {
		t.Errorf("%d of the five configurations were used: %v", len(used), used)
	}
	d.run(t, "verify")
}

// checkStory holds what the audit tells of a run against what it sent.
func (s *drill) checkStory(t *testing.T, example string, sent appliedObject) {
	t.Helper()
	reader, err := audit.OpenReader(context.Background(), "audit.db")
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	run, err := reader.Show(context.Background(), sent.Run)
	if err != nil {
		t.Fatal(err)
	}
	if len(run.Approvals) != 1 || run.Approvals[0].Name != "Anna" || run.Plan != sent.Plan || run.Mode != workbook.ModeSimulate {
		t.Errorf("%s: %s by %v of plan %s", example, run.Mode, run.Approvals, run.Plan)
	}
	for i, a := range run.Actions {
		before := sent.Actions[i]
		want := before.Verdict
		if want == workbook.Sent {
			want = workbook.Undone
		}
		if a.Verdict != want || a.Verdict == workbook.Undone && a.SettledBy == 0 {
			t.Errorf("%s: action %d is %s by run %d, and was %s", example, a.Number, a.Verdict, a.SettledBy, before.Verdict)
		}
		why := whyJSON(t, audit.ID{Run: sent.Run, Action: a.Number}.String())
		last := why.Steps[len(why.Steps)-1]
		if why.RowsOf == nil || why.Plan == nil || last.Block != 1 || last.Gap != "" || len(why.Evidence.Read) == 0 || why.Evidence.Read[0].State != fileUnchanged {
			t.Errorf("%s: why action %d: %+v", example, a.Number, why)
		}
		if a.Verdict == workbook.Undone && (len(why.Outcomes) != 2 || why.Outcomes[1].By != a.SettledBy) {
			t.Errorf("%s: why action %d: %+v", example, a.Number, why.Outcomes)
		}
	}
}

// An appliedObject is what apply -o json prints.
type appliedObject struct {
	Run     int64             `json:"run"`
	Plan    string            `json:"plan"`
	Actions []workbook.Action `json:"actions"`
	Totals  map[string]int    `json:"totals"`
}

// applied applies a plan with all that it would send.
func (s *drill) applied(t *testing.T, file string, to []string) (sent appliedObject) {
	t.Helper()
	made, _, err := plan.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, a := range made.Actions {
		if a.Sends() {
			count++
		}
	}
	out := s.run(t, append([]string{"apply", file, "-o", "json", "--yes", numberOf(int64(count))}, to...)...)
	if err := json.Unmarshal([]byte(out), &sent); err != nil {
		t.Fatal(err)
	}
	return sent
}

func numberOf(n int64) string {
	text, _ := json.Marshal(n)
	return string(text)
}

// approverKey writes a key, and approvers.yaml that names it as Anna's.
func approverKey(t *testing.T, private, public string) string {
	t.Helper()
	approvers := "approvers:\n  - name: Anna\n    user: anna\n    key: " + strings.TrimSpace(public) + "\n"
	for name, text := range map[string]string{"key": private, filepath.Join("examples", "approvers.yaml"): approvers} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return "key"
}
