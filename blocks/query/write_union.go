package query

import (
	"fmt"
	"strings"
)

// union writes the SELECT of a source with those that UNION joins to it. What
// UNION without ALL compares are texts, as DISTINCT does.
func (w *writer) union(src Source) written {
	if len(src.Unions) == 0 {
		return w.selectStatement(src.Select, false, nil)
	}
	var asText func(operand) string
	for _, u := range src.Unions {
		if !u.All {
			asText = w.textOf
		}
	}
	out := w.selectStatement(src.Select, false, asText)
	out.sql = wrapped(out.sql)
	for _, u := range src.Unions {
		next := w.selectStatement(u.Select, false, asText)
		if out.open = out.open || next.open; out.open {
			continue
		}
		if len(next.names) != len(out.names) {
			w.fail(u.Select.At, fmt.Sprintf("UNION of %d columns with %d", len(out.names), len(next.names)), "both SELECTs have the same number of columns")
		}
		word := " UNION "
		if u.All {
			word = " UNION ALL "
		}
		out.sql += word + wrapped(next.sql)
		for i := range out.kinds {
			out.kinds[i] = out.kinds[i].with(next.kinds[i])
		}
	}
	if asText != nil {
		for i := range out.kinds {
			out.kinds[i] = isAny
		}
	}
	return out
}

// wrapped lets a SELECT keep its order and limit inside a UNION.
func wrapped(sql string) string { return "SELECT * FROM (" + sql + ")" }

// sameColumn compares two names of columns, letter case and $ aside.
func sameColumn(a, b string) bool {
	return strings.EqualFold(strings.TrimPrefix(a, "$"), strings.TrimPrefix(b, "$"))
}

// bare is a column's name as pipe DQL gives it.
func bare(name string) string { return strings.ToLower(strings.TrimPrefix(name, "$")) }

// replaced reports whether an item beside * gives a column of that name.
func replaced(items []Item, name string) bool {
	for _, item := range items {
		if item.Expr != nil && sameColumn(item.Alias, name) {
			return true
		}
	}
	return false
}
