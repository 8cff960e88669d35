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
	if s, ok := parseSpan(text); ok {
		return s.from.String() + "-" + s.to.String(), g.spanFinding(s, Quote(text)+" is a range of addresses")
	}
	if strings.Contains(text, "*") || isAddressPattern(text) {
		return "", refuse(RuleWildcard, Quote(target)+" stands for many addresses: an action takes one, never all that fit a pattern")
	}
	a, ok := indicator.Address(text)
	if !ok {
		return g.noAddress(target, text)
	}
	canonical = a.String()
	if _, err := netip.ParseAddr(target); err != nil {
		found = flaw(Quote(target) + " is not written as an address alone: send " + canonical + ", which ip($Column) in a code block gives")
	}
	return canonical, g.orNoRule(gravest(g.addressFinding(a), found))
}

// orNoRule says of an address that nothing was found, and whether there was a
// list to find clouds in.
func (g *Guard) orNoRule(found finding) finding {
	if found.level != nothing {
		return found
	}
	found.reason = noRule
	if !g.asksOfNetworks() {
		found.reason = noCloudList
	}
	return found
}

// noAddress judges a text that is no address. It may still mean one, with a
// port or as a browser reads it, or name several, and is refused where one of
// them is protected.
func (g *Guard) noAddress(target, text string) (canonical string, found finding) {
	host, _ := indicator.Host(text)
	a, ok := indicator.Address(host)
	if ok {
		canonical = host
		if found = g.addressFinding(a); found.level == never {
			found.reason = Quote(target) + " reads as the address " + host + ", and " + found.reason
			return canonical, found
		}
	}
	// Browsers read 010.0.0.5 as octal, logs mean 10.0.0.5: what either reading
	// protects is protected.
	for _, named := range namedAddresses(text) {
		if other := g.addressFinding(named); other.level == never {
			other.reason = Quote(target) + " may mean the address " + named.String() + ", and " + other.reason
			return named.String(), other
		}
	}
	if !ok {
		return "", flaw(Quote(target) + " is not an IPv4 or IPv6 address")
	}
	reason := Quote(target) + " is more than the address " + host + ": an action takes the address alone"
	return canonical, gravest(found, flaw(reason))
}

// network judges CIDR: never more than one address, and one only without /32.
func (g *Guard) network(network netip.Prefix) finding {
	if network.IsSingleIP() {
		a := network.Addr().String()
		return gravest(g.addressFinding(network.Addr()), flaw(fmt.Sprintf("%s is a network of one address: write %s", network, a)))
	}
	return g.spanFinding(spanOf(network), network.String()+" is a whole network")
}

// spanFinding refuses more than one address; what says what they are.
func (g *Guard) spanFinding(s span, what string) finding {
	reason := what + ": an action takes one address"
	if other := g.overlaps(s); other != "" {
		reason += ", and this one holds " + other
	}
	return refuse(RuleNetwork, reason)
}

// overlaps says what that is protected lies among addresses or around them.
func (g *Guard) overlaps(s span) string {
	for _, e := range g.never {
		if e.network.IsValid() && g.holds(e) && s.overlaps(e.network) {
			return e.value + " of the own list"
		}
	}
	for _, l := range g.lists {
		for _, e := range l.entries {
			if l.level == never && e.network.IsValid() && g.holds(e) && s.overlaps(e.network) {
				return e.value + " of " + l.name
			}
		}
	}
	for _, r := range g.ranges {
		if s.overlaps(r.network) {
			return r.network.String() + ", " + r.what
		}
	}
	lowest := netip.Addr{}
	for a := range g.vendorAddresses {
		if s.contains(a) && (!lowest.IsValid() || a.Less(lowest)) {
			lowest = a
		}
	}
	if lowest.IsValid() {
		return lowest.String() + ", through which actions are sent"
	}
	return g.resolverIn(s)
}

// resolverIn names the lowest name server among addresses.
func (g *Guard) resolverIn(s span) string {
	lowest, operator := netip.Addr{}, ""
	for a, o := range g.resolvers {
		if s.contains(a) && (!lowest.IsValid() || a.Less(lowest)) {
			lowest, operator = a, o
		}
	}
	switch {
	case !lowest.IsValid():
		return ""
	case operator == rootServer:
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

// isolate says what is right instead of blocking one's own machine.
const isolate = "isolating the host is the right action"

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
			own.reason += "; " + isolate
			return own
		}
		return refuse(r.rule, fmt.Sprintf("%s is %s (%s): %s", a, r.what, r.network, r.why))
	}
	if a.Is6() && !globalIPv6.Contains(a) && !nat64.Contains(a) {
		return refuse(RuleReserved, fmt.Sprintf("%s is outside of 2000::/3, the addresses that are in use: %s", a, whyReserved))
	}
	return own
}
