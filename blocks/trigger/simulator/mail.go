package simulator

import (
	"bytes"
	"fmt"
	"net/http"
	netmail "net/mail"
	"strings"
)

// isMail tells what goes to a mail server.
func isMail(r *http.Request) bool { return strings.HasPrefix(r.URL.Scheme, "smtp") }

// mail is the mail server of every host: it takes what can be read as an e-mail,
// and numbers it. Its statuses are those of SMTP (RFC 5321, 4.2.3).
func (v *Vendor) mail(c call) answer {
	refuse := func(text string) answer {
		return refused(554, text)
	}
	switch {
	case len(c.text) > MaxBody:
		return refused(552, "5.3.4 message too big")
	case c.request.Header.Get("Rcpt-To") == "":
		return refuse("5.5.1 no valid recipients")
	}
	if _, err := netmail.ReadMessage(bytes.NewReader(c.text)); err != nil {
		return refuse("5.6.0 the message can't be read")
	}
	v.mails++
	return taken(say(250, kindText, fmt.Sprintf("2.0.0 Ok: queued as %08d", v.mails)), "an e-mail")
}
