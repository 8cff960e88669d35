package trigger

import (
	"net/http"
	"strings"

	"tabletop/workbook/source"
)

// DefaultMaxActions is the most requests that a run may send through one
// configuration that does not say otherwise.
const DefaultMaxActions = 50

// An Integration is one webhook configuration, checked.
type Integration struct {
	Name string
	// Method is the HTTP method.
	Method string
	// Enabled is false where the configuration must not be used.
	Enabled bool
	// MaxActions is the most requests that a run may send through it.
	MaxActions int

	endpoint endpoint
	headers  []header
	payload  template
	target   targetRule
}

// TargetType is the type of the things that the requests are aimed at, none
// where they are aimed at nothing.
func (n *Integration) TargetType() string { return n.target.kind }

// Host is the host to which all requests go, without its port.
func (n *Integration) Host() string { return n.endpoint.hostname() }

// A need is a column that a request can't be built without, and the part of the
// request that has it.
type need struct{ field, where string }

// needs lists the columns, each with the first part that has it.
func (n *Integration) needs() []need {
	var list []need
	seen := map[string]bool{}
	add := func(t template, where string) {
		for _, p := range t {
			if p.field != "" && !seen[p.field] {
				seen[p.field] = true
				list = append(list, need{p.field, where})
			}
		}
	}
	add(n.payload, "the payload")
	add(n.endpoint.parts, "the URL")
	for _, h := range n.headers {
		add(h.value, "the header "+h.name)
	}
	return list
}

// entryNode is a configuration as written.
type entryNode struct {
	Name       source.Text `yaml:"name,required" doc:"the configuration's name, by which triggers call it"`
	Method     string      `yaml:"method" enum:"GET,POST,PUT,PATCH,DELETE" doc:"the HTTP method, POST unless said otherwise"`
	URL        source.Text `yaml:"url,required" doc:"where requests go; columns stand in its path and query only"`
	Headers    source.Node `yaml:"headers" doc:"a map, or JSON under |"`
	Payload    source.Text `yaml:"payload" doc:"the body: JSON, XML, a form or text, with $Field where a row's value goes and [name] where a secret goes"`
	Format     string      `yaml:"format" enum:"json,xml,form,text" doc:"the payload's format where its beginning does not tell"`
	Target     source.Node `yaml:"target" doc:"none, or the type and column that requests are aimed at; not needed where the payload tells"`
	Enabled    *bool       `yaml:"enabled" doc:"false keeps the configuration from being used"`
	MaxActions *int        `yaml:"max_actions" doc:"the most requests of one run, 50 unless said otherwise"`
}

// compile checks a configuration as written.
func (e entryNode) compile(node source.Node) (*Integration, source.Problems) {
	n := &Integration{Name: e.Name.Value, Method: e.Method, Enabled: e.Enabled == nil || *e.Enabled, MaxActions: DefaultMaxActions}
	var problems source.Problems
	if n.Method == "" {
		n.Method = http.MethodPost
	}
	if e.MaxActions != nil {
		n.MaxActions = *e.MaxActions
		if n.MaxActions < 1 {
			problems = append(problems, node.Problem("max_actions must be 1 or more", "write enabled: false to keep the configuration from being used"))
		}
	}
	if strings.TrimSpace(n.Name) == "" || strings.ContainsAny(n.Name, "\r\n") {
		problems = append(problems, e.Name.Problem(0, "the name must be one line with something in it", ""))
	}
	var more source.Problems
	n.endpoint, more = compileEndpoint(e.URL)
	problems = append(problems, more...)
	n.headers, more = compileHeaders(e.Headers)
	problems = append(problems, more...)
	format := e.Format
	if format == "" {
		format = detectFormat(e.Payload.Value, n.contentType())
	}
	if strings.TrimSpace(e.Payload.Value) == "" {
		format = formatText
	} else if n.Method == http.MethodGet {
		problems = append(problems, e.Payload.Problem(0, "a GET request carries no payload", "write method: POST, or put the columns into the URL"))
	}
	n.payload, more = compilePayload(e.Payload, format)
	problems = append(problems, more...)
	if problems.Err() != nil {
		return n, problems
	}
	n.target, more = e.target(n, format)
	return n, append(problems, more...)
}

// contentType is the header's value, as far as it is literal.
func (n *Integration) contentType() string {
	for _, h := range n.headers {
		if strings.EqualFold(h.name, "Content-Type") {
			return h.value.with("")
		}
	}
	return ""
}
