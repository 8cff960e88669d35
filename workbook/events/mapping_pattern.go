package events

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"

	"tabletop/workbook"
	"tabletop/workbook/source"
)

// pattern is what a group of a regular expression finds in a value.
type pattern struct {
	expression *regexp.Regexp
	of         expression
	group      int
}

func (p *pattern) eval(r *record) workbook.Value {
	v := p.of.eval(r)
	if v == nil {
		return nil
	}
	text := workbook.Text(v)
	found := p.expression.FindStringSubmatchIndex(text)
	if found == nil || found[2*p.group] == found[2*p.group+1] {
		return nil
	}
	return strings.Clone(text[found[2*p.group]:found[2*p.group+1]])
}

func (p *pattern) reads() []string { return p.of.reads() }

// parsePattern reads {regex: pattern, field: name, group: 1}. Without a group
// it is the first one, and all that fits where the pattern has none.
func parsePattern(n source.Node, c columnNode) (expression, source.Problems) {
	if !c.Field.Exists() || c.Const != nil || c.Template != nil || c.First != nil || c.Lower.Exists() || c.Upper.Exists() {
		return nil, source.Problems{n.Problem("regex needs the field that it looks into, and nothing else but a group", "write {regex: pattern, field: name, group: 1}")}
	}
	of, problems := parseExpression(c.Field)
	compiled, err := regexp.Compile(c.Regex.Value)
	if err != nil {
		return nil, append(problems, patternProblem(*c.Regex, err))
	}
	p := &pattern{expression: compiled, of: of, group: min(1, compiled.NumSubexp())}
	if c.Group != nil {
		p.group = *c.Group
	}
	if p.group < 0 || p.group > compiled.NumSubexp() {
		problems = append(problems, n.Problem(fmt.Sprintf("there is no group %d: the pattern has %d", p.group, compiled.NumSubexp()), "count opening brackets from 1"))
	}
	return p, problems
}

// patternProblem tells what is wrong with a regular expression, and where.
func patternProblem(t source.Text, err error) source.Problem {
	var mistake *syntax.Error
	if !errors.As(err, &mistake) {
		return t.Problem(0, err.Error(), "")
	}
	at := max(0, strings.Index(t.Value, mistake.Expr))
	return t.Problem(at, "broken regular expression: "+mistake.Code.String()+": "+mistake.Expr, "patterns are RE2's, as in Go")
}
