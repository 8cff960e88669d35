package query

import "fmt"

// A dialect is what differs between the engines that a tree can be written for.
// What all of them share, the shape of SELECT and the rules of comparison, is the
// writer's.
type dialect struct {
	// parameter is the place of value n, from 1.
	parameter func(n int) string
	// text and real are the types of CAST, same the operator that also holds
	// between two that are missing.
	text, real, same string
	// number gives a text as a number, NULL where it is none; modulo, matches
	// (LIKE, letter case minded) and rlike are functions of two arguments, folded
	// a text in capitals for matching without letter case.
	number, modulo, matches, rlike, folded string
	// functions are those that are not written as the table of functions says.
	functions map[string]writeFunction
	// place names a row of a table in the order of reading; rowEvidence are the
	// columns by which a row is followed to its event, groupEvidence that of a
	// group.
	place         func(table string) string
	rowEvidence   func(table string) []string
	groupEvidence func(table string) string
	// materialized stands behind AS where WITH is to be made once, as a table.
	materialized string
}

// A writeFunction writes a call over its arguments.
type writeFunction func(w *writer, distinct bool, a []operand) operand

// sqlite is the dialect of the engine in workbook/events, whose functions the
// table of functions names.
var sqlite = dialect{
	parameter: func(n int) string { return fmt.Sprintf("?%d", n) },
	text:      "TEXT", real: "REAL", same: "IS",
	number: "number", modulo: "modulo", matches: "matches", rlike: "rlike", folded: "upper_case",
	place:         func(table string) string { return table + ".rowid" },
	rowEvidence:   func(table string) []string { return []string{table + ".rowid", table + `."line"`} },
	groupEvidence: func(table string) string { return fmt.Sprintf(`evidence(%[1]s.rowid, %[1]s."line")`, table) },
	materialized:  "MATERIALIZED ",
}

// numberOf writes an operand as a number, NULL where it is none.
func (d *dialect) numberOf(o operand) string {
	switch o.kind {
	case isNumber, isBool, isNull:
		return o.sql
	}
	return d.number + "(" + o.sql + ")"
}

// textOf writes an operand as a text.
func (d *dialect) textOf(o operand) string {
	switch o.kind {
	case isText, isNull:
		return o.sql
	case isBool:
		return fmt.Sprintf("CASE %s WHEN 0 THEN 'false' WHEN 1 THEN 'true' END", o.sql)
	}
	return "CAST(" + o.sql + " AS " + d.text + ")"
}

// conditionOf writes an operand as a truth value: a text is true where it says
// so.
func (d *dialect) conditionOf(o operand) string {
	switch o.kind {
	case isBool, isNull:
		return o.sql
	case isNumber:
		return "(" + o.sql + " <> 0)"
	}
	return "(lower(" + d.textOf(o) + ") = 'true')"
}

// truthOf writes an operand as CAST to BOOLEAN does: NULL where it says neither.
func (d *dialect) truthOf(o operand) string {
	switch o.kind {
	case isBool, isNull:
		return o.sql
	case isNumber:
		return "(" + o.sql + " <> 0)"
	}
	text := d.textOf(o)
	return "CASE WHEN lower(" + text + ") IN ('true', 't', 'yes', 'y', '1') THEN 1 WHEN lower(" + text + ") IN ('false', 'f', 'no', 'n', '0') THEN 0 END"
}

// orderOf writes the terms by which ORDER BY sorts an operand: nothing first,
// then numbers by value, then texts, all turned around by DESC.
func (d *dialect) orderOf(o operand, descending bool) string {
	direction := ""
	if descending {
		direction = " DESC"
	}
	if o.kind != isAny {
		return o.sql + direction
	}
	n := d.numberOf(o)
	return fmt.Sprintf("(%[1]s IS NOT NULL)%[3]s, (%[2]s IS NULL)%[3]s, %[2]s%[3]s, %[1]s%[3]s", o.sql, n, direction)
}
