package main

import (
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tabletop/blocks/trigger/simulator"
)

// manyAddresses are events, each of an address of its own.
func manyAddresses(n int) string {
	var events strings.Builder
	address := netip.MustParseAddr("45.0.0.1")
	for i := range n {
		fmt.Fprintf(&events, `{"$CNAMTime":%d,"$SrcIP":"%s"}`+"\n", 1769860800000+int64(i), address)
		address = address.Next()
	}
	return events.String()
}

// manyBlocks is a drill that blocks n addresses through each of several
// configurations.
func manyBlocks(b *testing.B, n, configurations int) *drill {
	b.Helper()
	book, integrations := "workbook: Many\nblocks:\n  - sql: |\n      SELECT $SrcIP FROM FIREWALL WHERE $Duration=1d\n", "integrations:\n"
	for i := range configurations {
		book += fmt.Sprintf("  - trigger: block %d\n", i)
		integrations += fmt.Sprintf("  - {name: block %[1]d, url: 'https://vendor.example/%[1]d', payload: '{\"block\": \"$SrcIP\"}', target: {type: ip, column: $SrcIP}, max_actions: %[2]d}\n", i, n)
	}
	return newDrill(b, map[string]string{
		"workbook.yaml": book, "guard.yaml": drillGuard, "integrations.yaml": integrations, "events/FIREWALL.ndjson": manyAddresses(n),
	})
}

// BenchmarkApply times whole applies of 2,000 requests to a simulator on loopback,
// from reading the plan to the end of the record: each request's intent is on disk
// before it leaves, and its outcome after.
func BenchmarkApply(b *testing.B) {
	const actions = 2000
	for _, configurations := range []int{1, 4, 16} {
		b.Run(fmt.Sprintf("configurations=%d", configurations), func(b *testing.B) {
			s := manyBlocks(b, actions/configurations, configurations)
			stop := s.serve(b, simulator.New())
			defer stop()
			to := []string{"--endpoint", "https://vendor.example=" + s.url}
			s.enable(b, to...)
			file := s.plan(b, "plan.json")
			for b.Loop() {
				s.do(b, exitDone, slices.Concat([]string{"apply", file, "--yes", fmt.Sprint(actions), "-o", "json"}, to)...)
			}
			b.ReportMetric(float64(b.N*actions)/b.Elapsed().Seconds(), "actions/s")
			if arrived := len(s.seen()); arrived < b.N*actions {
				b.Errorf("%d requests arrived of %d applies", arrived, b.N)
			}
		})
	}
}

// BenchmarkRun times whole rehearsals of 50,000 actions, each recorded with its
// request and its answer.
func BenchmarkRun(b *testing.B) {
	const actions = 50_000
	s := manyBlocks(b, actions, 1)
	for i := 0; b.Loop(); i++ {
		code, _, said := tabletop(b, "run", s.path("workbook.yaml"), "--audit", filepath.Join(s.folder, fmt.Sprintf("audit%d.db", i)), "-o", "json")
		if code != exitDone {
			b.Fatal(said)
		}
	}
	b.ReportMetric(float64(b.N*actions)/b.Elapsed().Seconds(), "actions/s")
}
