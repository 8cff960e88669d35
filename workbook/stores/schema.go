package stores

import (
	"context"
	_ "embed"
	"fmt"

	"github.com/jmoiron/sqlx"
	sqlitecode "modernc.org/sqlite/lib"
)

// applicationID marks a SQLite file as one of event stores: the four letters
// "tbls" in PRAGMA application_id.
const applicationID = 0x74626c73

//go:embed schema/0001_stores.sql
var firstSchema string

// schemas lists the steps of the schema; PRAGMA user_version counts those
// applied. One that has been released never changes.
func schemas() []string { return []string{firstSchema} }

// inspect looks at the file without touching it and refuses one that is not
// ours or that a newer program wrote. Without a lock, a file that somebody is
// writing may look damaged; whether it is shows once it is opened.
func inspect(ctx context.Context, path string) error {
	db, err := connect(ctx, path, frozen)
	if err == nil {
		_, err = schemaVersion(ctx, db, path)
		_ = db.Close()
	}
	if failedWith(err, sqlitecode.SQLITE_CORRUPT) {
		return nil
	}
	return err
}

// schemaVersion is the version of the schema in the file: 0 for an empty one.
func schemaVersion(ctx context.Context, db sqlx.QueryerContext, path string) (int, error) {
	var application, version, objects int
	if err := sqlx.GetContext(ctx, db, &application, "PRAGMA application_id"); err != nil {
		return 0, err
	}
	if err := sqlx.GetContext(ctx, db, &version, "PRAGMA user_version"); err != nil {
		return 0, err
	}
	if err := sqlx.GetContext(ctx, db, &objects, "SELECT count(*) FROM sqlite_schema"); err != nil {
		return 0, err
	}
	switch {
	case application == 0 && version == 0 && objects == 0:
		return 0, nil
	case application != applicationID:
		return 0, fmt.Errorf("%s is a SQLite database, but %w; name another with --stores", path, ErrNotStores)
	case version > len(schemas()):
		return version, fmt.Errorf("%s has schema %d, and this program knows up to %d: %w; use that version of tabletop", path, version, len(schemas()), ErrNewer)
	case version < 1:
		return version, damaged(path, fmt.Errorf("it has schema %d", version))
	}
	return version, nil
}

// migrate brings the schema to the newest version, in one transaction that
// takes the lock before it looks, so that of two that start at once the second
// finds the work done.
func migrate(ctx context.Context, db *sqlx.DB, path string) error {
	version, err := schemaVersion(ctx, db, path)
	if err != nil || version == len(schemas()) {
		return err
	}
	tx, err := db.BeginTxx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if version, err = schemaVersion(ctx, tx, path); err != nil {
		return err
	}
	for i, step := range schemas()[version:] {
		if _, err := tx.ExecContext(ctx, step); err != nil {
			return fmt.Errorf("apply schema %d: %w", version+i+1, err)
		}
	}
	mark := fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d", applicationID, len(schemas()))
	if _, err := tx.ExecContext(ctx, mark); err != nil {
		return fmt.Errorf("mark the schema as applied: %w", err)
	}
	return tx.Commit()
}
