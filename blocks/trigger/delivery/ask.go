package delivery

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

// Ask asks a vendor something that changes nothing there. A question is asked
// again, up to the policy's Tries, where no whole answer came and where the
// vendor or what stands before it says to come back (408, 425, 429, 502, 503,
// 504). It returns the last answer, secrets struck out, whatever its status, and
// an error where none came or ctx ended; ctx ends a question under way too.
func (c *Client) Ask(ctx context.Context, q Call, p Policy) (Answer, error) {
	prepare := c.prepare
	switch q.Method {
	case http.MethodGet, http.MethodHead:
	case MethodNoop:
		prepare = c.prepareMail
	default:
		return Answer{}, fmt.Errorf("ask %s: a question is a GET, a HEAD or a NOOP: what else may change something is a message", q.Method)
	}
	r, err := prepare(q.Method, q.URL, q.Headers, "", q.Secrets, p)
	if err != nil {
		return Answer{}, fmt.Errorf("ask: %s", c.redaction(q.Secrets).text(err.Error()))
	}
	retries := p.retries()
	for try := 1; ; try++ {
		if err := c.admit(ctx, p); err != nil {
			return Answer{}, fmt.Errorf("ask %s: %w", r.url.Host, err)
		}
		x := c.once(ctx, r, p)
		switch {
		case ctx.Err() != nil:
			return Answer{}, fmt.Errorf("ask %s: %w", r.url.Host, context.Cause(ctx))
		case x.answer != nil && (try >= retries.tries || !comeBack(x, r)):
			return r.redaction.answer(*x.answer), nil
		case x.answer == nil && (try >= retries.tries || r.hopeless(x.err)):
			return Answer{}, fmt.Errorf("ask %s: %w", r.url.Host, r.fault(x.err))
		}
		if err := c.sleep(ctx, retries.wait(x.answer, c.now())); err != nil {
			return Answer{}, fmt.Errorf("ask %s: %w", r.url.Host, err)
		}
	}
}

// comeBack reports whether a question may find a better answer later.
func comeBack(x exchange, r *request) bool {
	if r.letter != nil {
		return x.answer.Status/100 == 4
	}
	switch x.answer.Status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return x.err != nil
}

// fault is an error of the network without what the other side wrote.
func (r *request) fault(err error) error { return errors.New(r.describeMail(err)) }
