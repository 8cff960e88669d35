package guard

import (
	"maps"
	"net/netip"
	"slices"
)

// NameServers lists the addresses of name servers that everyone uses, those of
// the DNS root included.
func NameServers() []netip.Addr {
	return slices.SortedFunc(maps.Keys(parseResolvers()), netip.Addr.Compare)
}

// SharedDomains lists the domains that many strangers share.
func SharedDomains() []string {
	shared, freeMail := parseShared()
	for domain := range freeMail {
		shared[domain] = freeMailHeading
	}
	return slices.Sorted(maps.Keys(shared))
}

// InnerNames lists the top-level domains that never leave one's own network.
func InnerNames() []string { return slices.Sorted(maps.Keys(innerNames)) }
