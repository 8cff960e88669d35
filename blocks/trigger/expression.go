package trigger

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/checker"
	"github.com/expr-lang/expr/compiler"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"

	"tabletop/workbook/source"
)

// Limits on an expression over an answer: its text in bytes, the parts of its
// tree, and how deep a test of a list's elements may stand in another. Together
// with what (*restriction).check refuses they bound the work to a small multiple
// of the answer's size.
const (
	maxExpression = 2000
	maxParts      = 200
	maxTests      = 2
)

// An expression over a vendor's answer, compiled.
type expression struct {
	program *vm.Program
	text    string
	// readsBody says that it asks for the answer's JSON.
	readsBody bool
}

// expressions compiles those of one file, each text once: the configurations of
// one vendor say much the same.
type expressions struct {
	configs  map[purpose]*conf.Config
	compiled map[purpose]map[string]*expression
}

// A purpose is what an expression is for: the names that it may use are the
// fields of view, and truth says that it gives yes or no. An expression that is
// asked of each item has another purpose than one of the same view.
type purpose struct {
	view   reflect.Type
	truth  bool
	before string
	after  string
}

func newExpressions() *expressions {
	return &expressions{configs: map[purpose]*conf.Config{}, compiled: map[purpose]map[string]*expression{}}
}

// compile compiles and type-checks one whose names are the fields of view. It
// must give a truth value where truth is true.
func (x *expressions) compile(text source.Text, view any, truth bool) (*expression, source.Problems) {
	return x.compileFor(purpose{view: reflect.TypeOf(view), truth: truth}, text, view)
}

// compileItem compiles one that is asked of each element of items: # is the
// element and .status its status. It gives a list of truth values.
func (x *expressions) compileItem(text source.Text) (*expression, source.Problems) {
	return x.compileFor(purpose{view: reflect.TypeFor[itemsView](), before: "map(items, {", after: "})"}, text, itemsView{})
}

func (x *expressions) compileFor(p purpose, text source.Text, view any) (*expression, source.Problems) {
	if e := x.compiled[p][text.Value]; e != nil {
		return e, nil
	}
	config := x.configs[p]
	if config == nil {
		config = expressionConfig(view, p.truth)
		x.configs[p], x.compiled[p] = config, map[string]*expression{}
	}
	e, problems := compileExpression(text, config, p.before, p.after)
	if problems == nil {
		x.compiled[p][text.Value] = e
	}
	return e, problems
}

// compileExpression compiles a text between two others.
func compileExpression(text source.Text, config *conf.Config, before, after string) (*expression, source.Problems) {
	fail := func(at int, message, fix string) source.Problems {
		return source.Problems{text.Problem(min(max(at, 0), len(text.Value)), message, fix)}
	}
	switch {
	case strings.TrimSpace(text.Value) == "":
		return nil, fail(0, "an expression is missing", "as in status == 200")
	case len(text.Value) > maxExpression:
		return nil, fail(0, fmt.Sprintf("an expression of more than %d bytes", maxExpression), "")
	}
	whole := before + text.Value + after
	wrong := func(err error) source.Problems {
		at, message, fix := expressionMistake(whole, err)
		if at >= len(before)+len(text.Value) && before != "" {
			message = "the expression ends too early"
		}
		return fail(at-len(before), message, fix)
	}
	tree, err := parser.ParseWithConfig(whole, config)
	if err != nil {
		return nil, wrong(err)
	}
	root := tree.Node
	if before != "" {
		list, ok := root.(*ast.BuiltinNode)
		if !ok || list.Name != "map" || len(list.Arguments) != 2 {
			return nil, fail(0, "the brackets of the expression don't pair", "")
		}
		root = list.Arguments[1]
	}
	r := restriction{}
	r.check(root, 0)
	if r.found != nil {
		at, _, _ := expressionMistake(whole, &file.Error{Location: r.found.at})
		return nil, fail(at-len(before), r.found.message, r.found.fix)
	}
	if _, err := checker.Check(tree, config); err != nil {
		return nil, wrong(err)
	}
	program, err := compiler.Compile(tree, config)
	if err != nil {
		return nil, wrong(err)
	}
	return &expression{program: program, text: text.Value, readsBody: r.readsBody}, nil
}

// expressionConfig is what expr may know.
func expressionConfig(view any, truth bool) *conf.Config {
	config := conf.CreateNew()
	options := []expr.Option{expr.Env(view), expr.DisableAllBuiltins(), expr.DisableIfOperator(), expr.MaxNodes(maxParts)}
	if truth {
		options = append(options, expr.AsBool())
	}
	for _, name := range append([]string{"map"}, allowedBuiltins...) {
		options = append(options, expr.EnableBuiltin(name))
	}
	for _, f := range answerFunctions {
		options = append(options, expr.Function(f.name, f.call, f.types...))
	}
	for _, option := range options {
		option(config)
	}
	for name := range config.Disabled {
		delete(config.Builtins, name)
	}
	return config
}

// expressionMistake takes expr's error apart: the byte where it stands, what is
// wrong, and what to write instead.
func expressionMistake(text string, err error) (at int, message, fix string) {
	var located *file.Error
	message = err.Error()
	if errors.As(err, &located) {
		message = located.Message
		at = byteAt(text, located.From)
	}
	switch {
	case strings.Contains(message, "maximum allowed nodes"):
		message, fix = fmt.Sprintf("an expression of more than %d parts", maxParts), ""
	case strings.Contains(message, "token EOF"):
		message = "the expression ends too early"
	case strings.Contains(message, `Operator("=")`):
		fix = "compare with =="
	case strings.Contains(message, "unknown name"):
		fix = "an answer has status, headers, body and text"
	}
	return at, message, fix
}

// byteAt turns expr's count of characters into one of bytes.
func byteAt(text string, characters int) int {
	for i := range text {
		if characters == 0 {
			return i
		}
		characters--
	}
	return len(text)
}

// value runs the expression. Its error says what the answer lacks for it.
func (e *expression) value(view any) (any, error) {
	v, err := (&vm.VM{}).Run(e.program, view)
	if err == nil {
		return v, nil
	}
	var located *file.Error
	if errors.As(err, &located) {
		return nil, errors.New(located.Message)
	}
	return nil, err
}

// truth runs an expression that says yes or no. A value that is neither is an
// error.
func (e *expression) truth(view any) (bool, error) {
	v, err := e.value(view)
	if err != nil && strings.HasPrefix(err.Error(), "invalid operation: bool(") { // expr's own cast of what it knows no type of
		return false, errors.New("it gives something that is not true or false")
	}
	if err != nil {
		return false, err
	}
	truth, ok := v.(bool)
	if !ok {
		return false, fmt.Errorf("it gives %s, not true or false", kindOf(v))
	}
	return truth, nil
}

// kindOf names what a value of an answer is.
func kindOf(v any) string {
	if v == nil {
		return "nothing"
	}
	switch reflect.TypeOf(v).Kind() {
	case reflect.Bool:
		return "a truth value"
	case reflect.String:
		return "a text"
	case reflect.Slice, reflect.Array:
		return "a list"
	case reflect.Map:
		return "an object"
	}
	return "a number"
}
