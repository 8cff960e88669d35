package delivery

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"
)

// A request is a message or a call, checked and ready to leave.
type request struct {
	method string
	url    *url.URL
	// host is the name that the vendor is asked by, also where the request goes
	// to this machine instead.
	host    string
	headers http.Header
	body    string
	line    line
	read    time.Duration
	// letter is set for what goes to a mail server, for which the fields of HTTP
	// are empty.
	letter *letter
	// redaction strikes out the secrets.
	redaction *redaction
}

// ownHeaders are those that the connection sets; in a message they would
// contradict it.
var ownHeaders = []string{"Host", "Content-Length", "Transfer-Encoding", "Connection", "Trailer", "Upgrade", "Expect", "Te", "Keep-Alive", "Proxy-Connection"}

// prepare checks what is asked and readies it.
func (c *Client) prepare(method, address string, headers []Header, body string, secrets map[string]string, p Policy) (*request, error) {
	if !httpguts.ValidHeaderFieldName(method) {
		return nil, errors.New("the method is no word")
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("the URL can't be read") // its text may hold secrets
	}
	from, err := originOf(u)
	if err != nil {
		return nil, fmt.Errorf("the URL does not say where to go: %w", err)
	}
	if isMail(from.scheme) {
		return nil, fmt.Errorf("%s is a mail server, and the method is %s", from, method)
	}
	if !c.allowed[from] {
		return nil, fmt.Errorf("%s is not a host of an enabled configuration: enabled are %s", from, sorted(c.allowed))
	}
	r := &request{
		method: method, url: u, host: u.Host, headers: http.Header{}, body: body,
		line:      line{roots: p.Roots, connect: cmp.Or(p.Connect, DefaultConnect)},
		read:      cmp.Or(p.Read, DefaultRead),
		redaction: c.redaction(secrets),
	}
	if len(c.endpoints) > 0 {
		to, err := c.redirected(from)
		if err != nil {
			return nil, err
		}
		r.url.Scheme, r.url.Host = to.scheme, to.address
	}
	for _, h := range headers {
		name := http.CanonicalHeaderKey(h.Name)
		switch {
		case !httpguts.ValidHeaderFieldName(h.Name):
			return nil, errors.New("a header has no valid name")
		case slices.Contains(ownHeaders, name):
			return nil, fmt.Errorf("the header %s is set by the connection itself", name)
		case !httpguts.ValidHeaderFieldValue(h.Value):
			return nil, fmt.Errorf("the header %s holds control bytes", name)
		}
		r.headers.Add(name, h.Value)
	}
	if _, ok := r.headers["User-Agent"]; !ok {
		r.headers.Set("User-Agent", "tabletop")
	}
	return r, nil
}

// http builds what the transport takes. net/http sends a request again by
// itself where it holds the request for repeatable: by its method or by a
// header Idempotency-Key, where it has no body or one that can be had again.
// Hence a body without GetBody; for a message without a body see Send.
func (r *request) http(ctx context.Context) *http.Request {
	h := &http.Request{Method: r.method, URL: r.url, Host: r.host, Header: r.headers.Clone(), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}
	if r.body != "" {
		h.Body, h.ContentLength = io.NopCloser(strings.NewReader(r.body)), int64(len(r.body))
	}
	return h.WithContext(ctx)
}

// An exchange is one request on the wire and what came of it.
type exchange struct {
	// answer is nil where none came. Its body is longer than MaxResponse where
	// there was more.
	answer *Answer
	// left says that bytes of the request may have left.
	left bool
	// step is what the server of an e-mail was told last.
	step string
	// err says why there is no answer, or why its body breaks off.
	err error
}

// The reasons that end an exchange by the clock.
var (
	errNotReached = errors.New("not reached in time")
	errNoAnswer   = errors.New("no whole answer in time")
)

// exchange makes one request. ctx ends it wherever it stands.
func (c *Client) exchange(ctx context.Context, r *request) exchange {
	if r.letter != nil {
		return c.converse(ctx, r)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	limit := time.AfterFunc(r.line.connect, func() { cancel(errNotReached) })
	defer func() { limit.Stop() }()

	var departures []departure
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) {
		d := departure{conn: counted(i.Conn)}
		if d.conn != nil {
			d.before = d.conn.sofar()
		}
		departures = append(departures, d)
		limit.Stop()
		limit = time.AfterFunc(r.read, func() { cancel(errNoAnswer) })
	}})

	response, err := c.transport(r.line).RoundTrip(r.http(ctx))
	if err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return exchange{left: left(departures), err: err}
	}
	answer := &Answer{Status: response.StatusCode, Headers: response.Header}
	if response.StatusCode == http.StatusSwitchingProtocols {
		response.Body.Close()
		return exchange{answer: answer, left: true}
	}
	answer.Body, err = io.ReadAll(io.LimitReader(response.Body, MaxResponse+1))
	response.Body.Close()
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	answer.Whole = err == nil && len(answer.Body) <= MaxResponse
	return exchange{answer: answer, left: true, err: err}
}
