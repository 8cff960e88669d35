package guard

import "net/netip"

// The rules on name servers that everyone uses.
const (
	RuleResolver   = "public_resolver"
	RuleRootServer = "root_server"
)

// publicResolvers are the addresses of name servers that many networks ask for
// every name, by operator.
var publicResolvers = map[string][]string{
	"Google": {"8.8.8.8", "8.8.4.4", "2001:4860:4860::8888", "2001:4860:4860::8844", "2001:4860:4860::64", "2001:4860:4860::6464"},
	"Cloudflare": {
		"1.1.1.1", "1.0.0.1", "1.1.1.2", "1.0.0.2", "1.1.1.3", "1.0.0.3",
		"2606:4700:4700::1111", "2606:4700:4700::1001", "2606:4700:4700::1112", "2606:4700:4700::1002",
		"2606:4700:4700::1113", "2606:4700:4700::1003", "2606:4700:4700::64", "2606:4700:4700::6400",
	},
	"Quad9": {
		"9.9.9.9", "149.112.112.112", "9.9.9.10", "149.112.112.10", "9.9.9.11", "149.112.112.11", "9.9.9.12", "149.112.112.12",
		"2620:fe::fe", "2620:fe::9", "2620:fe::10", "2620:fe::fe:10", "2620:fe::11", "2620:fe::fe:11", "2620:fe::12", "2620:fe::fe:12",
	},
	"OpenDNS": {
		"208.67.222.222", "208.67.220.220", "208.67.222.220", "208.67.220.222", "208.67.222.123", "208.67.220.123",
		"208.67.222.2", "208.67.220.2", "2620:119:35::35", "2620:119:53::53", "2620:119:35::123", "2620:119:53::123",
	},
	"AdGuard": {
		"94.140.14.14", "94.140.15.15", "94.140.14.15", "94.140.15.16", "94.140.14.140", "94.140.14.141",
		"2a10:50c0::ad1:ff", "2a10:50c0::ad2:ff", "2a10:50c0::bad1:ff", "2a10:50c0::bad2:ff",
	},
	"CleanBrowsing": {"185.228.168.168", "185.228.169.168", "185.228.168.9", "185.228.169.9", "185.228.168.10", "185.228.169.11"},
	"Level 3":       {"4.2.2.1", "4.2.2.2", "4.2.2.3", "4.2.2.4", "4.2.2.5", "4.2.2.6"},
	"Verisign":      {"64.6.64.6", "64.6.65.6"},
	"Control D":     {"76.76.2.0", "76.76.10.0", "76.76.2.1", "76.76.10.1", "76.76.2.2", "76.76.10.2"},
	"Comodo":        {"8.26.56.26", "8.20.247.20"},
	"Hurricane":     {"74.82.42.42"},
	"Yandex":        {"77.88.8.8", "77.88.8.1", "77.88.8.88", "77.88.8.2", "77.88.8.7", "77.88.8.3"},
	"AliDNS":        {"223.5.5.5", "223.6.6.6", "2400:3200::1", "2400:3200:baba::1"},
	"DNSPod":        {"119.29.29.29"},
	"114DNS":        {"114.114.114.114", "114.114.115.115"},
}

// rootServers are the addresses of the letters a to m of the DNS root.
var rootServers = []string{
	"198.41.0.4", "170.247.170.2", "192.33.4.12", "199.7.91.13", "192.203.230.10", "192.5.5.241", "192.112.36.4",
	"198.97.190.53", "192.36.148.17", "192.58.128.30", "193.0.14.129", "199.7.83.42", "202.12.27.33",
	"2001:503:ba3e::2:30", "2801:1b8:10::b", "2001:500:2::c", "2001:500:2d::d", "2001:500:a8::e", "2001:500:2f::f",
	"2001:500:12::d0d", "2001:500:1::53", "2001:7fe::53", "2001:503:c27::2:30", "2001:7fd::1", "2001:500:9f::42", "2001:dc3::35",
}

// rootServer marks an address of rootServers among the resolvers.
const rootServer = ""

// parseResolvers maps each address to its operator.
func parseResolvers() map[netip.Addr]string {
	operators := map[netip.Addr]string{}
	for operator, addresses := range publicResolvers {
		for _, a := range addresses {
			operators[netip.MustParseAddr(a)] = operator
		}
	}
	for _, a := range rootServers {
		operators[netip.MustParseAddr(a)] = rootServer
	}
	return operators
}

// resolverFinding words the refusal of a name server.
func resolverFinding(address netip.Addr, operator string) finding {
	if operator == rootServer {
		return refuse(RuleRootServer, address.String()+" is a root server of the DNS: blocking it breaks the resolving of names")
	}
	return refuse(RuleResolver, address.String()+" is a public resolver ("+operator+"): machines that ask it for names would lose the Internet")
}
