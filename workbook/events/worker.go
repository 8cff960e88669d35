package events

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"hash"
	"io"
	"strings"

	"tabletop/workbook"
)

// A hit is an event that passed: its place, its time, and its cells, which are
// valid until the next one.
type hit struct {
	place
	at    moment
	cells []cell
	// keys are the event's, where the pass wants them; events of one kind may
	// share theirs.
	keys *[]string
}

// A tally counts what a worker saw for a view.
type tally struct {
	// events counts those of the stream, inside those that passed window and
	// future as well.
	events, inside, noTime, future int64
	// present says of each column whether an event of the stream has it.
	present []bool
}

// Damage is what could not be decoded.
type damage struct {
	lines int64
	// of counts it by the number of the file.
	of  map[int]int64
	bad []BadLine
}

// A worker makes hits of chunks.
type worker struct {
	pass     *pass
	watchers []watcher
	reading  *reading
	decoder  lineDecoder
	// first and second are what the decoder wants marked in the page.
	first, second byte
	page          page
	cells         []cell
	buffer        []byte
	damage        damage
	wantKeys      bool
}

// A watcher is a view as one worker sees it.
type watcher struct {
	*view
	sink   sink
	stream *streamTest
	tally  tally
	future moment
	// absent is how many columns have not been seen yet.
	absent int
}

func newWorker(p *pass) *worker {
	w := &worker{pass: p, wantKeys: p.wantKeys()}
	for _, v := range p.views {
		w.watchers = append(w.watchers, watcher{view: v, sink: v.sink(), absent: len(v.columns), future: p.set.futureFrom()})
	}
	return w
}

func (w *worker) leave() {
	for i := range w.watchers {
		w.watchers[i].sink.leave()
	}
}

func (w *worker) work(ctx context.Context) error {
	for {
		w.pass.mu.Lock()
		c, r, err := w.pass.take(w.buffer)
		for i := 0; err == nil && i < len(w.watchers); i++ {
			err = w.watchers[i].sink.begin(ctx, c, r)
		}
		w.pass.mu.Unlock()
		if err == nil {
			err = ctx.Err()
		}
		if err != nil && c.region != nil {
			r.leave() // it will not be loaded
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		if c.text != nil {
			w.buffer = c.text
		}
		lines, err := w.chunk(c, r)
		for i := 0; err == nil && i < len(w.watchers); i++ {
			err = w.watchers[i].sink.end(c, r, lines)
		}
		if err != nil {
			return err
		}
	}
}

// region reads a chunk that is a region, in parts small enough for a core's
// cache, and goes through it.
func (w *worker) region(c chunk, r *reading) (lines int64, err error) {
	defer r.leave()
	var sum hash.Hash
	if r.leaves != nil {
		sum = sha256.New()
		sum.Write([]byte{0}) // the leaf's mark
	}
	for _, part := range c.region.parts(int64(r.size)) {
		var stored []byte
		if c.text, c.offset, stored, w.buffer, err = part.load(w.buffer); err != nil {
			return 0, errFile{r.file, err}
		}
		r.file.progress.add(int(part.to - part.from))
		if sum != nil {
			sum.Write(stored)
		}
		if lines, err = w.lines(c, lines); err != nil {
			return 0, err
		}
	}
	if sum != nil {
		sum.Sum(r.leaves[c.region.from/chunkBytes][:0])
	}
	return lines, nil
}

// chunk shows every event of c to the views, and returns the number of lines in
// it.
func (w *worker) chunk(c chunk, r *reading) (lines int64, err error) {
	if w.reading != r {
		w.reading, w.decoder = r, nil
		w.cells = make([]cell, len(r.layout.columns))
		for i := range w.watchers {
			w.watchers[i].stream = newStreamTest(r.layout, w.watchers[i].scan.streamNames())
		}
		if r.lines != nil {
			w.decoder = r.lines()
			w.first, w.second = w.decoder.marks()
		}
	}
	switch {
	case r.lines == nil:
		return 0, w.events(c)
	case c.region != nil:
		return w.region(c, r)
	}
	return w.lines(c, 0)
}

// events goes through events that were read on their own.
func (w *worker) events(c chunk) error {
	for i := range c.events {
		e := &c.events[i]
		if e.problem != "" {
			w.bad(e.place, e.problem)
			continue
		}
		if err := w.event(hit{e.place, e.at, e.cells, e.keys}); err != nil {
			return err
		}
	}
	return nil
}

// lines goes through lines, before which the chunk had some, and returns how many
// it had behind them.
func (w *worker) lines(c chunk, before int64) (int64, error) {
	p := &w.page
	p.load(c.text, w.first, w.second)
	if w.reading.quoted && c.region != nil && p.oddSeconds() {
		return 0, errFile{w.reading.file, errInOrder}
	}
	at := place{offset: c.offset, line: before}
	for from := 0; from < len(p.text); {
		l := line{page: p, from: from}
		l.to, l.odd, l.second = p.lineEnd(from)
		next, extra := min(l.to+1, len(p.text)), int64(0)
		if w.reading.quoted && l.second {
			var n int
			n, extra = wholeRecord(p.text[from:], next-from)
			next = from + n
			l.to = next
			if p.text[next-1] == '\n' {
				l.to--
			}
		}
		at.line++
		if l.to > from && p.text[l.to-1] == '\r' {
			l.to--
			l.odd = l.odd && p.hasOdd(from, l.to)
		}
		at.offset = c.offset + int64(from)
		if err := w.line(l, at); err != nil {
			return 0, err
		}
		from = next
		at.line += extra
	}
	return at.line, nil
}

// wholeRecord returns the length of the record that begins text, of which n is
// the first line, and how many lines follow that first one. A quote that does
// not end costs its line.
func wholeRecord(text []byte, n int) (length int, extra int64) {
	odd := bytes.Count(text[:n], []byte{'"'})%2 == 1
	for end := n; odd; extra++ {
		if end == len(text) || end > maxQuotedBytes {
			return n, 0
		}
		next := bytes.IndexByte(text[end:], '\n') + 1
		if next == 0 {
			next = len(text) - end
		}
		odd = bytes.Count(text[end:end+next], []byte{'"'})%2 == 0
		end += next
		if !odd {
			return end, extra + 1
		}
	}
	return n, 0
}

func (w *worker) line(l line, at place) error {
	if l.from == l.to || !w.reading.quoted && l.text[l.from] != '{' && len(bytes.TrimSpace(l.bytes())) == 0 {
		return nil
	}
	if l.to-l.from > maxEventBytes {
		w.bad(at, tooLongProblem)
		return nil
	}
	when, problem, err := w.decoder.decode(l, at, w.cells)
	if err != nil {
		return err
	}
	if problem != "" {
		if w.reading.quoted && strings.Contains(problem, "quote") {
			// Where a quote is out of place, counting quotes does not tell where
			// records end: the file must be read from its beginning.
			return errFile{w.reading.file, errUneven}
		}
		w.bad(at, problem)
		return nil
	}
	h := hit{place: at, at: when, cells: w.cells}
	if w.wantKeys {
		h.keys = w.decoder.keys()
	}
	return w.event(h)
}

// event shows an event to every view.
func (w *worker) event(h hit) error {
	for i := range w.watchers {
		if err := w.watchers[i].event(h); err != nil {
			return err
		}
	}
	return nil
}

// event tests an event and hands it on.
func (w *watcher) event(h hit) error {
	if w.whole {
		w.tally.events++
		return w.sink.hit(h)
	}
	if !w.stream.holds(&h.cells[len(h.cells)-1]) {
		return nil
	}
	w.tally.events++
	if w.absent > 0 {
		w.mark(h.cells)
	}
	switch window := w.scan.Window; {
	case h.at > w.future:
		w.tally.future++
		return nil
	case window.Open():
	case h.at == 0:
		w.tally.noTime++
		return nil
	case !window.holds(h.at):
		return nil
	}
	w.tally.inside++
	if w.where != nil && w.where.test(h.cells) != isTrue {
		return nil
	}
	return w.sink.hit(h)
}

// mark notes the columns that an event has, until all have been seen.
func (w *watcher) mark(cells []cell) {
	if w.tally.present == nil {
		w.tally.present = make([]bool, len(w.columns))
	}
	w.absent = 0
	for i, column := range w.columns {
		if !w.tally.present[i] && cells[column].form != noForm {
			w.tally.present[i] = true
		}
		if !w.tally.present[i] {
			w.absent++
		}
	}
}

func (w *worker) bad(at place, problem string) {
	w.damage.lines++
	if w.damage.of == nil {
		w.damage.of = map[int]int64{}
	}
	w.damage.of[w.reading.index]++
	if len(w.damage.bad) < keptBad {
		w.damage.bad = append(w.damage.bad, BadLine{workbook.Position{File: w.reading.file.name, Offset: at.offset, Line: at.line}, problem})
	}
}

// add takes in what another worker could not decode.
func (d *damage) add(o damage) {
	d.lines += o.lines
	d.bad = append(d.bad, o.bad...)
	if d.of == nil {
		d.of = map[int]int64{}
	}
	for file, n := range o.of {
		d.of[file] += n
	}
}

// add takes in what another worker saw.
func (t *tally) add(o tally) {
	t.events += o.events
	t.inside += o.inside
	t.noTime += o.noTime
	t.future += o.future
	if t.present == nil {
		t.present = o.present
		return
	}
	for i, present := range o.present {
		t.present[i] = t.present[i] || present
	}
}
