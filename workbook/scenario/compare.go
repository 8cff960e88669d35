package scenario

import (
	"fmt"
	"slices"
	"strings"

	"tabletop/workbook"
)

// A Difference is one thing that came otherwise than expected.
type Difference struct {
	// Where is the part of the run: run, block 1 (sql), signals, actions,
	// requests or must_not_act.
	Where string `json:"where"`
	// Row is the number of the row among those that are listed, from 1; 0 where
	// another is meant.
	Row int `json:"row,omitempty"`
	// What is the column, the target, or what else was compared.
	What     string `json:"what"`
	Expected string `json:"expected"`
	Got      string `json:"got"`
}

// Compare lists what came otherwise than expected of a run that ended with
// failed, which is nil where it completed. Nil means that all came as expected.
func (e *Expect) Compare(result workbook.Result, failed error) []Difference {
	var found []Difference
	if d, ok := e.ending(failed); ok {
		found = append(found, d)
	}
	for _, b := range e.Blocks {
		found = append(found, b.compare(result)...)
	}
	if e.Signals != nil {
		found = append(found, whole("signals", e.Signals, signalTable(result.Signals)).differences()...)
	}
	if e.Actions != nil {
		found = append(found, compareActions(e.Actions, result.Actions)...)
	}
	if e.Requests != nil {
		found = append(found, e.requests(result.Actions).differences()...)
	}
	return append(found, e.forbidden(result.Actions)...)
}

// requests holds those that are expected against all that were made, of which
// others may come beside them.
func (e *Expect) requests(actions []workbook.Action) matching {
	m := whole("requests", e.Requests, actionTable(actions))
	m.some = len(e.Requests) > 0
	return m
}

// completed is how a run ends that fails at nothing.
const completed = "the run completes"

func (e *Expect) ending(failed error) (Difference, bool) {
	d := Difference{Where: "run", What: "end", Expected: completed, Got: completed}
	if e.Fails != "" {
		d.Expected = "fails: " + e.Fails
	}
	if failed != nil {
		d.Got = "fails: " + failed.Error()
	}
	if e.Fails == "" || failed == nil {
		return d, (e.Fails == "") != (failed == nil)
	}
	return d, !strings.Contains(failed.Error(), e.Fails)
}

// where names a block for a reader.
func where(b workbook.Block) string {
	if b.ID != "" {
		return fmt.Sprintf("block %d (%s, %s)", b.Index, b.Kind.Name, b.ID)
	}
	return fmt.Sprintf("block %d (%s)", b.Index, b.Kind.Name)
}

// result finds the block of a run that is meant.
func (b BlockExpect) result(r workbook.Result) (workbook.BlockResult, bool) {
	blocks := make([]workbook.Block, len(r.Blocks))
	for i, done := range r.Blocks {
		blocks[i] = done.Block
	}
	i, ok := Find(blocks, b.Block.Value)
	if !ok {
		return workbook.BlockResult{}, false
	}
	return r.Blocks[i], true
}

func (b BlockExpect) compare(r workbook.Result) []Difference {
	done, ran := b.result(r)
	if !ran {
		return []Difference{{Where: "block " + b.Block.Value, What: "run", Expected: "the block runs", Got: "the run ended before it"}}
	}
	table := done.Output.Table
	var found []Difference
	if b.Columns != nil && !slices.Equal(b.Columns, table.Columns) {
		found = append(found, Difference{Where: where(done.Block), What: "columns", Expected: strings.Join(b.Columns, ", "), Got: strings.Join(table.Columns, ", ")})
	}
	if n := b.count(); n >= 0 && n != len(table.Rows) {
		found = append(found, Difference{Where: where(done.Block), What: "rows", Expected: fmt.Sprint(n), Got: fmt.Sprint(len(table.Rows))})
	}
	return append(found, b.matching(done).differences()...)
}

// count is how many rows must come; -1 for any number.
func (b BlockExpect) count() int {
	if b.Rows < 0 && b.Values != nil {
		return len(b.Values)
	}
	return b.Rows
}

func (b BlockExpect) matching(done workbook.BlockResult) matching {
	m := whole(where(done.Block), b.Values, done.Output.Table)
	m.ordered, m.strict = b.Ordered, true
	m.some = b.Values == nil || b.Rows >= 0
	return m
}

// compareActions compares the verdicts on each target.
func compareActions(expected []VerdictExpect, actions []workbook.Action) []Difference {
	want, got := map[string][]string{}, map[string][]string{}
	var targets []string
	note := func(into map[string][]string, target string, verdict workbook.Verdict) {
		if want[target] == nil && got[target] == nil {
			targets = append(targets, target)
		}
		into[target] = append(into[target], string(verdict))
	}
	for _, v := range expected {
		for _, target := range v.Targets {
			note(want, target, v.Verdict)
		}
	}
	for _, a := range actions {
		label := Label(a)
		if want[label] == nil && want[a.Target] != nil {
			label = a.Target // as the row has it
		}
		note(got, label, a.Verdict)
	}
	var found []Difference
	for _, target := range targets {
		slices.Sort(want[target])
		slices.Sort(got[target])
		if !slices.Equal(want[target], got[target]) {
			found = append(found, Difference{Where: "actions", What: target, Expected: verdicts(want[target]), Got: verdicts(got[target])})
		}
	}
	return found
}

func verdicts(list []string) string {
	if len(list) == 0 {
		return "no action"
	}
	return strings.Join(list, ", ")
}
