package blocks

import (
	"tabletop/workbook"
	"tabletop/workbook/chart"
	"tabletop/workbook/source"
)

// Visual is the kind of block that draws the rows. They pass through it
// unchanged; the picture is drawn from them wherever the block is shown.
func Visual() workbook.Kind {
	return workbook.Kind{
		Name:   "visual",
		Doc:    "a picture of the rows; the rows pass through",
		Config: chart.Config{},
		Silent: true,
		Passes: true,
		Prepare: func(b workbook.Block, p *workbook.Preparation) workbook.Step {
			in := p.In
			if p.First { // none of its columns is known, for one and the same reason
				in = workbook.Columns{}
			}
			drawn, problems := chart.Check(b.Body, in)
			p.ReportAll(problems)
			if p.First {
				p.Report(b.Body.Problem("a visual needs rows, and no block before it gives any", "put a block such as sql, search or dql before it"))
			}
			return visualStep{spot: b.Body.Spot(), drawn: drawn}
		},
	}
}

// visualStep hands on the rows that it draws.
type visualStep struct {
	passThrough
	spot  source.Spot
	drawn chart.Spec
}

// Facts are that somebody sees the columns that are drawn. Where its columns could
// not be read it may draw any.
func (v visualStep) Facts() []workbook.Facts {
	f := workbook.Facts{Spot: v.spot, Shows: true, All: v.drawn.Primary == ""}
	for _, name := range append([]string{v.drawn.Primary}, v.drawn.Secondary...) {
		f.Reads = append(f.Reads, workbook.Named{Name: name})
	}
	return []workbook.Facts{f}
}
