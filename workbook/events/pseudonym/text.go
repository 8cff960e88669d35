package pseudonym

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/net/publicsuffix"

	"tabletop/workbook/indicator"
)

// text replaces the indicators in a text: URLs, mailboxes, addresses, hosts
// under a public suffix, identifiers of Windows, users in the paths of their
// homes, and what stands behind a label whose name tells a kind, as in user=lena
// or in lines as `Account Name: lena`.
func (p *Pseudonymiser) text(s string) string {
	if !strings.ContainsAny(s, ".:@\\/=") && !strings.Contains(s, "-1-5-21-") && !strings.Contains(s, "for ") {
		return p.knownWords(s)
	}
	if !strings.Contains(s, "\n") {
		return p.textLine(s)
	}
	return runs(s, func(c byte) bool { return c != '\n' && c != '\r' }, p.textLine)
}

// maxLabelText is the longest label that a line may begin with.
const maxLabelText = 40

// textLine replaces in one line of a text.
func (p *Pseudonymiser) textLine(s string) string {
	if i := strings.IndexByte(s, ':'); i > 0 && i <= maxLabelText && i+1 < len(s) && (s[i+1] == ' ' || s[i+1] == '\t') {
		label, value := strings.TrimSpace(s[:i]), strings.TrimSpace(s[i+1:])
		if kind := p.Kind(label); value != "" && label != "" && kind != Text && kind != Keep && len(strings.Fields(label)) <= 3 && len(strings.Fields(value)) == 1 {
			at := i + 1 + strings.Index(s[i+1:], value)
			return s[:at] + p.Value(kind, value) + s[at+len(value):]
		}
	}
	var b strings.Builder
	for s != "" {
		start, end := nextURL(s)
		p.plain(&b, s[:start])
		if start < end {
			url, after := trimEnd(s[start:end])
			b.WriteString(p.urlWord(url))
			b.WriteString(after)
		}
		s = s[end:]
	}
	return b.String()
}

// plain replaces in a text without URLs, token by token.
func (p *Pseudonymiser) plain(b *strings.Builder, s string) {
	label, before := "", ""
	for i := 0; i < len(s); {
		end := i
		for end < len(s) && isTokenByte(s[end]) {
			end++
		}
		if end == i {
			if s[i] == '"' && label != "" && p.labelled(label) && s[i-1] == '=' {
				if inner := strings.IndexByte(s[i+1:], '"'); inner >= 0 {
					b.WriteString(`"` + p.Value(p.Kind(label), s[i+1:i+1+inner]) + `"`)
					i, label = i+inner+2, ""
					continue
				}
			}
			if s[i] != '=' {
				label = ""
			}
			b.WriteByte(s[i])
			i++
			continue
		}
		token := s[i:end]
		switch {
		case end < len(s) && s[end] == '=':
			label = token
			b.WriteString(p.token(token))
		case label != "" && p.labelled(label):
			b.WriteString(p.Value(p.Kind(label), token))
			label = ""
		case before == "for" && strings.HasPrefix(s[end:], " from "):
			b.WriteString(p.Value(User, token)) // as sshd writes: Accepted publickey for lena from 203.0.113.7
		case inlineLabels[before]:
			b.WriteString(p.Value(p.Kind(strings.TrimSuffix(before, ":")), token))
		default:
			b.WriteString(p.token(token))
			label = ""
		}
		if before != "for" || token != "invalid" && token != "user" {
			before = token
		}
		i = end
	}
}

// inlineLabels stand before a name also in the middle of a line.
var inlineLabels = set("user:", "User:", "username:", "Username:", "hostname:", "Hostname:", "login:", "account:")

// labelled reports whether a label's name tells what stands behind it.
func (p *Pseudonymiser) labelled(label string) bool {
	return p.Kind(label) != Text
}

func isTokenByte(c byte) bool {
	return isLetter(c) || c >= '0' && c <= '9' || c >= utf8.RuneSelf || strings.IndexByte("._-+%@:/\\[]$~*()", c) >= 0
}

// token replaces a word of a text.
func (p *Pseudonymiser) token(token string) string {
	const around = ".,:;-()[]*~"
	if !strings.ContainsAny(token, ".:@\\/") && !strings.Contains(token, "-1-5-21-") {
		return p.knownWords(token)
	}
	if whole, ok := p.wholeAddress(token); ok {
		return whole
	}
	inner := strings.Trim(token, around)
	if inner == "" {
		return token
	}
	at := strings.Index(token, inner)
	if strings.HasPrefix(token[at+len(inner):], "]") && strings.LastIndexByte(inner, '[') > strings.LastIndexByte(inner, ']') {
		inner += "]" // of an address in brackets
	}
	if at > 0 && token[at-1] == '[' && strings.Contains(inner, "]") {
		at, inner = at-1, "["+inner
	}
	return token[:at] + p.word(inner) + token[at+len(inner):]
}

// word replaces a token without the signs around it.
func (p *Pseudonymiser) word(s string) string {
	if whole, ok := p.wholeAddress(s); ok {
		return whole
	}
	if isSID(s) {
		return p.sid(s)
	}
	if strings.Contains(s, `\`) {
		return p.windowsPath(s)
	}
	if i, sign := lastAt(s); i > 0 {
		from := strings.LastIndexAny(s[:i], ":/()[]") + 1
		to := i + len(sign)
		for to < len(s) && (isLabelByte(s[to]) || dotAt(s[to:]) > 0) {
			to += max(dotAt(s[to:]), 1)
		}
		if domain := s[i+len(sign) : to]; from < i && domain != "" {
			return p.pieces(s[:from]) + p.mailbox(s[from:i], sign, domain) + p.pieces(s[to:])
		}
	}
	if rest, ok := cutHome(s); ok {
		return s[:len(s)-len(rest)] + p.homePath(rest, "/")
	}
	if end := strings.IndexByte(s, '/'); end > 0 && p.isHost(s[:end]) {
		return p.authority(s[:end]) + p.path(s[end:])
	}
	return p.pieces(s)
}

// pieces replaces addresses and hosts between the signs / : - and ( ).
func (p *Pseudonymiser) pieces(s string) string {
	return p.parts(s, "/", func(s string) string {
		return p.parts(s, ":", func(s string) string {
			return p.parts(s, "-()", nil)
		})
	})
}

// maxWord is the longest word that is looked at as a whole.
const maxWord = 512

// parts replaces a word that is an address or a host, else what stands between
// the signs in it, by inner, or where that is nil by themselves.
func (p *Pseudonymiser) parts(s, signs string, inner func(string) string) string {
	if s == "" || len(s) > maxWord && signs == "" {
		return p.knownWords(s)
	}
	if len(s) <= maxWord {
		if a, ok := p.wholeAddress(s); ok {
			return a
		}
		if a, ok := p.bracketed(s); ok {
			return a
		}
		if p.isHost(s) {
			return p.authority(s)
		}
		if a, ok := p.sixWithin(s); ok {
			return a
		}
	}
	if inner == nil {
		inner = p.knownWords
		if strings.ContainsAny(s, signs) {
			inner = func(s string) string { return p.parts(s, "", nil) }
		}
	}
	return runs(s, func(c byte) bool { return strings.IndexByte(signs, c) < 0 }, inner)
}

// bracketed replaces [address]:port.
func (p *Pseudonymiser) bracketed(s string) (string, bool) {
	end := strings.IndexByte(s, ']')
	if s[0] != '[' || end < 0 {
		return "", false
	}
	a, ok := p.wholeAddress(s[:end+1])
	return a + s[end+1:], ok
}

// maxSixWord is the longest word that is searched for IPv6 between colons.
const maxSixWord = 128

// sixWithin replaces an IPv6 address behind a word and a colon, or before a slash
// and what follows it.
func (p *Pseudonymiser) sixWithin(s string) (string, bool) {
	if len(s) > maxSixWord || strings.Count(s, ":") < 2 {
		return "", false
	}
	for start := 0; start < len(s); start++ {
		if start > 0 && strings.IndexByte(":/(-", s[start-1]) < 0 || strings.IndexByte("0123456789abcdefABCDEF:", s[start]) < 0 {
			continue
		}
		for end := len(s); end > start+1; end-- {
			if end < len(s) && strings.IndexByte("/:%)-", s[end]) < 0 {
				continue
			}
			inner := s[start:end]
			if strings.Count(inner, ":") < 2 || strings.Contains(inner, "/") {
				continue
			}
			if a, ok := p.wholeAddress(inner); ok {
				return p.pieces(s[:start]) + a + p.pieces(s[end:]), true
			}
		}
	}
	return "", false
}

// fileEndings are top-level domains that are the endings of files far more often
// in a text.
var fileEndings = set("zip", "sh", "py", "pl", "rs", "md", "so", "ps", "mov", "cc", "cab", "java", "app", "mo",
	"inc", "ai", "la", "pub", "bz", "gz", "download", "pm", "as", "data", "win")

// isHost reports whether a word of a text is taken for host or host:port: a name
// under a public suffix. Two labels of which the second is a file's ending are
// no host; com is none of these, as its hosts outnumber the programs.
func (p *Pseudonymiser) isHost(s string) bool {
	host := s
	if i := strings.LastIndexByte(s, ':'); i >= 0 && isNumber(s[i+1:]) {
		host = s[:i]
	}
	labels, _ := splitDots(host)
	if len(labels) < 2 || len(host) > maxHostName*2 {
		return false
	}
	name := lowerASCII(strings.TrimSuffix(strings.Join(labels, "."), "."))
	for _, label := range labels {
		if label == "" && label != labels[len(labels)-1] || strings.Trim(lowerASCII(label), "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" && isPlainText(label) {
			return false
		}
	}
	top := name[strings.LastIndexByte(name, '.')+1:]
	if len(labels) == 2 && fileEndings[top] {
		return false
	}
	if p.inner[top] {
		return true
	}
	if !isPlainText(name) {
		name, _ = indicator.Host(name)
	}
	suffix, icann := publicsuffix.PublicSuffix(name)
	return name != "" && suffix != name && (icann || strings.Contains(suffix, "."))
}
