package blocks

import (
	"slices"
	"strings"

	"tabletop/workbook"
	"tabletop/workbook/source"
)

// Facts are those of the question that is asked, each with the place of the field
// that says it. The columns of the scores have none: they can't be left out.
func (s outlierStep) Facts() []workbook.Facts {
	told, _ := workbook.FactsOf(s.Asker)
	for i := range told {
		f := &told[i]
		f.Spot = s.body
		f.Makes = nil
		for _, name := range s.columns {
			f.Makes = append(f.Makes, workbook.Named{Name: name})
		}
		for j, p := range f.Doubts {
			f.Doubts[j] = s.body.Problem(p.Message, p.Fix).Warn(p.Code)
		}
		for j := range f.Streams {
			f.Streams[j].Spot = s.at(s.config.Stream)
		}
		for j, column := range f.Columns {
			f.Columns[j].Spot = s.at(s.config.naming(column.Name))
		}
		for j := range f.Windows {
			f.Windows[j].Spot = s.at(s.config.Duration)
		}
		if f.Never != nil { // filters alone can contradict each other
			never := s.at(s.config.Where[len(s.config.Where)-1]).Problem(f.Never.Message, f.Never.Fix)
			f.Never = &never
		}
	}
	return told
}

// at is where a field is written, the block where it is not.
func (s outlierStep) at(t source.Text) source.Spot {
	if t.Set() {
		return t.Spot(0)
	}
	return s.body
}

// naming is the first field that names a column.
func (c OutlierConfig) naming(column string) source.Text {
	fields := slices.Concat([]source.Text{c.Entity}, c.Where, c.Features)
	for _, t := range fields {
		if strings.Contains(strings.ToLower(t.Value), strings.ToLower("$"+strings.TrimPrefix(column, "$"))) {
			return t
		}
	}
	return source.Text{}
}
