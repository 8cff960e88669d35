package events

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"io"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"tabletop/workbook"
)

// A pass is one reading of files by several workers, for one or more views. The
// workers take turns in cutting chunks off the files; each decodes its chunk and
// shows every event to the views.
type pass struct {
	set   *Set
	views []*view
	// all are the columns read, of all views.
	all []string
	// hashes says that the files are hashed on the way, where they are read as
	// they are stored; leaves are then those of each file.
	hashes bool
	leaves map[int][]leaf
	// tail is how much of each file's end alone is read; 0 reads all.
	tail int64

	mu      sync.Mutex
	files   []int
	at      int
	current *reading
}

// A view is what a pass is made for: a scan, with a sink for each worker.
type view struct {
	scan Scan
	// whole views see every event, of any stream and time, with its keys.
	whole bool
	sink  func() sink
	// columns are the places of the scan's columns among those of the pass.
	columns []int
	where   Filter
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
	// leaves take the hashes of the regions; nil where nobody wants them.
	leaves []leaf
	// users counts those that need the open file: whoever cuts it, and the
	// workers that read a region.
	users atomic.Int64
}

// errFile is an error that names its file.
type errFile struct {
	file *file
	err  error
}

func (e errFile) Error() string { return inFile(e.file, e.err).Error() }
func (e errFile) Unwrap() error { return inFile(e.file, e.err) }

// newPass chooses the files that may hold the streams of the views, and the
// columns that any of them reads.
func newPass(s *Set, views ...*view) *pass {
	p := &pass{set: s, views: views}
	at := map[string]int{}
	for _, v := range views {
		v.columns = nil
		for _, column := range v.scan.Columns {
			n, known := at[column]
			if !known {
				n = len(p.all)
				at[column] = n
				p.all = append(p.all, column)
			}
			v.columns = append(v.columns, n)
		}
		if v.scan.Where != nil {
			v.where = v.scan.Where.over(v.columns)
		}
	}
	for i, f := range s.files {
		if slices.ContainsFunc(views, func(v *view) bool { return v.scan.streamNames().mayHold(f) }) {
			p.files = append(p.files, i)
		}
	}
	return p
}

func (p *pass) wantKeys() bool {
	return slices.ContainsFunc(p.views, func(v *view) bool { return v.whole })
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
		r := p.current
		c, err := r.next(buffer)
		if err == nil {
			if c.region != nil {
				r.users.Add(1)
			}
			return c, r, nil
		}
		p.current = nil
		r.leave()
		if !errors.Is(err, io.EOF) {
			return chunk{}, nil, errFile{r.file, err}
		}
	}
}

// leave closes the file behind its last user.
func (r *reading) leave() {
	if r.users.Add(-1) == 0 {
		r.in.close()
	}
}

// close ends what is still open, once all workers have left.
func (p *pass) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.current != nil {
		p.current.leave()
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
	r.users.Store(1)
	if err := r.begin(plain, p); err != nil {
		in.close()
		return nil, err
	}
	return r, nil
}

func (r *reading) begin(plain *bufio.Reader, p *pass) error {
	switch {
	case p.tail > 0 && !r.hasTail():
		return errNoTail
	case r.file.format == "ndjson":
		r.cut(plain, skipBOM(plain), p)
		r.lines = func() lineDecoder { return newJSONLines(r.layout.clone()) }
		return nil
	case r.file.format == "csv" && !r.file.uneven:
		header, err := openDelimited(plain, r.file.dialect)
		if err != nil {
			return err
		}
		h := header.(*csvReader)
		r.quoted, r.first = true, h.lines.line
		r.cut(plain, h.lines.offset, p)
		r.lines = func() lineDecoder { return newCSVLines(r.layout.clone(), h.header, h.comma) }
		return nil
	}
	if err := r.in.read(r.file, plain); err != nil {
		return err
	}
	g := &gatherer{in: r.in, layout: r.layout, wantKeys: p.wantKeys()}
	r.next = func([]byte) (chunk, error) { return g.next() }
	return nil
}

// errNoTail is a file that can't be read from its middle.
var errNoTail = errors.New("no reading from the middle")

// hasTail reports whether the file's end can be read alone, or all of it is
// little.
func (r *reading) hasTail() bool {
	if r.file.size <= smallBytes {
		return true
	}
	lines := r.file.format == "ndjson" || r.file.format == "csv" && !r.file.uneven
	return lines && r.stored() && !r.file.inOrder
}

// smallBytes is the size of a file that is read whole rather than at its end.
const smallBytes = 256 << 10

// stored reports whether the file's text is what is stored.
func (r *reading) stored() bool { return r.in.plain == nil && r.in.member == nil }

// cut cuts a file of lines, whose first one begins at content: by regions where
// it is stored as it reads, else one chunk after the other.
func (r *reading) cut(plain *bufio.Reader, content int64, p *pass) {
	if !r.stored() || r.file.inOrder {
		r.next = (&cutter{in: plain, size: r.size, offset: content, quotes: r.quoted}).next
		return
	}
	g := &regions{region: region{file: r.in.file, content: content, end: r.file.size}, size: int64(r.size)}
	if p.hashes {
		g.size, g.whole = chunkBytes, true
		r.leaves = make([]leaf, (g.end+chunkBytes-1)/chunkBytes)
		p.leaves[r.index] = r.leaves
	}
	if p.tail > 0 && g.end > smallBytes {
		g.to = max(0, g.end-p.tail)
	}
	r.next = g.next
}

// workers is how many goroutines read.
func workers() int { return min(max(runtime.GOMAXPROCS(0), 1), 16) }

// each runs the workers until the files end, an error comes, or ctx is done. It
// returns what each view saw, and what could not be decoded.
func (p *pass) each(ctx context.Context) ([]tally, damage, error) {
	var wait sync.WaitGroup
	var mu sync.Mutex
	var failed error
	var broken damage
	seen := make([]tally, len(p.views))
	p.leaves = map[int][]leaf{}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for range workers() {
		w := newWorker(p)
		wait.Go(func() {
			// The error is kept before anybody is told that the worker left: who
			// hears of it stops the others, whose errors then say no more than that.
			defer w.leave()
			err := w.work(ctx)
			mu.Lock()
			defer mu.Unlock()
			for i := range w.watchers {
				seen[i].add(w.watchers[i].tally)
			}
			broken.add(w.damage)
			if err != nil && failed == nil {
				failed = err
				cancel()
			}
		})
	}
	wait.Wait()
	p.close()
	if p.tail == 0 { // of a look at the ends nobody is told
		p.placeLines(&broken, failed)
	}
	return seen, broken, failed
}

// placeLines gives what will be shown the lines of the files: workers know only
// those of their chunks.
func (p *pass) placeLines(d *damage, failed error) {
	slices.SortFunc(d.bad, func(a, b BadLine) int {
		return cmp.Or(strings.Compare(a.Position.File, b.Position.File), cmp.Compare(a.Position.Offset, b.Position.Offset))
	})
	d.bad = d.bad[:min(len(d.bad), keptBad)]
	for i := range d.bad {
		p.placeLine(&d.bad[i].Position)
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
