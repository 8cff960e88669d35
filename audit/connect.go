package audit

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	// The driver named "sqlite".
	_ "modernc.org/sqlite"
	sqlitecode "modernc.org/sqlite/lib"

	"tabletop/migrations"
	"tabletop/workbook/databasefile"
)

// access is how a connection uses the file.
type access int

const (
	// writing waits for its turn, appends and is durable at each commit.
	writing access = iota
	// reading changes nothing, and sees what others append.
	reading
	// frozen reads the file as it stands, without locks and without a
	// write-ahead log beside it: for folders that can't be written, and for
	// looking at a file that may be none of ours.
	frozen
)

// dataSource is the name under which the driver opens the file at path. Every
// setting stands in it, because one set afterwards would reach no more than
// one connection of the pool.
func dataSource(path string, how access, wait time.Duration) (string, error) {
	// SQLite would open the path up to a NUL byte.
	if strings.ContainsRune(path, 0) {
		return "", &fs.PathError{Op: "open", Path: path, Err: fs.ErrInvalid}
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("find %s: %w", path, err)
	}
	slashed := filepath.ToSlash(absolute)
	if !strings.HasPrefix(slashed, "/") {
		slashed = "/" + slashed
	}
	query := url.Values{
		"_dqs":       {"0"},
		"_defensive": {"1"},
		"_pragma": {
			fmt.Sprintf("busy_timeout(%d)", wait.Milliseconds()),
			"foreign_keys(1)",
			"recursive_triggers(1)",
			"trusted_schema(0)",
		},
	}
	switch how {
	case writing:
		query.Set("mode", "rw")
		query.Set("_txlock", "immediate")
		query["_pragma"] = append(query["_pragma"], "journal_mode(WAL)", "synchronous(FULL)")
	case reading:
		query.Set("mode", "ro")
		query["_pragma"] = append(query["_pragma"], "query_only(1)")
	case frozen:
		query.Set("mode", "ro")
		query.Set("immutable", "1")
		query["_pragma"] = append(query["_pragma"], "query_only(1)")
	}
	return "file://" + (&url.URL{Path: slashed}).EscapedPath() + "?" + query.Encode(), nil
}

// connect opens the file and makes sure of one working connection.
func connect(ctx context.Context, path string, how access, wait time.Duration) (*sqlx.DB, error) {
	name, err := dataSource(path, how, wait)
	if err != nil {
		return nil, err
	}
	db, err := sqlx.Open("sqlite", name)
	if err != nil {
		return nil, err
	}
	if err := db.PingContext(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// createFile makes the file where there is none yet.
func createFile(path string) error { return ours(path, databasefile.Create(path)) }

// regular returns an error where path can't be a database.
func regular(path string) error { return ours(path, databasefile.Check(path)) }

// ours says of a file that is no database what it is not.
func ours(path string, err error) error {
	if errors.Is(err, databasefile.ErrNoDatabase) {
		return fmt.Errorf("%s is no SQLite database, so it is %w; name another file with --audit", path, ErrNotAudit)
	}
	return err
}

// inspect looks at the file without touching it and refuses one that is no
// audit or that a newer program wrote. What the write-ahead log holds is not
// seen here, so a file that passes is asked again under a lock.
func inspect(ctx context.Context, path string) error {
	err := look(ctx, path, frozen, 0)
	if databasefile.FailedWith(err, sqlitecode.SQLITE_CORRUPT) {
		// Without a lock, a file into which somebody is just emptying the log, or
		// died while doing so, looks damaged. With one it does not.
		err = look(ctx, path, reading, defaultWait)
	}
	return err
}

// look asks the file for its schema.
func look(ctx context.Context, path string, how access, wait time.Duration) error {
	db, err := connect(ctx, path, how, wait)
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = schemaVersion(ctx, db, path)
	return err
}

// schemaVersion is the version of the schema in the file at path: 0 for one
// that is empty.
func schemaVersion(ctx context.Context, db sqlx.QueryerContext, path string) (int, error) {
	// One statement, so that another process can't create the schema in between.
	var found struct{ Application, Version, Objects int }
	err := sqlx.GetContext(ctx, db, &found, `SELECT (SELECT application_id FROM pragma_application_id) AS application,
		(SELECT user_version FROM pragma_user_version) AS version, (SELECT count(*) FROM sqlite_schema) AS objects`)
	if err != nil {
		return 0, err
	}
	application, version, objects := found.Application, found.Version, found.Objects
	if application == 0 {
		if objects == 0 && version == 0 {
			return 0, nil
		}
	}
	if application != migrations.ApplicationID {
		return 0, fmt.Errorf("%s is a SQLite database, but %w; name another file with --audit", path, ErrNotAudit)
	}
	all, err := migrations.All()
	if err != nil {
		return 0, err
	}
	if version > len(all) {
		return version, newer(ctx, db, path, version, len(all))
	}
	return version, nil
}

// newer is the error for a schema that this program does not know.
func newer(ctx context.Context, db sqlx.QueryerContext, path string, version, known int) error {
	needed := "the version of tabletop that wrote it"
	var program string
	if err := sqlx.GetContext(ctx, db, &program, "SELECT program FROM schemas WHERE version = ?", version); err == nil {
		needed = "tabletop " + encodeText(program)
	}
	return fmt.Errorf("%s has schema %d, and this program knows up to %d: %w; use %s, or a newer one", path, version, known, ErrNewer, needed)
}
