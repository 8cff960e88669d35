package audit

import (
	"fmt"
	"testing"

	"tabletop/workbook"
)

// BenchmarkWhy asks why of targets among 1,000,000 actions: of one that came
// once, and of one that came 100,000 times. The actions of all runs but the last
// have no rows, so that recording them takes seconds.
func BenchmarkWhy(b *testing.B) {
	path := auditPath(b)
	log := newLog(b, path)
	const each = 100_000
	actions := exampleBlocks(each)[2].Output.Actions
	for i := range 10 {
		for j := range actions {
			a := &actions[j]
			a.Row, a.Target, a.Canonical = 0, fmt.Sprintf("10.%d.%d.%d", i, j>>8, j&0xff), fmt.Sprintf("10.%d.%d.%d", i, j>>8, j&0xff)
			if i == 4 {
				a.Target, a.Canonical = "203.0.113.9", "203.0.113.9"
			}
		}
		blocks := []workbook.BlockResult{{Block: block(3, "trigger"), Output: workbook.Output{Actions: actions}}}
		if _, err := record(b.Context(), log, exampleInfo(), blocks); err != nil {
			b.Fatal(err)
		}
	}
	mustRecord(b, log, 1000)
	closeLog(b, log)
	reader := newReader(b, path)
	for name, target := range map[string]string{"once": "203.0.116.30", "often": "203.0.113.9"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				seen, found, err := reader.Sightings(b.Context(), target, 1000)
				if err != nil || !found {
					b.Fatal(found, err)
				}
				if _, err := reader.Why(b.Context(), seen.Last.ID); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
