package audit

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"modernc.org/sqlite"
	sqlitecode "modernc.org/sqlite/lib"

	"tabletop/workbook/source"
)

// queryName is how messages call the text of a query.
const queryName = "query"

// schemaHint says where the names are.
const schemaHint = "tabletop sql --schema lists the views and their columns"

// precheck finds what SQLite would take, or tell in words of its own.
func precheck(query string) source.Problems {
	text := source.NewText(queryName, query)
	list := pieces(query)
	one := func(offset int, message, fix string) source.Problems {
		return source.Problems{text.Problem(offset, message, fix)}
	}
	if len(query) > maxQueryBytes {
		return one(0, fmt.Sprintf("the query has %d bytes; at most %d are read", len(query), maxQueryBytes), "")
	}
	if len(list) == 0 {
		return one(0, "an empty query", "write one SELECT, as SELECT target, verdict FROM actions")
	}
	if at := strings.IndexByte(query, 0); at >= 0 {
		return one(at, "a NUL byte, at which SQLite would stop reading", "leave it out")
	}
	if first := list[0]; !slices.Contains([]string{"select", "with", "values", "("}, strings.ToLower(first.name)) {
		return one(first.offset, first.text+" is no query", "write one SELECT: nothing changes an audit")
	}
	for i, p := range list {
		switch {
		case p.text == ";" && i+1 < len(list):
			return one(list[i+1].offset, "a second statement", "write one SELECT at a time")
		case p.kind == pieceParameter:
			return one(p.offset, p.text+" is no column of a view", columnOfWorkbook(p.text))
		case p.kind == pieceWord && isView(p.name) && hidesView(list[i+1:]):
			return one(p.offset, p.name+" is a view", "name the part of WITH otherwise")
		}
	}
	return nil
}

// columnOfWorkbook says how to write a column that a workbook calls so.
func columnOfWorkbook(parameter string) string {
	if strings.HasPrefix(parameter, "$") && len(parameter) > 1 {
		return fmt.Sprintf(`a workbook's column stands in rows.cells: cells ->> '$."%s"'`, parameter)
	}
	return "write the value itself, a text in single quotes"
}

// hidesView reports whether what follows a name makes it a part of WITH, as in
// WITH runs AS (…), under whose name SQLite would let it read the tables.
func hidesView(after []piece) bool {
	if len(after) == 0 {
		return false
	}
	if after[0].text == "(" {
		return true
	}
	if !strings.EqualFold(after[0].text, "as") {
		return false
	}
	for _, p := range after[1:] {
		if word := strings.ToLower(p.text); word != "not" && word != "materialized" {
			return word == "("
		}
	}
	return false
}

func isView(name string) bool {
	return slices.ContainsFunc(Views(), func(v View) bool { return strings.EqualFold(v.Name, name) })
}

// The messages of SQLite whose place can be found.
var (
	noTable     = regexp.MustCompile(`^no such table: (?:main\.)?(.*)$`)
	noColumn    = regexp.MustCompile(`^no such column: "?(.*?)"?( - should this be .*)?$`)
	noFunction  = regexp.MustCompile(`^(?:no such function|wrong number of arguments to function|misuse of (?:aggregate|window function)):? ([^\s(]*)`)
	ambiguous   = regexp.MustCompile(`^ambiguous column name: (.*)$`)
	nearPiece   = regexp.MustCompile(`(?s)^near "(.*)": syntax error$`)
	framed      = regexp.MustCompile(`(?s)^(?:SQL logic error: )?(.*) \(\d+\)$`)
	unknownSign = regexp.MustCompile(`(?s)^unrecognized token: "(.*)"$`)
)

// said is the message of SQLite without the driver's frame around it.
func said(err error) string {
	if m := framed.FindStringSubmatch(err.Error()); m != nil {
		return m[1]
	}
	return err.Error()
}

// mistake is the error for a query that SQLite does not take.
func (r *Reader) mistake(ctx context.Context, conn *sql.Conn, query string, keeper *gatekeeper, err error) error {
	var failure *sqlite.Error
	if !errors.As(err, &failure) || ctx.Err() != nil {
		return err
	}
	if keeper.refused != (refusal{}) {
		return source.Problems{keeper.problem(query)}
	}
	if failure.Code()&0xff == sqlitecode.SQLITE_ERROR {
		return source.Problems{placed(query, said(err), func(offset int) bool { return failsBefore(ctx, conn, query, offset, said(err)) })}
	}
	return explain(r.path, "read", defaultWait, err)
}

// placed finds the place that a message of SQLite means. near reports whether
// SQLite says the same of the query up to an offset.
func placed(query, message string, near func(offset int) bool) source.Problem {
	text, list := source.NewText(queryName, query), pieces(query)
	find := func(name string) int { return offsetOf(list, name) }
	if m := noTable.FindStringSubmatch(message); m != nil {
		return text.Problem(find(m[1]), "no view "+m[1], suggest(m[1], viewNames()))
	}
	if m := noColumn.FindStringSubmatch(message); m != nil {
		name := m[1][strings.LastIndexByte(m[1], '.')+1:]
		return text.Problem(find(name), "no column "+m[1], suggest(name, columnsOf(list)))
	}
	if m := ambiguous.FindStringSubmatch(message); m != nil {
		return text.Problem(find(m[1]), "several views here have a column "+m[1], "write the view before it, as in runs."+m[1])
	}
	if m := noFunction.FindStringSubmatch(message); m != nil {
		return text.Problem(find(strings.TrimSuffix(m[1], "()")), message, "https://www.sqlite.org/lang_corefunc.html lists SQLite's functions")
	}
	if m := nearPiece.FindStringSubmatch(message); m != nil {
		for _, p := range list {
			if p.text == m[1] && near(p.offset+len(p.text)) {
				return text.Problem(p.offset, "SQL does not go on with "+p.text+" here", "")
			}
		}
	}
	if m := unknownSign.FindStringSubmatch(message); m != nil {
		fix := ""
		if strings.HasPrefix(m[1], "'") || strings.HasPrefix(m[1], `"`) {
			fix = "end it with the quote that it begins with"
		}
		return text.Problem(max(strings.Index(query, m[1]), 0), "SQL has no place for "+m[1], fix)
	}
	if message == "incomplete input" {
		return text.Problem(len(query), "the query ends too early", "")
	}
	return source.Problem{Place: source.Place{File: queryName}, Message: message, Fix: schemaHint}
}

// failsBefore asks SQLite for its opinion of the query up to an offset.
func failsBefore(ctx context.Context, conn *sql.Conn, query string, offset int, message string) bool {
	statement, err := conn.PrepareContext(ctx, query[:offset])
	if err != nil {
		return said(err) == message
	}
	defer statement.Close()
	return false
}

// problem words what was refused.
func (g *gatekeeper) problem(query string) source.Problem {
	text, list := source.NewText(queryName, query), pieces(query)
	switch no := g.refused; {
	case strings.HasPrefix(no.table, "sqlite_"): // by its older name, where it is read
		return text.Problem(max(offsetOf(list, "sqlite_schema"), offsetOf(list, no.table)), "the schema is no view", schemaHint)
	case no.table != "":
		return text.Problem(offsetOf(list, no.table), no.table+" is no view", "read "+strings.Join(viewNames(), ", ")+"; tabletop export entries gives the entries")
	case no.function != "":
		return text.Problem(offsetOf(list, no.function), no.function+" may not be called here", "")
	}
	return text.Problem(0, "the query does more than read", "write one SELECT: nothing changes an audit")
}

// offsetOf is where a name stands first in a query; 0 where it does not.
func offsetOf(list []piece, name string) int {
	for _, p := range list {
		if (p.kind == pieceWord || p.kind == pieceText) && strings.EqualFold(p.name, name) {
			return p.offset
		}
	}
	return 0
}

// suggest words what may have been meant.
func suggest(word string, candidates []string) string {
	if near := source.DidYouMean(word, candidates); near != "" {
		return near
	}
	return schemaHint
}

func viewNames() []string {
	var names []string
	for _, v := range Views() {
		names = append(names, v.Name)
	}
	return names
}

// columnsOf lists the columns of the views that a query names.
func columnsOf(list []piece) []string {
	var names []string
	for _, v := range Views() {
		if !slices.ContainsFunc(list, func(p piece) bool { return p.kind == pieceWord && strings.EqualFold(p.name, v.Name) }) {
			continue
		}
		for _, c := range v.Columns {
			if !slices.Contains(names, c.Name) {
				names = append(names, c.Name)
			}
		}
	}
	return names
}
