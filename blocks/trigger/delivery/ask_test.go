package delivery

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func call(method, url string) Call {
	return Call{
		Method: method, URL: url, Headers: []Header{{"Authorization", "Bearer " + secret}},
		Secrets: map[string]string{"token": secret},
	}
}

func TestAsk(t *testing.T) {
	busy := "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 7\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
	// turns gives each connection its own answer, the last for all that follow.
	turns := func(answers ...string) func(*wire, int) {
		return func(w *wire, n int) {
			if answer := answers[min(n, len(answers))-1]; answer != "" {
				w.answer(answer)
				return
			}
			w.request()
			w.reset()
		}
	}
	for _, c := range []struct {
		name   string
		speak  func(*wire, int)
		policy Policy
		status int
		body   string
		whole  bool
		begun  int
		slept  string
	}{
		{"answered", turns(accepted), patient, 200, "{}", true, 1, "[]"},
		{"not found", turns("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"), patient, 404, "", true, 1, "[]"},
		{"busy, then answered", turns(busy, accepted), patient, 200, "{}", true, 2, "[7s]"},
		{"busy to the end", turns(busy), patient, 503, "", true, 3, "[7s 7s]"},
		{"bad gateway, then reset, then answered", turns("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", "", accepted), patient, 200, "{}", true, 3, "[1s 2s]"},
		{"truncated, then answered", turns("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", accepted), patient, 200, "{}", true, 2, "[1s]"},
		{"truncated to the end", turns("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"), patient, 200, "{", false, 3, "[1s 2s]"},
		{"too long", turns("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + strings.Repeat("x", MaxResponse+1)), patient, 200, strings.Repeat("x", MaxResponse), false, 1, "[]"},
		{"a redirect", turns("HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"), patient, 302, "", true, 1, "[]"},
		{"tells a secret", turns("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nyou are " + url.QueryEscape(secret)), patient, 200, "you are [token]", true, 1, "[]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := listen(t, c.speak)
			clock := newClock()
			a, err := client(t, clock, s.url()).Ask(t.Context(), call(http.MethodGet, s.url()+"/task"), c.policy)
			if err != nil {
				t.Fatal(err)
			}
			begun, _ := s.arrived()
			if a.Status != c.status || string(a.Body) != c.body || a.Whole != c.whole || begun != c.begun || fmt.Sprint(clock.slept) != c.slept {
				t.Errorf("got %d %.80q, whole %v, after %d requests and waits of %v", a.Status, a.Body, a.Whole, begun, clock.slept)
			}
		})
	}
}

func TestAskHead(t *testing.T) {
	s := listen(t, func(w *wire, _ int) {
		if r := w.request(); r == nil || r.Method != http.MethodHead {
			return
		}
		w.say("HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 99\r\nAllow: POST\r\n\r\n")
	})
	a, err := client(t, newClock(), s.url()).Ask(t.Context(), call(http.MethodHead, s.url()), patient)
	if err != nil || a.Status != 405 || !a.Whole || a.Headers.Get("Allow") != "POST" {
		t.Errorf("got %+v, %v", a, err)
	}
}

func TestAskWithoutAnAnswer(t *testing.T) {
	s := listen(t, func(w *wire, _ int) { w.request(); w.reset() })
	_, err := client(t, newClock(), s.url()).Ask(t.Context(), call(http.MethodGet, s.url()), patient)
	if begun, _ := s.arrived(); err == nil || !strings.Contains(err.Error(), "the connection was reset") || begun != 3 {
		t.Errorf("got %v after %d requests", err, begun)
	}
}

func TestAskIsEndedByItsContext(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	s := listen(t, func(w *wire, _ int) { w.request(); stop(); w.wait() })
	_, err := client(t, newClock(), s.url()).Ask(ctx, call(http.MethodGet, s.url()), patient)
	if begun, _ := s.arrived(); !errors.Is(err, context.Canceled) || begun != 1 {
		t.Errorf("got %v after %d requests", err, begun)
	}
	if _, err := client(t, newClock(), s.url()).Ask(ctx, call(http.MethodGet, s.url()), patient); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestAskRefuses(t *testing.T) {
	c := client(t, newClock(), "https://vendor.example")
	for want, q := range map[string]Call{
		"is a message":                    call(http.MethodPost, "https://vendor.example"),
		"ask DELETE":                      call(http.MethodDelete, "https://vendor.example"),
		"is not a host of an enabled":     call(http.MethodGet, "https://elsewhere.example"),
		"the scheme \"ftp\" is not":       call(http.MethodGet, "ftp://vendor.example"),
		"a user stands before the host":   call(http.MethodGet, "https://a:b@vendor.example"),
		"the URL can't be read":           call(http.MethodGet, "https://vendor.example/%zz"),
		"https://vendor.example:8443 is ": call(http.MethodGet, "https://vendor.example:8443"),
		"http://vendor.example:80 is not": call(http.MethodGet, "http://vendor.example"),
	} {
		if _, err := c.Ask(t.Context(), q, patient); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s %s: got %v, want %q", q.Method, q.URL, err, want)
		}
	}
}

// TestAskCountsForTheRate: questions and messages share what a configuration
// may ask of a vendor.
func TestAskCountsForTheRate(t *testing.T) {
	s := listen(t, say(accepted))
	clock := newClock()
	c := client(t, clock, s.url())
	p := patient
	p.Rate = 1
	c.Send(t.Context(), message(1, s.url(), "{}"), p)
	for range 2 {
		if _, err := c.Ask(t.Context(), call(http.MethodGet, s.url()), p); err != nil {
			t.Error(err)
		}
	}
	if fmt.Sprint(clock.slept) != "[1m0s 1m0s]" {
		t.Errorf("slept %v", clock.slept)
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		text, date string
		want       time.Duration
		given      bool
	}{
		{"", "", 0, false},
		{"0", "", 0, true},
		{"3", "", 3 * time.Second, true},
		{" 120 ", "", 2 * time.Minute, true},
		{"99999999999999999999", "", (1<<31 - 1) * time.Second, true},
		{"-3", "", 0, false},
		{"1.5", "", 0, false},
		{"soon", "", 0, false},
		{"Sat, 31 Jan 2026 12:00:30 GMT", "", 30 * time.Second, true},
		{"Sat, 31 Jan 2026 11:00:00 GMT", "", 0, true},
		{"Saturday, 31-Jan-26 12:00:05 GMT", "", 5 * time.Second, true},
		{"Sat Jan 31 12:00:05 2026", "", 5 * time.Second, true},
		// The vendor's clock is an hour ahead of this one.
		{"Sat, 31 Jan 2026 13:00:30 GMT", "Sat, 31 Jan 2026 13:00:00 GMT", 30 * time.Second, true},
		{"Sat, 31 Jan 2026 12:00:30 GMT", "today", 30 * time.Second, true},
	} {
		got, given := retryAfter(http.Header{"Retry-After": {c.text}, "Date": {c.date}}, now)
		if got != c.want || given != c.given {
			t.Errorf("%q with the date %q: got %s, %v, want %s, %v", c.text, c.date, got, given, c.want, c.given)
		}
	}
}

func TestWaits(t *testing.T) {
	after := func(text string) *Answer { return &Answer{Headers: http.Header{"Retry-After": {text}}} }
	for _, c := range []struct {
		policy  Policy
		answers []*Answer
		want    string
	}{
		{Policy{}, []*Answer{nil, nil, nil, nil, nil, nil, nil, nil}, "[1s 2s 4s 8s 16s 32s 1m0s 1m0s]"},
		{Policy{MaxWait: 5 * time.Second}, []*Answer{nil, nil, nil, nil, nil}, "[1s 2s 4s 5s 5s]"},
		{Policy{MaxWait: 100 * time.Millisecond}, []*Answer{nil, nil}, "[100ms 100ms]"},
		{Policy{}, []*Answer{after("10"), nil, after("0"), after("3600")}, "[10s 2s 0s 1m0s]"},
	} {
		retries := c.policy.retries()
		var got []time.Duration
		for _, a := range c.answers {
			got = append(got, retries.wait(a, newClock().now))
		}
		if fmt.Sprint(got) != c.want {
			t.Errorf("%+v waits %v, want %s", c.policy, got, c.want)
		}
	}
	if n := (Policy{}).retries().tries; n != DefaultTries {
		t.Errorf("%d tries where nothing is said", n)
	}
}

func FuzzRetryAfter(f *testing.F) {
	for _, text := range []string{"3", "Sat, 31 Jan 2026 12:00:30 GMT", "-1", "1e9", "9223372036854775807"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, given := retryAfter(http.Header{"Retry-After": {text}}, newClock().now)
		if d < 0 || !given && d != 0 {
			t.Errorf("%q is %s", text, d)
		}
		if w := (Policy{}).retries().wait(&Answer{Headers: http.Header{"Retry-After": {text}}}, newClock().now); w < 0 || w > DefaultMaxWait {
			t.Errorf("%q waits %s", text, w)
		}
	})
}
