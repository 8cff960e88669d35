package delivery

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"

	"golang.org/x/net/idna"
)

// An origin is where a request goes: a scheme, and a host in lower case and
// punycode with its port.
type origin struct{ scheme, address string }

func (o origin) String() string { return o.scheme + "://" + o.address }

// ports are the schemes of origins, each with the port where none is named.
var ports = map[string]string{"http": "80", "https": "443", SchemeMail: "587", SchemeMailTLS: "465", SchemeMailPlain: "25"}

// originOf is the origin of a URL of a web server or a mail server.
func originOf(u *url.URL) (origin, error) {
	port := u.Port()
	switch {
	case ports[u.Scheme] == "":
		return origin{}, fmt.Errorf("the scheme %q is not http, https, %s or %s", u.Scheme, SchemeMail, SchemeMailTLS)
	case u.User != nil:
		return origin{}, fmt.Errorf("a user stands before the host")
	case port == "":
		port = ports[u.Scheme]
	}
	host := strings.ToLower(u.Hostname())
	if a, err := netip.ParseAddr(host); err == nil {
		return origin{u.Scheme, net.JoinHostPort(a.String(), port)}, nil
	}
	host, err := idna.Lookup.ToASCII(host)
	if err != nil || host == "" {
		return origin{}, fmt.Errorf("%q is no host", u.Hostname())
	}
	return origin{u.Scheme, net.JoinHostPort(host, port)}, nil
}

// parseOrigin reads scheme://host or scheme://host:port.
func parseOrigin(text string) (origin, error) {
	u, err := url.Parse(text)
	if err != nil {
		return origin{}, fmt.Errorf("%q is no URL", text)
	}
	if u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "" || u.Opaque != "" {
		return origin{}, fmt.Errorf("%q has more than a scheme, a host and a port", text)
	}
	o, err := originOf(u)
	if err != nil {
		return origin{}, fmt.Errorf("%q: %w", text, err)
	}
	return o, nil
}

// An Endpoint is a host whose requests go to this machine instead. The zero
// value maps nothing.
type Endpoint struct{ from, to origin }

// ParseEndpoint reads FROM=TO, such as
// https://api.xdr.trendmicro.com=http://127.0.0.1:8080. TO is a loopback
// address, so that what is meant for a simulator can't reach a vendor.
func ParseEndpoint(text string) (Endpoint, error) {
	from, to, found := strings.Cut(text, "=")
	if !found {
		return Endpoint{}, fmt.Errorf("the endpoint %q is not FROM=TO: write it as https://host=http://127.0.0.1:PORT", text)
	}
	var e Endpoint
	var err error
	if e.from, err = parseOrigin(from); err != nil {
		return Endpoint{}, fmt.Errorf("read the endpoint %q: %w: write it as https://host=http://127.0.0.1:PORT", text, err)
	}
	if e.to, err = parseOrigin(to); err != nil {
		return Endpoint{}, fmt.Errorf("read the endpoint %q: %w: write it as https://host=http://127.0.0.1:PORT", text, err)
	}
	host, _, err := net.SplitHostPort(e.to.address)
	if a, parsed := netip.ParseAddr(host); err != nil || parsed != nil || !a.IsLoopback() {
		return Endpoint{}, fmt.Errorf("the endpoint %q does not lead to this machine: TO must be a loopback address, such as http://127.0.0.1:PORT", text)
	}
	if isMail(e.from.scheme) != isMail(e.to.scheme) {
		return Endpoint{}, fmt.Errorf("the endpoint %q maps a mail server to a web server, or the other way: write both with smtp, or both with http", text)
	}
	return e, nil
}

func (e Endpoint) String() string { return e.from.String() + "=" + e.to.String() }
