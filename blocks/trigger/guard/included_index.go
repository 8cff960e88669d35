package guard

import (
	"iter"
	"net/netip"
	"slices"
	"strings"
)

// index makes the entries findable.
func (l *list) index() {
	l.byText, l.under, l.byNetwork = map[string][]int32{}, map[string][]int32{}, map[netip.Prefix][]int32{}
	for i, e := range l.entries {
		at := int32(i)
		switch {
		case e.network.IsValid():
			l.byNetwork[e.network] = append(l.byNetwork[e.network], at)
			family := familyOf(e.network.Addr())
			if !slices.Contains(l.bits[family], e.network.Bits()) {
				l.bits[family] = append(l.bits[family], e.network.Bits())
			}
		case e.domain != "":
			l.byText[e.domain] = append(l.byText[e.domain], at)
			l.lieUnder(e.domain, at)
		case e.pattern != "" || e.url != "":
			l.patterns = append(l.patterns, at)
			l.lieUnder(e.under, at)
		default:
			text := mailboxKey(e.mailbox) + e.hash
			l.byText[text] = append(l.byText[text], at)
			l.lieUnder(e.under, at)
		}
	}
}

// lieUnder makes an entry findable by its domain and all above it.
func (l *list) lieUnder(domain string, at int32) {
	for ok := domain != ""; ok; _, domain, ok = strings.Cut(domain, ".") {
		l.under[domain] = append(l.under[domain], at)
	}
}

func familyOf(a netip.Addr) int {
	if a.Is4() {
		return 0
	}
	return 1
}

// candidates are entries among which are all that cover a subject; one may come
// twice.
func (l *list) candidates(s subject) iter.Seq[int32] {
	return func(yield func(int32) bool) {
		for _, found := range l.found(s) {
			for _, i := range found {
				if !yield(i) {
					return
				}
			}
		}
	}
}

func (l *list) found(s subject) [][]int32 {
	var out [][]int32
	switch {
	case s.address.IsValid():
		for _, bits := range l.bits[familyOf(s.address)] {
			if network, err := s.address.Prefix(bits); err == nil {
				out = append(out, l.byNetwork[network])
			}
		}
	case s.host != "":
		for domain, ok := s.host, true; ok; _, domain, ok = strings.Cut(domain, ".") {
			out = append(out, l.byText[domain])
		}
		if s.whole {
			out = append(out, l.under[s.host])
		}
	case s.mailbox != "":
		key, untagged := mailboxKey(s.mailbox), mailboxKey(withoutTag(s.mailbox))
		out = append(out, l.byText[key])
		if untagged != key {
			out = append(out, l.byText[untagged])
		}
	case s.hash != "":
		out = append(out, l.byText[s.hash])
	}
	return append(out, l.patterns)
}

// asksOfNetworks reports whether a list of level ask names networks.
func (g *Guard) asksOfNetworks() bool {
	return slices.ContainsFunc(g.lists, func(l *list) bool { return l.level == ask && len(l.byNetwork) > 0 })
}
