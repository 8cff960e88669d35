// Package indicator reads the things that a defence blocks (addresses, hosts,
// registrable domains, mailboxes, file hashes) out of the text in which events
// carry them, and gives each in one canonical form. In goes text of any kind,
// hostile included; out comes the canonical form, or false where the text holds
// none. Queries, code blocks and the guard share it, so that a value is judged
// in the form in which it would be sent.
package indicator

import (
	"net/netip"
	"strings"
)

// maxAddress is more than the longest address with its brackets, in bytes.
const maxAddress = 64

// Address reads one IPv4 or IPv6 address: IPv4-mapped IPv6 comes back as IPv4,
// the brackets of [::1] and blanks around it are removed. A zone, a port, a
// network and leading zeros are refused.
func Address(s string) (netip.Addr, bool) {
	s = strings.Trim(s, " \t\r\n")
	if len(s) > maxAddress {
		return netip.Addr{}, false
	}
	inner, bracketed := strings.CutPrefix(s, "[")
	if bracketed {
		if inner, bracketed = strings.CutSuffix(inner, "]"); !bracketed || !strings.Contains(inner, ":") {
			return netip.Addr{}, false
		}
	}
	address, err := netip.ParseAddr(inner)
	if err != nil || address.Zone() != "" {
		return netip.Addr{}, false
	}
	return address.Unmap(), true
}
