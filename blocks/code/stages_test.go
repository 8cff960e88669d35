package code

import (
	"testing"

	"pgregory.net/rapid"

	"tabletop/workbook"
	"tabletop/workbook/source"
)

// TestStagesEndInTheBlocksRows holds the last stage against a run of the block.
func TestStagesEndInTheBlocksRows(t *testing.T) {
	lines := []string{"$A = $A + 1", "where $A > 2", "$B = $A", "drop $B", "rename $A to $C\nrename $C to $A", "where $B == nil"}
	rapid.Check(t, func(rt *rapid.T) {
		var text string
		for _, i := range rapid.SliceOfN(rapid.IntRange(0, len(lines)-1), 1, 6).Draw(rt, "statements") {
			text += lines[i] + "\n"
		}
		in := workbook.Table{Columns: []string{"$A"}}
		for _, v := range rapid.SliceOfN(rapid.IntRange(0, 4), 0, 5).Draw(rt, "rows") {
			in.Rows = append(in.Rows, workbook.Row{Values: []workbook.Value{int64(v)}})
		}
		p := workbook.NewPreparation(nil)
		p.First = false
		step, ok := prepareStatements(source.NewText("code", text), onErrorNull, p).(statements)
		if !ok {
			rt.Fatal(p.Problems())
		}
		env := &workbook.Env{MaxRows: 100}
		want, err := step.Run(t.Context(), in, env)
		if err != nil {
			rt.Fatal(err)
		}
		stages, err := step.Stages(t.Context(), in, env)
		if err != nil || len(stages) != len(step.list) {
			rt.Fatalf("%d stages of %d: %v", len(stages), len(step.list), err)
		}
		last := stages[len(stages)-1].Table
		if len(last.Rows) != len(want.Table.Rows) || len(last.Columns) != len(want.Table.Columns) {
			rt.Fatalf("%v, not %v", last, want.Table)
		}
		for i, row := range last.Rows {
			if row.From != want.Table.Rows[i].From {
				rt.Fatalf("row %d is of %d, not of %d", i+1, row.From, want.Table.Rows[i].From)
			}
		}
		before := len(in.Rows)
		for _, stage := range stages {
			if len(stage.Table.Rows) > before {
				rt.Fatalf("%s makes %d rows of %d", stage.Statement, len(stage.Table.Rows), before)
			}
			before = len(stage.Table.Rows)
		}
	})
}
