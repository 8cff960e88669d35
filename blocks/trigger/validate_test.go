package trigger

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tabletop/blocks/trigger/delivery"
)

func TestValidateCalls(t *testing.T) {
	for name, c := range map[string]struct {
		n    *Integration
		want Call
	}{
		"Trend Micro asks for its health": {
			ready(t, "trend-v2", "Trend Micro XDR: Block IP"),
			Call{Method: "GET", URL: "https://api.xdr.trendmicro.com/v3.0/healthcheck/connectivity", Headers: []delivery.Header{{Name: "Authorization", Value: "Bearer [token]"}}},
		},
		"a HEAD, without what a row would give": {entry(t), Call{Method: "HEAD", URL: "https://h.example/x/", Headers: []delivery.Header{{Name: "Authorization", Value: "Bearer [key]"}}}},
		"before a column in the query": {
			entry(t, "url: 'https://h.example/a/b?x=1&y=$A'"),
			Call{Method: "HEAD", URL: "https://h.example/a/b", Headers: []delivery.Header{{Name: "Authorization", Value: "Bearer [key]"}}},
		},
		"behind a secret": {
			entry(t, "url: 'https://h.example/a/[hook]/b$A'"),
			Call{Method: "HEAD", URL: "https://h.example/a/[hook]/", Headers: []delivery.Header{{Name: "Authorization", Value: "Bearer [key]"}}},
		},
		"written": {
			entry(t, "validate: {url: 'https://h.example/me', headers: {A: '[key]'}}"),
			Call{Method: "GET", URL: "https://h.example/me", Headers: []delivery.Header{{Name: "A", Value: "[key]"}}},
		},
	} {
		got, err := c.n.ValidateCall(Shown)
		if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
			t.Errorf("%s: %v %s", name, err, diff)
		}
	}
}

func TestValidation(t *testing.T) {
	health, head := ready(t, "trend-v2", "Trend Micro XDR: Block IP"), entry(t)
	for _, c := range []struct {
		n      *Integration
		status int
		body   string
		want   string
		detail string
	}{
		{health, 200, `{"status":"available"}`, Validated, "200 OK"},
		{health, 200, `{"status":"unavailable"}`, ValidationFailed, "200 OK"},
		{health, 200, "ok", ValidationFailed, "not JSON"},
		{health, 401, "", ValidationDenied, "401 Unauthorized"},
		{health, 403, "", ValidationForbid, "403 Forbidden"},
		{health, 404, "", ValidationNotFound, "404 Not Found"},
		{health, 405, "", ValidationFailed, "405"},
		{health, 500, "", ValidationFailed, "500"},
		{head, 200, "", Validated, "200 OK"},
		{head, 404, "", Validated, "reachable, credentials unknown"},
		{head, 405, "", Validated, "reachable, credentials unknown"},
		{head, 401, "", ValidationDenied, "401"},
		{head, 302, "", ValidationFailed, "302 Found"},
		{head, 503, "", ValidationFailed, "503"},
	} {
		v := c.n.Validation(answered(c.status, c.body))
		if v.Status != c.want || !strings.Contains(v.Detail, c.detail) || v.OK != (c.want == Validated) {
			t.Errorf("%d %s: %+v, want %s", c.status, c.body, v, c.want)
		}
	}
}
