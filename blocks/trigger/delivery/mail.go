package delivery

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"tabletop/blocks/trigger/guard"
)

// The schemes of mail servers: SchemeMail begins without TLS and goes on only
// once STARTTLS made it so, SchemeMailTLS begins with TLS, and SchemeMailPlain
// never has it, which is for this machine alone.
const (
	SchemeMail      = "smtp"
	SchemeMailTLS   = "smtps"
	SchemeMailPlain = "smtp+plain"
)

// The methods of what goes to a mail server: an e-mail, and the question whether
// the server takes the user.
const (
	MethodMail = "MAIL"
	MethodNoop = "NOOP"
)

// The headers of what goes to a mail server: those of the envelope, and those by
// which the user is known. None of them stands in the e-mail itself.
const (
	HeaderMailFrom     = "Mail-From"
	HeaderRecipients   = "Rcpt-To"
	HeaderAuthUser     = "Auth-User"
	HeaderAuthPassword = "Auth-Password"
	// HeaderMessageID is put before the e-mail, with the sender's domain.
	HeaderMessageID = "Message-ID"
)

// isMail tells the schemes of mail servers.
func isMail(scheme string) bool {
	return scheme == SchemeMail || scheme == SchemeMailTLS || scheme == SchemeMailPlain
}

// A letter is an e-mail, or a question to a mail server, ready to leave.
type letter struct {
	// scheme is how the server is spoken to, host the name in its certificate.
	scheme, host   string
	user, password string
	from           string
	recipients     []string
	// text is the e-mail; a question has none.
	text string
}

// readyMail readies an e-mail, which goes to whom the guard approved and to
// nobody else.
func (c *Client) readyMail(m Message, p Policy) (*request, error) {
	for _, h := range m.Headers {
		if h.Name == HeaderRecipients && (m.Type != guard.TypeRecipients || h.Value != m.Target) {
			return nil, errors.New("the guard has approved other recipients")
		}
	}
	return c.prepareMail(m.Method, m.URL, m.Headers, m.Body, m.Secrets, p)
}

// prepareMail checks an e-mail or a question to a mail server and readies it.
func (c *Client) prepareMail(method, address string, headers []Header, body string, secrets map[string]string, p Policy) (*request, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("the URL can't be read") // its text may hold secrets
	}
	from, err := originOf(u)
	switch {
	case err != nil:
		return nil, fmt.Errorf("the URL does not say where to go: %w", err)
	case !isMail(from.scheme):
		return nil, fmt.Errorf("%s is no mail server", from)
	case !c.allowed[from]:
		return nil, fmt.Errorf("%s is not a host of an enabled configuration: enabled are %s", from, sorted(c.allowed))
	}
	to, err := c.redirected(from)
	if err != nil {
		return nil, err
	}
	r := &request{
		method: method, url: &url.URL{Scheme: to.scheme, Host: to.address},
		line:      line{roots: p.Roots, connect: cmp.Or(p.Connect, DefaultConnect)},
		read:      cmp.Or(p.Read, DefaultRead),
		redaction: c.redaction(secrets),
	}
	r.letter, err = readLetter(headers)
	if err != nil {
		return nil, err
	}
	r.letter.scheme, r.letter.host = to.scheme, r.url.Hostname()
	if method == MethodMail {
		err = r.letter.stamp(headers, body, c.now())
	}
	return r, err
}

// redirected is where what is meant for an origin goes: there, or to the
// endpoint on this machine that stands for it.
func (c *Client) redirected(from origin) (origin, error) {
	if len(c.endpoints) == 0 {
		return from, nil
	}
	to, ok := c.endpoints[from]
	if !ok {
		return origin{}, fmt.Errorf("%s has no endpoint on this machine: a simulated run reaches nothing else, so name one as %s=%s://127.0.0.1:PORT", from, from, from.scheme)
	}
	return to, nil
}

// readLetter reads the envelope and the user.
func readLetter(headers []Header) (*letter, error) {
	l := &letter{}
	for _, h := range headers {
		if strings.ContainsFunc(h.Value, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			return nil, fmt.Errorf("the header %s holds control bytes", h.Name)
		}
		switch h.Name {
		case HeaderMailFrom:
			l.from = h.Value
		case HeaderRecipients:
			list, ok := guard.SplitRecipients(h.Value)
			if !ok {
				return nil, errors.New("the recipients can't be read")
			}
			l.recipients = list
		case HeaderAuthUser:
			l.user = h.Value
		case HeaderAuthPassword:
			l.password = h.Value
		}
	}
	if from, ok := guard.SplitRecipients(l.from); !ok || len(from) != 1 {
		return nil, errors.New("the sender is not exactly one mailbox")
	}
	return l, nil
}

// stamp gives the letter its text, with the date and the number that are those
// of the sending.
func (l *letter) stamp(headers []Header, body string, now time.Time) error {
	switch {
	case len(l.recipients) == 0:
		return errors.New("the e-mail has no recipients")
	case strings.ContainsFunc(body, func(r rune) bool { return r == 0 || r >= 0x80 }):
		return errors.New("the e-mail is not written in ASCII")
	case strings.ContainsAny(strings.ReplaceAll(body, "\r\n", ""), "\r\n"), !strings.HasSuffix(body, "\r\n"):
		return errors.New("the lines of the e-mail don't end in CRLF")
	}
	stamped := "Date: " + now.Format(time.RFC1123Z) + "\r\n"
	for _, h := range headers {
		if h.Name == HeaderMessageID {
			stamped += HeaderMessageID + ": <" + h.Value + "@" + l.domain() + ">\r\n"
		}
	}
	l.text = stamped + body
	return nil
}

// domain is that of the sender.
func (l *letter) domain() string { return l.from[strings.LastIndexByte(l.from, '@')+1:] }
