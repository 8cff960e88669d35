package audit

import (
	"bytes"
	"context"
	"strings"

	"github.com/jmoiron/sqlx"
)

// A digested is a body's digest, computed anew.
type digested struct {
	seq    int64
	digest hash
	// removed says that it is what stands where a purged body was.
	removed bool
	// failed says that the body can't be read as one.
	failed error
}

// digestBatch is how many digests go from one goroutine to the other at once.
const digestBatch = 256

// A walker goes along the chain.
type walker struct {
	*checked
	heads      *outsideHeads
	tombstones tombstones
	// referred are the kept texts that entries refer to.
	referred map[string]reference
	link     link
	odd      oddEntries
}

// checkChain checks every entry up to the last, and notes which texts are
// referred to. Bodies are read and digested along with the entries, on a
// connection of their own.
func (w *walker) checkChain(ctx context.Context, db *sqlx.DB, tx *sqlx.Tx) error {
	if err := tx.GetContext(ctx, &w.last, "SELECT coalesce(max(seq), 0) FROM entries"); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	bodies := &bodyStream{batches: make(chan []digested, 16)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer close(bodies.batches)
		bodies.failed = digestBodies(ctx, db, w.last, bodies.batches)
	}()
	err := w.walk(ctx, tx, bodies)
	cancel()
	<-done
	return err
}

// digestBodies sends the digests of the bodies up to the entry last, in order.
func digestBodies(ctx context.Context, db *sqlx.DB, last int64, batches chan<- []digested) error {
	rows, err := db.QueryxContext(ctx, "SELECT seq, salt, subject, body FROM bodies WHERE seq <= ? ORDER BY seq", last)
	if err != nil {
		return err
	}
	defer rows.Close()
	var buffer []byte
	batch := make([]digested, 0, digestBatch)
	for more := true; more; {
		if more = rows.Next(); more {
			var d digested
			buffer, d = digestBody(rows, buffer)
			batch = append(batch, d)
		}
		if len(batch) == digestBatch || !more {
			select {
			case batches <- batch:
			case <-ctx.Done():
				return ctx.Err()
			}
			batch = make([]digested, 0, digestBatch)
		}
	}
	return rows.Err()
}

// digestBody reads the row at hand.
func digestBody(rows *sqlx.Rows, buffer []byte) ([]byte, digested) {
	var d digested
	var salt exactBytes
	var subject exactOption
	var body exactText
	if d.failed = rows.Scan(&d.seq, &salt, &subject, &body); d.failed != nil {
		return buffer, d
	}
	if len(salt) == 0 && subject.text == nil {
		d.removed = wasRemoved(string(body))
	}
	buffer, d.digest = bodyDigest(buffer, salt, subject.text, string(body))
	return buffer, d
}

// A bodyStream gives the digests one by one.
type bodyStream struct {
	batches chan []digested
	batch   []digested
	// failed is set before batches is closed.
	failed error
}

// next returns the digest that comes next, without taking it, or nil after the
// last.
func (s *bodyStream) next() *digested {
	for len(s.batch) == 0 {
		batch, ok := <-s.batches
		if !ok {
			return nil
		}
		s.batch = batch
	}
	return &s.batch[0]
}

// take takes what next returned.
func (s *bodyStream) take() { s.batch = s.batch[1:] }

// walk goes along the chain.
func (w *walker) walk(ctx context.Context, tx *sqlx.Tx, bodies *bodyStream) error {
	rows, err := tx.QueryxContext(ctx, "SELECT seq, run, block, number, kind, time, contents, digest, hash FROM entries ORDER BY seq")
	if err != nil {
		return err
	}
	defer rows.Close()
	w.link = link{known: true, past: []hash{{}}}
	for rows.Next() {
		e, scanned := scanEntry(rows)
		w.entries++
		switch e.Kind {
		case kindRun:
			w.runs++
		case kindIntent, kindOutcome:
			w.sends = true
		}
		w.follow(&e, scanned)
		w.body(bodies, &e)
		w.heads.meet(e.Seq, e.Hash)
		for digest := range strings.FieldsSeq(e.Contents) {
			by, known := w.referred[digest]
			if !known {
				by.first = e.Seq
			}
			by.last = e.Seq
			w.referred[digest] = by
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	w.odd.finish(w.checked)
	w.strayBodies(bodies, w.last+1)
	w.head = w.link.hash
	if bodies.failed != nil {
		return bodies.failed
	}
	return w.laterBodies(ctx, tx)
}

// laterBodies reports the bodies after the last entry. They are asked for in
// the transaction that saw which entry that is, since others may write.
func (c *checked) laterBodies(ctx context.Context, tx *sqlx.Tx) error {
	var later []int64
	err := tx.SelectContext(ctx, &later, "SELECT seq FROM bodies WHERE seq > ? ORDER BY seq LIMIT ?", c.last, MaxBreaks)
	for _, seq := range later {
		c.add(Cut, seq, "a body %d belongs to no entry: the entry was cut off the end, or the body was put in", seq)
	}
	return err
}

// scanEntry reads the row at hand. The sequence comes first, and is always a
// whole number, so that it is known also where the rest can't be read.
func scanEntry(rows *sqlx.Rows) (entry, error) {
	var e entry
	var run, block, number exactInt
	var kind, time, contents exactText
	var digest, sum exactBytes
	err := rows.Scan(&e.Seq, &run, &block, &number, &kind, &time, &contents, &digest, &sum)
	e.Run, e.Block, e.Number = int64(run), int(block), int(number)
	e.Kind, e.Time, e.Contents = string(kind), string(time), string(contents)
	e.Digest, e.Hash = digest, sum
	return e, err
}

// body checks that an entry's body is there and as it was written.
func (w *walker) body(bodies *bodyStream, e *entry) {
	w.strayBodies(bodies, e.Seq)
	d := bodies.next()
	switch {
	case d == nil || d.seq != e.Seq:
		// failed may be looked at only once the stream has ended.
		if d != nil || bodies.failed == nil {
			w.add(Deleted, e.Seq, "the body of entry %d is missing", e.Seq)
		}
		return
	case d.failed != nil:
		w.add(Edited, e.Seq, "the body of entry %d was edited: it can't be read as one", e.Seq)
	case bytes.Equal(d.digest[:], e.Digest):
	case d.removed && w.tombstones.covers(e.Seq):
		w.purged++
	case d.removed:
		w.add(Deleted, e.Seq, "the body of entry %d was removed, and no purge names it", e.Seq)
	default:
		w.add(Edited, e.Seq, "the body of entry %d was edited", e.Seq)
	}
	bodies.take()
}

// strayBodies reports the bodies before an entry that belong to none.
func (w *walker) strayBodies(bodies *bodyStream, before int64) {
	for d := bodies.next(); d != nil && d.seq < before; d = bodies.next() {
		w.add(Inserted, d.seq, "a body %d belongs to no entry", d.seq)
		bodies.take()
	}
}
