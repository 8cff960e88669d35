package trigger

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"tabletop/blocks/trigger/delivery"
	"tabletop/workbook"
	"tabletop/workbook/source"
)

// A Call is one request to a vendor, as it goes or, with [name] for secrets, as
// it is shown.
type Call struct {
	Method  string
	URL     string
	Headers []delivery.Header
	Body    string
}

// Record is the call as the audit and a plan keep it, for a call whose secrets
// stand in it as [name].
func (c Call) Record() *workbook.Request {
	record := &workbook.Request{Method: c.Method, URL: c.URL, Headers: make(map[string]string, len(c.Headers)), Body: c.Body}
	for _, h := range c.Headers {
		record.Headers[h.Name] = h.Value
	}
	return record
}

// A form is a request as a configuration writes it: the request itself, its
// undoing, or a question about it.
type form struct {
	method   string
	endpoint endpoint
	headers  []header
	payload  template
	// format is that of the payload, by which its values are encoded.
	format string
}

// form is that of the configuration's requests.
func (n *Integration) form() form { return form{n.Method, n.endpoint, n.headers, n.payload, n.format} }

// templates lists the form's templates, each with the words for its place.
func (r form) templates(do func(t template, where string)) {
	do(r.payload, "the payload")
	do(r.endpoint.parts, "the URL")
	for _, h := range r.headers {
		do(h.value, "the header "+h.name)
	}
}

// fields lists the columns and parameters that the form is filled with.
func (r form) fields() []need {
	var list []need
	seen := map[string]bool{}
	r.templates(func(t template, where string) {
		for _, p := range t {
			if p.field != "" && !seen[p.field] {
				seen[p.field] = true
				list = append(list, need{p.field, where})
			}
		}
	})
	return list
}

// fill fills the form. Its error is one sentence that says why that can't be.
func (r form) fill(f filler) (Call, error) {
	c := Call{Method: r.method}
	var err error
	if c.Body, err = r.payload.fill(f); err != nil {
		return Call{}, fmt.Errorf("the payload can't be filled: %w", err)
	}
	if len(c.Body) > maxBody {
		return Call{}, fmt.Errorf("the payload would have %d bytes, and %d are the most that is sent", len(c.Body), maxBody)
	}
	if c.URL, err = r.endpoint.fill(f); err != nil {
		return Call{}, fmt.Errorf("the URL can't be filled: %w", err)
	}
	for _, h := range r.headers {
		value, err := h.value.fill(f)
		if err != nil {
			return Call{}, fmt.Errorf("the header %s can't be filled: %w", h.name, err)
		}
		if len(value) > maxHeader {
			return Call{}, fmt.Errorf("the header %s would have %d bytes, and %d are the most that is sent", h.name, len(value), maxHeader)
		}
		c.Headers = append(c.Headers, delivery.Header{Name: h.name, Value: value})
	}
	return c, nil
}

// withoutBody is the form's headers for a request that has no body, those with
// columns left out where columns is false.
func (r form) withoutBody(columns bool) []header {
	return slices.DeleteFunc(slices.Clone(r.headers), func(h header) bool {
		hasColumn := slices.ContainsFunc(h.value, func(p part) bool { return p.field != "" })
		return strings.EqualFold(h.name, "Content-Type") || hasColumn && !columns
	})
}

// Shown stands for each secret where a request is only shown: [name].
func Shown(name string) (string, error) { return "[" + name + "]", nil }

// fillerOf fills templates with values by their columns' names, as an action
// keeps them.
func fillerOf(values map[string]string, secret func(name string) (string, error)) filler {
	f := filler{columns: make(map[string]int, len(values)), secret: secret}
	for name, value := range values {
		f.columns[name] = len(f.values)
		f.values = append(f.values, value)
	}
	return f
}

// valuesOf are the columns that a request is filled with, as text, by their
// names with $; those that a plugin's call gave for parameters by $1, $2 ….
func (n *Integration) valuesOf(f filler) (map[string]string, error) {
	values := map[string]string{}
	var failed error
	n.form().templates(func(t template, _ string) {
		for _, p := range t {
			name := p.field
			if p.parameter != "" {
				name = p.parameter
			}
			if name == "" || failed != nil {
				continue
			}
			values[name], failed = f.text(p.field)
		}
	})
	if failed == nil && n.target.column != "" {
		name := n.target.column
		if n.target.parameter != "" {
			name = n.target.parameter
		}
		values[name], failed = f.text(n.target.column)
	}
	return values, failed
}

// SendCall builds the request of an action from its values; secret gives what
// stands for [name].
func (n *Integration) SendCall(values map[string]string, secret func(name string) (string, error)) (Call, error) {
	return n.form().fill(fillerOf(values, secret))
}

// TargetOf is the target of a request that SendCall or UndoCall built, read from
// it as it stands, so that the guard judges what is sent.
func (n *Integration) TargetOf(c Call, values map[string]string) (string, error) {
	return n.target.find(c.Body, fillerOf(values, Shown))
}

// formNode is a request as written beside that of the configuration.
type formNode struct {
	method  string
	url     source.Text
	headers source.Node
	payload source.Text
	format  string
	// inherited are the headers where it names none.
	inherited []header
}

// compile checks a form.
func (w formNode) compile(s scanner) (form, source.Problems) {
	r := form{method: w.method, headers: w.inherited}
	if r.method == "" {
		r.method = http.MethodPost
	}
	var problems, more source.Problems
	r.endpoint, problems = compileEndpoint(w.url, s)
	if w.headers.Exists() {
		r.headers, more = compileHeaders(w.headers, s)
		problems = append(problems, more...)
	}
	r.format = w.format
	if r.format == "" {
		r.format = detectFormat(w.payload.Value, r.contentType())
	}
	if strings.TrimSpace(w.payload.Value) == "" {
		r.format = formatText
	} else if r.method == http.MethodGet || r.method == http.MethodHead {
		problems = append(problems, w.payload.Problem(0, "a "+r.method+" request carries no payload", "write method: POST, or put the columns into the URL"))
	}
	r.payload, more = compilePayload(w.payload, r.format, s)
	return r, append(problems, more...)
}

// contentType is the header's value, as far as it is literal.
func (r form) contentType() string {
	for _, h := range r.headers {
		if strings.EqualFold(h.name, "Content-Type") {
			return h.value.with("")
		}
	}
	return ""
}

// sameHost reports a URL that leads to another host than the requests.
func (n *Integration) sameHost(e endpoint, url source.Text, what string) source.Problems {
	if strings.EqualFold(e.scheme, n.endpoint.scheme) && strings.EqualFold(e.host, n.endpoint.host) {
		return nil
	}
	return source.Problems{url.Problem(0, what+" goes to another host than the requests", "begin it with "+n.endpoint.scheme+"://"+n.endpoint.host+"/: secrets go to one host only")}
}

// onlyFields reports columns that a form needs and the request does not hold.
func (n *Integration) onlyFields(r form, at source.Text, what string) source.Problems {
	var fields []string
	for _, f := range n.form().fields() {
		fields = append(fields, f.field)
	}
	var problems source.Problems
	for _, f := range r.fields() {
		if !slices.Contains(fields, f.field) {
			problems = append(problems, at.Problem(0, f.where+" of "+what+" needs "+f.field+", which the request does not hold", source.DidYouMean(f.field, fields)))
		}
	}
	return problems
}

var errNoUndo = errors.New("the configuration has no undo")
