package query

import (
	"fmt"
	"strings"
)

// choiceFunctions choose among their arguments.
func choiceFunctions() map[string]function {
	two := function{least: 2, most: 2, write: writeCoalesce}
	ends := func(sql string) function {
		return function{least: 2, most: -1, write: func(w *writer, _ bool, a []operand) operand {
			parts, kind := listed(a)
			return operand{sql + "(" + parts + ")", kind}
		}}
	}
	return map[string]function{
		"coalesce": function{least: 1, most: -1, write: writeCoalesce}.as("the first argument that is not NULL", "coalesce(NULL, 'a')", "a"),
		"nvl":      two.as("the second argument where the first is NULL", "nvl(NULL, 'a')", "a"),
		"ifnull":   two.as("nvl by another name", "ifnull('b', 'a')", "b"),
		"nullif": function{least: 2, most: 2, write: func(w *writer, _ bool, a []operand) operand {
			return operand{fmt.Sprintf("CASE WHEN %s THEN NULL ELSE %s END", w.compare("=", a[0], a[1]), a[0].sql), a[0].kind}
		}}.as("NULL where both are equal, else the first", "coalesce(nullif('-', '-'), 'none')", "none"),
		"if": function{least: 3, most: 3, write: func(w *writer, _ bool, a []operand) operand {
			return operand{fmt.Sprintf("CASE WHEN %s THEN %s ELSE %s END", w.conditionOf(a[0]), a[1].sql, a[2].sql), a[1].kind.with(a[2].kind)}
		}}.as("the second argument where a condition holds, else the third", "if(2 > 1, 'yes', 'no')", "yes"),
		"greatest": ends("greatest_of").as("the greatest of its arguments; NULL is passed over", "greatest(3, '10', NULL)", "10"),
		"least":    ends("least_of").as("the least of its arguments; NULL is passed over", "least(3, '10', NULL)", "3"),
	}
}

// listed writes arguments as they are, with the kind of any of them.
func listed(a []operand) (string, operandKind) {
	kind := a[0].kind
	parts := make([]string, len(a))
	for i := range a {
		kind = kind.with(a[i].kind)
		parts[i] = a[i].sql
	}
	return strings.Join(parts, ", "), kind
}

func writeCoalesce(w *writer, _ bool, a []operand) operand {
	if len(a) == 1 {
		return a[0]
	}
	parts, kind := listed(a)
	return operand{"coalesce(" + parts + ")", kind}
}
