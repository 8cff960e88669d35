package trigger

import (
	"slices"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
)

// What expressions over answers may use. Nothing makes a text or a list longer
// than those of the answer, and a test of each element sees that element alone,
// so that the work stays in proportion to the answer: expr itself can't be
// stopped once it runs.
var (
	allowedBuiltins  = []string{"all", "any", "none", "one", "count", "find", "filter", "len", "first", "last", "lower", "upper", "trim"}
	allowedOperators = []string{
		"==", "!=", "<", "<=", ">", ">=", "and", "&&", "or", "||", "in", "contains", "startsWith", "endsWith", "matches", "??",
	}
	// wholeNames are those that a test of each element may not ask for.
	wholeNames = []string{"body", "text", "headers", "items"}
)

// A restriction looks for what an expression may not hold.
type restriction struct {
	found     *forbidden
	readsBody bool
}

type forbidden struct {
	at           file.Location
	message, fix string
}

func (r *restriction) refuse(node ast.Node, message, fix string) {
	if r.found == nil {
		r.found = &forbidden{node.Location(), message, fix}
	}
}

// check walks the tree; tests counts the tests of elements around a node.
func (r *restriction) check(node ast.Node, tests int) {
	switch n := node.(type) {
	case *ast.NilNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.StringNode, *ast.PointerNode:
	case *ast.IdentifierNode:
		r.readsBody = r.readsBody || n.Value == "body"
		if tests > 0 && slices.Contains(wholeNames, n.Value) {
			r.refuse(n, "a test of each element can't ask for "+n.Value, "the element is #, and .name one of its fields")
		}
	case *ast.UnaryNode:
		r.check(n.Node, tests)
	case *ast.BinaryNode:
		r.checkOperator(n)
		r.check(n.Left, tests)
		r.check(n.Right, tests)
	case *ast.ChainNode:
		r.check(n.Node, tests)
	case *ast.MemberNode:
		r.check(n.Node, tests)
		r.check(n.Property, tests)
	case *ast.ConditionalNode:
		r.check(n.Cond, tests)
		r.check(n.Exp1, tests)
		r.check(n.Exp2, tests)
	case *ast.ArrayNode:
		r.checkAll(n.Nodes, tests)
	case *ast.CallNode:
		r.checkAll(n.Arguments, tests)
	case *ast.BuiltinNode:
		if !slices.Contains(allowedBuiltins, n.Name) {
			r.refuse(n, n.Name+" is not for answers", "")
		}
		r.checkAll(n.Arguments, tests)
	case *ast.PredicateNode:
		if tests == maxTests {
			r.refuse(n, "a test of elements within a test within a test", "")
			return
		}
		r.check(n.Node, tests+1)
	default:
		r.refuse(node, "an answer is only asked: no variables, objects or parts of lists are made", "")
	}
}

func (r *restriction) checkAll(nodes []ast.Node, tests int) {
	for _, n := range nodes {
		r.check(n, tests)
	}
}

func (r *restriction) checkOperator(n *ast.BinaryNode) {
	if !slices.Contains(allowedOperators, n.Operator) {
		r.refuse(n, "an answer is only asked: "+n.Operator+" is not for it", "compare, with and, or, not, in, contains, startsWith, endsWith, matches and ??")
	}
	if _, constant := n.Right.(*ast.StringNode); n.Operator == "matches" && !constant {
		r.refuse(n, "the pattern of matches must be written out", `as in body.code matches "^OK"`)
	}
}
