package query

import (
	"context"
	"errors"
	"strings"

	"tabletop/workbook"
	"tabletop/workbook/events"
	"tabletop/workbook/findings"
	"tabletop/workbook/source"
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
			message, fix, _ := strings.Cut(err.Error(), ": ")
			if !strings.HasPrefix(fix, "did you") && s.tree.From[0].Store == src.Store {
				fix = "a stream is chosen by where: from event where $Stream=" + strings.ToUpper(src.Store)
			}
			return nil, source.Problems{s.text.Problem(src.At, message, fix)}
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

// A StoreUse is a place of a text that names an event store.
type StoreUse struct {
	Store  string
	Writes bool
	Text   source.Text
	At     int
}

// unknown is the warning that the store is not there.
func (u StoreUse) unknown(known []string) source.Problem {
	fix := "fill it with _store in a block before, or with tabletop stores import"
	if near := source.Nearest(u.Store, known); near != "" {
		fix = "did you mean " + near + "?"
	}
	return u.Text.Problem(u.At, "there is no event store "+u.Store+", and no block writes one", fix).Warn(findings.UnknownStore)
}

// StoreUses lists the places of the block that name event stores.
func (p *Pipeline) StoreUses() []StoreUse {
	var out []StoreUse
	for _, made := range p.parts {
		out = append(out, storeUses(made)...)
	}
	return out
}

// StoreUses lists the places of the block that name event stores.
func (s *step) StoreUses() []StoreUse { return s.statement.storeUses() }

func (s *Statement) storeUses() []StoreUse {
	var out []StoreUse
	for _, src := range storesOf(s.tree) {
		if src.Store != rowsStore {
			out = append(out, StoreUse{Store: src.Store, Text: s.text, At: src.At})
		}
	}
	return out
}

func storeUses(made part) []StoreUse {
	switch d := made.(type) {
	case asked:
		return d.statement.storeUses()
	case fetching:
		return d.statement.storeUses()
	case storing:
		return d.uses
	case retrieving:
		return d.uses
	case lookingUp:
		return d.uses
	case checking:
		return d.uses
	}
	return nil
}

// UnknownStores warns of the uses of stores that are not among the known ones
// and that no use writes.
func UnknownStores(uses []StoreUse, known []string) source.Problems {
	there := map[string]bool{}
	for _, name := range known {
		there[strings.ToLower(name)] = true
	}
	for _, u := range uses {
		if u.Writes {
			there[strings.ToLower(u.Store)] = true
			known = append(known, u.Store)
		}
	}
	var out source.Problems
	for _, u := range uses {
		if !there[strings.ToLower(u.Store)] {
			out = append(out, u.unknown(known))
		}
	}
	return out
}

// rawColumn holds the raw line of an event.
const rawColumn = "$LogEvent"
