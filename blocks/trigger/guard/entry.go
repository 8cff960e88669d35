package guard

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"tabletop/workbook/indicator"
)

// An entry is one line of an own list. One of network, domain, mailbox, hash,
// url and pattern is set.
type entry struct {
	value   string
	network netip.Prefix
	domain  string
	mailbox string
	hash    string
	// url is a URL without scheme and user; it stands for all under its path.
	url string
	// pattern is text in which * is any text, against a host, a mailbox or a URL
	// as kind says.
	pattern string
	kind    string
	// under is the domain in which all lies that the entry names, where it names
	// hosts, mailboxes or URLs of one.
	under string

	list   string
	reason string
	owner  string
	// expires is the first moment at which the entry no longer holds.
	expires time.Time
}

// What is said of a text that is no entry.
const (
	noEntry    = " is no address, network, domain, mailbox or hash, no URL with a path and no pattern of one"
	entryForms = "write it as 198.51.100.7, 198.51.100.0/24, example.org, a@example.org, a hash in hexadecimal, https://example.org/path or board-*@example.org"
)

// read tells what kind of thing an entry names.
func (e *entry) read(value string) bool {
	value = strings.TrimSpace(value)
	e.value = value
	if network, ok := parseNetwork(value); ok {
		e.network = network
		return true
	}
	if address, ok := indicator.Address(value); ok {
		e.network = netip.PrefixFrom(address, address.BitLen())
		return true
	}
	for _, k := range hashKinds {
		if hash, ok := k.find(value); ok && len(value) == len(hash) {
			e.hash = hash
			return true
		}
	}
	rest, isHost := strings.CutPrefix(value, "*.")
	switch {
	case strings.Contains(value, "://"):
		return e.readURL(value)
	case strings.Contains(rest, "*") || !isHost && strings.Contains(value, "*"):
		return e.readPattern(value)
	case strings.Contains(value, "@"):
		mailbox, ok := indicator.Mailbox(value)
		e.mailbox = mailbox
		e.under = mailbox[strings.LastIndexByte(mailbox, '@')+1:]
		return ok
	}
	domain, ok := indicator.Host(rest)
	e.domain = domain
	return ok && isHostName(domain) && !strings.ContainsAny(rest, "/:?#\\@")
}

// A subject is what entries are held against: an address, a host, a mailbox, a
// hash or a URL, each in canonical form.
type subject struct {
	address netip.Addr
	host    string
	// whole says that the target is the host with all under it.
	whole   bool
	mailbox string
	hash    string
	// url is as plainURL writes it.
	url string
}

func (s subject) text() string {
	if s.address.IsValid() {
		return s.address.String()
	}
	return s.host + s.mailbox + s.hash + s.url
}

// covers reports whether the entry names the subject: a domain with all under
// it, a mailbox in all its spellings, and a whole host that would take the entry
// with it.
func (e entry) covers(s subject) bool {
	switch {
	case e.includes(s):
		return true
	case s.mailbox != "" && e.mailbox != "":
		return sameMailbox(s.mailbox, e.mailbox)
	case s.url != "" && e.url != "":
		return pathWithin(e.url, s.url)
	case s.whole && e.domain != "":
		return within(e.domain, s.host)
	}
	return s.whole && e.under != "" && within(e.under, s.host)
}

// includes reports whether the subject lies in what the entry names.
func (e entry) includes(s subject) bool {
	if e.pattern != "" {
		return e.matches(s)
	}
	switch {
	case s.address.IsValid():
		return e.network.Contains(s.address)
	case s.host != "":
		return e.domain != "" && within(s.host, e.domain)
	case s.mailbox != "":
		return e.mailbox != "" && strings.EqualFold(e.mailbox, s.mailbox)
	case s.url != "":
		return e.url != "" && pathWithin(s.url, e.url)
	}
	return e.hash != "" && e.hash == s.hash
}

// holds reports whether an entry has not expired.
func (g *Guard) holds(e entry) bool {
	return e.expires.IsZero() || g.now.IsZero() || g.now.Before(e.expires)
}

// lastDay is the last day on which the entry holds.
func (e entry) lastDay() string { return e.expires.AddDate(0, 0, -1).Format(time.DateOnly) }

func (e entry) sentence(target string) string {
	s := fmt.Sprintf("%s is covered by %s of the own list %s: %s", target, e.value, e.list, e.reason)
	if e.owner != "" {
		s += " (" + e.owner + ")"
	}
	return s
}
