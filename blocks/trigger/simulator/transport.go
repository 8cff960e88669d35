package simulator

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"syscall"
	"time"
)

// A Transport is a vendor with faults before it, in this process: it opens no
// socket. A reset is an error of RoundTrip, an answer cut short one of reading
// its body.
type Transport struct {
	play stageplay
	// Report, where it is set, is told of each request before its answer; it is
	// called from the goroutine of the request.
	Report func(Arrival)
	// Pause waits; where it is nil, time passes.
	Pause func(context.Context, time.Duration) error
}

var _ http.RoundTripper = (*Transport)(nil)

// NewTransport puts the faults of a schedule before a vendor.
func NewTransport(v *Vendor, s Schedule) *Transport {
	return &Transport{play: stageplay{vendor: v, schedule: s}}
}

// RoundTrip answers a request, or fails as its fault does.
func (t *Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := sendable(r); err != nil {
		return nil, err
	}
	x := t.play.open(r)
	if x.fault.reads() {
		text, err := readBody(r)
		if err != nil {
			return nil, err
		}
		t.play.play(x, r, text)
	} else if r.Body != nil {
		defer r.Body.Close()
	}
	if t.Report != nil {
		t.Report(x.arrival)
	}
	if x.fault.latency > 0 {
		if err := t.pause(r.Context(), x.fault.latency); err != nil {
			return nil, err
		}
	}
	switch x.fault.kind {
	case faultResetBefore, faultResetAfter:
		return nil, &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", syscall.ECONNRESET)}
	case faultCloseAfter:
		return nil, io.EOF
	}
	return t.deliver(x, r), nil
}

// deliver wraps the answer's body as its fault asks.
func (t *Transport) deliver(x *exchange, r *http.Request) *http.Response {
	response := x.answer.response(r)
	if r.Method == http.MethodHead {
		return response
	}
	switch x.fault.kind {
	case faultTruncate:
		announced, sent := x.answer.truncated()
		response.ContentLength = int64(announced)
		response.Body = io.NopCloser(io.MultiReader(bytes.NewReader(sent), failing{io.ErrUnexpectedEOF}))
	case faultSlowLoris:
		response.Body = io.NopCloser(&slowly{response.Body, func() error { return t.pause(r.Context(), x.fault.pause) }})
	}
	return response
}

func (t *Transport) pause(ctx context.Context, d time.Duration) error {
	if t.Pause != nil {
		return t.Pause(ctx, d)
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// truncated is what comes of an answer that is cut short, and how long it said
// it was.
func (a answer) truncated() (announced int, sent []byte) {
	if len(a.body) == 0 {
		return 16, nil
	}
	return len(a.body), a.body[:len(a.body)/2]
}

// A failing reader ends with an error.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// A slowly reader gives a byte after each pause.
type slowly struct {
	of    io.Reader
	pause func() error
}

func (s *slowly) Read(into []byte) (int, error) {
	if len(into) == 0 {
		return 0, nil
	}
	if err := s.pause(); err != nil {
		return 0, err
	}
	return s.of.Read(into[:1])
}
