package indicator

import (
	"strings"

	"golang.org/x/net/publicsuffix"
)

// The lengths that DNS allows, in bytes.
const (
	maxName  = 253
	maxLabel = 63
)

// Domain is the registrable domain of a URL or host by the public suffix list,
// private section included: a.b.example.co.uk gives example.co.uk. There is
// none for an address, a public suffix, a single label, and a host that DNS
// could not hold.
func Domain(urlOrHost string) (string, bool) {
	host, ok := Host(urlOrHost)
	if !ok || !isName(host) {
		return "", false
	}
	domain, err := publicsuffix.EffectiveTLDPlusOne(host)
	if err != nil || !isLetterDigitHyphen(domain) {
		return "", false
	}
	return domain, true
}

// PublicSuffix reports whether a host is itself a public suffix, under which
// anyone may register names: com, co.uk, github.io.
func PublicSuffix(host string) bool {
	name, ok := Host(host)
	if !ok || !isName(name) {
		return false
	}
	suffix, icann := publicsuffix.PublicSuffix(name)
	// A name that no rule covers counts as its own suffix there.
	return suffix == name && (icann || strings.Contains(suffix, "."))
}

// isName reports whether a canonical host is a name within the lengths of DNS.
func isName(host string) bool {
	if _, ok := Address(host); ok || len(host) > maxName {
		return false
	}
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || len(label) > maxLabel {
			return false
		}
	}
	return true
}

// isLetterDigitHyphen reports whether each label could be registered.
func isLetterDigitHyphen(name string) bool {
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return false
		}
		if label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
	}
	return true
}
