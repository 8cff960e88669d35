package main

import (
	"encoding/json"
	"testing"
)

// TestTestsOfExamples runs the tests of the examples: every workbook has some,
// every block of them gives rows in one, and all hold.
func TestTestsOfExamples(t *testing.T) {
	atRoot(t)
	code, out, said := tabletop(t, "test", "examples", "-o", "json")
	var o trialsObject
	if err := json.Unmarshal([]byte(out), &o); err != nil {
		t.Fatal(err, said)
	}
	for _, one := range o.Tests {
		if !one.Passed {
			t.Errorf("%s: %s: %s %+v", one.File, one.Name, one.Mistake, one.Differences)
		}
	}
	if books := exampleBooks(t); code != exitDone || len(o.Coverage) != len(books) || o.Totals.Tests < 20 {
		t.Errorf("exit %d, %d tests of %d of %d workbooks", code, o.Totals.Tests, len(o.Coverage), len(books))
	}
	for _, w := range o.Coverage {
		for _, b := range w.Blocks {
			if b.Gave == 0 {
				t.Errorf("%s: block %d gives nothing in any test", w.Workbook, b.Index)
			}
		}
	}
}
