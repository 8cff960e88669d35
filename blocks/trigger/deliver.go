package trigger

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"tabletop/blocks/trigger/delivery"
	"tabletop/blocks/trigger/guard"
)

// A rehearser hands requests to a vendor that is played, and takes a request
// together with the guard's approval of its target. What is really sent goes
// through package delivery.
type rehearser struct{ vendor http.RoundTripper }

// hand hands over one request and returns the answer.
func (s rehearser) hand(ctx context.Context, r *request, approved guard.Approved) (delivery.Answer, error) {
	if !approved.Covers(r.integration.target.kind, r.target) {
		return delivery.Answer{}, fmt.Errorf("rehearse a request to %s: the guard has not approved the target", guard.Quote(r.target))
	}
	if s.vendor == nil {
		return delivery.Answer{}, errors.New("rehearse a request: no vendor to hand it to")
	}
	h, err := r.http(ctx)
	if err != nil {
		return delivery.Answer{}, err
	}
	answer, err := s.vendor.RoundTrip(h)
	if err != nil {
		return delivery.Answer{}, fmt.Errorf("rehearse a request: %w", err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, delivery.MaxResponse+1))
	if err != nil {
		return delivery.Answer{}, fmt.Errorf("read the answer: %w", err)
	}
	whole := len(body) <= delivery.MaxResponse
	return delivery.Answer{Status: answer.StatusCode, Headers: answer.Header, Body: body[:min(len(body), delivery.MaxResponse)], Whole: whole}, nil
}
