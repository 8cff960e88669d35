package code

import (
	"fmt"
	"strings"

	"github.com/expr-lang/expr/ast"

	"tabletop/workbook"
	"tabletop/workbook/source"
)

// class is what is known of a part of an expression before it runs. What a
// value is compared with depends on it.
type class int

const (
	// computed is a value of which only the run tells what it is.
	computed class = iota
	column
	number
	text
	truth
)

// rewriter turns an expression as parsed into one whose operators are ours, and
// refuses what is not allowed: loops, unknown names, calls of values.
type rewriter struct {
	*checker
	text     string
	offset   int
	columns  []string
	mistakes bool
	seen     map[ast.Node]bool
	classes  map[ast.Node]class
	lets     int
}

func (r *rewriter) refuse(n ast.Node, message, fix string) ast.Node {
	r.mistakes = true
	r.report(r.offset+byteOffset(r.text, n.Location().From), message, fix)
	// What stands in for it must not lead to further mistakes.
	return &ast.BoolNode{}
}

// as keeps what is known of a rewritten node, at the place of the old one.
func (r *rewriter) as(old, n ast.Node, c class) ast.Node {
	n.SetLocation(old.Location())
	if r.classes == nil {
		r.classes = map[ast.Node]class{}
	}
	r.classes[n] = c
	return n
}

// call is a call of an operator or a function.
func (r *rewriter) call(old ast.Node, c class, name string, arguments ...ast.Node) ast.Node {
	callee := &ast.IdentifierNode{Value: name}
	callee.SetLocation(old.Location())
	return r.as(old, &ast.CallNode{Callee: callee, Arguments: arguments}, c)
}

func (r *rewriter) rewrite(n ast.Node) ast.Node {
	// The parser shares the middle of a < b < c and of a ?: b between two
	// parents; nested, such an expression grows beyond all bounds.
	if r.seen[n] {
		return r.refuse(n, "a comparison or ?: that uses one value twice", "write $A < $B and $B < $C, or $A ?? $B")
	}
	if r.seen == nil {
		r.seen = map[ast.Node]bool{}
	}
	r.seen[n] = true
	switch n := n.(type) {
	case *ast.NilNode:
		return n
	case *ast.IntegerNode:
		return r.as(n, &ast.ConstantNode{Value: int64(n.Value)}, number)
	case *ast.FloatNode:
		return r.as(n, n, number)
	case *ast.StringNode:
		return r.as(n, n, text)
	case *ast.BoolNode:
		return r.as(n, n, truth)
	case *ast.IdentifierNode:
		return r.identifier(n)
	case *ast.CallNode:
		return r.function(n)
	case *ast.UnaryNode:
		return r.unary(n)
	case *ast.BinaryNode:
		return r.binary(n)
	case *ast.ConditionalNode:
		return r.conditional(n)
	case *ast.ChainNode:
		return r.rewrite(n.Node)
	case *ast.MemberNode:
		return r.call(n, computed, "part", r.rewrite(n.Node), r.rewrite(n.Property))
	case *ast.SliceNode:
		return r.slice(n)
	case *ast.ArrayNode:
		for i := range n.Nodes {
			n.Nodes[i] = r.rewrite(n.Nodes[i])
		}
		return r.as(n, n, computed)
	case *ast.MapNode:
		return r.object(n)
	case *ast.SequenceNode:
		return r.refuse(n, "several expressions in one", "write each on a line of its own")
	case *ast.BuiltinNode:
		return r.refuse(n, "unknown function "+n.Name, noLoops)
	}
	return r.refuse(n, "not allowed here", "loops, let and bytes are not part of the language")
}

func (r *rewriter) identifier(n *ast.IdentifierNode) ast.Node {
	if !strings.HasPrefix(n.Value, "$") {
		if _, ok := functionNamed(n.Value); ok {
			return r.refuse(n, n.Value+" is a function", "write "+n.Value+"(…)")
		}
		if strings.EqualFold(n.Value, "null") || n.Value == "None" {
			return r.refuse(n, "unknown name "+n.Value, "write nil")
		}
		return r.refuse(n, "unknown name "+n.Value, "columns are written $"+n.Value+", texts in quotes")
	}
	return r.column(n, n.Value)
}

// column reads a column, which must be there as far as that is known.
func (r *rewriter) column(n ast.Node, name string) ast.Node {
	offset := r.offset + byteOffset(r.text, n.Location().From)
	if !r.known(name, offset) {
		r.mistakes = true
	}
	r.columns = append(r.columns, name)
	return r.as(n, &ast.IdentifierNode{Value: columnPrefix + name}, column)
}

func (r *rewriter) function(n *ast.CallNode) ast.Node {
	callee, ok := n.Callee.(*ast.IdentifierNode)
	if !ok {
		return r.refuse(n, "a value can't be called", "functions are called by their names, as in lower($A)")
	}
	name := callee.Value
	if name == "col" {
		if s, ok := oneText(n.Arguments); ok {
			return r.column(n, s)
		}
		return r.refuse(n, "col takes one text in quotes", `write col("$Count(1)")`)
	}
	f, ok := functionNamed(name)
	switch {
	case !ok && r.isColumnCall(name):
		return r.refuse(n, name+" is a column, not a function", `a column whose name has brackets is col("$Count(1)")`)
	case !ok:
		for _, argument := range n.Arguments {
			r.rewrite(argument)
		}
		return r.refuse(n, "unknown function "+name, unknownFunction(name))
	case len(n.Arguments) < f.least || f.most >= 0 && len(n.Arguments) > f.most:
		return r.refuse(n, fmt.Sprintf("%s takes %s, not %d", name, f.takes(), len(n.Arguments)), "")
	}
	for i, argument := range n.Arguments {
		if f.constant == nil {
			n.Arguments[i] = r.rewrite(argument)
			continue
		}
		literal, isText := argument.(*ast.StringNode)
		value, err := f.constant(i, literal)
		switch {
		case err != nil:
			return r.refuse(argument, err.Error(), f.fix)
		case value != nil && isText:
			n.Arguments[i] = r.as(argument, &ast.ConstantNode{Value: value}, computed)
		default:
			n.Arguments[i] = r.rewrite(argument)
		}
	}
	return r.call(n, f.gives, name, n.Arguments...)
}

func (r *rewriter) isColumnCall(name string) bool {
	return strings.HasPrefix(name, "$") || workbook.ColumnIndex(r.checker.columns.Names, name) >= 0
}

func oneText(arguments []ast.Node) (string, bool) {
	if len(arguments) != 1 {
		return "", false
	}
	s, ok := arguments[0].(*ast.StringNode)
	if !ok {
		return "", false
	}
	return s.Value, true
}

const noLoops = "nothing loops in an expression; DNIF's Python (def transform) does"

func unknownFunction(name string) string {
	switch name {
	case "sum", "repeat", "sort", "range":
		return noLoops
	}
	names := make([]string, 0, len(functions)+1)
	for _, f := range functions {
		names = append(names, f.name)
	}
	return source.DidYouMean(name, append(names, "col"))
}

func (r *rewriter) conditional(n *ast.ConditionalNode) ast.Node {
	condition := r.call(n.Cond, truth, "true?", r.rewrite(n.Cond))
	yes, no := r.rewrite(n.Exp1), r.rewrite(n.Exp2)
	return r.as(n, &ast.ConditionalNode{Cond: condition, Exp1: yes, Exp2: no}, r.either(yes, no))
}

// either is what is known of a value that is one of two.
func (r *rewriter) either(a, b ast.Node) class {
	if r.classes[a] == r.classes[b] {
		return r.classes[a]
	}
	if _, ok := a.(*ast.NilNode); ok {
		return r.classes[b]
	}
	if _, ok := b.(*ast.NilNode); ok {
		return r.classes[a]
	}
	return computed
}

func (r *rewriter) slice(n *ast.SliceNode) ast.Node {
	bound := func(b ast.Node) ast.Node {
		if b == nil {
			return &ast.NilNode{}
		}
		return r.rewrite(b)
	}
	return r.call(n, computed, "slice", r.rewrite(n.Node), bound(n.From), bound(n.To))
}

func (r *rewriter) object(n *ast.MapNode) ast.Node {
	for _, p := range n.Pairs {
		pair, ok := p.(*ast.PairNode)
		if !ok {
			return r.refuse(n, "not allowed here", "")
		}
		if _, ok := pair.Key.(*ast.StringNode); !ok {
			return r.refuse(pair.Key, "a key must be a text in quotes", "")
		}
		pair.Value = r.rewrite(pair.Value)
	}
	return r.as(n, n, computed)
}
