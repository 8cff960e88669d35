package trigger

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"

	"tabletop/workbook/source"
)

// Limits on headers: how many, and the bytes of one once it is filled.
const (
	maxHeaders = 64
	maxHeader  = 8 << 10
)

// A header is one header of a configuration.
type header struct {
	name  string
	value template
}

// ownHeaders are those that the connection itself sets.
var ownHeaders = map[string]bool{
	"host": true, "content-length": true, "transfer-encoding": true, "connection": true, "upgrade": true,
	"te": true, "trailer": true, "expect": true, "keep-alive": true, "proxy-connection": true,
}

// A writtenHeader is a header before its check; name and value have the places
// that they had in the file, as near as the form allows.
type writtenHeader struct {
	name  string
	value string
	// problem reports a mistake in this header.
	problem func(message, fix string) source.Problem
}

// compileHeaders reads headers that stand as JSON in a text, as on DNIF's page,
// or as a map.
func compileHeaders(node source.Node, s scanner) ([]header, source.Problems) {
	if !node.Exists() {
		return nil, nil
	}
	written, problems := writtenHeaders(node)
	if len(written) > maxHeaders {
		return nil, append(problems, node.Problem(fmt.Sprintf("more than %d headers", maxHeaders), ""))
	}
	var headers []header
	seen := map[string]bool{}
	for _, w := range written {
		lower := strings.ToLower(w.name)
		h := header{w.name, s.scan(w.value).encodeAll(encodeHeader)}
		switch {
		case !httpguts.ValidHeaderFieldName(w.name) || strings.Contains(w.name, "$"):
			problems = append(problems, w.problem("the header "+w.name+" has no valid name", "a name has letters, digits and - only, and no column stands in it"))
		case ownHeaders[lower]:
			problems = append(problems, w.problem("the header "+w.name+" is set by the connection itself", "remove it"))
		case seen[lower]:
			problems = append(problems, w.problem("the header "+w.name+" stands twice", "remove one of them"))
		case !httpguts.ValidHeaderFieldValue(h.value.with("x")):
			problems = append(problems, w.problem("the header "+w.name+" holds control bytes", "a header is one line"))
		case secretHeader(lower) && h.value.written():
			problems = append(problems, w.problem("the header "+w.name+" holds a secret as text: what stands in this file is kept in the record",
				"write [token] in its place, and put it into the environment as TABLETOP_SECRET_TOKEN"))
		default:
			headers = append(headers, h)
		}
		seen[lower] = true
	}
	return headers, problems
}

// secretHeader reports whether a header, its name in lower case, proves who
// asks.
func secretHeader(name string) bool {
	return name == "authorization" || name == "proxy-authorization" || name == "cookie" ||
		strings.Contains(name, "token") || strings.Contains(name, "secret") || strings.Contains(name, "api-key") || strings.Contains(name, "apikey")
}

// written reports whether a template has a text and nothing else.
func (t template) written() bool {
	return len(t) > 0 && !slices.ContainsFunc(t, func(p part) bool { return p.field != "" || p.secret != "" }) && strings.TrimSpace(t.with("")) != ""
}

func writtenHeaders(node source.Node) ([]writtenHeader, source.Problems) {
	if text, ok := node.Text(); ok {
		return headersInText(text)
	}
	if !node.IsMap() {
		return nil, source.Problems{node.Problem("headers must be JSON under '|', or a map", `write it as {"Name": "value"}`)}
	}
	var headers []writtenHeader
	var problems source.Problems
	for _, pair := range node.Pairs() {
		value, ok := pair.Value.Text()
		if !ok {
			problems = append(problems, pair.Key.Problem(0, "the header "+pair.Key.Value+" must be a text", ""))
			continue
		}
		headers = append(headers, writtenHeader{pair.Key.Value, value.Value, func(message, fix string) source.Problem {
			return pair.Key.Problem(0, message, fix)
		}})
	}
	return headers, problems
}

// headersInText reads a JSON object of texts, key by key, since a decoder alone
// would let a name stand twice.
func headersInText(text source.Text) ([]writtenHeader, source.Problems) {
	if strings.TrimSpace(text.Value) == "" {
		return nil, nil
	}
	d := json.NewDecoder(strings.NewReader(text.Value))
	var headers []writtenHeader
	broken := func(message string) ([]writtenHeader, source.Problems) {
		return nil, source.Problems{text.Problem(int(d.InputOffset()), message, `write them as {"Name": "value", …}`)}
	}
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return broken("the headers are not a JSON object")
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return broken("the headers are not JSON: " + err.Error())
		}
		name, at := key.(string), int(d.InputOffset())-1
		token, err := d.Token()
		if err != nil {
			return broken("the headers are not JSON: " + err.Error())
		}
		value, ok := token.(string)
		if !ok {
			return broken("the header " + name + " must be a text in quotes")
		}
		headers = append(headers, writtenHeader{name, value, func(message, fix string) source.Problem { return text.Problem(at, message, fix) }})
	}
	if _, err := d.Token(); err != nil {
		return broken("the headers are not JSON: " + err.Error())
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return broken("something stands after the headers")
	}
	return headers, nil
}
