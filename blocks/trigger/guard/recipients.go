package guard

import (
	"fmt"
	netmail "net/mail"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/publicsuffix"

	"tabletop/workbook/indicator"
	"tabletop/workbook/source"
)

// RuleMailDomain covers recipients of e-mails whom the own list mail does not
// name.
const RuleMailDomain = "mail_domain"

// What an e-mail's recipients may come to: their number, which every server must
// take (RFC 5321, 4.5.3.1.8), and the bytes of their list.
const (
	MaxRecipients     = 100
	MaxRecipientsText = 8 << 10
)

// JoinRecipients writes the mailboxes of an e-mail as the target that Judge
// takes for TypeRecipients.
func JoinRecipients(mailboxes []string) string { return strings.Join(mailboxes, ", ") }

// SplitRecipients reads what JoinRecipients wrote; false where a text is
// anything else than canonical mailboxes, each once.
func SplitRecipients(target string) ([]string, bool) {
	if len(target) > MaxRecipientsText {
		return nil, false
	}
	list, err := netmail.ParseAddressList(target)
	if err != nil || len(list) > MaxRecipients {
		return nil, false
	}
	var mailboxes []string
	seen := map[string]bool{}
	for _, a := range list {
		mailbox, ok := indicator.Mailbox((&netmail.Address{Address: a.Address}).String())
		if !ok || seen[mailbox] {
			return nil, false
		}
		seen[mailbox] = true
		mailboxes = append(mailboxes, mailbox)
	}
	return mailboxes, JoinRecipients(mailboxes) == target
}

// recipients judges those who get an e-mail: all of them must be named by the
// own list mail. What no list names is refused, since what an e-mail holds can't
// be called back.
func (g *Guard) recipients(target string) (canonical string, found finding) {
	mailboxes, ok := SplitRecipients(target)
	if !ok {
		return "", flaw(fmt.Sprintf("%s is no list of mailboxes, each once, with at most %d of them and %d bytes", Quote(target), MaxRecipients, MaxRecipientsText))
	}
	if len(g.mail) == 0 {
		return target, refuse(RuleMailDomain, "the guard has no list of domains to which e-mails may go: name them under mail in guard.yaml")
	}
	var outside []string
	for _, mailbox := range mailboxes {
		if !isASCII(mailbox) {
			return target, flaw(Quote(mailbox) + " is written with other letters than those that all mail servers take")
		}
		if !g.mayGet(mailbox) {
			outside = append(outside, mailbox)
		}
	}
	switch len(outside) {
	case 0:
		return target, finding{}
	case 1:
		return target, refuse(RuleMailDomain, outside[0]+" lies outside the domains to which e-mails may go (mail in guard.yaml)")
	}
	return target, refuse(RuleMailDomain, fmt.Sprintf("%s and %d more of %d recipients lie outside the domains to which e-mails may go (mail in guard.yaml)", outside[0], len(outside)-1, len(mailboxes)))
}

// mayGet reports whether the list mail names a mailbox, itself or by its domain.
func (g *Guard) mayGet(mailbox string) bool {
	host := mailbox[strings.LastIndexByte(mailbox, '@')+1:]
	return slices.ContainsFunc(g.mail, func(e entry) bool {
		return g.holds(e) && (e.includes(subject{mailbox: mailbox}) || e.includes(subject{host: host}))
	})
}

func isASCII(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r >= utf8.RuneSelf })
}

// parseMail reads the list mail.
func parseMail(written []listEntry) ([]entry, source.Problems) {
	entries, problems := parseEntries(written, "mail")
	for i, e := range entries {
		at := written[i].Value
		suffix, icann := publicsuffix.PublicSuffix(e.domain)
		switch {
		case !at.Set() || !(&entry{}).read(at.Value): // which was told
		case e.domain == "" && e.mailbox == "":
			problems = append(problems, at.Problem(0, Quote(e.value)+" is neither a domain nor a mailbox", "write it as example.org or soc@example.org"))
		case e.domain != "" && e.domain == suffix && (icann || strings.Contains(suffix, ".")):
			problems = append(problems, at.Problem(0, e.domain+" is a public suffix: everyone may have a name under it", "name the domain itself, as example.org"))
		}
	}
	return entries, problems
}
