package audit

import "testing"

// BenchmarkExport exports the actions, and the rows, of a run of 20,000 actions.
func BenchmarkExport(b *testing.B) {
	path := auditPath(b)
	log := newLog(b, path)
	mustRecord(b, log, 20_000)
	closeLog(b, log)
	reader := newReader(b, path)
	for _, part := range []Part{ExportActions, ExportRows} {
		b.Run(string(part), func(b *testing.B) {
			records := int64(0)
			for b.Loop() {
				done, err := reader.Export(b.Context(), part, ExportFilter{}, func(ExportRecord) error { return nil })
				if err != nil || done.Records < 20_000 {
					b.Fatal(done, err)
				}
				records += done.Records
			}
			b.ReportMetric(float64(records)/b.Elapsed().Seconds(), "records/s")
		})
	}
}
