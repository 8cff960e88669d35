package delivery

import (
	"crypto/tls"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/emersion/go-smtp"
	"github.com/google/go-cmp/cmp"

	"tabletop/blocks/trigger/guard"
	"tabletop/workbook"
)

const mailText = "Subject: seen\r\nFrom: <soc@example.org>\r\n\r\n.\r\n..\r\nlook\r\n"

// mailApproved is the guard's approval of recipients.
func mailApproved(t testing.TB, to string) guard.Approved {
	t.Helper()
	path := filepath.Join(t.TempDir(), "guard.yaml")
	if err := os.WriteFile(path, []byte("mail:\n  - {value: example.org, reason: our own}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	g, err := guard.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	j := g.Judge(guard.TypeRecipients, to)
	if j.Verdict != workbook.WouldSend {
		t.Fatal(j.Reason)
	}
	return j.Approved
}

// mailMessage is an e-mail to two recipients.
func mailMessage(t testing.TB, url string) Message {
	t.Helper()
	to := "a@example.org, b@example.org"
	return Message{
		Action: 7, Method: MethodMail, URL: url, Body: mailText, Type: guard.TypeRecipients, Target: to, Approved: mailApproved(t, to),
		Headers: []Header{
			{HeaderMailFrom, "soc@example.org"},
			{HeaderRecipients, to},
			{HeaderAuthUser, "soc"},
			{HeaderAuthPassword, secret},
			{HeaderMessageID, "0123456789abcdef"},
		},
		Secrets: map[string]string{"smtp_password": secret},
	}
}

func code(code int, text string) error {
	return &smtp.SMTPError{Code: code, EnhancedCode: smtp.NoEnhancedCode, Message: text}
}

func TestMailArrives(t *testing.T) {
	var user string
	s := serveMail(t, true, func(step, with string) error {
		if step == "AUTH" {
			user = with
		}
		return nil
	})
	url := "smtp://" + s.address
	p := patient
	p.Roots = s.roots
	o := client(t, newClock(), url).Send(t.Context(), mailMessage(t, url), p)
	if o.Verdict != workbook.Sent || o.Attempts != 1 || o.Response == nil || o.Response.Status != 250 {
		t.Fatalf("%+v", o)
	}
	bags, _ := s.received()
	want := []mailbag{{
		from: "soc@example.org", to: []string{"a@example.org", "b@example.org"},
		text: "Date: Sat, 31 Jan 2026 12:00:00 +0000\r\nMessage-ID: <0123456789abcdef@example.org>\r\n" + mailText,
	}}
	if diff := cmp.Diff(want, bags, cmp.AllowUnexported(mailbag{})); diff != "" {
		t.Error(diff)
	}
	if user != "soc "+secret {
		t.Errorf("signed in as %q", user)
	}
}

func TestMailOverTLSFromTheFirstByte(t *testing.T) {
	over := serveMailOver(t, true, nil, tls.NewListener)
	url := "smtps://" + over.address
	p := patient
	p.Roots = over.roots
	if o := client(t, newClock(), url).Send(t.Context(), mailMessage(t, url), p); o.Verdict != workbook.Sent {
		t.Errorf("%+v", o)
	}
	s := serveMail(t, false, nil)
	url = "smtps://" + s.address
	o := client(t, newClock(), url).Send(t.Context(), mailMessage(t, url), Policy{Tries: 1})
	if bags, steps := s.received(); o.Verdict != workbook.Failed || len(bags)+steps > 0 || !strings.Contains(o.Reason, "does not speak TLS") {
		t.Errorf("%+v, %d steps", o, steps)
	}
}

func TestMailOutcomes(t *testing.T) {
	at := func(step string, err error) func(string, string) error {
		return func(now, _ string) error {
			if now == step {
				return err
			}
			return nil
		}
	}
	second := func(step, with string) error {
		if step == "RCPT" && with == "b@example.org" {
			return code(550, "no such user")
		}
		return nil
	}
	for name, c := range map[string]struct {
		answer  func(step, with string) error
		secure  bool
		trusted bool
		verdict workbook.Verdict
		tries   int
		reason  string
	}{
		"no STARTTLS":               {secure: false, verdict: workbook.Failed, tries: 1, reason: "does not offer STARTTLS"},
		"a certificate of nobody":   {secure: true, verdict: workbook.Failed, tries: 1, reason: "is not trusted"},
		"password refused":          {at("AUTH", code(535, "not you")), true, true, workbook.Failed, 1, `535 to AUTH: "not you"`},
		"sender refused":            {at("MAIL", code(553, "not yours")), true, true, workbook.Failed, 1, "553 to MAIL FROM"},
		"one recipient refused":     {second, true, true, workbook.Failed, 1, `550 to RCPT TO b@example.org: "no such user"`},
		"come back later":           {at("RCPT", code(450, "greylisted")), true, true, workbook.Failed, 3, "450 to RCPT TO a@example.org"},
		"come back after the end":   {at("DATA", code(451, "busy")), true, true, workbook.Failed, 3, "at the last of 3 tries"},
		"refused after the end":     {at("DATA", code(554, "spam")), true, true, workbook.Failed, 1, "554 to the e-mail"},
		"dropped before the e-mail": {at("RCPT", errDrop), true, true, workbook.Failed, 3, "the connection was closed"},
		"dropped after the e-mail":  {at("DATA", errDrop), true, true, workbook.Unknown, 1, "no answer came"},
		"an answer with the secret": {at("DATA", code(554, "you said "+secret)), true, true, workbook.Failed, 1, "you said [smtp_password]"},
	} {
		t.Run(name, func(t *testing.T) {
			s := serveMail(t, c.secure, c.answer)
			url := "smtp://" + s.address
			p := patient
			if c.trusted {
				p.Roots = s.roots
			}
			o := client(t, newClock(), url).Send(t.Context(), mailMessage(t, url), p)
			if o.Verdict != c.verdict || o.Attempts != c.tries || !strings.Contains(o.Reason, c.reason) {
				t.Errorf("%s after %d tries: %s", o.Verdict, o.Attempts, o.Reason)
			}
			if strings.Contains(fmt.Sprint(o), secret) {
				t.Errorf("the secret stands in %+v", o)
			}
			bags, steps := s.received()
			if len(bags) > 0 || !c.trusted && steps > 0 {
				t.Errorf("the server took %d e-mails in %d steps", len(bags), steps)
			}
		})
	}
}

func TestMailIsTakenAgainAfterARefusalForNow(t *testing.T) {
	refused := 0
	s := serveMail(t, true, func(step, _ string) error {
		if step == "DATA" && refused < 2 {
			refused++
			return code(421, "later")
		}
		return nil
	})
	url := "smtp://" + s.address
	p := patient
	p.Roots = s.roots
	clock := newClock()
	o := client(t, clock, url).Send(t.Context(), mailMessage(t, url), p)
	if bags, _ := s.received(); o.Verdict != workbook.Sent || o.Attempts != 3 || len(bags) != 1 || len(clock.slept) != 2 {
		t.Errorf("%+v, %d e-mails, slept %v", o, len(bags), clock.slept)
	}
}

// TestMailGoesNowhereElse sends what the guard did not approve, or to where
// nothing may go: no byte leaves.
func TestMailGoesNowhereElse(t *testing.T) {
	s := serveMail(t, false, nil)
	plain, other := "smtp+plain://"+s.address, "smtp+plain://127.0.0.1:1"
	set := func(name, value string) func(*Message) {
		return func(m *Message) {
			for i := range m.Headers {
				if m.Headers[i].Name == name {
					m.Headers[i].Value = value
				}
			}
		}
	}
	for name, change := range map[string]func(m *Message){
		"other recipients":       set(HeaderRecipients, "evil@else.example"),
		"more recipients":        set(HeaderRecipients, "a@example.org, b@example.org, evil@else.example"),
		"no recipients":          func(m *Message) { m.Headers = m.Headers[:1] },
		"two senders":            set(HeaderMailFrom, "a@example.org, b@example.org"),
		"a sender with a line":   set(HeaderMailFrom, "soc@example.org>\r\nRCPT TO:<evil@else.example"),
		"a user with a line":     set(HeaderAuthUser, "soc\r\nQUIT"),
		"no approval":            func(m *Message) { m.Approved = guard.Approved{} },
		"another server":         func(m *Message) { m.URL = other },
		"a web server":           func(m *Message) { m.URL = "http://" + s.address },
		"a request to it":        func(m *Message) { m.Method = "POST" },
		"lines of another kind":  func(m *Message) { m.Body = "Subject: a\nBcc: b\n\nc" },
		"letters beyond ASCII":   func(m *Message) { m.Body = "Subject: ä\r\n\r\n" },
		"a text with a zero":     func(m *Message) { m.Body = "Subject: a\r\n\r\n\x00" },
		"an address with a path": func(m *Message) { m.URL = plain + "@else.example/" },
	} {
		m := mailMessage(t, plain)
		change(&m)
		if o := client(t, newClock(), plain).Send(t.Context(), m, patient); o.Verdict != workbook.Failed || o.Attempts > 0 {
			t.Errorf("%s: %+v", name, o)
		}
	}
	if _, steps := s.received(); steps > 0 {
		t.Errorf("the server was asked %d times", steps)
	}
	if o := client(t, newClock(), plain).Send(t.Context(), mailMessage(t, plain), patient); o.Verdict != workbook.Sent {
		t.Errorf("unchanged: %+v", o)
	}
}

func TestMailToAnEndpoint(t *testing.T) {
	s := serveMail(t, false, nil)
	const from = "smtp://mail.example.org:587"
	e, err := ParseEndpoint(from + "=smtp+plain://" + s.address)
	if err != nil {
		t.Fatal(err)
	}
	c := newClient(t, newClock(), Options{Hosts: []string{from}, Endpoints: []Endpoint{e}})
	if o := c.Send(t.Context(), mailMessage(t, from), patient); o.Verdict != workbook.Sent {
		t.Errorf("%+v", o)
	}
	if bags, _ := s.received(); len(bags) != 1 {
		t.Errorf("%d e-mails arrived", len(bags))
	}
	for _, text := range []string{
		from + "=http://127.0.0.1:25", "https://mail.example.org=smtp://127.0.0.1:25", from + "=smtp://mail.example.net:25", from + "=smtp+plain://10.0.0.1:25",
	} {
		if _, err := ParseEndpoint(text); err == nil {
			t.Errorf("%s is an endpoint", text)
		}
	}
}

func TestPlainMailStaysOnThisMachine(t *testing.T) {
	const far = "smtp+plain://192.0.2.1:25"
	o := client(t, newClock(), far).Send(t.Context(), mailMessage(t, far), Policy{Tries: 1})
	if o.Verdict != workbook.Failed || !strings.Contains(o.Reason, "not on this machine") {
		t.Errorf("%+v", o)
	}
}

func TestMailServerIsAsked(t *testing.T) {
	s := serveMail(t, true, func(step, with string) error {
		if step == "AUTH" && !strings.HasSuffix(with, secret) {
			return code(535, "not you")
		}
		return nil
	})
	url := "smtp://" + s.address
	p := patient
	p.Roots = s.roots
	for password, want := range map[string]int{secret: 250, "another": 535} {
		q := Call{Method: MethodNoop, URL: url, Headers: []Header{{HeaderMailFrom, "soc@example.org"}, {HeaderAuthUser, "soc"}, {HeaderAuthPassword, password}}}
		a, err := client(t, newClock(), url).Ask(t.Context(), q, p)
		if err != nil || a.Status != want {
			t.Errorf("%q: %+v, %v", password, a, err)
		}
	}
	if _, err := client(t, newClock(), url).Ask(t.Context(), Call{Method: MethodNoop, URL: url, Headers: []Header{{HeaderMailFrom, "soc@example.org"}}}, patient); err == nil {
		t.Error("a server that nobody vouches for is taken")
	}
	if bags, _ := s.received(); len(bags) > 0 {
		t.Error("a question became an e-mail")
	}
}

// TestMailServerThatTalks ends a conversation with a server that never stops.
func TestMailServerThatTalks(t *testing.T) {
	l := listenMail(t, func(write func(string) bool) {
		for write(strings.Repeat("x", 4096)) {
		}
	})
	url := "smtp+plain://" + l
	o := client(t, newClock(), url).Send(t.Context(), mailMessage(t, url), Policy{Connect: patient.Connect, Tries: 1})
	if o.Verdict != workbook.Failed || !strings.Contains(o.Reason, "said more than") {
		t.Errorf("%+v", o)
	}
}
