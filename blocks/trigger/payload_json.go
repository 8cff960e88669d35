package trigger

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"tabletop/blocks/trigger/guard"
	"tabletop/workbook/source"
)

// compileJSON reads a template that must be JSON whatever is filled in: each
// place is inside a text's quotes or stands for a whole value.
func compileJSON(text source.Text, s scanner) (template, source.Problems) {
	var problems source.Problems
	report := func(p part, message, fix string) {
		problems = append(problems, text.Problem(p.offset, message, fix))
	}
	r := jsonReader{}
	var parts template
	for _, p := range s.scan(text.Value) {
		if p.secret != "" && !r.inText {
			p = part{literal: "[" + p.secret + "]", offset: p.offset}
		}
		switch {
		case p.literal != "":
			if r.read(p.literal) {
				report(r.last, "a column can't name a key of the payload", "columns stand in values")
			}
		case r.escaped:
			report(p, "a backslash before "+p.name(), `write \\ for a backslash itself`)
			r.escaped = false
		case r.inText:
			p.encode, r.last, r.held = encodeJSONText, p, true
		default:
			p.encode, p.bare = encodeJSONBare, true
		}
		parts = append(parts, p)
	}
	if len(problems) > 0 {
		return nil, problems
	}
	return parts, jsonProblems(text, parts)
}

// jsonReader follows the quotes of JSON.
type jsonReader struct {
	inText, escaped bool
	// last is the latest place in a text; held says that the text that was read
	// last has one, closed that only blanks came since its end.
	last         part
	held, closed bool
}

// read goes on over a literal and reports whether a text with a place in it
// turned out to be a key.
func (r *jsonReader) read(literal string) (key bool) {
	for i := range len(literal) {
		c := literal[i]
		switch {
		case r.escaped:
			r.escaped = false
		case r.inText && c == '\\':
			r.escaped = true
		case r.inText && c == '"':
			r.inText, r.closed = false, true
		case r.inText || strings.IndexByte(" \t\r\n", c) >= 0:
		case c == '"':
			r.inText, r.held, r.closed = true, false, false
		default:
			key = key || c == ':' && r.closed && r.held
			r.closed = false
		}
	}
	return key
}

// jsonProblems checks that the template is JSON with a text as well as with a
// number in the places without quotes.
func jsonProblems(text source.Text, parts template) source.Problems {
	for _, bare := range []string{`""`, `0`} {
		var b strings.Builder
		var offsets []int
		for _, p := range parts {
			written := p.literal
			if written == "" {
				written = "~"
				if p.bare {
					written = bare
				}
			}
			for i := range len(written) {
				offsets = append(offsets, p.offset+min(i, max(len(p.literal)-1, 0)))
			}
			b.WriteString(written)
		}
		err := checkJSON(b.String())
		if err == nil {
			continue
		}
		at := len(text.Value)
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) && int(syntax.Offset) <= len(offsets) && syntax.Offset > 0 {
			at = offsets[syntax.Offset-1]
		}
		return source.Problems{text.Problem(at, "the payload is not the JSON it must be: "+err.Error(), "mend it, or write format: text beside it if it is none")}
	}
	return nil
}

// checkJSON reports what is wrong with a text as JSON. A key that stands twice
// counts, letter case aside: vendors differ in which of the two they take, and
// the guard must judge the one that counts.
func checkJSON(text string) error {
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		return err
	}
	return uniqueKeys(json.NewDecoder(strings.NewReader(text)))
}

// uniqueKeys reads one value of valid JSON.
func uniqueKeys(d *json.Decoder) error {
	token, err := d.Token()
	if err != nil {
		return err
	}
	open, ok := token.(json.Delim)
	if !ok {
		return nil
	}
	seen := map[string]bool{}
	for d.More() {
		if open == '{' {
			key, err := d.Token()
			if err != nil {
				return err
			}
			name, _ := key.(string)
			lower := strings.ToLower(name)
			if seen[lower] {
				return fmt.Errorf("the key %s stands twice", guard.Quote(name))
			}
			seen[lower] = true
		}
		if err := uniqueKeys(d); err != nil {
			return err
		}
	}
	_, err = d.Token()
	return err
}
