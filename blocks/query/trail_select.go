package query

import (
	"context"
	"fmt"
	"slices"
)

// selectStatement follows the value through a SELECT: what it reads, its time, its
// conditions, groups and limit, in this order, until where it is lost.
func (f *following) selectStatement(ctx context.Context, s *Select, maxRows int) (Trail, error) {
	t := Trail{Sources: []TrailSource{}, Conditions: []ExplainedCondition{}, Rows: []int{}}
	sources := f.sources(s)
	if err := f.reads(ctx, s, sources, &t, maxRows); err != nil || t.Lost != Came {
		return t, err
	}
	if err := f.where(ctx, s, sources, &t); err != nil || t.Lost != Came {
		return t, err
	}
	return t, f.rows(ctx, s, sources, &t, maxRows)
}

// reads looks for the value in what the SELECT reads.
func (f *following) reads(ctx context.Context, s *Select, sources []followed, t *Trail, maxRows int) error {
	anywhere, inside := false, false
	for i, src := range sources {
		if src.Select != nil {
			came, err := f.inner(ctx, src, t, maxRows)
			if err != nil {
				return err
			}
			anywhere, inside = anywhere || came, inside || came
			continue
		}
		one, err := f.source(ctx, s, sources[i])
		if err != nil {
			return err
		}
		t.Sources = append(t.Sources, one)
		anywhere, inside = anywhere || one.Holds > 0, inside || one.Inside > 0
	}
	switch {
	case inside:
	case anywhere:
		t.Lost = OutsideTime
		return f.outside(ctx, sources, t)
	case len(t.Inner) > 0:
		furthest := t.Inner[0]
		for _, inner := range t.Inner {
			if inner.Lost != NotRead {
				furthest = inner
			}
		}
		t.Lost, t.At, t.Line, t.Column, t.Example = furthest.Lost, furthest.At, furthest.Line, furthest.Column, furthest.Example
	default:
		t.Lost = NotRead
	}
	return nil
}

// inner follows the value through a SELECT in FROM and those that UNION joins to
// it; it reports whether any of them gives it on.
func (f *following) inner(ctx context.Context, src followed, t *Trail, maxRows int) (bool, error) {
	came := false
	for _, s := range append([]*Select{src.Select}, unionSelects(src.Unions)...) {
		inner, err := f.selectStatement(ctx, s, maxRows)
		if err != nil {
			return false, err
		}
		t.Inner = append(t.Inner, inner)
		came = came || inner.Lost == Came
	}
	return came, nil
}

func unionSelects(unions []Union) (list []*Select) {
	for _, u := range unions {
		list = append(list, u.Select)
	}
	return list
}

// source counts the events of a source that hold the value.
func (f *following) source(ctx context.Context, s *Select, src followed) (TrailSource, error) {
	one := TrailSource{Reads: sourceName(src.Source), Columns: []string{}}
	window, err := s.Window.resolve(f.clock.Now, f.clock.Zone, f.o.Standard)
	if err != nil {
		return one, err
	}
	one.Window = window.String()
	alone := []Source{alone(src.Source)}
	hit := f.hit(src.columns)
	result, err := f.run(ctx, counting(alone, Window{}, hit), 1, true)
	if err != nil {
		return one, err
	}
	one.Holds = whole(result.Table.Rows[0].Values[0])
	if len(result.Read) > 0 {
		one.Events = result.Read[0].Events
	}
	if one.Holds == 0 {
		return one, nil
	}
	if result, err = f.run(ctx, counting(alone, s.Window, hit), 1, false); err != nil {
		return one, err
	}
	one.Inside = whole(result.Table.Rows[0].Values[0])
	example, err := f.example(ctx, alone, src.columns, Window{}, hit, nil, true)
	if example != nil {
		for _, v := range example.Values {
			if v.Held {
				one.Columns = append(one.Columns, v.Column)
			}
		}
	}
	return one, err
}

// alone is a source without what joins it to others.
func alone(src Source) Source {
	src.Join, src.On = "", nil
	return src
}

// outside finds the newest event that holds the value.
func (f *following) outside(ctx context.Context, sources []followed, t *Trail) error {
	for _, src := range sources {
		if src.Select != nil {
			continue
		}
		time := &Column{Name: "$CNAMTime"}
		if len(sources) > 1 {
			time.Qualifier = src.alias()
		}
		example, err := f.example(ctx, []Source{alone(src.Source)}, src.columns, Window{}, f.hit(src.columns), time, true)
		if err != nil {
			return err
		}
		if example != nil {
			t.Example = example
			return nil
		}
	}
	return nil
}

func (src followed) alias() string {
	if src.Alias != "" {
		return src.Alias
	}
	return src.Stream + src.Store
}

// example reads an event, or a row of several, for which a condition holds: the
// values that hold what is looked for, and those that another condition reads. The
// newest comes first of one source in all time.
func (f *following) example(ctx context.Context, from []Source, columns []Expr, window Window, where, reads Expr, allTime bool) (*TrailExample, error) {
	shown := slices.Clone(columns)
	if reads != nil {
		for _, c := range columnsIn(reads) {
			if !slices.ContainsFunc(shown, func(e Expr) bool { return same(e, c) }) {
				shown = append(shown, c)
			}
		}
	}
	shown = shown[:min(len(shown), maxColumns)]
	s := &Select{From: from, Window: window, Where: where, Limit: 1, Offset: -1, Newest: allTime && len(from) == 1 && from[0].Select == nil && from[0].Store == ""}
	for i, c := range shown {
		s.Items = append(s.Items, Item{Expr: c, Alias: fmt.Sprintf("v%d", i)})
	}
	if len(s.Items) == 0 {
		return nil, nil
	}
	result, err := f.run(ctx, s, 1, allTime)
	if err != nil || len(result.Table.Rows) == 0 {
		return nil, err
	}
	row := result.Table.Rows[0]
	e := &TrailExample{Values: []TrailValue{}}
	if len(row.Evidence.First) > 0 {
		e.At = &row.Evidence.First[0]
	}
	for i, c := range shown {
		held := f.holds(row.Values[i])
		read := reads != nil && slices.ContainsFunc(columnsIn(reads), func(r *Column) bool { return same(r, c) })
		if held || read {
			e.Values = append(e.Values, TrailValue{Column: columnText(c), Value: row.Values[i], Held: held})
		}
	}
	return e, nil
}

func columnText(e Expr) string {
	c, ok := e.(*Column)
	if !ok || c.Qualifier == "" {
		return print(e, 0)
	}
	return c.Qualifier + "." + c.Name
}

// columnsIn lists the columns that an expression reads, those of SELECTs in it
// aside.
func columnsIn(e Expr) []*Column {
	var out []*Column
	var walk func(Expr)
	walk = func(e Expr) {
		if c, ok := e.(*Column); ok && !slices.ContainsFunc(out, func(known *Column) bool { return same(known, c) }) {
			out = append(out, c)
		}
		for _, child := range children(e) {
			walk(*child)
		}
	}
	walk(e)
	return out
}

// where counts what the conditions let through of the events that hold the value.
func (f *following) where(ctx context.Context, s *Select, sources []followed, t *Trail) error {
	var conditions []Expr
	if s.Where != nil {
		conditions = terms(s.Where)
	}
	var columns []Expr
	for _, src := range sources {
		columns = append(columns, src.columns...)
	}
	if len(s.From) > 1 {
		lost, err := f.ownConditions(ctx, s, sources, t)
		if err != nil || lost {
			return err
		}
	}
	lost, err := f.conditions(ctx, s.From, s.Window, columns, conditions, t)
	if err == nil && lost && t.At == "" {
		t.Lost = ByJoin
	}
	return err
}

// ownConditions counts, before a JOIN is made, what the conditions on one source
// alone let through. It reports whether none of those that hold the value is left.
func (f *following) ownConditions(ctx context.Context, s *Select, sources []followed, t *Trail) (bool, error) {
	sc := scopeOf(s)
	var all []Expr
	if s.Where != nil {
		all = terms(s.Where)
	}
	for _, src := range s.From {
		if src.Join == "JOIN" && src.On != nil {
			all = append(all, terms(src.On)...)
		}
	}
	holding, lost := 0, 0
	for i, src := range sources {
		if src.Select != nil {
			holding++ // whether it is lost there was told
			continue
		}
		var own []Expr
		for _, term := range all {
			if of, ok := sourcesOf(term, sc); ok && len(of) == 1 && of[0] == i {
				own = append(own, term)
			}
		}
		one := Trail{}
		gone, err := f.conditions(ctx, []Source{alone(src.Source)}, s.Window, src.columns, own, &one)
		if err != nil {
			return false, err
		}
		if gone && one.At == "" {
			continue // it never held the value
		}
		if holding++; gone {
			lost++
			t.Lost, t.At, t.Line, t.Column, t.Example, t.Conditions = one.Lost, one.At, one.Line, one.Column, one.Example, one.Conditions
		}
	}
	if holding == 0 || lost < holding {
		t.Lost, t.At, t.Line, t.Column, t.Example, t.Conditions = Came, "", 0, 0, nil, []ExplainedCondition{}
		return false, nil
	}
	return true, nil
}

// conditions counts what each condition lets through, and finds the first that
// leaves nothing. It reports whether nothing is left; where that is so and t.At is
// empty, no row held the value to begin with.
func (f *following) conditions(ctx context.Context, from []Source, window Window, columns, list []Expr, t *Trail) (bool, error) {
	if len(list) > maxCounted {
		t.Unknown = fmt.Sprintf("which of the conditions removed it: they are more than %d", maxCounted)
		list = []Expr{conjunction(list)}
	}
	hit := f.hit(columns)
	ask := counting(from, window, hit)
	for i, term := range list {
		for k, e := range []Expr{term, conjunction(list[:i+1])} {
			ask.Items = append(ask.Items, Item{Expr: &Call{At: term.place(), Name: "count_if", Args: []Expr{e}}, Alias: fmt.Sprintf("c%d_%d", i, k)})
		}
	}
	result, err := f.run(ctx, ask, 1, false)
	if err != nil {
		return false, err
	}
	values := result.Table.Rows[0].Values
	for i, term := range list {
		at := f.text.Place(begin(term))
		t.Conditions = append(t.Conditions, ExplainedCondition{
			Condition: print(term, 0), Line: at.Line, Column: at.Column, Alone: whole(values[1+2*i]), Together: whole(values[2+2*i]),
		})
	}
	if whole(values[0]) == 0 {
		return true, nil
	}
	for i, c := range t.Conditions {
		if c.Together > 0 {
			continue
		}
		t.Lost, t.At, t.Line, t.Column = ByCondition, c.Condition, c.Line, c.Column
		where := hit
		if i > 0 {
			where = joined(hit, conjunction(list[:i]))
		}
		t.Example, err = f.example(ctx, from, columns, window, where, list[i], false)
		return true, err
	}
	return false, nil
}

// conjunction joins conditions by AND.
func conjunction(list []Expr) (all Expr) {
	for _, e := range list {
		all = joined(all, e)
	}
	return all
}
