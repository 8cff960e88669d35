package trigger

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tabletop/blocks/trigger/delivery"
	"tabletop/blocks/trigger/guard"
	"tabletop/blocks/trigger/message"
	"tabletop/blocks/trigger/simulator"
	"tabletop/workbook"
	"tabletop/workbook/source"
)

const mailIntegrations = `integrations:
  - name: SOC mail
    url: smtp://mail.example.org
    mail: {from: 'SOC Zürich <soc@example.org>', user: soc, password: '[smtp_password]'}
    max_actions: 2
  - name: chat
    url: https://chat.example.org/hook
    payload: 'x'
    target: none
`

// mailOptions are those of a rehearsal that plans.
func mailOptions(t testing.TB) Options {
	t.Helper()
	n, err := loadText(t, mailIntegrations)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "guard.yaml")
	if err := os.WriteFile(path, []byte("mail:\n  - {value: example.org, reason: our own}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	g, err := LoadGuard(path)
	if err != nil {
		t.Fatal(err)
	}
	return Options{Integrations: n, Guard: g, Vendor: simulator.New(), Planning: true}
}

// notified prepares a notification as written on the columns.
func notified(t testing.TB, text string, columns string, o Options) (workbook.Step, source.Problems) {
	t.Helper()
	w, problems := readWorkbook(t, "workbook: w\nblocks:\n  - notification:\n      "+strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n      ")+"\n", o)
	if problems.Err() != nil {
		return nil, problems
	}
	p := workbook.NewPreparation(map[string]string{"Team": "blue"})
	p.First, p.In = false, workbook.Columns{Names: strings.Split(columns, ","), Known: true}
	step := w.Blocks[0].Kind.Prepare(w.Blocks[0], p)
	return step, p.Problems()
}

func readWorkbook(t testing.TB, text string, o Options) (*workbook.Workbook, source.Problems) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "workbook.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	w, problems, err := workbook.ReadFile(path, []workbook.Kind{Notification(o)})
	if err != nil {
		t.Fatal(err)
	}
	return w, problems
}

func notify(t testing.TB, text string, in workbook.Table, before ...workbook.Action) workbook.Output {
	t.Helper()
	step, problems := notified(t, text, strings.Join(in.Columns, ","), mailOptions(t))
	if step == nil {
		t.Fatal(problems)
	}
	out, err := step.Run(t.Context(), in, &workbook.Env{Now: time.Unix(0, 0), Actions: before})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// shown reads the e-mail of an action.
func shown(t testing.TB, a workbook.Action) message.Shown {
	t.Helper()
	if a.Request == nil {
		t.Fatalf("no request: %+v", a)
	}
	s, err := message.Read(a.Request.Body)
	if err != nil {
		t.Fatal(err)
	}
	s.Text = strings.TrimSuffix(s.Text, "\r\n")
	return s
}

func TestConsolidatedNotification(t *testing.T) {
	in := table("$SrcIP,$Note,$Count", values{"203.0.113.7", "=cmd|' /C calc'!A0", int64(3)}, values{"203.0.113.8", "a\r\nBcc: evil@else.example", int64(-4)}, values{"203.0.113.9", nil, int64(5)})
	out := notify(t, `
to: ['Größe <a@example.org>', b@example.org]
cc: [c@example.org]
bcc: [boss@example.org, b@example.org]
subject: 'Seen $SrcIP by {Team}'
message: |
  $SrcIP [INFO] costs $5
rows: 2
columns: [$SrcIP, $Note, $Count]`, in)
	if len(out.Actions) != 1 || len(out.Table.Rows) != 3 || out.Table.Rows[2].From != 3 || out.Table.Rows[1].Evidence.Events != 11 {
		t.Fatalf("%+v", out)
	}
	a := out.Actions[0]
	want := workbook.Action{
		Number: 1, Integration: "SOC mail", Type: guard.TypeRecipients, DNIF: workbook.DNIFWouldSend, Verdict: workbook.WouldSend,
		Target:    "a@example.org, b@example.org, c@example.org, boss@example.org",
		Canonical: "a@example.org, b@example.org, c@example.org, boss@example.org",
		Request: &workbook.Request{
			Method: delivery.MethodMail, URL: "smtp://mail.example.org:587", Body: a.Request.Body,
			Headers: map[string]string{
				"Mail-From": "soc@example.org", "Rcpt-To": "a@example.org, b@example.org, c@example.org, boss@example.org",
				"Auth-User": "soc", "Auth-Password": "[smtp_password]",
			},
		},
		Response:   &workbook.Response{Status: 250, Body: "2.0.0 Ok: queued as 00000001"},
		Effect:     []string{"sends an e-mail to all of its recipients", noMailUndo},
		CannotUndo: noMailUndo, Key: a.Key, Values: a.Values,
	}
	if diff := cmp.Diff(want, a); diff != "" {
		t.Error(diff)
	}
	if strings.Contains(a.Request.Body, "boss@") {
		t.Error("a blind copy shows")
	}
	got := shown(t, a)
	wantShown := message.Shown{
		From: "SOC Zürich <soc@example.org>", To: "Größe <a@example.org>, <b@example.org>", Cc: "<c@example.org>", Subject: "Seen 203.0.113.7, 203.0.113.8 by blue",
		Text: "203.0.113.7, 203.0.113.8 [INFO] costs $5", Name: "rows.csv",
		Attached: "$SrcIP,$Note,$Count\n203.0.113.7,'=cmd|' /C calc'!A0,3\n203.0.113.8,\"a\r\nBcc: evil@else.example\",-4\n",
	}
	got.From, got.To = strings.ReplaceAll(got.From, `"`, ""), strings.ReplaceAll(got.To, `"`, "")
	if diff := cmp.Diff(wantShown, got); diff != "" {
		t.Error(diff)
	}
}

const perRow = `
send: per_row
to: [$Owner]
cc: [soc@example.org]
subject: 'About $SrcIP'
message: 'Look at $SrcIP: $Note'`

func TestNotificationPerRow(t *testing.T) {
	long := strings.Repeat("x", 5000)
	for name, c := range map[string]struct {
		row           values
		verdict       workbook.Verdict
		rule, reason  string
		subject, text string
	}{
		"plain":            {values{"203.0.113.7", "a@example.org", "n"}, workbook.WouldSend, "", "", "About 203.0.113.7", "Look at 203.0.113.7: n"},
		"name before it":   {values{"203.0.113.7", "Ä B <a@EXAMPLE.org>", "n"}, workbook.WouldSend, "", "", "About 203.0.113.7", "Look at 203.0.113.7: n"},
		"outside":          {values{"203.0.113.7", "evil@else.example", "n"}, workbook.RefusedProtected, guard.RuleMailDomain, "evil@else.example lies outside", "About 203.0.113.7", "Look at 203.0.113.7: n"},
		"two mailboxes":    {values{"203.0.113.7", "a@example.org, evil@else.example", "n"}, workbook.Invalid, "", "is not exactly one mailbox", "", ""},
		"two after a name": {values{"203.0.113.7", "A <a@example.org>, <evil@else.example>", "n"}, workbook.Invalid, "", "is not exactly one mailbox", "", ""},
		"a line in it":     {values{"203.0.113.7", "a@example.org\r\nBcc: evil@else.example", "n"}, workbook.Invalid, "", "control bytes", "", ""},
		"no mailbox":       {values{"203.0.113.7", "a", "n"}, workbook.Invalid, "", "is not exactly one mailbox", "", ""},
		"hole":             {values{"203.0.113.7", nil, "n"}, workbook.Invalid, "", "the row has no value for $Owner", "", ""},
		"header injected":  {values{"a\r\nBcc: evil@else.example", "a@example.org", "n"}, workbook.Invalid, "", "a header can't hold control bytes", "", ""},
		"encoded word":     {values{"=?utf-8?q?x=0AY?=", "a@example.org", "n"}, workbook.WouldSend, "", "", "About = ?utf-8?q?x=0AY?=", "Look at =?utf-8?q?x=0AY?=: n"},
		"not ASCII":        {values{"größe 😀", "a@example.org", "ü"}, workbook.WouldSend, "", "", "About größe 😀", "Look at größe 😀: ü"},
		"lines and codes":  {values{"x", "a@example.org", "a\r\n.\r\nQUIT\x1b[31m\u202e"}, workbook.WouldSend, "", "", "About x", `Look at x: a\r\n.\r\nQUIT\x1b[31m\u202e`},
		"long":             {values{long, "a@example.org", "n"}, workbook.WouldSend, "", "", "About " + long[:244] + "…", "Look at " + long + ": n"},
		"not UTF-8":        {values{"\xff", "a@example.org", "n"}, workbook.Invalid, "", "is not UTF-8 text", "", ""},
	} {
		out := notify(t, perRow, table("$SrcIP,$Owner,$Note", c.row))
		a := out.Actions[0]
		if a.Verdict != c.verdict || a.Rule != c.rule || !strings.Contains(a.Reason, c.reason) || a.Row != 1 || a.Number != 1 || a.Type != guard.TypeRecipients {
			t.Errorf("%s: %+v", name, a)
			continue
		}
		if protected := a.Rule == guard.RuleMailDomain; a.Protected != protected {
			t.Errorf("%s: protected is %t", name, a.Protected)
		}
		if a.Verdict == workbook.Invalid {
			if a.Request != nil || a.DNIF != workbook.DNIFUnpublished {
				t.Errorf("%s: %+v", name, a)
			}
			continue
		}
		if got := shown(t, a); got.Subject != c.subject || got.Text != c.text || got.Name != "" {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestNotificationsRepeatAndPileUp(t *testing.T) {
	in := table("$SrcIP,$Owner,$Note", values{"1", "a@example.org", "n"}, values{"1", "a@example.org", "n"}, values{"2", "a@example.org", "n"}, values{"3", "a@example.org", "n"})
	out := notify(t, perRow, in)
	var got []string
	for _, a := range out.Actions {
		got = append(got, fmt.Sprintf("%d %s %d", a.Number, a.Verdict, a.SameAs))
	}
	want := []string{"1 would_send 0", "2 deduplicated 1", "3 would_send 0", "4 would_send 0"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if len(out.Warnings) != 1 || !strings.Contains(out.Warnings[0], "3 actions, over the cap of 2") {
		t.Errorf("warnings %q", out.Warnings)
	}
	again := notify(t, perRow, in, out.Actions...)
	if a := again.Actions[0]; a.Number != 5 || a.Verdict != workbook.Deduplicated || a.SameAs != 1 {
		t.Errorf("in a later block: %+v", a)
	}
	if none := notify(t, perRow, table("$SrcIP,$Owner,$Note")); len(none.Actions)+len(none.Warnings) > 0 {
		t.Errorf("without rows: %+v", none)
	}
	if none := notify(t, "to: [a@example.org]\nsubject: s", table("$SrcIP")); len(none.Actions) > 0 {
		t.Errorf("one of no rows: %+v", none)
	}
}

func TestNotificationIsBounded(t *testing.T) {
	var to []string
	for i := range 1000 {
		to = append(to, fmt.Sprintf("a%d@example.org", i))
	}
	a := notify(t, "to: ["+strings.Join(to, ", ")+"]\nsubject: s", table("$A", values{"x"})).Actions[0]
	if a.Verdict != workbook.Invalid || !strings.Contains(a.Reason, "1000 recipients, and 100 are the most") {
		t.Errorf("%+v", a)
	}
	a = notify(t, "to: ["+strings.Join(to[:100], ", ")+"]\nsubject: s", table("$A", values{"x"})).Actions[0]
	if a.Verdict != workbook.WouldSend {
		t.Errorf("%+v", a)
	}
	for line := range strings.SplitSeq(a.Request.Body, "\r\n") {
		if len(line) > 998 {
			t.Errorf("a line of %d bytes", len(line))
		}
	}
	var rows []values
	for range 3000 {
		rows = append(rows, values{strings.Repeat("x", 400)})
	}
	a = notify(t, "to: [a@example.org]\nsubject: s", table("$A", rows...)).Actions[0]
	if a.Verdict != workbook.Invalid || !strings.Contains(a.Reason, "attach fewer rows") {
		t.Errorf("%+v", a)
	}
	if a = notify(t, "to: [a@example.org]\nsubject: s\nrows: 1000", table("$A", rows...)).Actions[0]; a.Verdict != workbook.WouldSend {
		t.Errorf("%+v", a)
	}
}

// TestNotificationFillsAnew holds what a plan sends against what it shows, for
// any row, and no row chooses who gets it.
func TestNotificationFillsAnew(t *testing.T) {
	o := mailOptions(t)
	step, problems := notified(t, perRow, "$SrcIP,$Owner,$Note", o)
	if step == nil {
		t.Fatal(problems)
	}
	n, _ := o.Integrations.Find("SOC mail")
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringMatching(`[a-c<>,;:@"\\ \r\n=?.-]{0,20}`), rapid.Just("a@example.org"), rapid.StringMatching(`[a-z ]{0,3}<?[a-z]{1,3}@(example.org|else.example)>?,?[ -~]{0,3}`))
		in := table("$SrcIP,$Owner,$Note", values{text.Draw(t, "address"), text.Draw(t, "owner"), text.Draw(t, "note")})
		out, err := step.Run(t.Context(), in, &workbook.Env{Now: time.Unix(0, 0)})
		if err != nil {
			t.Fatal(err)
		}
		a := out.Actions[0]
		if a.Verdict != workbook.WouldSend {
			return
		}
		for to := range strings.SplitSeq(a.Target, ", ") {
			if !strings.HasSuffix(to, "@example.org") {
				t.Fatalf("%q gets it", to)
			}
		}
		f, err := n.Fill(a.Values, a.Canonical, DummySecret)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(a.Request, f.Shown); diff != "" || f.Key != a.Key || f.Target != a.Target {
			t.Fatalf("%s\n%s %s\n%s %s", diff, f.Key, f.Target, a.Key, a.Target)
		}
		m := f.Message(1, guard.Approved{})
		if m.Body != a.Request.Body || m.Secrets["smtp_password"] != "simulated-smtp_password" {
			t.Fatalf("%+v", m)
		}
	})
}

func TestNotificationMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"subject: s":          "to is missing",
		"to: [a@b.example]":   "subject is missing",
		"to: []\nsubject: s":  "needs a recipient",
		"to: [a]\nsubject: s": "is not exactly one mailbox",
		"to: ['a@b.example, c@d.example']\nsubject: s":               "is not exactly one mailbox",
		"to: [$Owner]\nsubject: s":                                   "takes no columns in to",
		"to: [a@b.example]\ncc: [$Owner]\nsubject: s":                "takes no columns in cc",
		"to: [a@b.example]\nsubject: $Ownr":                          "no column $Ownr",
		"to: [a@b.example]\nsubject: '{Tem}'":                        "unknown parameter {Tem}",
		"to: [a@b.example]\nsubject: s\nthrough: chat":               "chat is no mail server",
		"to: [a@b.example]\nsubject: s\nthrough: SOC mial":           "no configuration",
		"to: [a@b.example]\nsubject: s\nrows: 0":                     "rows must be 1 or more",
		"to: [a@b.example]\nsubject: s\ncolumns: [$Ownr]":            "no column $Ownr",
		"to: [a@b.example]\nsubject: s\ncolumns: [$Owner, $Owner]":   "stands twice",
		"to: [a@b.example]\nsubject: s\nsend: per_row\nrows: 3":      "rows is for a consolidated e-mail",
		"to: [a@b.example]\nsubject: s\nsend: twice":                 "consolidated",
		"to: [a@b.example]\nsubject: s\nattach: x":                   "attach",
		"to: [a@b.example]\nsubject: |\n  one\n  two":                "must be one line",
		"to: [a@b.example]\nsubject: s\nsend: per_row\nmessage: $No": "no column $No",
	} {
		step, problems := notified(t, text, "$SrcIP,$Owner", mailOptions(t))
		if step != nil || !strings.Contains(fmt.Sprint(problems), want) {
			t.Errorf("%q gives %v", text, problems)
		}
	}
	o := mailOptions(t)
	o.Integrations = nil
	if step, problems := notified(t, "to: [a@b.example]\nsubject: s", "$A", o); step != nil || !strings.Contains(fmt.Sprint(problems), "no integrations.yaml") {
		t.Error(problems)
	}
}

func TestMailServerMistakes(t *testing.T) {
	entry := func(lines string) string { return "integrations:\n  - name: m\n    " + lines + "\n" }
	for lines, want := range map[string]string{
		"url: smtp://h.example":                                                           "needs a sender",
		"url: https://h.example\n    mail: {from: a@b.example}":                           "not one of a mail server",
		"url: smtp://$Host\n    mail: {from: a@b.example}":                                "written out",
		"url: smtp://u@h.example\n    mail: {from: a@b.example}":                          "more than a scheme",
		"url: smtp://h.example/x\n    mail: {from: a@b.example}":                          "more than a scheme",
		"url: smtp+plain://h.example:25\n    mail: {from: a@b.example}":                   "this machine alone",
		"url: smtp+plain://10.0.0.1:25\n    mail: {from: a@b.example}":                    "this machine alone",
		"url: smtp://h.example\n    mail: {from: a}":                                      "not exactly one mailbox",
		"url: smtp://h.example\n    mail: {from: a@b.example, user: u}":                   "stand together",
		"url: smtp://h.example\n    mail: {from: a@b.example, user: u, password: hunter}": "must be a secret",
		"url: smtp://h.example\n    mail: {from: a@b.example, user: $U, password: '[p]'}": "no column",
		"url: smtp://h.example\n    mail: {from: a@b.example}\n    payload: x":            "has no payload",
		"url: smtp://h.example\n    mail: {from: a@b.example}\n    undo: none":            "has no undo",
	} {
		if _, err := loadText(t, entry(lines)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\n%v", lines, err)
		}
	}
	n, err := loadText(t, mailIntegrations)
	if err != nil {
		t.Fatal(err)
	}
	m, _ := n.Find("SOC mail")
	if m.Origin() != "smtp://mail.example.org:587" || m.Undo() || m.CannotUndo() != noMailUndo || fmt.Sprint(m.SecretNames()) != "[smtp_password]" || m.Digest() == "" {
		t.Errorf("%+v", m)
	}
	call, err := m.ValidateCall(Shown)
	if err != nil || call.Method != delivery.MethodNoop || len(call.Headers) != 3 {
		t.Errorf("%+v, %v", call, err)
	}
	p := workbook.NewPreparation(nil)
	p.First = false
	if Prepare(source.NewText("w", "SOC mail"), 0, mailOptions(t), p) != nil || !strings.Contains(fmt.Sprint(p.Problems()), "write a notification block") {
		t.Error(p.Problems())
	}
}

func TestMailServerAnswers(t *testing.T) {
	n, err := loadText(t, mailIntegrations)
	if err != nil {
		t.Fatal(err)
	}
	m, _ := n.Find("SOC mail")
	for status, want := range map[int]Validation{
		250: {Status: Validated, OK: true}, 535: {Status: ValidationDenied}, 530: {Status: ValidationDenied}, 421: {Status: ValidationFailed}, 554: {Status: ValidationFailed}, 200: {Status: ValidationFailed},
	} {
		got := m.Validation(delivery.Answer{Status: status, Body: []byte("text"), Whole: true})
		if got.Status != want.Status || got.OK != want.OK {
			t.Errorf("%d: %+v", status, got)
		}
	}
}
