package guard

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tabletop/workbook/source"
)

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "guard.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const ownLists = `
never:
  - {value: 203.0.113.0/24, reason: our own addresses, owner: network team}
  - {value: corp.example, reason: our own domain}
  - {value: mail.partner.example, reason: the partner's mail}
  - {value: ceo@elsewhere.example, reason: the board's mailbox}
  - {value: 3395856CE81F2B7382DEE72602F798B642F14140, reason: our own tool}
  - {value: 198.51.100.9, reason: a scanner that we pay, expires: 2026-03-31}
ask:
  - {value: 10.20.0.0/16, reason: workstations}
  - {value: 127.0.0.0/8, reason: nothing of use}
  - {value: supplier.example, reason: a supplier}
`

func TestOwnLists(t *testing.T) {
	g, err := Load(write(t, ownLists))
	if err != nil {
		t.Fatal(err)
	}
	check(t, g, []judged{
		{TypeIP, "203.0.113.7", refused, RuleOwn, ""},
		{TypeIP, "64:ff9b::cb00:7107", refused, RuleOwn, ""},
		{TypeIP, "203.0.112.0/23", refused, RuleNetwork, ""},
		{TypeURL, "http://203.0.113.7/x", refused, RuleOwn, ""},
		{TypeDomain, "corp.example", refused, RuleOwn, ""},
		{TypeDomain, "www.corp.example", refused, RuleOwn, ""},
		{TypeDomain, "notcorp.example", would, "", ""},
		{TypeURL, "https://www.corp.example/x", refused, RuleOwn, ""},
		{TypeMailbox, "anyone@mail.corp.example", refused, RuleOwn, ""},
		{TypeMailbox, "CEO@elsewhere.example", refused, RuleOwn, ""},
		{TypeMailbox, "cfo@elsewhere.example", would, "", ""},
		// Blocking a domain blocks what lies under it; a path or a mailbox of it
		// does not.
		{TypeDomain, "partner.example", refused, RuleOwn, ""},
		{TypeURL, "https://partner.example/", refused, RuleOwn, ""},
		{TypeURL, "https://partner.example/x", would, "", ""},
		{TypeMailbox, "a@partner.example", would, "", ""},
		{TypeFileSHA1, "3395856ce81f2b7382dee72602f798b642f14140", refused, RuleOwn, ""},
		// Level ask makes a private range one of workstations, and nothing else
		// that is protected less so.
		{TypeIP, "10.20.1.1", asks, RuleOwn, ""},
		{TypeIP, "10.21.1.1", refused, RulePrivate, ""},
		{TypeIP, "127.0.0.1", refused, RuleLoopback, ""},
		{TypeDomain, "shop.supplier.example", asks, RuleOwn, ""},
	})
	if r := g.Judge(TypeIP, "203.0.113.7").Reason; r != "203.0.113.7 is covered by 203.0.113.0/24 of the own list never: our own addresses (network team)" {
		t.Errorf("reason %q", r)
	}
}

func TestEntriesExpire(t *testing.T) {
	g, err := Load(write(t, ownLists))
	if err != nil {
		t.Fatal(err)
	}
	last := time.Date(2026, 3, 31, 23, 59, 59, 0, time.UTC)
	check(t, g.At(last), []judged{{TypeIP, "198.51.100.9", refused, RuleOwn, ""}})
	after := g.At(last.Add(time.Second))
	check(t, after, []judged{{TypeIP, "198.51.100.9", would, "", ""}})
	if got := strings.Join(after.Expired(), "\n"); got != "198.51.100.9 of the own list never expired on 2026-03-31 and no longer holds" {
		t.Errorf("expired: %q", got)
	}
	if got := g.Expired(); got != nil {
		t.Errorf("without a clock, expired: %q", got)
	}
}

func TestListMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"never:\n  - {value: 10.0.0.0/33, reason: x}":                      "no address, network, domain, mailbox or hash",
		"never:\n  - {value: 'https://corp.example/', reason: x}":          "no address, network, domain, mailbox or hash",
		"never:\n  - {value: corp.example}":                                "reason is missing",
		"never:\n  - {value: corp.example, reason: ' '}":                   "the reason is empty",
		"never:\n  - {value: corp.example, reason: x, expires: tomorrow}":  "is no date",
		"never:\n  - {value: corp.example, reason: x, expire: 2026-01-01}": "did you mean expires?",
		"nevr: []": "did you mean never?",
	} {
		_, err := Load(write(t, text))
		var problems source.Problems
		if !errors.As(err, &problems) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
	if _, err := Load(filepath.Join(t.TempDir(), "none.yaml")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
}
