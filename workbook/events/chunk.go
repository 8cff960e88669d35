package events

import (
	"bytes"
	"errors"
	"fmt"
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
	// region, where set, is where the worker reads text from.
	region *region
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

// errInOrder is a file whose records do not end where regions do, since they
// hold newlines: it must be cut by one after the other.
var errInOrder = errors.New("records of several lines")

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
		var err error
		if text, err = c.fill(text); err != nil {
			return chunk{}, err
		}
		if c.ended {
			break
		}
		end := c.lastEnd(text)
		if end > 0 {
			c.carry = append(c.carry, text[end:]...)
			text = text[:end]
			break
		}
		if len(text) > maxEventBytes+chunkSize {
			if c.quotes {
				return chunk{}, errUneven
			}
			return c.endless(text)
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

// fill reads c.size bytes behind text, or up to the file's end. A compressed
// file that is cut off ends in io.ErrUnexpectedEOF, which is no end.
func (c *cutter) fill(text []byte) ([]byte, error) {
	for want := len(text) + c.size; len(text) < want; {
		n, err := c.in.Read(text[len(text):want])
		text = text[:len(text)+n]
		if err == io.EOF { //nolint:errorlint // a wrapped one is another error
			c.ended = true
			return text, nil
		}
		if err != nil {
			return nil, fmt.Errorf("the file is cut off or damaged: %w", err)
		}
	}
	return text, nil
}

// endless passes over a line longer than an event may be, of which text is the
// beginning, and gives enough of it to be told.
func (c *cutter) endless(text []byte) (chunk, error) {
	out := chunk{seq: c.seq, offset: c.offset}
	c.seq++
	c.offset += int64(len(text))
	out.text = append(text[:maxEventBytes+1:maxEventBytes+1], '\n')
	rest := make([]byte, 0, c.size)
	for !c.ended {
		var err error
		if rest, err = c.fill(rest[:0]); err != nil {
			return chunk{}, err
		}
		if end := bytes.IndexByte(rest, '\n') + 1; end > 0 {
			c.carry = append(c.carry, rest[end:]...)
			c.offset += int64(end)
			break
		}
		c.offset += int64(len(rest))
	}
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
