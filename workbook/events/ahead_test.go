package events

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
)

var countAll = Query{
	Scans: []Scan{{Stream: "E", Columns: []string{"a"}, Grouping: &Grouping{By: []int{0}, Aggregates: []Aggregate{{Kind: "count", Column: -1}}}}},
	SQL:   "SELECT g0, a0 FROM t0", Columns: []string{"a", "n"}, MaxRows: 1000,
}

// TestAheadChangesNothing asks the same with and without groups made ahead.
func TestAheadChangesNothing(t *testing.T) {
	files := map[string]string{"E.ndjson": `{"a":1}` + "\n" + `{"a":2}` + "\n", "B.ndjson": `{"b":1}` + "\nbroken\n"}
	plain := folder(t, files, Options{})
	if _, err := plain.Survey(context.Background()); err != nil {
		t.Fatal(err)
	}
	want := query(t, plain, countAll)
	set := folder(t, files, Options{})
	if _, err := set.Read(context.Background(), func(*Survey) []Query { return []Query{countAll} }); err != nil {
		t.Fatal(err)
	}
	if len(set.ahead) != 1 {
		t.Fatal(len(set.ahead))
	}
	if got := query(t, set, countAll); got.Undecodable != want.Undecodable || len(got.Bad) != len(want.Bad) {
		t.Errorf("%d undecodable %v, want %d %v", got.Undecodable, got.Bad, want.Undecodable, want.Bad)
	}
}

// TestAheadIsBounded asks more than is made ahead.
func TestAheadIsBounded(t *testing.T) {
	set := folder(t, map[string]string{"E.ndjson": `{"a":1}`}, Options{})
	many := make([]Query, 5*maxAhead)
	for i := range many {
		many[i] = countAll
	}
	if _, err := set.Read(context.Background(), func(*Survey) []Query { return many }); err != nil {
		t.Fatal(err)
	}
	if len(set.ahead) > maxAhead {
		t.Errorf("%d scans are grouped ahead, more than %d", len(set.ahead), maxAhead)
	}
}

// TestAheadFailsNobodyWhoDoesNotAsk makes too many groups ahead, which is for
// who asks for them to meet.
func TestAheadFailsNobodyWhoDoesNotAsk(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // one worker meets all of them
	var b strings.Builder
	for n := range MaxGroups + 1 {
		fmt.Fprintf(&b, "{\"a\":%d}\n", n)
	}
	set := folder(t, map[string]string{"E.ndjson": b.String()}, Options{})
	survey, err := set.Read(context.Background(), func(*Survey) []Query { return []Query{countAll} })
	if err != nil || survey.Streams["E"].Events < MaxGroups {
		t.Fatal(err)
	}
	if len(set.ahead) != 0 {
		t.Error("the groups that failed are kept")
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
