package query

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"tabletop/workbook"
	"tabletop/workbook/events"
	"tabletop/workbook/indicator"
)

// A Loss says where a query lost a value that is looked for.
type Loss string

// The losses of a query. Came is none: the value is in the rows.
const (
	Came        Loss = ""
	NotRead     Loss = "not_in_stream"
	OutsideTime Loss = "outside_window"
	ByCondition Loss = "condition"
	ByJoin      Loss = "join"
	ByHaving    Loss = "having"
	ByLimit     Loss = "limit"
	NotSelected Loss = "not_selected"
)

// A Trail is how far a value came through a query.
type Trail struct {
	// Sources are what the query reads, with the events that hold the value.
	Sources []TrailSource `json:"sources"`
	// Conditions count of those in the query's time what each lets through, alone
	// and with all before it.
	Conditions []ExplainedCondition `json:"conditions"`
	Lost       Loss                 `json:"lost"`
	// At is the condition at which it was lost, of WHERE, ON or HAVING.
	At string `json:"at,omitempty"`
	// Line and Column are the place of At, 0 where there is none.
	Line   int `json:"line,omitempty"`
	Column int `json:"column,omitempty"`
	// Example is an event that was lost there.
	Example *TrailExample `json:"example,omitempty"`
	// Groups are those that hold the value and fail HAVING, the first of them.
	Groups []TrailGroup `json:"groups,omitempty"`
	// Limit is the LIMIT that kept other rows, Offset the rows that were passed
	// over, Places where the value's rows would stand, from 1, of so many Rows;
	// none where there are too many to tell.
	Limit  int64 `json:"limit,omitempty"`
	Offset int64 `json:"offset,omitempty"`
	Places []int `json:"places,omitempty"`
	Of     int   `json:"of_rows,omitempty"`
	// Rows are those of the result that were made of the value's events, by their
	// numbers; Held says that they have it in a column.
	Rows []int `json:"rows"`
	Held bool  `json:"held"`
	// Inner are the trails through SELECTs in FROM.
	Inner []Trail `json:"inner,omitempty"`
	// Unknown says what could not be followed, and why.
	Unknown string `json:"unknown,omitempty"`
}

// A TrailSource is something that a query reads, with its events that hold the
// value: all of them, and those inside the query's time.
type TrailSource struct {
	Reads  string `json:"reads"`
	Events int64  `json:"events"`
	Holds  int64  `json:"holds"`
	Inside int64  `json:"inside"`
	Window string `json:"window"`
	// Columns are those that hold it in the first such event.
	Columns []string `json:"columns"`
}

// A TrailExample is an event, or a row of several, with the values that matter.
type TrailExample struct {
	// At is where it stands, nil for a row that was made of several.
	At *workbook.Position `json:"at,omitempty"`
	// Values are those of the columns that hold the value, and of those that the
	// condition reads.
	Values []TrailValue `json:"values"`
}

// A TrailValue is a value of an event or of a group; nil is none.
type TrailValue struct {
	Column string         `json:"column"`
	Value  workbook.Value `json:"value"`
	// Held says that it is the value that is looked for.
	Held bool `json:"held,omitempty"`
}

// A TrailGroup is a group with what it has in the place of the result's columns,
// and the conditions of HAVING that it fails.
type TrailGroup struct {
	Values []TrailValue `json:"values"`
	Fails  []string     `json:"fails"`
}

// Bounds on what a trail holds.
const (
	maxTrailGroups = 5
	maxTrailRows   = 100
	// maxRanked is how many rows are made to tell a row's place among them.
	maxRanked = 100_000
)

// holdsName is the function that looks for the value in columns. No text can call
// it.
const holdsName = "holds"

// A following looks for one value in what a statement reads.
type following struct {
	*Statement
	o      Options
	clock  Clock
	extra  map[string]workbook.Table
	value  string
	sought indicator.Sought
	// within looks for it inside longer texts too.
	within bool
	// columnsOf lists the columns of a source.
	columnsOf func(scan *events.Scan) []string
}

// A Sought is a value that is looked for: as a value of its own, or also within
// longer texts.
type Sought struct {
	Value  string
	Within bool
}

// In reports whether a cell is the value.
func (s Sought) In(v workbook.Value) bool {
	if v == nil {
		return false
	}
	sought := indicator.Seek(s.Value)
	if s.Within {
		return sought.Within(workbook.Text(v))
	}
	return sought.In(workbook.Text(v))
}

// follow looks for a value in all that the statement reads.
func (s *Statement) follow(ctx context.Context, o Options, clock Clock, sought Sought, extra map[string]workbook.Table) (*following, error) {
	extra, err := s.withStores(ctx, o, extra)
	if err != nil {
		return nil, err
	}
	streams, err := o.Events.Streams(ctx)
	if err != nil {
		return nil, err
	}
	o.to, o.lines = nil, nil
	w := writingAt(o, clock, streams, extra)
	return &following{
		Statement: s, o: o, clock: clock, extra: extra, value: sought.Value, sought: indicator.Seek(sought.Value), within: sought.Within,
		columnsOf: w.columnsOf,
	}, nil
}

// holds reports whether a cell is the value.
func (f *following) holds(v workbook.Value) bool {
	if v == nil {
		return false
	}
	if f.within {
		return f.sought.Within(workbook.Text(v))
	}
	return f.sought.In(workbook.Text(v))
}

// run answers a SELECT that was made here.
func (f *following) run(ctx context.Context, s *Select, maxRows int, allTime bool) (events.Result, error) {
	o := f.o
	if allTime {
		o.Standard = 0
	}
	result, _, err := (&Statement{text: f.text, tree: s}).Run(ctx, o, f.clock, maxRows, f.extra)
	return result, err
}

// A source of a SELECT with its columns.
type followed struct {
	Source
	columns []Expr
}

// sources lists what a SELECT reads with the columns that may hold the value.
func (f *following) sources(s *Select) []followed {
	sc := scopeOf(s)
	var out []followed
	for i, src := range s.From {
		alias := ""
		if len(s.From) > 1 {
			alias = sc.sources[i].alias
		}
		names := sc.sources[i].names
		if src.Select == nil {
			scan := events.Scan{Stream: src.Stream, Streams: src.Streams, Every: src.Every}
			if src.Store != "" {
				scan.Stream = storeStream(src.Store)
			}
			names = f.columnsOf(&scan)
		}
		one := followed{Source: src}
		for _, name := range names {
			if name != "" {
				one.columns = append(one.columns, &Column{Qualifier: alias, Name: name})
			}
		}
		out = append(out, one)
	}
	return out
}

// hit is the condition that one of the columns holds the value.
func (f *following) hit(columns []Expr) Expr {
	within := int64(0)
	if f.within {
		within = 1
	}
	if len(columns) == 0 {
		return &Literal{Value: false}
	}
	var out Expr
	for list := range slices.Chunk(columns, maxHeldColumns) {
		call := &Call{Name: holdsName, Args: append([]Expr{&Literal{Value: f.value}, &Literal{Value: within}}, list...)}
		out = or(out, call)
	}
	return out
}

// maxHeldColumns is how many columns one call looks in; SQLite bounds arguments.
const maxHeldColumns = 90

// holds writes the call that looks for a value.
func (w *writer) holds(e *Call) operand {
	sql := "(" + holdsName + "("
	for i, arg := range e.Args {
		if i > 0 {
			sql += ", "
		}
		sql += w.expr(arg).sql
	}
	return operand{sql + ") = 1)", isBool}
}

// counting is a SELECT of one row that counts.
func counting(from []Source, window Window, where Expr, items ...Item) *Select {
	all := append([]Item{{Expr: &Call{Name: "count", Star: true}, Alias: "n"}}, items...)
	return &Select{Items: all, From: from, Window: window, Where: where, Limit: -1, Offset: -1}
}

// ErrFollow is why a value could not be followed through a query.
var ErrFollow = errors.New("the value could not be followed")

// Follow tells how far a value comes through the block's query.
func (s *step) Follow(ctx context.Context, _ workbook.Table, env *workbook.Env, sought Sought) (Trail, error) {
	return s.statement.trail(ctx, s.options, env, sought, map[string]workbook.Table{SignalsStream: signalsTable(env)})
}

// Follow tells how far a value comes through a query among directives.
func (a asked) Follow(ctx context.Context, in workbook.Table, env *workbook.Env, sought Sought) (Trail, error) {
	return a.statement.trail(ctx, a.options, env, sought, map[string]workbook.Table{SignalsStream: signalsTable(env), storeStream(rowsStore): in})
}

func (s *Statement) trail(ctx context.Context, o Options, env *workbook.Env, sought Sought, extra map[string]workbook.Table) (Trail, error) {
	f, err := s.follow(ctx, o, Clock{Now: env.Now, Zone: env.Zone}, sought, extra)
	if err != nil {
		return Trail{}, err
	}
	t, err := f.selectStatement(ctx, s.tree, env.MaxRows)
	var problems interface{ Err() error }
	if errors.As(err, &problems) { // a SELECT that was made here is not one that a user wrote
		return Trail{}, fmt.Errorf("%w: %w", ErrFollow, err)
	}
	return t, err
}
