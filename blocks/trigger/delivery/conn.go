package delivery

import (
	"net"
	"sync"
)

// A countedConn counts the bytes that left through a connection.
type countedConn struct {
	net.Conn

	mu      sync.Mutex
	written int64
}

func (c *countedConn) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n, err := c.Conn.Write(b)
	c.written += int64(n)
	return n, err
}

// sofar is how many bytes left until now.
func (c *countedConn) sofar() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.written
}

// seal closes the connection and returns how many bytes left through it; none
// does afterwards.
func (c *countedConn) seal() int64 {
	c.Conn.Close() // ends a Write that holds the lock, and fails later ones
	return c.sofar()
}

// counted finds the counter below TLS.
func counted(conn net.Conn) *countedConn {
	for {
		switch c := conn.(type) {
		case *countedConn:
			return c
		case interface{ NetConn() net.Conn }:
			conn = c.NetConn()
		default:
			return nil
		}
	}
}

// A departure is a connection that was given to a request, and how many bytes
// had left through it before.
type departure struct {
	conn   *countedConn
	before int64
}

// left seals the connections of a request that failed, and tells whether a byte
// of it may have left. A connection that can't be counted counts as used.
func left(departures []departure) bool {
	gone := false
	for _, d := range departures {
		if d.conn == nil || d.conn.seal() > d.before {
			gone = true
		}
	}
	return gone
}
