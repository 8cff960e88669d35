// Package guard decides what an action may be aimed at. In goes the type of a
// target and its text as a row has it; out comes a Judgement: its canonical
// form, a verdict with the rule and the reason behind it, and, only where the
// target may be acted on, an Approved.
//
// There are two levels. Never: no approval lets such a target through
// (refused_protected). Ask: the target may be right but hurts when it is wrong
// (needs_approval). A text is judged in its canonical form first, so that no
// spelling slips past a rule; only then is it asked whether the text can be
// sent as it stands (invalid where it can't). A judgement has no effects and
// depends on nothing but the guard's lists and its clock.
package guard

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"time"

	"tabletop/workbook"
	"tabletop/workbook/indicator"
)

// The types of target. TypeNone is a request that names no target, such as a
// message to a chat.
const (
	TypeIP         = "ip"
	TypeURL        = "url"
	TypeDomain     = "domain"
	TypeMailbox    = "mailbox"
	TypeFileMD5    = "file_md5"
	TypeFileSHA1   = "file_sha1"
	TypeFileSHA256 = "file_sha256"
	// TypeEndpoint is a machine, by its name or that of the agent on it.
	TypeEndpoint = "endpoint"
	// TypeRecipients is those who get an e-mail, as JoinRecipients writes them.
	TypeRecipients = "recipients"
	TypeNone       = "none"
)

// Types lists the types of target that a configuration may name.
var Types = []string{TypeIP, TypeURL, TypeDomain, TypeMailbox, TypeFileSHA1, TypeFileSHA256, TypeFileMD5, TypeEndpoint}

// maxTarget is the longest target that is judged, in bytes.
const maxTarget = 4096

// A Guard holds the rules. It is not changed after it was made: At, Protecting
// and Seeing return another.
type Guard struct {
	ranges    []addressRange
	resolvers map[netip.Addr]string
	shared    map[string]string
	freeMail  map[string]bool
	// never and ask are the own lists.
	never []entry
	ask   []entry
	// allow lifts what a rule of level ask says.
	allow []entry
	// mail are the domains and mailboxes to which e-mails may go.
	mail []entry
	// lists are those that guard.yaml includes.
	lists []*list
	// vendors are those through which actions are sent: addresses and, for the
	// others, registrable domains.
	vendorAddresses map[netip.Addr]bool
	vendorDomains   []string

	// sightings are what the events at hand say of files; nil where nobody looked.
	sightings Sightings

	document workbook.Document
	now      time.Time
}

// New makes a guard of the rules that hold everywhere, without own lists.
func New() *Guard {
	shared, freeMail := parseShared()
	return &Guard{ranges: parseRanges(), resolvers: parseResolvers(), shared: shared, freeMail: freeMail}
}

// At returns the guard with a clock: entries of own lists that expired before
// now no longer hold. Without a clock none expires.
func (g *Guard) At(now time.Time) *Guard {
	other := *g
	other.now = now
	return &other
}

// Protecting returns the guard with further hosts that no action may cut off,
// with all of their registrable domain: those through which actions are sent.
func (g *Guard) Protecting(hosts ...string) *Guard {
	other := *g
	other.vendorAddresses = maps.Clone(g.vendorAddresses)
	other.vendorDomains = slices.Clone(g.vendorDomains)
	if other.vendorAddresses == nil {
		other.vendorAddresses = map[netip.Addr]bool{}
	}
	for _, text := range hosts {
		host, _ := indicator.Host(text)
		domain, ok := indicator.Domain(host)
		if !ok {
			domain = host
		}
		if a, ok := indicator.Address(host); ok {
			other.vendorAddresses[a] = true
		} else if domain != "" && !slices.Contains(other.vendorDomains, domain) {
			other.vendorDomains = append(other.vendorDomains, domain)
		}
	}
	return &other
}

// Files are the lists that guard.yaml includes, for the record.
func (g *Guard) Files() []workbook.EventFile {
	var files []workbook.EventFile
	for _, l := range g.lists {
		files = append(files, l.file)
	}
	return files
}

// Where maps the names by which the record calls included lists to their paths.
func (g *Guard) Where() map[string]string {
	paths := map[string]string{}
	for _, l := range g.lists {
		paths[l.name] = l.path
	}
	return paths
}

// Document is the file of own lists that the guard was loaded from; its Path is
// empty where there was none.
func (g *Guard) Document() workbook.Document { return g.document }

// A Judgement is what the guard says of one target.
type Judgement struct {
	// Canonical is the form in which the target was judged, empty where the
	// text holds none.
	Canonical string
	// Verdict is WouldSend, NeedsApproval, RefusedProtected or Invalid.
	Verdict workbook.Verdict
	// Rule names the rule behind a refusal, Reason is one sentence on it in
	// which every byte that came from an event is printable.
	Rule   string
	Reason string
	// Protected says that a rule of level never covers the target.
	Protected bool
	// Approved covers the target exactly where Verdict is WouldSend.
	Approved Approved

	// kind and target are what was judged, for Grant.
	kind   string
	target string
}

// Approved is a target that the guard let through. Its zero value covers
// nothing, and only Judge and Grant make another: what sends takes an Approved,
// so that no target reaches it past the guard.
type Approved struct {
	kind   string
	target string
	given  bool
}

// Covers reports whether the approval is one for this target, byte for byte.
func (a Approved) Covers(kind, target string) bool {
	return a.given && a.kind == kind && a.target == target
}

// Judge judges a target of one of the Types, or of TypeNone, by its text as it
// would be sent.
func (g *Guard) Judge(kind, target string) Judgement {
	if kind == TypeNone {
		return Judgement{Verdict: workbook.WouldSend, Approved: Approved{kind: kind, given: true}}
	}
	if len(target) > maxTarget && kind != TypeRecipients {
		return Judgement{Verdict: workbook.Invalid, Reason: "the target " + Quote(target) + " is longer than any address, host, URL or hash"}
	}
	if target == "" {
		return Judgement{Verdict: workbook.Invalid, Reason: "the target is an empty text"}
	}
	canonical, found := g.examine(kind, target)
	j := Judgement{Canonical: canonical, Verdict: workbook.WouldSend, Rule: found.rule, Reason: found.reason, kind: kind, target: target}
	switch found.level {
	case never:
		j.Verdict, j.Protected = workbook.RefusedProtected, true
	case flawed:
		j.Verdict = workbook.Invalid
	case ask:
		j.Verdict = workbook.NeedsApproval
		if e, ok := g.allowed(kind, canonical); ok {
			j.Verdict, j.Rule = workbook.WouldSend, RuleAllowed
			j.Reason = fmt.Sprintf("%s is allowed by %s: %s; without it: %s", canonical, e.value, e.reason, found.reason)
			j.Approved = Approved{kind: kind, target: target, given: true}
		}
	case nothing:
		j.Approved = Approved{kind: kind, target: target, given: true}
	}
	return j
}

// examine dispatches to the rules of a type.
func (g *Guard) examine(kind, target string) (canonical string, found finding) {
	switch kind {
	case TypeIP:
		return g.address(target)
	case TypeURL:
		return g.url(target)
	case TypeDomain:
		return g.domain(target)
	case TypeMailbox:
		return g.mailbox(target)
	case TypeFileMD5, TypeFileSHA1, TypeFileSHA256:
		return g.hash(kind, target)
	case TypeEndpoint:
		return g.endpoint(target)
	case TypeRecipients:
		return g.recipients(target)
	}
	return "", flaw("tabletop knows no targets of type " + Quote(kind))
}
