package audit

import (
	"cmp"
	"slices"
)

// An oddEntry does not follow the one before it.
type oddEntry struct {
	entry
	// before is the hash of the entry before it, as stored.
	before hash
}

// Odd entries are kept until it is clear what was done to them.
type oddEntries struct {
	list []oddEntry
	// judged counts those that were looked at.
	judged int
}

const (
	// maxOdd bounds the entries that are compared with each other.
	maxOdd = 48
	// maxJudged bounds the entries that are looked at closely: in a chain that
	// is wrong from end to end there is nothing more to tell.
	maxJudged = 10_000
)

// judge takes in an entry that does not follow the one before it. Where an
// entry was put in or taken away, and those behind were renumbered, they still
// follow each other under their old numbers.
func (o *oddEntries) judge(w *walker, e *entry) {
	l := &w.link
	o.judged++
	if o.judged > maxJudged {
		w.odds(e)
		return
	}
	if l.shift != 0 && l.matches(e, e.Seq, l.hash) {
		l.shift = 0
		return
	}
	if n := int64(o.insertedBefore(l, e)); n > 0 {
		o.forget(e.Seq - n)
		w.add(Inserted, e.Seq-n, "%s put in, and those behind were renumbered: entry %d follows what is now entry %d", counted(e.Seq-n, e.Seq-1, "was", "were"), e.Seq, e.Seq-n-1)
		l.shift -= n
		return
	}
	if n := o.deletedBefore(l, e); n > 0 {
		o.forget(e.Seq - 1)
		w.add(Deleted, e.Seq-1, "before what is now entry %d, %d that stood there %s taken out, and those behind were renumbered", e.Seq-1, n, plural(n, "was", "were"))
		l.shift += n
		return
	}
	if len(o.list) == maxOdd {
		w.odds(e)
		return
	}
	kept := *e
	// Bytes of a row are valid until the next one.
	kept.Digest, kept.Hash = slices.Clone(e.Digest), slices.Clone(e.Hash)
	o.list = append(o.list, oddEntry{kept, l.hash})
}

// insertedBefore is how many entries before this one were put in: it follows
// the one before those.
func (o *oddEntries) insertedBefore(l *link, e *entry) int {
	for n := 1; n < len(l.past); n++ {
		if l.matches(e, e.Seq+l.shift-int64(n), l.past[len(l.past)-1-n]) {
			return n
		}
	}
	return 0
}

// deletedBefore is how many entries were taken out before the one before this:
// that one follows nothing here, and this one follows it under an old number.
func (o *oddEntries) deletedBefore(l *link, e *entry) int64 {
	if n := len(o.list); n == 0 || o.list[n-1].Seq != e.Seq-1 {
		return 0
	}
	for n := int64(1); n <= maxShift; n++ {
		if l.matches(e, e.Seq+l.shift+n, l.hash) {
			return n
		}
	}
	return 0
}

// forget takes back the entries from one on.
func (o *oddEntries) forget(from int64) {
	o.list = slices.DeleteFunc(o.list, func(e oddEntry) bool { return e.Seq >= from })
}

// odds reports an entry of which no more can be told.
func (c *checked) odds(e *entry) {
	c.add(Edited, e.Seq, "entry %d was edited, or does not follow the entry before it", e.Seq)
}

// finish reports what is left: entries that fit where another one stands were
// exchanged.
func (o *oddEntries) finish(c *checked) {
	for i := range o.list {
		e := &o.list[i]
		if at := o.home(e); at != 0 {
			c.add(Reordered, e.Seq, "what is now entry %d stood as entry %d: entries were put in another order", e.Seq, at)
		} else {
			c.odds(&e.entry)
		}
	}
	slices.SortStableFunc(c.breaks, func(a, b Break) int { return cmp.Compare(a.Entry, b.Entry) })
}

// home is where an entry stood, among the places of the others; 0 where that
// can't be told.
func (o *oddEntries) home(e *oddEntry) int64 {
	var l link
	for i := range o.list {
		place := &o.list[i]
		if place.Seq == e.Seq {
			continue
		}
		if l.matches(&e.entry, place.Seq, place.before) {
			return place.Seq
		}
		for j := range o.list {
			if l.matches(&e.entry, place.Seq, hash(o.list[j].Hash)) {
				return place.Seq
			}
		}
	}
	return 0
}
