package query

import (
	"context"
	"errors"
	"strings"

	"tabletop/workbook/source"

	"tabletop/workbook"
	"tabletop/workbook/events"
)

// storePrefix begins the names under which event stores are handed to the
// engine, beside streams, whose names hold no NUL.
const storePrefix = "\x00STORE "

// storeStream is the name of a store among the streams of a query.
func storeStream(store string) string { return storePrefix + strings.ToUpper(store) }

// storeOf is the store that a scan reads, "" where it reads events.
func storeOf(scan *events.Scan) string {
	name, _ := strings.CutPrefix(scan.Stream, storePrefix)
	if name == scan.Stream {
		return ""
	}
	return name
}

// stores lists the event stores that a SELECT reads, as written.
func storesOf(s *Select) []Source {
	var out []Source
	for _, src := range s.From {
		if src.Store != "" {
			out = append(out, src)
		}
	}
	eachSelect(s, func(inner *Select) { out = append(out, storesOf(inner)...) })
	return out
}

// withStores adds the event stores that the query reads to the tables that
// stand in no file.
func (s *Statement) withStores(ctx context.Context, o Options, extra map[string]workbook.Table) (map[string]workbook.Table, error) {
	sources := storesOf(s.tree)
	if len(sources) == 0 {
		return extra, nil
	}
	all := map[string]workbook.Table{}
	for name, table := range extra {
		all[name] = table
	}
	for _, src := range sources {
		if _, ok := extra[storeStream(src.Store)]; ok {
			continue // the rows that come in
		}
		rows, err := o.storeRows(ctx, src.Store)
		if err != nil {
			return nil, source.Problems{s.text.Problem(src.At, err.Error(), "")}
		}
		all[storeStream(src.Store)] = rows
	}
	return all, nil
}

// errNoStores is why a query over an event store can't run.
var errNoStores = errors.New("there are no event stores here")

// storeRows reads an event store whole.
func (o Options) storeRows(ctx context.Context, name string) (workbook.Table, error) {
	if o.Stores == nil {
		return workbook.Table{}, errNoStores
	}
	return o.Stores.Rows(ctx, name, 0)
}

// rawColumn holds the raw line of an event.
const rawColumn = "$LogEvent"
