package guard

import (
	"net/netip"
	"strings"
)

// starredNetwork reads an IPv4 network whose last parts are *: 10.1.* and
// 10.1.*.*.
func starredNetwork(text string) (netip.Prefix, bool) {
	parts := strings.Split(text, ".")
	bits := 0
	for i, part := range parts {
		switch {
		case part == "*" && i > 0:
			parts[i] = "0"
		case bits != i*8:
			return netip.Prefix{}, false
		default:
			bits += 8
		}
	}
	for len(parts) < 4 {
		parts = append(parts, "0")
	}
	a, err := netip.ParseAddr(strings.Join(parts, "."))
	if err != nil || bits >= 32 {
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(a, bits), true
}
