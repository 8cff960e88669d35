package stores

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/jmoiron/sqlx"

	"tabletop/workbook"
)

// A snapshot is the file as it stood at one moment: an open transaction that
// reads. Both are nil where there was no file.
type snapshot struct {
	path string
	db   *sqlx.DB
	tx   *sqlx.Tx
}

// A record is a store as the table stores holds it.
type record struct {
	ID      int64  `db:"id"`
	Name    string `db:"name"`
	Folded  string `db:"folded"`
	Columns string `db:"columns"`
	Rows    int64  `db:"rows"`
	Bytes   int64  `db:"bytes"`
	Updated string `db:"updated"`
	Run     int64  `db:"run"`
	Version int64  `db:"version"`

	columns []string
	updated time.Time
}

func (s *Stores) snapshot(ctx context.Context) (*snapshot, error) {
	at := &snapshot{path: s.path}
	if err := at.open(ctx); err != nil {
		return nil, explain(s.path, "read", errors.Join(err, at.close()))
	}
	return at, nil
}

func (at *snapshot) open(ctx context.Context) error {
	err := regular(at.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if at.db, err = forReading(ctx, at.path); err != nil {
		return err
	}
	// The transaction ends with the session, not with the context of whoever
	// began it.
	if at.tx, err = at.db.BeginTxx(context.WithoutCancel(ctx), nil); err != nil {
		return err
	}
	version, err := schemaVersion(ctx, at.tx, at.path)
	switch {
	case err != nil:
		return err
	case version == 0: // made, and not yet committed to
		err = at.close()
		at.db, at.tx = nil, nil
		return err
	case version < len(schemas()):
		return fmt.Errorf("%s has schema %d, and this program reads %d; writing a store to it brings it up to date", at.path, version, len(schemas()))
	}
	return nil
}

func (at *snapshot) close() error {
	var err error
	if at.tx != nil {
		err = at.tx.Rollback()
	}
	if at.db != nil {
		err = errors.Join(err, at.db.Close())
	}
	at.tx, at.db = nil, nil
	return err
}

// list reads what all stores are.
func (at *snapshot) list(ctx context.Context) ([]record, error) {
	if at.tx == nil {
		return nil, nil
	}
	var found []record
	if err := at.tx.SelectContext(ctx, &found, "SELECT * FROM stores ORDER BY folded"); err != nil {
		return nil, explain(at.path, "read", err)
	}
	for i := range found {
		if err := found[i].decode(); err != nil {
			return nil, damaged(at.path, err)
		}
	}
	return found, nil
}

// find reads what one store is; nil where there is none.
func (at *snapshot) find(ctx context.Context, folded string) (*record, error) {
	if at.tx == nil {
		return nil, nil
	}
	var found []record
	if err := at.tx.SelectContext(ctx, &found, "SELECT * FROM stores WHERE folded = ?", folded); err != nil {
		return nil, explain(at.path, "read", err)
	}
	if len(found) == 0 {
		return nil, nil
	}
	if err := found[0].decode(); err != nil {
		return nil, damaged(at.path, err)
	}
	return &found[0], nil
}

// decode reads what stands as text, and holds the store to its bounds.
func (r *record) decode() error {
	names, err := readCells([]byte(r.Columns), MaxColumns)
	if err != nil {
		return fmt.Errorf("the columns of the store %.100q: %w", r.Name, err)
	}
	for _, name := range names {
		text, ok := name.(string)
		if !ok && name != nil {
			return fmt.Errorf("a column of the store %.100q has no name", r.Name)
		}
		if ok {
			r.columns = append(r.columns, text)
		}
	}
	if r.updated, err = time.Parse(time.RFC3339Nano, r.Updated); err != nil {
		return fmt.Errorf("the time of the store %.100q: %w", r.Name, err)
	}
	folded, err := fold(r.Name)
	if err != nil || folded != r.Folded {
		return fmt.Errorf("a store of the name %.100q", r.Name)
	}
	if r.Rows < 0 || r.Rows > MaxRows || r.Bytes < 0 || r.Bytes > MaxBytes {
		return fmt.Errorf("the store %s claims %d columns, %d rows, %d bytes", r.Name, len(r.columns), r.Rows, r.Bytes)
	}
	return nil
}

func (r *record) info() Info {
	return Info{Name: r.Name, Columns: r.columns, Rows: r.Rows, Updated: r.updated, Run: r.Run}
}

// rows reads the first rows of a store.
func (at *snapshot) rows(ctx context.Context, r *record, limit int64) ([][]workbook.Value, error) {
	limit = min(limit, r.Rows)
	found, err := at.tx.QueryContext(ctx, "SELECT row, cells FROM cells WHERE store = ? ORDER BY row LIMIT ?", r.ID, limit)
	if err != nil {
		return nil, explain(at.path, "read", err)
	}
	defer found.Close()
	rows := make([][]workbook.Value, 0, limit)
	var bytes int64
	for found.Next() {
		var number int64
		var stored []byte
		if err := found.Scan(&number, &stored); err != nil {
			return nil, damaged(at.path, err)
		}
		values, err := readCells(stored, len(r.columns))
		if err == nil && number != int64(len(rows))+1 {
			err = fmt.Errorf("row %d is missing", len(rows)+1)
		}
		if err != nil {
			return nil, damaged(at.path, fmt.Errorf("row %d of the store %s: %w", number, r.Name, err))
		}
		if bytes += cellBytes(values); bytes > 2*MaxBytes {
			return nil, damaged(at.path, fmt.Errorf("the store %s holds more than %d bytes", r.Name, MaxBytes))
		}
		rows = append(rows, values)
	}
	if err := found.Err(); err != nil {
		return nil, explain(at.path, "read", err)
	}
	if int64(len(rows)) < limit {
		return nil, damaged(at.path, fmt.Errorf("the store %s has %d of its %d rows", r.Name, len(rows), r.Rows))
	}
	return rows, nil
}
