package audit

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"modernc.org/sqlite"
	sqlitecode "modernc.org/sqlite/lib"

	"tabletop/workbook/databasefile"
)

// Errors that a caller may decide on.
var (
	// ErrNotAudit is a file that is no audit.
	ErrNotAudit = errors.New("not an audit of tabletop")
	// ErrNewer is an audit that a newer version of the program wrote.
	ErrNewer = errors.New("written by a newer version")
	// ErrLocked is an audit that another process kept locked for too long.
	ErrLocked = errors.New("locked by another process")
	// ErrDamaged is an audit whose file is damaged.
	ErrDamaged = errors.New("the file is damaged")
	// ErrNoRun is a run that the audit does not hold.
	ErrNoRun = errors.New("no such run")
	// ErrNoPlan is a plan that the audit does not hold.
	ErrNoPlan = errors.New("no such plan")
	// ErrClosed is an archive: an audit that nothing more is added to.
	ErrClosed = errors.New("an archive, which is closed")
	// ErrNoneFits is that nothing fits what is to be purged or archived.
	ErrNoneFits = errors.New("nothing to do")
	// ErrApplied is a plan that a run has applied; see AppliedError.
	ErrApplied = errors.New("applied already")
)

// An AppliedError says which run has applied a plan. It is an ErrApplied.
type AppliedError struct {
	// Plan is the plan's SHA-256 in hexadecimal.
	Plan string
	Run  int64
}

func (e *AppliedError) Error() string {
	return fmt.Sprintf("plan %.16s… was %v, by run %d: settle what is open with tabletop resume %d, or make a new plan", e.Plan, ErrApplied, e.Run, e.Run)
}

// Is says that the error is an ErrApplied.
func (*AppliedError) Is(target error) bool { return target == ErrApplied }

// explain says what became of the file at path in words that a user can act
// on. It keeps the cause wrapped.
func explain(path, doing string, wait time.Duration, err error) error {
	var failure *sqlite.Error
	var pathError *fs.PathError
	for _, said := range []error{ErrNotAudit, ErrNewer, ErrLocked, ErrDamaged, ErrNoRun, ErrNoPlan, ErrApplied, ErrClosed, ErrNoneFits} {
		if errors.Is(err, said) {
			return err
		}
	}
	switch {
	case err == nil:
		return nil
	case errors.As(err, &pathError):
		return fmt.Errorf("%s the audit: %w", doing, err)
	case !errors.As(err, &failure):
		return fmt.Errorf("%s %s: %w", doing, path, err)
	}
	switch failure.Code() & 0xff {
	case sqlitecode.SQLITE_BUSY, sqlitecode.SQLITE_LOCKED:
		return fmt.Errorf("%s %s: %w for more than %s; try again once that has ended (%w)", doing, path, ErrLocked, wait, err)
	case sqlitecode.SQLITE_NOTADB:
		return fmt.Errorf("%s is no SQLite database, so it is %w; name another file with --audit (%w)", path, ErrNotAudit, err)
	case sqlitecode.SQLITE_FULL:
		return fmt.Errorf("%s %s: no space left for it; what was recorded before is kept (%w)", doing, path, err)
	case sqlitecode.SQLITE_READONLY:
		return fmt.Errorf("%s %s: the file or its folder can't be written; name another file with --audit (%w)", doing, path, err)
	case sqlitecode.SQLITE_CANTOPEN:
		return fmt.Errorf("%s %s: it can't be opened; its folder must exist and, for writing, be writable (%w)", doing, path, err)
	case sqlitecode.SQLITE_IOERR:
		return fmt.Errorf("%s %s: the disk can't be read or written, or holds no larger file; what was recorded before is kept (%w)", doing, path, err)
	case sqlitecode.SQLITE_CORRUPT:
		return fmt.Errorf("%s %s: %w; keep a copy of it and run tabletop verify (%w)", doing, path, ErrDamaged, err)
	}
	return fmt.Errorf("%s %s: %w", doing, path, err)
}

// missing reports whether a query for one row found none.
func missing(err error) bool { return errors.Is(err, sql.ErrNoRows) }

// busy reports whether another process held the lock.
func busy(err error) bool { return databasefile.FailedWith(err, sqlitecode.SQLITE_BUSY) }

// damaged reports whether the file itself is what kept something from being
// done: its pages, or what stands in them, such as a table that is gone or a
// column of the wrong type.
func damaged(err error) bool {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	var failure *sqlite.Error
	if !errors.As(err, &failure) {
		return true
	}
	switch failure.Code() & 0xff {
	case sqlitecode.SQLITE_BUSY, sqlitecode.SQLITE_LOCKED, sqlitecode.SQLITE_NOMEM, sqlitecode.SQLITE_INTERRUPT,
		sqlitecode.SQLITE_CANTOPEN, sqlitecode.SQLITE_READONLY, sqlitecode.SQLITE_FULL:
		return false
	case sqlitecode.SQLITE_IOERR:
		// A file that ends too early reads short.
		return failure.Code() == sqlitecode.SQLITE_IOERR_SHORT_READ
	}
	return true
}
