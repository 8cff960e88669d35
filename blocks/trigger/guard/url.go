package guard

import (
	"net/url"
	"path"
	"strings"

	"tabletop/workbook/indicator"
)

// url judges a target of type url: by its host, and where it has no path, as
// that whole host.
func (g *Guard) url(target string) (canonical string, found finding) {
	text := strings.TrimSpace(indicator.Refang(target))
	host, ok := indicator.Host(text)
	if !ok {
		return "", gravest(g.unreadable(target, text), g.otherFinding(target, text, "", true), flaw(Quote(target)+" is no URL with a host"))
	}
	parsed := parseURL(text, host)
	whole := parsed == nil || parsed.Path == "" || path.Clean(parsed.Path) == "/"
	canonical = canonicalURL(parsed, host)
	found = gravest(g.hostFinding(host, whole), urlFlaw(target, text, host, parsed), g.own(subject{url: plainURL(canonical)}),
		g.otherFinding(target, text, host, whole), starFinding(target, parsed))
	if _, isAddress := indicator.Address(host); isAddress {
		found = g.orNoRule(found)
	}
	return canonical, found
}

// parseURL parses a URL, one without a scheme too. It returns nil where the
// parser does not see the host that browsers see.
func parseURL(text, host string) *url.URL {
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	parsed, err := url.Parse(text)
	if err != nil {
		return nil
	}
	if seen, _ := indicator.Host(parsed.Hostname()); seen != host {
		return nil
	}
	return parsed
}

// unreadable catches a pattern in the place of a host.
func (g *Guard) unreadable(target, text string) finding {
	if _, rest, _ := strings.Cut(text, "://"); strings.HasPrefix(rest, "*") {
		return refuse(RuleWildcard, Quote(target)+" holds a * in its host: an action takes one URL, never all that fit a pattern")
	}
	return finding{}
}

// starFinding judges a * behind the host: at the beginning of the path it means
// the whole host, elsewhere it may be meant as it is.
func starFinding(target string, parsed *url.URL) finding {
	switch {
	case parsed == nil || !strings.Contains(parsed.Path+parsed.RawQuery, "*"):
		return finding{}
	case strings.HasPrefix(parsed.Path, "/*"):
		return refuse(RuleWildcard, Quote(target)+" means everything on its host: an action takes one URL, never all that fit a pattern")
	}
	return askFor(RuleWildcard, Quote(target)+" holds a *, which a product may read as a pattern")
}

// urlFlaw says why a text can't be sent as a URL.
func urlFlaw(target, text, host string, parsed *url.URL) finding {
	switch {
	case text != target:
		return flaw(Quote(target) + " is not written as a URL alone: refang($Column) in a code block gives it without brackets, hxxp and blanks")
	case !strings.Contains(target, "://"):
		return flaw(Quote(target) + " has no scheme: write http:// or https:// before it")
	case parsed == nil || strings.ContainsFunc(target, func(r rune) bool { return r <= ' ' || r == '\\' || r == 0x7f }):
		return flaw(Quote(target) + " is no URL: it holds what a URL must not")
	}
	switch strings.ToLower(parsed.Scheme) {
	case "http", "https", "ftp":
	default:
		return flaw(Quote(target) + " has the scheme " + Quote(parsed.Scheme) + ": a URL that can be blocked begins with http, https or ftp")
	}
	if _, ok := indicator.Address(host); !ok && !isHostName(host) {
		return flaw(Quote(target) + " has a host that the DNS could not hold")
	}
	return finding{}
}

// canonicalURL writes a URL with its scheme and host in canonical form and
// without what is never sent to the host (the fragment) or goes without saying
// (the default port, the first slash).
func canonicalURL(parsed *url.URL, host string) string {
	if parsed == nil {
		return host
	}
	u := *parsed
	u.Scheme = strings.ToLower(u.Scheme)
	u.Host = host
	if strings.Contains(host, ":") {
		u.Host = "[" + host + "]"
	}
	if port := parsed.Port(); port != "" && port != defaultPorts[u.Scheme] {
		u.Host += ":" + port
	}
	u.Fragment, u.RawFragment = "", ""
	if u.Path == "" && u.Opaque == "" {
		u.Path = "/"
	}
	return u.String()
}

var defaultPorts = map[string]string{"http": "80", "https": "443", "ftp": "21"}
