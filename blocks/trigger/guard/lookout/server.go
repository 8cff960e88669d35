package lookout

import (
	"context"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"tabletop/workbook/events"
	"tabletop/workbook/indicator"
)

// services are the ports of what machines need to work, with what a server
// there is. Several ports of one service count together.
var services = []struct {
	what, as string
	ports    []int
	// public says that one of a provider's is needed too.
	public bool
}{
	{"names (DNS, port 53)", "", []int{53}, true},
	{"tickets (Kerberos, port 88)", ", as domain controllers are", []int{88}, false},
	{"a directory (LDAP, ports 389, 636 and 3268)", ", as domain controllers are", []int{389, 636, 3268, 3269}, false},
	{"addresses (DHCP, port 67)", ", as gateways often are", []int{67}, false},
	{"mail (ports 25, 465 and 587)", "", []int{25, 465, 587}, false},
	{"a VPN (ports 500, 1194, 1701, 4500 and 51820)", "", []int{500, 1194, 1701, 4500, 51820}, false},
	{"a proxy (ports 3128 and 8080)", "", []int{3128, 8080}, false},
}

// The bounds on what counts as a server: clients, or one that asks often. A
// provider's must have more of both, and a share of all that is asked outside:
// what malware speaks to at port 53 must not become one's own.
const (
	leastClients       = 2
	leastRequests      = 10
	leastPublicClients = 3
	leastPublicShare   = 0.2
)

type serverKey struct {
	address netip.Addr
	service int
}

// A served is what one address does for others at the ports of one service.
type served struct {
	events  int64
	clients map[netip.Addr]bool
}

// servers finds the servers that one's own machines ask: name servers, domain
// controllers, gateways.
func (f *findings) servers(ctx context.Context, a *asker) error {
	byPort := map[int]int{}
	ports := events.OneOf{Texts: map[string]bool{}}
	for i, s := range services {
		for _, port := range s.ports {
			byPort[port] = i
			ports.Numbers = append(ports.Numbers, int64(port))
			ports.Texts[strconv.Itoa(port)] = true
		}
	}
	rows, err := a.ask(ctx, question{
		what: "servers", fields: []field{sourceAddress, destinationAddress, destinationPort},
		where: func(columns [][]int) events.Filter {
			return events.And{anyOf(columns[0], isPrivateText), anyOf(columns[2], func(c int) events.Filter {
				ports.Column = c
				return ports
			})}
		},
	})
	if err != nil {
		return err
	}
	seen := map[serverKey]*served{}
	for _, r := range rows {
		client, ok1 := indicator.Address(r.texts[0])
		server, ok2 := indicator.Address(r.texts[1])
		service, ok3 := byPort[portOf(r.texts[2])]
		if !ok1 || !ok2 || !ok3 || !client.IsPrivate() || client == server {
			continue
		}
		if _, public := f.public(server.String()); !server.IsPrivate() && (!public || !services[service].public) {
			continue
		}
		k := serverKey{server, service}
		s := seen[k]
		if s == nil {
			s = &served{clients: map[netip.Addr]bool{}}
			seen[k] = s
		}
		s.events += r.count
		s.clients[client] = true
	}
	outside := map[int]int64{}
	for k, s := range seen {
		if !k.address.IsPrivate() {
			outside[k.service] += s.events
		}
	}
	for k, s := range seen {
		if !s.counts(k.address, outside[k.service]) {
			delete(seen, k)
		}
	}
	came, err := a.came(ctx, slices.Collect(maps.Keys(seen)))
	if err != nil {
		return err
	}
	// In the order of services, so that a reason names them so.
	for i, service := range services {
		for k, s := range seen {
			if k.service == i && !came[k.address] {
				f.add(KindServer, k.address.String(), fmt.Sprintf("asked for %s by %s in %s%s", service.what, plural(int64(len(s.clients)), "machine"), plural(s.events, "event"), service.as), s.events)
			}
		}
	}
	return nil
}

// counts reports whether it is enough; outside are the events that the service
// was asked for at public addresses.
func (s *served) counts(server netip.Addr, outside int64) bool {
	if !server.IsPrivate() {
		return len(s.clients) >= leastPublicClients && s.events >= leastRequests && float64(s.events) >= leastPublicShare*float64(outside)
	}
	return len(s.clients) >= leastClients || s.events >= leastRequests
}

// came tells which public addresses open connections themselves, as no
// provider's server does and an attacker may.
func (a *asker) came(ctx context.Context, keys []serverKey) (map[netip.Addr]bool, error) {
	came, texts := map[netip.Addr]bool{}, map[string]bool{}
	for _, k := range keys {
		if address := k.address; !address.IsPrivate() {
			texts[address.String()] = true
		}
	}
	if len(texts) == 0 {
		return came, nil
	}
	rows, err := a.ask(ctx, question{what: "servers", fields: []field{sourceAddress}, where: func(columns [][]int) events.Filter {
		return anyOf(columns[0], func(c int) events.Filter { return events.OneOf{Column: c, Texts: texts} })
	}})
	for _, r := range rows {
		if address, ok := indicator.Address(r.texts[0]); ok {
			came[address] = true
		}
	}
	return came, err
}

// portOf reads a port, also one that a table wrote as 53.0; -1 is none.
func portOf(text string) int {
	text, fraction, _ := strings.Cut(text, ".")
	port, err := strconv.Atoi(text)
	if err != nil || strings.Trim(fraction, "0") != "" {
		return -1
	}
	return port
}

// senders finds the devices that send logs: firewalls, gateways, proxies.
func (f *findings) senders(ctx context.Context, a *asker) error {
	rows, err := a.ask(ctx, question{what: "devices", fields: []field{deviceAddress}})
	if err != nil {
		return err
	}
	seen := map[netip.Addr]int64{}
	for _, r := range rows {
		device, ok := indicator.Address(r.texts[0])
		if _, public := f.public(r.texts[0]); ok && (public || device.IsPrivate()) {
			seen[device] += r.count
		}
	}
	for device, count := range seen {
		f.add(KindServer, device.String(), "sent the logs of "+plural(count, "event"), count)
	}
	return nil
}

// number writes a count with its thousands apart.
func number(n int64) string {
	digits := strconv.FormatInt(n, 10)
	var parts []string
	for len(digits) > 3 {
		parts = append(parts, digits[len(digits)-3:])
		digits = digits[:len(digits)-3]
	}
	parts = append(parts, digits)
	slices.Reverse(parts)
	return strings.Join(parts, ",")
}

// plural writes a count with its noun.
func plural(n int64, one string, many ...string) string {
	if n == 1 {
		return "1 " + one
	}
	if len(many) == 0 {
		many = []string{one + "s"}
	}
	return number(n) + " " + many[0]
}
