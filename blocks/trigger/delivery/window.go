package delivery

import (
	"slices"
	"sync"
	"time"
)

// period is the time within which a rate counts.
const period = 60 * time.Second

// A window lets through at most rate requests within any 60 s, wherever those
// begin. A request counts from its start until 60 s after its end, so that the
// limit holds for the times at which requests reach a vendor, however long they
// are under way.
type window struct {
	mu   sync.Mutex
	rate int
	// open counts the requests under way, ended are the ends of the others that
	// count, the oldest first.
	open  int
	ended []time.Time
}

// delay is how long a request has to wait before it may ask again, 0 where it
// may start now.
func (w *window) delay(now time.Time) time.Duration {
	if w == nil {
		return 0
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.wait(now)
}

// enter starts a request, or tells how long to wait before asking again.
func (w *window) enter(now time.Time) time.Duration {
	if w == nil {
		return 0
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	d := w.wait(now)
	if d == 0 {
		w.open++
	}
	return d
}

// leave ends a request that entered.
func (w *window) leave(now time.Time) {
	if w == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.open--
	w.ended = append(w.ended, now)
}

func (w *window) wait(now time.Time) time.Duration {
	past, _ := slices.BinarySearchFunc(w.ended, now.Add(-period), func(end, edge time.Time) int {
		if end.After(edge) {
			return 1
		}
		return -1
	})
	w.ended = slices.Delete(w.ended, 0, past)
	over := w.open + len(w.ended) - w.rate
	switch {
	case over < 0:
		return 0
	case over < len(w.ended):
		return w.ended[over].Add(period).Sub(now)
	}
	return period // what holds the place is still under way
}

// window is that of a configuration, nil where it has no limit.
func (c *Client) window(p Policy) *window {
	if p.Rate <= 0 {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	w, ok := c.windows[p.Integration]
	if !ok {
		w = &window{}
		c.windows[p.Integration] = w
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rate = p.Rate
	return w
}
