package events

import (
	"context"
	"io"
	"sync"

	"tabletop/workbook"
)

// A batch is what a chunk gave: the events that passed, with their columns
// decoded.
type batch struct {
	file   int
	places []place
	at     []moment
	// values are those of the scan's columns, event by event.
	values []workbook.Value
	// lines is how many lines the chunk had; relative says that the places'
	// lines count from its beginning.
	lines    int64
	first    int64
	seq      int
	relative bool
}

// aheadBatches bounds the chunks that are gone through before anybody has asked
// for their rows.
const aheadBatches = 16

// A stream of rows in the order of the files, made by several workers.
type rowStream struct {
	order  chan chan batch
	cancel context.CancelFunc
	wait   sync.WaitGroup

	mu     sync.Mutex
	failed error
	tally  tally
	damage damage
	ended  bool

	// lines before the current chunk of the file read last.
	file   int
	before int64
}

// startRows starts to read a scan.
func (s *Set) startRows(ctx context.Context, scan Scan) *rowStream {
	ctx, cancel := context.WithCancel(ctx)
	r := &rowStream{order: make(chan chan batch, aheadBatches), cancel: cancel, file: -1}
	v := &view{scan: scan}
	v.sink = func() sink { return &rower{stream: r, columns: v.columns, shown: scan.Shown} }
	r.wait.Go(func() {
		seen, broken, err := newPass(s, v).each(ctx)
		r.mu.Lock()
		r.failed, r.tally, r.damage, r.ended = err, seen[0], broken, err == nil
		r.mu.Unlock()
		close(r.order)
	})
	return r
}

// next gives the next batch with its lines counted from the file's beginning,
// io.EOF behind the last.
func (r *rowStream) next(ctx context.Context) (batch, error) {
	select {
	case waiting, ok := <-r.order:
		if !ok {
			return batch{}, r.end()
		}
		select {
		case b, ok := <-waiting:
			if !ok { // a worker failed; its error is there once all have left
				r.cancel()
				r.wait.Wait()
				return batch{}, r.end()
			}
			r.count(&b)
			return b, nil
		case <-ctx.Done():
			return batch{}, ctx.Err()
		}
	case <-ctx.Done():
		return batch{}, ctx.Err()
	}
}

func (r *rowStream) end() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.failed != nil {
		return r.failed
	}
	return io.EOF
}

// count makes the lines of a batch those of its file.
func (r *rowStream) count(b *batch) {
	if !b.relative {
		return
	}
	if b.file != r.file || b.seq == 0 {
		r.file, r.before = b.file, b.first
	}
	for i := range b.places {
		b.places[i].line += r.before
	}
	r.before += b.lines
}

// close ends the reading and waits for the workers.
func (r *rowStream) close() {
	r.cancel()
	for range r.order { // lets a worker that waits for room see the end
	}
	r.wait.Wait()
}

// A rower is the sink of a worker: it fills a batch a chunk.
type rower struct {
	stream  *rowStream
	columns []int
	shown   []bool
	current batch
	answer  chan batch
}

func (w *rower) begin(ctx context.Context, c chunk, r *reading) error {
	w.current = batch{file: r.index, seq: c.seq, first: r.first, relative: r.lines != nil}
	w.answer = make(chan batch, 1)
	select {
	case w.stream.order <- w.answer:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (w *rower) hit(h hit) error {
	b := &w.current
	b.places = append(b.places, h.place)
	b.at = append(b.at, h.at)
	for i, column := range w.columns {
		var v workbook.Value
		if w.shown == nil || w.shown[i] {
			v = h.cells[column].value()
		}
		b.values = append(b.values, v)
	}
	return nil
}

func (w *rower) end(_ chunk, _ *reading, lines int64) error {
	w.current.lines = lines
	w.answer <- w.current
	w.answer = nil
	return nil
}

// leave tells whoever waits for a batch that it will not come.
func (w *rower) leave() {
	if w.answer != nil {
		close(w.answer)
	}
}
