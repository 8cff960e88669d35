package pseudonym

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// maxLineBytes bounds what is kept of a line; a longer one is replaced piece by
// piece.
const maxLineBytes = 16 << 20

// A line is a line of a file with the sign that ended it.
type line struct {
	text, end []byte
	// piece says that more of the line follows, or came before.
	piece bool
}

// lines reads a text line by line.
type lines struct {
	in     *bufio.Reader
	buffer []byte
	// waiting are lines that were read ahead, each with its end.
	waiting [][]byte
	within  bool
}

// next returns the next line, io.EOF behind the last one. It is valid until the
// call after it.
func (l *lines) next() (line, error) {
	if len(l.waiting) > 0 {
		text := l.waiting[0]
		l.waiting = l.waiting[1:]
		return cutEnd(text), nil
	}
	l.buffer = l.buffer[:0]
	for {
		part, err := l.in.ReadSlice('\n')
		l.buffer = append(l.buffer, part...)
		switch {
		case err == nil, errors.Is(err, io.EOF) && len(l.buffer) > 0:
			out := cutEnd(l.buffer)
			out.piece, l.within = l.within, false
			return out, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return line{}, err
		case len(l.buffer) > maxLineBytes:
			return l.cut(), nil
		}
	}
}

// cut returns the piece of a line that is too long, up to a blank where there is
// one near its end.
func (l *lines) cut() line {
	l.within = true
	end := len(l.buffer)
	if i := bytes.LastIndexAny(l.buffer[end-64<<10:], " \t,;\""); i >= 0 {
		end += i - 64<<10 + 1
	}
	rest := bytes.Clone(l.buffer[end:])
	l.in = bufio.NewReaderSize(io.MultiReader(bytes.NewReader(rest), l.in), 64<<10)
	return line{text: l.buffer[:end], piece: true}
}

func cutEnd(text []byte) line {
	inner := bytes.TrimSuffix(text, []byte("\n"))
	inner = bytes.TrimSuffix(inner, []byte("\r"))
	return line{text: inner, end: text[len(inner):]}
}
