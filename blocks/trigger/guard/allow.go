package guard

import "tabletop/workbook/indicator"

// RuleAllowed covers a target that would need an approval but for an entry of
// the own list allow.
const RuleAllowed = "own_allow"

// allowed finds the entry that lifts an approval. An entry lifts it for what it
// includes, never for a whole host that it is only a part of.
func (g *Guard) allowed(kind, canonical string) (entry, bool) {
	s := subject{}
	switch kind {
	case TypeIP:
		s.address, _ = indicator.Address(canonical)
	case TypeMailbox:
		s.mailbox = canonical
	case TypeEndpoint:
		s.host = canonical
	case TypeDomain, TypeURL:
		host, _ := indicator.Host(canonical)
		if a, ok := indicator.Address(host); ok {
			s.address = a
		} else {
			s.host = host
		}
	default:
		s.hash = canonical
	}
	link := subject{}
	if kind == TypeURL {
		link.url = plainURL(canonical)
	}
	for _, e := range g.allow {
		if g.holds(e) && (s.text() != "" && e.includes(s) || link.url != "" && e.includes(link)) {
			return e, true
		}
	}
	return entry{}, false
}
