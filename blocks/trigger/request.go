package trigger

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// maxBody is the largest body that is sent, in bytes: the vendor takes no more.
const maxBody = 1 << 20

// A request is a configuration filled for one row: what goes, and what it is
// aimed at.
type request struct {
	Call
	integration *Integration
	target      string
}

// fill builds the request for one row. Its error is one sentence that says why
// there is none.
func (n *Integration) fill(f filler) (*request, error) {
	call, err := n.form().fill(f)
	if err != nil {
		return nil, err
	}
	r := &request{Call: call, integration: n}
	if r.target, err = n.target.find(r.Body, f); err != nil {
		return nil, fmt.Errorf("the target can't be read: %w", err)
	}
	return r, nil
}

// key is equal for two calls of the configuration exactly when the second
// repeats the first: the same effect on the same target, or for a call without
// one, the same call. An e-mail repeats another where both say the same.
func (n *Integration) key(c Call, canonical string) string {
	parts := []string{c.Method, c.URL, n.target.kind, canonical}
	if n.isMail() {
		parts = append(parts, c.Body)
	}
	if canonical == "" {
		parts = append(parts, c.Body)
		for _, h := range c.Headers {
			parts = append(parts, h.Name, h.Value)
		}
	}
	digest := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(digest, "%d:%s", len(p), p)
	}
	return hex.EncodeToString(digest.Sum(nil))
}

// http builds the request that a transport takes.
func (r *request) http(ctx context.Context) (*http.Request, error) {
	h, err := http.NewRequestWithContext(ctx, r.Method, r.URL, strings.NewReader(r.Body))
	if err != nil {
		return nil, fmt.Errorf("build the request: %w", err)
	}
	if h.URL.Host != r.integration.endpoint.host || h.URL.Scheme != r.integration.endpoint.scheme {
		return nil, errors.New("build the request: it would leave the host of its configuration")
	}
	for _, header := range r.Headers {
		h.Header.Set(header.Name, header.Value)
	}
	return h, nil
}
