package main

import (
	"strings"
	"testing"

	"tabletop/workbook"
)

func TestBreakpoints(t *testing.T) {
	list := []workbook.Block{{Index: 1, ID: "first"}, {Index: 2}}
	in := workbook.Table{Rows: make([]workbook.Row, 3)}
	env := &workbook.Env{Signals: make([]workbook.Signal, 2), Actions: make([]workbook.Action, 1)}
	for text, want := range map[string]bool{
		"2": true, "1": false, "first": false,
		"rows > 2": true, "rows>3": false, "rows >= 3": true, "rows < 3": false, "rows <= 3": true, "rows = 3": true, "rows != 3": false,
		"signals = 2": true, "actions > 1": false, " actions = 1 ": true,
	} {
		b, err := breakAt(text, list)
		if err != nil || b.met(list[1], in, env) != want {
			t.Errorf("%q: %v, %v", text, b, err)
		}
	}
	for _, text := range []string{"", "3", "0", "rows", "rows > ", "rows > -1", "rows == 1", "lines > 1", "rows > 99999999999"} {
		if b, err := breakAt(text, list); err == nil {
			t.Errorf("%q is %v", text, b)
		}
	}
}

// FuzzParseStep takes any line: what is taken has a known word, and reads the same
// again.
func FuzzParseStep(f *testing.F) {
	for _, v := range stepVerbs() {
		f.Add(v.word + " " + v.takes)
		f.Add(v.short)
	}
	f.Add("set Vector EMAIL")
	f.Add("break rows > 100")
	f.Fuzz(func(t *testing.T, line string) {
		list := []workbook.Block{{Index: 1, ID: "first"}}
		c, err := parseStep(line, list)
		if err != nil {
			return
		}
		again, err := parseStep(strings.TrimSpace(c.verb+" "+c.argument), list)
		if again.text = c.text; err != nil || again != c {
			t.Errorf("%q: %+v, then %+v: %v", line, c, again, err)
		}
	})
}
