package simulator

import (
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"strings"
)

// The types of target of Trend Micro's API, in the words of v2.0, which has no
// SHA-256; endpoints are isolated by their name or their agent's identifier.
const (
	kindIP       = "ip"
	kindURL      = "url"
	kindDomain   = "domain"
	kindMailbox  = "mailbox"
	kindSHA1     = "file_sha1"
	kindSHA256   = "file_sha256"
	kindAgent    = "agent_guid"
	kindEndpoint = "endpoint_name"
)

// maxTarget is the longest target, in bytes.
const maxTarget = 2048

// canonical reads a target of one of the vendor's types: no wildcard, no
// network, one thing. Two spellings of one target come back as the same text.
func canonical(kind, target string) (string, bool) {
	if target == "" || len(target) > maxTarget || strings.TrimSpace(target) != target {
		return "", false
	}
	lower := strings.ToLower(target)
	switch kind {
	case kindIP:
		address, err := netip.ParseAddr(target)
		return address.Unmap().String(), err == nil && address.Zone() == ""
	case kindURL:
		u, err := url.Parse(target)
		return target, err == nil && u.Scheme != "" && u.Host != "" && !strings.Contains(u.Host, "*")
	case kindDomain:
		name := strings.TrimSuffix(lower, ".")
		return name, strings.Contains(name, ".") && !strings.ContainsAny(name, "*/:@ ")
	case kindMailbox:
		address, err := mail.ParseAddress(target)
		return lower, err == nil && address.Address == target && !strings.Contains(target, "*")
	case kindSHA1:
		return lower, isHexadecimal(lower, 40)
	case kindSHA256:
		return lower, isHexadecimal(lower, 64)
	case kindAgent:
		return lower, len(lower) == 36 && strings.Count(lower, "-") == 4 && isHexadecimal(strings.ReplaceAll(lower, "-", ""), 32)
	case kindEndpoint:
		return lower, len(lower) <= 255 && !strings.ContainsAny(lower, "*\x00\r\n")
	}
	return "", false
}

func isHexadecimal(text string, length int) bool {
	return len(text) == length && strings.Trim(text, "0123456789abcdef") == ""
}

// guess reads a target whose type is not told. What is no more than a name is a
// domain.
func guess(target string) (entry, bool) {
	for _, kind := range []string{kindIP, kindURL, kindSHA1, kindSHA256, kindMailbox, kindDomain} {
		if text, ok := canonical(kind, target); ok {
			return entry{kind, text}, true
		}
	}
	return entry{}, false
}

// hostOf is a host without its port.
func hostOf(host string) string {
	if !strings.Contains(host, ":") {
		return host
	}
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return strings.Trim(host, "[]")
}
