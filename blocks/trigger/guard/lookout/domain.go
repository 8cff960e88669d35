package lookout

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"tabletop/blocks/trigger/guard"
	"tabletop/workbook/events"
	"tabletop/workbook/indicator"
)

// shareOfAll is the part of all mails, users or machines from which on a domain
// is proposed.
const shareOfAll = 0.1

// own reads the domain that someone registered out of a host, where the guard
// would let it through.
func (f *findings) own(host string) (string, bool) {
	domain, ok := indicator.Domain(host)
	return domain, ok && f.open(guard.TypeDomain, domain)
}

// maxMailboxes bounds the mailboxes that are read of one cell.
const maxMailboxes = 100

// mailboxes reads the mailboxes of a cell: one, or several as mails and lists of
// JSON have them.
func mailboxes(text string) []string {
	if one, ok := indicator.Mailbox(text); ok {
		return []string{one}
	}
	var out []string
	for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return strings.ContainsRune(",;[]\n\t", r) }) {
		if one, ok := indicator.Mailbox(strings.Trim(strings.TrimSpace(part), `"'`)); ok {
			out = append(out, one)
		}
		if len(out) == maxMailboxes {
			break
		}
	}
	return out
}

// domains are the domains of the mailboxes in a cell, each once.
func (f *findings) domains(text string) []string {
	seen := map[string]bool{}
	for _, mailbox := range mailboxes(text) {
		if domain, ok := f.own(mailbox[strings.LastIndexByte(mailbox, '@')+1:]); ok {
			seen[domain] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// A letter is what mails between the same domains have in common.
type letter struct {
	from, to []string
	count    int64
}

// mail finds the domains that mail is about: each mail has one's own domain on
// one side, so that a domain is own that, as a recipient, explains most of them,
// then one that explains most of the rest.
func (f *findings) mail(ctx context.Context, a *asker) error {
	rows, err := a.ask(ctx, question{what: "mail domains", fields: []field{senderText, recipientText}, where: func(columns [][]int) events.Filter {
		return anyOf(columns[1], func(c int) events.Filter { return events.Matches{Column: c, Pattern: "%@%"} })
	}})
	if err != nil {
		return err
	}
	var letters []letter
	var total int64
	for _, r := range rows {
		total += r.count
		letters = append(letters, letter{f.domains(r.texts[0]), f.domains(r.texts[1]), r.count})
	}
	for range MostOfKind {
		domain, received, sent := heaviest(letters)
		if float64(received+sent) < shareOfAll*float64(total) || received == 0 {
			return nil
		}
		f.add(KindDomain, domain, fmt.Sprintf("recipient of %s and sender of %s of %s", number(received), number(sent), plural(total, "mail")), received+sent)
		letters = slices.DeleteFunc(letters, func(l letter) bool {
			return slices.Contains(l.to, domain) || slices.Contains(l.from, domain)
		})
	}
	return nil
}

// heaviest is the domain that received most and, of those, took part in most.
func heaviest(letters []letter) (domain string, received, sent int64) {
	to, from := map[string]int64{}, map[string]int64{}
	for _, l := range letters {
		for _, d := range l.to {
			to[d] += l.count
		}
		for _, d := range l.from {
			if !slices.Contains(l.to, d) {
				from[d] += l.count
			}
		}
	}
	if len(to) == 0 {
		return "", 0, 0
	}
	domain = slices.MinFunc(slices.Collect(maps.Keys(to)), func(a, b string) int {
		return cmp.Or(cmp.Compare(to[b]+from[b], to[a]+from[a]), cmp.Compare(to[b], to[a]), cmp.Compare(a, b))
	})
	return domain, to[domain], from[domain]
}

// A share counts what different names of one domain there are.
type share struct {
	names  map[string]bool
	events int64
}

type shares struct {
	of    map[string]*share
	names int64
}

func (s *shares) take(domain, name string, count int64) {
	one := s.of[domain]
	if one == nil {
		one = &share{names: map[string]bool{}}
		s.of[domain] = one
	}
	if !one.names[name] {
		one.names[name] = true
		s.names++
	}
	one.events += count
}

// propose adds the domains of at least a tenth of all names, and of two.
func (s *shares) propose(f *findings, format string) {
	for domain, one := range s.of {
		if n := int64(len(one.names)); n >= 2 && float64(n) >= shareOfAll*float64(s.names) {
			f.add(KindDomain, domain, fmt.Sprintf(format, number(n), number(s.names), plural(one.events, "event")), one.events)
		}
	}
}

// users finds the domains of those who sign in as name@domain.
func (f *findings) users(ctx context.Context, a *asker) error {
	rows, err := a.ask(ctx, question{what: "domains of users", fields: []field{userName}, where: func(columns [][]int) events.Filter {
		return anyOf(columns[0], func(c int) events.Filter { return events.Matches{Column: c, Pattern: "%@%"} })
	}})
	if err != nil {
		return err
	}
	s := &shares{of: map[string]*share{}}
	for _, r := range rows {
		user, ok := indicator.Mailbox(r.texts[0])
		if !ok {
			continue
		}
		if domain, ok := f.own(user[strings.LastIndexByte(user, '@')+1:]); ok {
			s.take(domain, strings.ToLower(user), r.count)
		}
	}
	s.propose(f, "the domain of %s of %s users with one, in %s")
	return nil
}

// machines finds the domains of the machines that events come from.
func (f *findings) machines(ctx context.Context, a *asker) error {
	rows, err := a.ask(ctx, question{what: "domains of machines", fields: []field{machineName}, where: func(columns [][]int) events.Filter {
		return anyOf(columns[0], func(c int) events.Filter { return events.Matches{Column: c, Pattern: "%.%"} })
	}})
	if err != nil {
		return err
	}
	s := &shares{of: map[string]*share{}}
	for _, r := range rows {
		if strings.ContainsAny(r.texts[0], "/:@ ") {
			continue
		}
		if domain, ok := f.own(r.texts[0]); ok {
			s.take(domain, strings.ToLower(r.texts[0]), r.count)
		}
	}
	s.propose(f, "the domain of %s of %s machines with one, in %s")
	return nil
}

// directories finds the domains whose controllers machines look up in the DNS.
func (f *findings) directories(ctx context.Context, a *asker) error {
	rows, err := a.ask(ctx, question{what: "directories", fields: []field{askedName}, where: func(columns [][]int) events.Filter {
		return anyOf(columns[0], func(c int) events.Filter {
			return events.Or{events.Matches{Column: c, Pattern: `\_ldap.\_tcp.%`}, events.Matches{Column: c, Pattern: `\_kerberos.\_tcp.%`}}
		})
	}})
	if err != nil {
		return err
	}
	seen := map[string]int64{}
	for _, r := range rows {
		_, name, ok := strings.Cut(strings.ToLower(r.texts[0]), "_msdcs.")
		if !ok {
			_, name, _ = strings.Cut(strings.ToLower(r.texts[0]), "_tcp.")
		}
		if domain, ok := f.own(name); ok {
			seen[domain] += r.count
		}
	}
	for domain, count := range seen {
		if count >= leastRequests {
			f.add(KindDomain, domain, "machines look up its domain controllers in "+plural(count, "event"), count)
		}
	}
	return nil
}
