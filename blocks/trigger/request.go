package trigger

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"tabletop/workbook"
)

// maxBody is the largest body that is sent, in bytes: the vendor takes no more.
const maxBody = 1 << 20

// A request is a configuration filled for one row: what goes, and what it is
// aimed at.
type request struct {
	integration *Integration
	url         string
	// headers are in the order of the configuration.
	headers []filledHeader
	body    string
	target  string
}

type filledHeader struct{ name, value string }

// fill builds the request for one row. Its error is one sentence that says why
// there is none.
func (n *Integration) fill(f filler) (*request, error) {
	r := &request{integration: n}
	var err error
	if r.body, err = n.payload.fill(f); err != nil {
		return nil, fmt.Errorf("the payload can't be filled: %w", err)
	}
	if len(r.body) > maxBody {
		return nil, fmt.Errorf("the payload would have %d bytes, and %d are the most that is sent", len(r.body), maxBody)
	}
	if r.url, err = n.endpoint.fill(f); err != nil {
		return nil, fmt.Errorf("the URL can't be filled: %w", err)
	}
	for _, h := range n.headers {
		value, err := h.value.fill(f)
		if err != nil {
			return nil, fmt.Errorf("the header %s can't be filled: %w", h.name, err)
		}
		if len(value) > maxHeader {
			return nil, fmt.Errorf("the header %s would have %d bytes, and %d are the most that is sent", h.name, len(value), maxHeader)
		}
		r.headers = append(r.headers, filledHeader{h.name, value})
	}
	if r.target, err = n.target.find(r.body, f); err != nil {
		return nil, fmt.Errorf("the target can't be read: %w", err)
	}
	return r, nil
}

// record is the request as the audit keeps it.
func (r *request) record() *workbook.Request {
	record := &workbook.Request{Method: r.integration.Method, URL: r.url, Headers: make(map[string]string, len(r.headers)), Body: r.body}
	for _, h := range r.headers {
		record.Headers[h.name] = h.value
	}
	return record
}

// key is equal for two requests exactly when the second repeats the first: the
// same effect on the same target, or for a request without one, the same
// request.
func (r *request) key(canonical string) string {
	n := r.integration
	parts := []string{n.Method, r.url, n.target.kind, canonical}
	if canonical == "" {
		parts = append(parts, r.body)
		for _, h := range r.headers {
			parts = append(parts, h.name, h.value)
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
	h, err := http.NewRequestWithContext(ctx, r.integration.Method, r.url, strings.NewReader(r.body))
	if err != nil {
		return nil, fmt.Errorf("build the request: %w", err)
	}
	if h.URL.Host != r.integration.endpoint.host || h.URL.Scheme != r.integration.endpoint.scheme {
		return nil, errors.New("build the request: it would leave the host of its configuration")
	}
	for _, header := range r.headers {
		h.Header.Set(header.name, header.value)
	}
	return h, nil
}
