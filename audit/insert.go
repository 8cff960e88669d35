package audit

import (
	"context"
	"fmt"
	"strings"

	"github.com/jmoiron/sqlx"
)

// An inserter writes batches of entries.
type inserter struct {
	ctx     context.Context
	tx      *sqlx.Tx
	entries table
	bodies  table
}

const (
	intoEntries = "INSERT INTO entries (seq, run, block, number, kind, time, contents, digest, hash) VALUES "
	intoBodies  = "INSERT INTO bodies (seq, salt, subject, body) VALUES "
)

// insert writes one batch: the entries, then their bodies.
func (i *inserter) insert(b batch) error {
	n := len(b.entries)
	if n == 0 {
		return nil
	}
	fields := make([]any, 0, 9*n)
	for _, e := range b.entries {
		fields = append(fields, e.Seq, e.Run, e.Block, e.Number, e.Kind, e.Time, e.Contents, e.Digest, e.Hash)
	}
	first, last := b.entries[0].Seq, b.entries[n-1].Seq
	if err := i.entries.insert(i.ctx, i.tx, intoEntries, n, fields); err != nil {
		return fmt.Errorf("append entries %d to %d: %w", first, last, err)
	}
	fields = fields[:0]
	for _, b := range b.bodies {
		fields = append(fields, b.Seq, b.Salt, b.Subject, b.Text)
	}
	if err := i.bodies.insert(i.ctx, i.tx, intoBodies, n, fields); err != nil {
		return fmt.Errorf("append the bodies of entries %d to %d: %w", first, last, err)
	}
	return nil
}

// A table holds the statement that inserts a whole chunk into it, once that has
// been prepared.
type table struct{ whole *sqlx.Stmt }

// insert writes n rows with one statement.
func (t *table) insert(ctx context.Context, tx *sqlx.Tx, into string, n int, fields []any) (err error) {
	row := "(?" + strings.Repeat(",?", len(fields)/n-1) + ")"
	statement := into + row + strings.Repeat(","+row, n-1)
	if n < chunk {
		_, err = tx.ExecContext(ctx, statement, fields...)
		return err
	}
	if t.whole == nil {
		// It is closed with the transaction.
		if t.whole, err = tx.PreparexContext(ctx, statement); err != nil {
			return err
		}
	}
	_, err = t.whole.ExecContext(ctx, fields...)
	return err
}
