package pseudonym

import (
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/publicsuffix"

	"tabletop/workbook/indicator"
)

const (
	maxLabel    = 63
	maxHostName = 253
)

// host replaces what a column of hosts holds: a name, with a port or as one of
// Windows, an address, or a URL.
func (p *Pseudonymiser) host(s string) string {
	switch {
	case isNumber(s):
		return s
	case strings.Contains(s, "://"):
		return p.url(s)
	case strings.ContainsAny(s, "@"):
		return p.mail(s)
	case strings.ContainsAny(s, ",; \t\n\"'()<>{}|="):
		if listed(s, ',', p.looksHost) {
			return p.each(s, ",", p.host)
		}
		return p.phrase(s)
	case strings.Contains(s, `\`):
		return p.each(s, `\`, p.host)
	case strings.Contains(s, "/"):
		return p.bareURL(s)
	}
	if name, ok := strings.CutSuffix(s, "$"); ok && name != "" {
		return p.host(name) + "$"
	}
	return p.authority(s)
}

// phrase replaces a name of several words, as people give to machines, as one.
func (p *Pseudonymiser) phrase(s string) string {
	if wellKnownAuthorities[strings.ToLower(s)] {
		return s
	}
	if other := p.text(s); other != s {
		return other
	}
	return p.names.name("label", "host-", strings.ToLower(s), s, true)
}

// listed reports whether a text is several things with a sign between.
func listed(s string, sign byte, is func(string) bool) bool {
	for part := range strings.SplitSeq(s, string(sign)) {
		if !is(strings.TrimSpace(part)) {
			return false
		}
	}
	return strings.IndexByte(s, sign) >= 0
}

func (p *Pseudonymiser) looksHost(s string) bool {
	return s != "" && strings.Trim(lowerASCII(s), "abcdefghijklmnopqrstuvwxyz0123456789-_.:[]*") == ""
}

// each replaces the parts between signs, and leaves the blanks around them.
func (p *Pseudonymiser) each(s, sign string, replace func(string) string) string {
	parts := strings.Split(s, sign)
	for i, part := range parts {
		inner := strings.TrimSpace(part)
		if inner == "" || placeholders[strings.ToLower(inner)] {
			continue
		}
		at := strings.Index(part, inner)
		parts[i] = part[:at] + replace(inner) + part[at+len(inner):]
	}
	return strings.Join(parts, sign)
}

// authority replaces host:port.
func (p *Pseudonymiser) authority(s string) string {
	host, port := s, ""
	if strings.HasPrefix(s, "[") {
		if end := strings.IndexByte(s, ']'); end > 0 {
			host, port = s[:end+1], s[end+1:]
		}
	} else if i := strings.LastIndexByte(s, ':'); i >= 0 && isNumber(s[i+1:]) && strings.IndexByte(s, ':') == i {
		host, port = s[:i], s[i:]
	}
	if a, ok := p.wholeAddress(host); ok {
		return a + port
	}
	if a, ok := p.browserAddress(host); ok {
		return a + port
	}
	if first, _, _ := strings.Cut(host, "."); !strings.EqualFold(first, "www") {
		p.learn(first, Host)
	}
	return p.hostName(host) + port
}

// browserAddress replaces an address in the forms that browsers take besides
// the usual one: fewer numbers than four, octal, hexadecimal. Where all numbers
// are decimal with zeros before them, logs mean the decimal ones.
func (p *Pseudonymiser) browserAddress(host string) (string, bool) {
	if host == "" || host[len(host)-1] > '9' && !strings.Contains(strings.ToLower(host), "0x") {
		return "", false
	}
	if padded, ok := p.paddedAddress(host); ok {
		return padded, true
	}
	canonical, ok := indicator.Host(host)
	if !ok {
		return "", false
	}
	a, ok := indicator.Address(canonical)
	if !ok || !a.Is4() {
		return "", false
	}
	b := p.Address(a).As4()
	number := uint64(b[0])<<24 | uint64(b[1])<<16 | uint64(b[2])<<8 | uint64(b[3])
	lower := strings.ToLower(host)
	switch {
	case p.Address(a) == a:
		return host, true
	case isNumber(host):
		return strconv.FormatUint(number, 10), true
	case strings.HasPrefix(lower, "0x") && !strings.Contains(lower, "."):
		return "0x" + strconv.FormatUint(number, 16), true
	}
	parts := make([]string, 4)
	for i := range parts {
		parts[i] = "0x" + strconv.FormatUint(uint64(b[i]), 16)
	}
	return strings.Join(parts, "."), true
}

func (p *Pseudonymiser) paddedAddress(host string) (string, bool) {
	parts := strings.Split(host, ".")
	if len(parts) != 4 || !isNumber(strings.Join(parts, "")) {
		return "", false
	}
	var bytes [4]byte
	for i, part := range parts {
		n, err := strconv.ParseUint(part, 10, 8)
		if err != nil {
			return "", false
		}
		bytes[i] = byte(n)
	}
	other := p.Address(netip.AddrFrom4(bytes)).As4()
	for i, part := range parts {
		parts[i] = strconv.Itoa(int(other[i]))
		for len(parts[i]) < len(part) && part[0] == '0' {
			parts[i] = "0" + parts[i]
		}
	}
	return strings.Join(parts, "."), true
}

// hostName replaces a name label by label. What is left of the public suffix is
// replaced, and of what strangers share what is left of that; the dots stay as
// they are written.
func (p *Pseudonymiser) hostName(s string) string {
	labels, dots := splitDots(s)
	last := len(labels)
	for last > 0 && labels[last-1] == "" {
		last--
	}
	if last == 0 {
		return s
	}
	plain := make([]string, last)
	for i := range plain {
		plain[i], _ = canonicalLabel(labels[i])
	}
	name := strings.Join(plain, ".")
	if other, ok := p.reverseName(plain, labels, dots); ok {
		return other
	}
	kept, registry := p.keptLabels(plain)
	out := append([]string{}, labels...)
	for i := range last - kept {
		out[i] = p.label(labels[i], i == last-kept-1 && registry && last > 1)
	}
	if kept == 0 && last > 1 { // a top-level domain of one's own
		out[last-1] = p.part(labels[last-1], "top-", 0)
		if last > 1 {
			out[last-2] = p.label(labels[last-2], true)
		}
	}
	suffix, _ := publicsuffix.PublicSuffix(name)
	if now, _ := publicsuffix.PublicSuffix(strings.ToLower(strings.Join(out[:last], "."))); kept > 0 && registry && now != suffix && kept < last {
		out[last-kept-1] = labels[last-kept-1] // an exception of the list
	}
	return fitName(joinDots(out, dots), name, last)
}

// fitName keeps what a name's length says: whether the DNS could hold it.
func fitName(out, name string, labels int) string {
	if len(name) > maxHostName && len(out) <= maxHostName && labels > 0 {
		return strings.Repeat("x", maxLabel+1) + out
	}
	return out
}

// maxShared is more labels than a domain has that strangers share.
const maxShared = 8

// keptLabels counts the labels at a name's end that stay. registry says that
// they are a public suffix, under which the next label is registered.
func (p *Pseudonymiser) keptLabels(plain []string) (kept int, registry bool) {
	name := strings.Join(plain, ".")
	suffix, icann := publicsuffix.PublicSuffix(name)
	top := plain[len(plain)-1]
	registry = true
	switch {
	case icann || strings.Contains(suffix, "."):
		kept = strings.Count(suffix, ".") + 1
	case p.inner[top]:
		kept = 1
	}
	for i := max(0, len(plain)-maxShared); i < len(plain); i++ {
		if len(plain)-i > kept && p.domains[strings.Join(plain[i:], ".")] {
			return len(plain) - i, false
		}
	}
	return kept, registry
}

// label replaces one label of a name.
func (p *Pseudonymiser) label(label string, registered bool) string {
	lower := strings.ToLower(label)
	if lower == "www" || strings.HasPrefix(label, "_") && len(label) > 1 {
		return label // names of services, which say nothing of who runs them
	}
	prefix := "host-"
	if registered {
		prefix = "d-"
	}
	longer := 0
	if len(label) > maxLabel {
		longer = maxLabel + 1
	}
	return runs(label, isLabelByte, func(part string) string { return p.part(part, prefix, longer) })
}

// part replaces a label, or the part of it between signs that no host has. What
// the signs in it say stays: whether it could be registered.
func (p *Pseudonymiser) part(part, prefix string, longer int) string {
	inner := strings.Trim(part, "-")
	if inner == "" {
		return part
	}
	canonical, plain := canonicalLabel(inner)
	if strings.Contains(inner, "_") {
		prefix = strings.TrimSuffix(prefix, "-") + "_"
	}
	name := p.names.name("label", prefix, canonical, inner, plain)
	for len(name) < longer {
		name += "x"
	}
	at := strings.Index(part, inner)
	return part[:at] + name + part[at+len(inner):]
}

// canonicalLabel is a label in lower case and ASCII; plain is false where it was
// written with other letters or with escapes.
func canonicalLabel(label string) (canonical string, plain bool) {
	if isPlainText(label) {
		return lowerASCII(label), true
	}
	if host, ok := indicator.Host(label + ".example"); ok {
		return strings.TrimSuffix(host, ".example"), false
	}
	return strings.ToLower(label), false
}

func isLabelByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '%' || c >= utf8.RuneSelf
}

// runs replaces the runs of bytes that belong together and leaves all others.
func runs(s string, belongs func(c byte) bool, replace func(run string) string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		end := i
		for end < len(s) && belongs(s[end]) {
			end++
		}
		if end == i {
			b.WriteByte(s[i])
			i++
			continue
		}
		b.WriteString(replace(s[i:end]))
		i = end
	}
	return b.String()
}

// lowerASCII lowers A to Z alone, so that every byte keeps its place.
func lowerASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}
