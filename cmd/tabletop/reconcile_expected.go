package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"tabletop/audit"
	"tabletop/audit/reconcile"
	"tabletop/audit/reconcile/exportfile"
	"tabletop/blocks/trigger/guard"
	"tabletop/workbook"
)

// The expectations are what the audit says was, or would have been, done.
type expectations struct {
	actions []reconcile.Action
	signals []signalOf
	// workbooks are the names of those whose runs were read.
	workbooks map[string]bool
	notes     []string
}

// A signalOf is a recorded signal, before it is known which of its fields an
// export has.
type signalOf struct {
	id, name    string
	parties     map[string]string
	first, last time.Time
}

func (s signalOf) keyed(e exportfile.SignalExport) reconcile.Signal {
	return reconcile.Signal{ID: s.id, Key: e.Key(s.name, s.parties), Name: s.name, First: s.first, Last: s.last}
}

// expected reads what the audit says.
func (r *reconciliation) expected(ctx context.Context, reader *audit.Reader, found exported) (expectations, error) {
	e := expectations{workbooks: map[string]bool{}}
	runs := r.runs
	if len(runs) == 0 {
		runs = []int64{0} // all of them
	}
	purged, targetless := int64(0), 0
	for _, run := range runs {
		filter := r.filter
		filter.Run = run
		parts := map[audit.Part]func(audit.ExportRecord) error{audit.ExportActions: func(record audit.ExportRecord) error {
			a := record.(*audit.ActionRecord)
			if r.takes(a) && a.Type == guard.TypeNone {
				targetless++
			} else if r.takes(a) {
				e.actions = append(e.actions, r.action(a, found.judge))
			}
			return nil
		}, audit.ExportSignals: func(record audit.ExportRecord) error {
			if s := record.(*audit.SignalRecord); slices.Contains(r.modes, s.Mode) {
				e.workbooks[s.Workbook] = true
				e.signals = append(e.signals, r.signal(s))
			}
			return nil
		}}
		for part, each := range parts {
			done, err := reader.Export(ctx, part, filter, each)
			if err != nil {
				return e, err
			}
			purged += done.Purged
		}
	}
	if purged > 0 {
		e.notes = append(e.notes, plural(purged, "purged record of the audit is", "purged records of the audit are")+" not known: what they expected may be told as unexpected")
	}
	if targetless > 0 {
		e.notes = append(e.notes, plural(targetless, "request that names no target is", "requests that name no target are")+" left out")
	}
	return e, nil
}

// takes reports whether an action is one that a vendor should know: what DNIF
// would have sent, guard or no guard, and of what tabletop sent all that may have
// arrived.
func (r *reconciliation) takes(a *audit.ActionRecord) bool {
	if a.Undoes || !slices.Contains(r.modes, a.Mode) || len(r.configurations) > 0 && !slices.Contains(r.configurations, a.Integration) {
		return false
	}
	if a.Mode == workbook.ModeApply || a.Mode == workbook.ModeSimulate {
		return slices.Contains([]workbook.Verdict{workbook.Sent, workbook.Unknown, workbook.Undone}, a.Verdict)
	}
	return a.DNIF == workbook.DNIFWouldSend
}

func (r *reconciliation) action(a *audit.ActionRecord, judge *judge) reconcile.Action {
	target, _ := judge.of(a.Type, a.WrittenAs)
	return reconcile.Action{
		ID: a.ID, Target: target, Time: r.expectedAt(a.RecordedIn, a.Time), Task: a.Task,
		TakenBack: a.Verdict == workbook.Undone, Doubt: doubt(a),
	}
}

// doubt says why a request may not have arrived although it was, or would have
// been, sent.
func doubt(a *audit.ActionRecord) string {
	switch a.Verdict {
	case workbook.Unknown:
		return fmt.Sprintf("the audit does not know whether it arrived: tabletop resume %d may find out", a.Run)
	case workbook.Invalid:
		return "the vendor may have refused it, since it is invalid: " + a.Reason
	}
	return ""
}

// expectedAt is when something that was recorded is expected at the vendor.
func (r *reconciliation) expectedAt(in audit.RecordedIn, recorded time.Time) time.Time {
	sent := in.Mode == workbook.ModeApply || in.Mode == workbook.ModeSimulate
	if sent || r.at == atRecorded || in.Clock.IsZero() {
		return recorded
	}
	return in.Clock
}

func (r *reconciliation) signal(s *audit.SignalRecord) signalOf {
	o := signalOf{id: s.ID, name: s.Name, parties: exportfile.Parties(s.Signal), first: s.Signal.FirstSeen, last: s.Signal.LastSeen}
	if r.at == atRecorded || o.first.IsZero() {
		o.first = r.expectedAt(s.RecordedIn, s.Time)
		o.last = o.first
	}
	if o.last.Before(o.first) {
		o.last = o.first
	}
	return o
}

// A judge asks the guard about targets, each once.
type judge struct {
	guard *guard.Guard
	known map[reconcile.Target]judged
}

type judged struct {
	target    reconcile.Target
	protected string
}

func newJudge(g *guard.Guard) *judge { return &judge{g, map[reconcile.Target]judged{}} }

// of gives a target in the form in which it is judged, and why it must never be
// blocked, if so.
func (j *judge) of(kind, text string) (reconcile.Target, string) {
	written := reconcile.Target{Type: kind, Text: text}
	if known, ok := j.known[written]; ok {
		return known.target, known.protected
	}
	said := judged{target: written}
	judgement := j.guard.Judge(kind, text)
	if judgement.Canonical != "" {
		said.target.Text = judgement.Canonical
	}
	if judgement.Protected {
		said.protected = fmt.Sprintf("%s: %s", judgement.Rule, judgement.Reason)
	}
	j.known[written] = said
	return said.target, said.protected
}
