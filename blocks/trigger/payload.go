package trigger

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"tabletop/workbook/source"
)

// The formats of a payload. A form is name=value&name=value.
const (
	formatJSON = "json"
	formatText = "text"
	formatXML  = "xml"
	formatForm = "form"
)

// detectFormat tells the format of a payload from the way it begins.
func detectFormat(payload, contentType string) string {
	payload = strings.TrimSpace(payload)
	switch {
	case strings.HasPrefix(payload, "{"), strings.HasPrefix(payload, "["):
		return formatJSON
	case strings.HasPrefix(payload, "<"):
		return formatXML
	case strings.HasPrefix(strings.ToLower(contentType), "application/x-www-form-urlencoded"):
		return formatForm
	}
	return formatText
}

// compilePayload reads a payload's template in its format.
func compilePayload(text source.Text, format string) (template, source.Problems) {
	switch format {
	case formatJSON:
		return compileJSON(text)
	case formatXML:
		return compileXML(text)
	case formatForm:
		return scan(text.Value).encodeAll(encodeQuery), nil
	}
	return scan(text.Value).encodeAll(encodeNothing), nil
}

// compileJSON reads a template that must be JSON whatever is filled in: each
// place is inside a text's quotes or stands for a whole value.
func compileJSON(text source.Text) (template, source.Problems) {
	var problems source.Problems
	report := func(p part, message, fix string) {
		problems = append(problems, text.Problem(p.offset, message, fix))
	}
	r := jsonReader{}
	var parts template
	for _, p := range scan(text.Value) {
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
		return source.Problems{text.Problem(at, "the payload is not JSON: "+err.Error(), "mend it, or write format: text beside it if it is none")}
	}
	return nil
}

func checkJSON(text string) error {
	var value any
	return json.Unmarshal([]byte(text), &value)
}

// The marks that stand for a place while XML is checked; no name may hold them.
const (
	markBegin = "\ue000"
	markEnd   = "\ue001"
)

// compileXML reads a template that must be XML whatever is filled in: each place
// is in the text of an element or attribute.
func compileXML(text source.Text) (template, source.Problems) {
	parts := scan(text.Value).encodeAll(encodeXML)
	if strings.ContainsAny(text.Value, markBegin+markEnd) {
		return nil, source.Problems{text.Problem(0, "the payload holds characters of private use", "remove them")}
	}
	for _, forbidden := range []string{"<!DOCTYPE", "<![CDATA["} {
		if i := strings.Index(text.Value, forbidden); i >= 0 && !parts.constant() {
			return nil, source.Problems{text.Problem(i, "a payload with columns can't have "+forbidden+" too", "write the text with &lt; and &amp; instead")}
		}
	}
	var b strings.Builder
	for i, p := range parts {
		if p.literal != "" {
			b.WriteString(p.literal)
		} else {
			fmt.Fprintf(&b, "%s%d%s", markBegin, i, markEnd)
		}
	}
	seen, err := xmlText(b.String())
	if err != nil {
		return nil, source.Problems{text.Problem(0, "the payload is not XML: "+strings.NewReplacer(markBegin, "$", markEnd, "").Replace(err.Error()), "mend it, or write format: text beside it if it is none")}
	}
	for i, p := range parts {
		if p.literal == "" && strings.Count(seen, fmt.Sprintf("%s%d%s", markBegin, i, markEnd)) != 1 {
			return nil, source.Problems{text.Problem(p.offset, p.name()+" stands where XML has no text", "columns stand in the text of elements and attributes")}
		}
	}
	return parts, nil
}

// xmlText returns the texts of all elements and attributes.
func xmlText(text string) (string, error) {
	d := xml.NewDecoder(strings.NewReader(text))
	var b strings.Builder
	elements := 0
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			if elements == 0 {
				return "", errors.New("no element in it")
			}
			return b.String(), nil
		}
		if err != nil {
			return "", err
		}
		switch token := token.(type) {
		case xml.CharData:
			b.Write(token)
		case xml.StartElement:
			elements++
			for _, a := range token.Attr {
				b.WriteString(a.Value)
			}
		}
	}
}
