package guard

import (
	"math/bits"
	"net/netip"
	"strconv"
	"strings"

	"tabletop/workbook/indicator"
)

// A span is a run of addresses of one family, both ends among them.
type span struct{ from, to netip.Addr }

// spanOf is the span of a network.
func spanOf(network netip.Prefix) span {
	last := network.Masked().Addr().AsSlice()
	for i := network.Bits(); i < len(last)*8; i++ {
		last[i/8] |= 0x80 >> (i % 8)
	}
	to, _ := netip.AddrFromSlice(last)
	return span{network.Masked().Addr(), to}
}

func (s span) contains(a netip.Addr) bool {
	return a.BitLen() == s.from.BitLen() && s.from.Compare(a) <= 0 && a.Compare(s.to) <= 0
}

func (s span) overlaps(network netip.Prefix) bool {
	return network.Contains(s.from) || s.contains(network.Masked().Addr())
}

// parseSpan reads a range such as 203.0.113.1-203.0.113.9 or 203.0.113.1-9.
func parseSpan(text string) (span, bool) {
	left, right, found := strings.Cut(text, "-")
	from, ok := indicator.Address(left)
	if !found || !ok {
		return span{}, false
	}
	right = strings.TrimSpace(right)
	if n, err := strconv.ParseUint(right, 10, 8); err == nil && from.Is4() {
		last := from.As4()
		last[3] = byte(n)
		right = netip.AddrFrom4(last).String()
	}
	to, ok := indicator.Address(right)
	if !ok || from.BitLen() != to.BitLen() {
		return span{}, false
	}
	if to.Less(from) {
		from, to = to, from
	}
	return span{from, to}, true
}

// parseNetwork reads CIDR, also with a mask (10.0.0.0/255.0.0.0, or as access
// lists write it 10.0.0.0/0.255.255.255) and with blanks around the slash; a
// network of one address counts as a network too.
func parseNetwork(text string) (netip.Prefix, bool) {
	written, length, found := strings.Cut(text, "/")
	if !found {
		return netip.Prefix{}, false
	}
	address, err := netip.ParseAddr(strings.Trim(strings.TrimSpace(written), "[]"))
	if err != nil || address.Zone() != "" {
		return netip.Prefix{}, false
	}
	length = strings.TrimSpace(length)
	size, ok := maskBits(length)
	if !ok {
		n, err := strconv.ParseUint(length, 10, 8)
		if err != nil {
			return netip.Prefix{}, false
		}
		size = int(n)
	}
	if address.Is4In6() && size >= 96 {
		address, size = address.Unmap(), size-96
	}
	network := netip.PrefixFrom(address, size)
	return network.Masked(), network.IsValid()
}

// maskBits reads a mask of IPv4 whose ones, or zeros, all come first.
func maskBits(text string) (int, bool) {
	mask, err := netip.ParseAddr(text)
	if err != nil || !mask.Is4() {
		return 0, false
	}
	b := mask.As4()
	n := uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
	for _, m := range []uint32{n, ^n} {
		if ones := bits.LeadingZeros32(^m); m<<ones == 0 {
			return ones, true
		}
	}
	return 0, false
}

// isAddressPattern tells four parts of numbers of which one stands for many:
// 203.0.113.x, 203.0.113.*, 203.0.%.
func isAddressPattern(text string) bool {
	parts := strings.Split(text, ".")
	numbers, marks := 0, 0
	for _, p := range parts {
		switch {
		case p == "":
			return false
		case strings.Trim(p, "0123456789") == "":
			numbers++
		case strings.Trim(p, "xX*?%") == "":
			marks++
		default:
			return false
		}
	}
	return len(parts) <= 4 && numbers > 0 && marks > 0
}
