package delivery

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"tabletop/workbook"
)

// A fault is a way in which a vendor fails, and what must come of it.
type fault struct {
	name   string
	speak  func(w *wire, connection int)
	policy Policy
	https  bool

	verdict  workbook.Verdict
	attempts int
	// begun and whole are how many requests arrive in part and whole.
	begun, whole int
	reason       string
}

func say(answer string) func(*wire, int) {
	return func(w *wire, _ int) { w.answer(answer) }
}

func status(line string) func(*wire, int) {
	return say("HTTP/1.1 " + line + "\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
}

// bodyDecides finds success in the body, as most configurations do.
func bodyDecides(a Answer) Judgement {
	switch {
	case a.Status/100 != 2:
		return Judgement{Verdict: workbook.Failed, Reason: fmt.Sprintf("the vendor answered %d", a.Status)}
	case !strings.Contains(string(a.Body), `"ok":true`):
		return Judgement{Verdict: workbook.Failed, Reason: "the vendor did not say ok"}
	}
	return Judgement{Verdict: workbook.Sent, Task: "7"}
}

func by(judge func(Answer) Judgement) Policy {
	p := patient
	p.Judge = judge
	return p
}

// hastyJudge is hasty, with a rule on the body.
var hastyJudge = func() Policy {
	p := hasty
	p.Judge = bodyDecides
	return p
}()

var faults = []fault{
	{"accepted", say(accepted), patient, false, workbook.Sent, 1, 1, 1, ""},
	{"not modified, without a body", status("304 Not Modified"), patient, false, workbook.Failed, 1, 1, 1, "answered 304"},
	{"a redirect", say("HTTP/1.1 307 Temporary Redirect\r\nLocation: /elsewhere\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"), patient, false, workbook.Failed, 1, 1, 1, "answered 307"},
	{"bad request", status("400 Bad Request"), patient, false, workbook.Failed, 1, 1, 1, "answered 400"},
	{"server error", status("500 Internal Server Error"), patient, false, workbook.Failed, 1, 1, 1, "answered 500"},

	{"too many requests", status("429 Too Many Requests"), patient, false, workbook.Failed, 3, 3, 3, "at the last of 3 tries"},
	{"unavailable", status("503 Service Unavailable"), patient, false, workbook.Failed, 3, 3, 3, "answered 503"},
	{"too early", status("425 Too Early"), patient, false, workbook.Failed, 3, 3, 3, "answered 425"},
	{"unavailable, in a broken answer", say("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 99\r\n\r\n{"), patient, false, workbook.Failed, 3, 3, 3, "answered 503"},
	{"busy, then accepted", func(w *wire, n int) {
		if n < 3 {
			status("429 Too Many Requests")(w, n)
			return
		}
		w.answer(accepted)
	}, patient, false, workbook.Sent, 3, 3, 3, ""},
	{"busy, then reset", func(w *wire, n int) {
		if n < 2 {
			status("429 Too Many Requests")(w, n)
			return
		}
		w.request()
		w.reset()
	}, patient, false, workbook.Unknown, 2, 2, 2, "reset"},

	{"request timeout", status("408 Request Timeout"), patient, false, workbook.Unknown, 1, 1, 1, "does not tell"},
	{"bad gateway", status("502 Bad Gateway"), patient, false, workbook.Unknown, 1, 1, 1, "does not tell"},
	{"gateway timeout", status("504 Gateway Timeout"), patient, false, workbook.Unknown, 1, 1, 1, "does not tell"},
	{"another protocol", say("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"), patient, false, workbook.Unknown, 1, 1, 1, "does not tell"},

	{"reset at the first byte", func(w *wire, _ int) { w.firstByte(); w.reset() }, patient, false, workbook.Unknown, 1, 1, 0, "reset"},
	{"reset after the headers", func(w *wire, _ int) { w.head(); w.reset() }, patient, false, workbook.Unknown, 1, 1, 0, "reset"},
	{"reset after the body", func(w *wire, _ int) { w.request(); w.reset() }, patient, false, workbook.Unknown, 1, 1, 1, "reset"},
	{"closed at the first byte", func(w *wire, _ int) { w.firstByte() }, patient, false, workbook.Unknown, 1, 1, 0, ""},
	{"closed after the body", func(w *wire, _ int) { w.request() }, patient, false, workbook.Unknown, 1, 1, 1, "closed"},
	{"silent after the headers", func(w *wire, _ int) { w.head(); w.wait() }, hasty, false, workbook.Unknown, 1, 1, 0, "no whole answer came within 50ms"},
	{"silent after the body", func(w *wire, _ int) { w.request(); w.wait() }, hasty, false, workbook.Unknown, 1, 1, 1, "no whole answer came within 50ms"},
	{"not HTTP", say("SSH-2.0-OpenSSH_9.6\r\n"), patient, false, workbook.Unknown, 1, 1, 1, "not HTTP"},
	{"an answer of nothing", say("\r\n\r\n"), patient, false, workbook.Unknown, 1, 1, 1, "not HTTP"},
	{"half a status line", say("HTTP/1.1 20"), patient, false, workbook.Unknown, 1, 1, 1, "not HTTP"},
	{"half the headers", say("HTTP/1.1 200 OK\r\nContent-Le"), patient, false, workbook.Unknown, 1, 1, 1, "not HTTP"},
	{"endless headers", say("HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 2*maxHeaders) + "\r\n\r\n"), patient, false, workbook.Unknown, 1, 1, 1, "headers"},
	{"two lengths", say("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}"), patient, false, workbook.Unknown, 1, 1, 1, ""},

	{"truncated, the status decides", say("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"), patient, false, workbook.Sent, 1, 1, 1, ""},
	{"truncated, the body decides", say("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"), by(bodyDecides), false, workbook.Unknown, 1, 1, 1, "not whole: the connection was closed"},
	{"truncated within a chunk", say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n{"), by(bodyDecides), false, workbook.Unknown, 1, 1, 1, "not whole"},
	{"truncated, and refused by its status", say("HTTP/1.1 400 Bad Request\r\nContent-Length: 99\r\n\r\n{"), by(bodyDecides), false, workbook.Failed, 1, 1, 1, "answered 400"},
	{"a body that says no", say(accepted), by(bodyDecides), false, workbook.Failed, 1, 1, 1, "did not say ok"},
	{"a body that never ends", say("HTTP/1.1 200 OK\r\n\r\n" + strings.Repeat("x", 1<<20)), by(bodyDecides), false, workbook.Unknown, 1, 1, 1, "more than 65536 bytes"},
	{"slow loris", func(w *wire, _ int) {
		w.answer("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{")
		w.wait()
	}, hastyJudge, false, workbook.Unknown, 1, 1, 1, "not whole"},
	{"slow loris in the headers", func(w *wire, _ int) { w.answer("HTTP/1.1 200 OK\r\nX: "); w.wait() }, hasty, false, workbook.Unknown, 1, 1, 1, "no whole answer"},
	{"a rule that says nothing", say(accepted), by(func(Answer) Judgement { return Judgement{} }), false, workbook.Unknown, 1, 1, 1, "does not say"},
	{"an answer before the request was read", func(w *wire, _ int) { w.head(); w.say("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n"); w.wait() }, patient, false, workbook.Failed, 1, 1, 0, "answered 413"},

	{"plain text instead of TLS", func(w *wire, _ int) { w.say("HTTP/1.1 400 Bad Request\r\n\r\n"); w.wait() }, patient, true, workbook.Failed, 3, 0, 0, "does not speak TLS"},
	{"closed within TLS", func(*wire, int) {}, patient, true, workbook.Failed, 3, 0, 0, "did not take it"},
	{"silent within TLS", func(w *wire, _ int) { w.wait() }, rash, true, workbook.Failed, 3, 0, 0, "could not be reached within 50ms"},
}

// TestFaults plays every fault with a body, with a key that has net/http send
// by itself, and with a long body, on fresh connections.
func TestFaults(t *testing.T) {
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			for _, keyed := range []bool{false, true} {
				s := listen(t, f.speak)
				url := s.url()
				if f.https {
					url = strings.Replace(url, "http:", "https:", 1)
				}
				m := message(7, url+"/block", `{"target":"203.0.113.7"}`)
				if keyed {
					m.Headers = append(m.Headers, Header{"Idempotency-Key", "k"}, Header{"X-Idempotency-Key", "k"})
				}
				o := client(t, newClock(), url).Send(t.Context(), m, f.policy)
				begun, whole := s.arrived()
				if o.Action != 7 || o.Verdict != f.verdict || o.Attempts != f.attempts || begun != f.begun || whole > f.whole {
					t.Errorf("got %+v with %d requests begun and %d whole, want %s after %d attempts, %d and %d", o, begun, whole, f.verdict, f.attempts, f.begun, f.whole)
				}
				if !strings.Contains(o.Reason, f.reason) || (o.Reason == "") != (o.Verdict == workbook.Sent) {
					t.Errorf("the reason is %q, want one with %q", o.Reason, f.reason)
				}
				if (o.Verdict == workbook.Sent) && o.Response == nil {
					t.Error("no response was kept")
				}
			}
		})
	}
}

// TestResetUnread resets connections before a byte is read. Whether a byte left
// by then is a race; that the vendor reads none, and that a message of which
// bytes left is not tried again, is not.
func TestResetUnread(t *testing.T) {
	for range 50 {
		s := listen(t, func(w *wire, _ int) { w.reset() })
		o := client(t, newClock(), s.url()).Send(t.Context(), message(1, s.url(), "{}"), patient)
		if o.Verdict != workbook.Unknown && (o.Verdict != workbook.Failed || o.Attempts != 3) || s.connected() > o.Attempts {
			t.Fatalf("got %+v over %d connections", o, s.connected())
		}
	}
}

func TestRefusedConnection(t *testing.T) {
	s := listen(t, nil)
	s.listener.Close()
	clock := newClock()
	o := client(t, clock, s.url()).Send(t.Context(), message(1, s.url(), "{}"), patient)
	if o.Verdict != workbook.Failed || o.Attempts != 3 || !strings.Contains(o.Reason, "refused the connection") || o.Response != nil {
		t.Errorf("got %+v", o)
	}
	if fmt.Sprint(clock.slept) != "[1s 2s]" {
		t.Errorf("waited %v between the tries", clock.slept)
	}
}

func TestNameNotFound(t *testing.T) {
	resolver := &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		return nil, errors.New("no name server")
	}}
	c := newClient(t, newClock(), Options{Hosts: []string{"https://vendor.example"}, Resolver: resolver})
	o := c.Send(t.Context(), message(1, "https://vendor.example/block", "{}"), patient)
	if o.Verdict != workbook.Failed || o.Attempts != 3 || !strings.Contains(o.Reason, "vendor.example") {
		t.Errorf("got %+v", o)
	}
}

func TestNameNeverAnswered(t *testing.T) {
	resolver := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}}
	c := newClient(t, newClock(), Options{Hosts: []string{"http://vendor.example"}, Resolver: resolver})
	o := c.Send(t.Context(), message(1, "http://vendor.example/block", "{}"), rash)
	if o.Verdict != workbook.Failed || o.Attempts != 3 || !strings.Contains(o.Reason, "vendor.example") {
		t.Errorf("got %+v", o)
	}
}

// stale answers a first request and closes the connection in the middle of a
// second on it.
func stale(w *wire, _ int) {
	w.answer(accepted)
	w.firstByte()
	w.reset()
}

// TestKeptConnectionBreaks has a connection that was kept break under the next
// message: that message has left, and must not leave again.
func TestKeptConnectionBreaks(t *testing.T) {
	for _, body := range []string{"{}", strings.Repeat("x", 1<<20)} {
		s := listen(t, stale)
		c := client(t, newClock(), s.url())
		m := message(1, s.url(), body)
		m.Headers = append(m.Headers, Header{"Idempotency-Key", "k"})
		if o := c.Send(t.Context(), m, patient); o.Verdict != workbook.Sent {
			t.Fatalf("got %+v", o)
		}
		o := c.Send(t.Context(), m, patient)
		if begun, _ := s.arrived(); o.Verdict != workbook.Unknown || o.Attempts != 1 || begun != 2 || s.connected() != 1 {
			t.Errorf("got %+v, %d requests over %d connections", o, begun, s.connected())
		}
	}
}

// TestWithoutABody sends messages that net/http holds for repeatable: they go
// over connections of their own.
func TestWithoutABody(t *testing.T) {
	for _, method := range []string{http.MethodPost, http.MethodGet, http.MethodDelete} {
		s := listen(t, func(w *wire, n int) {
			if n%2 == 1 {
				w.answer(accepted)
			}
			w.firstByte()
			w.reset()
		})
		c := client(t, newClock(), s.url())
		m := message(1, s.url(), "")
		m.Method = method
		m.Headers = append(m.Headers, Header{"Idempotency-Key", "k"})
		first, second := c.Send(t.Context(), m, patient), c.Send(t.Context(), m, patient)
		if begun, _ := s.arrived(); first.Verdict != workbook.Sent || second.Verdict != workbook.Unknown || second.Attempts != 1 || begun != 2 || s.connected() != 2 {
			t.Errorf("%s: got %+v and %+v, %d requests over %d connections", method, first, second, begun, s.connected())
		}
	}
}

// TestNetHTTPWouldSendTwice shows that these servers do bring net/http to send
// by itself, with what it makes of a request usually: else the tests above
// would prove nothing.
func TestNetHTTPWouldSendTwice(t *testing.T) {
	for _, body := range []string{"{}", ""} {
		s := listen(t, func(w *wire, n int) {
			if n == 1 {
				stale(w, n)
				return
			}
			w.answer(accepted)
		})
		transport := &http.Transport{}
		t.Cleanup(transport.CloseIdleConnections)
		for range 2 {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url(), strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Idempotency-Key", "k")
			response, err := transport.RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, response.Body); err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
		}
		if begun, _ := s.arrived(); begun != 3 {
			t.Errorf("%d requests arrived, want 3", begun)
		}
	}
}

// TestKeptConnectionIdle closes connections right after each answer, so that
// the next message meets a closed one or a closing one. Whatever it meets, it
// arrives once at most.
func TestKeptConnectionIdle(t *testing.T) {
	s := listen(t, say(accepted))
	c := client(t, newClock(), s.url())
	sent := 0
	for i := range 200 {
		o := c.Send(t.Context(), message(i, s.url(), fmt.Sprint(i)), patient)
		switch {
		case o.Verdict == workbook.Sent:
			sent++
		case o.Verdict != workbook.Unknown || o.Attempts != 1:
			t.Fatalf("got %+v", o)
		}
	}
	seen := map[string]bool{}
	for _, body := range s.bodies() {
		if seen[body] {
			t.Errorf("the message %s arrived twice", body)
		}
		seen[body] = true
	}
	if len(seen) != sent {
		t.Errorf("%d messages arrived, %d are sent", len(seen), sent)
	}
}
