package code

import (
	"errors"
	"fmt"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	exprchecker "github.com/expr-lang/expr/checker"
	"github.com/expr-lang/expr/compiler"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"
)

// An expression is one that has been compiled.
type expression struct {
	program *vm.Program
	// columns are the columns that it reads.
	columns []string
	// calls is the function whose result it is, empty for anything else.
	calls string
}

// columnPrefix marks the names of columns among the names that a program reads:
// no name in an expression holds a colon.
const columnPrefix = "column:"

// expression compiles one; text stands at offset in the block. It returns nil
// where there is a mistake.
func (c *checker) expression(text string, offset int) *expression {
	config := configuration()
	tree, err := parser.ParseWithConfig(text, config)
	if err != nil {
		c.reportSyntax(text, offset, err)
		return nil
	}
	r := rewriter{checker: c, text: text, offset: offset}
	calls := called(tree.Node)
	tree.Node = r.rewrite(tree.Node)
	if r.mistakes {
		return nil
	}
	if _, err := exprchecker.Check(tree, config); err != nil {
		c.reportSyntax(text, offset, err)
		return nil
	}
	program, err := compiler.Compile(tree, config)
	if err != nil {
		c.reportSyntax(text, offset, err)
		return nil
	}
	return &expression{program: program, columns: r.columns, calls: calls}
}

// called is the function of an expression that is a call.
func called(n ast.Node) string {
	if call, ok := n.(*ast.CallNode); ok {
		if name, ok := call.Callee.(*ast.IdentifierNode); ok {
			return name.Value
		}
	}
	return ""
}

// configuration is what expr may know: our functions and operators, nothing of
// its own library.
func configuration() *conf.Config {
	config := conf.CreateNew()
	for _, option := range []expr.Option{
		expr.Env(map[string]any{}), expr.AllowUndefinedVariables(), expr.DisableAllBuiltins(), expr.DisableIfOperator(), expr.MaxNodes(maxNodes),
	} {
		option(config)
	}
	for name := range config.Disabled {
		delete(config.Builtins, name)
	}
	for name, call := range operators {
		expr.Function(name, call)(config)
	}
	for _, f := range functions {
		expr.Function(f.name, f.run)(config)
	}
	return config
}

// reportSyntax places an error of expr.
func (c *checker) reportSyntax(text string, offset int, err error) {
	var placed *file.Error
	message, from := err.Error(), 0
	if errors.As(err, &placed) {
		message, from = placed.Message, placed.From
	}
	fix := ""
	at := parameterIn(text)
	switch {
	case at >= 0 && strings.Contains(message, `Bracket("}")`):
		c.report(offset+at, "parameters are not put into code", "put the condition into the query before, where {Name} is a value")
		return
	case strings.TrimSpace(text) == "":
		message, from = "an expression is missing", 0
	case strings.Contains(message, "maximum allowed nodes"):
		message, fix = fmt.Sprintf("an expression of more than %d parts", maxNodes), "split it over several columns"
	case strings.Contains(message, "token EOF"):
		message = "the expression ends too early"
	case strings.Contains(message, `Operator("=")`):
		fix = "compare with =="
	default:
		before := text[:byteOffset(text, from)]
		if message, fix = habit(message, before); strings.HasPrefix(message, "<>") {
			from-- // to its first sign
		}
	}
	c.report(offset+byteOffset(text, from), message, fix)
}

var parameterLike = compiled(`\{[A-Za-z_][A-Za-z0-9_]*\}`)

// parameterIn is where a text names a parameter, -1 for nowhere.
func parameterIn(text string) int {
	if m := parameterLike().FindStringIndex(text); m != nil {
		return m[0]
	}
	return -1
}

var unexpectedWord = compiled(`^unexpected token (?:Identifier|Operator)\("(.+)"\)`)

// habits are the words of SQL that expressions write otherwise.
var habits = map[string]string{
	"IS":      "write == nil or != nil",
	"LIKE":    "write contains, startsWith, endsWith or matches and a text",
	"RLIKE":   "write matches and a pattern",
	"BETWEEN": "write $A >= 1 and $A <= 9",
	"AND":     "write and",
	"OR":      "write or",
	"NOT":     "write not",
	"IN":      "write in and a list: $A in ['x', 'y']",
}

// habit words an error that a habit of SQL made, and its fix, by what stands
// before it; any other it leaves as it is.
func habit(message, before string) (worded, fix string) {
	m := unexpectedWord().FindStringSubmatch(message)
	switch {
	case m == nil:
		return message, ""
	case m[1] == ">" && strings.HasSuffix(before, "<"):
		return "<> is SQL's", "write !="
	}
	word := strings.ToUpper(m[1])
	if habits[word] == "" || word == m[1] && strings.ToLower(word) == m[1] {
		return message, ""
	}
	return m[1] + " is SQL's", habits[word]
}

// byteOffset turns expr's count of characters into one of bytes.
func byteOffset(text string, characters int) int {
	for i := range text {
		if characters == 0 {
			return i
		}
		characters--
	}
	return len(text)
}

// value runs the expression on the columns in row.
func (e *expression) value(machine *vm.VM, row map[string]any) (any, error) {
	v, err := machine.Run(e.program, row)
	if err == nil {
		return v, nil
	}
	var at *file.Error
	if !errors.As(err, &at) {
		return nil, err
	}
	if at.Prev != nil {
		return nil, at.Prev
	}
	return nil, errors.New(at.Message)
}
