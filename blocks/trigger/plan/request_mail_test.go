package plan

import (
	"maps"
	"strings"
	"testing"

	"tabletop/workbook"
)

func TestMailRequests(t *testing.T) {
	whole := workbook.Request{
		Method: "MAIL", URL: "smtp://mail.example.org:587", Body: "Subject: a\r\n\r\nb\r\n",
		Headers: map[string]string{"Mail-From": "soc@example.org", "Rcpt-To": "a@example.org, b@example.org", "Auth-User": "soc", "Auth-Password": "[smtp_password]"},
	}
	told := func(r workbook.Request) string {
		c := &checker{}
		c.request(r, "request")
		var all []string
		for _, m := range c.found {
			all = append(all, m.message)
		}
		return strings.Join(all, "\n")
	}
	if said := told(whole); said != "" {
		t.Errorf("a whole one: %s", said)
	}
	with := func(name, value string) func(r *workbook.Request) {
		return func(r *workbook.Request) { r.Headers[name] = value }
	}
	for want, change := range map[string]func(r *workbook.Request){
		"request.method must be MAIL":                                    func(r *workbook.Request) { r.Method = "POST" },
		"request.url must be a mail server's scheme":                     func(r *workbook.Request) { r.URL = "smtp://mail.example.org:587/x" },
		"request.url must be a whole URL":                                func(r *workbook.Request) { r.URL = "https:///" },
		"request.headers.Rcpt-To must be mailboxes":                      with("Rcpt-To", "A <a@example.org>"),
		"request.headers.Mail-From must be mailboxes":                    with("Mail-From", ""),
		"request.headers.Auth-Password must be a secret":                 with("Auth-Password", "hunter2 [smtp_password]"),
		"request.headers.Auth-User holds control characters":             with("Auth-User", "soc\r\nQUIT"),
		"request.body has 1048577 bytes, and 1048576 are the most that ": func(r *workbook.Request) { r.Body = strings.Repeat("x", maxBodyBytes+1) },
	} {
		r := whole
		r.Headers = maps.Clone(whole.Headers)
		change(&r)
		if said := told(r); !strings.Contains(said, want) {
			t.Errorf("not %q: %s", want, said)
		}
	}
}
