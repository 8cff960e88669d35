package events

import (
	"io"
	"os"
	"sync"
	"sync/atomic"
)

// A Progress counts the bytes of files as they are read, as they are stored. Whoever
// opens a set hands one in and looks at it whenever he likes; the zero value is
// ready, and nil counts nothing.
type Progress struct {
	read, all atomic.Int64

	mu     sync.Mutex
	total  int64
	active int
}

// Bytes tells how much of the reading under way is done, of how much; where none is,
// of the last one.
func (p *Progress) Bytes() (read, total int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	// Beginnings are read more than once.
	return min(p.read.Load(), p.total), p.total
}

// All tells how much was read since the beginning.
func (p *Progress) All() int64 { return p.all.Load() }

// begin says that so many bytes will be read, and returns what to call behind them.
func (p *Progress) begin(bytes int64) (end func()) {
	if p == nil {
		return func() {}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.active == 0 {
		p.total = 0
		p.read.Store(0)
	}
	p.active++
	p.total += bytes
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.active--
	}
}

func (p *Progress) add(n int) {
	if p != nil && n > 0 {
		p.read.Add(int64(n))
		p.all.Add(int64(n))
	}
}

// counted tells a Progress of what is read.
type counted struct {
	io.Reader
	progress *Progress
}

func (c counted) Read(b []byte) (int, error) {
	n, err := c.Reader.Read(b)
	c.progress.add(n)
	return n, err
}

// countedAt is counted for a zip, whose directory is read before progress is set.
type countedAt struct {
	io.ReaderAt
	progress *Progress
}

func (c *countedAt) ReadAt(b []byte, at int64) (int, error) {
	n, err := c.ReaderAt.ReadAt(b, at)
	c.progress.add(n)
	return n, err
}

// reading begins a reading of the files that may hold one of some streams, of all
// where none is named.
func (s *Set) reading(streams ...string) (end func()) {
	p := s.options.Progress
	if p == nil {
		return func() {}
	}
	var total int64
	if len(streams) == 0 {
		streams = []string{""}
	}
	for _, stream := range streams {
		total += s.storedBytes(streamName(stream))
	}
	return p.begin(total)
}

// storedBytes is how large the files are that may hold a stream.
func (s *Set) storedBytes(stream string) int64 {
	var total int64
	known := map[string]bool{}
	for _, f := range s.files {
		if known[f.path] || stream != "" && f.holds != nil && !f.holds[stream] {
			continue
		}
		known[f.path] = true // once for all members of a zip
		size := f.size
		if info, err := os.Stat(f.path); !f.sized && err == nil {
			size = info.Size()
		}
		total += size
	}
	return total
}
