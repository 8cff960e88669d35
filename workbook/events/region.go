package events

import (
	"bytes"
	"errors"
	"io"
	"os"
)

// regions cut a plain file by offsets, without reading it: each worker reads
// its own part, so that reading, too, is shared among them. The lines of a
// region are those that begin in it.
type regions struct {
	region
	// size is that of the regions, which begin at multiples of it.
	size int64
	seq  int
}

// A region is the part of a file between two offsets.
type region struct {
	file     *os.File
	from, to int64
	// content is where the file's first line begins, end where the file does.
	content, end int64
	// whole says that every byte must be read, also those before content.
	whole bool
}

// slackBytes is read behind a region for the end of its last line.
const slackBytes = 4 << 10

var errShorter = errors.New("the file became shorter while it was read")

// next gives the next region, io.EOF behind the last.
func (g *regions) next([]byte) (chunk, error) {
	if g.from = g.to; !g.whole {
		g.from = max(g.from, g.content)
	}
	if g.from >= g.end {
		return chunk{}, io.EOF
	}
	g.to = min(g.from-g.from%g.size+g.size, g.end)
	part := g.region
	g.seq++
	return chunk{seq: g.seq - 1, region: &part}, nil
}

// parts cuts a region into smaller ones.
func (r *region) parts(size int64) []region {
	var out []region
	for part := *r; part.from < r.to; part.from = part.to {
		part.to = min(part.from-part.from%size+size, r.to)
		out = append(out, part)
	}
	return out
}

// load reads the region's lines: text, which begins at offset in the file and
// lies in the buffer that is returned for the next time. stored are the region's
// own bytes, where it is to be read whole.
func (r *region) load(buffer []byte) (text []byte, offset int64, stored, grown []byte, err error) {
	start := max(r.from, r.content)
	first := start == r.content
	begin := start
	if !first {
		begin-- // a line begins here where a newline stands before
	}
	if r.whole {
		begin = min(begin, r.from)
	}
	last := int(r.to - 1 - begin) // the last byte whose newline ends the region
	if buffer, err = r.read(buffer[:0], begin, int64(last)+1+slackBytes); err != nil {
		return nil, 0, nil, buffer, err
	}
	from := int(start - begin)
	if !first {
		if newline := bytes.IndexByte(buffer[from-1:last+1], '\n'); newline >= 0 {
			from += newline
		} else {
			from = last + 1
		}
	}
	end := from
	if from <= last { // else no line begins in it
		if end, buffer, err = r.lastLine(buffer, begin, from, last); err != nil {
			return nil, 0, nil, buffer, err
		}
	}
	if r.whole {
		stored = buffer[r.from-begin : last+1]
	}
	return buffer[from:end], begin + int64(from), stored, buffer, nil
}

// lastLine returns where the line ends that holds the last byte of the region, or
// begins behind it; where it is too long, which the worker tells, where reading
// stopped.
func (r *region) lastLine(buffer []byte, begin int64, from, last int) (end int, grown []byte, err error) {
	for seen := last; ; {
		if newline := bytes.IndexByte(buffer[seen:], '\n'); newline >= 0 {
			return seen + newline + 1, buffer, nil
		}
		seen = len(buffer)
		if begin+int64(seen) == r.end || seen-from > maxEventBytes+chunkSize {
			return seen, buffer, nil
		}
		if buffer, err = r.read(buffer, begin, int64(seen)); err != nil {
			return 0, buffer, err
		}
	}
}

// read appends length bytes more to buffer, which holds those from begin on.
func (r *region) read(buffer []byte, begin, length int64) ([]byte, error) {
	have := len(buffer)
	want := int(min(int64(have)+length, r.end-begin))
	if cap(buffer) < want {
		grown := make([]byte, have, want)
		copy(grown, buffer)
		buffer = grown
	}
	buffer = buffer[:want]
	n, err := r.file.ReadAt(buffer[have:], begin+int64(have))
	if n < want-have {
		if err == nil || errors.Is(err, io.EOF) {
			err = errShorter
		}
		return buffer[:0], err
	}
	return buffer, nil
}
