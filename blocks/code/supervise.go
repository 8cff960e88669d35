package code

import (
	"context"
	"fmt"
	"runtime"
	"runtime/metrics"
	"time"

	"go.starlark.net/starlark"
)

// Limits on a run of Python. Steps alone bound neither time nor memory: one
// step may double a list.
const (
	baseSteps   = 20_000_000
	stepsPerRow = 20_000
	maxRunning  = 60 * time.Second
	// baseHeap and heapPerRow are how much the program's heap may grow, in
	// bytes.
	baseHeap   = 256 << 20
	heapPerRow = 4 << 10
	// lookEvery is how often the heap is looked at.
	lookEvery = 2 * time.Millisecond
	// stopWithin is how long a cancelled run may take to notice.
	stopWithin = 5 * time.Second
)

// supervise runs transform and stops it where it takes too many steps, too long,
// too much memory, or where ctx ends.
func (p python) supervise(ctx context.Context, rows *starlark.List) (starlark.Value, error) {
	thread := &starlark.Thread{Name: pythonFile}
	steps := uint64(baseSteps + stepsPerRow*rows.Len())
	thread.SetMaxExecutionSteps(steps)
	thread.OnMaxSteps = func(thread *starlark.Thread) { thread.Cancel("steps") }

	type outcome struct {
		value starlark.Value
		err   error
	}
	done := make(chan outcome, 1)
	watch := newHeapWatch(uint64(baseHeap + heapPerRow*rows.Len()))
	go func() {
		value, err := p.transform(thread, rows)
		done <- outcome{value, err}
	}()
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	deadline := time.NewTimer(maxRunning)
	defer deadline.Stop()
	var stopped error
	for {
		select {
		case o := <-done:
			if o.err != nil && thread.ExecutionSteps() >= steps {
				return nil, limitf("stopped after %d steps: does a loop never end?", steps)
			}
			return o.value, o.err
		case <-ctx.Done():
			stopped = ctx.Err()
		case <-deadline.C:
			stopped = limitf("stopped after %s", maxRunning)
		case <-ticker.C:
			if !watch.over() {
				continue
			}
			stopped = limitf("stopped: it took more than %d MiB of memory", watch.growth>>20)
		}
		thread.Cancel("stopped")
		// What does not notice that it was cancelled sits in one long operation
		// of Starlark's own: it is left behind, and the run ends.
		select {
		case <-done:
		case <-time.After(stopWithin):
		}
		return nil, stopped
	}
}

// transform runs the text from its first line, then calls transform(rows).
func (p python) transform(thread *starlark.Thread, rows *starlark.List) (value starlark.Value, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the Python broke: %v", r)
		}
	}()
	globals, err := p.program.Init(thread, library())
	if err != nil {
		return nil, err
	}
	return starlark.Call(thread, globals["transform"], starlark.Tuple{rows}, nil)
}

// heapWatch tells when the heap has grown too far.
type heapWatch struct {
	samples []metrics.Sample
	growth  uint64
	most    uint64
}

func newHeapWatch(growth uint64) *heapWatch {
	w := &heapWatch{samples: []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}, growth: growth}
	w.most = w.bytes() + growth
	return w
}

func (w *heapWatch) bytes() uint64 {
	metrics.Read(w.samples)
	return w.samples[0].Value.Uint64()
}

// over reports whether the heap holds too much once garbage is gone.
func (w *heapWatch) over() bool {
	if w.bytes() <= w.most {
		return false
	}
	runtime.GC()
	return w.bytes() > w.most
}
