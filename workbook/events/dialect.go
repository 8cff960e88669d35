package events

import (
	"bytes"
	"fmt"
	"slices"

	"tabletop/workbook/source"
)

// A dialect is how delimited text is written: what stands between its fields, and
// what stands around those that hold it; 0 quotes nothing.
type dialect struct{ comma, quote byte }

// delimiters are those that are told apart, and the names that a source gives them.
const delimiters = ",;\t|"

// delimitedNode is what a source may say of delimited text.
type delimitedNode struct {
	Delimiter source.Text `yaml:"delimiter" doc:"what stands between fields: one character, tab or space (default the one of comma, semicolon, tab and bar that fits)"`
	Quote     source.Text `yaml:"quote" doc:"what stands around fields: one character, or none (default \" or ' as the header has it)"`
}

// parseDialect reads what a source says; parts that it leaves out are nil.
func parseDialect(n source.Node) (comma, quote *byte, problems source.Problems) {
	if !n.Exists() {
		return nil, nil, nil
	}
	var d delimitedNode
	if problems = source.Decode(n, &d); len(problems) > 0 {
		return nil, nil, problems
	}
	one := func(t source.Text, names map[string]byte, fix string) *byte {
		if !t.Set() {
			return nil
		}
		c, known := names[t.Value]
		switch {
		case known:
		case len(t.Value) == 1 && t.Value[0] > ' ' && t.Value[0] < 0x7f:
			c = t.Value[0]
		default:
			problems = append(problems, t.Problem(0, fmt.Sprintf("%q is no single character", t.Value), fix))
		}
		return &c
	}
	comma = one(d.Delimiter, map[string]byte{"tab": '\t', "\t": '\t', "space": ' ', " ": ' '}, "write one, as ';', or tab or space")
	quote = one(d.Quote, map[string]byte{"none": 0}, `write one, as "'", or none`)
	if comma != nil && quote != nil && *comma == *quote {
		problems = append(problems, d.Quote.Problem(0, "quote and delimiter are the same", ""))
	}
	return comma, quote, problems
}

// dialectOf tells how the delimited text that begins with head is written, but for
// what the source says.
func (f *file) dialectOf(head []byte) dialect {
	head = bytes.TrimPrefix(head, bom)
	d := dialect{quote: quoteOf(head)}
	if f.rule != nil && f.rule.quote != nil {
		d.quote = *f.rule.quote
	}
	if f.rule != nil && f.rule.comma != nil {
		d.comma = *f.rule.comma
		return d
	}
	d.comma = delimiter(head, d.quote)
	return d
}

// quoteOf is ' where the header's first field stands between two of them.
func quoteOf(head []byte) byte {
	line, _, _ := bytes.Cut(head, []byte("\n"))
	if len(line) > 2 && line[0] == '\'' && bytes.Count(line, []byte{'\''})%2 == 0 && bytes.IndexByte(line, '"') < 0 {
		return '\''
	}
	return '"'
}

// comparedLines is how many lines are compared to find what stands between fields.
const comparedLines = 10

// delimiter is the one that the first lines have equally often, the most frequent
// of several; where none is such, the one that the first line has most of. What
// stands between quotes does not count.
func delimiter(head []byte, quote byte) byte {
	lines := bytes.SplitN(head, []byte("\n"), comparedLines+2)
	if len(lines) > 1 {
		lines = lines[:len(lines)-1] // the last may be cut
	}
	counts := make([][]int, len(delimiters))
	for i, line := range lines {
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		bare, even := unquotedPart(line, quote)
		if i > 0 && !even {
			continue // a record on several lines
		}
		for n := range delimiters {
			counts[n] = append(counts[n], bytes.Count(bare, []byte{delimiters[n]}))
		}
	}
	best, most, steadiest := byte(','), 0, false
	for n, c := range counts {
		if len(c) == 0 || c[0] == 0 {
			continue
		}
		steady := !slices.ContainsFunc(c, func(count int) bool { return count != c[0] })
		if steady && !steadiest || steady == steadiest && c[0] > most {
			best, most, steadiest = delimiters[n], c[0], steady
		}
	}
	return best
}

// unquotedPart leaves out what stands between quotes, and reports whether they
// pair.
func unquotedPart(line []byte, quote byte) (bare []byte, even bool) {
	if quote == 0 || bytes.IndexByte(line, quote) < 0 {
		return line, true
	}
	parts := bytes.Split(line, []byte{quote})
	for i := 0; i < len(parts); i += 2 {
		bare = append(bare, parts[i]...)
	}
	return bare, len(parts)%2 == 1
}

// String tells the dialect for a reader.
func (d dialect) String() string {
	name := map[byte]string{',': "commas", ';': "semicolons", '\t': "tabs", '|': "bars", ' ': "spaces"}[d.comma]
	if name == "" {
		name = string(rune(d.comma))
	}
	switch d.quote {
	case '"':
		return name
	case 0:
		return name + ", without quotes"
	}
	return name + " quoted with " + string(rune(d.quote))
}
