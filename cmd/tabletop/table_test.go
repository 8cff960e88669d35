package main

import (
	"slices"
	"strings"
	"testing"

	"tabletop/workbook"
)

// TestWholeColumnsAreNotCut takes the room that lacks from the other columns.
func TestWholeColumnsAreNotCut(t *testing.T) {
	long := strings.Repeat("x", 30)
	g := grid{header: []string{"when", "what"}, rows: [][]string{{long, long}}, right: make([]bool, 2), whole: []int{0}}
	widths, fits := fit(g, 50)
	if widths[0] != 30 || widths[1] != 18 || !fits {
		t.Errorf("%d columns for what is whole and %d for the rest, not 30 and 18", widths[0], widths[1])
	}
	g.whole = nil
	if widths, fits = fit(g, 50); widths[0] != 24 || widths[1] != 24 || !fits {
		t.Errorf("%v where nothing is whole", widths)
	}
	g.whole = []int{0, 1}
	if widths, fits = fit(g, 50); widths[0] != 30 || widths[1] != 30 || fits {
		t.Errorf("%v where both are whole", widths)
	}
}

// TestAddressesAreNotCut: cut, one looks like the other.
func TestAddressesAreNotCut(t *testing.T) {
	long := strings.Repeat("x", 60)
	table := workbook.Table{Columns: []string{"$SrcIP", "$DstIP", "$Name", "$Other"}}
	for _, address := range []string{"2001:db8:20::14:1", "2001:db8:20::14:2"} {
		table.Rows = append(table.Rows, workbook.Row{Values: []workbook.Value{address, nil, long, "10.0.0.1 or so"}})
	}
	g := gridOf(table, 20)
	if !slices.Equal(g.whole, []int{0}) {
		t.Errorf("the columns %v are whole, not that of addresses alone", g.whole)
	}
	if widths, fits := fit(g, 60); !fits || widths[0] != 17 {
		t.Errorf("the addresses get %d columns, not 17", widths[0])
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
