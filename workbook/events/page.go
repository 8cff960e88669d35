package events

import "math/bits"

// A page is the text of a chunk with its marks: bitmaps that tell, 64 bytes a
// block, where the bytes stand that the decoders look for. They are made once,
// with vector instructions where the processor has them, so that lines, fields
// and the ends of texts are found without looking at the bytes between them.
type page struct {
	text   []byte
	blocks []block
}

// A block is the marks of 64 bytes; bit i stands for byte i.
type block struct {
	// first and second are the two bytes that the format looks for.
	first, second uint64
	newline       uint64
	// odd are bytes outside printable ASCII but for the newline.
	odd uint64
}

const blockBytes = 64

// load takes a chunk's text and marks the bytes first and second in it.
func (p *page) load(text []byte, first, second byte) {
	p.text = text
	n := (len(text) + blockBytes - 1) / blockBytes
	if cap(p.blocks) < n {
		p.blocks = make([]block, n+n/8)
	}
	p.blocks = p.blocks[:n]
	whole := len(text) / blockBytes
	if whole > 0 {
		classify(text[:whole*blockBytes], first, second, p.blocks[:whole])
	}
	if rest := text[whole*blockBytes:]; len(rest) > 0 {
		var last [blockBytes]byte
		copy(last[:], rest)
		classify(last[:], first, second, p.blocks[whole:])
		b, inside := &p.blocks[whole], uint64(1)<<len(rest)-1
		b.first, b.second, b.newline, b.odd = b.first&inside, b.second&inside, b.newline&inside, b.odd&inside
	}
}

// lineEnd returns the index of the first newline at or behind i, the text's end
// where there is none, and whether odd bytes and bytes of the second kind stand
// before it.
func (p *page) lineEnd(i int) (end int, odd, second bool) {
	inside := ^uint64(0) << (i % blockBytes)
	var odds, seconds uint64
	for at := i / blockBytes; at < len(p.blocks); at++ {
		b := &p.blocks[at]
		if newline := b.newline & inside; newline != 0 {
			inside &= newline&-newline - 1
			odds, seconds = odds|b.odd&inside, seconds|b.second&inside
			return at*blockBytes + bits.TrailingZeros64(newline), odds != 0, seconds != 0
		}
		odds, seconds = odds|b.odd&inside, seconds|b.second&inside
		inside = ^uint64(0)
	}
	return len(p.text), odds != 0, seconds != 0
}

// hasOdd reports whether odd bytes stand in text[from:to].
func (p *page) hasOdd(from, to int) bool {
	inside := ^uint64(0) << (from % blockBytes)
	for at := from / blockBytes; at*blockBytes < to; at++ {
		if rest := to - at*blockBytes; rest < blockBytes {
			inside &= 1<<rest - 1
		}
		if p.blocks[at].odd&inside != 0 {
			return true
		}
		inside = ^uint64(0)
	}
	return false
}

// oddSeconds reports whether the bytes of the second kind are odd in number.
func (p *page) oddSeconds() bool {
	var all uint64
	for i := range p.blocks {
		all ^= p.blocks[i].second
	}
	return bits.OnesCount64(all)%2 == 1
}

// next returns the index of the first byte of the first kind at or behind i;
// the text's end where there is none.
func (p *page) next(i int) int {
	at := i / blockBytes
	if at >= len(p.blocks) {
		return len(p.text)
	}
	if found := p.blocks[at].first >> (i % blockBytes); found != 0 {
		return i + bits.TrailingZeros64(found)
	}
	for at++; at < len(p.blocks); at++ {
		if found := p.blocks[at].first; found != 0 {
			return at*blockBytes + bits.TrailingZeros64(found)
		}
	}
	return len(p.text)
}

// classifyPortable marks text, whose length is a multiple of a block's.
func classifyPortable(text []byte, first, second byte, out []block) {
	for n := range out {
		b := &out[n]
		*b = block{}
		for i := 0; i < blockBytes; i += 8 {
			w := load(text, n*blockBytes+i)
			newline := equal(w, '\n')
			low := w &^ highs
			b.first |= gather(equal(w, first)) << i
			b.second |= gather(equal(w, second)) << i
			b.newline |= gather(newline) << i
			b.odd |= gather((^(low+(0x80-' ')*ones)|w)&highs&^newline) << i
		}
	}
}

// equal marks the bytes of w that are c, each in its highest bit.
func equal(w uint64, c byte) uint64 {
	w ^= uint64(c) * ones
	return ^((w&^highs + (0x7f * ones)) | w) & highs
}

// gather takes the highest bit of each byte together.
func gather(w uint64) uint64 { return w >> 7 * 0x0102040810204080 >> 56 }
