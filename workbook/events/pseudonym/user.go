package pseudonym

import (
	"encoding/binary"
	"strconv"
	"strings"
)

// wellKnownAccounts stand on every machine and name no one.
var wellKnownAccounts = set("root", "system", "localsystem", "local system", "administrator", "administrators", "admin", "guest", "anonymous",
	"anonymous logon", "local service", "localservice", "network service", "networkservice", "nobody", "daemon", "www-data", "krbtgt", "defaultaccount",
	"everyone", "users", "iusr", "trustedinstaller", "wdagutilityaccount", "dwm-1", "dwm-2", "dwm-3", "umfd-0", "umfd-1", "umfd-2", "umfd-3",
	"authenticated users", "creator owner", "interactive", "service", "batch", "bin", "sys", "sshd", "ntp", "mail", "nologin")

// wellKnownAuthorities are domains of accounts that stand on every machine.
var wellKnownAuthorities = set("nt authority", "nt-autorität", "builtin", "nt service", "window manager", "font driver host", "workgroup", "iis apppool", "internal", "nt virtual machine")

// user replaces what a column of users holds: a name, DOMAIN\name, a mailbox, or
// an identifier of Windows.
func (p *Pseudonymiser) user(s string) string {
	switch {
	case isNumber(s) || wellKnownAccounts[strings.ToLower(s)] || wellKnownAuthorities[strings.ToLower(s)]:
		return s
	case strings.Contains(s, "@"):
		return p.mail(s)
	case isSID(s):
		return p.sid(s)
	case strings.HasPrefix(s, "S-1-"): // one that stands on every machine
		return s
	}
	if i := strings.LastIndexByte(s, '\\'); i > 0 && i < len(s)-1 {
		domain := strings.TrimRight(s[:i], `\`)
		if wellKnownAuthorities[strings.ToLower(domain)] {
			return domain + s[len(domain):i+1] + p.userUnless(s[i+1:], "nt authority", domain)
		}
		return p.host(domain) + s[len(domain):i+1] + p.user(s[i+1:])
	}
	if machine, ok := strings.CutSuffix(s, "$"); ok && machine != "" {
		return p.host(machine) + "$"
	}
	p.learn(s, User)
	return p.names.name("user", "user-", strings.ToLower(s), s, true)
}

// userUnless leaves the names that one authority of Windows gives out itself.
func (p *Pseudonymiser) userUnless(name, authority, domain string) string {
	if strings.EqualFold(domain, authority) {
		return name
	}
	return p.user(name)
}

// isSID reports whether a text is a security identifier of a domain or machine
// of one's own; the others stand on every machine.
func isSID(s string) bool {
	rest, ok := strings.CutPrefix(strings.ToUpper(s), "S-1-5-21-")
	return ok && len(s) < 100 && strings.Count(rest, "-") >= 2 && strings.Trim(rest, "0123456789-") == ""
}

// sid replaces the three numbers that name a domain; the account's own number
// stays, as that of the administrator is the same everywhere.
func (p *Pseudonymiser) sid(s string) string {
	parts := strings.Split(s, "-")
	digest := p.names.key.digest("sid", strings.Join(parts[4:7], "-"))
	for i := range 3 {
		parts[4+i] = strconv.FormatUint(uint64(binary.BigEndian.Uint32(digest[4*i:])), 10)
	}
	return strings.Join(parts, "-")
}
