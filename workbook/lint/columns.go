package lint

import (
	"fmt"
	"slices"
	"strings"

	"tabletop/workbook"
	"tabletop/workbook/findings"
)

// A made is a column on its way through the blocks.
type made struct {
	workbook.Named
	by   deed
	used bool
}

// A flow is the rows on their way through the blocks.
type flow struct {
	columns []*made
	// origin is the query that gave the rows; shown says that a deed may have
	// read all of their columns, or showed some of them to somebody.
	origin *deed
	shown  bool
}

func plain(name string) string { return strings.TrimPrefix(name, "$") }

func (f *flow) find(name string) int {
	return slices.IndexFunc(f.columns, func(m *made) bool { return plain(m.Name) == plain(name) })
}

// columns follows each column from where it is made to where it is lost. What is
// there at the end is the workbook's result, and so used.
func (l *linter) columns() {
	var f flow
	for i := range l.deeds {
		d := l.deeds[i]
		read := f.read(d.Reads)
		if d.All {
			f.use()
		}
		f.shown = f.shown || d.Shows
		if d.Fresh {
			l.ended(&f, d, read)
			f = flow{origin: &l.deeds[i]}
		}
		for _, name := range d.Drops {
			if at := f.find(name.Name); at >= 0 {
				l.unused(f.columns[at], fmt.Sprintf("block %d drops it", d.block.Index))
				f.columns = slices.Delete(f.columns, at, at+1)
			}
		}
		for _, name := range d.Makes {
			if at := f.find(name.Name); at >= 0 {
				if !d.Fresh {
					l.unused(f.columns[at], fmt.Sprintf("block %d writes over it", d.block.Index))
				}
				f.columns = slices.Delete(f.columns, at, at+1)
			}
			f.columns = append(f.columns, &made{Named: name, by: d})
		}
	}
}

// read marks the columns that a deed reads, and reports whether there was one.
func (f *flow) read(names []workbook.Named) bool {
	for _, name := range names {
		if at := f.find(name.Name); at >= 0 {
			f.columns[at].used = true
		}
	}
	return len(names) > 0
}

func (f *flow) use() {
	f.shown = true
	for _, m := range f.columns {
		m.used = true
	}
}

// ended tells what of rows was for nothing where a query begins anew. read says
// that the query itself takes values from them.
func (l *linter) ended(f *flow, by deed, read bool) {
	if f.origin == nil {
		return
	}
	if !f.shown && !read {
		l.warn(*f.origin, f.origin.Spot, findings.UnusedRows,
			fmt.Sprintf("no later block uses these rows: the query of block %d begins anew", by.block.Index),
			"put a signal, trigger or visual before it, or take one of the queries out")
		return
	}
	for _, m := range f.columns {
		l.unused(m, fmt.Sprintf("the rows end at block %d", by.block.Index))
	}
}

func (l *linter) unused(m *made, how string) {
	if m.used || m.Line == 0 {
		return
	}
	l.warn(m.by, m.Spot, findings.UnusedColumn, "no later block uses "+m.Name+": "+how, "take it out, or use it before")
}

// parameters tells of those that no block names.
func (l *linter) parameters() {
	text := string(l.Workbook.Text)
	for _, p := range l.Workbook.Parameters {
		if !strings.Contains(text, "{"+p.Name+"}") {
			problem := p.Spot().Problem("no block names the parameter "+p.Name, "write {"+p.Name+"} where its value goes, or take it out")
			l.found = append(l.found, problem.Warn(findings.UnusedParameter))
		}
	}
}
