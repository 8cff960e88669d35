package plan

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tabletop/workbook"
)

// digest is some hash.
func digest(of string) string { return SHA256([]byte(of)) }

// somePlan is a plan of six actions, of which three are sent: one at once, two
// with an approval of their own.
func newPlan(folder string) *Plan {
	header := map[string]string{"Content-Type": "application/json", "Authorization": "Bearer [token]"}
	post := func(body string) *workbook.Request {
		return &workbook.Request{Method: "POST", URL: "https://api.example/block", Headers: header, Body: body}
	}
	action := func(number int, kind, target string, v workbook.Verdict, r *workbook.Request) Action {
		return Of(workbook.Action{
			Number: number, Block: 3, Row: number, Integration: "Block " + kind, Type: kind, Target: target, Canonical: strings.ToLower(target),
			DNIF: workbook.DNIFWouldSend, Verdict: v, Request: r, Key: digest(target), Values: map[string]string{"$Target": target},
		}, workbook.Evidence{Events: 260, First: []workbook.Position{{File: "events/FIREWALL.ndjson", Offset: 1203, Line: 7}}})
	}
	p := &Plan{
		Form: Form, Run: 12, Created: noon.Add(-time.Hour), Expires: noon.Add(-time.Hour + Lifetime),
		Planner: Planner{User: "kim", Host: "desk"}, Reason: "incident 7", Ticket: "SEC-7", Folder: folder,
		Workbook: &File{"workbook.yaml", digest("workbook")}, Integrations: &File{"integrations.yaml", digest("integrations")},
		Guard: &File{"guard.yaml", digest("guard")}, Approvers: &File{"approvers.yaml", digest("approvers")},
		Events:     []workbook.EventFile{{Path: "events/FIREWALL.ndjson", Bytes: 20, Root: digest("events"), Events: 3}},
		Clock:      noon,
		ClockFrom:  "the newest event",
		Parameters: map[string]string{"Vector": "HOST"},
		Caps:       []Cap{{"Block ip", digest("one"), 2, 50}, {"Block domain", digest("two"), 1, 50}},
		Actions: []Action{
			action(1, "ip", "203.0.113.9", workbook.WouldSend, post(`{"targetValue": "203.0.113.9"}`)),
			action(2, "ip", "203.0.113.9", workbook.Deduplicated, post(`{"targetValue": "203.0.113.9"}`)),
			action(3, "ip", "203.0.113.7", workbook.NeedsApproval, post(`{"targetValue": "203.0.113.7"}`)),
			action(4, "ip", "10.0.0.1", workbook.RefusedProtected, post(`{"targetValue": "10.0.0.1"}`)),
			action(5, "domain", "Evil.Example", workbook.NeedsApproval, post(`{"targetValue": "Evil.Ex\u0061mple"}`)),
			action(7, "ip", "", workbook.Invalid, nil),
		},
	}
	p.Actions[1].SameAs = 1
	p.Actions[2].Rule, p.Actions[2].Reason = "shared_host", "many sites share the address"
	p.Actions[0].Undo = post(`{"targetValue": "203.0.113.9", "restore": true}`)
	p.Actions[0].Action.Undo = p.Actions[0].Undo
	p.Actions[2].CannotUndo = "the vendor has no request for it"
	return p
}

// written is a plan and its file's text.
func written(t testing.TB) (*Plan, []byte) {
	t.Helper()
	folder, err := filepath.Abs(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	p := newPlan(folder)
	text, err := Write(p)
	if err != nil {
		t.Fatal(err)
	}
	return p, text
}
