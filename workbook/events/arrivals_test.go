package events

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestArrivalsTellsTheMinutes holds the minutes against those of the times as
// they were written.
func TestArrivalsTellsTheMinutes(t *testing.T) {
	begin := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC).UnixMilli()
	for _, form := range []string{"ndjson", "csv"} {
		var b strings.Builder
		if form == "csv" {
			b.WriteString("$CNAMTime,$Stream\n")
		}
		want := map[string]map[int64]bool{"A": {}, "B": {}}
		for range 5000 {
			at := begin + rand.Int64N(600)*30_000 + []int64{0, 0, 1, 29_999}[rand.IntN(4)]
			stream := []string{"A", "B"}[rand.IntN(2)]
			want[stream][(at+59_999)/60_000*60_000] = true
			if form == "csv" {
				fmt.Fprintf(&b, "%d,%s\n", at, stream)
				continue
			}
			fmt.Fprintf(&b, `{"$CNAMTime":%d,"$Stream":"%s"}`+"\n", at, stream)
		}
		if form == "ndjson" {
			b.WriteString(`{"$Stream":"A"}` + "\n") // has no time
		}
		path := filepath.Join(t.TempDir(), "events."+form)
		if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		set, err := Open(path, Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, streams := range [][]string{{"a"}, {"B"}, {"A", "B"}, nil, {"C"}} {
			expected := map[int64]bool{}
			for name, minutes := range want {
				if streams == nil || slices.ContainsFunc(streams, func(s string) bool { return strings.EqualFold(s, name) }) {
					for m := range minutes {
						expected[m] = true
					}
				}
			}
			got, err := set.Arrivals(t.Context(), streams)
			if err != nil {
				t.Fatal(err)
			}
			if len(got) != len(expected) || !slices.IsSortedFunc(got, time.Time.Compare) {
				t.Errorf("%s, %v: %d minutes of %d", form, streams, len(got), len(expected))
			}
			for _, m := range got {
				if !expected[m.UnixMilli()] {
					t.Errorf("%s, %v: nothing came in the minute to %s", form, streams, m)
				}
			}
		}
	}
}

// TestMadeAheadAnswersAlike asks at many clocks, with and without groups that one
// pass has made for all of them.
func TestMadeAheadAnswersAlike(t *testing.T) {
	for name, text := range map[string]string{
		"rises.ndjson": aheadText("ndjson", 2<<20, false),
		"rises.csv":    aheadText("csv", 1<<20, false),
		"quoted.csv":   aheadText("csv", 1<<20, false) + "1767225600000,T,\"a\nb\",1\n",
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), name)
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			ahead, err := Open(path, Options{})
			if err != nil {
				t.Fatal(err)
			}
			plain, err := Open(path, Options{})
			if err != nil {
				t.Fatal(err)
			}
			var queries []Query
			for i := range 12 {
				queries = append(queries, countBy(time.UnixMilli(1767225600000).Add(time.Duration(i)*10*time.Minute)))
			}
			if err := ahead.MakeAhead(t.Context(), queries); err != nil {
				t.Fatal(err)
			}
			if len(ahead.ahead) != len(queries) {
				t.Errorf("%d of %d were made", len(ahead.ahead), len(queries))
			}
			for i, q := range queries {
				got, err := ahead.Query(t.Context(), q, nil)
				if err != nil {
					t.Fatal(err)
				}
				want, err := plain.Query(t.Context(), q, nil)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("at clock %d: %s", i, diff)
				}
			}
		})
	}
}
