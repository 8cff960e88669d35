package audit

import (
	"context"
	"crypto/rand"
	"fmt"

	"github.com/jmoiron/sqlx"
)

// chunk is how many entries one INSERT takes: at 64 nine tenths of what a
// statement costs is spread over them.
const chunk = 64

// A body is what an entry says, ready to be stored.
type body struct {
	Seq     int64
	Salt    []byte
	Subject *string
	Text    string
}

// An appender adds entries to the chain within one transaction, which holds the
// only lock for writing from before it read the head. Entries are encoded and
// hashed by the caller while those before them are written by a goroutine: each
// takes half of the time.
type appender struct {
	ctx    context.Context
	tx     *sqlx.Tx
	time   string
	seq    int64
	head   hash
	buffer []byte
	salts  []byte

	inserter inserter
	waiting  batch
	// batches go to the goroutine, which is started with the first whole one.
	batches chan batch
	// failed is what inserting ended with, sent once.
	failed chan error
}

// A batch is entries that are inserted together, and their bodies.
type batch struct {
	entries []entry
	bodies  []body
}

// newAppender reads the head of the chain.
func newAppender(ctx context.Context, tx *sqlx.Tx, kept *statements, now string) (*appender, error) {
	a := &appender{ctx: ctx, tx: tx, time: now, inserter: inserter{ctx, tx, kept, map[string]*sqlx.Stmt{}}}
	var last entry
	var err error
	if statement := kept.find(ctx, tx, lastEntry); statement != nil { //nolint:sqlclosecheck // closed with the transaction
		err = statement.GetContext(ctx, &last)
	} else {
		err = tx.GetContext(ctx, &last, lastEntry)
	}
	switch {
	case missing(err):
	case err != nil:
		return nil, fmt.Errorf("read the last entry: %w", err)
	case len(last.Hash) != len(a.head):
		return nil, fmt.Errorf("entry %d has a hash of %d bytes; run tabletop verify", last.Seq, len(last.Hash))
	default:
		a.seq, a.head = last.Seq, hash(last.Hash)
	}
	return a, nil
}

// add appends an entry; of e the sequence, time, digest and hash are filled in.
func (a *appender) add(e entry, subject *string, said any) error {
	text, err := encodeJSON(said)
	if err != nil {
		return fmt.Errorf("encode %s %d of block %d: %w", e.Kind, e.Number, e.Block, err)
	}
	a.append(e, subject, string(text))
	return nil
}

// append appends an entry whose body is encoded.
func (a *appender) append(e entry, subject *string, text string) {
	a.seq++
	e.Seq, e.Time = a.seq, a.time
	b := body{Seq: a.seq, Salt: a.salt(), Subject: subject, Text: text}
	var sum hash
	a.buffer, sum = bodyDigest(a.buffer, b.Salt, subject, b.Text)
	e.Digest = sum[:]
	a.buffer, a.head = entryHash(a.buffer, a.head, &e)
	e.Hash = append([]byte(nil), a.head[:]...)
	a.waiting.entries = append(a.waiting.entries, e)
	a.waiting.bodies = append(a.waiting.bodies, b)
	if len(a.waiting.entries) == chunk {
		a.hand()
	}
}

// hand hands the entries that wait to the goroutine.
func (a *appender) hand() {
	if a.batches == nil {
		a.batches, a.failed = make(chan batch, 4), make(chan error, 1)
		go a.insertAll()
	}
	a.batches <- a.waiting
	a.waiting = batch{entries: make([]entry, 0, chunk), bodies: make([]body, 0, chunk)}
}

// finish inserts what still waits and returns what inserting ended with. It
// must be called once for every appender, also after a failure.
func (a *appender) finish() error {
	if a.batches == nil {
		return a.inserter.insert(a.waiting)
	}
	a.hand()
	close(a.batches)
	return <-a.failed
}

// insertAll inserts the batches as they come. After a failure it takes the
// others in without inserting them.
func (a *appender) insertAll() {
	var failed error
	for b := range a.batches {
		if failed == nil {
			failed = a.inserter.insert(b)
		}
	}
	a.failed <- failed
}

// salt takes the next random bytes; they are drawn for many entries at once.
func (a *appender) salt() []byte {
	if len(a.salts) == 0 {
		a.salts = make([]byte, chunk*saltBytes)
		// Read never fails; it ends the program where there is no randomness.
		_, _ = rand.Read(a.salts)
	}
	salt := a.salts[:saltBytes:saltBytes]
	a.salts = a.salts[saltBytes:]
	return salt
}

// keepContent stores a text under its digest unless it is there already.
func (a *appender) keepContent(digest string, text []byte) error {
	var known bool
	if err := a.tx.GetContext(a.ctx, &known, "SELECT EXISTS (SELECT 1 FROM contents WHERE digest = ?)", digest); err != nil {
		return fmt.Errorf("look for the text %s: %w", digest, err)
	}
	if known {
		return nil
	}
	if text == nil {
		// A nil slice would be NULL.
		text = []byte{}
	}
	if _, err := a.tx.ExecContext(a.ctx, "INSERT INTO contents (digest, text) VALUES (?, ?)", digest, text); err != nil {
		return fmt.Errorf("keep the text %s: %w", digest, err)
	}
	return nil
}
