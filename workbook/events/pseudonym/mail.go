package pseudonym

import (
	"strings"

	"tabletop/workbook/indicator"
)

// roles are mailboxes through which mail itself works, the same everywhere.
var roles = set("postmaster", "abuse", "mailer-daemon", "noreply", "no-reply")

const maxLocalPart = 64

// mail replaces what a column of mailboxes holds: one or several, with display
// names, or the domain of one.
func (p *Pseudonymiser) mail(s string) string {
	display, address, ok := cutAngle(s)
	switch {
	case ok && !strings.Contains(address, "<"):
		return p.display(display) + "<" + p.mailOne(address) + ">"
	case listed(s, ',', isOneMailbox):
		return p.each(s, ",", p.mail)
	case listed(s, ';', isOneMailbox):
		return p.each(s, ";", p.mail)
	}
	return p.mailOne(s)
}

func isOneMailbox(s string) bool {
	_, ok := indicator.Mailbox(s)
	return ok
}

// cutAngle parts `Name <a@b>`.
func cutAngle(s string) (display, address string, ok bool) {
	inner, closed := strings.CutSuffix(s, ">")
	i := strings.LastIndexByte(inner, '<')
	if !closed || i < 0 {
		return "", "", false
	}
	return inner[:i], inner[i+1:], true
}

// display replaces the name before an address and leaves the quotes around it. A
// name that holds an address itself, as forgeries do, keeps doing so.
func (p *Pseudonymiser) display(s string) string {
	inner := strings.Trim(s, " \t\"'")
	if inner == "" {
		return s
	}
	at := strings.Index(s, inner)
	other := p.text(inner)
	if other == inner {
		other = p.user(inner)
	}
	return s[:at] + other + s[at+len(inner):]
}

func (p *Pseudonymiser) mailOne(s string) string {
	if rest, ok := cutFold(s, "mailto:"); ok {
		return s[:len(s)-len(rest)] + p.mail(rest)
	}
	at, sign := lastAt(s)
	switch {
	case at < 0 && schemeEnd(s) > 0:
		return p.url(s)
	case at < 0 && strings.ContainsAny(s, " \t,;"):
		if other := p.text(s); other != s {
			return other
		}
		return p.names.name("user", "user-", strings.ToLower(s), s, true)
	case at < 0 && strings.Contains(s, "."):
		return p.host(s)
	case at < 0:
		return p.user(s)
	case at == 0:
		return sign + p.authority(s[len(sign):])
	}
	return p.mailbox(s[:at], sign, s[at+len(sign):])
}

// cutFold cuts a prefix whatever its letter case.
func cutFold(s, prefix string) (rest string, ok bool) {
	if len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix) {
		return s[len(prefix):], true
	}
	return s, false
}

// lastAt finds the sign between local part and domain as it is written.
func lastAt(s string) (at int, sign string) {
	lower := lowerASCII(s)
	for _, form := range []string{"[@]", "[at]", "@"} {
		if i := strings.LastIndex(lower, form); i >= 0 {
			return i, s[i : i+len(form)]
		}
	}
	return -1, ""
}

// mailbox replaces both sides of a mailbox. One that mail can't have stays such.
func (p *Pseudonymiser) mailbox(local, sign, domain string) string {
	var other string
	switch base, tag, tagged := strings.Cut(local, "+"); {
	case roles[strings.ToLower(strings.Trim(local, `"`))]:
		other = local
	case tagged && base != "" && tag != "":
		other = p.local(base) + "+" + p.local(tag)
	default:
		other = p.local(local)
	}
	if len(local) > maxLocalPart {
		other += strings.Repeat("x", max(0, maxLocalPart+1-len(other)))
	}
	at := p.authority(domain)
	_, was := indicator.Mailbox(indicator.Refang(local + "@" + domain))
	_, is := indicator.Mailbox(indicator.Refang(other + "@" + at))
	if is && !was {
		other += ".."
	}
	return other + sign + at
}

// local replaces a local part, which may stand in quotes.
func (p *Pseudonymiser) local(s string) string {
	if inner := strings.Trim(s, `"`); inner != s && inner != "" {
		return `"` + p.local(inner) + `"`
	}
	if strings.Trim(s, `"`) == "" {
		return s
	}
	// A * stands for many mailboxes, and what stands around it for a name's part.
	return runs(s, func(c byte) bool { return c != '*' }, func(s string) string {
		return p.names.name("user", "user-", strings.ToLower(s), s, true)
	})
}
