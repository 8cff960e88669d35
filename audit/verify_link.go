package audit

import "bytes"

// A link is the end of the chain so far.
type link struct {
	seq  int64
	hash hash
	// known is false where the entry before is missing or can't be read.
	known bool
	// seen says that an entry has been seen.
	seen   bool
	buffer []byte
	// past are the stored hashes of the last entries, the newest last.
	past []hash
	// shift is what must be added to the sequences of entries that were
	// renumbered; 0 where none were.
	shift int64
}

// maxShift bounds the entries in one place whose insertion or deletion is told
// from the renumbering of those behind.
const maxShift = 32

// matches reports whether an entry follows one with the hash before, had it the
// sequence seq.
func (l *link) matches(e *entry, seq int64, before hash) bool {
	at := *e
	at.Seq = seq
	var sum hash
	l.buffer, sum = entryHash(l.buffer, before, &at)
	return bytes.Equal(sum[:], e.Hash)
}

// next makes an entry the end of the chain.
func (l *link) next(h hash) {
	l.hash, l.known = h, true
	if len(l.past) == maxShift+1 {
		l.past = append(l.past[:0], l.past[1:]...)
	}
	l.past = append(l.past, h)
}

// follow checks that an entry follows the one before and is as it was written.
// Whatever it finds, the next entry is compared with what stands in this one,
// so that each is judged by itself.
func (w *walker) follow(e *entry, scanned error) {
	l := &w.link
	first := !l.seen
	l.seen = true
	if first && e.Seq > 0 && e.Kind == kindLink && scanned == nil && len(e.Hash) == len(l.hash) {
		w.begin(e)
		return
	}
	switch missing := e.Seq - l.seq - 1; {
	case missing == 1:
		w.add(Deleted, l.seq+1, "entry %d is missing", l.seq+1)
	case missing > 1:
		w.add(Deleted, l.seq+1, "entries %d to %d are missing", l.seq+1, e.Seq-1)
	case missing < 0:
		w.add(Inserted, e.Seq, "entry %d stands before the first", e.Seq)
	}
	if e.Seq != l.seq+1 {
		l.known, l.past, l.shift = false, l.past[:0], 0
	}
	l.seq = e.Seq
	if scanned != nil || len(e.Hash) != len(l.hash) {
		w.add(Edited, e.Seq, "entry %d was edited: it can't be read as an entry", e.Seq)
		l.known, l.past = false, l.past[:0]
		return
	}
	if l.known && !l.matches(e, e.Seq+l.shift, l.hash) {
		w.odd.judge(w, e)
	}
	l.next(hash(e.Hash))
}

// begin takes the link entry that an archive left in the place of those that it
// took.
func (w *walker) begin(e *entry) {
	if !w.tombstones.links[linkHash(e)] {
		w.add(Deleted, e.Seq, "the file begins with a link at entry %d, and no entry about an archive names it", e.Seq)
	}
	w.moved = &Moved{Through: e.Seq}
	w.link.seq = e.Seq
	w.link.next(hash(e.Hash))
}
