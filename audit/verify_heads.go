package audit

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
)

// ErrUnlisted is a signature that holds, by someone who does not count.
var ErrUnlisted = errors.New("signed by a key that is not listed")

// A headState is what became of a head.
type headState int

const (
	// headUnmet is a head whose entry is not there.
	headUnmet headState = iota
	headHolds
	headDiffers
)

// outsideHeads are the heads from outside of the database, and what came of
// comparing them.
type outsideHeads struct {
	// files are the files that they come from.
	files []Heads
	known []KnownHead
	state []headState
	bySeq map[int64][]int

	signed           []SignedHead
	notes, unchecked []string
}

// gatherHeads reads the heads beside the audit, and adds those that are given.
func (r *Reader) gatherHeads(o VerifyOptions) *outsideHeads {
	heads := &outsideHeads{bySeq: map[int64][]int{}}
	beside, err := ReadHeads(HeadFile(r.path))
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		heads.unchecked = append(heads.unchecked, err.Error())
	default:
		heads.files = append(heads.files, beside)
	}
	heads.known = append(beside.Known, o.Expect...)
	heads.state = make([]headState, len(heads.known))
	for i, h := range heads.known {
		heads.bySeq[h.Sequence] = append(heads.bySeq[h.Sequence], i)
	}
	return heads
}

// meet compares an entry's hash with the heads that know it.
func (h *outsideHeads) meet(seq int64, sum []byte) {
	for _, i := range h.bySeq[seq] {
		h.state[i] = headDiffers
		if hex.EncodeToString(sum) == h.known[i].Hash {
			h.state[i] = headHolds
		}
	}
}

// compare tells what the heads say of a chain that was gone along.
func (h *outsideHeads) compare(chain *checked, o VerifyOptions) (c checked) {
	if chain.failed != nil {
		return c
	}
	for _, f := range h.files {
		for _, line := range f.Unread {
			c.add(Outside, 0, "%s is no head: it was edited", line)
		}
		if f.Torn > 0 {
			h.note("%d of the lines in %s end within: writing them was stopped", f.Torn, f.File)
		}
	}
	newest := h.differing(&c, chain)
	h.cut(&c, chain)
	h.signatures(&c, o)
	h.remarks(chain, newest)
	return c
}

// differing reports the first head that is not the chain's, and returns the
// last entry that a head vouches for.
func (h *outsideHeads) differing(c, chain *checked) (newest int64) {
	var differs *KnownHead
	for i := range h.known {
		head := &h.known[i]
		switch {
		case h.state[i] == headHolds:
			newest = max(newest, head.Sequence)
		case h.state[i] == headDiffers && (differs == nil || head.Sequence < differs.Sequence):
			differs = head
		}
	}
	if differs == nil {
		return newest
	}
	holds := int64(0)
	for i, head := range h.known {
		if h.state[i] == headHolds && head.Sequence < differs.Sequence {
			holds = max(holds, head.Sequence)
		}
	}
	for _, b := range chain.breaks {
		if b.Entry > holds && b.Entry <= differs.Sequence {
			c.add(Edited, differs.Sequence, "entry %d has another hash than %s", differs.Sequence, differs.said())
			return newest
		}
	}
	c.add(Rewritten, differs.Sequence, "the chain holds, and yet entry %d has another hash than %s: it was written anew, from entry %d at the earliest", differs.Sequence, differs.said(), holds+1)
	return newest
}

// cut reports the entries that a head knows behind the last.
func (h *outsideHeads) cut(c, chain *checked) {
	var last *KnownHead
	for i := range h.known {
		if head := &h.known[i]; head.Sequence > chain.last && (last == nil || head.Sequence > last.Sequence) {
			last = head
		}
	}
	if last == nil {
		return
	}
	c.add(Cut, chain.last+1, "%s missing at the end: %s tells of them (where the audit was begun anew on purpose, move that file away)",
		counted(chain.last+1, last.Sequence, "is", "are"), last.said())
}

// said names where a head stands.
func (h *KnownHead) said() string {
	if h.From == "" {
		return "the expected head"
	}
	return h.From
}

// signatures checks those of heads.
func (h *outsideHeads) signatures(c *checked, o VerifyOptions) {
	unchecked, holding := 0, 0
	for i, head := range h.known {
		if head.Signature == "" {
			continue
		}
		if o.Signatures == nil {
			unchecked++
			continue
		}
		signer, err := o.Signatures.VerifyHead(HeadText(head), head.Signature)
		switch {
		case errors.Is(err, ErrUnlisted):
			h.uncheck("%s is %v", head.said(), err)
		case err != nil:
			c.add(Outside, 0, "the signature in %s does not hold: %v", head.said(), err)
		case h.state[i] == headHolds:
			holding++
			h.signed = append(h.signed, SignedHead{head.Sequence, signer, head.said()})
		}
	}
	if unchecked > 0 {
		h.uncheck("%s were not checked", quantity(unchecked, "signature", "signatures"))
	}
	if o.Signed && holding == 0 {
		c.add(Outside, 0, "no head of this audit is signed by a key that counts")
	}
}

// remarks says what heads leave open.
func (h *outsideHeads) remarks(chain *checked, newest int64) {
	if len(h.known) == 0 {
		h.uncheck("no head was kept outside of the database: entries cut off the end, and a chain written anew, can't be seen")
	} else if newest < chain.last && chain.last > 0 {
		h.uncheck("no head vouches for %s: what was cut off behind, or written anew there, can't be seen", span(newest+1, chain.last))
	}
	if chain.purged+chain.purgedTexts > 0 {
		h.uncheck("%d bodies and %d kept texts were purged: the view purges tells when and why, and what they said is gone", chain.purged, chain.purgedTexts)
	}
	if m := chain.moved; m != nil {
		h.uncheck("the entries up to %d stand in the archive %s: verify that file too", m.Through, m.File)
	}
}

func (h *outsideHeads) note(format string, args ...any) {
	h.notes = append(h.notes, fmt.Sprintf(format, args...))
}

func (h *outsideHeads) uncheck(format string, args ...any) {
	h.unchecked = append(h.unchecked, fmt.Sprintf(format, args...))
}

// span names entries from first to last.
func span(first, last int64) string {
	if first == last {
		return fmt.Sprintf("entry %d", first)
	}
	return fmt.Sprintf("entries %d to %d", first, last)
}

// counted is span with a verb for one and for many.
func counted(first, last int64, one, many string) string {
	if first == last {
		return span(first, last) + " " + one
	}
	return span(first, last) + " " + many
}

func plural[N int | int64](n N, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

func quantity(n int, one, many string) string { return fmt.Sprintf("%d %s", n, plural(n, one, many)) }
