package audit

import (
	"testing"
)

// BenchmarkRecord records runs of 100,000 actions with full audit: each row of
// the query, each row of the trigger, and each action.
func BenchmarkRecord(b *testing.B) {
	blocks := exampleBlocks(100_000)
	for b.Loop() {
		log := newLog(b, auditPath(b))
		if _, err := record(b.Context(), log, exampleInfo(), blocks); err != nil {
			b.Fatal(err)
		}
		closeLog(b, log)
	}
	b.ReportMetric(100_000*float64(b.N)/b.Elapsed().Seconds(), "actions/s")
}

// BenchmarkVerify verifies 1,000,000 entries, which should take less than 5 s on
// two cores.
func BenchmarkVerify(b *testing.B) {
	path := auditPath(b)
	log := newLog(b, path)
	for range 10 {
		mustRecord(b, log, 33_334)
	}
	closeLog(b, log)
	entries := int64(0)
	for b.Loop() {
		report := mustVerify(b, path)
		if !report.Whole() {
			b.Fatal(report.Breaks)
		}
		entries = report.Entries
	}
	b.ReportMetric(float64(entries)*float64(b.N)/b.Elapsed().Seconds(), "entries/s")
}
