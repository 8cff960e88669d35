package main

import (
	"context"
	"fmt"
	"math"
	"slices"

	"tabletop/audit"
	"tabletop/workbook"
)

// A run is held against the last usualRuns of its workbook, where there are at
// least fewestRuns of them at clocks of their own.
const (
	usualRuns  = 20
	fewestRuns = 5
)

// unusual says in what a run differs from the earlier ones of its workbook. What
// the audit can't tell is not told: the run itself is whole without it. A run that
// a block was left out of differs by that alone.
func unusual(ctx context.Context, log *audit.Log, name string, now workbook.Result) []string {
	if slices.ContainsFunc(now.Blocks, func(b workbook.BlockResult) bool { return b.Skipped }) {
		return nil
	}
	past, err := log.Past(ctx, name, now.Run, usualRuns)
	if err != nil || len(past) == 0 || now.Status != workbook.Completed {
		return nil
	}
	var said []string
	if text := fell(past[0], now); text != "" {
		said = append(said, text)
	}
	if len(past) < fewestRuns {
		return said
	}
	if text := alwaysOrNever(past, now); text != "" {
		said = append(said, text)
	}
	if text := farOff(past, now.Totals.DNIFWouldSend); text != "" {
		said = append(said, text)
	}
	return said
}

// fell tells the first block that gave rows in the run before and gives none now,
// though its text is the same.
func fell(before audit.Past, now workbook.Result) string {
	for _, done := range now.Blocks {
		i := slices.IndexFunc(before.Blocks, func(b audit.PastBlock) bool {
			return b.Index == done.Block.Index && b.Kind == done.Block.Kind.Name && b.Text == done.Block.Text()
		})
		if i >= 0 && before.Blocks[i].RowsOut > 0 && len(done.Output.Table.Rows) == 0 && !done.Block.Kind.Silent {
			return fmt.Sprintf("block %d (%s) gives no row; in run %d, before this one, it gave %d", done.Block.Index, done.Block.Kind.Name, before.Run, before.Blocks[i].RowsOut)
		}
	}
	return ""
}

// alwaysOrNever tells of a workbook that has fired in no run, or in every one.
func alwaysOrNever(past []audit.Past, now workbook.Result) string {
	if !detects(now) {
		return ""
	}
	fired := 0
	for _, p := range past {
		if p.Signals+p.WouldSend > 0 {
			fired++
		}
	}
	fires := len(now.Signals)+now.Totals.DNIFWouldSend > 0
	runs := plural(len(past)+1, "run", "runs")
	switch {
	case fired == 0 && !fires:
		return "it has never fired: no signal and no request in the last " + runs + ", each at a clock of its own"
	case fired == len(past) && fires:
		return "it has always fired: a signal or a request in each of the last " + runs + ", each at a clock of its own"
	}
	return ""
}

// detects reports whether a run has a block that raises signals or makes
// requests.
func detects(r workbook.Result) bool {
	return slices.ContainsFunc(r.Blocks, func(b workbook.BlockResult) bool {
		kind := b.Block.Kind.Name
		return kind == "signal" || kind == "trigger" || len(b.Output.Actions) > 0 || b.Output.Called != nil && detects(b.Output.Called.Result)
	})
}

// scaleOfMAD makes the median absolute deviation of a normal sample its standard
// deviation: 1 / Φ⁻¹(3/4).
const scaleOfMAD = 1.4826

// farOff tells of a number of requests that lies three robust standard deviations
// from the usual one, and by more than half of it.
func farOff(past []audit.Past, requests int) string {
	var counts, apart []float64
	for _, p := range past {
		counts = append(counts, float64(p.WouldSend))
	}
	usual := median(counts)
	for _, n := range counts {
		apart = append(apart, math.Abs(n-usual))
	}
	off := math.Abs(float64(requests) - usual)
	if off < 3 || off <= 3*scaleOfMAD*median(apart) || off <= usual/2 {
		return ""
	}
	return fmt.Sprintf("DNIF would send %s; in the last %s the median was %g", plural(requests, "request", "requests"), plural(len(past), "run", "runs"), usual)
}

func median(list []float64) float64 {
	slices.Sort(list)
	n := len(list)
	return (list[(n-1)/2] + list[n/2]) / 2
}

// unusual shows in what a run differs from earlier ones.
func (c *console) unusual(said []string) {
	if len(said) == 0 {
		return
	}
	c.line()
	c.line(c.strong("compared with earlier runs"))
	c.warnings(said)
}
