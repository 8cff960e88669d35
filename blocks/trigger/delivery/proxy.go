package delivery

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/net/http/httpproxy"
)

// setProxy reads the proxies from the environment, and settles which addresses
// may be dialled: those of allowed hosts, or of the proxies before them.
func (c *Client) setProxy(getenv func(string) string) error {
	if getenv == nil {
		getenv = func(string) string { return "" }
	}
	read := func(name string) string { return cmp.Or(getenv(strings.ToLower(name)), getenv(name)) }
	settings := &httpproxy.Config{HTTPProxy: read("HTTP_PROXY"), HTTPSProxy: read("HTTPS_PROXY"), NoProxy: read("NO_PROXY")}
	c.proxy = settings.ProxyFunc()
	if len(c.endpoints) > 0 {
		return nil // only this machine is reached, and that never through a proxy
	}
	// A proxy that can't be read would be left out in silence, and requests go
	// past it. Its text may hold a password, so no error shows it.
	mistakes := []error{checkProxy("HTTP_PROXY", settings.HTTPProxy), checkProxy("HTTPS_PROXY", settings.HTTPSProxy)}
	if err := errors.Join(mistakes...); err != nil {
		return err
	}
	for o := range c.allowed {
		p, err := c.proxy(&url.URL{Scheme: o.scheme, Host: o.address})
		switch {
		case err != nil:
			return fmt.Errorf("find the proxy for %s: %w", o, err)
		case p == nil:
			c.reachable[o.address] = o.scheme == SchemeMailPlain
		default:
			c.reachable[proxyAddress(p)] = false
			c.hideProxy(p)
		}
	}
	return nil
}

// proxyPorts are the ports of proxies that name none.
var proxyPorts = map[string]string{"http": "80", "https": "443", "socks5": "1080", "socks5h": "1080"}

func checkProxy(name, text string) error {
	if text == "" {
		return nil
	}
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || proxyPorts[u.Scheme] == "" {
		return fmt.Errorf("%s is no address of a proxy: write it as http://host:port", name)
	}
	return nil
}

func proxyAddress(p *url.URL) string {
	return net.JoinHostPort(p.Hostname(), cmp.Or(p.Port(), proxyPorts[p.Scheme]))
}

// hideProxy makes a proxy's password a secret.
func (c *Client) hideProxy(p *url.URL) {
	if password, set := p.User.Password(); set {
		if c.proxySecrets == nil {
			c.proxySecrets = map[string]string{}
		}
		c.proxySecrets["password of the proxy "+p.Hostname()] = password
	}
}

// onlyLoopback refuses to connect to another machine.
func onlyLoopback(_, address string, _ syscall.RawConn) error {
	if a, err := netip.ParseAddrPort(address); err != nil || !a.Addr().Unmap().IsLoopback() {
		return fmt.Errorf("%s is not on this machine", address)
	}
	return nil
}

// sorted lists origins for a reader.
func sorted(origins map[origin]bool) string {
	if len(origins) == 0 {
		return "none"
	}
	var texts []string
	for o := range origins {
		texts = append(texts, o.String())
	}
	slices.Sort(texts)
	return strings.Join(texts, ", ")
}
