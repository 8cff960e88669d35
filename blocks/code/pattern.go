package code

import (
	"fmt"
	"regexp"
	"regexp/syntax"
)

const patternFix = "patterns are RE2: no look-around and no back references; write one as '^https?://'"

// A pattern is a regular expression and the size of its program, by which the
// time of a match is bounded.
type pattern struct {
	compiled     *regexp.Regexp
	instructions int
}

// compilePattern compiles a pattern of bounded size.
func compilePattern(s string) (*pattern, error) {
	if len(s) > maxPattern {
		return nil, fmt.Errorf("a pattern of %d bytes, over the %d that are read", len(s), maxPattern)
	}
	compiled, err := regexp.Compile(s)
	if err != nil {
		return nil, fmt.Errorf("%s is no pattern: %w", quoted(s), err)
	}
	tree, err := syntax.Parse(s, syntax.Perl)
	if err != nil {
		return nil, fmt.Errorf("%s is no pattern: %w", quoted(s), err)
	}
	program, err := syntax.Compile(tree.Simplify())
	if err != nil {
		return nil, fmt.Errorf("%s is no pattern: %w", quoted(s), err)
	}
	return &pattern{compiled, len(program.Inst)}, nil
}

// allow refuses a match that could take long.
func (p *pattern) allow(s string) error {
	if p.instructions*len(s) > maxMatching {
		return fmt.Errorf("a text of %d bytes is too long for a pattern of this size", len(s))
	}
	return nil
}

// matches reports whether the pattern is found in a text; nil for nil.
func matches(p *pattern, v any) (any, error) {
	if v == nil {
		return nil, nil
	}
	s, err := textOf(v)
	if err != nil {
		return nil, err
	}
	if err := p.allow(s); err != nil {
		return nil, err
	}
	return p.compiled.MatchString(s), nil
}

// extract is the text of a group of the first match; nil where there is none.
func (p *pattern) extract(s string, group int64) (any, error) {
	if group < 0 || group > int64(p.compiled.NumSubexp()) {
		return nil, fmt.Errorf("the pattern %s has no group %d", quoted(p.compiled.String()), group)
	}
	if err := p.allow(s); err != nil {
		return nil, err
	}
	m := p.compiled.FindStringSubmatchIndex(s)
	if m == nil || m[2*group] < 0 {
		return nil, nil
	}
	return s[m[2*group]:m[2*group+1]], nil
}
