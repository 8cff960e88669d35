package delivery

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tabletop/workbook"
)

// noNames is a resolver that knows no name.
var noNames = &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
	return nil, errors.New("no name server")
}}

func TestTLS(t *testing.T) {
	var mu sync.Mutex
	var protocols []string
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		protocols = append(protocols, r.Proto)
	}))
	s.EnableHTTP2 = true
	s.Config.ErrorLog = quiet()
	s.StartTLS()
	defer s.Close()
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())

	for _, c := range []struct {
		name     string
		roots    *x509.CertPool
		verdict  workbook.Verdict
		attempts int
		reason   string
	}{
		{"the company's authority", roots, workbook.Sent, 1, ""},
		{"no authority", x509.NewCertPool(), workbook.Failed, 1, "is not trusted: name the authority behind it as ca"},
		{"the system's authorities", nil, workbook.Failed, 1, "is not trusted"},
	} {
		p := patient
		p.Roots = c.roots
		o := client(t, newClock(), s.URL).Send(t.Context(), message(1, s.URL, "{}"), p)
		if o.Verdict != c.verdict || o.Attempts != c.attempts || !strings.Contains(o.Reason, c.reason) {
			t.Errorf("%s: got %+v", c.name, o)
		}
	}
	// A certificate of the right authority, for another name.
	host := strings.Replace(s.URL, "127.0.0.1", "localhost", 1)
	p := patient
	p.Roots = roots
	if o := client(t, newClock(), host).Send(t.Context(), message(1, host, "{}"), p); o.Verdict != workbook.Failed || o.Attempts != 1 || !strings.Contains(o.Reason, "is for another name") {
		t.Errorf("another name: got %+v", o)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(protocols) != 1 || protocols[0] != "HTTP/1.1" {
		t.Errorf("arrived: %v", protocols)
	}
}

// TestTLSBreaks resets a connection in TLS once a request's first bytes have
// left.
func TestTLSBreaks(t *testing.T) {
	var requests atomic.Int32
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if requests.Add(1) == 1 {
			io.WriteString(w, "{}")
			return
		}
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		conn.(*tls.Conn).NetConn().(*net.TCPConn).SetLinger(0)
		conn.(*tls.Conn).NetConn().Close()
	}))
	s.StartTLS()
	defer s.Close()
	p := patient
	p.Roots = x509.NewCertPool()
	p.Roots.AddCert(s.Certificate())
	c := client(t, newClock(), s.URL)
	if o := c.Send(t.Context(), message(1, s.URL, "{}"), p); o.Verdict != workbook.Sent {
		t.Fatalf("got %+v", o)
	}
	m := message(2, s.URL, "{}")
	m.Headers = append(m.Headers, Header{"Idempotency-Key", "k"})
	if o := c.Send(t.Context(), m, p); o.Verdict != workbook.Unknown || o.Attempts != 1 || requests.Load() != 2 {
		t.Errorf("got %+v after %d requests", o, requests.Load())
	}
}

func TestOldTLSIsRefused(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("arrived") }))
	s.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	s.Config.ErrorLog = quiet()
	s.StartTLS()
	defer s.Close()
	p := patient
	p.Roots = x509.NewCertPool()
	p.Roots.AddCert(s.Certificate())
	if o := client(t, newClock(), s.URL).Send(t.Context(), message(1, s.URL, "{}"), p); o.Verdict != workbook.Failed || o.Attempts != 3 {
		t.Errorf("got %+v", o)
	}
}

func TestOnlyAllowedHosts(t *testing.T) {
	s := listen(t, say(accepted))
	c := client(t, newClock(), "https://vendor.example", s.url())
	o := c.Send(t.Context(), message(1, strings.Replace(s.url(), "http:", "https:", 1), "{}"), patient)
	if o.Verdict != workbook.Failed || o.Attempts != 0 || !strings.Contains(o.Reason, "not sent: https://127.0.0.1") {
		t.Errorf("got %+v", o)
	}
	// What dials has a list of its own.
	if conn, err := c.dialer(0)(t.Context(), "tcp", "127.0.0.1:1"); err == nil || !strings.Contains(err.Error(), "is not a host of an enabled configuration") {
		t.Errorf("dialled %v: %v", conn, err)
	}
	if s.connected() != 0 {
		t.Errorf("%d connections", s.connected())
	}
	// A redirect to another host is an answer.
	elsewhere := listen(t, say(accepted))
	s = listen(t, say("HTTP/1.1 307 Temporary Redirect\r\nLocation: "+elsewhere.url()+"\r\nContent-Length: 0\r\n\r\n"))
	c = client(t, newClock(), s.url(), elsewhere.url())
	if o := c.Send(t.Context(), message(1, s.url(), "{}"), patient); o.Verdict != workbook.Failed || elsewhere.connected() != 0 {
		t.Errorf("got %+v, %d connections elsewhere", o, elsewhere.connected())
	}
}

func TestEndpoint(t *testing.T) {
	arrived := make(chan *http.Request, 1)
	s := listen(t, func(w *wire, _ int) {
		if r := w.request(); r != nil {
			arrived <- r
			w.say(accepted)
		}
	})
	e, err := ParseEndpoint("https://api.vendor.example=" + s.url())
	if err != nil {
		t.Fatal(err)
	}
	// The proxy would be asked for every real host.
	environment := func(name string) string {
		if strings.EqualFold(name, "HTTPS_PROXY") || strings.EqualFold(name, "HTTP_PROXY") {
			return "http://127.0.0.1:1"
		}
		return ""
	}
	c := newClient(t, newClock(), Options{
		Hosts:     []string{"https://api.vendor.example", "https://chat.example"},
		Endpoints: []Endpoint{e}, Getenv: environment, Resolver: noNames,
	})
	o := c.Send(t.Context(), message(1, "https://API.vendor.example/block?a=b", "{}"), patient)
	if o.Verdict != workbook.Sent {
		t.Fatalf("got %+v", o)
	}
	if r := <-arrived; r.Host != "API.vendor.example" || r.URL.String() != "/block?a=b" {
		t.Errorf("arrived for %s at %s", r.Host, r.URL)
	}
	// A host without an endpoint is not reached for real.
	o = c.Send(t.Context(), message(2, "https://chat.example/hook", "{}"), patient)
	if o.Verdict != workbook.Failed || o.Attempts != 0 || !strings.Contains(o.Reason, "has no endpoint on this machine") {
		t.Errorf("got %+v", o)
	}
}

func TestParseEndpoint(t *testing.T) {
	for text, want := range map[string]string{
		"https://a.example=http://127.0.0.1:80":       "https://a.example:443=http://127.0.0.1:80",
		"https://A.example:8443/=http://[::1]:8080/":  "https://a.example:8443=http://[::1]:8080",
		"http://münchen.example=https://127.9.9.9":    "http://xn--mnchen-3ya.example:80=https://127.9.9.9:443",
		"https://a.example":                           "",
		"https://a.example=":                          "",
		"=http://127.0.0.1:80":                        "",
		"https://a.example=http://localhost:80":       "",
		"https://a.example=http://203.0.113.7":        "",
		"https://a.example=http://127.0.0.1:80/x":     "",
		"https://a.example/x=http://127.0.0.1":        "",
		"https://a.example=http://127.0.0.1?a=b":      "",
		"https://u:p@a.example=http://127.0.0.1":      "",
		"a.example=http://127.0.0.1":                  "",
		"ftp://a.example=http://127.0.0.1":            "",
		"https://a.example=ftp://127.0.0.1":           "",
		"https://a.example=http://127.0.0.1.example/": "",
		"https://a.example=http://[::ffff:8.8.8.8]/":  "",
	} {
		e, err := ParseEndpoint(text)
		if want == "" {
			if err == nil || !strings.Contains(err.Error(), "endpoint") {
				t.Errorf("%s: got %s, %v", text, e, err)
			}
		} else if err != nil || e.String() != want {
			t.Errorf("%s: got %s, %v, want %s", text, e, err, want)
		}
	}
}

func FuzzParseEndpoint(f *testing.F) {
	for _, text := range []string{"https://a.example=http://127.0.0.1:80", "https://[::1]=http://[::1]:1", "a=b", "https://a=http://0x7f.1"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		e, err := ParseEndpoint(text)
		if err != nil {
			return
		}
		if err := onlyLoopback("tcp", e.to.address, nil); err != nil && !strings.Contains(e.to.address, "%") {
			if _, port, _ := net.SplitHostPort(e.to.address); validPort(port) {
				t.Errorf("%q leads to %s", text, e.to.address)
			}
		}
		again, err := ParseEndpoint(e.String())
		if err != nil || again != e {
			t.Errorf("%q is read as %s, and that as %s: %v", text, e, again, err)
		}
	})
}

func validPort(text string) bool {
	_, err := net.LookupPort("tcp", text)
	return err == nil
}

func TestNewNamesEveryMistake(t *testing.T) {
	one, _ := ParseEndpoint("https://a.example=http://127.0.0.1:1")
	two, _ := ParseEndpoint("https://a.example=http://127.0.0.1:2")
	other, _ := ParseEndpoint("https://b.example=http://127.0.0.1:2")
	_, err := New(Options{
		Hosts:     []string{"a.example", "https://a.example", "https://a.example/path"},
		Endpoints: []Endpoint{one, two, other, {}},
	})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{`"a.example"`, `"https://a.example/path" has more`, "another maps to http://127.0.0.1:1", "https://b.example:443=http://127.0.0.1:2 maps a host that no", "an endpoint is empty"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error lacks %q: %v", want, err)
		}
	}
	for _, proxy := range []string{"http://user:hunter2@", "ftp://user:hunter2@proxy.example", "http://us er:hunter2@proxy", "://hunter2"} {
		_, err := New(Options{Getenv: func(name string) string {
			if name == "https_proxy" {
				return proxy
			}
			return ""
		}})
		if err == nil || !strings.Contains(err.Error(), "HTTPS_PROXY is no address of a proxy") || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: got %v", proxy, err)
		}
	}
}

// environment is one of these variables.
func environment(variables map[string]string) func(string) string {
	return func(name string) string { return variables[name] }
}

func TestHTTPProxy(t *testing.T) {
	arrived := make(chan string, 2)
	proxy := listen(t, func(w *wire, _ int) {
		if r := w.request(); r != nil {
			arrived <- r.Method + " " + r.URL.String() + " " + r.Header.Get("Proxy-Authorization")
			body := "you are " + r.Header.Get("Proxy-Authorization") + " with hunter2"
			w.say("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + body)
		}
	})
	address := strings.Replace(proxy.url(), "http://", "http://user:hunter2@", 1)
	c := newClient(t, newClock(), Options{
		Hosts:  []string{"http://vendor.example", "http://inside.example"},
		Getenv: environment(map[string]string{"HTTP_PROXY": address, "no_proxy": "inside.example"}), Resolver: noNames,
	})
	o := c.Send(t.Context(), message(1, "http://vendor.example/block", "{}"), patient)
	credentials := base64.StdEncoding.EncodeToString([]byte("user:hunter2"))
	if o.Verdict != workbook.Sent {
		t.Fatalf("got %+v", o)
	}
	if got := <-arrived; got != "POST http://vendor.example/block Basic "+credentials {
		t.Errorf("the proxy saw %s", got)
	}
	if strings.Contains(o.Response.Body, "hunter2") || strings.Contains(o.Response.Body, credentials) {
		t.Errorf("the response shows the proxy's password: %s", o.Response.Body)
	}
	// What NO_PROXY names goes straight there; here it can't be looked up.
	o = c.Send(t.Context(), message(2, "http://inside.example/block", "{}"), patient)
	if o.Verdict != workbook.Failed || !strings.Contains(o.Reason, "the name inside.example can't be looked up") || len(arrived) != 0 {
		t.Errorf("got %+v, the proxy saw %d requests", o, len(arrived))
	}
}

func TestHTTPSProxy(t *testing.T) {
	// The certificate of a test server is for example.com too.
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, r.Host)
	}))
	defer s.Close()
	var refuse atomic.Bool
	proxy := listen(t, func(w *wire, _ int) {
		r := w.head()
		if r == nil || r.Method != http.MethodConnect || r.Host != "example.com:443" {
			t.Errorf("the proxy got %+v", r)
			return
		}
		if refuse.Load() {
			w.say("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
			return
		}
		to, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", s.Listener.Addr().String())
		if err != nil {
			t.Error(err)
			return
		}
		defer to.Close()
		w.say("HTTP/1.1 200 OK\r\n\r\n")
		go func() { io.Copy(to, w.reader); to.Close() }()
		io.Copy(w.conn, bufio.NewReader(to))
	})
	p := patient
	p.Roots = x509.NewCertPool()
	p.Roots.AddCert(s.Certificate())
	c := newClient(t, newClock(), Options{Hosts: []string{"https://example.com"}, Getenv: environment(map[string]string{"https_proxy": proxy.listener.Addr().String()}), Resolver: noNames})
	if o := c.Send(t.Context(), message(1, "https://example.com/block", "{}"), p); o.Verdict != workbook.Sent || o.Response.Body != "example.com" {
		t.Errorf("got %+v", o)
	}
	c.Close()
	refuse.Store(true)
	if o := c.Send(t.Context(), message(2, "https://example.com/block", "{}"), p); o.Verdict != workbook.Failed || o.Attempts != 3 || !strings.Contains(o.Reason, "Proxy Authentication Required") {
		t.Errorf("got %+v", o)
	}
}

func TestSilentProxy(t *testing.T) {
	proxy := listen(t, func(w *wire, _ int) { w.wait() })
	c := newClient(t, newClock(), Options{Hosts: []string{"https://example.com"}, Getenv: environment(map[string]string{"https_proxy": proxy.url()}), Resolver: noNames})
	o := c.Send(t.Context(), message(1, "https://example.com/block", "{}"), rash)
	if o.Verdict != workbook.Failed || o.Attempts != 3 || !strings.Contains(o.Reason, "example.com could not be reached within 50ms") {
		t.Errorf("got %+v", o)
	}
}

// TestRequestAsWritten: what arrives is what the message says, and what HTTP
// needs besides.
func TestRequestAsWritten(t *testing.T) {
	arrived := make(chan *http.Request, 1)
	s := listen(t, func(w *wire, _ int) {
		if r := w.request(); r != nil {
			arrived <- r
			w.say(accepted)
		}
	})
	body := "{\"a\": \"\u00fc\"}\n"
	m := message(1, s.url()+"/a%2Fb/../c?q=%20+&q=2", body)
	m.Headers = []Header{{"content-type", "application/json;charset=utf-8"}, {"X-Two", "a"}, {"X-Two", "b"}, {"User-Agent", "ours"}}
	if o := client(t, newClock(), s.url()).Send(t.Context(), m, patient); o.Verdict != workbook.Sent {
		t.Fatalf("got %+v", o)
	}
	r := <-arrived
	want := http.Header{
		"Content-Type": {"application/json;charset=utf-8"}, "X-Two": {"a", "b"}, "User-Agent": {"ours"},
		"Content-Length": {strconv.Itoa(len(body))},
	}
	if difference := cmp.Diff(want, r.Header); difference != "" {
		t.Error(difference)
	}
	if r.RequestURI != "/a%2Fb/../c?q=%20+&q=2" || s.bodies()[0] != body {
		t.Errorf("arrived at %s: %q", r.RequestURI, s.bodies())
	}
}

func TestProxyAddress(t *testing.T) {
	for text, want := range map[string]string{
		"http://p.example": "p.example:80", "https://p.example": "p.example:443", "socks5://p.example": "p.example:1080",
		"http://[::1]:3128": "[::1]:3128",
	} {
		u, err := url.Parse(text)
		if err != nil || proxyAddress(u) != want {
			t.Errorf("%s: got %s, %v", text, proxyAddress(u), err)
		}
	}
}
