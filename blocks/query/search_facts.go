package query

import (
	"slices"
	"strings"

	"tabletop/workbook"
	"tabletop/workbook/source"
)

// searching is the step of a search: a query whose parts stand in fields.
type searching struct {
	*step
	config SearchConfig
	body   source.Spot
}

// Facts are those of the query, each with the place of the field that says it.
func (s *searching) Facts() []workbook.Facts {
	f := s.statement.Facts()
	f.Spot = s.body
	at := func(t source.Text) source.Spot {
		if t.Set() {
			return t.Spot(0)
		}
		return s.body
	}
	if f.Limit != nil {
		f.Limit.Spot = at(s.config.Rows)
	}
	for i := range f.Doubts {
		f.Doubts[i] = s.body.Problem(f.Doubts[i].Message, f.Doubts[i].Fix).Warn(f.Doubts[i].Code)
	}
	for i := range f.Windows {
		f.Windows[i].Spot = at(s.config.Duration)
	}
	for i := range f.Streams {
		f.Streams[i].Spot = at(s.config.Stream)
	}
	for i, column := range f.Columns {
		f.Columns[i].Spot = at(s.naming(column.Name))
	}
	for i := range f.Makes {
		f.Makes[i].Spot = at(s.config.Aggregate)
	}
	if f.Never != nil { // filters alone can contradict each other
		last := source.Text{}
		if n := len(s.config.Where); n > 0 {
			last = s.config.Where[n-1]
		}
		never := at(last).Problem(f.Never.Message, f.Never.Fix)
		f.Never = &never
	}
	return []workbook.Facts{f}
}

// naming is the first field that names a column.
func (s *searching) naming(column string) source.Text {
	names := func(t source.Text) bool {
		return strings.Contains(strings.ToLower(t.Value), strings.ToLower("$"+strings.TrimPrefix(column, "$")))
	}
	if i := slices.IndexFunc(s.config.Where, names); i >= 0 {
		return s.config.Where[i]
	}
	if names(s.config.Aggregate) {
		return s.config.Aggregate
	}
	return source.Text{}
}
