package outlier

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"tabletop/workbook"
)

// columns stand behind the entity and its features: the score with its sign, the
// feature it is of, and the median of all entities there.
var columns = []string{"$Score", "$Feature", "$Median"}

// Columns lists the columns of what Find gives, the entity and its features first.
func Columns(asked []string) []string { return append(slices.Clone(asked), columns...) }

// A Search says what is to be found.
type Search struct {
	// Threshold is the least |M| of an outlier, beyond which it must lie.
	Threshold float64
	// All gives the other entities as well.
	All bool
}

// Find scores the entities of a table, whose first column is the entity and the
// others its features, and gives those that are out, the farthest first. A value
// that is no number has no score; where an entity has none at all, its score is
// nil. The warnings say what could not be scored.
func (s Search) Find(t workbook.Table) (workbook.Table, []string) {
	out := workbook.Table{Columns: Columns(t.Columns)}
	if len(t.Rows) < Fewest {
		warnings := []string{fmt.Sprintf("%d of the %d entities that a score needs: nothing is called an outlier", len(t.Rows), Fewest)}
		if s.All {
			for _, row := range t.Rows {
				row.Values = append(slices.Clone(row.Values), nil, nil, nil)
				out.Rows = append(out.Rows, row)
			}
		}
		return out, warnings
	}
	spreads, warnings := measured(t)
	type scored struct {
		row   workbook.Row
		score float64
	}
	var found []scored
	for _, row := range t.Rows {
		feature, score := farthest(row, spreads)
		if !s.All && (feature < 0 || math.Abs(score) <= s.Threshold) {
			continue
		}
		tail := []workbook.Value{nil, nil, nil}
		if feature >= 0 {
			tail = []workbook.Value{rounded(score), t.Columns[feature], whole(spreads[feature].Median)}
		}
		row.Values = append(slices.Clone(row.Values), tail...)
		found = append(found, scored{row, math.Abs(score)})
	}
	slices.SortStableFunc(found, func(a, b scored) int { return cmp.Compare(b.score, a.score) })
	for _, f := range found {
		out.Rows = append(out.Rows, f.row)
	}
	return out, warnings
}

// measured is the spread of each feature, and what was left out of it.
func measured(t workbook.Table) ([]Spread, []string) {
	spreads := make([]Spread, len(t.Columns))
	var warnings []string
	for i := 1; i < len(t.Columns); i++ {
		var values []float64
		for _, row := range t.Rows {
			if v, ok := number(row.Values[i]); ok {
				values = append(values, v)
			}
		}
		if without := len(t.Rows) - len(values); without > 0 {
			warnings = append(warnings, fmt.Sprintf("%d of %d entities have no number for %s: they are not scored by it", without, len(t.Rows), t.Columns[i]))
		}
		if len(values) >= Fewest {
			spreads[i] = Of(values)
		}
	}
	return spreads, warnings
}

// farthest finds the feature in which an entity is farthest out; -1 where it has
// no number at all.
func farthest(row workbook.Row, spreads []Spread) (feature int, score float64) {
	feature = -1
	for i := 1; i < len(spreads); i++ {
		v, ok := number(row.Values[i])
		if !ok {
			continue
		}
		if m := spreads[i].Score(v); feature < 0 || math.Abs(m) > math.Abs(score) {
			feature, score = i, m
		}
	}
	return feature, score
}

// number is a value as a finite number.
func number(v workbook.Value) (float64, bool) {
	switch n := workbook.Number(v).(type) {
	case int64:
		return float64(n), true
	case float64:
		return n, !math.IsNaN(n) && !math.IsInf(n, 0)
	}
	return 0, false
}

// rounded is a score to three digits behind the point, which is more than it says.
func rounded(score float64) float64 {
	if math.Abs(score) > 1e12 {
		return score
	}
	return math.Round(score*1000) / 1000
}

// whole is a number without digits behind the point, where it has none.
func whole(v float64) workbook.Value {
	if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
		return int64(v)
	}
	return v
}
