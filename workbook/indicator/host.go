package indicator

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// maxHost is the longest host that is read, in bytes as written: punycode takes
// time with the square of it.
const maxHost = 2048

// Host is the host of a URL or of a bare host/path, read as browsers read it
// (the URL standard of WHATWG): lower case, in ASCII (punycode), without port,
// user and trailing dot. An address comes back in its canonical form, IPv6
// without brackets. Blank labels and lengths that DNS refuses are kept, as
// browsers keep them; Domain refuses them.
func Host(text string) (string, bool) {
	if address, ok := Address(text); ok {
		return address.String(), true
	}
	authority, ok := authorityOf(text)
	if !ok {
		return "", false
	}
	host, ok := withoutPort(authority)
	if !ok || len(host) > maxHost {
		return "", false
	}
	return canonicalHost(host)
}

// authorityOf cuts user@host:port out of a URL; text that is no URL counts as
// host:port/path.
func authorityOf(text string) (string, bool) {
	text = strings.TrimFunc(text, func(r rune) bool { return r <= ' ' })
	if strings.ContainsAny(text, "\t\n\r") {
		text = strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(text)
	}
	ends := `/?#\`
	bare := false
	switch scheme, rest := cutScheme(text); {
	case specialScheme(scheme):
		text = strings.TrimLeft(rest, `/\`)
	case scheme != "" && strings.HasPrefix(rest, "//"):
		text, ends = rest[2:], "/?#"
	case strings.HasPrefix(text, "//"):
		text = text[2:]
	default:
		bare = true
	}
	if i := strings.IndexAny(text, ends); i >= 0 {
		text = text[:i]
	}
	if i := strings.LastIndexByte(text, '@'); i >= 0 {
		// Without a scheme, user@host is a mailbox and no URL.
		if bare {
			return "", false
		}
		text = text[i+1:]
	}
	return text, text != ""
}

// cutScheme splits a text behind its scheme and colon; the scheme is empty where
// the text has none.
func cutScheme(text string) (scheme, rest string) {
	for i := range len(text) {
		c := text[i] | 0x20
		switch {
		case c >= 'a' && c <= 'z' && text[i] >= 'A':
		case i > 0 && (text[i] >= '0' && text[i] <= '9' || strings.IndexByte("+-.", text[i]) >= 0):
		case i > 0 && text[i] == ':':
			return strings.ToLower(text[:i]), text[i+1:]
		default:
			return "", text
		}
	}
	return "", text
}

// specialScheme tells the schemes whose URLs have a host however many slashes
// follow.
func specialScheme(scheme string) bool {
	switch scheme {
	case "http", "https", "ftp", "ws", "wss":
		return true
	}
	return false
}

// withoutPort cuts :port off, which must be a number of 16 bits or empty.
func withoutPort(authority string) (string, bool) {
	colon := strings.IndexByte(authority, ':')
	if strings.HasPrefix(authority, "[") {
		closing := strings.IndexByte(authority, ']')
		if closing < 0 {
			return "", false
		}
		if colon = closing + 1; colon == len(authority) {
			return authority, true
		}
		if authority[colon] != ':' {
			return "", false
		}
	}
	if colon < 0 {
		return authority, true
	}
	port := authority[colon+1:]
	if colon == 0 || strings.Trim(port, "0123456789") != "" {
		return "", false
	}
	if port = strings.TrimLeft(port, "0"); port != "" {
		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			return "", false
		}
	}
	return authority[:colon], true
}

func canonicalHost(host string) (string, bool) {
	if strings.HasPrefix(host, "[") {
		address, ok := Address(host)
		if !ok {
			return "", false
		}
		return address.String(), true
	}
	decoded, err := url.PathUnescape(host)
	if err != nil {
		return "", false
	}
	ascii, ok := toASCII(decoded)
	if !ok || ascii == "" || strings.ContainsFunc(ascii, forbidden) {
		return "", false
	}
	if endsInNumber(ascii) {
		number, ok := parseIPv4(ascii)
		if !ok {
			return "", false
		}
		return netip.AddrFrom4([4]byte{byte(number >> 24), byte(number >> 16), byte(number >> 8), byte(number)}).String(), true
	}
	ascii = strings.TrimSuffix(ascii, ".")
	if ascii == "" || strings.HasSuffix(ascii, ".") {
		return "", false
	}
	return ascii, true
}

// forbidden tells the characters that no host may hold.
func forbidden(r rune) bool {
	return r <= ' ' || r >= 0x7f || strings.ContainsRune(`#/:<>?@[\]^|%`, r)
}

// browserNames is the profile of IDNA that the URL standard names.
var browserNames = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.BidiRule(), idna.CheckJoiners(true),
	idna.CheckHyphens(false), idna.StrictDomainName(false), idna.VerifyDNSLength(false))

// toASCII lowers a host and writes its other letters as punycode. ASCII is only
// lowered, broken punycode included: DNS would look it up.
func toASCII(host string) (string, bool) {
	if isASCII(host) {
		return strings.ToLower(host), true
	}
	if !utf8.ValidString(host) {
		return "", false
	}
	ascii, err := browserNames.ToASCII(host)
	return ascii, err == nil
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= 0x80 })
}
