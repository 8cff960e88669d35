package delivery

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"tabletop/blocks/trigger/guard"
)

// A talker is a server that speaks byte by byte, so that it can fail in every
// way there is. It remembers what arrived.
type talker struct {
	listener net.Listener

	mu sync.Mutex
	// begun counts the requests of which bytes arrived, whole are the bodies of
	// those that arrived to their end.
	begun       int
	whole       []string
	connections int
}

// listen starts a talker; speak is called once a connection, with its number
// from 1.
func listen(t testing.TB, speak func(w *wire, connection int)) *talker {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &talker{listener: l}
	done, end := context.WithCancel(context.Background())
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.connections++
			n := s.connections
			s.mu.Unlock()
			all.Go(func() {
				defer conn.Close()
				defer context.AfterFunc(done, func() { conn.Close() })()
				speak(&wire{s, conn.(*net.TCPConn), bufio.NewReader(conn)}, n)
			})
		}
	})
	t.Cleanup(func() { l.Close(); end(); all.Wait() })
	return s
}

func (s *talker) url() string { return "http://" + s.listener.Addr().String() }

// arrived are the numbers of requests that arrived at all and whole.
func (s *talker) arrived() (begun, whole int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.begun, len(s.whole)
}

func (s *talker) connected() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.connections
}

func (s *talker) bodies() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.whole)
}

// A wire is one connection of a talker.
type wire struct {
	server *talker
	conn   *net.TCPConn
	reader *bufio.Reader
}

// firstByte waits for the first byte of a request, and counts the request.
func (w *wire) firstByte() bool {
	if _, err := w.reader.Peek(1); err != nil {
		return false
	}
	w.server.mu.Lock()
	w.server.begun++
	w.server.mu.Unlock()
	return true
}

// head reads the headers of a request.
func (w *wire) head() *http.Request {
	if !w.firstByte() {
		return nil
	}
	r, err := http.ReadRequest(w.reader)
	if err != nil {
		return nil
	}
	return r
}

// request reads a whole request; it is nil where none comes.
func (w *wire) request() *http.Request {
	r := w.head()
	if r == nil {
		return nil
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil
	}
	w.server.mu.Lock()
	w.server.whole = append(w.server.whole, string(body))
	w.server.mu.Unlock()
	return r
}

func (w *wire) say(text string) { io.WriteString(w.conn, text) }

// answer reads a request and gives an answer of these bytes to it.
func (w *wire) answer(text string) {
	if w.request() != nil {
		w.say(text)
	}
}

// reset closes the connection so that the other side gets a reset.
func (w *wire) reset() {
	w.conn.SetLinger(0)
	w.conn.Close()
}

// wait keeps the connection open until the other side closes it.
func (w *wire) wait() { io.Copy(io.Discard, w.conn) }

const accepted = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"

// A fakeClock stands still but for those who sleep on it.
type fakeClock struct {
	mu    sync.Mutex
	now   time.Time
	slept []time.Duration
	// onSleep is called before each sleep.
	onSleep func()
}

func newClock() *fakeClock { return &fakeClock{now: time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)} }

func (c *fakeClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *fakeClock) Sleep(ctx context.Context, d time.Duration) error {
	if c.onSleep != nil {
		c.onSleep()
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	c.slept = append(c.slept, d)
	return nil
}

// client makes a client for hosts on a clock that stands still.
func client(t testing.TB, clock *fakeClock, hosts ...string) *Client {
	t.Helper()
	return newClient(t, clock, Options{Hosts: hosts})
}

func newClient(t testing.TB, clock *fakeClock, o Options) *Client {
	t.Helper()
	o.Now, o.Sleep = clock.Now, clock.Sleep
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// untargeted approves what names no target.
var untargeted = guard.New().Judge(guard.TypeNone, "").Approved

// message is a message that names no target.
func message(action int, url, body string) Message {
	return Message{
		Action: action, Method: http.MethodPost, URL: url, Body: body,
		Type: guard.TypeNone, Approved: untargeted,
		Headers: []Header{{"Content-Type", "application/json"}, {"Authorization", "Bearer " + secret}},
		Secrets: map[string]string{"token": secret},
	}
}

// secret holds what encodings treat differently.
const secret = `s3cr+t/"Schlüssel"<&>\ 100%`

// patient is a policy that no test has to wait for.
var patient = Policy{Connect: 20 * time.Second, Read: 20 * time.Second, Tries: 3}

// hasty is one that waits but shortly for an answer, rash one that waits but
// shortly for a connection.
var (
	hasty = Policy{Connect: 20 * time.Second, Read: 50 * time.Millisecond, Tries: 3}
	rash  = Policy{Connect: 50 * time.Millisecond, Read: 20 * time.Second, Tries: 3}
)
