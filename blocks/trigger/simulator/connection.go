package simulator

import (
	"net"
	"net/http"
	"sync"
	"time"
)

// patience bounds how long the client may take to read.
func patience(control *http.ResponseController) {
	// A connection that takes no deadline is bounded by the client alone.
	_ = control.SetWriteDeadline(time.Now().Add(writeTimeout))
}

// wait holds an answer back, unless the client goes or the server ends.
func (s *Server) wait(r *http.Request, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.closing:
	case <-r.Context().Done():
	}
}

// hangUp ends a connection without an answer: with a reset, or as one ends.
func hangUp(control *http.ResponseController, reset bool) {
	connection, _, err := control.Hijack()
	if err != nil {
		return
	}
	if c, ok := connection.(interface{ SetLinger(seconds int) error }); ok && reset {
		// Without a linger, closing throws away what is queued and sends a reset.
		_ = c.SetLinger(0)
	}
	connection.Close()
}

// A limitedListener takes a bounded number of connections at once; others wait.
type limitedListener struct {
	*net.TCPListener
	places chan struct{}
}

// Accept waits for a place, then for a connection.
func (l *limitedListener) Accept() (net.Conn, error) {
	l.places <- struct{}{}
	c, err := l.AcceptTCP()
	if err != nil {
		<-l.places
		return nil, err
	}
	return &placed{TCPConn: c, leave: sync.OnceFunc(func() { <-l.places })}, nil
}

// A placed connection gives its place back when it is closed.
type placed struct {
	*net.TCPConn
	leave func()
}

// Close closes the connection.
func (c *placed) Close() error {
	defer c.leave()
	return c.TCPConn.Close()
}
