package audit

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tabletop/workbook"
)

// TestOCSFOfActions tells a deed from what was none.
func TestOCSFOfActions(t *testing.T) {
	for _, test := range []struct {
		mode   string
		a      ActionRecord
		undoes bool
		want   string
	}{
		{workbook.ModeRehearse, ActionRecord{Action: workbook.Action{Verdict: workbook.WouldSend, Type: "ip", Response: &workbook.Response{Status: 200}}}, false, "700199 Rehearsal 99 would_send"},
		{workbook.ModePlan, ActionRecord{Action: workbook.Action{Verdict: workbook.RefusedProtected, Type: "ip"}}, false, "700199 Rehearsal 99 refused_protected"},
		{workbook.ModeSimulate, ActionRecord{Action: workbook.Action{Verdict: workbook.Sent, Type: "ip", Response: &workbook.Response{Status: 200}}}, false, "700199 Simulation 99 sent"},
		{workbook.ModeApply, ActionRecord{Action: workbook.Action{Verdict: workbook.Sent, Type: "ip", Response: &workbook.Response{Status: 200}}}, false, "700101 Isolate 1 Success200"},
		{workbook.ModeApply, ActionRecord{Action: workbook.Action{Verdict: workbook.Sent, Type: "ip"}}, true, "700103 Restore 1 Success"},
		{workbook.ModeApply, ActionRecord{Action: workbook.Action{Verdict: workbook.Sent, Type: "none"}}, false, "700199 Notification 1 Success"},
		{workbook.ModeApply, ActionRecord{Action: workbook.Action{Verdict: workbook.Failed, Type: "url", Response: &workbook.Response{Status: 403}}}, false, "700101 Isolate 2 Failure403"},
		{workbook.ModeApply, ActionRecord{Action: workbook.Action{Verdict: workbook.Unknown, Type: "url"}}, false, "700101 Isolate 0 Unknown"},
		{workbook.ModeApply, ActionRecord{Action: workbook.Action{Verdict: workbook.Undone, Type: "url"}}, false, "700101 Isolate 99 undone"},
		{workbook.ModeApply, ActionRecord{Action: workbook.Action{Verdict: workbook.RefusedCap, Type: "url"}}, false, "700199 Refusal 99 refused_cap"},
	} {
		a := test.a
		a.Mode, a.Undoes = test.mode, test.undoes
		e := a.OCSF()
		if got := fmt.Sprintf("%d %s %d %s%s", e.TypeUID, e.ActivityName, e.StatusID, e.Status, e.StatusCode); got != test.want {
			t.Errorf("%s %s: %s, want %s", test.mode, a.Verdict, got, test.want)
		}
	}
}

// TestOCSFHasWhatItsClassesRequire looks for what the schema calls required,
// and adds up the numbers that must agree.
func TestOCSFHasWhatItsClassesRequire(t *testing.T) {
	required := map[Part][]string{
		ExportActions: {"activity_id", "category_uid", "class_uid", "command_uid", "metadata", "severity_id", "time", "type_uid"},
		ExportSignals: {"activity_id", "category_uid", "class_uid", "finding_info", "metadata", "severity_id", "time", "type_uid"},
	}
	for _, path := range []string{viewed(t), viewedSending(t)} {
		reader := newReader(t, path)
		for part, names := range required {
			for _, r := range exported(t, reader, part, ExportFilter{}) {
				text, err := json.Marshal(r.(interface{ OCSF() OCSFEvent }).OCSF())
				must(t, err)
				var event map[string]any
				must(t, json.Unmarshal(text, &event))
				for _, name := range names {
					if event[name] == nil {
						t.Errorf("no %s in %s", name, text)
					}
				}
				class, activity := event["class_uid"].(float64), event["activity_id"].(float64)
				if event["type_uid"] != class*100+activity || event["category_uid"] != float64(int(class)/1000) {
					t.Errorf("the numbers don't agree in %s", text)
				}
				about := event["metadata"].(map[string]any)
				if about["version"] != "1.8.0" || about["product"].(map[string]any)["name"] != "tabletop" {
					t.Errorf("the metadata of %s", text)
				}
			}
		}
	}
}

func TestOCSFOfASignal(t *testing.T) {
	reader := newReader(t, viewed(t))
	signal := exported(t, reader, ExportSignals, ExportFilter{})[0].(*SignalRecord)
	got := signal.OCSF()
	got.Unmapped = nil
	confidence, alert := 1, false
	at, first, last := clock().UnixMilli(), signal.Signal.FirstSeen.UnixMilli(), signal.Signal.LastSeen.UnixMilli()
	want := OCSFEvent{
		ActivityID: 1, ActivityName: "Create", CategoryUID: 2, CategoryName: "Findings", ClassUID: 2004, ClassName: "Detection Finding",
		TypeUID: 200401, TypeName: "Detection Finding: Create", Time: at, SeverityID: 3, Severity: "Medium", StatusID: 1, Status: "New",
		Message: "rdp 198.51.100.9", ConfidenceID: &confidence, Confidence: "Low", IsAlert: &alert, Count: 1, StartTime: first, EndTime: last,
		FindingInfo: &OCSFFinding{
			UID: "1/s1", Title: "rdp 198.51.100.9", CreatedTime: at, FirstSeenTime: first, LastSeenTime: last, DataSources: []string{"FIREWALL"},
			Attacks:  []OCSFAttack{{Tactic: &OCSFNamed{"Lateral Movement"}, Technique: &OCSFNamed{"Remote Services"}}},
			Analytic: &OCSFAnalytic{TypeID: 1, Type: "Rule", Name: "Suspicious Remote Desktop", UID: exampleInfo().Workbook.Digest()},
		},
		Observables: []OCSFObservable{{"unmapped.target.host", 2, "IP Address", "198.51.100.9"}, {"unmapped.suspect.host", 2, "IP Address", "203.0.113.1"}},
		Metadata: OCSFMetadata{
			Version: "1.8.0", Product: OCSFProduct{"tabletop", "tabletop", "0.1.0"}, UID: fmt.Sprintf("#%d", signal.Entry), CorrelationUID: "1",
			Sequence: signal.Entry, LogName: "signals", LoggedTime: at, Labels: []string{"rdp"},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
