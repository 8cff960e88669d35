package query

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// A function is one of the language: how many arguments it takes, how it is
// written for SQLite, and what a reader should know.
type function struct {
	least int
	// most is -1 where there is no bound.
	most      int
	aggregate bool
	distinct  bool
	write     writeFunction
	// pattern is the argument that is a regular expression, 0 for none.
	pattern int
	// sugar says the call in other functions; write is nil then.
	sugar func(c *Call) Expr
	// doc is a line on what it gives; example a call over the columns of
	// FunctionExamples, result what that gives.
	doc, example, result string
}

// A Function is what a reader should know of a function of the language.
type Function struct {
	Name string `json:"name"`
	// Takes says how many arguments it takes.
	Takes     string `json:"takes"`
	Aggregate bool   `json:"aggregate"`
	Doc       string `json:"doc"`
	// Example is a call over FunctionExamples, Result its value.
	Example string `json:"example"`
	Result  string `json:"result"`
}

// FunctionExamples are the events over which the examples of functions stand,
// at the clock 2026-01-10T12:00:00Z.
const FunctionExamples = `{"$Stream":"T","$CNAMTime":1768046400000,"$User":"ana","$Status":"FAILED","$Bytes":10}
{"$Stream":"T","$CNAMTime":1768046400000,"$User":"bo","$Status":"PASSED","$Bytes":"30"}
{"$Stream":"T","$CNAMTime":1768046400000,"$User":"ana","$Status":"PASSED","$Bytes":20}
`

// Functions lists the functions of the language by their names.
func Functions() []Function {
	var out []Function
	for _, name := range functionNames() {
		f := functions()[name]
		out = append(out, Function{Name: name, Takes: f.takes(), Aggregate: f.aggregate, Doc: f.doc, Example: f.example, Result: f.result})
	}
	return out
}

func (f function) takes() string {
	switch {
	case f.most == 0:
		return "no argument"
	case f.least == f.most && f.least == 1:
		return "one argument"
	case f.least == f.most:
		return fmt.Sprintf("%d arguments", f.least)
	case f.most < 0 && f.least == 1:
		return "at least one argument"
	case f.most < 0:
		return fmt.Sprintf("at least %d arguments", f.least)
	}
	return fmt.Sprintf("%d to %d arguments", f.least, f.most)
}

func functionNames() []string { return slices.Sorted(maps.Keys(functions())) }

// numeric, textual and dynamic make operands of SQL with %s for the arguments.
func numeric(format string, a ...any) operand { return operand{fmt.Sprintf(format, a...), isNumber} }
func textual(format string, a ...any) operand { return operand{fmt.Sprintf(format, a...), isText} }
func dynamic(format string, a ...any) operand { return operand{fmt.Sprintf(format, a...), isAny} }

// texts makes a function whose arguments are all taken as texts.
func texts(least, most int, kind operandKind, sql string) function {
	return function{least: least, most: most, write: func(w *writer, _ bool, a []operand) operand {
		list := make([]string, len(a))
		for i := range a {
			list[i] = w.textOf(a[i])
		}
		return operand{sql + "(" + strings.Join(list, ", ") + ")", kind}
	}}
}

// numbers makes a function of one number.
func numbers(sql string) function {
	return function{least: 1, most: 1, write: func(w *writer, _ bool, a []operand) operand { return numeric("%s(%s)", sql, w.numberOf(a[0])) }}
}

// as documents a function.
func (f function) as(doc, example, result string) function {
	f.doc, f.example, f.result = doc, example, result
	return f
}

// functions are those of the language, by their lower-case names. The table is
// made when it is first asked for: most commands need none.
var functions = sync.OnceValue(func() map[string]function {
	all := map[string]function{}
	for _, some := range []map[string]function{aggregateFunctions(), textFunctions(), choiceFunctions(), numberFunctions(), timeFunctions(), networkFunctions()} {
		maps.Copy(all, some)
	}
	return all
})
