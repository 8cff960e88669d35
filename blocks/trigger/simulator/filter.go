package simulator

import (
	"errors"
	"fmt"
	"strings"
)

// A filter keeps some rows of a list: comparisons `field eq 'value'`, joined by
// and, or, not and brackets. A quote inside a value is written twice.
type filter interface {
	holds(fields map[string]string) bool
}

type equal struct{ field, value string }

func (f equal) holds(fields map[string]string) bool {
	value, ok := fields[f.field]
	return ok && strings.EqualFold(value, f.value)
}

type negated struct{ of filter }

func (f negated) holds(fields map[string]string) bool { return !f.of.holds(fields) }

// A joined filter holds where all of its parts do, or with any, where one does.
type joined struct {
	any   bool
	parts []filter
}

func (f joined) holds(fields map[string]string) bool {
	for _, p := range f.parts {
		if p.holds(fields) == f.any {
			return f.any
		}
	}
	return !f.any
}

const (
	maxFilter      = 16 << 10
	maxFilterDepth = 32
)

// filterFields are those that filters may name.
var filterFields = map[string]bool{
	"type": true, "riskLevel": true, "scanAction": true, "id": true, "status": true, "action": true,
	"ip": true, "url": true, "domain": true, "fileSha1": true, "fileSha256": true, "senderMailAddress": true,
}

type filterParser struct {
	words []string
	depth int
}

func parseFilter(text string) (filter, error) {
	if len(text) > maxFilter {
		return nil, fmt.Errorf("longer than %d bytes", maxFilter)
	}
	words, err := filterWords(text)
	if err != nil {
		return nil, err
	}
	p := &filterParser{words: words}
	f, err := p.alternatives()
	if err == nil && len(p.words) > 0 {
		err = fmt.Errorf("%s is not expected", p.words[0])
	}
	return f, err
}

// filterWords cuts a filter into words, brackets and values with their quotes.
func filterWords(text string) ([]string, error) {
	var words []string
	for text = strings.TrimLeft(text, " "); text != ""; text = strings.TrimLeft(text, " ") {
		end := strings.IndexAny(text, " ()'")
		switch {
		case end < 0:
			end = len(text)
		case end == 0 && text[0] != '\'':
			end = 1
		case end == 0:
			for end = 1; ; end += 2 {
				next := strings.IndexByte(text[end:], '\'')
				if next < 0 {
					return nil, errors.New("a quote is not closed")
				}
				if end += next; !strings.HasPrefix(text[end+1:], "'") {
					end++
					break
				}
			}
		}
		words = append(words, text[:end])
		text = text[end:]
	}
	return words, nil
}

func (p *filterParser) next() string {
	if len(p.words) == 0 {
		return ""
	}
	word := p.words[0]
	p.words = p.words[1:]
	return word
}

func (p *filterParser) accept(word string) bool {
	if len(p.words) > 0 && strings.EqualFold(p.words[0], word) {
		p.words = p.words[1:]
		return true
	}
	return false
}

func (p *filterParser) alternatives() (filter, error) {
	return p.list("or", func() (filter, error) { return p.list("and", p.one) })
}

func (p *filterParser) list(word string, part func() (filter, error)) (filter, error) {
	all := joined{any: word == "or"}
	for {
		f, err := part()
		if err != nil {
			return nil, err
		}
		all.parts = append(all.parts, f)
		if !p.accept(word) {
			return all, nil
		}
	}
}

func (p *filterParser) one() (filter, error) {
	if p.depth++; p.depth > maxFilterDepth {
		return nil, errors.New("nested too deep")
	}
	defer func() { p.depth-- }()
	if p.accept("not") {
		f, err := p.one()
		return negated{f}, err
	}
	if p.accept("(") {
		f, err := p.alternatives()
		if err == nil && !p.accept(")") {
			err = errors.New("a bracket is not closed")
		}
		return f, err
	}
	field := p.next()
	if !filterFields[field] {
		return nil, fmt.Errorf("%q is no field", field)
	}
	if !p.accept("eq") {
		return nil, fmt.Errorf("eq is expected after %s", field)
	}
	value := p.next()
	if len(value) < 2 || value[0] != '\'' {
		return nil, fmt.Errorf("a value in quotes is expected after %s eq", field)
	}
	return equal{field, strings.ReplaceAll(value[1:len(value)-1], "''", "'")}, nil
}
