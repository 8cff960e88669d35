package query

import (
	"slices"
	"strconv"
	"strings"

	"tabletop/workbook"
	"tabletop/workbook/source"
)

// maxDepth bounds how deep expressions and SELECTs nest.
const maxDepth = 100

// A parser turns the tokens of DNIF SQL into a Select. It stops at the first
// mistake: what follows one is rarely worth a message.
type parser struct {
	text   source.Text
	tokens []token
	at     int
	depth  int
	// with are the SELECTs that WITH names, by where they begin; selects counts
	// those read, since naming one twice reads it twice.
	with    map[string]int
	selects int
	// pipes says that the text is pipe DQL; warnings are what it says oddly.
	pipes    bool
	warnings source.Problems
}

// maxSelects bounds the SELECTs of a query.
const maxSelects = 200

// mistake is the panic by which the parser leaves its recursion; parse turns
// it into a Problem.
type mistake struct{ problem source.Problem }

// parse reads a text as one SELECT.
func parse(text source.Text, p *workbook.Preparation) (selected *Select, problems source.Problems) {
	if l, at := LanguageOf(text.Value); l == LanguagePipe || l == LanguageLegacy {
		return nil, source.Problems{text.Problem(at, "this is DQL, not SQL", "write it in a dql block")}
	}
	q, problems := newParser(text, p, false)
	if len(problems) > 0 {
		return nil, problems
	}
	defer func() {
		if m := caught(recover()); len(m) > 0 {
			selected, problems = nil, m
		}
	}()
	q.first()
	if q.accept("WITH") {
		q.commons()
	}
	selected = q.selectStatement()
	for q.accept(";") {
	}
	if q.peek().kind != endToken {
		q.unexpected("the end of the query")
	}
	return selected, nil
}

// newParser splits a text into tokens.
func newParser(text source.Text, p *workbook.Preparation, dql bool) (*parser, source.Problems) {
	z := tokenizer{text: text, parameter: p.Parameter, names: p.ParameterNames(), dql: dql}
	tokens := z.tokenize()
	return &parser{text: text, tokens: tokens, with: map[string]int{}, pipes: dql}, z.problems
}

// caught makes problems of the mistake that a panic carries.
func caught(r any) source.Problems {
	if r == nil {
		return nil
	}
	m, ok := r.(mistake)
	if !ok {
		panic(r)
	}
	return source.Problems{m.problem}
}

// first tells apart what is no SELECT at all.
func (q *parser) first() {
	t := q.peek()
	switch {
	case t.kind == endToken:
		q.fail(t, "no query", "write SELECT … FROM <stream>")
	case t.is("SELECT"), t.is("("), t.is("WITH"):
	default:
		name := "_" + strings.ToLower(t.text)
		switch next := q.tokens[min(q.at+1, len(q.tokens)-1)]; {
		case slices.Contains(directiveNames, name):
			q.fail(t, "no query begins with "+t.text, "did you mean "+name+"?")
		case source.Nearest(t.text, []string{"SELECT", "WITH"}) != "":
			q.fail(t, "a query begins with SELECT: only reading is allowed", "did you mean "+source.Nearest(t.text, []string{"SELECT", "WITH"})+"?")
		case t.kind == wordToken && comparisons[next.text] != "" && next.kind == symbolToken:
			q.fail(t, "no query begins with "+t.text+" "+next.text, "a search begins with $: $"+t.text+next.text+"…")
		}
		q.fail(t, "a query begins with SELECT: only reading is allowed", "or ask with stream=<name> where …, _fetch … or $Field = value, …")
	}
}

func (q *parser) peek() token { return q.tokens[q.at] }

func (q *parser) next() token {
	t := q.tokens[q.at]
	if t.kind != endToken {
		q.at++
	}
	return t
}

// accept takes the next tokens if they are the given keywords or symbols.
func (q *parser) accept(words ...string) bool {
	for i, w := range words {
		if q.at+i >= len(q.tokens) || !q.tokens[q.at+i].is(w) {
			return false
		}
	}
	q.at += len(words)
	return true
}

func (q *parser) expect(word string) {
	t := q.peek()
	if !t.is(word) {
		q.unexpected(word)
	}
	q.next()
}

func (q *parser) fail(t token, message, fix string) {
	panic(mistake{q.text.Problem(t.start, message, fix)})
}

// unexpected reports the next token where something else should stand.
func (q *parser) unexpected(wanted string) {
	t := q.peek()
	found := "the end of the query"
	if t.kind != endToken {
		found = q.text.Value[t.start:t.end]
		if len(found) > 40 {
			found = found[:40] + "…"
		}
	}
	q.fail(t, "expected "+wanted+", found "+found, q.unexpectedFix(t))
}

// bareAddress is the address without quotes of which the tokens before t are the
// beginning; "" where there is none.
func (q *parser) bareAddress(t token) string {
	if q.at == 0 || q.tokens[q.at-1].kind != numberToken || q.tokens[q.at-1].end != t.start {
		return ""
	}
	rest := q.text.Value[q.tokens[q.at-1].start:]
	end := strings.IndexFunc(rest, func(r rune) bool { return !strings.ContainsRune("0123456789abcdefABCDEF.:/", r) })
	if end < 0 {
		end = len(rest)
	}
	if strings.Count(rest[:end], ".") < 2 && !strings.Contains(rest[:end], ":") {
		return ""
	}
	return rest[:end]
}

// keywords are those that may follow an expression.
var keywords = []string{"SELECT", "DISTINCT", "FROM", "WHERE", "GROUP", "BY", "HAVING", "ORDER", "LIMIT", "OFFSET", "AND", "OR", "NOT", "IN", "LIKE", "RLIKE", "REGEXP", "BETWEEN", "IS", "NULL", "AS", "ON", "JOIN", "LEFT", "INNER", "CROSS", "CASE", "WHEN", "THEN", "ELSE", "END", "ASC", "DESC", "UNION", "EXISTS", "NEWEST", "OLDEST"}

func (q *parser) misspelt(t token) string {
	if t.kind != wordToken || slices.ContainsFunc(keywords, t.is) {
		return ""
	}
	if strings.EqualFold(t.text, "GROUPBY") {
		return "did you mean GROUP BY?"
	}
	if near := source.Nearest(t.text, keywords); near != "" {
		return "did you mean " + near + "?"
	}
	return ""
}

func (q *parser) deeper() {
	if q.depth++; q.depth > maxDepth {
		q.fail(q.peek(), "nested deeper than "+strconv.Itoa(maxDepth)+" levels", "")
	}
}

func (q *parser) selectStatement() *Select {
	q.deeper()
	defer func() { q.depth-- }()
	if q.selects++; q.selects > maxSelects {
		q.fail(q.peek(), "more than "+strconv.Itoa(maxSelects)+" SELECTs", "")
	}
	s := q.oneSelect()
	if q.peek().is("UNION") {
		s = q.union(s)
	}
	if t := q.peek(); t.is("INTERSECT") || t.is("EXCEPT") || t.is("MINUS") {
		q.fail(t, strings.ToUpper(t.text)+" is not supported yet", "write IN or NOT IN (SELECT …)")
	}
	return s
}

// oneSelect reads a SELECT up to what may join another to it.
func (q *parser) oneSelect() *Select {
	if q.accept("(") {
		s := q.selectStatement()
		q.expect(")")
		return s
	}
	s := &Select{At: q.peek().start, Limit: -1, Offset: -1}
	q.expect("SELECT")
	s.Distinct = q.accept("DISTINCT")
	for {
		s.Items = append(s.Items, q.item())
		if !q.accept(",") {
			break
		}
	}
	q.expect("FROM")
	q.from(s)
	if q.accept("WHERE") {
		s.Where = q.expr()
	}
	if q.accept("GROUP", "BY") {
		s.Groups = q.list()
	}
	if q.accept("HAVING") {
		s.Having = q.expr()
	}
	q.tail(s)
	return s
}

// tail reads what orders and cuts the rows.
func (q *parser) tail(s *Select) {
	if q.accept("ORDER", "BY") {
		q.order(s)
	}
	switch {
	case q.accept("NEWEST", "FIRST"):
		s.Newest = true
	case q.accept("OLDEST", "FIRST"):
		s.Oldest = true
	}
	if s.LimitAt = q.peek().start; q.accept("LIMIT") {
		s.Limit = q.count("LIMIT")
	}
	if q.accept("OFFSET") {
		s.Offset = q.count("OFFSET")
	}
}

func (q *parser) order(s *Select) {
	for {
		o := Order{Expr: q.expr()}
		if q.accept("DESC") {
			o.Descending = true
		} else {
			q.accept("ASC")
		}
		s.Order = append(s.Order, o)
		if !q.accept(",") {
			return
		}
	}
}

// count takes the whole number behind LIMIT or OFFSET.
func (q *parser) count(what string) int64 {
	t := q.next()
	n, err := strconv.ParseInt(t.text, 10, 64)
	if t.kind != numberToken || err != nil {
		q.fail(t, what+" takes a whole number", "as in "+what+" 10")
	}
	return n
}

func (q *parser) item() Item {
	t := q.peek()
	if q.accept("*") {
		return q.star(Item{At: t.start})
	}
	if q.starOf() {
		return q.star(Item{At: t.start, Of: t.text})
	}
	if t.is("BARE") && q.accept("BARE", "(", "*", ")") {
		return q.star(Item{At: t.start, Bare: true})
	}
	if t.is("FROM") {
		q.fail(t, "expected a column, found FROM", "remove the comma before it, or name a column")
	}
	if t.is("TOP") && q.tokens[q.at+1].kind == numberToken {
		q.fail(t, "TOP is no part of SQL here", "write LIMIT "+q.tokens[q.at+1].text+" at the end")
	}
	i := Item{Expr: q.expr(), At: t.start}
	if q.accept("AS") {
		i.Alias = q.name("a name behind AS")
		return i
	}
	if q.callAhead() {
		q.noComma()
	}
	if n := q.peek(); n.kind == columnToken || n.kind == quotedToken || n.kind == wordToken && !slices.ContainsFunc(keywords, n.is) {
		// A comma forgotten between two columns reads as an alias.
		if _, column := i.Expr.(*Column); column && n.kind == columnToken {
			q.noComma()
		}
		i.Alias = q.name("a name")
	}
	return i
}

// starOf takes source.*.
func (q *parser) starOf() bool {
	t := q.peek()
	if t.kind != wordToken && t.kind != quotedToken && t.kind != columnToken || q.at+2 >= len(q.tokens) || !q.tokens[q.at+1].is(".") || !q.tokens[q.at+2].is("*") {
		return false
	}
	q.at += 3
	return true
}

// name takes an identifier in any of its forms.
func (q *parser) name(wanted string) string {
	t := q.peek()
	if t.kind != columnToken && t.kind != quotedToken && (t.kind != wordToken || slices.ContainsFunc(keywords, t.is)) {
		q.unexpected(wanted)
	}
	return q.next().text
}

// from takes the sources: the first, then those joined to it.
func (q *parser) from(s *Select) {
	s.From = append(s.From, q.source(""))
	for {
		join := ""
		switch {
		case q.accept(","), q.accept("CROSS", "JOIN"):
			join = "CROSS JOIN"
		case q.accept("JOIN"), q.accept("INNER", "JOIN"):
			join = "JOIN"
		case q.accept("LEFT", "JOIN"), q.accept("LEFT", "OUTER", "JOIN"):
			join = "LEFT JOIN"
		default:
			return
		}
		source := q.source(join)
		if join != "CROSS JOIN" {
			if q.peek().is("USING") {
				q.fail(q.peek(), "USING is not supported yet", "write ON a.$X = b.$X")
			}
			q.expect("ON")
			source.On = q.expr()
		}
		s.From = append(s.From, source)
	}
}

func (q *parser) source(join string) Source {
	t := q.peek()
	s := Source{Join: join, At: t.start}
	switch {
	case q.accept("("):
		s.Select = q.selectStatement()
		q.expect(")")
		s.flatten()
	case q.special(&s):
	default:
		s.Stream = q.stream()
		if begin, ok := q.with[s.Stream]; ok {
			s.Select, s.Stream, s.Alias = q.common(begin), "", strings.ToLower(s.Stream)
			s.flatten()
		}
	}
	if q.accept("AS") {
		s.Alias = q.name("an alias")
		return s
	}
	if n := q.peek(); n.kind == quotedToken || n.kind == wordToken && !slices.ContainsFunc(keywords, n.is) && !n.is("USING") && !n.is("INTERSECT") && !n.is("EXCEPT") {
		if near := source.Nearest(n.text, keywords); near != "" && len(n.text) > 3 {
			q.unexpected("WHERE, GROUP BY, ORDER BY, LIMIT or the end")
		}
		s.Alias = q.next().text
	}
	return s
}

// stream takes a stream's name, which may hold hyphens: SYSMON-CONFIG.
func (q *parser) stream() string {
	t := q.peek()
	if t.kind != wordToken && t.kind != quotedToken && t.kind != columnToken || t.kind == wordToken && slices.ContainsFunc(keywords, t.is) {
		q.unexpected("a stream")
	}
	if n := q.tokens[q.at+1]; t.kind == columnToken && n.is("=") {
		q.fail(t, "a condition where a stream must stand", "write FROM "+strings.ToUpper(q.tokens[min(q.at+2, len(q.tokens)-1)].text))
	}
	return strings.ToUpper(q.hyphenated())
}

// hyphenated takes a name that may hold hyphens, as it is written.
func (q *parser) hyphenated() string {
	t := q.next()
	if t.kind == quotedToken {
		return t.text
	}
	end := t.end
	for {
		hyphen := q.peek()
		if !hyphen.is("-") || hyphen.start != end {
			break
		}
		after := q.tokens[q.at+1]
		if after.start != hyphen.end || after.kind == endToken || after.kind == symbolToken {
			break
		}
		q.at += 2
		end = after.end
	}
	return q.text.Value[t.start:end]
}

// list takes expressions up to what is no comma.
func (q *parser) list() []Expr {
	var out []Expr
	for {
		out = append(out, q.expr())
		if !q.accept(",") {
			q.noComma()
			return out
		}
	}
}
