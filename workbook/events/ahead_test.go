package events

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// countBy asks for groups of the last hour before a clock.
func countBy(now time.Time) Query {
	return Query{
		Scans: []Scan{{
			Stream: "T", Columns: []string{"$A", "$B"}, Window: Window{From: now.Add(-time.Hour), To: now}, Where: Compare{1, "<>", int64(3)},
			Grouping: &Grouping{By: []int{0}, Aggregates: []Aggregate{{Kind: "count", Column: -1}, {Kind: "sum", Column: 1}}, Having: Compare{1, ">", int64(1)}},
		}},
		SQL: `SELECT g0, a0, a1, "group" FROM t0`, Columns: []string{"$A", "n", "s"}, Evidence: GroupEvidence, MaxRows: 1000,
	}
}

// aheadText is a file of about size bytes whose events rise in time; where late,
// the newest is the first one.
func aheadText(format string, size int, late bool) string {
	var b strings.Builder
	if format == "csv" {
		b.WriteString("$CNAMTime,$Stream,$A,$B\n")
	}
	for i := 0; b.Len() < size; i++ {
		ms := 1767225600000 + int64(i)*100
		if late && i == 0 {
			ms += 90 * 24 * 3600 * 1000
		}
		if format == "csv" {
			fmt.Fprintf(&b, "%d,T,a%d,%d\n", ms, i%7, i%5)
			continue
		}
		fmt.Fprintf(&b, `{"$CNAMTime":%d,"$Stream":"T","$A":"a%d","$B":%d}`+"\n", ms, i%7, i%5)
	}
	return b.String()
}

// TestReadingAheadChangesNothing holds a reading that hashes and groups on its
// way against one that does each on its own, also where the ends of the files
// tell a wrong clock.
func TestReadingAheadChangesNothing(t *testing.T) {
	for name, text := range map[string]string{
		"little.ndjson": aheadText("ndjson", 2000, false),
		"bom.ndjson":    "\ufeff" + aheadText("ndjson", 1<<20+10, false),
		"rises.ndjson":  aheadText("ndjson", 3<<20, false),
		"late.ndjson":   aheadText("ndjson", 2<<20, true),
		"exact.ndjson":  aheadText("ndjson", 1<<20, false)[:1<<20],
		"rises.csv":     aheadText("csv", 2<<20, false),
		"late.csv":      aheadText("csv", 1<<20, true),
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), name)
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			open := func() *Set {
				set, err := Open(path, Options{})
				if err != nil {
					t.Fatal(err)
				}
				return set
			}
			ahead, plain := open(), open()
			guessed := 0
			got, err := ahead.Read(t.Context(), func(s *Survey) []Query {
				guessed++
				now, _, _ := s.Clock([]string{"T"})
				return []Query{countBy(now)}
			})
			if err != nil {
				t.Fatal(err)
			}
			want, err := plain.Survey(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			gotFiles, err := ahead.Hash(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			wantFiles, err := plain.Hash(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(wantFiles, gotFiles); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			if guessed != 1 || len(ahead.ahead) != 1 || len(ahead.leaves) != 1 {
				t.Error("nothing was made ahead:", guessed, len(ahead.ahead), len(ahead.leaves))
			}
			now, _, _ := want.Clock([]string{"T"})
			if diff := cmp.Diff(query(t, plain, countBy(now)), query(t, ahead, countBy(now))); diff != "" {
				t.Error(diff)
			}
			right := ahead.ahead[0].scan.Window.To.Equal(now)
			if late := strings.HasPrefix(name, "late"); right == late {
				t.Error("the guess of the clock:", ahead.ahead[0].scan.Window, now)
			}
		})
	}
}

// TestGlimpseReadsEndsAlone has a line at the end of a long file that is no
// event: its number would take reading all of the file.
func TestGlimpseReadsEndsAlone(t *testing.T) {
	var progress Progress
	set := folder(t, map[string]string{"E.ndjson": strings.Repeat(`{"a":1}`+"\n", 1<<19) + "broken\n"}, Options{Progress: &progress})
	if err := set.sniff(context.Background()); err != nil {
		t.Fatal(err)
	}
	before := progress.All()
	if set.glimpse(context.Background()) == nil {
		t.Fatal("the file has an end")
	}
	if n := progress.All() - before; n > 1<<20 {
		t.Errorf("%d bytes were read", n)
	}
}
