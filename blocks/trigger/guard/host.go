package guard

import (
	"strings"

	"golang.org/x/net/publicsuffix"

	"tabletop/workbook/indicator"
)

// The rules on host names.
const (
	RuleSpecialName  = "special_name"
	RulePublicSuffix = "public_suffix"
	RuleVendor       = "own_vendor"
	RuleShared       = "shared_domain"
	RuleTenant       = "tenant_host"
)

// innerNames are the top-level domains that never leave one's own network.
var innerNames = map[string]bool{
	"localhost": true, "local": true, "localdomain": true, "internal": true, "intranet": true, "private": true,
	"lan": true, "home": true, "corp": true, "arpa": true,
}

// hostFinding judges a host. whole says that the target is the host with all
// under it, not one path or mailbox of it. An address as a host is judged as an
// address.
func (g *Guard) hostFinding(host string, whole bool) finding {
	if a, ok := indicator.Address(host); ok {
		return g.addressFinding(a)
	}
	if strings.Contains(host, "*") {
		return refuse(RuleWildcard, Quote(host)+" holds a *: an action takes one host, never all that fit a pattern")
	}
	found := gravest(g.name(host), g.ownHost(host, whole), g.vendorHost(host))
	if whole {
		found = gravest(found, g.sharedHost(host))
	}
	return found
}

// name judges a host name by itself.
func (g *Guard) name(host string) finding {
	suffix, icann := publicsuffix.PublicSuffix(host)
	if host == suffix && icann {
		return refuse(RulePublicSuffix, host+" is a public suffix: blocking it would block every name that anyone registered under it")
	}
	top := host[strings.LastIndexByte(host, '.')+1:]
	if top == host && !innerNames[top] {
		return refuse(RuleSpecialName, host+" has no dot: it is a machine on one's own network")
	}
	if innerNames[top] {
		return refuse(RuleSpecialName, host+" is a name of one's own network or of the DNS itself (."+top+")")
	}
	return finding{}
}

// ownHost judges a host by the own lists: an entry covers its domain and all
// under it; a whole host is also covered by an entry that it would block along.
func (g *Guard) ownHost(host string, whole bool) finding {
	return g.own(subject{host: host, whole: whole})
}

// vendorHost keeps the hosts through which actions are sent, with all of their
// registrable domain.
func (g *Guard) vendorHost(host string) finding {
	for _, domain := range g.vendorDomains {
		if within(host, domain) || within(domain, host) {
			return refuse(RuleVendor, host+" belongs to "+domain+", through which actions are sent: blocking it would cut off the defence itself")
		}
	}
	return finding{}
}

// sharedHost keeps domains that many strangers share, and asks for a host of
// one of them.
func (g *Guard) sharedHost(host string) finding {
	bare := strings.TrimPrefix(host, "www.")
	if what, ok := g.shared[bare]; ok {
		return refuse(RuleShared, host+" is "+what+" that many strangers share: block the URL instead")
	}
	suffix, icann := publicsuffix.PublicSuffix(bare)
	private := !icann && strings.Contains(suffix, ".")
	if private && bare == suffix {
		return refuse(RuleShared, host+" is a domain under which anyone may have a host: block the URL, or the one host, instead")
	}
	for domain := bare; ; {
		_, rest, found := strings.Cut(domain, ".")
		if !found {
			break
		}
		if what, ok := g.shared[rest]; ok {
			return askFor(RuleTenant, host+" is a host of "+rest+", "+what+": be sure that nothing else of yours is served by it")
		}
		domain = rest
	}
	if private {
		return askFor(RuleTenant, host+" is a tenant's host under "+suffix+": be sure that nothing else of yours is served by it")
	}
	return finding{}
}

// within reports whether a host is the domain or lies under it.
func within(host, domain string) bool {
	return host == domain || strings.HasSuffix(host, "."+domain)
}

// isHostName reports whether a canonical host is one that the DNS can hold.
func isHostName(host string) bool {
	if host == "" || len(host) > 253 {
		return false
	}
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || len(label) > 63 || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return false
		}
	}
	return true
}
