// Package databasefile looks after the files of SQLite databases before SQLite
// does: the audit and the event stores are files of their own that nobody else may
// read, and a file that is none must not be written over. In goes a path; out comes
// an error that says what lies there instead.
package databasefile

import (
	"errors"
	"io/fs"
	"os"
	"slices"

	"modernc.org/sqlite"
	sqlitecode "modernc.org/sqlite/lib"
)

// ErrNoDatabase is a file too short for a SQLite database that is not empty.
// SQLite would take it for an empty one and write over it.
var ErrNoDatabase = errors.New("no SQLite database")

// smallestPage is the size in bytes of the smallest SQLite database that is not
// empty.
const smallestPage = 512

// Create makes an empty file that none but its owner can read, where there is
// none yet, and else checks the one that is there.
func Create(path string) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err == nil {
		return file.Close()
	}
	if !errors.Is(err, fs.ErrExist) {
		return err
	}
	return Check(path)
}

// Check returns an error where path can't be a database: ErrNoDatabase, or an
// *fs.PathError.
func Check(path string) error {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return err
	case info.IsDir():
		return &fs.PathError{Op: "open", Path: path, Err: errors.New("is a folder; name a file in it")}
	case !info.Mode().IsRegular():
		return &fs.PathError{Op: "open", Path: path, Err: errors.New("is no regular file")}
	case info.Size() > 0 && info.Size() < smallestPage:
		return ErrNoDatabase
	}
	return nil
}

// FailedWith reports whether SQLite failed with one of its primary result codes.
func FailedWith(err error, codes ...int) bool {
	var failure *sqlite.Error
	return errors.As(err, &failure) && slices.Contains(codes, failure.Code()&0xff)
}

// Unwritable reports whether a file could not be opened for want of a folder in
// which SQLite can make its file of locks.
func Unwritable(err error) bool {
	return FailedWith(err, sqlitecode.SQLITE_CANTOPEN, sqlitecode.SQLITE_READONLY)
}

// EmptyLog reports whether nothing waits in a write-ahead log beside the file.
func EmptyLog(path string) bool {
	info, err := os.Stat(path + "-wal")
	return errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0
}
