package pseudonym

import "net/netip"

// A specialRange is a range that the registries of IANA set apart. It becomes
// itself; as it stands says that each address in it does, too, because it
// belongs to no one: loopback, multicast, what is reserved.
var specialRanges = []struct {
	network string
	stays   bool
}{
	{"0.0.0.0/8", true},
	{"10.0.0.0/8", false},
	{"100.64.0.0/10", false},
	{"127.0.0.0/8", true},
	{"169.254.0.0/16", true},
	{"172.16.0.0/12", false},
	{"192.0.0.0/24", true},
	{"192.0.2.0/24", false},
	{"192.88.99.0/24", true},
	{"192.168.0.0/16", false},
	{"198.18.0.0/15", false},
	{"198.51.100.0/24", false},
	{"203.0.113.0/24", false},
	{"224.0.0.0/4", true},
	{"240.0.0.0/4", true},

	{"::/128", true},
	{"::1/128", true},
	{"64:ff9b::/96", false},
	{"64:ff9b:1::/48", false},
	{"100::/64", true},
	{"2000::/3", false},
	{"2001::/32", false},
	{"2001:2::/48", false},
	{"2001:10::/28", false},
	{"2001:20::/28", false},
	{"2001:db8::/32", false},
	{"2002::/16", false},
	{"fc00::/8", false},
	{"fd00::/8", false},
	{"fe80::/64", false},
	{"fe80::/10", false},
	{"fec0::/10", false},
	// The addresses of solicited nodes end in bits of a machine's own address.
	{"ff02::1:ff00:0/104", false},
	{"ff00::/8", true},
}

// The ranges whose addresses carry an IPv4 address.
var (
	nat64     = netip.MustParsePrefix("64:ff9b::/96")
	sixToFour = netip.MustParsePrefix("2002::/16")
	teredo    = netip.MustParsePrefix("2001::/32")
)

// addresses replaces addresses of both families.
type addresses struct {
	four, six *addressMap
	// stay are the ranges whose addresses stay, but for those in moving.
	stay, moving []netip.Prefix
	// known are single addresses that stay: name servers that everyone uses.
	known map[netip.Addr]bool
}

func newAddresses(k Key, known []netip.Addr) *addresses {
	a := &addresses{known: map[netip.Addr]bool{}}
	var four, six []netip.Prefix
	for _, s := range specialRanges {
		network := netip.MustParsePrefix(s.network)
		if network.Addr().Is4() {
			four = append(four, network)
		} else {
			six = append(six, network)
		}
		if s.stays {
			a.stay = append(a.stay, network)
		} else if network.Addr().IsMulticast() {
			a.moving = append(a.moving, network)
		}
	}
	a.four, a.six = newAddressMap(k, "ipv4", four), newAddressMap(k, "ipv6", six)
	for _, address := range known {
		a.known[address.Unmap()] = true
	}
	return a
}

// replace gives the address in the place of another one. Of the known ones each
// stays. An address that would become a known one is replaced once more, and
// that again, so that no two become one; these few, at most as many as are
// known, leave their networks.
func (a *addresses) replace(address netip.Addr) netip.Addr {
	if address.Is4In6() {
		four := a.replace(address.Unmap()).As4()
		b := address.As16()
		copy(b[12:], four[:])
		return netip.AddrFrom16(b)
	}
	address = address.WithZone("")
	if a.known[address] {
		return address
	}
	other := a.bits(address)
	for a.known[other] {
		other = a.bits(other)
	}
	return other
}

// network gives the network in the place of another one.
func (a *addresses) network(p netip.Prefix) netip.Prefix {
	return netip.PrefixFrom(a.bits(p.Masked().Addr()), p.Bits()).Masked()
}

// bits keeps every prefix; known addresses are none of its concern.
func (a *addresses) bits(address netip.Addr) netip.Addr {
	if within(address, a.stay) && !within(address, a.moving) {
		return address
	}
	if address.Is4() {
		return a.four.replace(address)
	}
	b := address.As16()
	switch {
	case nat64.Contains(address):
		a.carried(b[12:16])
	case sixToFour.Contains(address):
		b = a.six.replace(address).As16()
		from := address.As16()
		copy(b[2:6], from[2:6])
		a.carried(b[2:6])
	case teredo.Contains(address):
		a.carried(b[4:8])
		invert(b[12:16]) // Teredo stores the client's address inverted
		a.carried(b[12:16])
		invert(b[12:16])
	default:
		return a.six.replace(address)
	}
	return netip.AddrFrom16(b)
}

// carried replaces an IPv4 address inside of another one. A known one stays, as
// it would alone.
func (a *addresses) carried(b []byte) {
	four := a.replace(netip.AddrFrom4([4]byte(b))).As4()
	copy(b, four[:])
}

func invert(b []byte) {
	for i := range b {
		b[i] = ^b[i]
	}
}

func within(address netip.Addr, ranges []netip.Prefix) bool {
	for _, r := range ranges {
		if r.Contains(address) {
			return true
		}
	}
	return false
}
