package main

import (
	"fmt"
	"strconv"
	"strings"

	"tabletop/workbook"
	"tabletop/workbook/scenario"
)

// A coverage is what the tests of a workbook reach of it.
type coverage struct {
	Workbook string         `json:"workbook"`
	Blocks   []coveredBlock `json:"blocks"`
	Verdicts map[string]int `json:"verdicts"`
	acts     bool
}

// A coveredBlock counts the tests in which a block gave something (rows, signals
// or actions), and those that expect something of it.
type coveredBlock struct {
	Index    int    `json:"index"`
	ID       string `json:"id"`
	Kind     string `json:"kind"`
	Gave     int    `json:"gave"`
	Expected int    `json:"expected"`
}

// coverageOf gathers what tests reach, workbook by workbook in their order.
func coverageOf(list []*trial) []*coverage {
	var all []*coverage
	byPath := map[string]*coverage{}
	for _, t := range list {
		if t.program == nil {
			continue
		}
		w := byPath[t.file.Workbook]
		if w == nil {
			w = newCoverage(t.file.Workbook, t.program.Workbook.Blocks)
			byPath[t.file.Workbook], all = w, append(all, w)
		}
		w.add(t)
	}
	return all
}

func newCoverage(path string, blocks []workbook.Block) *coverage {
	w := &coverage{Workbook: path, Blocks: []coveredBlock{}, Verdicts: map[string]int{}}
	for _, b := range blocks {
		if !b.Kind.Silent {
			w.Blocks = append(w.Blocks, coveredBlock{Index: b.Index, ID: b.ID, Kind: b.Kind.Name})
		}
	}
	return w
}

func (w *coverage) add(t *trial) {
	for i := range w.Blocks {
		b := &w.Blocks[i]
		if b.Index > len(t.result.Blocks) {
			continue
		}
		out := t.result.Blocks[b.Index-1].Output
		if len(out.Table.Rows)+len(out.Signals)+len(out.Actions) > 0 {
			b.Gave++
		}
		if expects(t.test.Expect, t.program.Workbook.Blocks, b.Index, out) {
			b.Expected++
		}
	}
	for _, a := range t.result.Actions {
		w.Verdicts[string(a.Verdict)]++
		w.acts = true
	}
}

// expects reports whether a test says what must come of a block.
func expects(e *scenario.Expect, blocks []workbook.Block, index int, out workbook.Output) bool {
	if e == nil {
		return false
	}
	for _, b := range e.Blocks {
		if i, ok := scenario.Find(blocks, b.Block.Value); ok && i+1 == index {
			return true
		}
	}
	return e.Signals != nil && len(out.Signals) > 0 || e.Actions != nil && len(out.Actions) > 0
}

// coverage tells what the tests of a workbook reach.
func (c *console) coverage(w *coverage) {
	var silent, unexpected []string
	for _, b := range w.Blocks {
		name := strconv.Itoa(b.Index) + " (" + b.Kind + ")"
		if b.Gave == 0 {
			silent = append(silent, name)
		}
		if b.Expected == 0 {
			unexpected = append(unexpected, name)
		}
	}
	c.fact("coverage of ", w.Workbook)
	c.aside("  blocks    ", fmt.Sprintf("%d of %d gave rows, %d of %d are expected of", len(w.Blocks)-len(silent), len(w.Blocks), len(w.Blocks)-len(unexpected), len(w.Blocks)))
	if len(silent) > 0 {
		c.aside("            ", "no rows in any test: "+strings.Join(silent, ", "))
	}
	if len(unexpected) > 0 {
		c.aside("            ", "no test expects of: "+strings.Join(unexpected, ", "))
	}
	if !w.acts {
		return
	}
	var came, missed []string
	for _, v := range scenario.Verdicts() {
		if n := w.Verdicts[string(v)]; n > 0 {
			came = append(came, fmt.Sprintf("%s %d", v, n))
		} else {
			missed = append(missed, string(v))
		}
	}
	c.aside("  verdicts  ", strings.Join(came, ", "))
	if len(missed) > 0 {
		c.aside("            ", "in no test: "+strings.Join(missed, ", "))
	}
}
