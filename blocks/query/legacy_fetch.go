package query

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"tabletop/workbook/findings"
)

// A fetch is _fetch as a query, with what SQL has no words for.
type fetch struct {
	tree *Select
	// nested is N of count_unique over several fields: up to N values of the
	// first, up to N of the second for each of those, and so on.
	nested, levels int
	// cut is the limit that keeps any rows, in no order.
	cut int64
	// reads are the columns of the rows that come in whose values are used.
	reads []Word
	// search says that the text is a search, which needs no limit; unlimited that
	// it has none.
	search, unlimited bool
}

// rowsStore names the rows that come in among the sources of a SELECT; no event
// store has a blank in its name.
const rowsStore = " rows"

// fetchWords are what may follow the conditions.
var fetchWords = []string{"group", "as", "limit", "first", "last", "with"}

// fetch reads _fetch behind its name.
func (l *legacy) fetch() *fetch {
	f := &fetch{tree: &Select{At: l.at, Limit: -1, Offset: -1}}
	var fields []Word
	star := l.accept("*")
	if w := l.peek(); !star && !w.Quoted && strings.EqualFold(w.Text, "from") {
		l.fail(w.At, "_fetch names no fields", "write _fetch * from event, or fields before from")
	}
	if !star {
		fields = l.fields(1<<10, "* or the fields to fetch, as in $SrcIP, $DstIP")
	}
	if !l.accept("from") {
		w := l.peek()
		switch {
		case strings.HasPrefix(w.Text, "$") && !w.Quoted:
			l.fail(w.At, "a comma is missing before "+w.Text, "write a comma between fields")
		case strings.EqualFold(w.Text, "where"):
			l.fail(w.At, "from is missing before where", "write from event where …")
		}
		l.unexpected(w, "from", "from")
	}
	src := l.fetchSource()
	if l.accept("where") {
		l.conditions(f, &src)
	}
	f.tree.From = []Source{src}
	f.tail(l, star, fields)
	return f
}

// fetchSource reads event, or the name of an event store.
func (l *legacy) fetchSource() Source {
	w := l.next()
	switch {
	case w.Text == "":
		l.unexpected(w, "event or the name of an event store")
	case !w.Quoted && (strings.EqualFold(w.Text, "event") || strings.EqualFold(w.Text, "events")):
		return Source{At: w.At, Every: true}
	}
	return Source{At: w.At, Store: w.Text}
}

// conditions reads where: conditions joined by AND and NOT.
func (l *legacy) conditions(f *fetch, src *Source) {
	for {
		e := l.condition(f, src)
		f.tree.Where = joined(f.tree.Where, e)
		w := l.peek()
		switch {
		case l.accept("AND"):
		case !w.Quoted && strings.EqualFold(w.Text, "NOT"):
		case !w.Quoted && strings.EqualFold(w.Text, "OR"):
			l.fail(w.At, "OR is no part of "+l.language(), "write $Field IN [a, b], or ask in pipe DQL: stream=… where … or …")
		case w.Text == "" && !w.Quoted, !w.Quoted && slices.ContainsFunc(fetchWords, func(k string) bool { return strings.EqualFold(k, w.Text) }):
			return
		default:
			l.pipeSign(w)
			if w.Text == "," || w.Text == "&&" || w.Text == "&" {
				l.fail(w.At, w.Text+" between conditions", "write AND")
			}
			if !w.Quoted && strings.HasPrefix(w.Text, "$") {
				l.fail(w.At, "AND is missing before "+w.Text, "write AND between conditions, and no comma behind a value")
			}
			if !w.Quoted && digitsLength(w.Text) == len(w.Text) {
				l.fail(w.At, "no word before the number "+w.Text, "write limit, first or last before it")
			}
			l.fail(w.At, "expected AND, NOT, group, as, limit, first or last, found "+w.Text, "a value that holds a blank stands in quotes")
		}
	}
}

// condition reads [NOT] $Field operator value; nil where it names the stream or
// the time.
func (l *legacy) condition(f *fetch, src *Source) Expr {
	not := false
	for l.accept("NOT") {
		not = !not
	}
	if w := l.peek(); w.Text == "(" {
		l.fail(w.At, "parentheses are no part of "+l.language(), "ask in pipe DQL: stream=… where …")
	}
	field := l.field("a field, as in $SrcIP")
	e := l.test(f, src, field, not)
	if e != nil && not {
		return &Unary{At: field.At, Op: "NOT", X: e}
	}
	return e
}

func (l *legacy) test(f *fetch, src *Source, field Word, not bool) Expr {
	x := fieldColumn(field)
	if l.accept("NOT") {
		if !l.accept("IN") {
			l.unexpected(l.peek(), "IN")
		}
		return &Unary{At: field.At, Op: "NOT", X: l.in(f, x, field.At)}
	}
	isStream := src.Every && sameColumn(field.Text, streamColumn)
	if l.accept("IN") {
		return l.inStreams(f, src, x, field, isStream && !not)
	}
	w := l.next()
	op := treeOperator(w.Text)
	if !w.Quoted && strings.EqualFold(w.Text, "LIKE") {
		l.fail(w.At, "LIKE is no part of "+l.language(), "write "+field.Text+"=x* with * at either end, or =regex(…)")
	}
	if w.Quoted || op == "" {
		l.unexpected(w, "=, !=, <, <=, >, >= or IN behind "+field.Text)
	}
	at, value := l.value(w.Text)
	switch {
	case windowName(x) != "":
		if not {
			l.fail(field.At, "NOT before the query's time", "")
		}
		return l.window(x, op, at, value)
	case hasFoldPrefix(value, "regex("):
		return l.regex(x, op, at, value)
	case isStream && !not && op == "=" && !strings.HasPrefix(value, "*") && !strings.HasSuffix(value, "*"):
		return l.stream(src, field, at, unquoted(l.expand(value)))
	}
	return filterValue(x, op, value, at, l.expand)
}

// expand puts parameters into a value.
func (l *legacy) expand(text string) string { return l.p.Expand(l.text.Part(text)) }

// expandPattern puts parameters into a pattern, in which they stand for
// themselves.
func (l *legacy) expandPattern(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); {
		n := parameterLength(text[i:])
		if n == 0 {
			b.WriteByte(text[i])
			i++
			continue
		}
		b.WriteString(regexp.QuoteMeta(l.expand(text[i : i+n])))
		i += n
	}
	return b.String()
}

func unquoted(value string) string {
	inner, _ := inQuotes(value)
	return inner
}

// value takes what stands behind an operator: a text in quotes, a pattern, or
// anything up to a blank.
func (l *legacy) value(behind string) (at int, value string) {
	l.skip()
	at = l.at
	rest := l.rest()
	n := 0
	switch {
	case rest == "":
	case opensQuote(l.text.Value, l.at):
		n = quotedLength(rest)
	case hasFoldPrefix(rest, "regex("):
		n = len("regex") + patternLength(rest[len("regex"):])
		if m := wordLength(rest[n:]); m > 0 {
			n += m
		}
	default:
		if n = strings.IndexFunc(rest, isBlank); n < 0 {
			n = len(rest)
		}
	}
	word := strings.ToUpper(rest[:n])
	if n == 0 || slices.Contains([]string{"AND", "NOT", "LIMIT", "GROUP", "FIRST", "LAST"}, word) {
		l.fail(at, "no value behind "+behind, "a value stands with or without quotes")
	}
	l.at += n
	return at, rest[:n]
}

// window is a condition on the query's time, which the checker takes out.
func (l *legacy) window(x Expr, op string, at int, value string) Expr {
	return &Binary{At: x.place(), Op: op, X: x, Y: &Span{At: at, Text: unquoted(l.expand(value))}}
}

// regex reads =regex(pattern), with i behind it for any letter case.
func (l *legacy) regex(x Expr, op string, at int, value string) Expr {
	n := len("regex") + patternLength(value[len("regex"):])
	pattern, flags := value[len("regex("):n-1], value[n:]
	switch {
	case op != "=" && op != "<>":
		l.fail(at, "a pattern behind "+op, "patterns stand behind = or !=")
	case strings.EqualFold(flags, "i"):
		pattern = "(?i)" + pattern
	case flags != "":
		l.fail(at+n, "expected i or nothing behind regex(…), found "+flags, "")
	}
	return &Like{At: at, Op: "RLIKE", Not: op == "<>", X: x, Pattern: &Literal{At: at, Value: l.expandPattern(pattern)}}
}

// stream is the condition that chooses the stream. Streams are upper case, and
// values mind it.
func (l *legacy) stream(src *Source, field Word, at int, name string) Expr {
	if len(src.Streams) > 0 || src.Stream != "" {
		l.fail(field.At, "$Stream is chosen twice", "write $Stream IN [A, B]")
	}
	src.Every, src.Stream = false, strings.ToUpper(name)
	if name != src.Stream {
		p := l.text.Problem(at, "letter case counts: no event has the stream "+name, "write "+src.Stream).Warn(findings.CaseOfStream)
		l.warnings = append(l.warnings, p.Mended(name, src.Stream))
		src.misspelt = true
		return &Literal{At: at, Value: false}
	}
	return nil
}

func (l *legacy) inStreams(f *fetch, src *Source, x Expr, field Word, chooses bool) Expr {
	in := l.in(f, x, field.At)
	list, plain := in.(*In)
	if !chooses || !plain || list.Select != nil {
		return in
	}
	var names []string
	for _, item := range list.List {
		name, text := item.(*Literal).Value.(string)
		if !text || name != strings.ToUpper(name) {
			return in
		}
		names = append(names, name)
	}
	if len(src.Streams) > 0 || src.Stream != "" {
		l.fail(field.At, "$Stream is chosen twice", "write $Stream IN [A, B] once")
	}
	src.Every, src.Streams = false, names
	if len(names) == 1 {
		src.Stream, src.Streams = names[0], nil
	}
	return nil
}

// in reads [a, b, _Column_]: values, and those of a column of the rows that come
// in.
func (l *legacy) in(f *fetch, x Expr, at int) Expr {
	open := l.peek()
	closing := map[string]string{"[": "]", "(": ")"}[open.Text]
	if open.Quoted || closing == "" {
		l.unexpected(open, "[ behind IN")
	}
	l.next()
	in := &In{At: at, X: x}
	var fromRows Expr
	for {
		w := l.listed(closing)
		name, isColumn := columnReference(w)
		switch {
		case isColumn:
			column := Word{Text: "$" + name, At: w.At}
			l.known(column)
			f.reads = append(f.reads, column)
			fromRows = or(fromRows, inRows(w.At, false, x, Source{At: w.At, Store: rowsStore}, &Column{At: w.At, Name: "$" + name}))
		case w.Quoted:
			in.List = append(in.List, &Literal{At: w.At, Value: l.expand(w.Text)})
		default:
			in.List = append(in.List, &Literal{At: w.At, Value: plainValue(l.expand(w.Text))})
		}
		if l.accept(closing) {
			break
		}
		if !l.accept(",") {
			l.unexpected(l.peek(), ", or "+closing)
		}
	}
	switch {
	case fromRows == nil:
		return in
	case len(in.List) == 0:
		return fromRows
	}
	return or(in, fromRows)
}

func or(x, y Expr) Expr {
	if x == nil {
		return y
	}
	return &Binary{At: y.place(), Op: "OR", X: x, Y: y}
}

// listed takes a value of a list: what stands up to a comma or the list's end.
func (l *legacy) listed(closing string) Word {
	if w := l.peek(); w.Quoted {
		return l.next()
	}
	rest := l.rest()
	n := strings.IndexAny(rest, ","+closing)
	if n < 0 {
		l.fail(l.at, "a list that does not end", "end it with "+closing)
	}
	w := Word{Text: strings.TrimFunc(rest[:n], isBlank), At: l.at}
	if w.Text == "" {
		l.fail(l.at, "no value between commas", "as in IN [PAD, PER]")
	}
	l.at += n
	return w
}

// columnReference reads _Column_.
func columnReference(w Word) (string, bool) {
	name := strings.TrimPrefix(w.Text, "_")
	if w.Quoted || len(w.Text) < 3 || name == w.Text || !strings.HasSuffix(name, "_") {
		return "", false
	}
	name = strings.TrimPrefix(strings.TrimSuffix(name, "_"), "$")
	return name, name != "" && wordLength(name) == len(name)
}

// tail reads what ends a _fetch: as, with payload, and limit, first or last.
func (f *fetch) tail(l *legacy, star bool, fields []Word) {
	var label, group string
	var groupAt Word
	var payload, limited bool
	var by, of []Word
	var stat string
	for !l.done() {
		w := l.next()
		switch strings.ToLower(w.Text) {
		case "group":
			groupAt = l.peek()
			group, by, stat, of = l.grouping(true)
		case "as":
			name := l.next()
			if !strings.HasPrefix(name.Text, "#") || len(name.Text) < 2 {
				l.unexpected(name, "a label, as in #A")
			}
			label = name.Text
		case "with":
			if !l.accept("payload") {
				l.unexpected(l.peek(), "payload", "payload")
			}
			payload = true
		case "limit", "first", "last":
			if limited {
				l.fail(w.At, w.Text+" beside another limit", "one of limit, first and last")
			}
			limited = true
			f.limit(l, w, group)
		default:
			if strings.HasPrefix(w.Text, "$") && !w.Quoted && f.tree.Where == nil {
				l.fail(w.At, "where is missing before "+w.Text, "write where before the conditions, AND between them")
			}
			l.unexpected(w, "group, as, limit, first or last", fetchWords...)
		}
	}
	if !limited && f.search {
		f.tree.Limit, f.tree.Newest, f.unlimited = searchRows, true, true
	} else if !limited {
		l.fail(l.to, "_fetch ends with limit, first or last and a number", "as in last 100")
	}
	if group != "" {
		f.grouped(group, by, stat, of)
		if label != "" {
			f.tree.Items = append(f.tree.Items, Item{Expr: &Literal{At: groupAt.At, Value: label}, Alias: "$Label", At: groupAt.At})
		}
		return
	}
	f.rows(l, star, fields, label, payload)
}

func (f *fetch) limit(l *legacy, w Word, group string) {
	n := l.next()
	count, err := strconv.ParseInt(n.Text, 10, 64)
	if n.Quoted || err != nil || count < 0 {
		l.unexpected(n, "a whole number behind "+w.Text)
	}
	s := f.tree
	s.Limit, s.LimitAt = count, w.At
	if group != "" {
		if !strings.EqualFold(w.Text, "limit") {
			l.warn(findings.LimitOfGroups, w.At, w.Text+" beside group is read as limit", "DNIF asks to write limit with group")
		}
		if count == 0 {
			s.Limit = -1 // all groups
		}
		return
	}
	if count == 0 {
		l.fail(n.At, w.Text+" 0 gives no rows", "0 means all only beside group")
	}
	s.Newest, s.Oldest = strings.EqualFold(w.Text, "last"), strings.EqualFold(w.Text, "first")
	if strings.EqualFold(w.Text, "limit") {
		f.cut = count
	}
}

// rows names the columns of a _fetch without groups. A label asks for all, and
// all are without the raw line unless it is asked for.
func (f *fetch) rows(l *legacy, star bool, fields []Word, label string, payload bool) {
	s := f.tree
	if star || label != "" {
		i := Item{At: s.At}
		if !payload && !mentionsRaw(s.Where) {
			i.Except = []string{rawColumn}
		}
		s.Items = append(s.Items, i)
	} else {
		for _, w := range fields {
			s.Items = append(s.Items, Item{Expr: fieldColumn(w), Alias: fieldTitle(w), At: w.At})
		}
	}
	if label != "" {
		if len(fields) > 0 {
			l.warn(findings.FieldsOfLabel, fields[0].At, "a label makes _fetch give every field", "write _fetch *")
		}
		s.Items = append(s.Items, Item{Expr: &Literal{At: s.At, Value: label}, Alias: "$Label", At: s.At})
	}
}

// mentionsRaw reports whether a condition reads the raw line.
func mentionsRaw(e Expr) bool { return mentionsColumn(e, rawColumn) }
