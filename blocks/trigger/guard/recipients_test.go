package guard

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tabletop/workbook"
)

const mailLists = `
mail:
  - {value: example.org, reason: our own people}
  - {value: auditor@partner.example, reason: the auditor}
  - {value: guests.example, reason: a project, expires: 2026-03-31}
`

func TestRecipients(t *testing.T) {
	g, err := Load(write(t, mailLists))
	if err != nil {
		t.Fatal(err)
	}
	refuse := func(to string) judged { return judged{TypeRecipients, to, refused, RuleMailDomain, to} }
	check(t, g.At(time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)), []judged{
		{TypeRecipients, "a@example.org", would, "", "a@example.org"},
		{TypeRecipients, "a@example.org, b@sub.example.org", would, "", "a@example.org, b@sub.example.org"},
		{TypeRecipients, "auditor@partner.example", would, "", "auditor@partner.example"},
		{TypeRecipients, `"a, b"@example.org`, would, "", `"a, b"@example.org`},
		refuse("other@partner.example"),
		refuse("a@notexample.org"),
		refuse("a@example.org.evil.example"),
		refuse("a@example.org, evil@else.example"),
		refuse("a@guests.example"),
		{TypeRecipients, "", workbook.Invalid, "", ""},
		{TypeRecipients, "a@EXAMPLE.org", workbook.Invalid, "", ""},
		{TypeRecipients, "A <a@example.org>", workbook.Invalid, "", ""},
		{TypeRecipients, "a@example.org,b@example.org", workbook.Invalid, "", ""},
		{TypeRecipients, "a@example.org, a@example.org", workbook.Invalid, "", ""},
		{TypeRecipients, "a@example.org>\r\nRCPT TO:<evil@else.example", workbook.Invalid, "", ""},
	})
	if j := g.Judge(TypeRecipients, "ä@example.org"); j.Verdict != workbook.Invalid {
		t.Errorf("letters beyond ASCII: %+v", j)
	}
	if j := g.At(time.Date(2026, 3, 31, 0, 0, 0, 0, time.UTC)).Judge(TypeRecipients, "a@guests.example"); j.Verdict != would {
		t.Errorf("on the last day: %+v", j)
	}
	if j := New().Judge(TypeRecipients, "a@example.org"); j.Verdict != refused || !strings.Contains(j.Reason, "no list") {
		t.Errorf("without a list: %+v", j)
	}
}

func TestRecipientsAreBounded(t *testing.T) {
	g, err := Load(write(t, mailLists))
	if err != nil {
		t.Fatal(err)
	}
	var to []string
	for i := range MaxRecipients {
		to = append(to, fmt.Sprintf("a%d@example.org", i))
	}
	if j := g.Judge(TypeRecipients, JoinRecipients(to)); j.Verdict != would || !j.Approved.Covers(TypeRecipients, JoinRecipients(to)) {
		t.Errorf("%d: %s", len(to), j.Reason)
	}
	if j := g.Judge(TypeRecipients, JoinRecipients(append(to, "b@example.org"))); j.Verdict != workbook.Invalid {
		t.Errorf("%d: %+v", len(to)+1, j)
	}
}

func TestMailListMistakes(t *testing.T) {
	for value, want := range map[string]string{
		"203.0.113.7": "neither a domain nor a mailbox", "https://example.org/a": "neither a domain nor a mailbox",
		"co.uk": "public suffix", "org": "public suffix", "two words": "is no address",
	} {
		_, err := Load(write(t, "mail:\n  - {value: '"+value+"', reason: r}\n"))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", value, err)
		}
	}
}
