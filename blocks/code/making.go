package code

import (
	"slices"
	"strings"

	"tabletop/workbook"
	"tabletop/workbook/source"
)

// A Making is a statement that gave a column its value or its name.
type Making struct {
	// Column is the column that the statement gives.
	Column string
	// Statement is its text on one line, Line the line of the block's text that
	// it begins in, from 1.
	Statement string
	Line      int
	// Reads are the columns that it is computed from, as they stood before it.
	Reads []string
}

// Makings tells how a block of statements comes by a column: the statements that
// made it, the last first, and the columns that came into the block from which
// they did. A column that no statement touches comes from itself. ok is false
// for Python and for a text that can't be read, of which nothing is known.
func Makings(text, column string) (made []Making, from []string, ok bool) {
	if isPython(text) {
		return nil, nil, false
	}
	written := source.NewText("", text)
	lines, problems := split(written)
	if problems.Err() != nil || len(lines) > maxStatements {
		return nil, nil, false
	}
	c := checker{text: written, problem: func(source.Problem) { ok = false }}
	ok = true
	list := make([]*statement, 0, len(lines))
	for _, l := range lines {
		s := c.statement(l)
		if s == nil || !ok {
			return nil, nil, false
		}
		s.line = 1 + strings.Count(text[:l.offset], "\n")
		list = append(list, s)
	}
	from = []string{column}
	for _, s := range slices.Backward(list) {
		made, from = s.behind(made, from)
	}
	return made, from, true
}

// behind goes back over a statement: to the columns wanted before it, with its
// making where it gives one of those that are wanted behind it.
func (s *statement) behind(made []Making, wanted []string) ([]Making, []string) {
	if s.does != assign && s.does != rename {
		return made, wanted
	}
	gives := s.columns[len(s.columns)-1]
	i := workbook.ColumnIndex(wanted, gives)
	if i < 0 {
		return made, wanted
	}
	m := Making{Column: gives, Statement: s.text, Line: s.line}
	if s.does == rename {
		m.Reads = s.columns[:1]
	} else {
		for _, name := range s.expression.columns {
			if !slices.Contains(m.Reads, name) {
				m.Reads = append(m.Reads, name)
			}
		}
	}
	wanted = slices.Delete(slices.Clone(wanted), i, i+1)
	for _, name := range m.Reads {
		if workbook.ColumnIndex(wanted, name) < 0 {
			wanted = append(wanted, name)
		}
	}
	return append(made, m), wanted
}
