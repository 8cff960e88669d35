package query

import (
	"slices"
	"strings"
	"time"

	"tabletop/workbook"
	"tabletop/workbook/events"
	"tabletop/workbook/findings"
	"tabletop/workbook/source"
)

// Facts are what the query is known to do before it has run. Of the rows that
// come in it reads none: that is for its directive to say.
func (s *Statement) Facts() workbook.Facts {
	spot := func(at int) source.Spot { return s.text.Spot(at) }
	f := workbook.Facts{Spot: spot(s.tree.At), Fresh: true, Star: s.Star, Bare: slices.ContainsFunc(s.tree.Items, func(i Item) bool { return i.Bare })}
	for i, item := range s.tree.Items {
		if item.Expr != nil && !s.Star && i < len(s.Columns) {
			made := workbook.Named{Name: s.Columns[i], Spot: spot(item.At)}
			if call, ok := item.Expr.(*Call); ok {
				made.By = strings.ToLower(call.Name)
			}
			f.Makes = append(f.Makes, made)
		}
	}
	f.Ordered = s.tree.tellsOrder()
	if s.tree.Limit >= 0 && !s.tree.defaultLimit {
		f.Limit = &workbook.Limit{Rows: s.tree.Limit, Any: !f.Ordered, Spot: spot(s.tree.LimitAt)}
	}
	f.Streams, f.Columns = s.names(spot)
	s.tree.eachWindow(func(inner *Select) {
		d, err := events.ParseDuration(inner.Window.Duration)
		if err == nil {
			f.Windows = append(f.Windows, workbook.Window{Streams: inner.streams(), Span: d, Spot: spot(inner.Window.DurationAt)})
		}
	})
	misspelt := slices.ContainsFunc(s.tree.From, func(src Source) bool { return src.misspelt })
	if !s.Timed() && slices.ContainsFunc(f.Streams, func(n workbook.Named) bool { return n.Name != SignalsStream }) {
		f.Doubts = append(f.Doubts, f.Spot.Problem("the query names no time, so it reads the last five minutes before the clock", "write $Duration=1h and the like; in fields duration: 1h").Warn(findings.NoTime))
	}
	if at, message, fix := s.tree.never(); message != "" && !misspelt {
		p := s.text.Problem(at, message, fix)
		f.Never = &p
	}
	return f
}

// tellsOrder reports whether the rows come in an order that the query tells, or are
// no more than one.
func (s *Select) tellsOrder() bool {
	return len(s.Order) > 0 || s.Newest || s.Oldest || aggregated(s) && len(s.Groups) == 0
}

// streams are those that a SELECT itself names.
func (s *Select) streams() []string {
	var names []string
	for _, src := range s.From {
		if src.Stream != "" {
			names = append(names, src.Stream)
		}
		names = append(names, src.Streams...)
	}
	return names
}

// eachWindow visits the SELECTs that name a duration themselves: what stands
// inside one reads the same time.
func (s *Select) eachWindow(visit func(*Select)) {
	if s.Window.Duration != "" {
		visit(s)
	}
	eachSelect(s, func(inner *Select) {
		if inner.Window != s.Window {
			inner.eachWindow(visit)
		}
	})
}

// names are the streams and columns that are read, each where it stands first.
func (s *Statement) names(spot func(int) source.Spot) (streams, columns []workbook.Named) {
	places := map[string]int{}
	first := func(name string, at int) {
		if before, ok := places[name]; !ok || at < before {
			places[name] = at
		}
	}
	s.tree.eachInner(func(inner *Select) {
		for _, src := range inner.From {
			for _, name := range append(slices.Clone(src.Streams), src.Stream) {
				first(strings.ToUpper(name), src.At)
			}
		}
		inner.eachExpr(func(e Expr) {
			if c, ok := e.(*Column); ok {
				first("$"+bare(c.Name), c.At)
			}
		})
	})
	if at, ok := places[SignalsStream]; ok {
		streams = append(streams, workbook.Named{Name: SignalsStream, Spot: spot(at)})
	}
	for _, r := range s.Reads() {
		streams = append(streams, workbook.Named{Name: r.Stream, Spot: spot(places[strings.ToUpper(r.Stream)])})
		for _, column := range r.Columns {
			columns = append(columns, workbook.Named{Name: column, Spot: spot(places["$"+bare(column)])})
		}
	}
	return streams, columns
}

// eachInner visits a SELECT and all that stand in it.
func (s *Select) eachInner(visit func(*Select)) {
	visit(s)
	eachSelect(s, func(inner *Select) { inner.eachInner(visit) })
}

// Facts are those of the block's query.
func (s *step) Facts() []workbook.Facts { return []workbook.Facts{s.statement.Facts()} }

// Facts are those of the pipeline's directives, in their order.
func (p *Pipeline) Facts() []workbook.Facts {
	var out []workbook.Facts
	for _, made := range p.parts {
		out = append(out, factsOf(made)...)
	}
	return out
}

func factsOf(made part) []workbook.Facts {
	if told, ok := made.(interface{ facts() []workbook.Facts }); ok {
		return told.facts()
	}
	return []workbook.Facts{{All: true, Star: true}}
}

// read names the columns of the rows that come in which words name.
func read(words ...Word) []workbook.Named {
	var out []workbook.Named
	for _, w := range words {
		if w.Text != "" {
			out = append(out, workbook.Named{Name: w.Text})
		}
	}
	return out
}

func (a asked) facts() []workbook.Facts { return []workbook.Facts{a.statement.Facts()} }

func (f fetching) facts() []workbook.Facts {
	own := f.statement.Facts()
	own.Fresh, own.Reads = !f.joined, read(f.fetch.reads...)
	if f.fetch.nested > 0 {
		own.Limit = nil // it bounds each level, which are sorted
	}
	if f.joined {
		own.Never = nil // the rows before it come out all the same
	}
	return []workbook.Facts{own}
}

// Groups are made of all rows, whatever columns they name.
func (a aggregating) facts() []workbook.Facts {
	f := workbook.Facts{All: true, Ordered: true}
	for _, name := range a.names() {
		f.Makes = append(f.Makes, workbook.Named{Name: name})
	}
	return []workbook.Facts{f}
}

func (c checking) facts() []workbook.Facts {
	f := workbook.Facts{Reads: read(c.rowsKey)}
	if c.store == "" {
		f.Reads = append(f.Reads, read(c.compare.left)...)
	}
	if name, ok := c.compare.right.(string); ok && c.compare.field {
		f.Reads = append(f.Reads, workbook.Named{Name: name})
	}
	return []workbook.Facts{f}
}

func (s storing) facts() []workbook.Facts { return []workbook.Facts{{All: true}} }

func (r retrieving) facts() []workbook.Facts { return []workbook.Facts{{Fresh: true, Star: true}} }

func (s sorting) facts() []workbook.Facts {
	return []workbook.Facts{{Reads: read(s.by), Ordered: true}}
}

func (s limiting) facts() []workbook.Facts {
	f := workbook.Facts{Limit: &workbook.Limit{Rows: int64(s.n), Spot: s.spot}}
	if s.n == 0 {
		p := s.spot.Problem("_limit 0 keeps no row", "write how many rows are to stay, or take _limit away")
		f.Never = &p
	}
	return []workbook.Facts{f}
}

func (e exporting) facts() []workbook.Facts { return []workbook.Facts{{All: true}} }

func (u lookingUp) facts() []workbook.Facts {
	return []workbook.Facts{{Reads: read(u.parameters...), Star: true}}
}

func (a acting) facts() []workbook.Facts {
	if told, ok := workbook.FactsOf(a.step); ok {
		return told
	}
	return []workbook.Facts{{All: true, Star: true}}
}

// empty reports whether a window ends before it begins, where both ends are
// written in the same way.
func (w Window) empty() bool {
	now := strings.HasPrefix(strings.ToLower(w.Start), "@now")
	if w.Start == "" || w.End == "" || now != strings.HasPrefix(strings.ToLower(w.End), "@now") {
		return false
	}
	var any Window
	at := time.Unix(0, 0)
	start, err1 := any.moment(w.Start, at, time.UTC)
	end, err2 := any.moment(w.End, at, time.UTC)
	return err1 == nil && err2 == nil && start.After(end)
}
