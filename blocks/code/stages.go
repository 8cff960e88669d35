package code

import (
	"context"

	"tabletop/workbook"
)

// A Stage is what rows are behind one statement of a block.
type Stage struct {
	// Line is the statement's line in the workbook, Statement its text.
	Line      int
	Statement string
	// Table has the rows that are left, each From the row that came into the block.
	Table workbook.Table
}

// Stages runs the block's statements one after the other, and tells what each
// leaves. It stops behind the statement whose error ends it.
func (s statements) Stages(ctx context.Context, in workbook.Table, env *workbook.Env) ([]Stage, error) {
	var out []Stage
	for i, one := range s.list {
		// A statement works on the rows where they are, so each stage starts anew.
		done, err := statements{list: s.list[:i+1], onError: s.onError}.Run(ctx, in, env)
		if err != nil {
			return out, err
		}
		out = append(out, Stage{Line: one.line, Statement: one.text, Table: done.Table})
	}
	return out, nil
}
