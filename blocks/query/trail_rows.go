package query

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"tabletop/workbook"
	"tabletop/workbook/events"
)

// rows finds the rows that were made of the value's events, behind HAVING and
// LIMIT.
func (f *following) rows(ctx context.Context, s *Select, sources []followed, t *Trail, maxRows int) error {
	var columns []Expr
	for _, src := range sources {
		columns = append(columns, src.columns...)
	}
	hit := f.hit(columns)
	marked := *s
	mark := hit
	if aggregated(s) {
		mark = &Binary{Op: ">", X: &Call{Name: "count_if", Args: []Expr{hit}}, Y: &Literal{Value: int64(0)}}
	}
	marked.Items = append(slices.Clone(s.Items), Item{Expr: mark, Alias: "held"})
	result, err := f.run(ctx, &marked, max(maxRows, 1), false)
	if tooMany(err) {
		t.Unknown = "the rows of the query: they are more than a run holds"
		return nil
	}
	if err != nil {
		return err
	}
	if f.taken(result, t); len(t.Rows) > 0 {
		if !t.Held {
			t.Lost = NotSelected
		}
		return nil
	}
	if s.Having != nil {
		if err := f.having(ctx, s, mark, t); err != nil || t.Lost != Came {
			return err
		}
	}
	return f.limit(ctx, s, marked, t)
}

func tooMany(err error) bool {
	var many workbook.TooManyRows
	return errors.As(err, &many)
}

// taken notes the rows that are marked; the mark is the last column.
func (f *following) taken(result events.Result, t *Trail) {
	var holding, made []int
	for i, row := range result.Table.Rows {
		last := len(row.Values) - 1
		if last < 0 || !marks(row.Values[last]) {
			continue
		}
		made = append(made, i+1)
		if slices.ContainsFunc(row.Values[:last], f.holds) {
			holding = append(holding, i+1)
		}
	}
	t.Rows, t.Held = made, len(holding) > 0
	if t.Held {
		t.Rows = holding
	}
}

func marks(v workbook.Value) bool { return v == "true" || v == int64(1) }

// having finds the groups that hold the value and fail HAVING.
func (f *following) having(ctx context.Context, s *Select, mark Expr, t *Trail) error {
	list := terms(s.Having)
	asked := *s
	asked.Having, asked.Limit, asked.Offset = mark, -1, -1
	n := len(s.Items)
	asked.Items = slices.Clone(s.Items)
	// What the conditions compare is shown with them.
	var operands []Expr
	for _, term := range list {
		for _, child := range children(term) {
			_, literal := (*child).(*Literal)
			known := slices.ContainsFunc(append(itemExprs(s.Items), operands...), func(e Expr) bool { return same(e, *child) })
			if !literal && !known {
				operands = append(operands, *child)
			}
		}
	}
	for i, e := range append(slices.Clone(operands), list...) {
		asked.Items = append(asked.Items, Item{Expr: e, Alias: fmt.Sprintf("h%d", i)})
	}
	result, err := f.run(ctx, &asked, maxRanked, false)
	if tooMany(err) {
		t.Unknown = "which of the groups fail HAVING: they are too many"
		return nil
	}
	if err != nil {
		return err
	}
	var at string
	for _, row := range result.Table.Rows {
		g := TrailGroup{Values: []TrailValue{}, Fails: []string{}}
		for i, item := range s.withNames().Items {
			g.Values = append(g.Values, TrailValue{Column: item.Alias, Value: row.Values[i], Held: f.holds(row.Values[i])})
		}
		for i, e := range operands {
			g.Values = append(g.Values, TrailValue{Column: title(e), Value: row.Values[n+i]})
		}
		for i, term := range list {
			if !marks(row.Values[n+len(operands)+i]) {
				g.Fails = append(g.Fails, print(term, 0))
			}
		}
		if len(g.Fails) == 0 {
			return nil // HAVING lets it through
		}
		if at == "" {
			at = g.Fails[0]
			place := f.text.Place(begin(list[slices.IndexFunc(list, func(e Expr) bool { return print(e, 0) == at })]))
			t.Line, t.Column = place.Line, place.Column
		}
		if len(t.Groups) < maxTrailGroups {
			t.Groups = append(t.Groups, g)
		}
	}
	if t.At = at; at != "" {
		t.Lost = ByHaving
	}
	return nil
}

func itemExprs(items []Item) (list []Expr) {
	for _, item := range items {
		if item.Expr != nil {
			list = append(list, item.Expr)
		}
	}
	return list
}

// limit finds the places that the value's rows would have without LIMIT.
func (f *following) limit(ctx context.Context, s *Select, marked Select, t *Trail) error {
	t.Groups, t.At, t.Line, t.Column = nil, "", 0, 0
	if s.Limit < 0 && s.Offset <= 0 {
		if t.Unknown == "" {
			t.Unknown = "which row it went into"
		}
		return nil
	}
	t.Lost, t.Limit, t.Offset = ByLimit, s.Limit, max(s.Offset, 0)
	marked.Limit, marked.Offset = -1, -1
	result, err := f.run(ctx, &marked, maxRanked, false)
	if tooMany(err) {
		return nil
	}
	if err != nil {
		return err
	}
	t.Of = len(result.Table.Rows)
	for i, row := range result.Table.Rows {
		if marks(row.Values[len(row.Values)-1]) && len(t.Places) < maxTrailRows {
			t.Places = append(t.Places, i+1)
		}
	}
	return nil
}
