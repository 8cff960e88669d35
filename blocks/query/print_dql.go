package query

import (
	"fmt"
	"slices"
	"strings"

	"tabletop/workbook"
	"tabletop/workbook/source"
)

// PrintDQL writes the query as pipe DQL that parses to the same tree, or says
// what of it pipe DQL has no words for. Names of results that pipe DQL would not
// give by itself are written behind as.
func (s *Statement) PrintDQL() (string, error) {
	d := &dqlPrinter{s: s.tree}
	text := d.print()
	if len(d.lacks) > 0 {
		return "", fmt.Errorf("pipe DQL has no %s", strings.Join(d.lacks, ", no "))
	}
	// What a name means hangs on those around it, so the text is read again.
	again, problems := ParsePipe(source.NewText("DQL", text), workbook.NewPreparation(nil))
	if problems.Err() != nil || again == nil || !sameMeaning(s.tree, again.tree) {
		return "", fmt.Errorf("pipe DQL would read it otherwise: %s", text)
	}
	return text, nil
}

// sameMeaning reports whether two trees read the same and give the same columns.
func sameMeaning(a, b *Select) bool {
	return printSelect(a.withNames()) == printSelect(b.withNames())
}

// withNames gives every column of the result its name as an alias.
func (s *Select) withNames() *Select {
	named := *s
	named.Items = slices.Clone(s.Items)
	for i, item := range named.Items {
		if item.Expr != nil && item.Alias == "" {
			named.Items[i].Alias = title(item.Expr)
		}
	}
	return &named
}

// A dqlPrinter writes a SELECT as pipe DQL.
type dqlPrinter struct {
	s *Select
	// lacks are what pipe DQL has no words for.
	lacks []string
}

func (d *dqlPrinter) lack(what string) {
	if !slices.Contains(d.lacks, what) {
		d.lacks = append(d.lacks, what)
	}
}

func (d *dqlPrinter) print() string {
	s := d.s
	parts := []string{d.from()}
	where, check := splitCheck(s.Where)
	if where != nil {
		parts[0] += " where " + d.expr(where)
	}
	if check != nil {
		parts = append(parts, "checkif "+d.checkif(check))
	}
	parts = append(parts, d.window()...)
	groups, items, slice := s.Groups, s.Items, d.slice()
	if slice != "" {
		parts = append(parts, "timeslice "+slice)
		groups, items = groups[1:], items[1:]
	}
	if len(groups) > 0 {
		parts = append(parts, "groupby "+d.list(groups))
	}
	if text := d.items(items, slice != "" && len(groups) == 0); text != "" {
		parts = append(parts, "select "+text)
	}
	if s.Having != nil {
		if len(s.Groups) == 0 {
			d.lack("HAVING without groups")
		}
		parts = append(parts, "having "+d.expr(byAlias(s.Having, items)))
	}
	parts = append(parts, d.limit(slice != "")...)
	return strings.Join(parts, " | ")
}

// plainStream are the streams that stand out of quotes.
var plainStream = compiled(`^[A-Z_][A-Z0-9_]*(-[A-Z_][A-Z0-9_]*)*$`)

func (d *dqlPrinter) from() string {
	src := d.s.From[0]
	switch {
	case len(d.s.From) > 1:
		d.lack("JOIN")
	case src.Select != nil:
		d.lack("SELECT in FROM")
	case src.Store != "":
		d.lack("event store in FROM (only checkif reads one)")
	}
	if src.Every {
		return "stream=*"
	}
	names := src.Streams
	if len(names) == 0 {
		names = []string{src.Stream}
	}
	var texts []string
	for _, name := range names {
		text := printText(name)
		if plainStream().MatchString(name) && !slices.Contains(keywords, name) {
			text = strings.ToLower(name)
		}
		texts = append(texts, text)
	}
	return "stream=" + strings.Join(texts, ",")
}

// A storeCheck is field [not] in store.column.
type storeCheck struct {
	x      Expr
	not    bool
	store  string
	column *Column
}

// splitCheck takes the condition of checkif off the end of the others.
func splitCheck(where Expr) (Expr, *storeCheck) {
	if check := checkOf(where); check != nil {
		return nil, check
	}
	if b, ok := where.(*Binary); ok && b.Op == "AND" {
		if check := checkOf(b.Y); check != nil {
			return b.X, check
		}
	}
	return where, nil
}

// checkOf reads a condition as inRows writes it.
func checkOf(e Expr) *storeCheck {
	or, negated := e.(*Binary)
	if negated = negated && or.Op == "OR"; negated {
		e = or.Y
	}
	in, ok := e.(*In)
	if !ok || in.Select == nil || in.Not != negated || len(in.Select.From) != 1 || in.Select.From[0].Store == "" || len(in.Select.Items) != 1 {
		return nil
	}
	column, ok := in.Select.Items[0].Expr.(*Column)
	if !ok || negated && !isNullOf(or.X, in.X) {
		return nil
	}
	return &storeCheck{in.X, in.Not, in.Select.From[0].Store, column}
}

func isNullOf(e, x Expr) bool {
	is, ok := e.(*IsNull)
	return ok && !is.Not && same(is.X, x)
}

func (d *dqlPrinter) checkif(c *storeCheck) string {
	word := " in "
	if c.not {
		word = " not in "
	}
	return print(d.dql(c.x), levelSum) + word + dqlName(c.store) + "." + dqlName(c.column.Name)
}

var (
	plainSpan   = compiled(`^[0-9]+[mhdwM]$`)
	plainMoment = compiled(`^(?i:@now)([-+][0-9]+[mhdwM])?$`)
)

func (d *dqlPrinter) window() []string {
	w := d.s.Window
	switch {
	case !w.set():
		return nil
	case w.Duration != "" && w.End != "":
		d.lack("$Duration with $EndTime")
	case w.Duration != "" && !plainSpan().MatchString(w.Duration):
		d.lack("duration of " + w.Duration)
	case w.Duration != "":
		return []string{"duration " + w.Duration}
	case w.Start == "" || w.End == "":
		d.lack("$StartTime or $EndTime alone (both are written duration from … to …)")
	}
	return []string{"duration from " + dqlMoment(w.Start) + " to " + dqlMoment(w.End)}
}

func dqlMoment(written string) string {
	if plainMoment().MatchString(written) || timestampLength(written) == len(written) {
		return written
	}
	return printText(written)
}

// slice is the span of timeslice, "" where the SELECT has none.
func (d *dqlPrinter) slice() string {
	s := d.s
	if len(s.Order) == 0 {
		return ""
	}
	call, ok := s.Order[0].Expr.(*Call)
	if !ok || call.Name != "timeslice" || len(call.Args) != 2 || len(s.Order) > 1 || s.Order[0].Descending ||
		len(s.Groups) == 0 || !same(s.Groups[0], call) || len(s.Items) == 0 || s.Items[0].Expr == nil || !same(s.Items[0].Expr, call) || s.Items[0].Alias != "cnamtime" {
		d.lack("ORDER BY")
		return ""
	}
	span, _ := call.Args[1].(*Literal)
	if text, ok := span.Value.(string); ok && same(call, timeSlice(0, text)) {
		return text
	}
	d.lack("ORDER BY")
	return ""
}

// items writes what select names; "" where nothing need be said.
func (d *dqlPrinter) items(items []Item, counting bool) string {
	if counting {
		if len(items) != 1 || items[0].Expr == nil || render(items[0].Expr) != "count(1)" || items[0].Alias != "count_col0" {
			d.lack("timeslice without groups but count(*)")
		}
		return ""
	}
	if len(items) == 1 && items[0].Expr == nil && items[0].Bare && items[0].Except == nil {
		return ""
	}
	var texts []string
	for i, item := range items {
		switch {
		case item.Of != "":
			d.lack("source.*")
			continue
		case item.Expr == nil && !item.Bare:
			d.lack("* with the names as the events have them (it gives them in small letters)")
			continue
		case item.Expr == nil && item.Except != nil:
			d.lack("EXCEPT")
			continue
		case item.Expr == nil:
			texts = append(texts, "*")
			continue
		}
		name := item.Alias
		if name == "" {
			name = title(item.Expr)
		}
		text := d.expr(item.Expr)
		t := token{}
		if call, ok := item.Expr.(*Call); ok && pathOf(call) != "" {
			t = token{kind: pathToken, text: pathOf(call)}
		}
		if pipeTitle(item.Expr, i, t) != name {
			text += " as " + dqlName(name)
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, ", ")
}

func (d *dqlPrinter) limit(sliced bool) []string {
	s := d.s
	grouped := aggregated(s)
	switch {
	case s.Offset >= 0:
		d.lack("OFFSET")
	case s.Limit < 0 && (s.Newest || s.Oldest):
		d.lack("order by time without a limit")
	case s.Limit < 0 && !grouped:
		d.lack("query of rows without a limit (write LIMIT)")
	case s.Limit < 0:
		return nil
	case grouped && !sliced && s.Newest:
		return []string{fmt.Sprintf("last %d", s.Limit)}
	case s.Oldest:
		return []string{fmt.Sprintf("first %d", s.Limit)}
	case !grouped && !s.Newest:
		d.lack("limit in the order of reading (it takes the newest; write NEWEST FIRST)")
	}
	return []string{fmt.Sprintf("limit %d", s.Limit)}
}

func (d *dqlPrinter) list(list []Expr) string {
	texts := make([]string, len(list))
	for i, e := range list {
		texts[i] = d.expr(e)
	}
	return strings.Join(texts, ", ")
}

func (d *dqlPrinter) expr(e Expr) string { return print(d.dql(e), 0) }

// dql puts names as pipe DQL writes them in the place of what an expression
// reads, and notes what it can't say.
func (d *dqlPrinter) dql(e Expr) Expr {
	switch e := e.(type) {
	case *Column:
		if e.Qualifier != "" {
			d.lack("name before a column (" + e.Qualifier + "." + e.Name + ")")
		}
		return &Span{Text: dqlName(e.Name)}
	case *Subquery, *Exists:
		d.lack("SELECT in a condition")
		return e
	case *In:
		if e.Select != nil {
			d.lack("SELECT in a condition (but checkif, which stands behind the others)")
			return e
		}
	case *Call:
		if path := pathOf(e); path != "" {
			return &Span{Text: "@" + path}
		}
	}
	return mapped(e, d.dql)
}

// pathOf is the path that a call reads, "" for none.
func pathOf(e *Call) string {
	if e.Name != "coalesce" || len(e.Args) != 2 {
		return ""
	}
	call, ok := e.Args[0].(*Call)
	if !ok || call.Name != "raw_field" || len(call.Args) != 2 {
		return ""
	}
	literal, ok := call.Args[1].(*Literal)
	if !ok {
		return ""
	}
	path, ok := literal.Value.(string)
	if !ok || path == "" || pathLength(path) != len(path) || strings.EqualFold(path, "now") || !same(pathField(token{text: path}), e) {
		return ""
	}
	return path
}

// mapped copies an expression, its direct parts put through f.
func mapped(e Expr, f func(Expr) Expr) Expr {
	switch e := e.(type) {
	case *Unary:
		return &Unary{e.At, e.Op, f(e.X)}
	case *Binary:
		return &Binary{e.At, e.Op, f(e.X), f(e.Y)}
	case *Between:
		return &Between{e.At, e.Not, f(e.X), f(e.Low), f(e.High)}
	case *In:
		return &In{e.At, e.Not, f(e.X), mappedAll(e.List, f), e.Select}
	case *Like:
		return &Like{e.At, e.Not, e.Op, f(e.X), f(e.Pattern)}
	case *IsNull:
		return &IsNull{e.At, e.Not, f(e.X)}
	case *Cast:
		return &Cast{e.At, f(e.X), e.Type}
	case *Call:
		return &Call{e.At, e.Name, e.Distinct, e.Star, mappedAll(e.Args, f)}
	case *Case:
		out := &Case{At: e.At}
		if e.Of != nil {
			out.Of = f(e.Of)
		}
		for _, w := range e.Whens {
			out.Whens = append(out.Whens, When{f(w.If), f(w.Then)})
		}
		if e.Else != nil {
			out.Else = f(e.Else)
		}
		return out
	}
	return e
}

func mappedAll(list []Expr, f func(Expr) Expr) []Expr {
	var out []Expr
	for _, e := range list {
		out = append(out, f(e))
	}
	return out
}

// byAlias names in a condition on groups what the result has a name for.
func byAlias(e Expr, items []Item) Expr {
	for _, item := range items {
		if _, column := item.Expr.(*Column); item.Expr != nil && !column && item.Alias != "" && same(item.Expr, e) {
			return &Column{Name: item.Alias}
		}
	}
	return mapped(e, func(part Expr) Expr { return byAlias(part, items) })
}

// dqlName writes a name so that pipe DQL reads it as one.
func dqlName(name string) string {
	word := strings.TrimPrefix(name, "$")
	plain := word != "" && wordLength(word) == len(word) && !isDigit(word[0])
	if plain && word == name {
		plain = !slices.ContainsFunc(slices.Concat(keywords, pipeKeywords, wordValues), func(k string) bool { return strings.EqualFold(k, name) }) && !slices.Contains(pipeNames, strings.ToLower(name))
	}
	if plain {
		return name
	}
	return "`" + name + "`"
}
