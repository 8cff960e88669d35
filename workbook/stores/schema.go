package stores

import (
	"context"
	_ "embed"
	"fmt"

	"github.com/jmoiron/sqlx"
)

// applicationID marks a SQLite file as one of event stores: the four letters
// "tbls" in PRAGMA application_id.
const applicationID = 0x74626c73

//go:embed schema/0001_stores.sql
var firstSchema string

// schemas lists the steps of the schema; PRAGMA user_version counts those
// applied. One that has been released never changes.
func schemas() []string { return []string{firstSchema} }

// inspect refuses a file that is not ours or that a newer program wrote, before
// it is opened in a way that changes it. It takes a lock: without one, a file
// that somebody is just making looks like one that is damaged, or not ours.
func inspect(ctx context.Context, path string) error {
	db, err := forReading(ctx, path)
	if err != nil {
		return err
	}
	defer db.Close()
	tx, err := db.BeginTxx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	_, err = schemaVersion(ctx, tx, path)
	return err
}

// schemaVersion is the version of the schema in the file: 0 for an empty one.
// It asks several things, and so within a transaction.
func schemaVersion(ctx context.Context, db *sqlx.Tx, path string) (int, error) {
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
	tx, err := db.BeginTxx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	version, err := schemaVersion(ctx, tx, path)
	if err != nil || version == len(schemas()) {
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
