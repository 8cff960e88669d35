package delivery

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// Options are what a Client may reach, and what it takes from outside.
type Options struct {
	// Hosts are where requests may go, as scheme://host or scheme://host:port:
	// those of the configurations that are enabled.
	Hosts []string
	// Endpoints send the requests of hosts to this machine. Where there is one,
	// a host without one can't be reached.
	Endpoints []Endpoint
	// Getenv reads the environment, of which HTTPS_PROXY, HTTP_PROXY and
	// NO_PROXY count, in lower case too. Nil is an empty one.
	Getenv func(name string) string
	// Resolver looks up names, nil as the system does.
	Resolver *net.Resolver
	// Now is the clock behind rates and Retry-After, Sleep waits until ctx ends,
	// and then returns its error. Nil are the system's. The timeouts of a Policy
	// are always measured by the system.
	Now   func() time.Time
	Sleep func(ctx context.Context, d time.Duration) error
}

// idle is how long a connection is kept for the next request. Servers close
// idle ones after five seconds and more, and a message that meets a connection
// being closed is unknown.
const idle = 3 * time.Second

// maxHeaders bounds the headers of an answer, in bytes.
const maxHeaders = 256 << 10

// A Client sends messages and asks questions. It may be used by several
// goroutines.
type Client struct {
	allowed   map[origin]bool
	endpoints map[origin]origin
	proxy     func(*url.URL) (*url.URL, error)
	// reachable are the addresses that may be dialled: true where only this
	// machine may answer.
	reachable map[string]bool
	// proxySecrets are passwords of proxies.
	proxySecrets map[string]string

	resolver *net.Resolver
	now      func() time.Time
	sleep    func(context.Context, time.Duration) error

	mu         sync.Mutex
	transports map[line]*http.Transport
	windows    map[string]*window
	redactions map[string]*redaction
}

// A line is what sets one kind of connection apart from another.
type line struct {
	roots   *x509.CertPool
	connect time.Duration
	// own is a connection for one request alone.
	own bool
}

// New makes a client. Its error names every mistake in the options. No socket
// is opened.
func New(o Options) (*Client, error) {
	c := &Client{
		allowed: map[origin]bool{}, endpoints: map[origin]origin{}, reachable: map[string]bool{},
		resolver: o.Resolver, now: o.Now, sleep: o.Sleep,
		transports: map[line]*http.Transport{}, windows: map[string]*window{}, redactions: map[string]*redaction{},
	}
	if c.now == nil {
		c.now = time.Now
	}
	if c.sleep == nil {
		c.sleep = sleep
	}
	var mistakes []error
	for _, text := range o.Hosts {
		host, err := parseOrigin(text)
		if err != nil {
			mistakes = append(mistakes, fmt.Errorf("read the allowed host: %w", err))
			continue
		}
		c.allowed[host] = true
	}
	mistakes = append(mistakes, c.mapEndpoints(o.Endpoints)...)
	mistakes = append(mistakes, c.setProxy(o.Getenv))
	if err := errors.Join(mistakes...); err != nil {
		return nil, err
	}
	return c, nil
}

// mapEndpoints keeps endpoints, and from what is allowed those that lead to
// this machine.
func (c *Client) mapEndpoints(endpoints []Endpoint) (mistakes []error) {
	for _, e := range endpoints {
		switch to, twice := c.endpoints[e.from]; {
		case e == Endpoint{}:
			mistakes = append(mistakes, errors.New("an endpoint is empty: write it as https://host=http://127.0.0.1:PORT"))
		case !c.allowed[e.from]:
			mistakes = append(mistakes, fmt.Errorf("the endpoint %s maps a host that no enabled configuration has: enabled are %s", e, sorted(c.allowed)))
		case twice && to != e.to:
			mistakes = append(mistakes, fmt.Errorf("the endpoint %s maps a host that another maps to %s: keep one of them", e, to))
		default:
			c.endpoints[e.from] = e.to
			c.reachable[e.to.address] = true
		}
	}
	return mistakes
}

// Close closes the connections that wait for a next request.
func (c *Client) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, t := range c.transports {
		t.CloseIdleConnections()
	}
}

// transport is what carries requests over lines of one kind.
func (c *Client) transport(l line) *http.Transport {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t, ok := c.transports[l]; ok {
		return t
	}
	// One request at a time goes to a host, so HTTP/2 gains nothing, and its
	// own rules of sending again are left out with it.
	var http1 http.Protocols
	http1.SetHTTP1(true)
	t := &http.Transport{
		Proxy:                  func(r *http.Request) (*url.URL, error) { return c.proxy(r.URL) },
		DialContext:            c.dialer(l.connect),
		TLSClientConfig:        &tls.Config{RootCAs: l.roots, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    l.connect,
		DisableKeepAlives:      l.own,
		DisableCompression:     true, // a body is kept as it came
		MaxIdleConnsPerHost:    64,
		IdleConnTimeout:        idle,
		MaxResponseHeaderBytes: maxHeaders,
		Protocols:              &http1,
	}
	c.transports[l] = t
	return t
}

// dialer dials what may be reached and nothing else.
func (c *Client) dialer(timeout time.Duration) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		loopback, ok := c.reachable[address]
		if !ok {
			return nil, fmt.Errorf("%s is not a host of an enabled configuration", address)
		}
		d := net.Dialer{Timeout: timeout, Resolver: c.resolver}
		if loopback {
			d.Control = onlyLoopback
		}
		conn, err := d.DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &countedConn{Conn: conn}, nil
	}
}

// overTLS is a connection under TLS, which begins with the first byte.
func overTLS(conn net.Conn, config *tls.Config) net.Conn { return tls.Client(conn, config) }

// secrets are those of a request and those of the proxies.
func (c *Client) secrets(own map[string]string) map[string]string {
	if len(c.proxySecrets) == 0 {
		return own
	}
	all := maps.Clone(c.proxySecrets)
	maps.Copy(all, own)
	return all
}

// sleep waits, or until ctx ends.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
