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

// judge takes in an entry that does not follow the one before it.
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
	if o.renumbered(w, e) {
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

// renumbered reports whether an entry follows the one before, an odd one, under
// an old number. Where that is a higher one, entries were taken out before the
// odd one; where it is a lower one, and the odd one follows an entry further up,
// those between were put in.
func (o *oddEntries) renumbered(w *walker, e *entry) bool {
	l, last := &w.link, len(o.list)-1
	if last < 0 || o.list[last].Seq != e.Seq-1 {
		return false
	}
	odd := o.list[last].entry
	for n := int64(1); n <= maxShift; n++ {
		if l.matches(e, e.Seq+l.shift+n, l.hash) {
			o.list = o.list[:last]
			w.add(Deleted, odd.Seq, "before what is now entry %d, %d that stood there %s taken out, and those behind were renumbered", odd.Seq, n, plural(n, "was", "were"))
			l.shift += n
			return true
		}
	}
	for n := int64(1); int(n) < len(l.past)-1; n++ {
		if l.matches(&odd, odd.Seq+l.shift-n, l.past[len(l.past)-2-int(n)]) && l.matches(e, e.Seq+l.shift-n, l.hash) {
			first := odd.Seq - n
			o.list = slices.DeleteFunc(o.list, func(e oddEntry) bool { return e.Seq >= first })
			w.add(Inserted, first, "%s put in, and those behind were renumbered: entry %d follows what stands before", counted(first, odd.Seq-1, "was", "were"), odd.Seq)
			l.shift -= n
			return true
		}
	}
	return false
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
		switch at := o.home(e); {
		case at == e.Seq && i > 0 && o.list[i-1].Seq == e.Seq-1:
			// It is as it was; the one before it is not.
		case at != 0 && at != e.Seq:
			c.add(Reordered, e.Seq, "what is now entry %d stood as entry %d: entries were put in another order", e.Seq, at)
		default:
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
		if place.Seq != e.Seq && l.matches(&e.entry, place.Seq, place.before) {
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
