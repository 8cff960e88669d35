package events

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"runtime"
	"slices"
	"strings"
	"sync"

	"tabletop/workbook"
)

// A pass is one reading of the files of a scan by several workers. The workers
// take turns in cutting chunks off the files; what they make of a chunk they
// hand to a sink.
type pass struct {
	set  *Set
	scan Scan
	// all are the columns read: the scan's own, then those that only its
	// conditions need.
	all []string

	mu    sync.Mutex
	files []int
	at    int
	// wantKeys says that hits carry the keys of their events.
	wantKeys bool
	current  *reading
}

// A reading is a file that is being cut into chunks.
type reading struct {
	index  int
	file   *file
	in     *opened
	layout *layout
	// size is that of the chunks.
	size int
	next func(buffer []byte) (chunk, error)
	// lines makes the decoder of a worker; nil where chunks hold events.
	lines func() lineDecoder
	// quoted says that records may stand on several lines.
	quoted bool
	// first is the number of lines before the first chunk.
	first int64
}

// errFile is an error that names its file.
type errFile struct {
	file *file
	err  error
}

func (e errFile) Error() string { return inFile(e.file, e.err).Error() }
func (e errFile) Unwrap() error { return inFile(e.file, e.err) }

// newPass chooses the files that may hold the stream.
func newPass(s *Set, scan Scan) *pass {
	p := &pass{set: s, scan: scan, all: scan.Columns}
	streams := scan.streamNames()
	for i, f := range s.files {
		if streams.mayHold(f) {
			p.files = append(p.files, i)
		}
	}
	return p
}

// take cuts the next chunk. It returns io.EOF behind the last file's end. The
// caller holds p.mu.
func (p *pass) take(buffer []byte) (chunk, *reading, error) {
	for {
		if p.current == nil {
			if p.at == len(p.files) {
				return chunk{}, nil, io.EOF
			}
			r, err := p.open(p.files[p.at])
			if err != nil {
				return chunk{}, nil, errFile{p.set.files[p.files[p.at]], err}
			}
			p.at++
			p.current = r
		}
		c, err := p.current.next(buffer)
		if err == nil {
			return c, p.current, nil
		}
		r := p.current
		p.current = nil
		r.in.close()
		if !errors.Is(err, io.EOF) {
			return chunk{}, nil, errFile{r.file, err}
		}
	}
}

// close ends what is still open.
func (p *pass) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.current != nil {
		p.current.in.close()
		p.current = nil
	}
	p.at = len(p.files)
}

// open begins to cut a file.
func (p *pass) open(index int) (*reading, error) {
	f := p.set.files[index]
	in, plain, err := f.openPlain()
	if err != nil {
		return nil, err
	}
	r := &reading{index: index, file: f, in: in, size: p.set.chunkSize, layout: newLayout(f, p.all, p.set.options.Zone)}
	if err := r.begin(plain, p.wantKeys); err != nil {
		in.close()
		return nil, err
	}
	return r, nil
}

func (r *reading) begin(plain *bufio.Reader, wantKeys bool) error {
	switch {
	case r.file.format == "ndjson":
		c := &cutter{in: plain, size: r.size, offset: skipBOM(plain)}
		r.next = c.next
		r.lines = func() lineDecoder { return newJSONLines(r.layout.clone()) }
		return nil
	case r.file.format == "csv" && !r.file.uneven:
		return r.beginCSV(plain)
	}
	if err := r.in.read(r.file, plain); err != nil {
		return err
	}
	g := &gatherer{in: r.in, layout: r.layout, wantKeys: wantKeys}
	r.next = func([]byte) (chunk, error) { return g.next() }
	return nil
}

// beginCSV reads the header, and cuts what follows it.
func (r *reading) beginCSV(plain *bufio.Reader) error {
	header, err := openCSV(plain)
	if err != nil {
		return err
	}
	h := header.(*csvReader)
	c := &cutter{in: plain, size: r.size, offset: h.lines.offset, quotes: true}
	r.next, r.quoted, r.first = c.next, true, h.lines.line
	r.lines = func() lineDecoder { return newCSVLines(r.layout.clone(), h.header, h.comma) }
	return nil
}

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

// A tally counts what a worker saw.
type tally struct {
	// events counts those of the stream, inside those that passed window and
	// future as well.
	events, inside, noTime, future, undecodable int64
	bad                                         []BadLine
	// present says of each column whether an event of the stream has it.
	present []bool
}

// A worker makes hits of chunks.
type worker struct {
	pass    *pass
	reading *reading
	decoder lineDecoder
	stream  *streamTest
	cells   []cell
	buffer  []byte
	tally   tally
	future  moment
	// absent is how many columns have not been seen yet.
	absent int
	// relative lines of a chunk count from 1; base is added by whoever knows.
	relative bool
}

// chunk hands every event of c that passes to visit, and returns the number of
// lines in it.
func (w *worker) chunk(c chunk, r *reading, visit func(h hit) error) (lines int64, err error) {
	if w.reading != r {
		w.reading, w.decoder = r, nil
		w.stream = newStreamTest(r.layout, w.pass.scan.streamNames())
		w.cells = make([]cell, len(r.layout.columns))
		if r.lines != nil {
			w.decoder = r.lines()
		}
	}
	w.relative = r.lines != nil
	if !w.relative {
		return 0, w.events(c, visit)
	}
	return w.lines(c, visit)
}

// events goes through events that were read on their own.
func (w *worker) events(c chunk, visit func(h hit) error) error {
	for i := range c.events {
		e := &c.events[i]
		if e.problem != "" {
			w.bad(e.place, e.problem)
			continue
		}
		if err := w.event(e.place, e.at, e.cells, e.keys, visit); err != nil {
			return err
		}
	}
	return nil
}

// lines goes through the lines of a chunk.
func (w *worker) lines(c chunk, visit func(h hit) error) (int64, error) {
	text, at := c.text, place{offset: c.offset}
	for len(text) > 0 {
		n := bytes.IndexByte(text, '\n') + 1
		if n == 0 {
			n = len(text)
		}
		extra := int64(0)
		if w.reading.quoted && bytes.IndexByte(text[:n], '"') >= 0 {
			n, extra = wholeRecord(text, n)
		}
		at.line++
		line := bytes.TrimSuffix(bytes.TrimSuffix(text[:n], []byte{'\n'}), []byte{'\r'})
		if err := w.line(line, at, visit); err != nil {
			return 0, err
		}
		text = text[n:]
		at.offset += int64(n)
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

func (w *worker) line(line []byte, at place, visit func(h hit) error) error {
	if len(line) == 0 || !w.reading.quoted && line[0] <= ' ' && len(bytes.TrimSpace(line)) == 0 {
		return nil
	}
	if len(line) > maxEventBytes {
		w.bad(at, tooLongProblem)
		return nil
	}
	when, problem, err := w.decoder.decode(line, at, w.cells)
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
	var keys *[]string
	if w.pass.wantKeys {
		keys = w.decoder.keys()
	}
	return w.event(at, when, w.cells, keys, visit)
}

// event tests an event and hands it on.
func (w *worker) event(at place, when moment, cells []cell, keys *[]string, visit func(h hit) error) error {
	if !w.stream.holds(&cells[len(cells)-1]) {
		return nil
	}
	w.tally.events++
	if w.absent > 0 {
		w.mark(cells)
	}
	window := w.pass.scan.Window
	switch {
	case when > w.future && !w.pass.wantKeys:
		w.tally.future++
		return nil
	case window.Open():
	case when == 0:
		w.tally.noTime++
		return nil
	case !window.holds(when):
		return nil
	}
	w.tally.inside++
	if f := w.pass.scan.Where; f != nil && f.test(cells) != isTrue {
		return nil
	}
	return visit(hit{at, when, cells, keys})
}

// mark notes the columns that an event has, until all have been seen.
func (w *worker) mark(cells []cell) {
	if w.tally.present == nil {
		w.tally.present = make([]bool, len(w.pass.all))
	}
	w.absent = 0
	for i := range w.tally.present {
		if !w.tally.present[i] && cells[i].form != noForm {
			w.tally.present[i] = true
		}
		if !w.tally.present[i] {
			w.absent++
		}
	}
}

func (w *worker) bad(at place, problem string) {
	w.tally.undecodable++
	if len(w.tally.bad) < keptBad {
		w.tally.bad = append(w.tally.bad, BadLine{workbook.Position{File: w.reading.file.name, Offset: at.offset, Line: at.line}, problem})
	}
}

// add takes in what another worker saw.
func (t *tally) add(o tally) {
	t.events += o.events
	t.inside += o.inside
	t.noTime += o.noTime
	t.future += o.future
	t.undecodable += o.undecodable
	t.bad = append(t.bad, o.bad...)
	if t.present == nil {
		t.present = o.present
		return
	}
	for i, present := range o.present {
		t.present[i] = t.present[i] || present
	}
}

// workers is how many goroutines read.
func workers() int { return min(max(runtime.GOMAXPROCS(0), 1), 16) }

// each runs the workers of a pass until the files end, an error comes, or ctx
// is done. make gives each worker what it does with a chunk's hits: begin is
// called for a chunk while the workers take turns, in the order of the chunks;
// done once the chunk has been gone through.
func (p *pass) each(ctx context.Context, makeSink func() sink) (tally, error) {
	var wait sync.WaitGroup
	var mu sync.Mutex
	var total tally
	var failed error
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for range workers() {
		s := makeSink()
		wait.Go(func() {
			w := &worker{pass: p, absent: len(p.all), future: p.set.futureFrom()}
			err := w.work(ctx, s)
			s.leave()
			mu.Lock()
			defer mu.Unlock()
			total.add(w.tally)
			if err != nil && failed == nil {
				failed = err
				cancel()
			}
		})
	}
	wait.Wait()
	p.close()
	p.placeLines(&total, failed)
	return total, failed
}

// placeLines gives what will be shown the lines of the files: workers know only
// those of their chunks.
func (p *pass) placeLines(t *tally, failed error) {
	slices.SortFunc(t.bad, func(a, b BadLine) int {
		return cmp.Or(strings.Compare(a.Position.File, b.Position.File), cmp.Compare(a.Position.Offset, b.Position.Offset))
	})
	t.bad = t.bad[:min(len(t.bad), keptBad)]
	for i := range t.bad {
		p.placeLine(&t.bad[i].Position)
	}
	var zone *ZoneError
	if errors.As(failed, &zone) {
		p.placeLine(&zone.Position)
	}
}

func (p *pass) placeLine(at *workbook.Position) {
	for _, f := range p.set.files {
		if f.name == at.File && (f.format == "ndjson" || f.format == "csv" && !f.uneven) {
			at.Line = f.lineAt(at.Offset)
		}
	}
}

// A sink takes the hits of one worker.
type sink interface {
	// begin is told of a chunk before it is gone through, chunk by chunk in
	// their order.
	begin(ctx context.Context, c chunk, r *reading) error
	hit(h hit) error
	// end is told that the chunk is done and how many lines it had.
	end(c chunk, r *reading, lines int64) error
	// leave is told that the worker will not come back, perhaps out of the
	// middle of a chunk.
	leave()
}

func (w *worker) work(ctx context.Context, s sink) error {
	for {
		w.pass.mu.Lock()
		c, r, err := w.pass.take(w.buffer)
		if err == nil {
			err = s.begin(ctx, c, r)
		}
		w.pass.mu.Unlock()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		}
		if c.text != nil {
			w.buffer = c.text
		}
		lines, err := w.chunk(c, r, s.hit)
		if err == nil {
			err = s.end(c, r, lines)
		}
		if err != nil {
			return err
		}
	}
}
