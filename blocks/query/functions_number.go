package query

func numberFunctions() map[string]function {
	ceiling := numbers("ceiling_of")
	return map[string]function{
		"abs": numbers("abs").as("without its sign", "abs(-3)", "3"),
		"round": function{least: 1, most: 2, write: func(w *writer, _ bool, a []operand) operand {
			if len(a) == 1 {
				return numeric("round_to(%s, 0)", w.numberOf(a[0]))
			}
			return numeric("round_to(%s, %s)", w.numberOf(a[0]), w.numberOf(a[1]))
		}}.as("rounded to so many digits behind the point, halves away from zero", "round(2.345, 1)", "2.3"),
		"floor":   numbers("floor_of").as("the whole number below", "floor(-1.5)", "-2"),
		"ceil":    ceiling.as("the whole number above", "ceil(1.2)", "2"),
		"ceiling": ceiling.as("ceil by another name", "ceiling(-1.5)", "-1"),
	}
}
