package simulator

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"tabletop/workbook/source"
)

// A running server, and what it reported.
type running struct {
	*Server
	mutex    sync.Mutex
	arrivals []Arrival
	arrived  chan struct{}
	// stop ends the server and gives what Serve returned.
	stop func() error
}

func serve(t *testing.T, o Options) *running {
	t.Helper()
	s := &running{arrived: make(chan struct{}, 1000)}
	if o.Vendor == nil {
		o.Vendor = New()
	}
	o.Report = func(a Arrival) {
		s.mutex.Lock()
		s.arrivals = append(s.arrivals, a)
		s.mutex.Unlock()
		s.arrived <- struct{}{}
	}
	var err error
	if s.Server, err = Listen(t.Context(), "127.0.0.1:0", o); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx) }()
	s.stop = sync.OnceValue(func() error { cancel(); return <-ended })
	t.Cleanup(func() {
		if err := s.stop(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func (s *running) seen() []Arrival {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return append([]Arrival(nil), s.arrivals...)
}

func faulty(t *testing.T, text string) Schedule {
	t.Helper()
	s, problems := ParseSchedule(source.NewText("--fault", text))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return s
}

// send asks over a connection of its own.
func send(t *testing.T, method, url, body string, headers ...string) (*http.Response, error) {
	t.Helper()
	transport := &http.Transport{DisableKeepAlives: true}
	t.Cleanup(transport.CloseIdleConnections)
	return sendBy(t, &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, method, url, body, headers...)
}

func sendBy(t *testing.T, client *http.Client, method, url, body string, headers ...string) (*http.Response, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer secret-of-the-test")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return client.Do(r)
}

// A faultCase is a fault, and what a caller and the vendor have of it.
type faultCase struct {
	fault string
	// status is 0 where no answer comes; bodyFails says that it does not come whole.
	status    int
	bodyFails bool
	header    map[string]string
	contains  string
	taken     bool
	unread    bool
}

var faultCases = []faultCase{
	{fault: "status=500", status: 500, contains: "InternalServerError"},
	{fault: "status=401", status: 401, contains: "InvalidToken"},
	{fault: "status=403", status: 403, contains: "AccessDenied"},
	{fault: "status=404", status: 404, contains: "NotFound"},
	{fault: "status=408", status: 408, contains: "408"},
	{fault: "status=204", status: 204},
	{fault: "status=302", status: 302, header: map[string]string{"Location": "/redirected"}},
	{fault: "status=502", status: 502, contains: "<html>"},
	{fault: "status=503", status: 503, contains: "upstream"},
	{fault: "taken-status=504", status: 504, contains: "<html>", taken: true},
	{fault: "429", status: 429, contains: "TooManyRequests", header: map[string]string{"Retry-After": ""}},
	{fault: "429-retry-after=2", status: 429, contains: "TooManyRequests", header: map[string]string{"Retry-After": "2"}},
	{fault: "429-retry-date=2", status: 429, header: map[string]string{"Retry-After": "Thu, 01 Jan 2026 00:00:02 GMT"}},
	{fault: "503-retry-after=7", status: 503, header: map[string]string{"Retry-After": "7"}},
	{fault: "latency=1ms", status: 200, contains: "actionId", taken: true},
	{fault: "reset-before", unread: true},
	{fault: "reset-after", taken: true},
	{fault: "close-after", taken: true},
	{fault: "truncate", status: 200, bodyFails: true, contains: `{"actionId"`, taken: true},
	{fault: "non-json", status: 200, contains: "<html>", taken: true},
	{fault: "long-body", status: 200, contains: strings.Repeat(" ", 70_000), taken: true},
	{fault: "slow-loris=1ms", status: 200, contains: `"taskStatus":"pending"}`, taken: true},
	{fault: "207-mixed", status: 207, contains: `"InternalServerError"`},
}

func TestEveryFaultHasACase(t *testing.T) {
	for _, r := range faultRules() {
		found := false
		for _, c := range faultCases {
			name, _, _ := strings.Cut(c.fault, "=")
			found = found || name == r.name()
		}
		if !found {
			t.Errorf("no case for the fault %s", r.name())
		}
	}
}

func TestFaultsOverConnections(t *testing.T) {
	for _, c := range faultCases {
		t.Run(c.fault, func(t *testing.T) {
			s := serve(t, Options{Schedule: faulty(t, "2:"+c.fault)})
			if r, err := send(t, "POST", s.URL()+pathBlock, body("ip", "203.0.113.7")); err != nil || r.StatusCode != 200 {
				t.Fatalf("the request before: %v %v", r, err)
			}
			answer, err := send(t, "POST", s.URL()+pathBlock, body("ip", "203.0.113.8"))
			c.check(t, answer, err)
			if c.fault == "reset-before" || c.fault == "reset-after" {
				if !errors.Is(err, syscall.ECONNRESET) {
					t.Errorf("no reset: %v", err)
				}
			}
			c.checkArrival(t, s.seen()[1], s.play.vendor.State())
			if r, err := send(t, "POST", s.URL()+pathBlock, body("ip", "203.0.113.9")); err != nil || r.StatusCode != 200 {
				t.Errorf("the request after: %v %v", r, err)
			}
		})
	}
}

func TestFaultsInThisProcess(t *testing.T) {
	for _, c := range faultCases {
		t.Run(c.fault, func(t *testing.T) {
			v := New()
			transport := NewTransport(v, faulty(t, "2:"+c.fault))
			var arrivals []Arrival
			transport.Report = func(a Arrival) { arrivals = append(arrivals, a) }
			client := &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
			if r, err := sendBy(t, client, "POST", base+pathBlock, body("ip", "203.0.113.7")); err != nil || r.StatusCode != 200 {
				t.Fatal(r, err)
			}
			answer, err := sendBy(t, client, "POST", base+pathBlock, body("ip", "203.0.113.8"))
			c.check(t, answer, err)
			c.checkArrival(t, arrivals[1], v.State())
		})
	}
}

func (c faultCase) check(t *testing.T, answer *http.Response, err error) {
	t.Helper()
	if c.status == 0 {
		if err == nil {
			t.Fatalf("an answer came: %d", answer.StatusCode)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if answer.StatusCode != c.status || (err != nil) != c.bodyFails || !strings.Contains(string(text), c.contains) {
		t.Errorf("got %d %.200s (%v)", answer.StatusCode, text, err)
	}
	if c.bodyFails && !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("cut short, but %v", err)
	}
	for name, want := range c.header {
		if got := answer.Header.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func (c faultCase) checkArrival(t *testing.T, a Arrival, s State) {
	t.Helper()
	if a.Sequence != 2 || a.Status != c.status || a.Fault != c.fault || a.Read == c.unread || a.Taken != c.taken {
		t.Errorf("arrival: %+v", a)
	}
	if c.unread != (a.Body == "") {
		t.Errorf("kept the body %q", a.Body)
	}
	on := false
	for _, b := range s.SuspiciousObjects {
		on = on || b.Target == Target{"ip", "203.0.113.8"}
	}
	if on != c.taken {
		t.Errorf("on the list: %v", on)
	}
}

// A batch is mixed item by item.
func TestMixedBatch(t *testing.T) {
	s := serve(t, Options{Schedule: faulty(t, "207-mixed")})
	for text, want := range map[string][]int{
		`[{"ip":"203.0.113.1"},{"ip":"203.0.113.2"},{"domain":"evil.example"}]`: {202, 500, 202},
		`[{"ip":"203.0.113.3"}]`: {500},
	} {
		answer, err := send(t, "POST", s.URL()+pathBlockV3, text)
		if err != nil {
			t.Fatal(err)
		}
		var items []struct{ Status int }
		if err := json.NewDecoder(answer.Body).Decode(&items); err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		var got []int
		for _, i := range items {
			got = append(got, i.Status)
		}
		if answer.StatusCode != 207 || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: got %d %v, want %v", text, answer.StatusCode, got, want)
		}
	}
	if list := s.play.vendor.State().SuspiciousObjects; len(list) != 2 {
		t.Errorf("the list: %v", list)
	}
}

func TestFaultByHeader(t *testing.T) {
	s := serve(t, Options{Schedule: faulty(t, "*:status=500")})
	answer, err := send(t, "POST", s.URL()+pathBlock, body("ip", "203.0.113.7"), FaultHeader, "status=418")
	if err != nil || answer.StatusCode != 418 {
		t.Errorf("got %v %v", answer, err)
	}
	answer, err = send(t, "POST", s.URL()+pathBlock, body("ip", "203.0.113.7"), FaultHeader, "statu=418")
	if err != nil {
		t.Fatal(err)
	}
	text, _ := io.ReadAll(answer.Body)
	if answer.StatusCode != 400 || !strings.Contains(string(text), "did you mean status?") {
		t.Errorf("got %d %s", answer.StatusCode, text)
	}
	if s.Totals() != (Totals{Requests: 2, Faults: 1}) {
		t.Errorf("totals %+v", s.Totals())
	}
}

// syncs is a log that notes in which order it was written, synced and answered.
type syncs struct {
	mutex sync.Mutex
	text  bytes.Buffer
	steps []string
	fail  error
}

func (l *syncs) note(step string) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.steps = append(l.steps, step)
}

func (l *syncs) Write(line []byte) (int, error) {
	l.note("write")
	return l.text.Write(line)
}

func (l *syncs) Sync() error {
	l.note("sync")
	return l.fail
}

func TestLogIsSyncedBeforeTheAnswer(t *testing.T) {
	l := &syncs{}
	s := serve(t, Options{Log: l, Schedule: faulty(t, "2:reset-after,3:reset-before")})
	for range 3 {
		if answer, err := send(t, "POST", s.URL()+pathBlock, body("ip", "203.0.113.7")); err == nil {
			answer.Body.Close()
		}
		l.note("answer")
	}
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(l.steps, " "); got != strings.Repeat("write sync answer ", 2)+"write sync answer" {
		t.Error(got)
	}
	text := l.text.String()
	if strings.Contains(text, "secret-of-the-test") || !strings.Contains(text, `"authorization_sha256":"`) {
		t.Errorf("the log has a secret, or lacks its digest: %s", text)
	}
	lines := bufio.NewScanner(&l.text)
	for n := 1; lines.Scan(); n++ {
		var a Arrival
		if err := json.Unmarshal(lines.Bytes(), &a); err != nil {
			t.Fatal(err)
		}
		want := Arrival{Sequence: n, Method: "POST", Host: "127.0.0.1", Path: pathBlock, Read: n != 3, Taken: n != 3}
		if a.Sequence != want.Sequence || a.Method != want.Method || a.Host != want.Host || a.Path != want.Path || a.Read != want.Read || a.Taken != want.Taken {
			t.Errorf("line %d: %+v", n, a)
		}
	}
}

func TestServerEndsWhereTheLogFails(t *testing.T) {
	broken := errors.New("no space left")
	s, err := Listen(t.Context(), "127.0.0.1:0", Options{Vendor: New(), Log: &syncs{fail: broken}})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(t.Context()) }()
	answer, err := send(t, "POST", s.URL()+pathBlock, body("ip", "203.0.113.7"))
	if err != nil || answer.StatusCode != 500 {
		t.Fatalf("answered %v %v", answer, err)
	}
	if err := <-ended; !errors.Is(err, broken) {
		t.Errorf("ended with %v", err)
	}
}

// A log of a file holds what arrived when a client dies with its request.
func TestLogFile(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "requests.ndjson"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	s := serve(t, Options{Log: file})
	c, err := net.Dial("tcp", strings.TrimPrefix(s.URL(), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf", pathBlock)
	c.Close()
	<-s.arrived
	text, err := os.ReadFile(file.Name())
	if err != nil || !strings.Contains(string(text), `"read":false`) || !strings.Contains(string(text), `"taken":false`) {
		t.Errorf("%s (%v)", text, err)
	}
}

// What is held back or dripping is finished when the server ends.
func TestRequestsInFlightAreFinished(t *testing.T) {
	for _, fault := range []string{"latency=1h", "slow-loris=1h"} {
		s := serve(t, Options{Schedule: faulty(t, fault)})
		got := make(chan string, 1)
		go func() {
			answer, err := send(t, "POST", s.URL()+pathBlock, body("ip", "203.0.113.7"))
			if err != nil {
				got <- err.Error()
				return
			}
			text, err := io.ReadAll(answer.Body)
			got <- fmt.Sprint(answer.StatusCode, " ", string(text), " ", err)
		}()
		<-s.arrived
		if err := s.stop(); err != nil {
			t.Error(err)
		}
		if text := <-got; text != `200 {"actionId":"00000120","taskStatus":"pending"} <nil>` {
			t.Errorf("%s: %s", fault, text)
		}
	}
}

func TestSlowClientIsCutOff(t *testing.T) {
	s := serve(t, Options{ReadTimeout: 20 * time.Millisecond})
	for _, text := range []string{
		"POST /x HTTP/1.1\r\nHost: x\r\n",
		"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf",
	} {
		c, err := net.Dial("tcp", strings.TrimPrefix(s.URL(), "http://"))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(c, text)
		answer, err := io.ReadAll(c)
		if err == nil && strings.Contains(string(answer), " 200 ") {
			t.Errorf("answered %s", answer)
		}
		c.Close()
	}
	// One that is held back longer than a request may take to arrive is answered.
	answer, err := send(t, "POST", s.URL()+"/x", "x", FaultHeader, "latency=60ms")
	if err != nil || answer.StatusCode != 200 {
		t.Errorf("held back: %v %v", answer, err)
	}
}

func TestLimitsOfTheServer(t *testing.T) {
	s := serve(t, Options{})
	answer, err := send(t, "POST", s.URL()+pathBlock, strings.Repeat(" ", 3<<20))
	if err != nil || answer.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("a long body: %v %v", answer, err)
	}
	answer, err = send(t, "POST", s.URL()+pathBlock, "x", "X-Long", strings.Repeat("x", 2*maxHeaders))
	if err != nil || answer.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("long headers: %v %v", answer, err)
	}
	for path, want := range map[string]int{pathBlock: 405, pathBlockV3: 405, pathIsolate: 405, pathHealth: 405, "/v3.0/response/nothing": 404, "/chat": 200} {
		answer, err := send(t, "HEAD", s.URL()+path, "")
		if err != nil || answer.StatusCode != want {
			t.Errorf("HEAD %s: %v %v, want %d", path, answer, err, want)
		}
	}
}

// More connections than there are places wait, and are served.
func TestConnectionsWait(t *testing.T) {
	s := serve(t, Options{})
	var held []net.Conn
	for range maxConnections {
		c, err := net.Dial("tcp", strings.TrimPrefix(s.URL(), "http://"))
		if err != nil {
			t.Fatal(err)
		}
		held = append(held, c)
	}
	got := make(chan error, 1)
	go func() {
		answer, err := send(t, "POST", s.URL()+"/x", "x")
		if err == nil {
			answer.Body.Close()
		}
		got <- err
	}()
	for _, c := range held {
		c.Close()
	}
	if err := <-got; err != nil {
		t.Error(err)
	}
}

func TestListenIsForThisMachineAlone(t *testing.T) {
	for address, want := range map[string]string{
		"0.0.0.0:0":     "this machine alone",
		":0":            "this machine alone",
		"[::]:0":        "this machine alone",
		"192.0.2.1:0":   "this machine alone",
		"example.com:0": "this machine alone",
		"8080":          "HOST:PORT",
		"127.0.0.1:x":   "listen on",
	} {
		if s, err := Listen(t.Context(), address, Options{Vendor: New()}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v %v", address, s, err)
		}
	}
}

func TestStateOfTheServer(t *testing.T) {
	v := New()
	if err := v.Except("evil.example"); err != nil {
		t.Fatal(err)
	}
	s := serve(t, Options{Vendor: v})
	for _, text := range []string{`[{"domain":"evil.example"},{"ip":"203.0.113.7"}]`, `[{"ip":"<script>"}]`} {
		if _, err := send(t, "POST", s.URL()+pathBlockV3, text); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := send(t, "POST", s.URL()+"/services/T1/B1/x", `{"text":"hello"}`); err != nil {
		t.Fatal(err)
	}
	var requests struct {
		Totals
		Arrivals []Arrival
	}
	read(t, s.URL()+stateRequests+"?after=1", &requests)
	if requests.Totals != (Totals{Requests: 3, Taken: 2}) || len(requests.Arrivals) != 2 || requests.Arrivals[1].Body != `{"text":"hello"}` || !requests.Arrivals[1].Taken {
		t.Errorf("%+v", requests)
	}
	var state State
	read(t, s.URL()+stateList, &state)
	if len(state.SuspiciousObjects) != 2 || state.SuspiciousObjects[0].Enforced || !state.SuspiciousObjects[1].Enforced || state.SuspiciousObjects[1].Expires != "never" {
		t.Errorf("%+v", state)
	}
	// A name that resolves to this machine is no name of it.
	r, err := http.NewRequestWithContext(t.Context(), "GET", s.URL()+stateList, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "evil.example"
	answer, err := http.DefaultClient.Do(r)
	if err != nil || answer.StatusCode != http.StatusForbidden {
		t.Errorf("asked by another name: %v %v", answer, err)
	}
	for path, want := range map[string]int{"/_simulator/": 404, stateRequests + "?after=x": 400} {
		answer, err := send(t, "GET", s.URL()+path, "")
		if err != nil || answer.StatusCode != want {
			t.Errorf("%s: %v %v", path, answer, err)
		}
	}
}

func read(t *testing.T, url string, into any) {
	t.Helper()
	answer, err := send(t, "GET", url, "")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if err := json.NewDecoder(answer.Body).Decode(into); err != nil {
		t.Fatal(err)
	}
}

// Many callers at once: each request counts once, and the list holds each target.
func TestManyCallers(t *testing.T) {
	s := serve(t, Options{Schedule: faulty(t, "every=5:reset-after")})
	var callers sync.WaitGroup
	for n := range 8 {
		callers.Go(func() {
			for i := range 20 {
				answer, err := send(t, "POST", s.URL()+pathBlock, body("ip", fmt.Sprintf("203.0.%d.%d", n, i)))
				if err == nil {
					answer.Body.Close()
				}
			}
		})
	}
	callers.Wait()
	seen := map[int]bool{}
	for _, a := range s.seen() {
		seen[a.Sequence] = true
	}
	if s.Totals() != (Totals{Requests: 160, Taken: 160, Faults: 32}) || len(seen) != 160 || len(s.play.vendor.State().SuspiciousObjects) != 160 {
		t.Errorf("%+v, %d sequences", s.Totals(), len(seen))
	}
}
