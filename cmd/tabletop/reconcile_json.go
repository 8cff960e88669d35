package main

import (
	"time"

	"tabletop/audit/reconcile"
)

// The object that reconcile -o json prints. Actions and signals are null where no
// file of theirs was named.
type reconciledJSON struct {
	Holds bool `json:"holds"`
	// Within is in seconds, null for any time.
	Within  *float64  `json:"within_seconds"`
	Actions *reportOf `json:"actions"`
	Signals *reportOf `json:"signals"`
	Notes   []string  `json:"notes"`
}

type reportOf struct {
	From     *time.Time             `json:"from"`
	Until    *time.Time             `json:"until"`
	Expected int                    `json:"expected"`
	Found    int                    `json:"found"`
	Outside  int                    `json:"outside"`
	Totals   map[reconcile.Kind]int `json:"totals"`
	Findings []findingJSON          `json:"findings"`
}

type findingJSON struct {
	reconcile.Finding
	Time *time.Time `json:"time"`
}

func (d reconciled) json() reconciledJSON {
	o := reconciledJSON{Holds: d.holds(), Actions: reportJSONOf(d.actions), Signals: reportJSONOf(d.signals), Notes: notNil(d.notes)}
	if d.within >= 0 {
		seconds := d.within.Seconds()
		o.Within = &seconds
	}
	return o
}

func reportJSONOf(r *reconcile.Report) *reportOf {
	if r == nil {
		return nil
	}
	o := &reportOf{
		From: known(r.From), Until: known(r.Until), Expected: r.Expected, Found: r.Found, Outside: r.Outside,
		Totals: map[reconcile.Kind]int{}, Findings: []findingJSON{},
	}
	for _, kind := range reconcile.Kinds {
		o.Totals[kind] = r.Count(kind)
	}
	for _, f := range r.Findings {
		o.Findings = append(o.Findings, findingJSON{f, known(f.Time)})
	}
	return o
}

// known is a time, nil for none.
func known(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
