package query

import "strings"

// aggregateNumber is an aggregate over numbers.
func aggregateNumber(sql string) function {
	return function{least: 1, most: 1, aggregate: true, distinct: true, write: func(w *writer, distinct bool, a []operand) operand {
		return numeric("%s(%s%s)", sql, distinctly(distinct), w.numberOf(a[0]))
	}}
}

func distinctly(is bool) string {
	if is {
		return "DISTINCT "
	}
	return ""
}

// aggregateAny is an aggregate over values of any kind, of which it gives one.
func aggregateAny(sql string) function {
	return function{least: 1, most: 1, aggregate: true, write: func(w *writer, _ bool, a []operand) operand { return dynamic("%s(%s)", sql, a[0].sql) }}
}

func aggregateFunctions() map[string]function {
	count := func(c *Call, name string, distinct bool, args []Expr) *Call {
		return &Call{At: c.At, Name: name, Distinct: distinct, Args: args, Star: args == nil}
	}
	// share is the part of the events for which a condition holds, times scale.
	share := func(scale int64) function {
		return function{least: 1, most: 1, aggregate: true, sugar: func(c *Call) Expr {
			part := Expr(count(c, "count_if", false, c.Args))
			if scale != 1 {
				part = &Binary{At: c.At, Op: "*", X: part, Y: &Literal{At: c.At, Value: scale}}
			}
			return &Binary{At: c.At, Op: "/", X: part, Y: count(c, "count", false, nil)}
		}}
	}
	different := function{least: 1, most: -1, aggregate: true, sugar: func(c *Call) Expr { return count(c, "count", true, c.Args) }}
	list := func(sql string) function {
		return function{least: 1, most: 1, aggregate: true, write: func(w *writer, _ bool, a []operand) operand { return textual("%s(%s)", sql, w.textOf(a[0])) }}
	}
	return map[string]function{
		"count": function{least: 1, most: -1, aggregate: true, distinct: true, write: writeCount}.
			as("how many events there are, or how many of them have a value", "count(DISTINCT $User)", "2"),
		"count_if": function{least: 1, most: 1, aggregate: true, write: writeCountIf}.
			as("how many events a condition holds for", "count_if($Status = 'FAILED')", "1"),
		"percentage_of":         share(100).as("the events a condition holds for, out of 100", "percentage_of($Bytes < 15 OR $Bytes > 25)", "66.66666666666667"),
		"ratio_of":              share(1).as("the events a condition holds for, out of 1", "ratio_of($Bytes > 15)", "0.6666666666666666"),
		"distinct_count":        different.as("how many different values there are", "distinct_count($User)", "2"),
		"approx_count_distinct": different.as("how many different values there are, counted exactly", "approx_count_distinct($User)", "2"),
		"sum":                   aggregateNumber("total_of").as("the sum of what are numbers", "sum($Bytes)", "60"),
		"avg":                   aggregateNumber("mean_of").as("the mean of what are numbers", "avg($Bytes)", "20.0"),
		"mean":                  aggregateNumber("mean_of").as("avg by another name", "mean($Bytes)", "20.0"),
		"min":                   function{least: 1, most: 1, aggregate: true, write: extreme("lowest", "min")}.as("the least value: numbers come before texts", "min($Bytes)", "10"),
		"max":                   function{least: 1, most: 1, aggregate: true, write: extreme("highest", "max")}.as("the greatest value: texts come behind numbers", "max($Bytes)", "30"),
		"first":                 aggregateAny("first_of").as("the value of the first event read", "first($Status)", "FAILED"),
		"last":                  aggregateAny("last_of").as("the value of the last event read", "last($Bytes)", "20"),
		"collect_set":           list("set_of").as("the different values as a JSON list, at most 10,000", "collect_set($User)", `["ana","bo"]`),
		"collect_list":          list("list_of").as("the values as a JSON list, at most 10,000", "collect_list($User)", `["ana","bo","ana"]`),
	}
}

// unsugared is a call said in other functions, or the call itself.
func unsugared(c *Call) Expr {
	if f := functions()[c.Name]; f.sugar != nil {
		return f.sugar(c)
	}
	return c
}

// writeCount writes count: of rows, of values, or of different values, which
// differ as texts.
func writeCount(w *writer, distinct bool, a []operand) operand {
	switch {
	case !distinct && len(a) == 1:
		return numeric("count(%s)", a[0].sql)
	case distinct && len(a) == 1:
		return numeric("count(DISTINCT %s)", w.textOf(a[0]))
	}
	var present, quoted []string
	for _, o := range a {
		present = append(present, o.sql+" IS NOT NULL")
		quoted = append(quoted, "quote("+w.textOf(o)+")")
	}
	return numeric("count(%sCASE WHEN %s THEN %s END)", distinctly(distinct), strings.Join(present, " AND "), strings.Join(quoted, " || ',' || "))
}

func writeCountIf(w *writer, _ bool, a []operand) operand {
	return numeric("count(*) FILTER (WHERE %s)", w.conditionOf(a[0]))
}

// extreme writes MIN and MAX: SQLite's own where the values are known to be of
// one type, ours where numbers and texts mix.
func extreme(mixed, own string) func(*writer, bool, []operand) operand {
	return func(w *writer, _ bool, a []operand) operand {
		if a[0].kind == isNumber {
			return numeric("%s(%s)", own, a[0].sql)
		}
		return dynamic("%s(%s)", mixed, a[0].sql)
	}
}
