package trigger

import (
	netmail "net/mail"
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

	url      string
	endpoint endpoint
	headers  []header
	payload  template
	format   string
	target   targetRule

	success  successRule
	undo     undoRule
	task     *taskRule
	ask      *askRule
	validate validateRule
	limits   limits
	// sources are where secrets come from that the file says so of.
	sources map[string]secretSource
	effect  []string
	plugin  pluginName
	// sender is who writes the e-mails of a mail server.
	sender netmail.Address
	digest string
}

// TargetType is the type of the things that the requests are aimed at, none
// where they are aimed at nothing.
func (n *Integration) TargetType() string { return n.target.kind }

// Target is what the requests are aimed at as the configuration writes it, such
// as $SrcIP; empty where they are aimed at nothing.
func (n *Integration) Target() string { return n.target.written }

// Host is the host to which all requests go, without its port.
func (n *Integration) Host() string { return n.endpoint.hostname() }

// Origin is the scheme, host and port to which all requests go, the undo, the
// questions and the validation among them.
func (n *Integration) Origin() string { return n.endpoint.scheme + "://" + n.endpoint.host }

// URL is the URL as it is written, with $Field and [name] in it.
func (n *Integration) URL() string { return n.url }

// A need is a column that a request can't be built without, and the part of the
// request that has it.
type need struct{ field, where string }

// needs lists the columns, each with the first part that has it.
func (n *Integration) needs() []need { return n.form().fields() }

// entryNode is a configuration as written.
type entryNode struct {
	Name        source.Text   `yaml:"name,required" doc:"the configuration's name, by which triggers call it"`
	Method      string        `yaml:"method" enum:"GET,POST,PUT,PATCH,DELETE" doc:"the HTTP method, POST unless said otherwise"`
	URL         source.Text   `yaml:"url,required" doc:"where requests go; columns stand in its path and query only; smtp://host:587 or smtps://host:465 is a mail server"`
	Mail        *mailNode     `yaml:"mail" doc:"the sender of a mail server's e-mails, and the user by whom it knows the sender"`
	Headers     source.Node   `yaml:"headers" doc:"a map, or JSON under |"`
	Payload     source.Text   `yaml:"payload" doc:"the body: JSON, XML, a form or text, with $Field where a row's value goes and [name] where a secret goes"`
	Format      string        `yaml:"format" enum:"json,xml,form,text" doc:"the payload's format where its beginning does not tell"`
	Target      source.Node   `yaml:"target" doc:"none, or the type and column that requests are aimed at; not needed where the payload tells"`
	Enabled     *bool         `yaml:"enabled" doc:"false keeps the configuration from being used"`
	MaxActions  *int          `yaml:"max_actions" doc:"the most requests of one run, 50 unless said otherwise"`
	Rate        *int          `yaml:"rate" doc:"the most requests within any 60 seconds"`
	Timeouts    *timeoutsNode `yaml:"timeouts" doc:"how long a request may take"`
	Retry       *retryNode    `yaml:"retry" doc:"how often a request is tried that the vendor is known not to have taken"`
	Success     *successNode  `yaml:"success" doc:"when the vendor took a request"`
	Undo        source.Node   `yaml:"undo" doc:"the inverse request, or none"`
	Task        *taskNode     `yaml:"task" doc:"how the vendor's task is followed"`
	Ask         *askNode      `yaml:"ask" doc:"how the vendor is asked whether it took a target, after a crash"`
	Validate    *validateNode `yaml:"validate" doc:"the request that validates the configuration, a HEAD on the URL unless said otherwise"`
	Secrets     source.Node   `yaml:"secrets" doc:"where secrets come from, by name: {env: NAME} or {file: path}; the environment's TABLETOP_SECRET_NAME unless said otherwise"`
	Idempotency source.Text   `yaml:"idempotency_key" doc:"the header that gets a key of the action, such as Idempotency-Key"`
	CA          source.Text   `yaml:"ca" doc:"a PEM file of the certificates that TLS trusts in place of the system's; relative to this file's folder"`
	Effect      []source.Text `yaml:"effect" doc:"what an action brings about, how long it lasts and what its limits are, a line each"`
	Plugin      *pluginNode   `yaml:"plugin" doc:"the plugin and function of _trigger that the configuration stands for; its parameters are $1, $2 …"`
}

// A reading is what the parts of a configuration are read with.
type reading struct {
	scanner     scanner
	expressions *expressions
}

// compile checks a configuration as written; paths in it are relative to folder.
func (e entryNode) compile(node source.Node, folder string, x *expressions) (*Integration, source.Problems) {
	n := &Integration{Name: e.Name.Value, Enabled: e.Enabled == nil || *e.Enabled, MaxActions: DefaultMaxActions, url: e.URL.Value}
	var problems source.Problems
	if e.MaxActions != nil {
		n.MaxActions = *e.MaxActions
		if n.MaxActions < 1 {
			problems = append(problems, valueOf(node, "max_actions").Problem("max_actions must be 1 or more", "write enabled: false to keep the configuration from being used"))
		}
	}
	if strings.TrimSpace(n.Name) == "" || strings.ContainsAny(n.Name, "\r\n") {
		problems = append(problems, e.Name.Problem(0, "the name must be one line with something in it", ""))
	}
	if e.isMail() {
		return n, append(problems, e.compileMail(n, node, folder)...)
	}
	s := reading{scanner{numbered: e.Plugin != nil}, x}
	r, more := formNode{method: e.Method, url: e.URL, headers: e.Headers, payload: e.Payload, format: e.Format}.compile(s.scanner)
	problems = append(problems, more...)
	n.Method, n.endpoint, n.headers, n.payload, n.format = r.method, r.endpoint, r.headers, r.payload, r.format
	problems = append(problems, n.compilePlugin(e.Plugin)...)
	var limited source.Problems
	n.limits, limited = e.limits(node, n.headers, folder)
	problems = append(problems, limited...)
	if more.Err() != nil { // what follows rests on the request
		return n, problems
	}
	n.target, more = e.target(n)
	if problems = append(problems, more...); more.Err() != nil {
		return n, problems
	}
	problems = append(problems, n.compileRest(e, node, s, folder)...)
	if problems.Err() == nil {
		n.digest = n.computeDigest()
	}
	return n, problems
}

// valueOf is the value of a key, or of a key of its map, for its place.
func valueOf(node source.Node, keys ...string) source.Node {
	for _, key := range keys {
		for _, pair := range node.Pairs() {
			if pair.Key.Value == key {
				node = pair.Value
				break
			}
		}
	}
	return node
}

// compileRest checks what belongs to a request: its answers, its undoing, the
// questions about it and the secrets in all of them.
func (n *Integration) compileRest(e entryNode, node source.Node, s reading, folder string) source.Problems {
	var problems, more source.Problems
	undo := n.implied(&e)
	n.success, problems = e.Success.compile(s.expressions)
	n.undo, more = n.compileUndo(e.Undo, undo, s)
	problems = append(problems, more...)
	n.task, more = n.compileTask(e.Task, s)
	problems = append(problems, more...)
	n.ask, more = n.compileAsk(e.Ask, s)
	problems = append(problems, more...)
	n.validate, more = n.compileValidate(e.Validate, s.expressions)
	problems = append(problems, more...)
	problems = append(problems, n.compileSecrets(e.Secrets, folder)...)
	n.effect, more = compileEffect(e.Effect, valueOf(node, "effect"))
	if len(n.effect) == 0 {
		n.effect = n.impliedEffect()
	}
	return append(problems, more...)
}
