package guard

import (
	"net/netip"
	"slices"
	"strings"

	"tabletop/workbook/indicator"
)

// RuleAmbiguous covers a text in which different readers see different hosts.
const RuleAmbiguous = "ambiguous_host"

// decimalReading reads an IPv4 address whose numbers are padded with zeros as
// the decimal ones that they look like.
func decimalReading(text string) (netip.Addr, bool) {
	parts := strings.Split(strings.TrimSuffix(text, "."), ".")
	for i, part := range parts {
		if parts[i] = strings.TrimLeft(part, "0"); part != "" && parts[i] == "" {
			parts[i] = "0"
		}
	}
	a, err := netip.ParseAddr(strings.Join(parts, "."))
	return a, err == nil && a.Is4()
}

// otherHosts lists the hosts that others than browsers may see in a text in
// which browsers see host: behind the first @ or before a backslash, and IPv4
// whose zeros in front mean nothing instead of octal numbers.
func otherHosts(text, host string) []string {
	if _, isAddress := indicator.Address(host); host != "" && !isAddress && !strings.ContainsAny(text, `@\`) {
		return nil // all see the same
	}
	var out []string
	add := func(written string) {
		seen, ok := indicator.Host(written)
		if ok && seen != host && !slices.Contains(out, seen) {
			out = append(out, seen)
		}
		if a, ok := decimalReading(written); ok && a.String() != host && !slices.Contains(out, a.String()) {
			out = append(out, a.String())
		}
	}
	_, rest, found := strings.Cut(text, "://")
	if !found {
		rest = text
		// In javascript:alert(1) no host stands before the colon.
		if _, port, found := strings.Cut(text, ":"); found && strings.TrimLeft(port, "0123456789") == port {
			return nil
		}
	}
	for _, ends := range []string{"/?#", `/?#\`} {
		authority := rest
		if i := strings.IndexAny(authority, ends); i >= 0 {
			authority = authority[:i]
		}
		parts := strings.Split(authority, "@")
		for _, p := range []string{parts[min(1, len(parts)-1)], parts[len(parts)-1]} {
			written, _, _ := strings.Cut(p, ":")
			add(written)
		}
	}
	return out
}

// otherFinding judges the hosts that others may see: protected where one of
// them is, and in any case something that a person should look at.
func (g *Guard) otherFinding(target, text, host string, whole bool) finding {
	others := otherHosts(text, host)
	for _, other := range others {
		found := g.hostFinding(other, whole)
		if found.level == never {
			found.reason = Quote(target) + " may be read as the host " + Quote(other) + ", and " + found.reason
			return found
		}
	}
	if len(others) > 0 && host != "" {
		return askFor(RuleAmbiguous, Quote(target)+" is read by browsers as the host "+Quote(host)+", and may be read as "+Quote(others[0])+" by the product that gets it")
	}
	return finding{}
}

// namedAddresses lists the addresses in a text that is more than one address, in
// any spelling.
func namedAddresses(text string) []netip.Addr {
	var out []netip.Addr
	words := strings.FieldsFunc(text, func(r rune) bool { return !strings.ContainsRune("0123456789abcdefABCDEFxX.:", r) })
	for _, word := range words {
		word = strings.TrimRight(word, ".")
		if !strings.ContainsAny(word, ".:") {
			continue
		}
		readings := []string{word}
		if host, _, found := strings.Cut(word, ":"); found && strings.Contains(host, ".") {
			readings = append(readings, host)
		}
		for _, reading := range readings {
			if a, ok := decimalReading(reading); ok {
				out = append(out, a)
			}
			if host, ok := indicator.Host(reading); ok {
				if a, ok := indicator.Address(host); ok {
					out = append(out, a)
				}
			}
		}
	}
	return out
}
