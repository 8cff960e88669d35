package trigger

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tabletop/blocks/trigger/delivery"
	"tabletop/blocks/trigger/simulator"
	"tabletop/workbook"
)

func TestUndoOfTrendMicro(t *testing.T) {
	for name, want := range map[string]string{
		"trend-v2|Trend Micro XDR: Block Email":             "https://api.xdr.trendmicro.com/v2.0/xdr/response/restoreBlock",
		"trend-v3|Trend Micro Vision One: Block IP":         "https://api.xdr.trendmicro.com/v3.0/response/suspiciousObjects/delete",
		"trend-v3|Trend Micro Vision One: Isolate Endpoint": "https://api.xdr.trendmicro.com/v3.0/response/endpoints/restore",
		"generic|Palo Alto":                                 "https://automation.example.com/jobs/paloalto/remove_from_group",
		"generic|Firewall: Block IP":                        "https://firewall.example.com/api/v1/blocks/203.0.113.7",
		"slack|Slack: Tell the channel":                     "",
		"jira|Jira: Open an issue":                          "",
		"teams|Teams: Tell the channel":                     "",
		"trend-v3|Trend Micro Vision One: Block SHA256":     "https://api.xdr.trendmicro.com/v3.0/response/suspiciousObjects/delete",
		"trend-v2|Trend Micro XDR: Block FileHash":          "https://api.xdr.trendmicro.com/v2.0/xdr/response/restoreBlock",
		"trend-v3|Trend Micro Vision One: Block Sender":     "https://api.xdr.trendmicro.com/v3.0/response/suspiciousObjects/delete",
	} {
		file, configuration, _ := strings.Cut(name, "|")
		n := ready(t, file, configuration)
		values := map[string]string{}
		for _, f := range n.needs() {
			values[f.field] = "203.0.113.7"
		}
		undo, err := n.UndoCall(values, Shown)
		if n.Undo() != (want != "") || (err == nil) != n.Undo() || undo.URL != want {
			t.Errorf("%s: %v, %v, %v, %s", name, undo, err, n.Undo(), n.CannotUndo())
			continue
		}
		if !n.Undo() {
			continue
		}
		sent, err := n.SendCall(values, Shown)
		if err != nil {
			t.Fatal(err)
		}
		was, err := n.TargetOf(sent, values)
		if err != nil || was != "203.0.113.7" {
			t.Errorf("%s: aimed at %q, %v", name, was, err)
		}
		if strings.HasPrefix(file, "trend") {
			if diff := cmp.Diff(sent.Body, undo.Body); diff != "" {
				t.Errorf("%s: the body of the undo: %s", name, diff)
			}
		}
	}
}

// TestUndoTakesBack blocks at the simulator, follows the task to its end, takes
// the block back, and finds it gone.
func TestUndoTakesBack(t *testing.T) {
	vendor := simulator.New()
	n := ready(t, "trend-v2", "Trend Micro XDR: Block IP")
	values := map[string]string{"$SrcIP": "203.0.113.7"}
	send := func(c Call, err error) delivery.Answer {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return exchange(t, vendor, c)
	}
	sent := n.Judge(send(n.SendCall(values, DummySecret)))
	if sent.Verdict != workbook.Sent || sent.Task == "" {
		t.Fatal(sent)
	}
	var state TaskState
	for range 5 {
		if state = n.TaskState(send(n.TaskCall(sent.Task, values, DummySecret))); state.Ended {
			break
		}
	}
	if !state.Done || state.State != "success" {
		t.Error(state)
	}
	if undone := n.JudgeUndo(send(n.UndoCall(values, DummySecret))); undone.Verdict != workbook.Sent {
		t.Error(undone)
	}
	if again := n.JudgeUndo(send(n.UndoCall(values, DummySecret))); again.Verdict != workbook.Failed || !strings.Contains(again.Reason, "Target not found") {
		t.Error(again)
	}
}

func TestUndoWritten(t *testing.T) {
	n := entry(t, "undo: {none: it rang a bell}")
	if n.Undo() || n.CannotUndo() != "it rang a bell" {
		t.Error(n.CannotUndo())
	}
	if n = entry(t, "undo: none"); n.Undo() || n.CannotUndo() != noUndoReason {
		t.Error(n.CannotUndo())
	}
	if n = entry(t); n.Undo() || n.CannotUndo() != noUndoWritten {
		t.Error(n.CannotUndo())
	}
	if _, err := n.UndoCall(nil, Shown); err == nil {
		t.Error("built an undo that is not there")
	}
	if r, err := n.undoRequest(filler{}); r != nil || err != nil {
		t.Error(r, err)
	}
	n = entry(t, "undo: {method: DELETE, url: 'https://H.example/y?a=$A', success: {status: [204]}}")
	r, err := n.undoRequest(filler{map[string]int{"$A": 0, "$B": 1}, values{"1&b=2", "u"}, Shown})
	want := &workbook.Request{Method: "DELETE", URL: "https://H.example/y?a=1%26b%3D2", Headers: map[string]string{"Authorization": "Bearer [key]", "X-User": "u"}}
	if diff := cmp.Diff(want, r); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if j := n.JudgeUndo(answered(204, "")); j.Verdict != workbook.Sent {
		t.Error(j)
	}
	if j := n.UndoPolicy().Judge(answered(200, "")); j.Verdict != workbook.Failed {
		t.Error(j)
	}
	if _, err := n.UndoCall(map[string]string{"$B": "u"}, Shown); err == nil || !strings.Contains(err.Error(), "no value for $A") {
		t.Error(err)
	}
}
