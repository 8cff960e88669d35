package guard

import (
	"fmt"
	"strings"
	"unicode"
)

// RuleEndpoint covers machines that an action would cut off.
const RuleEndpoint = "endpoint"

// maxEndpoint is the longest name of a machine, in bytes.
const maxEndpoint = 255

// endpoint judges a target of type endpoint: a machine by its name or its
// agent's. Isolating one stops whoever works there, and a server's stops others
// too, so each is asked for; own lists name those that are never cut off.
func (g *Guard) endpoint(target string) (canonical string, found finding) {
	text := strings.TrimSpace(target)
	canonical = strings.ToLower(strings.TrimSuffix(text, "."))
	switch {
	case strings.ContainsAny(text, "*?"):
		return "", refuse(RuleWildcard, Quote(target)+" is a pattern: an action takes one machine, never all that fit")
	case canonical == "" || strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }):
		return "", flaw(Quote(target) + " is no machine's name")
	case len(text) > maxEndpoint:
		return "", flaw(fmt.Sprintf("%s is longer than %d bytes, and no machine's name is", Quote(target), maxEndpoint))
	case text != target:
		return canonical, gravest(g.own(subject{host: canonical}), flaw(Quote(target)+" has blanks around the name: send "+text))
	}
	return canonical, gravest(g.own(subject{host: canonical}), askFor(RuleEndpoint, canonical+" would be cut off from the network, with whoever works on it"))
}
