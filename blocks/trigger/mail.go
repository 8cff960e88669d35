package trigger

import (
	"net/netip"
	"net/url"
	"strings"

	"tabletop/blocks/trigger/delivery"
	"tabletop/blocks/trigger/guard"
	"tabletop/workbook/source"
)

// mailNode is what a configuration of a mail server says beside its URL.
type mailNode struct {
	From     source.Text `yaml:"from,required" doc:"the sender, as in SOC <soc@example.org>"`
	User     source.Text `yaml:"user" doc:"the user by whom the server knows the sender; leave it out where none is needed"`
	Password source.Text `yaml:"password" doc:"the user's password, as a secret: '[smtp_password]'"`
}

// The columns that an e-mail is filled from: a notification makes them of a row
// or of all rows, so that the rest of an action's way is that of any request.
const (
	recipientsColumn = "$recipients"
	messageColumn    = "$message"
)

const noMailUndo = "an e-mail that was sent can't be called back"

// isMail reports whether the configuration is one of a mail server, to which
// notifications go.
func (n *Integration) isMail() bool { return n.Method == delivery.MethodMail }

// isMail reports whether an entry is one of a mail server.
func (e entryNode) isMail() bool {
	return e.Mail != nil || strings.HasPrefix(strings.ToLower(e.URL.Value), "smtp")
}

// compileMail checks the configuration of a mail server.
func (e entryNode) compileMail(n *Integration, node source.Node, folder string) source.Problems {
	n.Method, n.format = delivery.MethodMail, formatText
	problems := onlyWebhooks(node)
	var more source.Problems
	n.endpoint, more = mailEndpoint(e.URL)
	problems = append(problems, more...)
	if e.Mail == nil {
		return append(problems, e.URL.Problem(0, "a mail server needs a sender", "write mail: {from: 'SOC <soc@example.org>'} beside it"))
	}
	problems = append(problems, n.compileSender(e.Mail)...)
	n.target = targetRule{kind: guard.TypeRecipients, column: recipientsColumn, written: "its recipients"}
	n.payload = template{{field: messageColumn, encode: encodeNothing}}
	n.undo = undoRule{reason: noMailUndo}
	n.limits, more = e.limits(node, nil, folder)
	problems = append(problems, more...)
	n.limits.idempotency = delivery.HeaderMessageID
	n.validate = validateRule{form: form{method: delivery.MethodNoop, endpoint: n.endpoint, headers: n.form().withoutBody(false), format: formatText}}
	problems = append(problems, n.compileSecrets(e.Secrets, folder)...)
	n.effect, more = compileEffect(e.Effect, valueOf(node, "effect"))
	if len(n.effect) == 0 {
		n.effect = []string{"sends an e-mail to all of its recipients", noMailUndo}
	}
	if problems = append(problems, more...); problems.Err() == nil {
		n.digest = n.computeDigest()
	}
	return problems
}

// webhookKeys are the keys that a mail server has no use for.
var webhookKeys = map[string]bool{
	"method": true, "headers": true, "payload": true, "format": true, "target": true, "success": true, "undo": true,
	"task": true, "ask": true, "validate": true, "idempotency_key": true, "plugin": true,
}

func onlyWebhooks(node source.Node) source.Problems {
	var problems source.Problems
	for _, pair := range node.Pairs() {
		if webhookKeys[pair.Key.Value] {
			problems = append(problems, pair.Key.Problem(0, "a mail server has no "+pair.Key.Value, "remove the line: what an e-mail holds stands in the notification that sends it"))
		}
	}
	return problems
}

const mailURL = "write it as smtp://mail.example.org:587, or smtps://mail.example.org:465"

// mailEndpoint reads the URL of a mail server, which is its whole address.
func mailEndpoint(text source.Text) (endpoint, source.Problems) {
	fail := func(message, fix string) (endpoint, source.Problems) {
		return endpoint{}, source.Problems{text.Problem(0, message, fix)}
	}
	port := map[string]string{delivery.SchemeMail: "587", delivery.SchemeMailTLS: "465", delivery.SchemeMailPlain: "25"}
	u, err := url.Parse(text.Value)
	switch {
	case !scan(text.Value).constant():
		return fail("the address of a mail server is written out", "a row must not choose where an e-mail goes")
	case err != nil || u.Hostname() == "":
		return fail("the URL of the mail server can't be read", mailURL)
	case port[u.Scheme] == "":
		return fail("the URL is not one of a mail server", mailURL)
	case u.User != nil, u.Path != "" && u.Path != "/", u.RawQuery != "", u.Fragment != "":
		return fail("the URL has more than a scheme, a host and a port", mailURL+"; the user and the password stand under mail")
	}
	host := strings.ToLower(u.Hostname())
	a, err := netip.ParseAddr(host)
	switch {
	case u.Scheme == delivery.SchemeMailPlain && (err != nil || !a.IsLoopback()):
		return fail("without TLS an e-mail goes to this machine alone", "write smtp:// for STARTTLS, or smtp+plain://127.0.0.1:PORT")
	case strings.Contains(host, ":"):
		host = "[" + host + "]"
	}
	if u.Port() != "" {
		port[u.Scheme] = u.Port()
	}
	e := endpoint{scheme: u.Scheme, host: host + ":" + port[u.Scheme]}
	e.parts = template{{literal: e.scheme + "://" + e.host}}
	return e, nil
}

// compileSender reads the sender and the user.
func (n *Integration) compileSender(m *mailNode) source.Problems {
	var problems source.Problems
	from, err := readAddress(m.From.Value)
	if err != nil {
		problems = append(problems, m.From.Problem(0, "the sender "+guard.Quote(m.From.Value)+" "+err.Error(), "write it as soc@example.org, or SOC <soc@example.org>"))
	}
	n.sender = from
	n.headers = []header{
		{delivery.HeaderMailFrom, template{{literal: from.Address}}},
		{delivery.HeaderRecipients, template{{field: recipientsColumn, encode: encodeHeader}}},
	}
	if m.User.Set() != m.Password.Set() {
		at := m.User
		if !at.Set() {
			at = m.Password
		}
		return append(problems, at.Problem(0, "user and password stand together", "as in user: soc and password: '[smtp_password]'"))
	}
	if !m.User.Set() {
		return problems
	}
	user, password := scan(m.User.Value).encodeAll(encodeHeader), scan(m.Password.Value).encodeAll(encodeHeader)
	switch {
	case m.User.Value == "" || !oneLine(m.User.Value) || hasField(user):
		problems = append(problems, m.User.Problem(0, "the user must be one line with no column in it", "as in user: soc"))
	case len(password) != 1 || password[0].secret == "":
		problems = append(problems, m.Password.Problem(0, "the password must be a secret: what stands in this file is kept in the record", "write password: '[smtp_password]', and put it into the environment as TABLETOP_SECRET_SMTP_PASSWORD"))
	}
	n.headers = append(n.headers, header{delivery.HeaderAuthUser, user}, header{delivery.HeaderAuthPassword, password})
	return problems
}

func hasField(t template) bool {
	for _, p := range t {
		if p.field != "" {
			return true
		}
	}
	return false
}

// mailValidation judges the answer of a mail server that was asked.
func mailValidation(a delivery.Answer) Validation {
	said := "the server answered " + guard.Quote(string(a.Body))
	switch a.Status {
	case 250:
		return Validation{Validated, "reached, over TLS where the URL asks for it, and the user taken where there is one", true}
	case 530, 534, 535, 538: // RFC 4954, 6
		return Validation{ValidationDenied, said, false}
	}
	return Validation{ValidationFailed, said, false}
}
