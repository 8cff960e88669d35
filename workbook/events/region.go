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
	// size is that of the regions, which begin at multiples of it.
	size, at int64
	seq      int
}

// A region is the part of a file between two offsets.
type region struct {
	file     *os.File
	from, to int64
	// first says that a line begins at from, end is where the file ends.
	first bool
	end   int64
}

// slackBytes is read behind a region for the end of its last line.
const slackBytes = 4 << 10

var errShorter = errors.New("the file became shorter while it was read")

// next gives the next region, io.EOF behind the last.
func (g *regions) next([]byte) (chunk, error) {
	from := max(g.at, g.content)
	if from >= g.end {
		return chunk{}, io.EOF
	}
	to := min(from-from%g.size+g.size, g.end)
	c := chunk{seq: g.seq, region: &region{file: g.file, from: from, to: to, first: from == g.content, end: g.end}}
	g.seq++
	g.at = to
	return c, nil
}

// load reads the region's lines: text, which begins at offset in the file and
// lies in the buffer that is returned for the next time.
func (r *region) load(buffer []byte) (text []byte, offset int64, grown []byte, err error) {
	begin := r.from
	if !r.first {
		begin-- // the line begins here if a newline stands before
	}
	last := int(r.to - 1 - begin) // the last byte whose newline ends the region
	buffer, err = r.read(buffer[:0], begin, int64(last)+1+slackBytes)
	if err != nil {
		return nil, 0, buffer, err
	}
	start := 0
	if !r.first {
		newline := bytes.IndexByte(buffer[:last+1], '\n')
		if newline < 0 || newline == last {
			return nil, r.to, buffer, nil // no line begins in it
		}
		start = newline + 1
	}
	for seen := last; ; {
		if newline := bytes.IndexByte(buffer[seen:], '\n'); newline >= 0 {
			return buffer[start : seen+newline+1], begin + int64(start), buffer, nil
		}
		seen = len(buffer)
		if begin+int64(seen) == r.end || seen-start > maxEventBytes+chunkSize { // too long, which the worker tells
			return buffer[start:], begin + int64(start), buffer, nil
		}
		if buffer, err = r.read(buffer, begin, int64(seen)); err != nil {
			return nil, 0, buffer, err
		}
	}
}

// read appends to buffer, which holds the bytes from begin on, length more.
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
