package events

import (
	"bytes"
	"errors"
	"io"
	"slices"
)

// chunkSize is how much of a file is handed to a worker at a time: little enough
// to stay in a core's cache.
const chunkSize = 256 << 10

// A chunk is a part of a file that holds whole lines, or, of formats that can't
// be cut at lines, events that were read already.
type chunk struct {
	// seq counts the chunks of a file from 0, offset is where text begins.
	seq    int
	offset int64
	text   []byte
	events []decoded
}

// A decoded event is one that was read on its own.
type decoded struct {
	place
	problem string
	cells   []cell
	at      moment
	keys    *[]string
}

// A cutter gives a file of lines in chunks. It is not safe for concurrent use:
// the workers take turns.
type cutter struct {
	in     io.Reader
	carry  []byte
	offset int64
	seq    int
	ended  bool
	// size is how much is read at a time.
	size int
	// quotes says that a newline between double quotes is part of a line.
	quotes bool
}

// errUneven is a file whose quotes do not pair: it must be read from its
// beginning, line by line.
var errUneven = errors.New("quotes that do not pair")

// next fills a chunk, reusing the memory of buffer. It returns io.EOF behind the
// last one.
func (c *cutter) next(buffer []byte) (chunk, error) {
	if c.ended && len(c.carry) == 0 {
		return chunk{}, io.EOF
	}
	text := append(buffer[:0], c.carry...)
	c.carry = c.carry[:0]
	for {
		if cap(text) < len(text)+c.size {
			grown := make([]byte, len(text), len(text)+c.size)
			copy(grown, text)
			text = grown
		}
		n, err := io.ReadFull(c.in, text[len(text):len(text)+c.size])
		text = text[:len(text)+n]
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			c.ended = true
			break
		}
		if err != nil {
			return chunk{}, err
		}
		end := c.lastEnd(text)
		if end > 0 {
			c.carry = append(c.carry, text[end:]...)
			text = text[:end]
			break
		}
		if len(text) > maxEventBytes+chunkSize {
			return chunk{}, errUneven
		}
	}
	if len(text) == 0 {
		return chunk{}, io.EOF
	}
	out := chunk{seq: c.seq, offset: c.offset, text: text}
	c.seq++
	c.offset += int64(len(text))
	return out, nil
}

// lastEnd returns the index behind the last newline that ends a record, 0 where
// there is none.
func (c *cutter) lastEnd(text []byte) int {
	end := bytes.LastIndexByte(text, '\n') + 1
	if !c.quotes || end == 0 {
		return end
	}
	odd := bytes.Count(text[:end], []byte{'"'})%2 == 1
	for odd && end > 0 {
		before := bytes.LastIndexByte(text[:end-1], '\n') + 1
		odd = bytes.Count(text[before:end], []byte{'"'})%2 == 0
		end = before
	}
	return end
}

// decodedEvents is how many events of a format without lines make a chunk.
const decodedEvents = 512

// A gatherer reads events one by one and hands them out in chunks.
type gatherer struct {
	in     *opened
	layout *layout
	// wantKeys says that events carry their keys.
	wantKeys bool
	seq      int
	r        record
	last     *[]string
}

func (g *gatherer) next() (chunk, error) {
	out := chunk{seq: g.seq}
	for len(out.events) < decodedEvents {
		err := g.in.next(&g.r)
		if errors.Is(err, io.EOF) {
			if len(out.events) == 0 {
				return chunk{}, io.EOF
			}
			break
		}
		if err != nil {
			return chunk{}, err
		}
		d := decoded{place: place{g.r.offset, g.r.line}, problem: g.r.problem}
		if d.problem == "" {
			d.cells = make([]cell, len(g.layout.columns))
			if d.at, err = g.layout.fromRecord(&g.r, d.cells); err != nil {
				return chunk{}, err
			}
			if g.wantKeys {
				if g.last == nil || !slices.Equal(*g.last, g.r.keys) {
					keys := slices.Clone(g.r.keys)
					g.last = &keys
				}
				d.keys = g.last
			}
			for i := range d.cells {
				d.cells[i].raw = bytes.Clone(d.cells[i].raw)
			}
		}
		out.events = append(out.events, d)
	}
	g.seq++
	return out, nil
}
