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
	// failed says that the body can't be read as one.
	failed error
}

// digestBatch is how many digests go from one goroutine to the other at once.
const digestBatch = 256

// checkChain checks every entry up to the last, and notes for each text that is
// referred to the first entry that does. Bodies are read and digested along
// with the entries, on a connection of their own.
func (c *checked) checkChain(ctx context.Context, db *sqlx.DB, tx *sqlx.Tx, referred map[string]int64) error {
	if err := tx.GetContext(ctx, &c.last, "SELECT coalesce(max(seq), 0) FROM entries"); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	bodies := &bodyStream{batches: make(chan []digested, 16)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer close(bodies.batches)
		bodies.failed = digestBodies(ctx, db, c.last, bodies.batches)
	}()
	err := c.walk(ctx, tx, bodies, referred)
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
func (c *checked) walk(ctx context.Context, tx *sqlx.Tx, bodies *bodyStream, referred map[string]int64) error {
	rows, err := tx.QueryxContext(ctx, "SELECT seq, run, block, number, kind, time, contents, digest, hash FROM entries ORDER BY seq")
	if err != nil {
		return err
	}
	defer rows.Close()
	link := link{known: true}
	for rows.Next() {
		e, scanned := scanEntry(rows)
		c.entries++
		switch e.Kind {
		case kindRun:
			c.runs++
		case kindIntent, kindOutcome:
			c.sends = true
		}
		c.follow(&link, &e, scanned)
		c.body(bodies, &e)
		for _, digest := range strings.Fields(e.Contents) {
			if _, known := referred[digest]; !known {
				referred[digest] = e.Seq
			}
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	c.strayBodies(bodies, c.last+1)
	c.head = link.hash
	if bodies.failed != nil {
		return bodies.failed
	}
	return c.laterBodies(ctx, tx)
}

// laterBodies reports the bodies after the last entry. They are asked for in
// the transaction that saw which entry that is, since others may write.
func (c *checked) laterBodies(ctx context.Context, tx *sqlx.Tx) error {
	var later []int64
	err := tx.SelectContext(ctx, &later, "SELECT seq FROM bodies WHERE seq > ? ORDER BY seq LIMIT ?", c.last, MaxBreaks)
	for _, seq := range later {
		c.add(seq, "a body %d belongs to no entry", seq)
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

// A link is the end of the chain so far.
type link struct {
	seq  int64
	hash hash
	// known is false where the entry before is missing or can't be read.
	known  bool
	buffer []byte
}

// follow checks that an entry follows the one before and is as it was written.
// Whatever it finds, the next entry is compared with what stands in this one,
// so that each is judged by itself.
func (c *checked) follow(l *link, e *entry, scanned error) {
	switch missing := e.Seq - l.seq - 1; {
	case missing == 1:
		c.add(l.seq+1, "entry %d is missing", l.seq+1)
	case missing > 1:
		c.add(l.seq+1, "entries %d to %d are missing", l.seq+1, e.Seq-1)
	case missing < 0:
		c.add(e.Seq, "entry %d stands before the first", e.Seq)
	}
	l.known = l.known && e.Seq == l.seq+1
	l.seq = e.Seq
	if scanned != nil || len(e.Hash) != len(l.hash) {
		c.add(e.Seq, "entry %d was edited: it can't be read as an entry", e.Seq)
		l.known = false
		return
	}
	var sum hash
	l.buffer, sum = entryHash(l.buffer, l.hash, e)
	if l.known && !bytes.Equal(sum[:], e.Hash) {
		c.add(e.Seq, "entry %d was edited, or does not follow the entry before it", e.Seq)
	}
	l.hash, l.known = hash(e.Hash), true
}

// body checks that an entry's body is there and as it was written.
func (c *checked) body(bodies *bodyStream, e *entry) {
	c.strayBodies(bodies, e.Seq)
	d := bodies.next()
	switch {
	case d == nil || d.seq != e.Seq:
		// failed may be looked at only once the stream has ended.
		if d != nil || bodies.failed == nil {
			c.add(e.Seq, "the body of entry %d is missing", e.Seq)
		}
		return
	case d.failed != nil:
		c.add(e.Seq, "the body of entry %d was edited: it can't be read as one", e.Seq)
	case !bytes.Equal(d.digest[:], e.Digest):
		c.add(e.Seq, "the body of entry %d was edited", e.Seq)
	}
	bodies.take()
}

// strayBodies reports the bodies before an entry that belong to none.
func (c *checked) strayBodies(bodies *bodyStream, before int64) {
	for d := bodies.next(); d != nil && d.seq < before; d = bodies.next() {
		c.add(d.seq, "a body %d belongs to no entry", d.seq)
		bodies.take()
	}
}
