package guard

import (
	"strings"

	"tabletop/workbook/indicator"
)

// domain judges a target of type domain.
func (g *Guard) domain(target string) (canonical string, found finding) {
	text := strings.TrimSpace(indicator.Refang(target))
	host, ok := indicator.Host(text)
	if !ok {
		if strings.Contains(text, "*") {
			return "", refuse(RuleWildcard, Quote(target)+" holds a *: an action takes one domain, never all that fit a pattern")
		}
		return "", gravest(g.otherFinding(target, text, "", true), flaw(Quote(target)+" is no domain"))
	}
	return host, gravest(g.hostFinding(host, true), domainFlaw(target, text, host), g.otherFinding(target, text, host, true))
}

// domainFlaw says why a text can't be sent as a domain.
func domainFlaw(target, text, host string) finding {
	_, isAddress := indicator.Address(host)
	switch {
	case isAddress:
		return flaw(Quote(target) + " is an address and no domain: block it with a configuration of type ip")
	case !isHostName(host):
		return flaw(Quote(target) + " is no domain that the DNS could hold")
	case text != target:
		return flaw(Quote(target) + " is not written as a domain alone: send " + host + ", which host($Column) in a code block gives")
	case strings.ContainsAny(target, "/\\:@?#%[]<>\"'() \t\r\n"):
		return flaw(Quote(target) + " is more than the domain " + host + ", which host($Column) in a code block gives")
	}
	return finding{}
}
