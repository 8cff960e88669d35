package query

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A function is one that DNIF SQL knows: how many arguments it takes and how it
// is written for SQLite.
type function struct {
	least int
	// most is -1 where there is no bound.
	most      int
	aggregate bool
	distinct  bool
	write     func(w *writer, distinct bool, a []operand) operand
}

func (f function) takes() string {
	switch {
	case f.least == f.most && f.least == 1:
		return "one argument"
	case f.least == f.most:
		return fmt.Sprintf("%d arguments", f.least)
	case f.most < 0:
		return fmt.Sprintf("at least %d arguments", f.least)
	}
	return fmt.Sprintf("%d to %d arguments", f.least, f.most)
}

func functionNames() []string { return slices.Sorted(maps.Keys(functions)) }

// numeric, textual and dynamic make operands of SQL with %s for the arguments.
func numeric(format string, a ...any) operand { return operand{fmt.Sprintf(format, a...), isNumber} }
func textual(format string, a ...any) operand { return operand{fmt.Sprintf(format, a...), isText} }
func dynamic(format string, a ...any) operand { return operand{fmt.Sprintf(format, a...), isAny} }

// scalar is a function whose arguments are all taken as texts.
func scalar(least, most int, kind operandKind, sql string) function {
	return function{least: least, most: most, write: func(_ *writer, _ bool, a []operand) operand {
		texts := make([]string, len(a))
		for i := range a {
			texts[i] = a[i].text()
		}
		return operand{sql + "(" + strings.Join(texts, ", ") + ")", kind}
	}}
}

// aggregateNumber is an aggregate over numbers.
func aggregateNumber(sql string) function {
	return function{least: 1, most: 1, aggregate: true, distinct: true, write: func(_ *writer, distinct bool, a []operand) operand {
		return numeric("%s(%s%s)", sql, distinctly(distinct), a[0].number())
	}}
}

func distinctly(is bool) string {
	if is {
		return "DISTINCT "
	}
	return ""
}

// functions are those of the language, by their lower-case names. The map is
// filled by a function of its own because the writer and the table need each
// other.
var functions = languageFunctions()

func languageFunctions() map[string]function {
	return map[string]function{
		"count":    {least: 1, most: -1, aggregate: true, distinct: true, write: writeCount},
		"count_if": {least: 1, most: 1, aggregate: true, write: writeCountIf},
		"sum":      aggregateNumber("total_of"),
		"avg":      aggregateNumber("mean_of"),
		"min":      {least: 1, most: 1, aggregate: true, write: extreme("lowest", "min")},
		"max":      {least: 1, most: 1, aggregate: true, write: extreme("highest", "max")},

		"lower":     scalar(1, 1, isText, "lower_case"),
		"upper":     scalar(1, 1, isText, "upper_case"),
		"trim":      scalar(1, 1, isText, "trim"),
		"ltrim":     scalar(1, 1, isText, "ltrim"),
		"rtrim":     scalar(1, 1, isText, "rtrim"),
		"length":    scalar(1, 1, isNumber, "characters"),
		"replace":   scalar(3, 3, isText, "replace"),
		"instr":     scalar(2, 2, isNumber, "instr"),
		"concat":    {least: 1, most: -1, write: writeConcat},
		"substr":    {least: 2, most: 3, write: writeSubstr},
		"substring": {least: 2, most: 3, write: writeSubstr},
		"coalesce":  {least: 1, most: -1, write: writeCoalesce},
		"nvl":       {least: 2, most: 2, write: writeCoalesce},
		"ifnull":    {least: 2, most: 2, write: writeCoalesce},
		"nullif": {least: 2, most: 2, write: func(w *writer, _ bool, a []operand) operand {
			return operand{fmt.Sprintf("CASE WHEN %s THEN NULL ELSE %s END", w.compare("=", a[0], a[1]), a[0].sql), a[0].kind}
		}},
		"if": {least: 3, most: 3, write: func(_ *writer, _ bool, a []operand) operand {
			return operand{fmt.Sprintf("CASE WHEN %s THEN %s ELSE %s END", a[0].condition(), a[1].sql, a[2].sql), a[1].kind.with(a[2].kind)}
		}},
		"abs": {least: 1, most: 1, write: func(_ *writer, _ bool, a []operand) operand {
			return numeric("abs(%s)", a[0].number())
		}},
		"round": {least: 1, most: 2, write: func(_ *writer, _ bool, a []operand) operand {
			if len(a) == 1 {
				return numeric("round_to(%s, 0)", a[0].number())
			}
			return numeric("round_to(%s, %s)", a[0].number(), a[1].number())
		}},
		"rlike": {least: 2, most: 2, write: func(_ *writer, _ bool, a []operand) operand {
			return operand{fmt.Sprintf("rlike(%s, %s)", a[0].text(), a[1].text()), isBool}
		}},
	}
}

// writeCount writes count: of rows, of values, or of different values, which
// differ as texts.
func writeCount(_ *writer, distinct bool, a []operand) operand {
	switch {
	case !distinct && len(a) == 1:
		return numeric("count(%s)", a[0].sql)
	case distinct && len(a) == 1:
		return numeric("count(DISTINCT %s)", a[0].text())
	}
	var present, quoted []string
	for _, o := range a {
		present = append(present, o.sql+" IS NOT NULL")
		quoted = append(quoted, "quote("+o.text()+")")
	}
	return numeric("count(%sCASE WHEN %s THEN %s END)", distinctly(distinct), strings.Join(present, " AND "), strings.Join(quoted, " || ',' || "))
}

func writeCountIf(_ *writer, _ bool, a []operand) operand {
	return numeric("count(*) FILTER (WHERE %s)", a[0].condition())
}

// extreme writes MIN and MAX: SQLite's own where the values are known to be of
// one type, ours where numbers and texts mix.
func extreme(mixed, own string) func(*writer, bool, []operand) operand {
	return func(_ *writer, _ bool, a []operand) operand {
		if a[0].kind == isNumber {
			return numeric("%s(%s)", own, a[0].sql)
		}
		return dynamic("%s(%s)", mixed, a[0].sql)
	}
}

func writeConcat(_ *writer, _ bool, a []operand) operand {
	texts := make([]string, len(a))
	for i := range a {
		texts[i] = a[i].text()
	}
	return textual("(%s)", strings.Join(texts, " || "))
}

// writeSubstr writes Spark's substring, where position 0 is position 1.
func writeSubstr(_ *writer, _ bool, a []operand) operand {
	if len(a) == 2 {
		return textual("part(%s, %s, NULL)", a[0].text(), a[1].number())
	}
	return textual("part(%s, %s, %s)", a[0].text(), a[1].number(), a[2].number())
}

func writeCoalesce(_ *writer, _ bool, a []operand) operand {
	if len(a) == 1 {
		return a[0]
	}
	kind := a[0].kind
	parts := make([]string, len(a))
	for i := range a {
		kind = kind.with(a[i].kind)
		parts[i] = a[i].sql
	}
	return operand{"coalesce(" + strings.Join(parts, ", ") + ")", kind}
}
