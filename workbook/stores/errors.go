package stores

import (
	"errors"
	"fmt"
	"io/fs"

	"modernc.org/sqlite"
	sqlitecode "modernc.org/sqlite/lib"
)

// Errors that a caller may decide on.
var (
	// ErrNotStores is a file that holds no stores of tabletop.
	ErrNotStores = errors.New("no file of event stores")
	// ErrNewer is a file that a newer version of the program wrote.
	ErrNewer = errors.New("written by a newer version")
	// ErrLocked is a file that another process kept locked for too long.
	ErrLocked = errors.New("locked by another process")
	// ErrDamaged is a file that does not hold what was written.
	ErrDamaged = errors.New("the file is damaged")
	// ErrName is a name that no store can have.
	ErrName = errors.New("no name of a store")
	// ErrEnded is a session that was committed or discarded.
	ErrEnded = errors.New("the session has ended")
)

// A NotFoundError is a store that is not there.
type NotFoundError struct {
	Name string
	// Nearest is the name that is most like it, or empty.
	Nearest string
}

func (e *NotFoundError) Error() string {
	hint := "tabletop stores list names those that are"
	if e.Nearest != "" {
		hint = "did you mean " + e.Nearest + "?"
	}
	return fmt.Sprintf("no store %s: %s", e.Name, hint)
}

// A ChangedError is a store that somebody else wrote or deleted between the
// beginning of a session and its commit.
type ChangedError struct {
	Store string
	Path  string
}

func (e *ChangedError) Error() string {
	return fmt.Sprintf("the store %s in %s was changed by somebody else meanwhile, so nothing was written: run this again, on what it holds now", e.Store, e.Path)
}

// explain says what became of the file at path in words that a user can act
// on. It keeps the cause wrapped.
func explain(path, doing string, err error) error {
	var failure *sqlite.Error
	var pathError *fs.PathError
	var notFound *NotFoundError
	var changed *ChangedError
	for _, known := range []error{ErrNotStores, ErrNewer, ErrLocked, ErrDamaged, ErrEnded} {
		if errors.Is(err, known) {
			return err
		}
	}
	switch {
	case err == nil, errors.As(err, &notFound), errors.As(err, &changed):
		return err
	case errors.As(err, &pathError):
		return fmt.Errorf("%s the stores: %w", doing, err)
	case !errors.As(err, &failure):
		return fmt.Errorf("%s %s: %w", doing, path, err)
	}
	switch failure.Code() & 0xff {
	case sqlitecode.SQLITE_BUSY, sqlitecode.SQLITE_LOCKED:
		return fmt.Errorf("%s %s: %w for more than %s; try again once that has ended (%w)", doing, path, ErrLocked, wait, err)
	case sqlitecode.SQLITE_NOTADB:
		return fmt.Errorf("%s is no SQLite database, so it is %w; name another with --stores (%w)", path, ErrNotStores, err)
	case sqlitecode.SQLITE_FULL:
		return fmt.Errorf("%s %s: no space left for it; the stores are as they were (%w)", doing, path, err)
	case sqlitecode.SQLITE_READONLY:
		return fmt.Errorf("%s %s: the file or its folder can't be written; name another with --stores (%w)", doing, path, err)
	case sqlitecode.SQLITE_CANTOPEN:
		return fmt.Errorf("%s %s: it can't be opened; its folder must exist and, for writing, be writable (%w)", doing, path, err)
	case sqlitecode.SQLITE_CORRUPT, sqlitecode.SQLITE_ERROR, sqlitecode.SQLITE_CONSTRAINT:
		// The statements are right, so it is the tables that are not ours.
		return damaged(path, err)
	}
	return fmt.Errorf("%s %s: %w", doing, path, err)
}

// damaged is the error for a file that does not read as it was written.
func damaged(path string, err error) error {
	return fmt.Errorf("read %s: %w; keep a copy, delete it, and import the stores anew (%w)", path, ErrDamaged, err)
}
