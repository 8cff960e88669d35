package query

import (
	"slices"
	"strings"

	"tabletop/workbook"
	"tabletop/workbook/events"
	"tabletop/workbook/source"
)

// pipeKeywords are words of pipe DQL that can't name a field.
var pipeKeywords = []string{"AND", "OR", "NOT", "IN", "LIKE", "BETWEEN", "IS", "AS", "WHERE"}

// pipeNames are what may stand behind a pipe.
var pipeNames = []string{"select", "groupby", "having", "duration", "timeslice", "limit", "first", "last", "checkif"}

// pipeLimit is how many events a query without groups gives unless it says.
const pipeLimit = 1000

// A pipe reads pipe DQL: streams, conditions, and pipes in any order.
type pipe struct {
	*parser
	s *Select
	// at are the places of the pipes, by their names.
	at map[string]int
	// slice is the span of timeslice, and every what select names.
	slice  token
	checks []Expr
}

// parsePipe reads pipe DQL as a SELECT.
func parsePipe(text source.Text, p *workbook.Preparation) (selected *Select, problems source.Problems) {
	q, problems := newParser(text, p, true)
	if len(problems) > 0 {
		return nil, problems
	}
	defer func() {
		if m := caught(recover()); len(m) > 0 {
			selected, problems = nil, m
		}
	}()
	z := &pipe{parser: q, s: &Select{Limit: -1, Offset: -1}, at: map[string]int{}}
	z.from()
	if z.accept("WHERE") {
		z.s.Where = joined(z.s.Where, z.expr())
	}
	for z.pipe() {
	}
	z.finish()
	return z.s, q.warnings
}

// joined puts AND between two conditions, either of which may be missing.
func joined(x, y Expr) Expr {
	switch {
	case x == nil:
		return y
	case y == nil:
		return x
	}
	return &Binary{At: y.place(), Op: "AND", X: x, Y: y}
}

// from reads stream=… or sourcename=….
func (z *pipe) from() {
	t := z.next()
	z.s.At = t.start
	if !z.accept("=") && !z.accept("==") {
		z.unexpected("= behind " + t.text)
	}
	src := Source{At: z.peek().start}
	if t.is("SOURCENAME") {
		z.sourceName(&src)
		return
	}
	for {
		if z.accept("*") {
			src.Every = true
		} else {
			src.Streams = append(src.Streams, z.streamName())
		}
		if !z.accept(",") {
			break
		}
	}
	switch {
	case src.Every && len(src.Streams) > 0:
		z.failAt(src.At, "* can't stand beside other streams", "stream=* reads every stream")
	case len(src.Streams) > 1 && slices.Contains(src.Streams, SignalsStream):
		z.failAt(src.At, "SIGNALS can't stand beside other streams", "ask stream=signals in a block of its own")
	case len(src.Streams) == 1:
		src.Stream, src.Streams = src.Streams[0], nil
	}
	z.s.From = []Source{src}
}

func (z *pipe) failAt(at int, message, fix string) { z.fail(token{start: at}, message, fix) }

// streamName takes a stream, which may also stand in quotes.
func (z *pipe) streamName() string {
	if t := z.peek(); t.kind == stringToken {
		z.next()
		return strings.ToUpper(t.text)
	}
	return z.stream()
}

// sourceName reads sourcename=X: all streams that hold events of that source.
func (z *pipe) sourceName(src *Source) {
	t := z.peek()
	value := t.text
	switch t.kind {
	case stringToken:
		z.next()
	case wordToken, quotedToken:
		value = z.hyphenated()
	default:
		z.unexpected("the name of a source")
	}
	if z.peek().is(",") {
		z.fail(z.peek(), "sourcename takes one source", "write stream=* where sourcename in ('a', 'b')")
	}
	src.Every = true
	z.s.From = []Source{*src}
	z.s.Where = &Binary{At: t.start, Op: "=", X: &Column{At: t.start, Name: "sourcename"}, Y: &Literal{At: t.start, Value: value}}
}

// pipe reads one pipe; false at the end of the query. Pipes with nothing behind
// them are passed over.
func (z *pipe) pipe() bool {
	for z.accept(";") {
	}
	t := z.peek()
	if t.kind == endToken {
		return false
	}
	if !z.accept("|") && !z.accept("||") {
		z.noPipeSign(t)
	}
	t = z.peek()
	if t.kind == endToken || t.is("|") || t.is("||") || t.is(";") {
		return true
	}
	name := strings.ToLower(t.text)
	if t.kind != wordToken || !slices.Contains(pipeNames, name) {
		z.noPipe(t)
	}
	if _, twice := z.at[name]; twice {
		z.fail(t, name+" stands twice", "each pipe stands once")
	}
	z.at[name] = t.start
	z.next()
	z.body(name, t)
	return true
}

func (z *pipe) body(name string, t token) {
	switch name {
	case "select":
		z.selectItems()
	case "groupby":
		for {
			z.s.Groups = append(z.s.Groups, z.expr())
			if !z.accept(",") {
				z.noComma()
				return
			}
		}
	case "having":
		z.s.Having = z.expr()
	case "duration":
		z.duration()
	case "timeslice":
		z.slice = z.next()
		if z.slice.kind != durationToken || !strings.HasSuffix(z.slice.text, "m") && !strings.HasSuffix(z.slice.text, "h") || sliceMillis(z.slice.text) <= 0 {
			z.fail(z.slice, "timeslice takes minutes or hours", "as in timeslice 15m or timeslice 1h")
		}
	case "checkif":
		z.checkif(t)
	default:
		for _, other := range []string{"limit", "first", "last"} {
			if _, stands := z.at[other]; stands && other != name {
				z.fail(t, name+" beside "+other, "one of limit, first and last")
			}
		}
		z.s.Limit, z.s.LimitAt = z.count(name), t.start
		z.s.Newest, z.s.Oldest = name != "first", name == "first"
	}
}

// duration reads both forms: a span, or from … to ….
func (z *pipe) duration() {
	w := &z.s.Window
	if z.accept("FROM") {
		w.StartAt = z.peek().start
		w.Start = z.momentText("from")
		if !z.accept("TO") {
			z.unexpected("to")
		}
		w.EndAt = z.peek().start
		w.End = z.momentText("to")
		return
	}
	t := z.next()
	if t.is("=") || t.is("==") {
		z.fail(t, "= behind the pipe duration", "write | duration 7d, without =")
	}
	if t.kind != durationToken || strings.HasSuffix(t.text, "s") {
		z.fail(t, "no duration", "as in duration 1h (m, h, d, w, M) or duration from @now-3h to @now-1h")
	}
	if _, err := events.ParseDuration(t.text); err != nil {
		z.fail(t, err.Error(), "")
	}
	w.Duration, w.DurationAt = t.text, t.start
}

func (z *pipe) momentText(behind string) string {
	t := z.next()
	if t.kind != atToken && t.kind != stringToken {
		z.fail(t, "no time behind "+behind, "as in 2026-01-31T12:00:00 or @now-3h")
	}
	checkMoment(z.text, t.start, t.text)
	return t.text
}

// checkif reads field [not] in store.column.
func (z *pipe) checkif(t token) {
	x := z.sum()
	not := z.accept("NOT")
	if !z.accept("IN") {
		z.unexpected("in or not in")
	}
	src := Source{At: z.peek().start}
	if k := z.peek().kind; k != wordToken && k != quotedToken {
		z.unexpected("the name of an event store, as in store.column")
	}
	src.Store = z.hyphenated()
	if !z.accept(".") {
		z.unexpected(". and a column of the event store")
	}
	column := &Column{At: z.peek().start, Name: z.name("a column of the event store")}
	z.checks = append(z.checks, inRows(t.start, not, x, src, column))
}

// inRows is x [NOT] IN the values of a column of src. What has no value is in
// nothing.
func inRows(at int, not bool, x Expr, src Source, column *Column) Expr {
	values := &Select{
		Items: []Item{{Expr: column, At: column.At}}, From: []Source{src}, Limit: -1, Offset: -1, At: at,
		Where: &IsNull{At: at, Not: true, X: &Column{At: column.At, Name: column.Name}},
	}
	in := &In{At: at, Not: not, X: x, Select: values}
	if !not {
		return in
	}
	return &Binary{At: at, Op: "OR", X: &IsNull{At: at, X: x}, Y: in}
}
