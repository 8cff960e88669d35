package lookout

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// YAML writes the proposals as a guard.yaml that loads as it stands. from names
// the events, added is the day of the entries.
func (p *Proposals) YAML(from string, added time.Time) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, head, Quote(from))
	b.WriteString("\nnever:")
	if len(p.List) == 0 {
		b.WriteString(" [] # the events show nothing that looks like one's own")
	}
	b.WriteString("\n")
	for _, k := range Kinds {
		if p.Of(k.Kind) == 0 {
			continue
		}
		fmt.Fprintf(&b, "  # %s.\n", k.Heading)
		for _, one := range p.List {
			if one.Kind == k.Kind {
				fmt.Fprintf(&b, "  - value: %s\n    reason: %s\n    owner: \"\"\n    added: %s\n", Quote(one.Value), Quote(one.Reason), added.UTC().Format(time.DateOnly))
			}
		}
		if left := p.Left[k.Kind]; left > 0 {
			fmt.Fprintf(&b, "  # %s more were left out, with fewer events each.\n", number(int64(left)))
		}
	}
	b.WriteString(tail)
	return []byte(b.String())
}

const head = `# Proposed by tabletop guard init, from the events in
# %s.
#
# Events tell what looks like one's own, and an attacker may look so. Go through
# each entry: take out what is not yours, write who answers for it as owner, and
# shorten the reason to what your people understand. Private addresses, public
# resolvers and domains that many strangers share are refused without an entry;
# private servers stand here so that they stay refused in a network under ask.
`

const tail = `
# What events don't tell, and you should add:
# - all of your public addresses: NAT, VPN, mail and name servers
# - all of your domains, those without mail too
# - the mailboxes of executives, private ones too:
#     - {value: name@example.org, reason: private mailbox of the head}
# - hashes of your gold image, as a file under lists:
#     lists:
#       - {file: gold-image.csv, level: never, reason: gold image}
# - partners and correspondents, and networks of workstations, under ask:
#     ask:
#       - {value: partner.example, reason: a partner}
#       - {value: 10.20.0.0/16, reason: workstations}
`

// Quote writes a text in double quotes as YAML reads them, in ASCII and on one
// line, whatever it holds. Bytes that are no UTF-8 become U+FFFD.
func Quote(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r >= ' ' && r < utf8.RuneSelf-1:
			b.WriteRune(r)
		case r <= 0xff:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r <= 0xffff:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// sentence joins what was found of one value.
func sentence(reasons []string) string { return strings.Join(reasons, "; ") }
