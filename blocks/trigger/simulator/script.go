package simulator

import (
	"context"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"tabletop/workbook/source"
)

// A Line of a Script is what some requests are answered with: a fault, no answer
// in time, or an answer in the vendor's place.
type Line struct {
	// Requests says which, as a Schedule does: a number from 1, a span, every=N or
	// *; all where it is not set. Fault is one of Faults.
	Requests source.Text
	Fault    source.Text
	Timeout  bool
	// Status, Headers and Body are an answer in the vendor's place, where there is
	// neither a fault nor a timeout.
	Status  int
	Headers map[string]string
	Body    string
}

// A Script is a vendor whose answers are written down for some requests, in this
// process: it opens no socket, and waits for nothing. Requests of which no line
// says anything get the vendor's own answer.
type Script struct {
	mutex  sync.Mutex
	vendor *Vendor
	lines  []scriptLine
	count  int
}

type scriptLine struct {
	which scheduleRule
	line  Line
	fault *Transport
}

var _ http.RoundTripper = (*Script)(nil)

// NewScript puts lines before a vendor, of which the first for a request counts.
// Every mistake is reported, each with its place.
func NewScript(v *Vendor, lines []Line) (*Script, source.Problems) {
	s := &Script{vendor: v}
	var problems source.Problems
	for _, l := range lines {
		made, found := s.line(l)
		s.lines = append(s.lines, made)
		problems = append(problems, found...)
	}
	return s, problems
}

func (s *Script) line(l Line) (made scriptLine, problems source.Problems) {
	made.line = l
	which := "*"
	if l.Requests.Set() {
		which = strings.TrimSpace(l.Requests.Value)
	}
	var err error
	if made.which, err = parseWhich(which); err != nil {
		problems = append(problems, l.Requests.Problem(0, err.Error(), ""))
	}
	if l.Fault.Set() {
		f, err := parseFault(strings.TrimSpace(l.Fault.Value))
		if err != nil {
			problems = append(problems, l.Fault.Problem(0, err.Error(), ""))
		}
		made.fault = NewTransport(s.vendor, Schedule{rules: []scheduleRule{{1, maxRequestNumber, 1, f}}})
		made.fault.Pause = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
	}
	return made, problems
}

// RoundTrip answers a request.
func (s *Script) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := sendable(r); err != nil {
		return nil, err
	}
	s.mutex.Lock()
	s.count++
	n := s.count
	s.mutex.Unlock()
	for _, l := range s.lines {
		switch {
		case !l.which.meets(n):
		case l.fault != nil:
			return l.fault.RoundTrip(r)
		case l.line.Timeout:
			return nil, os.ErrDeadlineExceeded
		default:
			return l.line.answer(r)
		}
	}
	return s.vendor.RoundTrip(r)
}

// answer is the answer in the vendor's place.
func (l Line) answer(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		_, err := io.Copy(io.Discard, io.LimitReader(r.Body, MaxBody))
		if err == nil {
			err = r.Body.Close()
		}
		if err != nil {
			return nil, err
		}
	}
	a := answer{status: l.Status, header: http.Header{}, body: []byte(l.Body)}
	for name, value := range l.Headers {
		a.header.Set(name, value)
	}
	return a.response(r), nil
}
