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
	file *os.File
	// content is where the first line begins, end the size up to which is read.
	content, end int64
	// size is that of the regions, which begin at multiples of it; at is where
	// the next one does.
	size, at int64
	seq      int
	// whole says that every byte must be read, also those before content.
	whole bool
}

// A region is the part of a file between two offsets.
type region struct {
	file *os.File
	// begin is where reading begins: at from, before it for the newline that
	// tells whether a line begins at from, or where the region's bytes do.
	begin, from, to int64
	// first says that a line begins at from.
	first bool
	// bytes is where the region's own begin, end where the file ends.
	bytes, end int64
}

// slackBytes is read behind a region for the end of its last line.
const slackBytes = 4 << 10

var errShorter = errors.New("the file became shorter while it was read")

// next gives the next region, io.EOF behind the last.
func (g *regions) next([]byte) (chunk, error) {
	from := max(g.at, g.content)
	if from >= g.end && (!g.whole || g.at >= g.end) {
		return chunk{}, io.EOF
	}
	r := &region{file: g.file, from: from, first: from == g.content, end: g.end}
	r.bytes = from - from%g.size
	r.to = min(r.bytes+g.size, g.end)
	r.begin = from
	if !r.first {
		r.begin--
	}
	if g.whole {
		r.begin = min(r.begin, r.bytes)
	}
	c := chunk{seq: g.seq, region: r}
	g.seq++
	g.at = r.to
	return c, nil
}

// stored are the region's own bytes in the buffer that load filled.
func (r *region) stored(buffer []byte) []byte { return buffer[r.bytes-r.begin : r.to-r.begin] }

// load reads the region's lines: text, which begins at offset in the file and
// lies in the buffer that is returned for the next time.
func (r *region) load(buffer []byte) (text []byte, offset int64, grown []byte, err error) {
	last := int(r.to - 1 - r.begin) // the last byte whose newline ends the region
	buffer, err = r.read(buffer[:0], int64(last)+1+slackBytes)
	if err != nil {
		return nil, 0, buffer, err
	}
	start := int(r.from - r.begin)
	if !r.first {
		newline := bytes.IndexByte(buffer[start-1:last+1], '\n')
		if newline < 0 || start+newline > last {
			return nil, r.to, buffer, nil // no line begins in it
		}
		start += newline
	}
	if start > last { // the file ends behind its header
		return nil, r.to, buffer, nil
	}
	for seen := last; ; {
		if newline := bytes.IndexByte(buffer[seen:], '\n'); newline >= 0 {
			return buffer[start : seen+newline+1], r.begin + int64(start), buffer, nil
		}
		seen = len(buffer)
		if r.begin+int64(seen) == r.end || seen-start > maxEventBytes+chunkSize { // too long, which the worker tells
			return buffer[start:], r.begin + int64(start), buffer, nil
		}
		if buffer, err = r.read(buffer, int64(seen)); err != nil {
			return nil, 0, buffer, err
		}
	}
}

// read appends length bytes more to buffer, which holds those from begin on.
func (r *region) read(buffer []byte, length int64) ([]byte, error) {
	have := len(buffer)
	want := int(min(int64(have)+length, r.end-r.begin))
	if cap(buffer) < want {
		grown := make([]byte, have, want)
		copy(grown, buffer)
		buffer = grown
	}
	buffer = buffer[:want]
	n, err := r.file.ReadAt(buffer[have:], r.begin+int64(have))
	if n < want-have {
		if err == nil || errors.Is(err, io.EOF) {
			err = errShorter
		}
		return buffer[:0], err
	}
	return buffer, nil
}
