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
			for _, rest, ok := strings.Cut(e.domain, "."); ok; _, rest, ok = strings.Cut(rest, ".") {
				l.under[rest] = append(l.under[rest], at)
			}
		default:
			text := strings.ToLower(e.mailbox) + e.hash
			l.byText[text] = append(l.byText[text], at)
		}
	}
}

func familyOf(a netip.Addr) int {
	if a.Is4() {
		return 0
	}
	return 1
}

// candidates are the entries that cover a subject.
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
	default:
		out = append(out, l.byText[strings.ToLower(s.mailbox)+s.hash])
	}
	return out
}

// asksOfNetworks reports whether a list of level ask names networks.
func (g *Guard) asksOfNetworks() bool {
	return slices.ContainsFunc(g.lists, func(l *list) bool { return l.level == ask && len(l.byNetwork) > 0 })
}
