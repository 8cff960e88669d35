package workbook

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"tabletop/workbook/source"
)

// Files reads the workbooks that a workbook calls. A name is a path with slashes,
// seen from the folder of the outermost workbook and within it. The error of one
// that is not there is an fs.ErrNotExist.
type Files func(name string) (CalledFile, error)

// A CalledFile is a workbook's file that was read for a call.
type CalledFile struct {
	// Name is what the file is really called, with links followed: two names for
	// one file have the same.
	Name string
	Text []byte
}

var (
	errOutside    = errors.New("it lies outside of the workbook's folder")
	errNotRegular = errors.New("it is no file")
)

// InFolder reads called workbooks in a folder: regular files in it or below, also
// behind links, so that a workbook from somebody else chooses no other file of
// this machine.
func InFolder(folder string) Files {
	return func(name string) (CalledFile, error) {
		home, err := filepath.EvalSymlinks(folder)
		if err != nil {
			return CalledFile{}, err
		}
		real, err := filepath.EvalSymlinks(filepath.Join(home, filepath.FromSlash(name)))
		if err != nil {
			return CalledFile{}, err
		}
		within, err := filepath.Rel(home, real)
		if err != nil || !filepath.IsLocal(within) {
			return CalledFile{}, errOutside
		}
		text, err := readWithin(home, within)
		return CalledFile{filepath.ToSlash(within), text}, err
	}
}

// readWithin reads a regular file of a folder. The folder is opened as a root, so
// that a link which is put there meanwhile leads nowhere else.
func readWithin(folder, name string) ([]byte, error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	// To open a named pipe may never end.
	if info, err := root.Stat(name); err != nil {
		return nil, err
	} else if !info.Mode().IsRegular() {
		return nil, errNotRegular
	}
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, source.MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return text, nil
}
