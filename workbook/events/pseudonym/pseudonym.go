// Package pseudonym replaces the names in event files so that the files can be
// shown to others. In go the text of a file of events in one of the formats of
// package events, and a Key; out comes the same text, line by line, in which
// addresses, user names, mailboxes, hosts and URLs are others, the same one for
// the same name wherever it stands.
//
// What a question can ask of events stays: two values that were equal are equal
// still, two that differed differ, an address keeps its network and what the
// guard says of it, a host keeps its public suffix and lies under the pseudonym
// of its registrable domain. Numbers, times, hashes, actions and what names no
// one stay as they are.
package pseudonym

import (
	"net/netip"
	"strings"

	"tabletop/workbook/indicator"
)

// Known is what keeps its name because everyone shares it.
type Known struct {
	// Addresses are single addresses, as public name servers.
	Addresses []netip.Addr
	// Domains stay, and the hosts under them become hosts under them: services
	// that strangers share.
	Domains []string
	// Inner are top-level domains that no registry lists and that stay, as local.
	Inner []string
}

// A Pseudonymiser replaces texts. It is for one goroutine.
type Pseudonymiser struct {
	names     *names
	addresses *addresses
	domains   map[string]bool
	inner     map[string]bool
	// columns are kinds that were set for columns, by bare name.
	columns map[string]Kind
	// asked are the names of those as they were given, met the columns that the
	// events have, by bare name.
	asked, met map[string]string
	// learned are names that columns told, in lower case; learning says that more
	// are to be told.
	learned  map[string]Kind
	learning bool
	// cache keeps what values became.
	cache map[cached]string
	// Count is what was done so far.
	Count Count
}

// Count is what a Pseudonymiser has done.
type Count struct {
	// Lines are the lines of all formats but JSON documents; Undecodable counts
	// the lines that are no events, in which only indicators were looked for.
	Lines, Undecodable int64
	// Replaced counts the values that were changed.
	Replaced int64
	// Extended counts the pseudonyms that were made longer because another name
	// had the short one.
	Extended int64
}

type cached struct {
	kind Kind
	text string
}

const (
	maxCached      = 1 << 16
	maxCachedBytes = 256
)

// New makes a Pseudonymiser. columns are kinds for columns by name, which win
// over those that are built in.
func New(k Key, known Known, columns map[string]Kind) *Pseudonymiser {
	p := &Pseudonymiser{
		names:     &names{key: k, issued: map[string]uint64{}},
		addresses: newAddresses(k, known.Addresses),
		domains:   map[string]bool{}, inner: map[string]bool{},
		columns: map[string]Kind{}, asked: map[string]string{}, met: map[string]string{}, learned: map[string]Kind{}, cache: map[cached]string{},
	}
	for _, d := range known.Domains {
		p.domains[strings.ToLower(d)] = true
	}
	for _, top := range append([]string{"example", "test", "invalid", "onion"}, known.Inner...) {
		p.inner[strings.ToLower(top)] = true
	}
	for name, kind := range columns {
		p.columns[bareName(name)] = kind
		p.asked[bareName(name)] = name
	}
	return p
}

// Address gives the address in the place of another one.
func (p *Pseudonymiser) Address(a netip.Addr) netip.Addr { return p.addresses.replace(a) }

// Value gives the text in the place of a value of a column of a kind.
func (p *Pseudonymiser) Value(kind Kind, text string) string {
	if kind == Keep || text == "" {
		return text
	}
	small := len(text) <= maxCachedBytes
	if small {
		if known, ok := p.cache[cached{kind, text}]; ok {
			if known != text {
				p.Count.Replaced++
			}
			return known
		}
	}
	inner := strings.TrimSpace(text)
	out := text
	if inner != "" && !placeholders[strings.ToLower(inner)] {
		at := strings.Index(text, inner)
		out = text[:at] + p.value(kind, inner) + text[at+len(inner):]
	}
	p.Count.Extended = p.names.extended
	if out != text {
		p.Count.Replaced++
	}
	if small {
		if len(p.cache) >= maxCached {
			clear(p.cache)
		}
		p.cache[cached{kind, strings.Clone(text)}] = out
	}
	return out
}

// placeholders stand where a value is missing.
var placeholders = set("-", "--", "n/a", "na", "none", "null", "nil", "unknown", "(empty)", "(null)", "<>", "*", ".", "?", "true", "false", "yes", "no")

func set(texts ...string) map[string]bool {
	out := map[string]bool{}
	for _, t := range texts {
		out[t] = true
	}
	return out
}

func (p *Pseudonymiser) value(kind Kind, s string) string {
	if a, ok := p.wholeAddress(s); ok {
		return a
	}
	switch kind {
	case User:
		return p.user(s)
	case Host:
		return p.host(s)
	case Mail:
		return p.mail(s)
	case URL:
		return p.url(s)
	}
	if display, _, ok := cutAngle(s); ok && display != "" {
		if _, ok := indicator.Mailbox(s); ok {
			return p.mail(s)
		}
	}
	return p.text(s)
}

// isNumber reports whether a text is a whole number, which stays.
func isNumber(s string) bool { return strings.Trim(s, "0123456789") == "" }
