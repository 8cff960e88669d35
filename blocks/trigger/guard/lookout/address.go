package lookout

import (
	"context"
	"fmt"
	"net/netip"
	"strings"

	"tabletop/blocks/trigger/guard"
	"tabletop/workbook/events"
	"tabletop/workbook/indicator"
)

// The bounds on what counts as an own network on the Internet. An attacker meets
// one's own addresses alone; these meet many networks.
const (
	leastBorder = 20  // connections between public addresses
	shareBorder = 0.5 // of them that the network takes part in
	leastPeers  = 3   // other networks that it speaks to
	wholeFrom   = 4   // addresses of a small network that make it one entry
)

// privatePatterns match the addresses that are no one's on the Internet, as
// events write them. They only save work: each address is looked at again.
var privatePatterns = func() []string {
	out := []string{"10.%", "192.168.%", "127.%", "169.254.%", "0.%", "255.%", "fe80:%", "fc%", "fd%", "ff%", "-"}
	for n := 16; n < 32; n++ {
		out = append(out, fmt.Sprintf("172.%d.%%", n))
	}
	for n := 224; n < 240; n++ {
		out = append(out, fmt.Sprintf("%d.%%", n))
	}
	return out
}()

func isPrivateText(column int) events.Filter {
	var out events.Or
	for _, pattern := range privatePatterns {
		out = append(out, events.Matches{Column: column, Pattern: pattern})
	}
	return out
}

func notPrivateText(column int) events.Filter { return events.Not{Filter: isPrivateText(column)} }

// public reads an address that the guard would let through.
func (f *findings) public(text string) (netip.Addr, bool) {
	a, ok := indicator.Address(text)
	return a, ok && f.open(guard.TypeIP, a.String())
}

// network cuts an address to a network: wide, as a provider hands them out, or
// narrow.
func network(a netip.Addr, narrow bool) netip.Prefix {
	bits := 16
	switch {
	case a.Is6() && narrow:
		bits = 48
	case a.Is6():
		bits = 32
	case narrow:
		bits = 24
	}
	p, _ := a.Prefix(bits)
	return p
}

// A border is a wide network that meets others.
type border struct {
	events int64
	peers  map[netip.Prefix]bool
	// members counts the events of the addresses seen in it.
	members map[netip.Addr]int64
}

// borders finds networks that take part in most connections between public
// addresses: whoever sees those stands before or in such a network.
func (f *findings) borders(ctx context.Context, a *asker) error {
	rows, err := a.ask(ctx, question{
		what: "own networks", fields: []field{sourceAddress, destinationAddress},
		where: func(columns [][]int) events.Filter {
			return events.And{anyOf(columns[0], notPrivateText), anyOf(columns[1], notPrivateText)}
		},
	})
	if err != nil {
		return err
	}
	seen := map[netip.Prefix]*border{}
	meet := func(a, other netip.Addr, count int64) {
		wide := network(a, false)
		b := seen[wide]
		if b == nil {
			b = &border{peers: map[netip.Prefix]bool{}, members: map[netip.Addr]int64{}}
			seen[wide] = b
		}
		b.events += count
		b.peers[network(other, false)] = true
		b.members[a] += count
	}
	var total int64
	for _, r := range rows {
		source, ok1 := f.public(r.texts[0])
		destination, ok2 := f.public(r.texts[1])
		if !ok1 || !ok2 || network(source, false) == network(destination, false) {
			continue
		}
		total += r.count
		meet(source, destination, r.count)
		meet(destination, source, r.count)
	}
	for _, b := range seen {
		if total >= leastBorder && float64(b.events) >= shareBorder*float64(total) && len(b.peers) >= leastPeers {
			f.border(b, total)
		}
	}
	return nil
}

// border proposes what was seen of a network: small networks of which several
// addresses were, else the addresses.
func (f *findings) border(b *border, total int64) {
	small := map[netip.Prefix][]netip.Addr{}
	for a := range b.members {
		n := network(a, true)
		small[n] = append(small[n], a)
	}
	about := fmt.Sprintf("its neighbourhood takes part in %s of %s between public addresses, with %s", number(b.events), plural(total, "connection"), plural(int64(len(b.peers)), "other network"))
	for n, members := range small {
		var sum int64
		for _, a := range members {
			sum += b.members[a]
		}
		if len(members) >= wholeFrom && f.guardedNot(n) {
			f.add(KindAddress, n.String(), fmt.Sprintf("%s of it seen in %s; %s", plural(int64(len(members)), "address", "addresses"), plural(sum, "connection"), about), sum)
			continue
		}
		for _, a := range members {
			f.add(KindAddress, a.String(), fmt.Sprintf("seen in %s; %s", plural(b.members[a], "connection"), about), b.members[a])
		}
	}
}

// guardedNot reports whether both ends of a network could be targets.
func (f *findings) guardedNot(n netip.Prefix) bool {
	return f.open(guard.TypeIP, n.Addr().String())
}

// translated finds the addresses that a firewall puts in the place of private
// ones.
func (f *findings) translated(ctx context.Context, a *asker) error {
	rows, err := a.ask(ctx, question{
		what: "translated addresses", fields: []field{sourceAddress, translatedAddress},
		where: func(columns [][]int) events.Filter {
			return events.And{anyOf(columns[0], isPrivateText), anyOf(columns[1], notPrivateText)}
		},
	})
	if err != nil {
		return err
	}
	type use struct {
		events   int64
		machines map[string]bool
	}
	uses := map[netip.Addr]*use{}
	for _, r := range rows {
		inner, ok := indicator.Address(r.texts[0])
		outer, public := f.public(r.texts[1])
		if !ok || !inner.IsPrivate() || !public {
			continue
		}
		u := uses[outer]
		if u == nil {
			u = &use{machines: map[string]bool{}}
			uses[outer] = u
		}
		u.events += r.count
		u.machines[inner.String()] = true
	}
	for outer, u := range uses {
		f.add(KindAddress, outer.String(), fmt.Sprintf("stands for %s behind NAT in %s", plural(int64(len(u.machines)), "private address", "private addresses"), plural(u.events, "event")), u.events)
	}
	return nil
}

// The bounds on what counts as an address from which one's own people come.
const (
	leastSignedIn = 5    // different users
	mostFailed    = 0.05 // of the sign-ins
)

// signedIn finds public addresses from which many users sign in and nearly none
// fails: one's own way out, or a VPN's.
func (f *findings) signedIn(ctx context.Context, a *asker) error {
	rows, err := a.ask(ctx, question{
		what: "own ways out", fields: []field{sourceAddress, userName, statusText}, streams: []string{"AUTHENTICATION"},
		where: func(columns [][]int) events.Filter { return anyOf(columns[0], notPrivateText) },
	})
	if err != nil {
		return err
	}
	type use struct {
		good, bad int64
		users     map[string]bool
	}
	uses := map[netip.Addr]*use{}
	for _, r := range rows {
		outer, ok := f.public(r.texts[0])
		if !ok || r.texts[1] == "" {
			continue
		}
		u := uses[outer]
		if u == nil {
			u = &use{users: map[string]bool{}}
			uses[outer] = u
		}
		if status := strings.ToLower(r.texts[2]); strings.HasPrefix(status, "succe") || status == "ok" || status == "allowed" || status == "true" {
			u.good += r.count
			u.users[strings.ToLower(r.texts[1])] = true
		} else {
			u.bad += r.count
		}
	}
	for outer, u := range uses {
		if len(u.users) >= leastSignedIn && float64(u.bad) <= mostFailed*float64(u.good+u.bad) {
			f.add(KindAddress, outer.String(), fmt.Sprintf("%s signed in from it in %s, of which %s failed", plural(int64(len(u.users)), "user"), plural(u.good+u.bad, "event"), number(u.bad)), u.good)
		}
	}
	return nil
}
