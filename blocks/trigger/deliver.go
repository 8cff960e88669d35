package trigger

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"tabletop/blocks/trigger/guard"
	"tabletop/workbook"
)

// maxResponse is how much of an answer is kept, in bytes.
const maxResponse = 64 << 10

// A sender hands requests to a vendor. It is the only way to one, and takes a
// request together with the guard's approval of its target.
type sender struct{ vendor http.RoundTripper }

// send hands over one request. The response is nil where none came.
func (s sender) send(ctx context.Context, r *request, approved guard.Approved) (*workbook.Response, error) {
	if !approved.Covers(r.integration.target.kind, r.target) {
		return nil, fmt.Errorf("send to %s: the guard has not approved the target", guard.Quote(r.target))
	}
	if s.vendor == nil {
		return nil, errors.New("send: no vendor to send to")
	}
	h, err := r.http(ctx)
	if err != nil {
		return nil, err
	}
	answer, err := s.vendor.RoundTrip(h)
	if err != nil {
		return nil, fmt.Errorf("send: %w", err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxResponse))
	if err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	return &workbook.Response{Status: answer.StatusCode, Body: strings.ToValidUTF8(string(body), "\uFFFD")}, nil
}
