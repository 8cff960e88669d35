package query

import (
	"fmt"
	"slices"
	"strings"
)

// SQLite builds no index over a virtual table, so a JOIN of two scans would
// compare every pair of rows. Where the condition of a JOIN holds an equality,
// the joined source is written as a table of its own (WITH … AS MATERIALIZED)
// with the value that it is found by as a plain column, over which SQLite makes
// an index for the statement. The table's first column is the place of the row:
// the index holds it right behind the key, so that the rows of one key come in
// the order in which they would without an index.

// keyed reports whether the source is found by keys.
func (src *scopeSource) keyed() bool { return len(src.keys) > 0 }

// joinConditions writes conditions over several sources. Equalities between one
// of them and those before it become keys; only, where not negative, is the one
// source that may get them.
func (w *writer) joinConditions(e Expr, sc *scope, only int) string {
	if len(sc.sources) < 2 {
		return w.conditionOf(w.expr(e))
	}
	var list []string
	for _, term := range terms(e) {
		text, ok := w.keyTerm(term, sc, only)
		if !ok {
			text = w.conditionOf(w.expr(term))
		}
		list = append(list, text)
	}
	var b strings.Builder
	balance(&b, list, " AND ")
	return b.String()
}

// maxKeys bounds the keys of one source.
const maxKeys = 8

// keyTerm writes an equality between a source and those before it by a key of
// the source.
func (w *writer) keyTerm(term Expr, sc *scope, only int) (string, bool) {
	b, ok := term.(*Binary)
	if !ok || b.Op != "=" {
		return "", false
	}
	for _, sides := range [][2]Expr{{b.X, b.Y}, {b.Y, b.X}} {
		own, first := sourcesOf(sides[0], sc)
		others, second := sourcesOf(sides[1], sc)
		if !first || !second || len(own) != 1 || len(others) == 0 {
			continue
		}
		at := own[0]
		src := &sc.sources[at]
		if at == 0 || slices.Max(others) >= at || only >= 0 && at != only || len(src.keys) == maxKeys {
			continue
		}
		key, other := w.expr(sides[0]), w.expr(sides[1])
		a, k := w.textOf(other), w.textOf(key)
		switch {
		case key.kind == isNumber || other.kind == isNumber:
			a, k = w.numberOf(other), w.numberOf(key)
		case key.kind == isBool || other.kind == isBool:
			continue
		}
		n := slices.Index(src.keys, k)
		if n < 0 {
			n, src.keys = len(src.keys), append(src.keys, k)
		}
		return fmt.Sprintf(`(%s = %s."j%d")`, a, src.table, n), true
	}
	return "", false
}

// sourcesOf lists the sources of a scope that an expression reads, each once;
// false where it reads others, or can't be told once for each row of its source.
func sourcesOf(e Expr, sc *scope) (list []int, ok bool) {
	switch e := e.(type) {
	case *Column:
		at := sc.sourceOf(e)
		return []int{at}, at >= 0
	case *Subquery, *Exists, *Like, *Span:
		return nil, false
	case *In:
		if e.Select != nil {
			return nil, false
		}
	case *Call:
		if f := functions()[e.Name]; f.aggregate || f.pattern > 0 || e.Name == "event_time" {
			return nil, false
		}
	}
	for _, child := range children(e) {
		more, ok := sourcesOf(*child, sc)
		if !ok {
			return nil, false
		}
		for _, at := range more {
			if !slices.Contains(list, at) {
				list = append(list, at)
			}
		}
	}
	return list, true
}

// sourceOf is the source that has a column, as columnIn finds it; -1 where that
// is not sure.
func (sc *scope) sourceOf(e *Column) int {
	found := -1
	for i := range sc.sources {
		src := &sc.sources[i]
		if e.Qualifier != "" && !sameName(e.Qualifier, src.alias) {
			continue
		}
		has := src.scan >= 0 || slices.ContainsFunc(src.names, func(n string) bool { return sameColumn(n, e.Name) })
		if !has && !src.open {
			continue
		}
		if found >= 0 {
			return -1
		}
		found = i
	}
	return found
}

// fromSources writes FROM once everything around it has been written, and WITH
// for the sources that are found by keys.
func (w *writer) fromSources(s *Select, sc *scope) (with, from string) {
	var tables []string
	for i := range sc.sources {
		src := &sc.sources[i]
		join := " FROM "
		if i > 0 {
			join = " " + s.From[i].Join + " "
		}
		text := src.inner
		if src.keyed() {
			name := fmt.Sprintf(`"m%d"`, w.keyedTables)
			w.keyedTables++
			tables = append(tables, name+" AS "+w.materialized+"("+w.keyedTable(src)+")")
			text = name + " AS " + src.table
			if s.From[i].Join == "JOIN" {
				join = " CROSS JOIN " // JOIN that keeps the order of the sources
			}
			src.on = " ON " + joinedBy(src.on, src.table+`."n" IS NOT NULL`)
		}
		from += join + text
		if i > 0 {
			from += src.on
		}
	}
	if len(tables) > 0 {
		with = "WITH " + strings.Join(tables, ", ") + " "
	}
	return with, from
}

// joinedBy adds a condition to those behind ON, which may be missing.
func joinedBy(on, condition string) string {
	if on == "" {
		return condition
	}
	return strings.TrimPrefix(on, " ON ") + " AND " + condition
}

// keyedTable writes the table of a source that is found by keys.
func (w *writer) keyedTable(src *scopeSource) string {
	columns := []string{`row_number() OVER () AS "n"`}
	if src.scan >= 0 {
		columns[0] = w.place(src.table) + ` AS "n"`
		for i, shown := range w.query.Scans[src.scan].Shown {
			if shown {
				columns = append(columns, fmt.Sprintf(`%s."c%d"`, src.table, i))
			}
		}
	}
	for i := range src.names {
		columns = append(columns, fmt.Sprintf(`%s."k%d"`, src.table, i))
	}
	for i, key := range src.keys {
		columns = append(columns, fmt.Sprintf(`%s AS "j%d"`, key, i))
	}
	return "SELECT " + strings.Join(columns, ", ") + " FROM " + src.inner
}
