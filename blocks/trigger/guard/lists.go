package guard

import (
	"fmt"
	"net/netip"
	"path/filepath"
	"strings"
	"time"

	"tabletop/workbook"
	"tabletop/workbook/indicator"
	"tabletop/workbook/source"
)

// RuleOwn covers what an own list names.
const RuleOwn = "own_list"

// MaxEntries is the most entries that one own list may have.
const MaxEntries = 10_000

// listFile is guard.yaml as written.
type listFile struct {
	Never []listEntry `yaml:"never" doc:"what no action may be aimed at: one's own addresses, networks, domains, mailboxes and hashes"`
	Ask   []listEntry `yaml:"ask" doc:"what needs an approval each time; a private network named here counts as workstations"`
	Allow []listEntry `yaml:"allow" doc:"what needs no approval although a rule asks for one; it lifts nothing that is never let through"`
	Lists []included  `yaml:"lists" doc:"files of further entries: CSV, a value a line, or a MISP warning list"`
}

type listEntry struct {
	Value   source.Text `yaml:"value,required" doc:"an address, a network (CIDR), a domain with all under it, a mailbox or a file's hash"`
	Reason  source.Text `yaml:"reason,required" doc:"why, in a few words"`
	Owner   string      `yaml:"owner" doc:"who answers for the entry"`
	Added   source.Text `yaml:"added" doc:"the date of the entry, YYYY-MM-DD"`
	Expires source.Text `yaml:"expires" doc:"the last day on which the entry holds, YYYY-MM-DD"`
}

// An entry is one line of an own list. One of network, domain, mailbox and hash
// is set.
type entry struct {
	value   string
	network netip.Prefix
	domain  string
	mailbox string
	hash    string

	list   string
	reason string
	owner  string
	// expires is the first moment at which the entry no longer holds.
	expires time.Time
}

// Load makes a guard of the rules that hold everywhere and the own lists in the
// file at path. Its error is source.Problems where the file has mistakes, else
// that of reading it.
func Load(path string) (*Guard, error) {
	node, text, err := source.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the guard's lists: %w", err)
	}
	var file listFile
	problems := source.Decode(node, &file)
	g := New()
	g.document = workbook.Document{Path: path, Text: text}
	var more source.Problems
	g.never, more = parseEntries(file.Never, "never")
	problems = append(problems, more...)
	g.ask, more = parseEntries(file.Ask, "ask")
	problems = append(problems, more...)
	g.allow, more = parseEntries(file.Allow, "allow")
	problems = append(problems, more...)
	g.lists, more = readLists(filepath.Dir(path), file.Lists)
	problems = append(problems, more...)
	if problems.Err() != nil {
		return nil, problems
	}
	return g, nil
}

func parseEntries(written []listEntry, list string) ([]entry, source.Problems) {
	var entries []entry
	var problems source.Problems
	for i, w := range written {
		if i == MaxEntries {
			problems = append(problems, w.Value.Problem(0, fmt.Sprintf("more than %d entries in %s", MaxEntries, list), "name networks and domains instead of single addresses and hosts"))
			break
		}
		e := entry{list: list, reason: oneLine(w.Reason.Value), owner: oneLine(w.Owner)}
		if w.Value.Set() && !e.read(w.Value.Value) {
			problems = append(problems, w.Value.Problem(0, Quote(w.Value.Value)+" is no address, network, domain, mailbox or hash", "write it as 198.51.100.7, 198.51.100.0/24, example.org, a@example.org or a hash in hexadecimal"))
		}
		if w.Reason.Set() && e.reason == "" {
			problems = append(problems, w.Reason.Problem(0, "the reason is empty", "say why the entry is there"))
		}
		expires, expiresProblems := date(w.Expires)
		if w.Expires.Set() {
			e.expires = expires.AddDate(0, 0, 1)
		}
		_, addedProblems := date(w.Added)
		problems = append(append(problems, expiresProblems...), addedProblems...)
		entries = append(entries, e)
	}
	return entries, problems
}

// date reads a day of UTC.
func date(t source.Text) (time.Time, source.Problems) {
	if !t.Set() {
		return time.Time{}, nil
	}
	day, err := time.Parse(time.DateOnly, t.Value)
	if err != nil {
		return time.Time{}, source.Problems{t.Problem(0, Quote(t.Value)+" is no date", "write it as 2026-12-31")}
	}
	return day, nil
}

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
	if strings.Contains(value, "@") {
		mailbox, ok := indicator.Mailbox(value)
		e.mailbox = mailbox
		return ok
	}
	domain, ok := indicator.Host(strings.TrimPrefix(value, "*."))
	e.domain = domain
	return ok && isHostName(domain) && !strings.ContainsAny(value, "/:?#\\")
}

// A subject is what entries are held against: an address, a host, a mailbox or
// a hash, each in canonical form.
type subject struct {
	address netip.Addr
	host    string
	// whole says that the target is the host with all under it.
	whole   bool
	mailbox string
	hash    string
}

func (s subject) text() string {
	if s.address.IsValid() {
		return s.address.String()
	}
	return s.host + s.mailbox + s.hash
}

// covers reports whether the entry names the subject: a domain with all under
// it, and a whole host that would take the entry with it.
func (e entry) covers(s subject) bool {
	return e.includes(s) || s.whole && e.domain != "" && within(e.domain, s.host)
}

// includes reports whether the subject lies in what the entry names.
func (e entry) includes(s subject) bool {
	switch {
	case s.address.IsValid():
		return e.network.Contains(s.address)
	case s.host != "":
		return e.domain != "" && within(s.host, e.domain)
	case s.mailbox != "":
		return e.mailbox != "" && strings.EqualFold(e.mailbox, s.mailbox)
	}
	return e.hash != "" && e.hash == s.hash
}

// own finds the first entry that covers a subject, of never before ask, and
// words it.
func (g *Guard) own(s subject) finding {
	if e, ok := g.covering(g.never, s, never); ok {
		return refuse(RuleOwn, e.sentence(s.text()))
	}
	if e, ok := g.covering(g.ask, s, ask); ok {
		return askFor(RuleOwn, e.sentence(s.text()))
	}
	return finding{}
}

// covering finds the first entry that covers a subject and has not expired, in
// guard.yaml itself and then in the lists of a level.
func (g *Guard) covering(entries []entry, s subject, of level) (entry, bool) {
	for _, e := range entries {
		if g.holds(e) && e.covers(s) {
			return e, true
		}
	}
	for _, l := range g.lists {
		if l.level != of {
			continue
		}
		for i := range l.candidates(s) {
			if g.holds(l.entries[i]) {
				return l.entries[i], true
			}
		}
	}
	return entry{}, false
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

// OwnLists counts the entries of own lists of level never that hold, those of
// included files among them: 0 says that nobody told the guard what is one's
// own.
func (g *Guard) OwnLists() int {
	count := 0
	for _, e := range g.never {
		if g.holds(e) {
			count++
		}
	}
	for _, l := range g.lists {
		if l.level != never {
			continue
		}
		for _, e := range l.entries {
			if g.holds(e) {
				count++
			}
		}
	}
	return count
}

// Expired lists the entries of own lists that no longer hold, in words.
func (g *Guard) Expired() []string {
	var expired []string
	for _, entries := range [][]entry{g.never, g.ask, g.allow} {
		for _, e := range entries {
			if !g.holds(e) {
				expired = append(expired, fmt.Sprintf("%s of the own list %s expired on %s and no longer holds", e.value, e.list, e.lastDay()))
			}
		}
	}
	for _, l := range g.lists {
		gone := 0
		for _, e := range l.entries {
			if !g.holds(e) {
				gone++
			}
		}
		if gone > 0 {
			expired = append(expired, fmt.Sprintf("%d of the %d entries of %s expired and no longer hold", gone, len(l.entries), l.name))
		}
	}
	return expired
}
