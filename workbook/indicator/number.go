package indicator

import (
	"strconv"
	"strings"
)

// endsInNumber reports whether a host's last label is a number, so that the
// host is an IPv4 address or none at all.
func endsInNumber(host string) bool {
	labels := strings.Split(strings.TrimSuffix(host, "."), ".")
	last := labels[len(labels)-1]
	if last == "" {
		return false
	}
	if strings.Trim(last, "0123456789") == "" {
		return true
	}
	_, ok := parseIPv4Label(last)
	return ok
}

// parseIPv4 reads the forms of an IPv4 address that browsers take: one to four
// numbers, decimal, octal (0…) or hexadecimal (0x…), the last one filling what
// the others leave.
func parseIPv4(host string) (uint32, bool) {
	labels := strings.Split(strings.TrimSuffix(host, "."), ".")
	if len(labels) > 4 {
		return 0, false
	}
	var address uint64
	for i, label := range labels {
		n, ok := parseIPv4Label(label)
		if !ok {
			return 0, false
		}
		if i < len(labels)-1 {
			if n > 255 {
				return 0, false
			}
			address |= n << (24 - 8*i)
			continue
		}
		if n >= 1<<(8*(5-len(labels))) {
			return 0, false
		}
		address |= n
	}
	return uint32(address), true
}

// parseIPv4Label reads one number; a number beyond 64 bits counts as one that is
// too large for any place.
func parseIPv4Label(label string) (uint64, bool) {
	base, digits, allowed := 10, label, "0123456789"
	switch {
	case label == "":
		return 0, false
	case strings.HasPrefix(label, "0x"):
		base, digits, allowed = 16, label[2:], "0123456789abcdef"
	case len(label) > 1 && label[0] == '0':
		base, digits, allowed = 8, label[1:], "01234567"
	}
	if digits == "" {
		return 0, true
	}
	if strings.Trim(digits, allowed) != "" {
		return 0, false
	}
	n, err := strconv.ParseUint(digits, base, 64)
	if err != nil {
		return 1 << 63, true
	}
	return n, true
}
