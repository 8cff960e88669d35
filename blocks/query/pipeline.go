package query

import (
	"context"
	"fmt"
	"slices"

	"tabletop/workbook"
	"tabletop/workbook/events"
)

// Streams lists the streams that the pipeline reads.
func (p *Pipeline) Streams() []string {
	var names []string
	for _, made := range p.parts {
		reads, ok := made.(interface{ streams() []string })
		if !ok {
			continue
		}
		for _, name := range reads.streams() {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// Reads lists the columns that the pipeline reads, stream by stream.
func (p *Pipeline) Reads() []workbook.Reads {
	var out []workbook.Reads
	for _, made := range p.parts {
		switch d := made.(type) {
		case asked:
			out = append(out, d.statement.Reads()...)
		case fetching:
			out = append(out, d.statement.Reads()...)
		}
	}
	return out
}

// Run runs the directives one behind the other. Each row of the end says which
// row that came in it was made from, each action which row of the end it was made
// of: 0 where directives behind its own took the row away or put it together with
// others.
func (p *Pipeline) Run(ctx context.Context, in workbook.Table, env *workbook.Env) (workbook.Output, error) {
	out := workbook.Output{Table: in}
	from := make([]int, len(in.Rows))
	for i := range from {
		from[i] = i + 1
	}
	own := *env // directives see the signals and actions of those before them
	for i, made := range p.parts {
		if err := env.Watch.Tell(ctx, made, out.Table, &own); err != nil {
			return out, err
		}
		next, err := made.run(ctx, out.Table, &own)
		if len(next.Table.Rows) > env.MaxRows && err == nil {
			err = workbook.TooManyRows(env.MaxRows)
		}
		out.Warnings = append(out.Warnings, next.Warnings...)
		if err != nil && len(next.Actions) == 0 && len(out.Actions) > 0 {
			next.Table = out.Table // the rows of the actions that were made before it failed
		} else {
			moved(out.Actions, next.Table.Rows)
		}
		out.Actions = append(out.Actions, next.Actions...)
		out.Signals = append(out.Signals, next.Signals...)
		out.Stores = append(out.Stores, next.Stores...)
		own.Actions = append(slices.Clip(own.Actions), numbered(next.Actions, len(own.Actions))...)
		out.Table = next.Table
		from = traced(next.Table.Rows, from)
		if err != nil {
			if len(p.parts) > 1 {
				err = fmt.Errorf("directive %d: %w", i+1, err)
			}
			return out, err
		}
	}
	for i := range out.Table.Rows {
		out.Table.Rows[i].From = from[i]
	}
	if lost := rowless(out.Actions); lost > 0 {
		out.Warnings = append(out.Warnings, fmt.Sprintf(
			"%d of the actions were made of rows that directives behind _trigger took away: the block has the actions, not their rows; write those directives in a block behind", lost))
	}
	return out, nil
}

// moved counts the rows of actions anew: among the rows that a directive made of
// those they count in.
func moved(actions []workbook.Action, rows []workbook.Row) {
	at := map[int]int{}
	for i, row := range rows {
		if _, known := at[row.From]; !known && row.From > 0 {
			at[row.From] = i + 1
		}
	}
	for i := range actions {
		actions[i].Row = at[actions[i].Row]
	}
}

// rowless counts the actions whose row the block no longer has.
func rowless(actions []workbook.Action) int {
	n := 0
	for _, a := range actions {
		if a.Row == 0 {
			n++
		}
	}
	return n
}

// numbered gives actions the numbers that the runner will give them.
func numbered(actions []workbook.Action, before int) []workbook.Action {
	out := slices.Clone(actions)
	for i := range out {
		out[i].Number = before + i + 1
	}
	return out
}

// traced says of each row which row of the block's input it was made from, from
// being those of the rows that the directive got.
func traced(rows []workbook.Row, from []int) []int {
	out := make([]int, len(rows))
	for i, row := range rows {
		if row.From > 0 && row.From <= len(from) {
			out[i] = from[row.From-1]
		}
	}
	return out
}

// asked is a query as a part of a pipeline. The rows that come in are not kept.
type asked struct {
	options   Options
	statement *Statement
	// lines, where set, is told of lines that are no events.
	lines *Undecodable
	// tellsLeftOut says that something behind acts upon the rows.
	tellsLeftOut bool
}

// Undecodable are the lines that a query met which are no events: how many, and
// the first of them.
type Undecodable struct {
	Count int64
	First []events.BadLine
}

func (a asked) columns(workbook.Columns) workbook.Columns {
	return workbook.Columns{Names: a.statement.Columns, Known: !a.statement.Star}
}

func (a asked) streams() []string { return a.statement.Streams() }

func (a asked) run(ctx context.Context, in workbook.Table, env *workbook.Env) (workbook.Output, error) {
	return a.ask(ctx, in, env, env.MaxRows)
}

// ask answers the query over events, stores and the rows that come in.
func (a asked) ask(ctx context.Context, in workbook.Table, env *workbook.Env, maxRows int) (workbook.Output, error) {
	result, warnings, err := a.answer(ctx, in, env, maxRows)
	if err == nil {
		var left string
		if left, err = a.leftOut(ctx, in, env, len(result.Table.Rows)); left != "" {
			warnings = append(warnings, left)
		}
	}
	return workbook.Output{Table: result.Table, Warnings: warnings}, err
}

func (a asked) answer(ctx context.Context, in workbook.Table, env *workbook.Env, maxRows int) (events.Result, []string, error) {
	result, warnings, err := a.query(ctx, a.statement, in, env, maxRows)
	if n := a.statement.unnamedLimit; n > 0 && result.Rows == n {
		warnings = append(warnings, fmt.Sprintf("cut at %d rows, DNIF's limit where a query names none", n))
	}
	if a.lines != nil && result.Undecodable > a.lines.Count {
		*a.lines = Undecodable{result.Undecodable, result.Bad}
	}
	return result, warnings, err
}

// query runs a statement, which may read the rows that come in and the signals.
func (a asked) query(ctx context.Context, s *Statement, in workbook.Table, env *workbook.Env, maxRows int) (events.Result, []string, error) {
	extra := map[string]workbook.Table{SignalsStream: signalsTable(env), storeStream(rowsStore): in}
	return s.Run(ctx, a.options, Clock{Now: env.Now, Zone: env.Zone}, maxRows, extra)
}
