package audit

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"strings"

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
// only lock for writing from before it read the head.
type appender struct {
	ctx     context.Context
	tx      *sqlx.Tx
	time    string
	seq     int64
	head    hash
	buffer  []byte
	salts   []byte
	entries []entry
	bodies  []body
	whole   [2]*sqlx.Stmt
}

// newAppender reads the head of the chain.
func newAppender(ctx context.Context, tx *sqlx.Tx, now string) (*appender, error) {
	a := &appender{ctx: ctx, tx: tx, time: now}
	var last entry
	err := tx.GetContext(ctx, &last, "SELECT * FROM entries ORDER BY seq DESC LIMIT 1")
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return a, nil
	case err != nil:
		return nil, fmt.Errorf("read the last entry: %w", err)
	case len(last.Hash) != len(a.head):
		return nil, fmt.Errorf("entry %d has a hash of %d bytes; run tabletop verify", last.Seq, len(last.Hash))
	}
	a.seq, a.head = last.Seq, hash(last.Hash)
	return a, nil
}

// add appends an entry; of e the sequence, time, digest and hash are filled in.
func (a *appender) add(e entry, subject *string, said any) error {
	text, err := encodeJSON(said)
	if err != nil {
		return fmt.Errorf("encode entry %s %d of block %d: %w", e.Kind, e.Number, e.Block, err)
	}
	a.seq++
	e.Seq, e.Time = a.seq, a.time
	b := body{Seq: a.seq, Salt: a.salt(), Subject: subject, Text: string(text)}
	var sum hash
	a.buffer, sum = bodyDigest(a.buffer, b.Salt, subject, b.Text)
	e.Digest = sum[:]
	a.buffer, a.head = entryHash(a.buffer, a.head, &e)
	e.Hash = append([]byte(nil), a.head[:]...)
	a.entries = append(a.entries, e)
	a.bodies = append(a.bodies, b)
	if len(a.entries) < chunk {
		return nil
	}
	return a.flush()
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

// flush writes the entries that wait, and their bodies.
func (a *appender) flush() error {
	n := len(a.entries)
	if n == 0 {
		return nil
	}
	fields := make([]any, 0, 9*n)
	for i := range a.entries {
		e := &a.entries[i]
		fields = append(fields, e.Seq, e.Run, e.Block, e.Number, e.Kind, e.Time, e.Contents, e.Digest, e.Hash)
	}
	if err := a.insert(0, "INSERT INTO entries (seq, run, block, number, kind, time, contents, digest, hash) VALUES ", n, fields); err != nil {
		return fmt.Errorf("append entries %d to %d: %w", a.seq-int64(n)+1, a.seq, err)
	}
	fields = fields[:0]
	for i := range a.bodies {
		b := &a.bodies[i]
		fields = append(fields, b.Seq, b.Salt, b.Subject, b.Text)
	}
	if err := a.insert(1, "INSERT INTO bodies (seq, salt, subject, body) VALUES ", n, fields); err != nil {
		return fmt.Errorf("append the bodies of entries %d to %d: %w", a.seq-int64(n)+1, a.seq, err)
	}
	a.entries, a.bodies = a.entries[:0], a.bodies[:0]
	return nil
}

// insert writes n rows with one statement. That of a whole chunk is prepared
// once, in the place which of whole.
func (a *appender) insert(which int, statement string, n int, fields []any) error {
	row := "(" + strings.TrimSuffix(strings.Repeat("?,", len(fields)/n), ",") + "),"
	if n < chunk {
		_, err := a.tx.ExecContext(a.ctx, strings.TrimSuffix(statement+strings.Repeat(row, n), ","), fields...)
		return err
	}
	if a.whole[which] == nil {
		prepared, err := a.tx.PreparexContext(a.ctx, strings.TrimSuffix(statement+strings.Repeat(row, n), ","))
		if err != nil {
			return err
		}
		a.whole[which] = prepared
	}
	_, err := a.whole[which].ExecContext(a.ctx, fields...)
	return err
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
