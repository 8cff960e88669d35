package trigger

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"tabletop/blocks/trigger/guard"
	"tabletop/workbook"
)

// A template is a text with places for the columns of a row ($Field, which takes
// the longest name, or ${Any name}) and for secrets ([name]).
type template []part

// A part is a literal, a column or a secret.
type part struct {
	literal string
	// field is the column's name with its $, secret the secret's.
	field  string
	secret string
	// offset is where the part stands in the text.
	offset int
	// parameter is $1, $2 … where field is the column that a call of a plugin
	// gave for it.
	parameter string
	// encode writes a value so that it stays inside its place; bare says that
	// the place has no quotes around it.
	encode encoder
	bare   bool
}

// An encoder writes the text of a value for one place of a template. Its error
// says in a few words why the value can't stand there.
type encoder func(text string) (string, error)

// A filler gives a template what its places ask for.
type filler struct {
	columns map[string]int
	values  []workbook.Value
	secret  func(name string) (string, error)
}

// scan splits a text into its parts. A $ that begins no name and a bracket that
// holds none are literal.
func scan(text string) template { return scanner{}.scan(text) }

// A scanner splits texts into their parts. numbered says that $1, $2 … are
// places too: the parameters that a plugin of _trigger is called with.
type scanner struct{ numbered bool }

func (s scanner) scan(text string) template {
	var parts template
	from := 0
	for i := 0; i < len(text); {
		p, length := s.placeholder(text[i:])
		if length == 0 {
			i++
			continue
		}
		if from < i {
			parts = append(parts, part{literal: text[from:i], offset: from})
		}
		p.offset = i
		parts = append(parts, p)
		i += length
		from = i
	}
	if from < len(text) {
		parts = append(parts, part{literal: text[from:], offset: from})
	}
	return parts
}

// placeholder reads $Field, ${Any name} or [secret] at the beginning of text and
// returns its length, 0 where there is none.
func (s scanner) placeholder(text string) (part, int) {
	if inner, ok := strings.CutPrefix(text, "${"); ok {
		if end := strings.IndexAny(inner, "}\n"); end > 0 && inner[end] == '}' {
			return part{field: "$" + strings.TrimPrefix(inner[:end], "$")}, end + 3
		}
		return part{}, 0
	}
	if text[0] == '$' {
		n := identifier(text[1:])
		if n == 0 && s.numbered {
			n = number(text[1:])
		}
		if n > 0 {
			return part{field: text[:n+1]}, n + 1
		}
	}
	if text[0] == '[' {
		if n := identifier(text[1:]); n > 0 && n+1 < len(text) && text[n+1] == ']' {
			return part{secret: text[1 : n+1]}, n + 2
		}
	}
	return part{}, 0
}

// number returns the length of the number from 1 to 99 that s begins with.
func number(s string) int {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	if n > 2 || n > 0 && s[0] == '0' {
		return 0
	}
	return n
}

// identifier returns the length of the name that s begins with.
func identifier(s string) int {
	for i := range len(s) {
		c := s[i]
		letter := c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return i
		}
	}
	return len(s)
}

// name writes a place as the template has it.
func (p part) name() string {
	if p.secret != "" {
		return "[" + p.secret + "]"
	}
	return p.field
}

// blank returns text, which the template was scanned from, with an x for every
// byte of a place.
func (t template) blank(text string) string {
	b := []byte(text)
	for i, p := range t {
		end := len(text)
		if i+1 < len(t) {
			end = t[i+1].offset
		}
		for at := p.offset; p.literal == "" && at < end; at++ {
			b[at] = 'x'
		}
	}
	return string(b)
}

// encodeAll gives every place of the template the same encoder.
func (t template) encodeAll(e encoder) template {
	for i := range t {
		t[i].encode = e
	}
	return t
}

// constant reports whether the template has no places.
func (t template) constant() bool {
	for _, p := range t {
		if p.literal == "" {
			return false
		}
	}
	return true
}

// with writes the template with the same text in every place.
func (t template) with(text string) string {
	var b strings.Builder
	for _, p := range t {
		if p.literal != "" {
			b.WriteString(p.literal)
		} else {
			b.WriteString(text)
		}
	}
	return b.String()
}

// A hole is a place for which a row has no value.
type hole struct{ field string }

func (h hole) Error() string { return "the row has no value for " + h.field }

// fill writes the template for one row. Its error is a hole, or says which
// column holds what can't stand in its place.
func (t template) fill(f filler) (string, error) {
	if len(t) == 1 && t[0].literal != "" {
		return t[0].literal, nil
	}
	var b strings.Builder
	for _, p := range t {
		text, err := p.fill(f)
		if err != nil {
			return "", err
		}
		b.WriteString(text)
	}
	return b.String(), nil
}

func (p part) fill(f filler) (string, error) {
	switch {
	case p.field != "":
		text, err := f.text(p.field)
		if err != nil {
			return "", err
		}
		encoded, err := p.encode(text)
		if err != nil {
			return "", fmt.Errorf("%s holds %s, %w", p.field, guard.Quote(text), err)
		}
		return encoded, nil
	case p.secret != "":
		value, err := f.secret(p.secret)
		if err != nil || value == p.name() {
			return value, err
		}
		encoded, err := p.encode(value)
		if err != nil {
			return "", fmt.Errorf("the secret [%s] is one %w", p.secret, err)
		}
		return encoded, nil
	}
	return p.literal, nil
}

// text is the value of a column as text. A text that is not UTF-8 is refused:
// whatever replaced its bytes would no longer be the value that the event has.
func (f filler) text(field string) (string, error) {
	i, ok := f.columns[field]
	if !ok || i < 0 || f.values[i] == nil {
		return "", hole{field}
	}
	text := workbook.Text(f.values[i])
	if !utf8.ValidString(text) {
		return "", fmt.Errorf("%s holds %s, which is not UTF-8 text", field, guard.Quote(text))
	}
	return text, nil
}
