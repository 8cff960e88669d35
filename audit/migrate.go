package audit

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"tabletop/migrations"
)

// migrate brings the schema to the newest version, in one transaction that
// takes the lock before it looks, so that of two that start at once the second
// finds the work done.
func migrate(ctx context.Context, db *sqlx.DB, path string) error {
	version, err := schemaVersion(ctx, db, path)
	if err != nil {
		return err
	}
	all, err := migrations.All()
	if err != nil || version == len(all) {
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
	for _, m := range all[version:] {
		if err := apply(ctx, tx, m); err != nil {
			return err
		}
	}
	return tx.Commit()
}

func apply(ctx context.Context, tx *sqlx.Tx, m migrations.Migration) error {
	if _, err := tx.ExecContext(ctx, m.SQL); err != nil {
		return fmt.Errorf("apply %s: %w", m.Name, err)
	}
	mark := fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d", migrations.ApplicationID, m.Version)
	if _, err := tx.ExecContext(ctx, mark); err != nil {
		return fmt.Errorf("mark %s as applied: %w", m.Name, err)
	}
	return nil
}
