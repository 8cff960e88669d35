package guard

import (
	"net/url"
	"strings"

	"tabletop/workbook/indicator"
)

// leastLiteral is the fewest letters and digits that a pattern must name: less
// would cover nearly everything.
const leastLiteral = 3

// readURL reads an entry that is a URL with a path, or a pattern of one.
func (e *entry) readURL(value string) bool {
	scheme, rest, _ := strings.Cut(value, "://")
	host, tail, found := strings.Cut(rest, "/")
	switch strings.ToLower(scheme) {
	case "http", "https", "ftp", "*":
	default:
		return false
	}
	if !found || strings.ContainsAny(host, "@?#\\") || strings.ContainsAny(tail, " \\#") || tail == "" {
		return false
	}
	if strings.Contains(host, "*") {
		return e.readPattern(host + "/" + tail)
	}
	parsed := parseURL("http://"+host+"/"+tail, hostOf(host))
	if parsed == nil {
		return false
	}
	written := plainURL(canonicalURL(parsed, hostOf(host)))
	e.under = hostOf(host)
	if strings.Contains(tail, "*") {
		return e.readPattern(written)
	}
	e.url = written
	return true
}

func hostOf(text string) string {
	host, _ := indicator.Host(text)
	return host
}

// plainURL is a canonical URL without scheme and user: what it leads to by
// whatever way.
func plainURL(canonical string) string {
	parsed, err := url.Parse(canonical)
	if err != nil || parsed.Host == "" {
		return ""
	}
	plain := parsed.Host + parsed.EscapedPath()
	if parsed.RawQuery != "" {
		plain += "?" + parsed.RawQuery
	}
	return plain
}

// pathWithin reports whether a URL is another one or lies under its path; the
// host is the same.
func pathWithin(plain, of string) bool {
	rest, ok := strings.CutPrefix(plain, of)
	return ok && (rest == "" || strings.HasSuffix(of, "/") || rest[0] == '/' || rest[0] == '?')
}

// readPattern reads an entry with * in it, for a mailbox, a URL without scheme
// or a host.
func (e *entry) readPattern(text string) bool {
	if network, ok := starredNetwork(text); ok {
		e.network = network
		return true
	}
	literal := 0
	for _, r := range text {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r >= 0x80 {
			literal++
		}
	}
	if literal < leastLiteral || strings.ContainsAny(text, " \t\r\n\\#") {
		return false
	}
	host, kind := text, TypeDomain
	switch at := strings.LastIndexByte(text, '@'); {
	case strings.Contains(text, "/"):
		kind = TypeURL
		host, _, _ = strings.Cut(text, "/")
	case at >= 0:
		kind, host = TypeMailbox, text[at+1:]
	}
	canonical, ok := patternHost(host)
	if !ok || isAddressPattern(host) {
		return false
	}
	e.kind = kind
	e.pattern = strings.Replace(text, host, canonical, 1)
	if kind == TypeMailbox {
		e.pattern = strings.ToLower(text[:len(text)-len(host)]) + canonical
	}
	e.under = canonical
	if i := strings.LastIndexByte(canonical, '*'); i >= 0 {
		_, e.under, _ = strings.Cut(canonical[i:], ".")
	}
	e.under, _, _ = strings.Cut(e.under, ":")
	return true
}

// patternHost writes the host of a pattern in canonical form: its labels
// without a * one by one.
func patternHost(host string) (string, bool) {
	labels := strings.Split(strings.TrimSuffix(host, "."), ".")
	for i, label := range labels {
		plain := strings.ReplaceAll(label, "*", "")
		if label == "" || strings.ContainsAny(label, "@?/") {
			return "", false
		}
		name, _, _ := strings.Cut(plain, ":")
		if name == "" {
			continue
		}
		if plain != label { // letters beside a * have no punycode of their own
			if !isHostName(strings.ToLower(name)) {
				return "", false
			}
			labels[i] = strings.ToLower(label)
			continue
		}
		canonical, ok := indicator.Host(name + ".example")
		if !ok {
			return "", false
		}
		labels[i] = strings.TrimSuffix(canonical, ".example") + label[len(name):]
	}
	return strings.Join(labels, "."), true
}

// matches holds a pattern against a subject of its kind.
func (e entry) matches(s subject) bool {
	switch e.kind {
	case TypeDomain:
		return s.host != "" && glob(e.pattern, s.host)
	case TypeMailbox:
		return s.mailbox != "" && glob(e.pattern, strings.ToLower(s.mailbox))
	case TypeURL:
		return s.url != "" && glob(e.pattern, s.url)
	}
	return false
}

// glob reports whether a text is a pattern's, in which * is any text. It takes
// time with the product of their lengths at most.
func glob(pattern, text string) bool {
	star, mark, p, t := -1, 0, 0, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, t
			p++
		case p < len(pattern) && pattern[p] == text[t]:
			p++
			t++
		case star >= 0:
			mark++
			p, t = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
