package lookout

import (
	"cmp"
	"context"
	"slices"

	"tabletop/blocks/trigger/guard"
	"tabletop/workbook"
	"tabletop/workbook/events"
)

// The kinds of proposal, in the order in which they are written.
const (
	KindAddress = "address"
	KindServer  = "server"
	KindDomain  = "domain"
)

// Kinds lists the kinds of proposal with a heading each.
var Kinds = []struct{ Kind, Heading string }{
	{KindAddress, "Own addresses and networks on the Internet"},
	{KindServer, "Servers that one's own machines need"},
	{KindDomain, "Own domains, for hosts and for mail"},
}

// MostOfKind is the most proposals of one kind.
const MostOfKind = 50

// A Proposal is one entry to go through.
type Proposal struct {
	Kind  string
	Value string
	// Reason says what the events show, with numbers.
	Reason string

	// weight orders proposals: the number of events behind them.
	weight int64
}

// Proposals are what a set of events gives.
type Proposals struct {
	// List is ordered by kind, weight and value.
	List []Proposal
	// Left counts by kind the proposals over MostOfKind.
	Left map[string]int
	// Undecodable counts the lines that are no events.
	Undecodable int64
}

// Of counts the proposals of a kind.
func (p *Proposals) Of(kind string) int {
	n := 0
	for _, one := range p.List {
		if one.Kind == kind {
			n++
		}
	}
	return n
}

// Propose reads events and proposes what looks like one's own. Nothing is known
// of whose events they are, so that a proposal is never more than that: only what
// has a canonical form is proposed, in that form, and what strangers could put
// into events at will (names in mails, requests) counts by its share of all. The
// same events give the same proposals.
func Propose(ctx context.Context, set *events.Set) (*Proposals, error) {
	survey, err := set.Survey(ctx)
	if err != nil {
		return nil, err
	}
	a := newAsker(set, survey)
	f := &findings{guard: guard.New(), entries: map[string]*found{}}
	for _, look := range []func(context.Context, *asker) error{f.borders, f.translated, f.signedIn, f.servers, f.senders, f.mail, f.users, f.machines, f.directories} {
		if err := look(ctx, a); err != nil {
			return nil, err
		}
	}
	p := f.proposals()
	p.Undecodable = survey.Undecodable
	return p, nil
}

// findings gather what was found by value.
type findings struct {
	guard   *guard.Guard
	entries map[string]*found
}

type found struct {
	kind    string
	reasons []string
	weight  int64
}

func (f *findings) add(kind, value, reason string, weight int64) {
	e := f.entries[value]
	if e == nil {
		e = &found{kind: kind}
		f.entries[value] = e
	}
	e.reasons = append(e.reasons, reason)
	e.weight += weight
}

// open reports whether the guard without own lists would let a target through,
// with or without an approval: what it never does needs no entry.
func (f *findings) open(kind, target string) bool {
	verdict := f.guard.Judge(kind, target).Verdict
	return verdict == workbook.WouldSend || verdict == workbook.NeedsApproval
}

func (f *findings) proposals() *Proposals {
	p := &Proposals{Left: map[string]int{}}
	for value, e := range f.entries {
		p.List = append(p.List, Proposal{e.kind, value, sentence(e.reasons), e.weight})
	}
	rank := map[string]int{}
	for i, k := range Kinds {
		rank[k.Kind] = i
	}
	slices.SortFunc(p.List, func(a, b Proposal) int {
		return cmp.Or(cmp.Compare(rank[a.Kind], rank[b.Kind]), cmp.Compare(b.weight, a.weight), cmp.Compare(a.Value, b.Value))
	})
	seen := map[string]int{}
	p.List = slices.DeleteFunc(p.List, func(one Proposal) bool {
		seen[one.Kind]++
		if seen[one.Kind] > MostOfKind {
			p.Left[one.Kind]++
		}
		return seen[one.Kind] > MostOfKind
	})
	return p
}
