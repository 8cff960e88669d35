package code

import (
	"strconv"

	"github.com/expr-lang/expr/ast"
)

// operators are the functions that expressions are rewritten to. Their names
// can't be written in an expression, so that nobody calls them by hand.
var operators = map[string]func(...any) (any, error){
	"true?":  func(a ...any) (any, error) { return isTrue(a[0]) },
	"false?": func(a ...any) (any, error) { return isFalse(a[0]) },
	"not?":   func(a ...any) (any, error) { return not(a[0]) },
	"and?":   func(a ...any) (any, error) { return and(a[0], a[1]) },
	"or?":    func(a ...any) (any, error) { return or(a[0], a[1]) },
	"nil?":   func(a ...any) (any, error) { return a[0] == nil, nil },
	"some?":  func(a ...any) (any, error) { return a[0] != nil, nil },

	"numeric?": func(a ...any) (any, error) { return compareNumbers(a[0].(string), a[1], a[2]) },
	"textual?": func(a ...any) (any, error) { return compareTexts(a[0].(string), a[1], a[2]) },
	"columns?": func(a ...any) (any, error) { return compareColumns(a[0].(string), a[1], a[2]) },
	"dynamic?": func(a ...any) (any, error) { return compareDynamic(a[0].(string), a[1], a[2], a[3].(side)) },
	"in?":      func(a ...any) (any, error) { return in(a[0], a[1], a[2].(bool)) },

	"arithmetic": func(a ...any) (any, error) { return arithmetic(a[0].(string), a[1], a[2]) },
	"join texts": func(a ...any) (any, error) { return joinTexts(a[0], a[1]) },
	"negate":     func(a ...any) (any, error) { return arithmetic("-", int64(0), a[0]) },

	"contains?": func(a ...any) (any, error) { return textTest(a[0].(string), a[1], a[2]) },
	"matches?":  func(a ...any) (any, error) { return matches(a[0].(*pattern), a[1]) },

	"part":  func(a ...any) (any, error) { return part(a[0], a[1]) },
	"slice": func(a ...any) (any, error) { return slice(a[0], a[1], a[2]) },
}

func (r *rewriter) unary(n *ast.UnaryNode) ast.Node {
	inner := r.rewrite(n.Node)
	switch n.Operator {
	case "not", "!":
		return r.call(n, truth, "not?", inner)
	case "-":
		return r.call(n, number, "negate", inner)
	case "+":
		return r.call(n, number, "arithmetic", r.constant(n, "+"), r.constant(n, int64(0)), inner)
	}
	return r.refuse(n, "unknown operator "+n.Operator, "")
}

func (r *rewriter) constant(n ast.Node, value any) ast.Node {
	return r.as(n, &ast.ConstantNode{Value: value}, computed)
}

func (r *rewriter) binary(n *ast.BinaryNode) ast.Node {
	if n.Operator == "matches" {
		return r.matches(n)
	}
	left, right := r.rewrite(n.Left), r.rewrite(n.Right)
	switch n.Operator {
	case "and", "&&":
		return r.shortCircuit(n, "false?", "and?", left, right)
	case "or", "||":
		return r.shortCircuit(n, "true?", "or?", left, right)
	case "==", "!=", "<", "<=", ">", ">=":
		return r.comparison(n, left, right)
	case "in":
		return r.call(n, truth, "in?", left, right, r.constant(n, r.classes[left] == column))
	case "+", "-", "*", "/", "%", "**", "^":
		if n.Operator == "+" && (r.classes[left] == text || r.classes[right] == text) {
			return r.call(n, text, "join texts", left, right)
		}
		return r.call(n, number, "arithmetic", r.constant(n, n.Operator), left, right)
	case "contains", "startsWith", "endsWith":
		return r.call(n, truth, "contains?", r.constant(n, n.Operator), left, right)
	case "??":
		return r.as(n, &ast.BinaryNode{Operator: "??", Left: left, Right: right}, r.either(left, right))
	}
	return r.refuse(n, "unknown operator "+n.Operator, noLoops)
}

// shortCircuit keeps `and` and `or` from looking at their right side where the
// left one decides. The left value is held in a variable, to be computed once.
func (r *rewriter) shortCircuit(n ast.Node, decides, joins string, left, right ast.Node) ast.Node {
	r.lets++
	name := "let:" + strconv.Itoa(r.lets)
	variable := func() ast.Node { return r.as(n, &ast.IdentifierNode{Value: name}, truth) }
	decided := r.as(n, &ast.BoolNode{Value: decides == "true?"}, truth)
	choice := r.as(n, &ast.ConditionalNode{
		Cond: r.call(n, truth, decides, variable()),
		Exp1: decided,
		Exp2: r.call(n, truth, joins, variable(), right),
	}, truth)
	return r.as(n, &ast.VariableDeclaratorNode{Name: name, Value: left, Expr: choice}, truth)
}

// comparison picks the way to compare by what stands on the two sides.
func (r *rewriter) comparison(n *ast.BinaryNode, left, right ast.Node) ast.Node {
	_, leftNil := left.(*ast.NilNode)
	_, rightNil := right.(*ast.NilNode)
	if leftNil || rightNil {
		return r.nilTest(n, left, right, leftNil)
	}
	operator := r.constant(n, n.Operator)
	a, b := r.classes[left], r.classes[right]
	switch {
	case a == number || b == number:
		return r.call(n, truth, "numeric?", operator, left, right)
	case a == text || b == text || a == truth || b == truth:
		return r.call(n, truth, "textual?", operator, left, right)
	case a == column && b == column:
		return r.call(n, truth, "columns?", operator, left, right)
	}
	return r.call(n, truth, "dynamic?", operator, left, right, r.constant(n, side{a == computed, b == computed}))
}

func (r *rewriter) nilTest(n *ast.BinaryNode, left, right ast.Node, leftNil bool) ast.Node {
	tested := left
	if leftNil {
		tested = right
	}
	switch n.Operator {
	case "==":
		return r.call(n, truth, "nil?", tested)
	case "!=":
		return r.call(n, truth, "some?", tested)
	}
	return r.refuse(n, "nil is neither more nor less than anything", "test it with == nil or != nil")
}

// matches compiles the pattern of a match, which must be written out: a pattern
// out of an event could take any time.
func (r *rewriter) matches(n *ast.BinaryNode) ast.Node {
	literal, ok := n.Right.(*ast.StringNode)
	if !ok {
		return r.refuse(n.Right, "a pattern must be a text in quotes", patternFix)
	}
	p, err := compilePattern(literal.Value)
	if err != nil {
		return r.refuse(n.Right, err.Error(), patternFix)
	}
	return r.call(n, truth, "matches?", r.constant(n.Right, p), r.rewrite(n.Left))
}
