package trigger

import (
	"fmt"
	"strings"
	"testing"

	"tabletop/blocks/trigger/delivery"
	"tabletop/blocks/trigger/simulator"
	"tabletop/workbook"
)

// sampleTargets are targets that the simulator takes, by type.
var sampleTargets = map[string]string{
	"ip": "203.0.113.7", "url": "http://evil.example/a?b=c", "domain": "evil.example", "mailbox": "billing@evil.example",
	"file_sha1": strings.Repeat("ab", 20), "file_sha256": strings.Repeat("ab", 32), TypeEndpoint: "WS-17", "none": "x",
}

// TestReadyMadeConfigurationsAtTheSimulator takes each of them through its life:
// validated, sent, followed to the end of its task, asked about, and taken back.
func TestReadyMadeConfigurationsAtTheSimulator(t *testing.T) {
	for _, file := range Ready() {
		for _, n := range loadReady(t, file).list {
			if strings.HasSuffix(n.Host(), ".example.com") { // whose answers nobody knows
				continue
			}
			l := life{t, simulator.New(), n, map[string]string{}}
			for _, need := range n.needs() {
				l.values[need.field] = sampleTargets[n.TargetType()]
			}
			l.live()
		}
	}
}

// A life is that of a configuration at a vendor.
type life struct {
	t      *testing.T
	vendor *simulator.Vendor
	n      *Integration
	values map[string]string
}

func (l life) exchange(c Call, err error) delivery.Answer {
	l.t.Helper()
	if err != nil {
		l.t.Fatalf("%s: %v", l.n.Name, err)
	}
	return exchange(l.t, l.vendor, c)
}

func (l life) live() {
	n, t := l.n, l.t
	if v := n.Validation(l.exchange(n.ValidateCall(DummySecret))); !v.OK {
		t.Errorf("%s: %+v", n.Name, v)
	}
	l.taken(false)
	sent := n.Judge(l.exchange(n.SendCall(l.values, DummySecret)))
	if sent.Verdict != workbook.Sent || (sent.Task != "") != n.HasTask() {
		t.Fatalf("%s: %+v", n.Name, sent)
	}
	l.done(sent.Task)
	l.taken(true)
	if again := n.Judge(l.exchange(n.SendCall(l.values, DummySecret))); again.Verdict != workbook.Sent || again.Task != sent.Task && n.HasTask() {
		t.Errorf("%s, once more: %+v, first %+v", n.Name, again, sent)
	}
	if !n.Undo() {
		return
	}
	undone := n.JudgeUndo(l.exchange(n.UndoCall(l.values, DummySecret)))
	if undone.Verdict != workbook.Sent || undone.Task == "" {
		t.Errorf("%s: the undo: %+v", n.Name, undone)
	}
	l.done(undone.Task)
	l.taken(false)
	if again := n.JudgeUndo(l.exchange(n.UndoCall(l.values, DummySecret))); again.Verdict != workbook.Failed {
		t.Errorf("%s: what was undone was undone again: %+v", n.Name, again)
	}
}

// done follows a task to its good end.
func (l life) done(task string) {
	if task == "" {
		return
	}
	var state TaskState
	for range 5 {
		if state = l.n.TaskState(l.exchange(l.n.TaskCall(task, l.values, DummySecret))); state.Ended {
			break
		}
	}
	if !state.Done {
		l.t.Errorf("%s: task %s: %+v", l.n.Name, task, state)
	}
}

// taken asks whether the vendor has the target, page by page.
func (l life) taken(want bool) {
	if !l.n.HasAsk() {
		return
	}
	target := l.values[l.n.Target()]
	call, err := l.n.AskCall(l.values, DummySecret)
	for range MaxPages {
		taking := l.n.Taken(l.exchange(call, err), call, target, target)
		if taking.Next != "" {
			call.URL = taking.Next
			continue
		}
		if !taking.Known || taking.Taken != want {
			l.t.Errorf("%s: %+v, want %t", l.n.Name, taking, want)
		}
		return
	}
	l.t.Errorf("%s: the list has no end", l.n.Name)
}

// TestAskingReadsEveryPage asks for the first of many entries, which the list has
// on its last page.
func TestAskingReadsEveryPage(t *testing.T) {
	n := ready(t, "trend-v3", "Trend Micro Vision One: Block Domain")
	l := life{t, simulator.New(), n, map[string]string{"$Domain": "evil.example"}}
	l.exchange(n.SendCall(l.values, DummySecret))
	for i := range 120 {
		l.exchange(n.SendCall(map[string]string{"$Domain": fmt.Sprintf("n%d.example", i)}, DummySecret))
	}
	l.taken(true)
	l.values["$Domain"] = "other.example"
	l.taken(false)
}
