package databasefile

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestCreateTakesOnlyWhatCanBeADatabase(t *testing.T) {
	folder := t.TempDir()
	fresh := filepath.Join(folder, "new.db")
	for range 2 { // made, then found empty
		if err := Create(fresh); err != nil {
			t.Fatal(err)
		}
	}
	if info, err := os.Stat(fresh); err != nil || info.Size() != 0 || info.Mode().Perm()&0o077 != 0 {
		t.Error(info, err)
	}
	for size, want := range map[int]error{1: ErrNoDatabase, smallestPage - 1: ErrNoDatabase, smallestPage: nil} {
		path := filepath.Join(folder, "other.db")
		text := bytes.Repeat([]byte("x"), size)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := Create(path); !errors.Is(err, want) || want == nil && err != nil {
			t.Error(size, err)
		}
		if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, text) {
			t.Error("the file was changed", err)
		}
	}
	var at *fs.PathError
	for _, path := range []string{folder, filepath.Join(folder, "none", "a.db")} {
		if err := Create(path); !errors.As(err, &at) {
			t.Errorf("%s: %v", path, err)
		}
	}
}
