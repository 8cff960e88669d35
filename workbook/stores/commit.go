package stores

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"tabletop/workbook"
)

// Commit makes the writes of the session lasting, all of them or none, and ends
// it. A store that somebody else wrote or deleted since the session began is a
// *ChangedError: what the session said that it would change holds no longer,
// so it writes nothing. After any error the session can be committed again, or
// discarded.
func (x *Session) Commit(ctx context.Context) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.ended {
		return fmt.Errorf("write the stores of %s: %w", x.stores.path, ErrEnded)
	}
	if len(x.drafts) == 0 {
		return x.end()
	}
	return x.stores.write(ctx, func(tx *sqlx.Tx) error {
		for _, d := range x.written() {
			if err := d.commit(ctx, tx, x.stores.path); err != nil {
				return err
			}
		}
		return nil
	}, x.end)
}

// Delete deletes a store and its rows. Where there is none of the name the
// error is a *NotFoundError.
func (s *Stores) Delete(ctx context.Context, name string) error {
	info, err := s.Info(ctx, name) // for the error that names the nearest
	if err != nil {
		return err
	}
	folded, err := fold(info.Name)
	if err != nil {
		return err
	}
	return s.write(ctx, func(tx *sqlx.Tx) error {
		result, err := tx.ExecContext(ctx, "DELETE FROM stores WHERE folded = ?", folded)
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, &NotFoundError{Name: name})
		}
		return nil
	}, func() error { return nil })
}

// write does something to the file in one transaction, which has the lock from
// its beginning. Once it is committed, after ends what still reads.
func (s *Stores) write(ctx context.Context, do func(*sqlx.Tx) error, after func() error) error {
	fail := func(err error) error { return explain(s.path, "write", err) }
	db, err := forWriting(ctx, s.path)
	if err != nil {
		return fail(err)
	}
	tx, err := db.BeginTxx(ctx, nil)
	if err != nil {
		return fail(errors.Join(err, db.Close()))
	}
	if err = do(tx); err == nil {
		err = tx.Commit()
	}
	if err == nil {
		err = after()
	} else {
		_ = tx.Rollback()
	}
	return fail(errors.Join(err, closeWriter(db)))
}

// commit writes one store.
func (d *draft) commit(ctx context.Context, tx *sqlx.Tx, path string) error {
	folded, err := fold(d.name)
	if err != nil {
		return err
	}
	id, err := d.claim(ctx, tx, folded, path)
	if err != nil {
		return err
	}
	if d.standing == 0 {
		if _, err := tx.ExecContext(ctx, "DELETE FROM cells WHERE store = ?", id); err != nil {
			return fmt.Errorf("empty the store %s: %w", d.name, err)
		}
	}
	if err := d.update(ctx, tx, id); err != nil {
		return err
	}
	return d.insert(ctx, tx, id)
}

// claim makes sure that the store is the one that the session began with, and
// writes what it is now.
func (d *draft) claim(ctx context.Context, tx *sqlx.Tx, folded, path string) (int64, error) {
	var found []record
	if err := tx.SelectContext(ctx, &found, "SELECT * FROM stores WHERE folded = ?", folded); err != nil {
		return 0, err
	}
	columns := make([]workbook.Value, len(d.columns))
	for i, name := range d.columns {
		columns[i] = name
	}
	list, updated := string(appendCells(nil, columns)), d.updated.UTC().Format(time.RFC3339Nano)
	switch {
	case d.base == nil && len(found) == 0:
		result, err := tx.ExecContext(ctx, "INSERT INTO stores (name, folded, columns, rows, bytes, updated, run, version) VALUES (?, ?, ?, ?, ?, ?, ?, 1)",
			d.name, folded, list, d.count(), d.bytes, updated, d.run)
		if err != nil {
			return 0, fmt.Errorf("make the store %s: %w", d.name, err)
		}
		return result.LastInsertId()
	case d.base == nil || len(found) == 0 || found[0].ID != d.base.ID || found[0].Version != d.base.Version:
		return 0, &ChangedError{Store: d.name, Path: path}
	}
	_, err := tx.ExecContext(ctx, "UPDATE stores SET columns = ?, rows = ?, bytes = ?, updated = ?, run = ?, version = version + 1 WHERE id = ?",
		list, d.count(), d.bytes, updated, d.run, d.base.ID)
	return d.base.ID, err
}

// update writes the rows that were replaced in their places.
func (d *draft) update(ctx context.Context, tx *sqlx.Tx, id int64) error {
	if len(d.changed) == 0 {
		return nil
	}
	statement, err := tx.PrepareContext(ctx, "UPDATE cells SET cells = ? WHERE store = ? AND row = ?")
	if err != nil {
		return err
	}
	defer statement.Close()
	var stored []byte
	for number := range d.changed {
		stored = appendCells(stored[:0], d.rows[number-1])
		if _, err := statement.ExecContext(ctx, string(stored), id, number); err != nil {
			return fmt.Errorf("replace row %d of the store %s: %w", number, d.name, err)
		}
	}
	return nil
}

// chunk is how many rows one statement inserts.
const chunk = 100

// insert writes the rows behind those that stand.
func (d *draft) insert(ctx context.Context, tx *sqlx.Tx, id int64) error {
	number := d.standing
	var into inserter
	for part := range slices.Chunk(d.rows[d.standing-d.below:], chunk) {
		fields := make([]any, 0, 3*len(part))
		for _, row := range part {
			number++
			fields = append(fields, id, number, string(appendCells(nil, row)))
		}
		if err := into.insert(ctx, tx, len(part), fields); err != nil {
			return fmt.Errorf("add rows up to %d to the store %s: %w", number, d.name, err)
		}
	}
	return nil
}

// An inserter holds the statement that inserts a whole chunk, once that has been
// prepared.
type inserter struct{ whole *sqlx.Stmt }

// insert inserts n rows with one statement.
func (i *inserter) insert(ctx context.Context, tx *sqlx.Tx, n int, fields []any) (err error) {
	statement := "INSERT INTO cells (store, row, cells) VALUES (?,?,?)" + strings.Repeat(",(?,?,?)", n-1)
	if n < chunk {
		_, err = tx.ExecContext(ctx, statement, fields...)
		return err
	}
	if i.whole == nil {
		// It is closed with the transaction.
		if i.whole, err = tx.PreparexContext(ctx, statement); err != nil {
			return err
		}
	}
	_, err = i.whole.ExecContext(ctx, fields...)
	return err
}
