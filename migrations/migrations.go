// Package migrations holds the schema of the audit as numbered SQL files. In
// go no more than the files beside this one; out comes the list of them, in
// the order in which they are applied. A file that has been released never
// changes: what has to change comes as the next number.
package migrations

import (
	"embed"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
)

//go:embed *.sql
var files embed.FS

// ApplicationID marks a SQLite file as an audit of this program: the four
// letters "tblt" in PRAGMA application_id.
const ApplicationID = 0x74626c74

// A Migration is one step of the schema.
type Migration struct {
	// Version counts from 1; PRAGMA user_version holds the last one applied.
	Version int
	// Name is the file's name.
	Name string
	// SQL is the file's text: statements, applied in one transaction.
	SQL string
}

// All lists the migrations by version, from 1, without gaps. An error is a
// mistake in a file's name.
func All() ([]Migration, error) {
	return list(files)
}

func list(folder fs.FS) ([]Migration, error) {
	// Glob sorts by name, and the names begin with four digits.
	names, err := fs.Glob(folder, "*.sql")
	if err != nil {
		return nil, fmt.Errorf("list the migrations: %w", err)
	}
	all := make([]Migration, 0, len(names))
	for i, name := range names {
		digits, _, _ := strings.Cut(name, "_")
		version, err := strconv.Atoi(digits)
		if err != nil || len(digits) != 4 || version != i+1 {
			return nil, fmt.Errorf("migration %s: its name must begin with %04d_", name, i+1)
		}
		text, err := fs.ReadFile(folder, name)
		if err != nil {
			return nil, fmt.Errorf("read migration %s: %w", name, err)
		}
		all = append(all, Migration{Version: version, Name: name, SQL: string(text)})
	}
	return all, nil
}
