package query

import (
	"context"
	"testing"

	"tabletop/workbook"
	"tabletop/workbook/events"
	"tabletop/workbook/source"
)

// TestSignalsInPipeDQL reads a run's own signals, whose columns are found in any
// letter case.
func TestSignalsInPipeDQL(t *testing.T) {
	o := world(t)
	q, problems := ParseQuestion(source.NewText("query", `stream=signals where detectionseverity="High" | duration 5m | select detectionname`), o, workbook.NewPreparation(nil))
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	now := fixtureClock.Now
	env := &workbook.Env{Now: now, MaxRows: 10, Signals: []workbook.Signal{
		{Name: "a", Severity: "High", FirstSeen: now, LastSeen: now, Occurrences: 1},
		{Name: "b", Severity: "Low", FirstSeen: now, LastSeen: now, Occurrences: 1},
	}}
	out, err := q.Run(context.Background(), workbook.Table{}, env)
	if err != nil {
		t.Fatal(err)
	}
	if got := table(events.Result{Table: out.Table}); got != "detectionname\na" {
		t.Error(got)
	}
}
