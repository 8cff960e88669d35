package guard

import (
	"net/netip"
	"strings"
)

// An addressRange is a network of which no address may be blocked.
type addressRange struct {
	network netip.Prefix
	rule    string
	// what says what an address in it is, why what blocking it would do.
	what string
	why  string
}

// The rules on address ranges. RulePrivate gives way to an own list that names
// the range at level ask: one's own workstations.
const (
	RulePrivate     = "private_address"
	RuleLoopback    = "loopback"
	RuleLinkLocal   = "link_local"
	RuleCarrier     = "carrier_nat"
	RuleMulticast   = "multicast"
	RuleUnspecified = "unspecified"
	RuleBroadcast   = "broadcast"
	RuleReserved    = "reserved_address"
	RuleSinkhole    = "sinkhole"
)

const (
	whyPrivate  = "the block would hit one's own machines and no attacker outside; " + isolate
	whySinkhole = "machines that speak to it are infected, and a block would hide them; clean those machines instead"
	whyReserved = "it is no machine on the Internet, so its event needs a look and no block"
)

// protectedRanges follow the special-purpose registries of IANA, the narrower
// before the wider. The documentation ranges (192.0.2.0/24, 198.51.100.0/24,
// 203.0.113.0/24, 2001:db8::/32) are left out on purpose: exercises use them
// for the attackers outside.
var protectedRanges = []struct{ network, rule, what, why string }{
	{"0.0.0.0/32", RuleUnspecified, "the unspecified address", "blocking it may mean every address"},
	{"0.0.0.0/8", RuleUnspecified, "an address of \"this network\"", "blocking it may mean every address"},
	{"10.0.0.0/8", RulePrivate, "a private address", whyPrivate},
	{"172.16.0.0/12", RulePrivate, "a private address", whyPrivate},
	{"192.168.0.0/16", RulePrivate, "a private address", whyPrivate},
	{"100.64.0.0/10", RuleCarrier, "an address that a provider shares among customers (CGNAT)", "the block would hit whoever has it next"},
	{"127.0.0.0/8", RuleLoopback, "a loopback address", "every machine has it for itself"},
	{"169.254.0.0/16", RuleLinkLocal, "a link-local address", "it holds on one cable only, and clouds answer machines' own questions there"},
	{"192.0.0.0/24", RuleReserved, "an address reserved for protocols", whyReserved},
	{"192.88.99.0/24", RuleReserved, "a relay address of 6to4", whyReserved},
	{"198.18.0.0/15", RuleReserved, "an address for benchmarks", whyReserved},
	{"224.0.0.0/4", RuleMulticast, "a multicast address", "it stands for a group of machines, not for one"},
	{"255.255.255.255/32", RuleBroadcast, "the broadcast address", "it stands for every machine on the network"},
	{"240.0.0.0/4", RuleReserved, "a reserved address", whyReserved},

	{"::/128", RuleUnspecified, "the unspecified address", "blocking it may mean every address"},
	{"::1/128", RuleLoopback, "the loopback address", "every machine has it for itself"},
	{"fc00::/7", RulePrivate, "a private address", whyPrivate},
	{"fec0::/10", RulePrivate, "a private address of the old site-local kind", whyPrivate},
	{"fe80::/10", RuleLinkLocal, "a link-local address", "it holds on one cable only"},
	{"ff00::/8", RuleMulticast, "a multicast address", "it stands for a group of machines, not for one"},
	{"100::/64", RuleReserved, "an address that discards what it gets", whyReserved},
	{"64:ff9b:1::/48", RuleReserved, "a local translation address (NAT64)", whyReserved},
	{"2001:2::/48", RuleReserved, "an address for benchmarks", whyReserved},
	{"2001:10::/28", RuleReserved, "an identifier and no address (ORCHID)", whyReserved},
	{"2001:20::/28", RuleReserved, "an identifier and no address (ORCHID)", whyReserved},
}

// sinkholes are addresses to which operators of the defence lead the domains of
// malware, by operator, as MISP's warning list of sinkholes names them. Those
// that rented hosts are used for are left out: they may have other tenants by
// now, and an own list can name them.
var sinkholes = []struct{ operator, networks string }{
	{"Microsoft", "131.253.18.11/32 131.253.18.12/32 199.2.137.0/24 204.95.99.59/32 207.46.90.0/24"},
	{"Shadowserver", "184.105.192.0/29"},
	{"CERT Polska", "148.81.111.91/32 148.81.111.111/32 148.81.111.114/32"},
	{"Georgia Tech", "143.215.130.0/24"},
	{"Team Cymru", "38.102.150.29/32 38.229.70.125/32"},
	{"Cisco Umbrella", "146.112.61.104/29"},
}

func parseRanges() []addressRange {
	ranges := make([]addressRange, 0, 2*len(protectedRanges))
	for _, r := range protectedRanges {
		ranges = append(ranges, addressRange{netip.MustParsePrefix(r.network), r.rule, r.what, r.why})
	}
	for _, s := range sinkholes {
		for network := range strings.FieldsSeq(s.networks) {
			ranges = append(ranges, addressRange{netip.MustParsePrefix(network), RuleSinkhole, "a sinkhole of " + s.operator, whySinkhole})
		}
	}
	return ranges
}

// networks that are looked at apart from the table.
var (
	globalIPv6 = netip.MustParsePrefix("2000::/3")
	nat64      = netip.MustParsePrefix("64:ff9b::/96")
	sixToFour  = netip.MustParsePrefix("2002::/16")
	teredo     = netip.MustParsePrefix("2001::/32")
)

// embedded returns the IPv4 address that an IPv6 address carries, and by which
// mechanism.
func embedded(a netip.Addr) (inner netip.Addr, how string, ok bool) {
	b := a.As16()
	switch {
	case nat64.Contains(a):
		return netip.AddrFrom4([4]byte(b[12:16])), "NAT64", true
	case sixToFour.Contains(a):
		return netip.AddrFrom4([4]byte(b[2:6])), "6to4", true
	case teredo.Contains(a):
		// Teredo stores the client's address inverted.
		return netip.AddrFrom4([4]byte{^b[12], ^b[13], ^b[14], ^b[15]}), "Teredo", true
	case a.Is6() && b[8]&^0x02 == 0 && b[9] == 0 && b[10] == 0x5e && b[11] == 0xfe:
		return netip.AddrFrom4([4]byte(b[12:16])), "ISATAP", true
	}
	return netip.Addr{}, "", false
}
