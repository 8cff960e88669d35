package simulator

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Limits of a server: connections at once, bytes of headers, and the longest
// that it waits for a request's headers, for the whole of a request, for a client
// to read, and for the next request on a connection.
const (
	maxConnections = 256
	maxHeaders     = 32 << 10
	headerTimeout  = 10 * time.Second
	readTimeout    = 30 * time.Second
	writeTimeout   = 30 * time.Second
	idleTimeout    = 60 * time.Second
)

// graceTime is how long a server that ends waits for requests in flight.
const graceTime = 5 * time.Second

// Options are what a server plays and whom it tells.
type Options struct {
	Vendor   *Vendor
	Schedule Schedule
	// Log, where it is set, gets a line of JSON for each request, an Arrival, and
	// is synced before the request is answered.
	Log Log
	// Report, where it is set, is told of each request before it is answered, of
	// one after the other.
	Report func(Arrival)
	// ReadTimeout is the longest that a request may take to arrive; 0 is 30 s.
	ReadTimeout time.Duration
}

// A Log keeps lines for good: an *os.File does.
type Log interface {
	io.Writer
	Sync() error
}

// A Server plays the vendor on a port of this machine, and nowhere else.
type Server struct {
	play     stageplay
	listener net.Listener
	http     *http.Server
	record   *record
	// closing is closed when the server ends: delays end with it.
	closing chan struct{}
	// failed is closed where the log can't be kept; failure is why.
	failed   chan struct{}
	failOnce sync.Once
	failure  error
}

// Listen opens the port. The address is HOST:PORT with a HOST of this machine
// alone, as 127.0.0.1; port 0 is a free one.
func Listen(ctx context.Context, address string, o Options) (*Server, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("listen on %q: write HOST:PORT, as 127.0.0.1:8080, or port 0 for a free one", address)
	}
	if !isLoopback(host) {
		return nil, fmt.Errorf("listen on %q: the simulator is for this machine alone: write 127.0.0.1, ::1 or localhost", address)
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", address, err)
	}
	at, ok := listener.Addr().(*net.TCPAddr)
	if !ok || !at.IP.IsLoopback() {
		listener.Close()
		return nil, fmt.Errorf("listen on %q: %s is no address of this machine alone: write 127.0.0.1", address, listener.Addr())
	}
	s := &Server{
		play:     stageplay{vendor: o.Vendor, schedule: o.Schedule},
		listener: &limitedListener{listener.(*net.TCPListener), make(chan struct{}, maxConnections)},
		record:   &record{log: o.Log, report: o.Report},
		closing:  make(chan struct{}), failed: make(chan struct{}),
	}
	s.http = &http.Server{
		Handler: s, MaxHeaderBytes: maxHeaders,
		ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, IdleTimeout: idleTimeout,
		// What clients break off or garble is no trouble of the server's.
		ErrorLog: log.New(io.Discard, "", 0),
	}
	if o.ReadTimeout > 0 {
		s.http.ReadTimeout, s.http.ReadHeaderTimeout = o.ReadTimeout, min(o.ReadTimeout, headerTimeout)
	}
	return s, nil
}

// isLoopback tells whether a host, without its port, is this machine alone.
func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback() || strings.EqualFold(host, "localhost")
}

// URL is where the server is found, as http://127.0.0.1:8080.
func (s *Server) URL() string { return "http://" + s.listener.Addr().String() }

// Totals counts what arrived so far.
func (s *Server) Totals() Totals { return s.record.sum() }

// Serve answers until the context ends, and then waits for the requests in
// flight, though not for long. It returns an error where the log can't be kept.
func (s *Server) Serve(ctx context.Context) error {
	var ended error
	served := make(chan struct{})
	go func() {
		defer close(served)
		ended = s.http.Serve(s.listener)
	}()
	select {
	case <-ctx.Done():
	case <-s.failed:
	case <-served:
	}
	close(s.closing)
	// The context that ended is why there is another for the end.
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), graceTime)
	defer cancel()
	if err := s.http.Shutdown(grace); err != nil {
		s.http.Close()
	}
	<-served
	select {
	case <-s.failed:
		return s.failure
	default:
	}
	if !errors.Is(ended, http.ErrServerClosed) {
		return fmt.Errorf("serve on %s: %w", s.URL(), ended)
	}
	return nil
}

// fail ends the server.
func (s *Server) fail(err error) {
	s.failOnce.Do(func() {
		s.failure = err
		close(s.failed)
	})
}

// ServeHTTP answers a request, or shows what arrived.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, statePath) {
		s.state(w, r)
		return
	}
	x := s.play.open(r)
	control := http.NewResponseController(w)
	if x.fault.reads() {
		text, err := readBody(r)
		if err != nil {
			x.arrival.Bytes, x.arrival.Note = len(text), "the body did not arrive whole"
			x.fault, x.arrival.Fault = Fault{}, ""
			x.answer = say(http.StatusRequestTimeout, kindText, "the body did not arrive whole")
			x.arrival.Status = x.answer.status
		} else {
			s.play.play(x, r, text)
		}
	}
	if err := s.record.add(x.arrival); err != nil {
		s.fail(err)
		http.Error(w, "the simulator can't keep its log", http.StatusInternalServerError)
		return
	}
	// The time to read is over; running out would end a request that is held back.
	_ = control.SetReadDeadline(time.Time{})
	s.deliver(w, r, control, x)
}

// deliver gives the answer as the fault lets it.
func (s *Server) deliver(w http.ResponseWriter, r *http.Request, control *http.ResponseController, x *exchange) {
	s.wait(r, x.fault.latency)
	switch x.fault.kind {
	case faultResetBefore, faultResetAfter:
		hangUp(control, true)
		return
	case faultCloseAfter:
		hangUp(control, false)
		return
	}
	body, announced := x.answer.body, len(x.answer.body)
	if x.fault.kind == faultTruncate {
		announced, body = x.answer.truncated()
	}
	if !bodiless(x.answer.status) {
		w.Header().Set("Content-Length", fmt.Sprint(announced))
	}
	patience(control)
	x.answer.writeHeader(w)
	if x.fault.kind != faultSlowLoris {
		// The client is gone where this fails, and nobody is left to tell.
		_, _ = w.Write(body)
		return
	}
	_ = control.Flush()
	for n := range body {
		s.wait(r, x.fault.pause)
		patience(control)
		if _, err := w.Write(body[n : n+1]); err != nil || control.Flush() != nil {
			return
		}
	}
}

// bodiless tells which answers have no body and no length.
func bodiless(status int) bool {
	return status == http.StatusNoContent || status == http.StatusNotModified
}
