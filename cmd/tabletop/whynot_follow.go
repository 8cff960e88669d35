package main

import (
	"context"
	"errors"
	"slices"
	"time"

	"tabletop/audit"
	"tabletop/blocks/code"
	"tabletop/blocks/query"
	"tabletop/workbook"
	"tabletop/workbook/indicator"
)

// A pursuit follows a value through a run that is made again.
type pursuit struct {
	value    string
	recorded *recordedRun
	// applied is the run that applied the plan of the recorded one, where that was
	// asked for.
	applied *audit.Run

	sought    query.Sought
	found     indicator.Sought
	sightings []query.Sighting
	again     *ranAgain
	differ    differences
	visits    map[visitKey]*visit
	stops     []*stop
	// alive says that rows of the value reached the end, changed the first block
	// of code that took the value out of its rows.
	alive   bool
	changed *stop
	// others are actions of the value's rows that are aimed at something else.
	others []workbook.Action
}

type visitKey struct {
	run   int64
	block int
}

// A visit is a block as it was about to run, with the directives in it.
type visit struct{ parts []visitPart }

type visitPart struct {
	step any
	in   workbook.Table
	env  workbook.Env
	// trail is that of a query, failed why there is none.
	trail  *query.Trail
	failed error
}

// A stop is a block on the value's way.
type stop struct {
	run   int64
	block workbook.Block
	depth int
	// in and out count the rows of the value.
	in, out int
	trail   *query.Trail
	// lost says that the value ends here, and how.
	lost lostReason
	// line and statement are those of the code that dropped or changed it, before
	// and after a row around it.
	line          int
	statement     string
	before, after []query.TrailValue
	// directive is the one that lost it, from 1, where a block has several.
	directive int
	note      string
}

// follower is a step that can follow a value through its query.
type follower interface {
	Follow(ctx context.Context, in workbook.Table, env *workbook.Env, sought query.Sought) (query.Trail, error)
}

// staged is a step that can tell what each of its statements leaves.
type staged interface {
	Stages(ctx context.Context, in workbook.Table, env *workbook.Env) ([]code.Stage, error)
}

func newPursuit(value string) *pursuit {
	return &pursuit{value: value, visits: map[visitKey]*visit{}, sought: query.Sought{Value: value}, found: indicator.Seek(value)}
}

// follow makes the run again and follows the value through it.
func (p *pursuit) follow(ctx context.Context, c *console, events string) error {
	var err error
	p.again, err = p.recorded.again(ctx, c, againOptions{events: events, ready: p.look, watch: p.watch})
	if err != nil {
		return err
	}
	p.differ = compare(p.recorded.run, p.again.result)
	p.walk(ctx, p.again.result, p.recorded.run.Number, workbook.Table{}, nil, 0)
	return nil
}

// look finds the value in all events, first as a value of its own, then within
// longer texts.
func (p *pursuit) look(ctx context.Context, b *bench, now time.Time) error {
	clock := query.Clock{Now: now, Zone: b.zoneOr(time.UTC)}
	for _, within := range []bool{false, true} {
		p.sought.Within = within
		found, err := query.Sightings(ctx, b.options.Query, clock, p.sought)
		if err != nil {
			return err
		}
		if p.sightings = found; len(found) > 0 {
			return nil
		}
	}
	p.sought.Within = false
	return nil
}

// watch notes a step that is about to run.
func (p *pursuit) watch(ctx context.Context, step any, in workbook.Table, env *workbook.Env) error {
	key := visitKey{env.Run, env.Block}
	v := p.visits[key]
	if v == nil {
		v = &visit{}
		p.visits[key] = v
	}
	part := visitPart{step: step, in: in, env: *env}
	part.env.Watch = nil
	if f, ok := step.(follower); ok {
		trail, err := f.Follow(ctx, in, env, p.sought)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if part.failed = err; err == nil {
			part.trail = &trail
		}
	}
	v.parts = append(v.parts, part)
	return nil
}

// holds reports whether a cell is the value.
func (p *pursuit) holds(v workbook.Value) bool {
	switch {
	case v == nil:
		return false
	case p.sought.Within:
		return p.found.Within(workbook.Text(v))
	}
	return p.found.In(workbook.Text(v))
}

// holding lists the rows of a table that have the value, from 1.
func (p *pursuit) holding(t workbook.Table) []int {
	var rows []int
	for i, row := range t.Rows {
		if slices.ContainsFunc(row.Values, p.holds) {
			rows = append(rows, i+1)
		}
	}
	return rows
}

// walk goes through the blocks of a run with the rows of the value that come in.
func (p *pursuit) walk(ctx context.Context, r workbook.Result, run int64, in workbook.Table, rows []int, depth int) {
	for _, done := range r.Blocks {
		s := &stop{run: run, block: done.Block, depth: depth, in: len(rows)}
		v := p.visits[visitKey{run, done.Block.Index}]
		p.stops = append(p.stops, s)
		if v == nil { // it was left out, or the run ended before
			s.note = "it did not run"
			return
		}
		before := rows
		rows = p.pass(ctx, v, s, in, done.Output.Table, rows)
		s.out = len(rows)
		if called := done.Output.Called; called != nil {
			p.walk(ctx, called.Result, called.Run, in, before, depth+1)
		}
		if done.Failed != nil {
			s.lost, s.note = runFailed, describe(done.Failed)
			return
		}
		p.aim(done, rows)
		in = done.Output.Table
	}
	p.alive = p.alive || depth == 0 && len(rows) > 0
}

// pass follows rows through one block: through its query, its directives or its
// code.
func (p *pursuit) pass(ctx context.Context, v *visit, s *stop, in, out workbook.Table, rows []int) []int {
	parts := v.parts
	if len(parts) > 1 {
		parts = parts[1:] // the first is the block as a whole
	}
	began := rows
	table := in
	for i, part := range parts {
		next, last := out, i == len(parts)-1
		if !last {
			next = parts[i+1].in
		}
		var left []int
		switch {
		case part.trail != nil:
			s.trail, s.lost = part.trail, ofTrail(part.trail.Lost)
			left = p.behindQuery(part, next)
		case part.failed != nil && !isAction(part.step):
			s.note = describe(part.failed)
			left = p.holding(next)
		case last && len(parts) > 1:
			left = p.behindPipeline(table, next, began, rows)
		default:
			left = union(descended(table, next, rows), p.holding(next))
		}
		if len(rows) > 0 && len(left) == 0 && part.trail == nil {
			p.droppedAt(ctx, s, part, i, len(parts), in, out, rows)
		} else if part.trail == nil {
			p.changedAt(ctx, s, part, table, rows, next, left)
		}
		rows, table = left, next
	}
	return rows
}

func isAction(step any) bool { _, ok := step.(follower); return !ok }

// behindQuery are the rows of a query that the value went into.
func (p *pursuit) behindQuery(part visitPart, next workbook.Table) []int {
	var rows []int
	for _, n := range part.trail.Rows {
		if n <= len(next.Rows) && (!part.trail.Held || slices.ContainsFunc(next.Rows[n-1].Values, p.holds)) {
			rows = append(rows, n)
		}
	}
	if len(rows) == 0 { // a directive that joins its rows to those before it
		return p.holding(next)
	}
	return rows
}

// behindPipeline are the rows of a block's end, which name those that came into
// the block, and not into its last directive.
func (p *pursuit) behindPipeline(table, next workbook.Table, began, rows []int) []int {
	if len(table.Rows) == len(next.Rows) { // _trigger and _store keep all
		return rows
	}
	return union(descended(workbook.Table{}, next, began), p.holding(next))
}

// descended are the rows of next that were made of rows of table.
func descended(table, next workbook.Table, rows []int) []int {
	if next.Is(table) {
		return rows
	}
	var out []int
	for i, row := range next.Rows {
		if row.From > 0 && slices.Contains(rows, row.From) {
			out = append(out, i+1)
		}
	}
	return out
}

// union merges two ascending lists.
func union(a, b []int) []int {
	out := append(slices.Clone(a), b...)
	slices.Sort(out)
	return slices.Compact(out)
}

// droppedAt says what took the rows away.
func (p *pursuit) droppedAt(ctx context.Context, s *stop, part visitPart, i, of int, in, out workbook.Table, rows []int) {
	s.lost = droppedByBlock
	if of > 1 {
		s.directive = i + 1
	}
	if s.block.Kind.Name == "code" {
		s.lost = droppedByCode
		if slices.Equal(out.Columns, []string{"Status", "Exception"}) && len(out.Rows) == 1 {
			s.lost, s.note = codeFailed, workbook.Text(out.Rows[0].Values[1])
			return
		}
	}
	stages, subset := p.stages(ctx, part, in, rows)
	before := subset
	for _, stage := range stages {
		if len(stage.Table.Rows) == 0 {
			s.line, s.statement = stage.Line, stage.Statement
			s.before = p.rowValues(before, 0)
			return
		}
		before = stage.Table
	}
}

// maxStaged is how many of the value's rows go through the statements again.
const maxStaged = 20

// stages runs the statements of a block of code on the value's rows alone.
func (p *pursuit) stages(ctx context.Context, part visitPart, in workbook.Table, rows []int) ([]code.Stage, workbook.Table) {
	subset := workbook.Table{Columns: in.Columns}
	for _, n := range rows[:min(len(rows), maxStaged)] {
		if n <= len(in.Rows) {
			subset.Rows = append(subset.Rows, in.Rows[n-1])
		}
	}
	st, ok := part.step.(staged)
	if !ok {
		return nil, subset
	}
	stages, err := st.Stages(ctx, subset, &part.env)
	if err != nil && !errors.Is(err, context.Canceled) {
		return stages, subset // as far as they went
	}
	return stages, subset
}

// changedAt notes the statement behind which no row has the value any more.
func (p *pursuit) changedAt(ctx context.Context, s *stop, part visitPart, table workbook.Table, rows []int, next workbook.Table, left []int) {
	had := len(rows) > 0 && slices.ContainsFunc(rows, func(n int) bool {
		return n <= len(table.Rows) && slices.ContainsFunc(table.Rows[n-1].Values, p.holds)
	})
	has := slices.ContainsFunc(left, func(n int) bool { return slices.ContainsFunc(next.Rows[n-1].Values, p.holds) })
	if !had || has || p.changed != nil || len(left) == 0 {
		return
	}
	p.changed = s
	s.before, s.after = p.rowValues(table, rows[0]-1), p.rowValues(next, left[0]-1)
	stages, before := p.stages(ctx, part, table, rows)
	for _, stage := range stages {
		if len(p.holding(stage.Table)) == 0 && len(stage.Table.Rows) > 0 {
			s.line, s.statement = stage.Line, stage.Statement
			s.before, s.after = p.rowValues(before, 0), p.rowValues(stage.Table, 0)
			return
		}
		before = stage.Table
	}
}

// rowValues are the values of a row, those that hold the value marked.
func (p *pursuit) rowValues(t workbook.Table, i int) []query.TrailValue {
	if i < 0 || i >= len(t.Rows) {
		return nil
	}
	var out []query.TrailValue
	for j, column := range t.Columns {
		if j < len(t.Rows[i].Values) {
			v := t.Rows[i].Values[j]
			out = append(out, query.TrailValue{Column: column, Value: v, Held: p.holds(v)})
		}
	}
	return out
}

// aim notes the actions of the value's rows that are aimed at something else.
func (p *pursuit) aim(done workbook.BlockResult, rows []int) {
	for _, a := range done.Output.Actions {
		if slices.Contains(rows, a.Row) && !p.aims(a) {
			p.others = append(p.others, a)
		}
	}
}

// aims reports whether an action is aimed at the value.
func (p *pursuit) aims(a workbook.Action) bool {
	return a.Target != "" && (p.found.In(a.Target) || p.found.In(a.Canonical))
}
