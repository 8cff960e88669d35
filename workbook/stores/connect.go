package stores

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

	"tabletop/workbook/databasefile"
)

// access is how a connection uses the file.
type access int

const (
	// writing waits for its turn and is durable at each commit.
	writing access = iota
	// reading changes no store, beside others that write. It may make and take
	// away what SQLite keeps beside the file, so that the last one leaves nothing.
	reading
	// frozen reads the file as it stands, without locks, for folders that can't
	// be written.
	frozen
)

// wait is how long to wait for other processes that write.
const wait = 10 * time.Second

// dataSource is the name under which the driver opens the file at path. Every
// setting stands in it, because one set afterwards would reach no more than
// one connection of the pool.
func dataSource(path string, how access) (string, error) {
	if path == "" || strings.ContainsRune(path, 0) { // SQLite would open the path up to the NUL byte
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
	query := url.Values{"_dqs": {"0"}, "_defensive": {"1"}, "_pragma": {
		fmt.Sprintf("busy_timeout(%d)", wait.Milliseconds()), "foreign_keys(1)", "trusted_schema(0)",
	}}
	switch how {
	case writing:
		query.Set("mode", "rw")
		query.Set("_txlock", "immediate")
		query["_pragma"] = append(query["_pragma"], "journal_mode(WAL)", "synchronous(FULL)")
	case reading:
		query.Set("mode", "rw")
		query["_pragma"] = append(query["_pragma"], "query_only(1)")
	case frozen:
		query.Set("mode", "ro")
		query.Set("immutable", "1")
		query["_pragma"] = append(query["_pragma"], "query_only(1)")
	}
	return "file://" + (&url.URL{Path: slashed}).EscapedPath() + "?" + query.Encode(), nil
}

// connect opens the file with one working connection.
func connect(ctx context.Context, path string, how access) (*sqlx.DB, error) {
	name, err := dataSource(path, how)
	if err != nil {
		return nil, err
	}
	db, err := sqlx.Open("sqlite", name)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
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
		return fmt.Errorf("%s is no SQLite database, so it is %w; name another with --stores", path, ErrNotStores)
	}
	return err
}

// forReading opens the file for reading beside others, or as it stands where
// nothing can be made beside it, as reading along needs.
func forReading(ctx context.Context, path string) (*sqlx.DB, error) {
	db, err := connect(ctx, path, reading)
	if databasefile.Unwritable(err) && databasefile.EmptyLog(path) {
		return connect(ctx, path, frozen)
	}
	return db, err
}

// forWriting opens the file for writing, makes it where there is none, and
// brings its schema up to date.
func forWriting(ctx context.Context, path string) (*sqlx.DB, error) {
	if err := createFile(path); err != nil {
		return nil, err
	}
	if err := inspect(ctx, path); err != nil {
		return nil, err
	}
	deadline := time.Now().Add(wait)
	for {
		db, err := migrated(ctx, path)
		// Two that switch a new file to write-ahead logging at once get this
		// without having waited.
		if !databasefile.FailedWith(err, sqlitecode.SQLITE_BUSY) || time.Now().After(deadline) {
			return db, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func migrated(ctx context.Context, path string) (*sqlx.DB, error) {
	db, err := connect(ctx, path, writing)
	if err != nil {
		return nil, err
	}
	if err := migrate(ctx, db, path); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// closeWriter empties the write-ahead log into the file, so that it can be
// copied. Where a session of somebody else still reads, that is left to whoever
// comes later, and not waited for.
func closeWriter(db *sqlx.DB) error {
	_, err := db.ExecContext(context.Background(), "PRAGMA busy_timeout(0); PRAGMA wal_checkpoint(TRUNCATE)")
	if databasefile.FailedWith(err, sqlitecode.SQLITE_BUSY) {
		err = nil
	}
	return errors.Join(err, db.Close())
}
