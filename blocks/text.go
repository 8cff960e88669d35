package blocks

import (
	"context"

	"tabletop/workbook"
	"tabletop/workbook/source"
)

// Text is the kind of block that explains: Markdown for the reader. Rows pass
// through it unchanged.
func Text() workbook.Kind {
	return workbook.Kind{
		Name:   "text",
		Doc:    "Markdown for the reader; the rows pass through",
		Config: source.Text{},
		Silent: true,
		Passes: true,
		Prepare: func(b workbook.Block, p *workbook.Preparation) workbook.Step {
			if _, ok := b.Body.Text(); !ok {
				p.Report(b.Body.Problem("a text block holds text", "write it under '|'"))
			}
			return passThrough{}
		},
	}
}

// passThrough hands on the rows that it gets.
type passThrough struct{}

func (passThrough) Run(_ context.Context, in workbook.Table, _ *workbook.Env) (workbook.Output, error) {
	return workbook.Output{Table: numbered(in)}, nil
}

// Facts are none: rows pass through unread.
func (passThrough) Facts() []workbook.Facts { return nil }

// numbered is a table each of whose rows was made from itself.
func numbered(in workbook.Table) workbook.Table {
	out := workbook.Table{Columns: in.Columns, Rows: make([]workbook.Row, len(in.Rows))}
	for i, r := range in.Rows {
		r.From = i + 1
		out.Rows[i] = r
	}
	return out
}
