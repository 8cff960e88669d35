package audit

import (
	"context"
	"runtime"
	"sync"
)

// A group has calls that come at the same time share a commit, since waiting
// for the disk takes most of it. The first one writes what waits by then; those
// that come while it does wait for the next commit, which the first of them
// makes.
type group struct {
	mu      sync.Mutex
	waiting []*delivery
	busy    bool
}

// join has a delivery written, by this goroutine or another one, and returns
// what became of it.
func (g *group) join(ctx context.Context, d *delivery, write func(context.Context, []*delivery) error) error {
	g.mu.Lock()
	g.waiting = append(g.waiting, d)
	leads := !g.busy
	g.busy = true
	g.mu.Unlock()
	if !leads && !<-d.leads {
		return d.failed
	}
	// Those that the last commit has let go on may come again at once.
	runtime.Gosched()
	g.mu.Lock()
	batch := g.waiting
	g.waiting = nil
	g.mu.Unlock()
	failed := write(context.WithoutCancel(ctx), batch)
	for _, other := range batch {
		if other != d {
			other.failed = failed
			other.leads <- false
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.waiting) > 0 {
		g.waiting[0].leads <- true
	} else {
		g.busy = false
	}
	return failed
}
