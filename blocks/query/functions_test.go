package query

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"tabletop/workbook"
	"tabletop/workbook/events"
	"tabletop/workbook/source"
)

// TestFunctionExamples runs the example of every function.
func TestFunctionExamples(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.ndjson")
	if err := os.WriteFile(path, []byte(FunctionExamples), 0o600); err != nil {
		t.Fatal(err)
	}
	set, err := events.Open(path, events.Options{Wall: fixtureClock.Now})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range Functions() {
		if f.Doc == "" || f.Example == "" {
			t.Errorf("%s has no documentation", f.Name)
			continue
		}
		for _, plain := range []bool{false, true} {
			s, problems := Parse(source.NewText("query", "SELECT "+f.Example+" AS x FROM T LIMIT 1"), workbook.NewPreparation(nil))
			if problems.Err() != nil {
				t.Errorf("%s: %v", f.Name, problems)
				break
			}
			r, _, err := s.Run(context.Background(), Options{Events: set, Plain: plain}, fixtureClock, 10, nil)
			if err != nil {
				t.Errorf("%s: %v", f.Example, err)
				break
			}
			if got := workbook.Text(r.Table.Rows[0].Values[0]); got != f.Result {
				t.Errorf("%s gave %q, not %q", f.Example, got, f.Result)
			}
		}
	}
}
