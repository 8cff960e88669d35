package audit

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"tabletop/workbook"
)

// BenchmarkDeliver has each of several callers send its actions one after the
// other: one call records what became of an action and that the next one
// leaves.
func BenchmarkDeliver(b *testing.B) {
	for _, callers := range []int{1, 4, 16} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			log := newLog(b, auditPath(b))
			defer closeLog(b, log)
			_, plan := planned(b, log, "{}")
			run := begin(b, log, applyInfo(workbook.ModeApply, plan))
			each := b.N/callers + 1
			b.ResetTimer()
			var wait sync.WaitGroup
			for c := range callers {
				wait.Go(func() {
					var outcomes []Outcome
					for i := range each {
						number := 1 + c*each + i
						if err := log.Deliver(b.Context(), run, outcomes, []workbook.Action{sendable(number)}); err != nil {
							b.Error(err)
							return
						}
						outcomes = []Outcome{sent(number)}
					}
				})
			}
			wait.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "actions/s")
		})
	}
}

// BenchmarkDelivered looks for actions among 1,000,000 entries.
func BenchmarkDelivered(b *testing.B) {
	const actions, rehearsed = 100_000, 267_000
	path := auditPath(b)
	log := newLog(b, path)
	mustRecord(b, log, rehearsed)
	_, plan := planned(b, log, "{}")
	run := begin(b, log, applyInfo(workbook.ModeApply, plan))
	for first := 1; first <= actions; first += 5000 {
		var intents []workbook.Action
		var outcomes []Outcome
		for number := first; number < first+5000; number++ {
			intents, outcomes = append(intents, sendable(number)), append(outcomes, sent(number))
		}
		deliver(b, log, run, nil, intents...)
		deliver(b, log, run, outcomes)
	}
	closeLog(b, log)
	reader := newReader(b, path)
	var entries int
	if err := reader.db.Get(&entries, "SELECT count(*) FROM entries"); err != nil {
		b.Fatal(err)
	}
	number := 0
	for b.Loop() {
		number = number%actions + 1
		if _, found, err := reader.Delivered(b.Context(), sendable(number).Key, clock().Add(-time.Hour)); err != nil || !found {
			b.Fatal(found, err)
		}
	}
	b.ReportMetric(float64(entries), "entries")
}
