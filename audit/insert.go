package audit

import (
	"context"
	"fmt"
	"math/bits"
	"strings"
	"sync"

	"github.com/jmoiron/sqlx"
)

const (
	intoEntries = "INSERT INTO entries (seq, run, block, number, kind, time, contents, digest, hash) VALUES "
	intoBodies  = "INSERT INTO bodies (seq, salt, subject, body) VALUES "
	// lastEntry reads the head of the chain.
	lastEntry = "SELECT seq, hash FROM entries ORDER BY seq DESC LIMIT 1"
)

const (
	entryColumns = 9
	bodyColumns  = 4
)

// insertion is the statement that inserts n rows.
func insertion(into string, columns, n int) string {
	row := "(?" + strings.Repeat(",?", columns-1) + ")"
	return into + row + strings.Repeat(","+row, n-1)
}

// statements are kept prepared where many small transactions follow each other:
// to parse them takes a fifth of the time of one.
type statements struct {
	mu       sync.Mutex
	prepared map[string]*sqlx.Stmt
}

// prepare prepares the statements that append up to a chunk of entries. It may
// not be called within a transaction.
func (s *statements) prepare(ctx context.Context, db *sqlx.DB) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.prepared != nil {
		return nil
	}
	texts := []string{lastEntry}
	for n := 1; n <= chunk; n *= 2 {
		texts = append(texts, insertion(intoEntries, entryColumns, n), insertion(intoBodies, bodyColumns, n))
	}
	prepared := make(map[string]*sqlx.Stmt, len(texts))
	for _, text := range texts {
		statement, err := db.PreparexContext(ctx, text) //nolint:sqlclosecheck // closed with the connection
		if err != nil {
			return fmt.Errorf("prepare to append: %w", err)
		}
		prepared[text] = statement
	}
	s.prepared = prepared
	return nil
}

// ready reports whether the statements are prepared.
func (s *statements) ready() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.prepared != nil
}

// find returns a prepared statement as part of a transaction, or nil.
func (s *statements) find(ctx context.Context, tx *sqlx.Tx, text string) *sqlx.Stmt {
	s.mu.Lock()
	defer s.mu.Unlock()
	statement := s.prepared[text]
	if statement == nil {
		return nil
	}
	return tx.StmtxContext(ctx, statement)
}

// An inserter writes batches of entries within a transaction.
type inserter struct {
	ctx  context.Context
	tx   *sqlx.Tx
	kept *statements
	// whole are the statements that insert a whole chunk, once one has.
	whole map[string]*sqlx.Stmt
}

// insert writes one batch: the entries, then their bodies.
func (i *inserter) insert(b batch) error {
	n := len(b.entries)
	if n == 0 {
		return nil
	}
	fields := make([]any, 0, entryColumns*n)
	for _, e := range b.entries {
		fields = append(fields, e.Seq, e.Run, e.Block, e.Number, e.Kind, e.Time, e.Contents, e.Digest, e.Hash)
	}
	first, last := b.entries[0].Seq, b.entries[n-1].Seq
	if err := i.rows(intoEntries, entryColumns, fields); err != nil {
		return fmt.Errorf("append entries %d to %d: %w", first, last, err)
	}
	fields = fields[:0]
	for _, b := range b.bodies {
		fields = append(fields, b.Seq, b.Salt, b.Subject, b.Text)
	}
	if err := i.rows(intoBodies, bodyColumns, fields); err != nil {
		return fmt.Errorf("append the bodies of entries %d to %d: %w", first, last, err)
	}
	return nil
}

// rows inserts up to a chunk of rows: with one statement, or with the largest
// ones that are prepared.
func (i *inserter) rows(into string, columns int, fields []any) error {
	ready := i.kept.ready()
	for len(fields) > 0 {
		n := len(fields) / columns
		if ready {
			n = 1 << (bits.Len(uint(n)) - 1)
		}
		if err := i.execute(insertion(into, columns, n), n == chunk, fields[:n*columns]); err != nil {
			return err
		}
		fields = fields[n*columns:]
	}
	return nil
}

// execute executes a statement, prepared where it is or will come again.
func (i *inserter) execute(text string, again bool, fields []any) (err error) {
	statement := i.whole[text]
	if statement == nil {
		statement = i.kept.find(i.ctx, i.tx, text)
	}
	if statement == nil && again {
		// It is closed with the transaction.
		if statement, err = i.tx.PreparexContext(i.ctx, text); err != nil {
			return err
		}
		i.whole[text] = statement
	}
	if statement == nil {
		_, err = i.tx.ExecContext(i.ctx, text, fields...)
		return err
	}
	_, err = statement.ExecContext(i.ctx, fields...)
	return err
}
