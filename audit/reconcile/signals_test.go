package reconcile

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func signal(id, key string, first, last int) Signal {
	return Signal{ID: id, Key: key, Name: key, First: at(first), Last: at(last)}
}

func TestSignals(t *testing.T) {
	hour, day := Options{Within: time.Hour}, 24*60
	untimed := Signal{ID: "s:1", Key: "rdp", Name: "rdp"}
	tests := map[string]struct {
		expected, found []Signal
		options         Options
		want            string
	}{
		"there":      {[]Signal{signal("1/s1", "rdp", 0, 100)}, []Signal{signal("s:1", "rdp", 50, 50)}, hour, "there rdp by [1/s1] at [s:1]: raised 2026-01-30T12:50:00Z\n"},
		"missing":    {[]Signal{signal("1/s1", "rdp", 0, 0)}, nil, hour, "missing rdp by [1/s1] at []: no such signal\n"},
		"unexpected": {nil, []Signal{signal("s:1", "rdp", 0, 0)}, hour, "unexpected rdp by [] at [s:1]: raised 2026-01-30T12:00:00Z; no recorded run raises it then\n"},
		"twice":      {[]Signal{signal("1/s1", "rdp", 0, 0)}, []Signal{signal("s:1", "rdp", 1, 1), signal("s:2", "rdp", 2, 2)}, hour, "twice rdp by [1/s1] at [s:2]: raised 2026-01-30T12:02:00Z, beside the one that belongs to it\nthere rdp by [1/s1] at [s:1]: raised 2026-01-30T12:01:00Z\n"},
		"another":    {[]Signal{signal("1/s1", "rdp", 0, 0)}, []Signal{signal("s:1", "ssh", 0, 0)}, hour, "missing rdp by [1/s1] at []: no such signal\nunexpected ssh by [] at [s:1]: raised 2026-01-30T12:00:00Z; no recorded run raises it then\n"},
		"too late":   {[]Signal{signal("1/s1", "rdp", 0, 0)}, []Signal{signal("s:1", "rdp", day, day)}, hour, "missing rdp by [1/s1] at []: none at that time; the nearest was raised 2026-01-31T12:00:00Z, 24 hours away\n"},
		"no time":    {[]Signal{signal("1/s1", "rdp", 0, 0)}, []Signal{untimed}, hour, "there rdp by [1/s1] at [s:1]: raised, when is not told\n"},
		"within three hours": {
			[]Signal{signal("2/s1", "rdp", 180, 180), signal("1/s1", "rdp", 0, 0), signal("3/s1", "rdp", 361, 361)},
			[]Signal{signal("s:1", "rdp", 0, 0), signal("s:2", "rdp", 361, 361)},
			hour, "there rdp by [1/s1 2/s1] at [s:1]: raised 2026-01-30T12:00:00Z\nthere rdp by [3/s1] at [s:2]: raised 2026-01-30T18:01:00Z\n",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, said(Signals(test.expected, test.found, test.options))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestNoSignalIsLost makes any lists and finds each signal in one finding, or
// counted as outside.
func TestNoSignalIsLost(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		draw := func(what string) (all []Signal) {
			for n := range rapid.IntRange(0, 8).Draw(rt, what) {
				first := rapid.IntRange(-1000, 1000).Draw(rt, "first")
				all = append(all, signal(fmt.Sprint(what, n), fmt.Sprint(rapid.IntRange(0, 1).Draw(rt, "key")), first, first+rapid.IntRange(0, 400).Draw(rt, "lasts")))
			}
			return all
		}
		expected, found := draw("expected"), draw("found")
		got := Signals(expected, found, Options{Within: time.Hour})
		told := map[string]int{}
		for _, f := range got.Findings {
			if f.Kind != Twice {
				for _, id := range f.Expected {
					told[id]++
				}
			}
			for _, id := range f.Found {
				told[id]++
			}
		}
		for _, s := range expected {
			if told[s.ID] != 1 {
				rt.Fatalf("%s is told %d times\n%s", s.ID, told[s.ID], said(got))
			}
		}
		outside := 0
		for _, s := range found {
			if told[s.ID] > 1 {
				rt.Fatalf("%s is told %d times\n%s", s.ID, told[s.ID], said(got))
			}
			outside += 1 - told[s.ID]
		}
		if outside != got.Outside {
			rt.Fatalf("%d are not told, %d are counted as outside", outside, got.Outside)
		}
	})
}
