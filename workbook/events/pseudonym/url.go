package pseudonym

import (
	"strings"
	"unicode/utf8"
)

// url replaces what a column of URLs holds: a whole URL, one without a scheme, a
// path, or the first line of a request.
func (p *Pseudonymiser) url(s string) string {
	if strings.ContainsAny(s, " \t") {
		return p.words(s, p.urlWord)
	}
	return p.urlWord(s)
}

func (p *Pseudonymiser) words(s string, replace func(string) string) string {
	return runs(s, func(c byte) bool { return c != ' ' && c != '\t' }, replace)
}

// requestWords stand beside the path in the first line of a request.
var requestWords = set("get", "post", "put", "head", "delete", "options", "patch", "connect", "trace", "propfind", "http/1.0", "http/1.1", "http/2", "http/2.0", "http/3")

func (p *Pseudonymiser) urlWord(s string) string {
	if requestWords[strings.ToLower(s)] {
		return s
	}
	if scheme := schemeEnd(s); scheme > 0 {
		return s[:scheme] + p.withAuthority(s[scheme:])
	}
	if rest, ok := cutFold(s, "mailto:"); ok {
		return s[:len(s)-len(rest)] + p.mail(rest)
	}
	if strings.HasPrefix(s, "//") {
		return "//" + p.withAuthority(s[2:])
	}
	if s[0] == '/' || s[0] == '?' || s[0] == '#' {
		return p.path(s)
	}
	return p.bareURL(s)
}

// schemeEnd is the length of scheme:// at a text's beginning, also of hxxp and
// [://]; 0 where there is none.
func schemeEnd(s string) int {
	i := 0
	for i < len(s) && (isLetter(s[i]) || i > 0 && (s[i] >= '0' && s[i] <= '9' || strings.IndexByte("+-.", s[i]) >= 0)) {
		i++
	}
	if i == 0 {
		return 0
	}
	for _, form := range []string{"://", "[://]", "[:]//", `:\\`} {
		if strings.HasPrefix(s[i:], form) {
			return i + len(form)
		}
	}
	switch strings.ToLower(s[:i]) { // browsers take these with fewer slashes
	case "http", "https", "ftp", "ws", "wss":
		if strings.HasPrefix(s[i:], ":/") {
			return i + 2
		}
	}
	return 0
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

// withAuthority replaces user@host:port/path.
func (p *Pseudonymiser) withAuthority(s string) string {
	slashes := len(s) - len(strings.TrimLeft(s, `/\`))
	lead := s[:slashes]
	s = s[slashes:]
	end := strings.IndexAny(s, `/?#\`)
	if end < 0 {
		end = len(s)
	}
	authority, rest := s[:end], s[end:]
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		lead += p.each(authority[:i], ":", p.user) + "@"
		authority = authority[i+1:]
	}
	return lead + p.authority(authority) + p.path(rest)
}

// bareURL replaces host:port/path.
func (p *Pseudonymiser) bareURL(s string) string {
	end := strings.IndexAny(s, `/?#`)
	if end < 0 {
		end = len(s)
	}
	if i := strings.LastIndexByte(s[:end], '@'); i >= 0 {
		if end == len(s) {
			return p.mail(s)
		}
		return p.each(s[:i], ":", p.user) + "@" + p.authority(s[i+1:end]) + p.path(s[end:])
	}
	if isNumber(s[:end]) {
		return s[:end] + p.path(s[end:])
	}
	return p.authority(s[:end]) + p.path(s[end:])
}

// path replaces path, query and fragment part by part. All signs between parts
// stay, as do dots alone, an ending such as .exe, and an escape that is none.
func (p *Pseudonymiser) path(s string) string {
	return runs(s, isPathByte, func(run string) string {
		if strings.Trim(run, ".") == "" {
			return run
		}
		inner := strings.Trim(run, ".")
		at := strings.Index(run, inner)
		return run[:at] + p.pathPart(inner) + run[at+len(inner):]
	})
}

func isPathByte(c byte) bool {
	return isLetter(c) || c >= '0' && c <= '9' || strings.IndexByte("-_.~%+$@", c) >= 0 || c >= utf8.RuneSelf
}

func (p *Pseudonymiser) pathPart(s string) string {
	ending := ""
	if i := strings.LastIndexByte(s, '.'); i > 0 && isEnding(s[i+1:]) {
		s, ending = s[:i], s[i:]
	}
	other := p.names.body("path", s, lengthClass(len(s)))
	if brokenEscape(s) {
		other += "%zz"
	}
	return other + ending
}

// isEnding reports whether a text behind a dot is the ending of a file's name.
func isEnding(s string) bool {
	return len(s) > 0 && len(s) <= 5 && strings.Trim(lowerASCII(s), "abcdefghijklmnopqrstuvwxyz0123456789") == "" && !isNumber(s)
}

// maxPart is the longest pseudonym of a part, in bytes: more than a whole URL may
// have that is acted on.
const maxPart = 8192

// lengthClass is the length of the pseudonym of a part: 8 for the short ones,
// then the power of two below, and the length itself from 256 bytes on.
func lengthClass(length int) int {
	if length >= 256 {
		return min(length, maxPart)
	}
	class := bodyLength
	for class*2 <= length {
		class *= 2
	}
	return class
}

// brokenEscape reports whether a % begins no escape, for which parsers refuse a
// URL.
func brokenEscape(s string) bool {
	for i := range len(s) {
		if s[i] == '%' && (i+2 >= len(s) || strings.Trim(s[i+1:i+3], "0123456789abcdefABCDEF") != "") {
			return true
		}
	}
	return false
}
