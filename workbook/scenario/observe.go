package scenario

import (
	"regexp"
	"slices"
	"strconv"

	"tabletop/workbook"
	"tabletop/workbook/source"
)

// maxListed is how many rows of a block are listed where expectations are made
// of a run; of more, only their number is.
const maxListed = 50

// sorts matches what gives rows an order: ORDER BY, orderby and _sort.
var sorts = regexp.MustCompile(`(?i)\border\s*by\b|\b_?sort\b`)

// Observe makes expectations of all that came of a run.
func Observe(result workbook.Result, failed error) *Expect {
	e := &Expect{Signals: signalRows(result.Signals), Actions: verdictsOf(result.Actions)}
	if failed != nil {
		e.Fails = failed.Error()
	}
	var before workbook.Table
	for _, done := range result.Blocks {
		if done.Failed != nil {
			break
		}
		if !done.Block.Kind.Silent {
			e.Blocks = append(e.Blocks, observed(done, before))
		}
		before = done.Output.Table
	}
	return e
}

// observed is what came out of a block. Of rows that are those of the block
// before, with more columns at most, only the number is kept: they are listed
// there, and what a trigger adds to them stands in its actions.
func observed(done workbook.BlockResult, before workbook.Table) BlockExpect {
	t := done.Output.Table
	b := BlockExpect{Block: source.NewText("", strconv.Itoa(done.Block.Index)), Rows: len(t.Rows)}
	if done.Block.ID != "" {
		b.Block.Value = done.Block.ID
	}
	if len(t.Rows) == 0 || len(t.Rows) > maxListed || len(done.Output.Actions) > 0 || sameRows(before, t) {
		return b
	}
	b.Rows = -1
	b.Ordered = len(t.Rows) > 1 && sorts.MatchString(done.Block.Text())
	b.Values = rowsOf(t)
	return b
}

func sameRows(a, b workbook.Table) bool {
	return slices.Equal(a.Columns, b.Columns) && slices.EqualFunc(a.Rows, b.Rows, func(x, y workbook.Row) bool { return slices.Equal(x.Values, y.Values) })
}

// signalRows are signals in the fields that tell them apart.
func signalRows(signals []workbook.Signal) []Row {
	m := whole("", nil, signalTable(signals))
	rows := []Row{}
	for j := range signals {
		rows = append(rows, m.come(j))
	}
	return rows
}
