package query

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"tabletop/workbook/events"
	"tabletop/workbook/source"
)

// A writer turns a checked Select into a query for the engine, in its dialect. Names of the
// text never reach SQL: columns are numbered, and values are parameters.
type writer struct {
	*dialect
	text  source.Text
	query events.Query
	writing
	scopes []*scope
	// derived counts the SELECTs in FROM, keyedTables the sources found by keys.
	derived, keyedTables int
	// groups are the grouping expressions of the SELECT that is written, nil
	// where it is not grouped; inside tells that an aggregate is.
	groups  []Expr
	items   []Item
	grouped bool
	inside  bool
	// calling are the functions whose arguments are written.
	calling []*Call
	// pushed are the groups that the readers make, pushedCalls their aggregates.
	pushed      *events.Grouping
	pushedCalls []*Call
}

// A writing is what a query is written with. Its zero value only checks, and *
// has no columns.
type writing struct {
	// columnsOf lists the columns of what a scan reads, for *; nil before a run.
	columnsOf func(scan *events.Scan) []string
	// window gives a SELECT its times; nil leaves them open.
	window func(w *Window) (events.Window, error)
	// inMemory tells streams that stand in no file, timeless those of them whose
	// rows have no time.
	inMemory, timeless func(stream string) bool
	// clock is the rehearsal's; nil before a run.
	clock *Clock
	// plain leaves all conditions and groups to SQLite.
	plain bool
	// unfollowed says that nobody asks for the events behind the rows.
	unfollowed bool
	// dialect is the engine's, nil for SQLite's.
	dialect *dialect
}

// A scope is what FROM of one SELECT names.
type scope struct{ sources []scopeSource }

type scopeSource struct {
	alias string
	// scan is the number of a stream's scan, or -1 for a SELECT, whose columns
	// stand in names.
	scan  int
	table string
	names []string
	kinds []operandKind
	// open says that only a run will tell the columns.
	open bool
	// inner is the source as FROM names it, on the condition that joins it, keys
	// the values that it is found by.
	inner, on string
	keys      []string
}

// maxParameters bounds the values of a query.
const maxParameters = 30_000

func (w *writer) fail(at int, message, fix string) {
	panic(mistake{w.text.Problem(at, message, fix)})
}

// A Clock is what a query's times are resolved against.
type Clock struct {
	Now  time.Time
	Zone *time.Location
	// Standard is the span read where a query names none; zero reads all.
	Standard time.Duration
}

// write compiles a SELECT.
func write(text source.Text, s *Select, o writing) (q events.Query, problems source.Problems) {
	w := &writer{dialect: cmp.Or(o.dialect, &sqlite), text: text, writing: o}
	defer func() {
		if r := recover(); r != nil {
			m, ok := r.(mistake)
			if !ok {
				panic(r)
			}
			problems = source.Problems{m.problem}
		}
	}()
	w.query.SQL = w.selectStatement(s, true, nil).sql
	return w.query, nil
}

// A written SELECT: its SQL, and its columns' names and kinds.
type written struct {
	sql   string
	names []string
	kinds []operandKind
	// open says that a * in it has no columns yet.
	open bool
}

// selectStatement writes a SELECT. The outermost one, top, carries evidence.
// shape, where set, writes an item as the place around it needs.
func (w *writer) selectStatement(s *Select, top bool, shape func(operand) string) written {
	sc := w.from(s)
	outer := *w
	w.scopes = append(w.scopes, sc)
	w.groups, w.grouped, w.inside, w.pushed, w.pushedCalls = nil, false, false, nil, nil
	defer func() {
		w.scopes, w.groups, w.grouped, w.inside, w.items = outer.scopes, outer.groups, outer.grouped, outer.inside, outer.items
		w.pushed, w.pushedCalls = outer.pushed, outer.pushedCalls
	}()

	where := ""
	left := s.Where
	if !w.plain {
		left = w.pushWhere(s, sc)
		w.pushGroups(s, sc, left)
	}
	if left != nil {
		where = " WHERE " + w.joinConditions(left, sc, -1)
	}
	var groups []string
	for _, g := range s.Groups {
		if w.pushed != nil {
			break
		}
		o := w.expr(g)
		if o.kind == isAny {
			o.sql = w.textOf(o)
		}
		groups = append(groups, o.sql)
	}
	w.grouped, w.groups, w.items = aggregated(s), s.Groups, s.Items
	out := written{}
	var items []string
	for _, item := range s.Items {
		items = append(items, w.item(item, sc, &out, shape)...)
	}
	behind := where
	if len(groups) > 0 {
		behind += " GROUP BY " + strings.Join(groups, ", ")
	}
	if having := w.pushHaving(s); having != nil {
		word := " HAVING "
		if w.pushed != nil {
			word = " WHERE "
		}
		behind += word + w.conditionOf(w.expr(having))
	}
	behind += w.order(s, sc)
	if s.Limit >= 0 || s.Offset >= 0 {
		behind += fmt.Sprintf(" LIMIT %d", s.Limit)
	}
	if s.Offset >= 0 {
		behind += fmt.Sprintf(" OFFSET %d", s.Offset)
	}
	items = append(items, w.evidence(s, sc, top, out.names)...)
	if len(items) == 0 { // * of a stream without columns
		items = []string{"NULL"}
	}
	with, from := w.fromSources(s, sc)
	out.sql = with + "SELECT " + strings.Join(items, ", ") + from + behind
	return out
}

// item writes one column of the result, or those that * stands for.
func (w *writer) item(item Item, sc *scope, out *written, shape func(operand) string) []string {
	if item.Expr == nil {
		return w.star(item, sc, out, shape)
	}
	o := w.expr(item.Expr)
	name := item.Alias
	if name == "" {
		name = title(item.Expr)
	}
	out.names, out.kinds = append(out.names, name), append(out.kinds, o.kind)
	sql := o.sql
	if o.kind == isBool {
		sql = w.textOf(o)
		out.kinds[len(out.kinds)-1] = isText
	}
	if shape != nil {
		sql = shape(o)
	}
	return []string{fmt.Sprintf(`%s AS "k%d"`, sql, len(out.names)-1)}
}

// star writes all columns of the one source that no other item replaces.
func (w *writer) star(item Item, sc *scope, out *written, shape func(operand) string) []string {
	if w.grouped {
		w.fail(item.At, "* can't stand beside GROUP BY or an aggregate", "name the grouped columns")
	}
	at := 0
	switch {
	case item.Of != "":
		if at = slices.IndexFunc(sc.sources, func(s scopeSource) bool { return sameName(s.alias, item.Of) }); at < 0 {
			w.fail(item.At, "FROM names no "+item.Of, "write its alias, or * alone")
		}
	case len(sc.sources) > 1:
		w.fail(item.At, "* over several streams is not supported", "write "+sc.sources[0].alias+".*, or name the columns")
	}
	src := &sc.sources[at]
	names := src.names
	out.open = out.open || src.open
	if src.scan >= 0 {
		names = nil
		if out.open = out.open || w.columnsOf == nil; w.columnsOf != nil {
			names = w.columnsOf(&w.query.Scans[src.scan])
		}
	}
	var items []string
	shown := map[string]bool{}
	for i, name := range names {
		if slices.ContainsFunc(item.Except, func(e string) bool { return sameColumn(e, name) }) || replaced(w.items, name) {
			continue
		}
		given := name
		if item.Bare {
			if given = bare(name); shown[given] {
				continue
			}
			shown[given] = true
		}
		column, kind := fmt.Sprintf(`%s."k%d"`, src.table, i), isAny
		if src.scan >= 0 {
			column = w.scanColumn(src, name)
		} else {
			kind = src.kinds[i]
		}
		out.names, out.kinds = append(out.names, given), append(out.kinds, kind)
		if shape != nil {
			column = shape(operand{column, kind})
		}
		items = append(items, fmt.Sprintf(`%s AS "k%d"`, column, len(out.names)-1))
	}
	if len(items) == 0 && len(w.scopes) > 1 { // the outermost has its evidence
		return []string{`NULL AS "k0"`}
	}
	return items
}

// from makes the scope of the SELECT, with the conditions of its JOINs.
func (w *writer) from(s *Select) *scope {
	sc := &scope{}
	for i, src := range s.From {
		named := scopeSource{alias: src.Alias, scan: -1}
		if src.Select != nil {
			inner := w.union(src)
			named.table, named.names, named.kinds, named.open = fmt.Sprintf(`"s%d"`, w.derived), inner.names, inner.kinds, inner.open
			w.derived++
			named.inner = "(" + inner.sql + ") AS " + named.table
		} else {
			named.scan = w.scan(src, s)
			named.table = fmt.Sprintf(`"t%d"`, named.scan)
			if named.alias == "" {
				named.alias = src.Stream + src.Store
			}
			named.inner = named.table
		}
		if slices.ContainsFunc(sc.sources, func(o scopeSource) bool { return o.alias != "" && strings.EqualFold(o.alias, named.alias) }) {
			w.fail(src.At, named.alias+" stands twice in FROM", "give each an alias of its own")
		}
		sc.sources = append(sc.sources, named)
		if src.On != nil {
			w.scopes = append(w.scopes, sc)
			on := " ON " + w.joinConditions(src.On, sc, i)
			w.scopes = w.scopes[:len(w.scopes)-1]
			sc.sources[i].on = on
		}
	}
	return sc
}

// scan adds a reading of a stream.
func (w *writer) scan(src Source, s *Select) int {
	scan := events.Scan{Stream: src.Stream, Streams: src.Streams, Every: src.Every}
	if src.Store != "" {
		scan.Stream = storeStream(src.Store)
	}
	window := events.Window{}
	if w.window != nil && (w.timeless == nil || !w.timeless(scan.Stream)) {
		var err error
		if window, err = w.window(&s.Window); err != nil {
			message, fix, _ := strings.Cut(err.Error(), ": ")
			w.fail(max(s.Window.StartAt, s.Window.EndAt), message, fix)
		}
	}
	scan.Window = window
	w.query.Scans = append(w.query.Scans, scan)
	return len(w.query.Scans) - 1
}

// scanColumn names a column of a scan, which is then read.
func (w *writer) scanColumn(src *scopeSource, name string) string {
	i := w.scanIndex(src, name)
	w.query.Scans[src.scan].Shown[i] = true
	return fmt.Sprintf(`%s."c%d"`, src.table, i)
}

// scanIndex is the number of a column of a scan.

func (w *writer) scanIndex(src *scopeSource, name string) int {
	scan := &w.query.Scans[src.scan]
	i := slices.Index(scan.Columns, name)
	if i < 0 {
		i = len(scan.Columns)
		scan.Columns, scan.Shown = append(scan.Columns, name), append(scan.Shown, false)
	}
	return i
}

// evidence adds the columns that lead to the events, to the outermost SELECT.
func (w *writer) evidence(s *Select, sc *scope, top bool, names []string) []string {
	if !top {
		return nil
	}
	w.query.Columns = names
	src := sc.sources[0]
	switch {
	case w.unfollowed:
	case len(sc.sources) > 1:
		w.query.Unknown = "the query joins streams, so a row has no events of its own"
	case src.scan < 0:
		w.query.Unknown = "the query selects from another SELECT, so its rows can't be followed to events"
	case w.pushed != nil:
		w.query.Evidence = events.GroupEvidence
		return []string{src.table + `."group"`}
	case aggregated(s):
		w.query.Evidence = events.GroupEvidence
		return []string{w.groupEvidence(src.table)}
	default:
		w.query.Evidence = events.RowEvidence
		return w.rowEvidence(src.table)
	}
	return nil
}

// order writes ORDER BY. What the query leaves open is the order of the first
// event, so that the same question has one answer.
func (w *writer) order(s *Select, sc *scope) string {
	var terms []string
	for _, o := range s.Order {
		terms = append(terms, w.orderOf(w.expr(o.Expr), o.Descending))
	}
	first := sc.sources[0]
	if first.scan >= 0 {
		switch {
		case w.pushed != nil:
			terms = append(terms, w.place(first.table))
		case aggregated(s) && len(s.Groups) > 0 && s.Newest:
			terms = append(terms, "max("+first.table+`."at") DESC`, "min("+w.place(first.table)+")")
		case aggregated(s) && len(s.Groups) > 0 && s.Oldest:
			terms = append(terms, "min("+first.table+`."at")`, "min("+w.place(first.table)+")")
		case aggregated(s) && len(s.Groups) > 0:
			terms = append(terms, "min("+w.place(first.table)+")")
		case aggregated(s):
		case s.Newest && len(s.Order) == 0:
			terms = append(terms, first.table+`."at" DESC`, w.place(first.table))
		case s.Oldest && len(s.Order) == 0:
			terms = append(terms, "("+first.table+`."at" IS NULL)`, first.table+`."at"`, w.place(first.table))
		case len(s.Order) > 0:
			terms = append(terms, w.place(first.table))
		}
	}
	if len(terms) == 0 {
		return ""
	}
	return " ORDER BY " + strings.Join(terms, ", ")
}

// parameter adds a value and returns its place in SQL.
func (w *writer) parameter(at int, v any) string {
	if len(w.query.Args) == maxParameters {
		w.fail(at, fmt.Sprintf("more than %d values", maxParameters), "put them into a file of events and JOIN it")
	}
	w.query.Args = append(w.query.Args, v)
	return w.dialect.parameter(len(w.query.Args))
}

// pattern checks a regular expression that is known before the run.
func (w *writer) pattern(e Expr) {
	l, ok := e.(*Literal)
	if !ok {
		return
	}
	text, ok := l.Value.(string)
	if !ok {
		return
	}
	if _, err := regexp.Compile(text); err != nil {
		w.fail(l.At, strings.TrimPrefix(err.Error(), "error parsing regexp: "), "patterns are RE2: no look-ahead, no back-references")
	}
}
