package main

import (
	"strings"
	"testing"
)

// TestWholeColumnsAreNotCut takes the room that lacks from the other columns.
func TestWholeColumnsAreNotCut(t *testing.T) {
	long := strings.Repeat("x", 30)
	g := grid{header: []string{"when", "what"}, rows: [][]string{{long, long}}, right: make([]bool, 2), whole: []int{0}}
	widths := fit(g, 50)
	if widths[0] != 30 || widths[1] != 18 {
		t.Errorf("%d columns for what is whole and %d for the rest, not 30 and 18", widths[0], widths[1])
	}
	g.whole = nil
	if widths = fit(g, 50); widths[0] != 24 || widths[1] != 24 {
		t.Errorf("%v where nothing is whole", widths)
	}
	g.whole = []int{0, 1}
	if widths = fit(g, 50); widths[0] != 30 || widths[1] != 30 {
		t.Errorf("%v where both are whole", widths)
	}
}

func TestRunNumber(t *testing.T) {
	if n, err := runNumber(" 7 "); n != 7 || err != nil {
		t.Error(n, err)
	}
	for _, arg := range []string{"", "0", "-1", "7/a2", "7/3", "#7", "x", "99999999999999999999"} {
		if n, err := runNumber(arg); err == nil {
			t.Errorf("%q is run %d", arg, n)
		}
	}
	run, actions, err := parseActions([]string{"7/a2", "7/a3"})
	if run != 7 || len(actions) != 2 || actions[1] != 3 || err != nil {
		t.Error(run, actions, err)
	}
	for _, args := range [][]string{{"7", "8"}, {"7", "7/a2"}, {"7/a2", "8/a2"}, {"7/s1"}, {"7/3/1"}, {"#1"}, {"x"}} {
		if run, actions, err := parseActions(args); err == nil {
			t.Errorf("%q is run %d, actions %v", args, run, actions)
		}
	}
}
