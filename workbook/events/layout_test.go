package events

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestTimesBeyondMoments reads times that no moment holds, each key by key and by
// its shape: what lies ahead is of the future, the zero of Windows is not.
func TestTimesBeyondMoments(t *testing.T) {
	wall := Options{Wall: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	late, early := `{"$CNAMTime":9999999999999}`+"\n", `{"$CNAMTime":"1601-01-01T00:00:00Z"}`+"\n"
	set := folder(t, map[string]string{"E.ndjson": late + late + late + early + early}, wall)
	result := query(t, set, Query{Scans: []Scan{{Stream: "E"}}, SQL: `SELECT "at" < 0 FROM t0`, Columns: []string{"early"}})
	if r := result.Read[0]; r.Future != 3 || r.Inside != 2 {
		t.Errorf("%+v", r)
	}
	if diff := cmp.Diff([][]any{{int64(1)}, {int64(1)}}, values(result.Table)); diff != "" {
		t.Error(diff)
	}
}
