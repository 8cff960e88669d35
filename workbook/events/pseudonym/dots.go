package pseudonym

import (
	"net/netip"
	"strconv"
	"strings"
)

// dotForms are the ways to write the dot of a name or an address, also so that
// nobody clicks it.
var dotForms = []string{"[.]", "(.)", "{.}", "[dot]", "(dot)", "."}

// splitDots cuts a text at its dots, which come back as they are written.
func splitDots(s string) (labels, dots []string) {
	start := 0
	for i := 0; i < len(s); {
		form := dotAt(s[i:])
		if form == 0 {
			i++
			continue
		}
		labels, dots = append(labels, s[start:i]), append(dots, s[i:i+form])
		i += form
		start = i
	}
	return append(labels, s[start:]), dots
}

// dotAt is the length of the dot that begins a text, 0 where none does.
func dotAt(s string) int {
	for _, form := range dotForms {
		if len(s) >= len(form) && strings.EqualFold(s[:len(form)], form) {
			return len(form)
		}
	}
	return 0
}

func joinDots(labels, dots []string) string {
	var b strings.Builder
	for i, label := range labels {
		b.WriteString(label)
		if i < len(dots) {
			b.WriteString(dots[i])
		}
	}
	return b.String()
}

// wholeAddress replaces a text that is an address, a network or a range of
// networks' form ADDRESS/BITS, in brackets and with a zone too.
func (p *Pseudonymiser) wholeAddress(s string) (string, bool) {
	if len(s) < 2 || len(s) > 96 || strings.IndexByte("0123456789abcdefABCDEF:[", s[0]) < 0 {
		return "", false
	}
	inner := s
	bracketed := false
	if rest, ok := strings.CutPrefix(inner, "["); ok {
		if inner, bracketed = strings.CutSuffix(rest, "]"); !bracketed {
			return "", false
		}
	}
	if body, bits, ok := strings.Cut(inner, "/"); ok {
		if network, err := netip.ParsePrefix(inner); err == nil && !bracketed {
			return p.network(network, body) + "/" + bits, true
		}
		return "", false
	}
	zone := ""
	if i := strings.IndexByte(inner, '%'); i > 0 {
		inner, zone = inner[:i], inner[i:]
	}
	labels, dots := splitDots(inner)
	plain := inner
	if len(dots) > 0 {
		plain = strings.Join(labels, ".")
	}
	a, err := netip.ParseAddr(plain)
	if err != nil {
		return "", false
	}
	written := p.written(a, p.Address(a), plain)
	if len(dots) == 3 && !a.Is6() {
		written = joinDots(strings.Split(written, "."), dots)
	}
	if bracketed {
		return "[" + written + zone + "]", true
	}
	return written + zone, true
}

// network replaces a network; where bits behind its length are set it is the
// address of a machine with the length of its network.
func (p *Pseudonymiser) network(network netip.Prefix, body string) string {
	a := network.Addr()
	if network.Masked().Addr() != a || network.IsSingleIP() {
		return p.written(a, p.Address(a), body)
	}
	return p.written(a, p.addresses.network(network).Addr(), body)
}

// written writes an address as another one was: IPv6 in capitals, or with all of
// its zeros.
func (p *Pseudonymiser) written(from, to netip.Addr, as string) string {
	if from == to {
		return as
	}
	text := to.String()
	switch lower := strings.ToLower(as); {
	case !from.Is6():
		return text
	case lower == from.StringExpanded():
		text = to.StringExpanded()
	case lower != from.String() && !from.Is4In6():
		text = unpadded(to)
	}
	if as != strings.ToLower(as) {
		return strings.ToUpper(text)
	}
	return text
}

// unpadded writes an IPv6 address with eight groups and no zeros before them.
func unpadded(a netip.Addr) string {
	b := a.As16()
	groups := make([]string, 8)
	for i := range groups {
		groups[i] = strconv.FormatUint(uint64(b[2*i])<<8|uint64(b[2*i+1]), 16)
	}
	return strings.Join(groups, ":")
}

// reverseName replaces the address in a name under in-addr.arpa or ip6.arpa; of
// a network, which has fewer labels, what it has.
func (p *Pseudonymiser) reverseName(plain, labels, dots []string) (string, bool) {
	n := len(plain)
	if n < 3 || plain[n-1] != "arpa" {
		return "", false
	}
	numbers, base, bits := plain[:n-2], 10, 8
	switch plain[n-2] {
	case "in-addr":
	case "ip6":
		base, bits = 16, 4
	default:
		return "", false
	}
	var whole [16]byte
	size := 4
	if bits == 4 {
		size = 16
	}
	if len(numbers) > size*8/bits {
		return "", false
	}
	for i := range numbers {
		v, err := strconv.ParseUint(numbers[len(numbers)-1-i], base, bits)
		if err != nil {
			return "", false
		}
		whole[i*bits/8] |= byte(v << (8 - bits - i*bits%8))
	}
	a, _ := netip.AddrFromSlice(whole[:size])
	var b []byte
	if len(numbers)*bits == size*8 {
		b = p.Address(a).AsSlice()
	} else {
		b = p.addresses.network(netip.PrefixFrom(a, len(numbers)*bits)).Addr().AsSlice()
	}
	out := append([]string{}, labels...)
	for i := range numbers {
		v := b[i*bits/8] >> (8 - bits - i*bits%8) & (1<<bits - 1)
		out[len(numbers)-1-i] = strconv.FormatUint(uint64(v), base)
	}
	return joinDots(out, dots), true
}
