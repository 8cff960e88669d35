package guard

import (
	"strings"

	"tabletop/workbook/indicator"
)

// The rules on mailboxes.
const (
	RuleNullSender = "null_sender"
	RuleRole       = "role_mailbox"
	RuleFreeMail   = "free_mail_domain"
)

// roles are the mailboxes through which mail itself works: reports of misuse
// and of failure.
var roles = []string{"postmaster", "abuse", "mailer-daemon"}

// mailbox judges a target of type mailbox.
func (g *Guard) mailbox(target string) (canonical string, found finding) {
	text := strings.TrimSpace(indicator.Refang(target))
	if scheme, rest, found := strings.Cut(text, ":"); found && strings.EqualFold(scheme, "mailto") {
		text, _, _ = strings.Cut(rest, "?")
	}
	switch {
	case isNullSender(text):
		return "", refuse(RuleNullSender, Quote(target)+" is the null sender, from which every report of failed delivery comes")
	case strings.Contains(text, "*"):
		return "", refuse(RuleWildcard, Quote(target)+" holds a *: an action takes one mailbox, never all that fit a pattern")
	case !strings.Contains(text, "@") || strings.HasPrefix(text, "@"):
		return g.mailDomain(target, strings.TrimPrefix(text, "@"))
	}
	canonical, ok := indicator.Mailbox(text)
	if !ok {
		return "", gravest(g.literalFinding(target, text), flaw(Quote(target)+" is not exactly one mailbox"))
	}
	return canonical, gravest(g.mailboxFinding(canonical), mailboxFlaw(target, canonical))
}

// isNullSender tells <>, also behind a name and with blanks in it.
func isNullSender(text string) bool {
	i := strings.LastIndexByte(text, '<')
	return i >= 0 && strings.HasSuffix(text, ">") && strings.TrimSpace(text[i+1:len(text)-1]) == ""
}

// literalFinding judges the address in a@[192.0.2.1].
func (g *Guard) literalFinding(target, text string) finding {
	_, literal, found := strings.Cut(text, "@[")
	literal, _, closed := strings.Cut(literal, "]")
	if len(literal) > 5 && strings.EqualFold(literal[:5], "ipv6:") {
		literal = literal[5:]
	}
	a, ok := indicator.Address(literal)
	if !found || !closed || !ok {
		return finding{}
	}
	f := g.addressFinding(a)
	f.reason = Quote(target) + " is a mailbox at an address, and " + f.reason
	return f
}

// mailDomain judges a domain in the place of a mailbox.
func (g *Guard) mailDomain(target, text string) (canonical string, found finding) {
	host, ok := indicator.Host(text)
	if !ok {
		return "", flaw(Quote(target) + " is no mailbox")
	}
	if g.freeMail[host] {
		return host, refuse(RuleFreeMail, host+" gives mailboxes to anyone: blocking it would block all of them, so block the one mailbox")
	}
	return host, gravest(g.hostFinding(host, false), flaw(Quote(target)+" is a domain and no mailbox"))
}

func (g *Guard) mailboxFinding(mailbox string) finding {
	at := strings.LastIndexByte(mailbox, '@')
	local, domain := strings.Trim(mailbox[:at], `"`), mailbox[at+1:]
	for _, role := range roles {
		if strings.EqualFold(local, role) {
			return refuse(RuleRole, mailbox+" is the "+role+" of "+domain+", through which mail itself is kept working")
		}
	}
	own := g.own(subject{mailbox: mailbox})
	return gravest(own, g.name(domain), g.ownHost(domain, false), g.vendorHost(domain))
}

// mailboxFlaw says why a text can't be sent as a mailbox.
func mailboxFlaw(target, canonical string) finding {
	at := strings.LastIndexByte(canonical, '@')
	domain, alone := strings.CutPrefix(target, canonical[:at+1])
	host, ok := indicator.Host(domain)
	if alone && ok && host == canonical[at+1:] && !strings.ContainsAny(domain, "/\\:?#%<> \t\r\n[]") {
		return finding{}
	}
	return flaw(Quote(target) + " is more than the mailbox " + Quote(canonical) + ", which mailbox($Column) in a code block gives")
}
