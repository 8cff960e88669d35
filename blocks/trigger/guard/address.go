package guard

import (
	"fmt"
	"net/netip"
	"strings"

	"tabletop/workbook/indicator"
)

// The rules on what is more than one thing.
const (
	RuleNetwork  = "whole_network"
	RuleWildcard = "wildcard"
)

// noCloudList is said of addresses where no list of level ask is included: none
// that would tell a cloud's or a CDN's address is shipped.
const (
	noRule      = "no rule covers it"
	noCloudList = noRule + "; no cloud list loaded"
)

// address judges a target of type ip.
func (g *Guard) address(target string) (canonical string, found finding) {
	text := strings.TrimSpace(indicator.Refang(target))
	if network, ok := parseNetwork(text); ok {
		return network.String(), g.network(network)
	}
	if strings.Contains(text, "*") {
		return "", refuse(RuleWildcard, Quote(target)+" holds a *: an action takes one address, never all that fit a pattern")
	}
	a, ok := indicator.Address(text)
	if !ok {
		return g.noAddress(target, text)
	}
	canonical = a.String()
	if _, err := netip.ParseAddr(target); err != nil {
		found = flaw(Quote(target) + " is not written as an address alone: send " + canonical + ", which ip($Column) in a code block gives")
	}
	found = gravest(g.addressFinding(a), found)
	if found.level == nothing {
		found.reason = noRule
		if !g.asksOfNetworks() {
			found.reason = noCloudList
		}
	}
	return canonical, found
}

// noAddress judges a text that is no address. It may still mean one, with a
// port or as a browser reads it, and is refused where it means a protected one.
func (g *Guard) noAddress(target, text string) (canonical string, found finding) {
	host, _ := indicator.Host(text)
	a, ok := indicator.Address(host)
	if !ok {
		return "", flaw(Quote(target) + " is not an IPv4 or IPv6 address")
	}
	meant := g.addressFinding(a)
	if meant.level == never {
		meant.reason = Quote(target) + " reads as the address " + host + ", and " + meant.reason
	}
	if decimal, ok := decimalReading(text); ok && meant.level != never {
		// Browsers read 010.0.0.5 as octal, logs mean 10.0.0.5: what either
		// reading protects is protected.
		other := g.addressFinding(decimal)
		if other.level == never {
			other.reason = Quote(target) + " may mean the address " + decimal.String() + ", and " + other.reason
			return decimal.String(), other
		}
	}
	reason := Quote(target) + " is more than the address " + host + ": an action takes the address alone"
	return host, gravest(meant, flaw(reason))
}

// decimalReading reads an IPv4 address whose numbers are padded with zeros as
// the decimal ones that they look like.
func decimalReading(text string) (netip.Addr, bool) {
	parts := strings.Split(text, ".")
	for i, part := range parts {
		if parts[i] = strings.TrimLeft(part, "0"); part != "" && parts[i] == "" {
			parts[i] = "0"
		}
	}
	a, err := netip.ParseAddr(strings.Join(parts, "."))
	return a, err == nil && a.Is4()
}

// parseNetwork reads CIDR; a network of one address counts as a network too.
func parseNetwork(text string) (netip.Prefix, bool) {
	network, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}, false
	}
	if a := network.Addr(); a.Is4In6() && network.Bits() >= 96 {
		network = netip.PrefixFrom(a.Unmap(), network.Bits()-96)
	}
	return network.Masked(), true
}

// network judges CIDR: never more than one address, and one only without /32.
func (g *Guard) network(network netip.Prefix) finding {
	if network.IsSingleIP() {
		a := network.Addr().String()
		return gravest(g.addressFinding(network.Addr()), flaw(fmt.Sprintf("%s is a network of one address: write %s", network, a)))
	}
	reason := fmt.Sprintf("%s is a whole network: an action takes one address", network)
	if other := g.overlaps(network); other != "" {
		reason += ", and this one holds " + other
	}
	return refuse(RuleNetwork, reason)
}

// overlaps says what that is protected lies in a network or around it.
func (g *Guard) overlaps(network netip.Prefix) string {
	for _, e := range g.never {
		if e.network.IsValid() && e.network.Overlaps(network) {
			return e.value + " of the own list"
		}
	}
	for _, l := range g.lists {
		for _, e := range l.entries {
			if l.level == never && e.network.IsValid() && e.network.Overlaps(network) {
				return e.value + " of " + l.name
			}
		}
	}
	for _, r := range g.ranges {
		if r.network.Overlaps(network) {
			return r.network.String() + ", " + r.what
		}
	}
	lowest, operator := netip.Addr{}, ""
	for a, o := range g.resolvers {
		if network.Contains(a) && (!lowest.IsValid() || a.Less(lowest)) {
			lowest, operator = a, o
		}
	}
	if !lowest.IsValid() {
		return ""
	}
	if operator == rootServer {
		return lowest.String() + ", a root server of the DNS"
	}
	return lowest.String() + ", a public resolver"
}

// addressFinding judges one address, and the one that it carries.
func (g *Guard) addressFinding(a netip.Addr) finding {
	found := g.plainAddress(a)
	inner, how, ok := embedded(a)
	if !ok || found.level == never {
		return found
	}
	within := g.plainAddress(inner)
	if within.level != nothing {
		within.reason = fmt.Sprintf("%s carries %s (%s): %s", a, inner, how, within.reason)
	}
	return gravest(within, found)
}

// plainAddress judges one address as it is.
func (g *Guard) plainAddress(a netip.Addr) finding {
	own := g.own(subject{address: a})
	if own.level == never {
		return own
	}
	if g.vendorAddresses[a] {
		return refuse(RuleVendor, a.String()+" is the address through which actions are sent: blocking it would cut off the defence itself")
	}
	if operator, ok := g.resolvers[a]; ok {
		return resolverFinding(a, operator)
	}
	for _, r := range g.ranges {
		if !r.network.Contains(a) {
			continue
		}
		if r.rule == RulePrivate && own.level == ask {
			return own
		}
		return refuse(r.rule, fmt.Sprintf("%s is %s (%s): %s", a, r.what, r.network, r.why))
	}
	if a.Is6() && !globalIPv6.Contains(a) && !nat64.Contains(a) {
		return refuse(RuleReserved, fmt.Sprintf("%s is outside of 2000::/3, the addresses that are in use: %s", a, whyReserved))
	}
	return own
}
