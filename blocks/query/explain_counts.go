package query

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"tabletop/workbook"
	"tabletop/workbook/events"
	"tabletop/workbook/stores"
)

// absentStores lists the event stores of uses that are not there and that no
// directive before wrote; writes gathers those that are written.
func (o Options) absentStores(ctx context.Context, uses []StoreUse, writes map[string]bool) ([]string, error) {
	var absent []string
	for _, u := range uses {
		name := strings.ToLower(u.Store)
		if u.Writes {
			writes[name] = true
		}
		if o.Stores == nil || writes[name] {
			continue
		}
		var none *stores.NotFoundError
		if _, err := o.Stores.Info(ctx, u.Store); errors.As(err, &none) {
			absent = append(absent, u.Store)
		} else if err != nil {
			return nil, err
		}
	}
	return absent, nil
}

func absentWarnings(absent []string) []string {
	var out []string
	for _, name := range absent {
		out = append(out, "there is no event store "+name+": tabletop stores list names those that are")
	}
	return out
}

// lacking says which streams and columns of the query the events do not have.
func (s *Statement) lacking(ctx context.Context, q events.Query, extra map[string]workbook.Table, o Options) ([]string, error) {
	streams, err := o.Events.Streams(ctx)
	if err != nil {
		return nil, err
	}
	quiet := map[string]bool{}
	pathColumns(s.tree, quiet)
	var out []string
	for _, scan := range q.Scans {
		if _, inMemory := extra[scan.Stream]; inMemory {
			continue
		}
		read := events.Reading{Complete: true}
		known := columnsOf(streams, scan.Names(streams))
		for _, name := range scan.Names(streams) {
			if streams[name] != nil {
				read.Events = 1 // some, which is all that is asked here
			}
		}
		for _, column := range scan.Columns {
			if !quiet[bare(column)] && !sameColumn(column, streamColumn) && !slices.ContainsFunc(known, func(k string) bool { return sameColumn(k, column) }) {
				read.Unseen = append(read.Unseen, column)
			}
		}
		more, err := missing(ctx, scan, read, o.Events)
		if err != nil {
			return nil, err
		}
		for _, text := range more {
			if !slices.Contains(out, text) {
				out = append(out, text)
			}
		}
	}
	return out, nil
}

// A counter counts what the conditions of a query let through, source by source.
type counter struct {
	*Statement
	o     Options
	clock Clock
	extra map[string]workbook.Table
	part  *ExplainedPart
}

// maxCounts bounds the sources whose conditions are counted: each costs a pass.
const maxCounts = 20

func (c *counter) uncounted(why string) {
	if !slices.Contains(c.part.Uncounted, why) {
		c.part.Uncounted = append(c.part.Uncounted, why)
	}
}

// selectStatement counts the conditions of a SELECT, those of SELECTs in its FROM
// first.
func (c *counter) selectStatement(ctx context.Context, s *Select) error {
	for _, src := range s.From {
		if src.Select == nil {
			continue
		}
		if err := c.selectStatement(ctx, src.Select); err != nil {
			return err
		}
		for _, u := range src.Unions {
			if err := c.selectStatement(ctx, u.Select); err != nil {
				return err
			}
		}
	}
	var conditions []Expr
	if s.Where != nil {
		conditions = terms(s.Where)
	}
	if len(s.From) > 1 {
		return c.joins(ctx, s, conditions)
	}
	if s.From[0].Select != nil && len(conditions) == 0 {
		return nil // its rows were told inside
	}
	return c.conditions(ctx, sourceName(s.From[0]), s.From, s.Window, conditions)
}

// joins counts conditions over one source by themselves, and all of WHERE over
// the rows that the JOIN makes.
func (c *counter) joins(ctx context.Context, s *Select, where []Expr) error {
	sc := scopeOf(s)
	all := slices.Clone(where)
	crossed := false
	for i, src := range s.From {
		if src.On != nil {
			all = append(all, terms(src.On)...)
		} else if i > 0 {
			crossed = true
		}
	}
	for i, src := range s.From {
		var own []Expr
		for _, term := range all {
			if of, ok := sourcesOf(term, sc); ok && len(of) == 1 && of[0] == i {
				own = append(own, term)
			}
		}
		alone := src
		alone.Join, alone.On = "", nil
		if err := c.conditions(ctx, sourceName(src), []Source{alone}, s.Window, own); err != nil {
			return err
		}
	}
	if crossed {
		c.uncounted("conditions between sources that no ON joins: all pairs of rows would be counted")
		return nil
	}
	return c.conditions(ctx, "the JOIN", s.From, s.Window, where)
}

// scopeOf is what FROM names, without having written it.
func scopeOf(s *Select) *scope {
	sc := &scope{}
	for _, src := range s.From {
		named := scopeSource{alias: src.Alias}
		if src.Select != nil {
			named.scan = -1
			for _, item := range src.Select.withNames().Items {
				named.names, named.open = append(named.names, item.Alias), named.open || item.Expr == nil
			}
		} else if named.alias == "" {
			named.alias = src.Stream + src.Store
		}
		sc.sources = append(sc.sources, named)
	}
	return sc
}

func sourceName(src Source) string {
	name := strings.Join(src.Streams, ", ")
	switch {
	case src.Select != nil:
		name = "the SELECT in FROM"
	case src.Every:
		name = "all streams"
	case src.Store == rowsStore:
		name = "the rows that come in"
	case src.Store != "":
		name = "the event store " + src.Store
	case name == "":
		name = src.Stream
	}
	if src.Alias != "" {
		name += " (" + src.Alias + ")"
	}
	return name
}

// conditions asks, in one pass, how many events of what from reads each condition
// lets through.
func (c *counter) conditions(ctx context.Context, reads string, from []Source, window Window, list []Expr) error {
	switch {
	case len(list) > maxCounted:
		c.uncounted(fmt.Sprintf("conditions of %s: they are more than %d", reads, maxCounted))
		return nil
	case len(c.part.Counts) == maxCounts:
		c.uncounted(fmt.Sprintf("conditions behind the first %d sources", maxCounts))
		return nil
	case slices.ContainsFunc(list, outside(from)):
		c.uncounted("conditions of a SELECT that hang on the one around it")
		return nil
	}
	ask := &Select{Items: []Item{{Expr: &Call{Name: "count", Star: true}, Alias: "inside"}}, From: from, Window: window, Limit: -1, Offset: -1}
	var together Expr
	for i, term := range list {
		together = joined(together, term)
		for k, e := range []Expr{term, together} {
			ask.Items = append(ask.Items, Item{Expr: &Call{At: term.place(), Name: "count_if", Args: []Expr{e}}, Alias: fmt.Sprintf("c%d_%d", i, k)})
		}
	}
	counting := &Statement{text: c.text, tree: ask}
	result, _, err := counting.Run(ctx, c.o, c.clock, 1, c.extra)
	if err != nil {
		return fmt.Errorf("count the events: %w", err)
	}
	values := result.Table.Rows[0].Values
	counts := ExplainedCounts{Reads: reads, Inside: whole(values[0]), Conditions: []ExplainedCondition{}}
	counts.Rows = len(from) > 1 || from[0].Select != nil || from[0].Store != "" || from[0].Stream == SignalsStream
	if counts.Events = counts.Inside; !counts.Rows {
		counts.Events = result.Read[0].Events
	}
	for i, term := range list {
		at := c.text.Place(begin(term))
		counts.Conditions = append(counts.Conditions, ExplainedCondition{
			Condition: print(term, 0), Line: at.Line, Column: at.Column, Alone: whole(values[1+2*i]), Together: whole(values[2+2*i]),
		})
	}
	c.part.Counts = append(c.part.Counts, counts)
	return nil
}

// outside tells conditions that read columns of no source of from: those of a
// SELECT around it.
func outside(from []Source) func(Expr) bool {
	sc := scopeOf(&Select{From: from})
	var reads func(e Expr) bool
	reads = func(e Expr) bool {
		if column, ok := e.(*Column); ok && column.Qualifier != "" {
			return !slices.ContainsFunc(sc.sources, func(s scopeSource) bool { return sameName(s.alias, column.Qualifier) })
		}
		return slices.ContainsFunc(children(e), func(child *Expr) bool { return reads(*child) })
	}
	return reads
}
