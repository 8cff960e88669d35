package code

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"tabletop/workbook"
	"tabletop/workbook/findings"
	"tabletop/workbook/source"
)

// verb is what a statement does.
type verb int

const (
	assign verb = iota
	where
	drop
	rename
)

// A statement is one that has been checked.
type statement struct {
	does verb
	// columns are the names that the statement writes, drops or, for rename,
	// takes away and gives.
	columns    []string
	expression *expression
	// line is the statement's line in its file, text its source.
	line int
	text string
	// spot is where it begins.
	spot source.Spot
}

// columnPattern is a column as statements name it: $Name, or col("any name").
const columnPattern = `(?:\$[\pL_$][\pL\pN_$]*|col\(\s*(?:"[^"\\]*"|'[^'\\]*')\s*\))`

var (
	assignBegins = compiled(`^(` + columnPattern + `)\s*=(?:[^=]|$)`)
	columnAlone  = compiled(`^` + columnPattern + `$`)
	renames      = compiled(`(?s)^\s+(` + columnPattern + `)\s+to\s+(` + columnPattern + `)$`)
	word         = compiled(`^[\pL_][\pL\pN_]*`)
	bareAssign   = compiled(`^([\pL_][\pL\pN_]*)\s*=(?:[^=]|$)`)
)

// checker checks the statements of a block, one after the other, against the
// columns that are there when their turn comes.
type checker struct {
	text    source.Text
	columns workbook.Columns
	problem func(source.Problem)
}

// report places a mistake in the block's text.
func (c *checker) report(offset int, message, fix string) {
	c.problem(c.text.Problem(offset, message, fix))
}

// statement checks one; it returns nil where the line is none.
func (c *checker) statement(l line) *statement {
	s := &statement{line: c.text.Place(l.offset).Line, spot: c.text.Spot(l.offset), text: strings.Join(strings.Fields(l.text), " ")}
	if len(l.text) > maxExpression {
		c.report(l.offset, fmt.Sprintf("a statement of %d bytes, over the %d that are read", len(l.text), maxExpression), "split it over several columns")
		return nil
	}
	if m := assignBegins().FindStringSubmatchIndex(l.text); m != nil {
		equals := m[3] + strings.IndexByte(l.text[m[3]:], '=')
		s.does, s.columns = assign, []string{columnName(l.text[m[2]:m[3]])}
		s.expression = c.expression(l.text[equals+1:], l.offset+equals+1)
		c.columns.Names = withColumn(c.columns.Names, s.columns[0])
		return s
	}
	first := word().FindString(l.text)
	rest := l.text[len(first):]
	switch first {
	case "where":
		s.does, s.expression = where, c.expression(rest, l.offset+len(first))
		return s
	case "drop":
		s.does = drop
		return c.drop(s, rest, l.offset+len(first))
	case "rename":
		s.does = rename
		return c.rename(s, rest, l.offset+len(first))
	}
	c.noStatement(l, first)
	return nil
}

// noStatement reports a line that is no statement.
func (c *checker) noStatement(l line, first string) {
	const forms = "a line is $Column = expression, where expression, drop $A, $B, or rename $A to $B"
	switch near := source.Nearest(first, []string{"where", "drop", "rename"}); {
	case bareAssign().MatchString(l.text):
		c.report(l.offset, "columns are written with $", "write $"+first+" = …")
	case strings.HasPrefix(l.text, "def transform"):
		c.report(l.offset, "Python begins with def transform", "take out what stands before it")
	case first == "def" || first == "import" || first == "from":
		c.report(l.offset, "Python begins with def transform", "put def transform(inward_array) first; nothing is imported")
	case near != "" && first != "":
		c.report(l.offset, "no statement: "+quoted(first), "did you mean "+near+"?")
	case strings.HasPrefix(l.text, "$") || strings.HasPrefix(l.text, "col("):
		c.report(l.offset, "an expression alone does nothing", "write where before it, or $Column = before it")
	default:
		c.report(l.offset, "no statement: "+quoted(l.text), forms)
	}
}

func (c *checker) drop(s *statement, rest string, offset int) *statement {
	for part := range strings.SplitSeq(rest, ",") {
		name := strings.TrimSpace(part)
		at := offset + strings.Index(part, name)
		offset += len(part) + 1
		if !columnAlone().MatchString(name) {
			c.report(at, "drop names columns", "write drop $A, $B")
			continue
		}
		name = columnName(name)
		if c.known(name, at) {
			s.columns = append(s.columns, name)
			c.columns.Names = withoutColumn(c.columns.Names, name)
		}
	}
	return s
}

func (c *checker) rename(s *statement, rest string, offset int) *statement {
	m := renames().FindStringSubmatchIndex(rest)
	if m == nil {
		c.report(offset, "rename names two columns", "write rename $A to $B")
		return s
	}
	from, to := columnName(rest[m[2]:m[3]]), columnName(rest[m[4]:m[5]])
	s.columns = []string{from, to}
	if !c.known(from, offset+m[2]) {
		return s
	}
	i := workbook.ColumnIndex(c.columns.Names, from)
	if j := workbook.ColumnIndex(c.columns.Names, to); j >= 0 && j != i {
		c.report(offset+m[4], "there is a column "+to+" already", "drop it first")
		return s
	}
	if i >= 0 {
		c.columns.Names = slices.Clone(c.columns.Names)
		c.columns.Names[i] = to
	}
	return s
}

// known reports whether a column is there, as far as that can be known; it
// reports one that is not.
func (c *checker) known(name string, offset int) bool {
	if !c.columns.Known || workbook.ColumnIndex(c.columns.Names, name) >= 0 {
		return true
	}
	p := c.text.Problem(offset, "unknown column "+name, source.DidYouMean(name, c.columns.Names)).Coded(findings.UnknownColumn)
	c.problem(p.InCase(name, c.columns.Names))
	return false
}

// columnName reads a column as written: $Name or col("name").
func columnName(written string) string {
	if strings.HasPrefix(written, "$") {
		return written
	}
	inner := strings.TrimSpace(written[len("col(") : len(written)-1])
	if name, err := strconv.Unquote(`"` + inner[1:len(inner)-1] + `"`); err == nil {
		return name
	}
	return inner[1 : len(inner)-1]
}

// withColumn adds a column, unless it is there.
func withColumn(names []string, name string) []string {
	if workbook.ColumnIndex(names, name) >= 0 {
		return names
	}
	return append(slices.Clone(names), name)
}

func withoutColumn(names []string, name string) []string {
	i := workbook.ColumnIndex(names, name)
	if i < 0 {
		return names
	}
	return slices.Delete(slices.Clone(names), i, i+1)
}
