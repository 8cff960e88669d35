package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/emersion/go-smtp"

	"tabletop/blocks/trigger/plan"
	"tabletop/workbook"
)

const mailWorkbook = `workbook: Post
blocks:
  - sql: |
      SELECT $SrcIP, $Owner, $Note FROM FIREWALL WHERE $Duration=1d
  - notification:
      to: [soc@example.org]
      bcc: [boss@example.org]
      subject: 'Größe: $SrcIP'
      message: all of them
  - notification:
      send: per_row
      to: [$Owner]
      subject: 'About $SrcIP'
      message: '$Note'
`

const mailServers = `integrations:
  - name: SOC mail
    url: URL
    ca: ca.pem
    mail: {from: 'SOC <soc@example.org>', user: soc, password: '[smtp_password]'}
    retry: {tries: 1}
`

// newMailSite writes a workbook that sends e-mails, in the folder in which the
// test then stands, and starts the mail server.
func newMailSite(t *testing.T) (*site, *postOffice) {
	t.Helper()
	s := &site{t: t}
	t.Chdir(t.TempDir())
	t.Setenv("TABLETOP_SECRET_SMTP_PASSWORD", mailPassword)
	office := newPostOffice(t)
	s.write("workbook.yaml", mailWorkbook)
	s.write("guard.yaml", drillGuard+"mail:\n  - {value: example.org, reason: our own people}\n")
	s.write("integrations.yaml", strings.ReplaceAll(mailServers, "URL", "smtp://"+office.address))
	var events strings.Builder
	for i, owner := range []string{"a@example.org", "evil@else.example", `a@example.org\r\nBcc: evil@else.example`} {
		fmt.Fprintf(&events, `{"$CNAMTime":%d,"$SrcIP":"203.0.113.%d","$Owner":"%s","$Note":"=1+1"}`+"\n", 1769860800+i, i+1, owner)
	}
	s.write("events/FIREWALL.ndjson", events.String())
	return s, office
}

func (s *site) enableMail() {
	s.t.Helper()
	s.do("integrations", "validate", "SOC mail")
	s.do("integrations", "enable", "SOC mail")
}

func TestNotificationsAreRehearsedAndSent(t *testing.T) {
	s, office := newMailSite(t)
	s.do("run", ".")
	s.do("plan", ".", "--to", "early.json")
	s.says(4, "is not validated", "apply", "early.json", "--yes", "2")
	if n := len(office.arrived()); n > 0 {
		t.Fatalf("%d e-mails arrived of a rehearsal", n)
	}
	s.enableMail()
	if n := len(office.arrived()); n > 0 {
		t.Fatalf("%d e-mails arrived of a validation", n)
	}
	s.do("plan", ".", "--to", "plan.json")
	run := s.applied(0, "plan.json")
	s.is(run, workbook.Sent, workbook.Sent, workbook.RefusedProtected, workbook.Invalid)
	mails := office.arrived()
	if len(mails) != 2 || fmt.Sprint(mails[0].to) != "[soc@example.org boss@example.org]" || fmt.Sprint(mails[1].to) != "[a@example.org]" || mails[0].from != "soc@example.org" {
		t.Fatalf("%+v", mails)
	}
	planned, sha, err := plan.Load("plan.json")
	if err != nil {
		t.Fatal(err)
	}
	for i, m := range mails {
		stamp, rest, _ := strings.Cut(m.text, "@example.org>\r\n")
		if !strings.HasPrefix(m.text, "Date: ") || !strings.Contains(stamp, "\r\nMessage-ID: <") || rest != planned.Actions[i].Request.Body {
			t.Errorf("what arrived is not what the plan %s shows:\n%s", sha, m.text)
		}
	}
	if strings.Contains(mails[0].text, "boss@") || !strings.Contains(mails[0].text, "=C3=B6") {
		t.Errorf("the e-mail is\n%s", mails[0].text)
	}
	s.says(4, "applied it already", "apply", "plan.json", "--yes", "2")
	s.do("plan", ".", "--to", "again.json")
	s.says(4, "nothing of this plan goes", "apply", "again.json", "--yes", "2")
	s.says(0, "it comes of all the rows", "why", fmt.Sprintf("%d/a1", run))
	if n := len(office.arrived()); n != 2 {
		t.Errorf("%d e-mails arrived", n)
	}
	s.says(4, "an e-mail that was sent can't be called back", "undo", fmt.Sprint(run), "--to", "undo.json")
	s.do("report", fmt.Sprint(run), "--to", "report.md")
	s.do("export", "actions", "--to", "actions.csv")
	s.do("verify")
	s.keepsSecret(mailPassword)
}

// keepsSecret checks that no file of the site holds a secret.
func (s *site) keepsSecret(secret string) {
	s.t.Helper()
	err := filepath.WalkDir(".", func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if strings.Contains(string(text), secret) {
			s.t.Errorf("%s holds the secret", path)
		}
		return err
	})
	if err != nil {
		s.t.Error(err)
	}
}

func TestNotificationWhoseAnswerIsLost(t *testing.T) {
	s, office := newMailSite(t)
	s.enableMail()
	s.do("plan", ".", "--to", "plan.json")
	office.answers(true, nil)
	run := s.applied(1, "plan.json")
	s.is(run, workbook.Unknown, workbook.Unknown, workbook.RefusedProtected, workbook.Invalid)
	office.answers(false, nil)
	s.says(3, "does not say how to ask", "resume", fmt.Sprint(run))
	s.do("resume", fmt.Sprint(run), "--sent", "a1", "--not-sent", "a2", "--reason", "looked into the server's log")
	s.is(run, workbook.Sent, workbook.Failed, workbook.RefusedProtected, workbook.Invalid)
	s.do("plan", ".", "--to", "rest.json")
	s.says(0, "1 sent 1 deduplicated", "apply", "rest.json", "--yes", "1")
	if n := len(office.arrived()); n != 3 {
		t.Errorf("%d e-mails arrived", n)
	}
	s.do("verify")
}

func TestNotificationThatIsRefused(t *testing.T) {
	s, office := newMailSite(t)
	s.enableMail()
	s.do("plan", ".", "--to", "plan.json")
	office.answers(false, &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: "spam, " + mailPassword})
	run := s.applied(1, "plan.json")
	s.is(run, workbook.Failed, workbook.Failed, workbook.RefusedProtected, workbook.Invalid)
	s.says(0, "554 to the e-mail", "show", fmt.Sprint(run))
	s.do("verify")
	s.keepsSecret(mailPassword)
}

func TestMailServerIsValidated(t *testing.T) {
	s, office := newMailSite(t)
	t.Setenv("TABLETOP_SECRET_SMTP_PASSWORD", "another-password")
	s.says(3, "Credentials not Authorized", "integrations", "validate", "SOC mail")
	s.says(4, "only what is validated can be enabled", "integrations", "enable", "SOC mail")
	t.Setenv("TABLETOP_SECRET_SMTP_PASSWORD", mailPassword)
	s.write("integrations.yaml", strings.ReplaceAll(strings.ReplaceAll(mailServers, "URL", "smtp://"+office.address), "    ca: ca.pem\n", ""))
	s.says(3, "is not trusted", "integrations", "validate", "SOC mail")
	if n := len(office.arrived()); n > 0 {
		t.Errorf("%d e-mails arrived", n)
	}
}

func TestNotificationsOverTheCap(t *testing.T) {
	s, office := newMailSite(t)
	s.write("integrations.yaml", strings.ReplaceAll(mailServers, "URL", "smtp://"+office.address)+"    max_actions: 1\n")
	s.enableMail()
	s.do("plan", ".", "--to", "plan.json")
	s.says(4, "over the cap of 1", "apply", "plan.json", "--yes", "2")
	if n := len(office.arrived()); n > 0 {
		t.Errorf("%d e-mails arrived", n)
	}
}

// TestNotificationsToAnEndpoint sends what is meant for another machine to this
// one, with made-up secrets, which the server must not know.
func TestNotificationsToAnEndpoint(t *testing.T) {
	s, office := newMailSite(t)
	s.write("integrations.yaml", strings.ReplaceAll(mailServers, "URL", "smtp://mail.example.net:587"))
	endpoint := "smtp://mail.example.net:587=smtp://" + office.address
	s.says(3, "Credentials not Authorized", "integrations", "validate", "SOC mail", "--endpoint", endpoint)
	s.write("integrations.yaml", strings.ReplaceAll(strings.ReplaceAll(mailServers, "URL", "smtp://mail.example.net:587"), ", user: soc, password: '[smtp_password]'", ""))
	s.do("integrations", "validate", "SOC mail", "--endpoint", endpoint)
	s.do("integrations", "enable", "SOC mail", "--endpoint", endpoint)
	s.do("plan", ".", "--to", "plan.json")
	run := s.applied(1, "plan.json", "--endpoint", endpoint)
	s.is(run, workbook.Failed, workbook.Failed, workbook.RefusedProtected, workbook.Invalid)
	s.says(0, "530 to MAIL FROM", "show", fmt.Sprint(run))
}
