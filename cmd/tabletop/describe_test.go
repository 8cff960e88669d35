package main

import (
	"fmt"
	"io/fs"
	"testing"
)

func TestDescribeTellsAPathOnce(t *testing.T) {
	err := fmt.Errorf("read events: %w", fmt.Errorf("u/a.ndjson: %w", &fs.PathError{Op: "open", Path: "u/a.ndjson", Err: fs.ErrPermission}))
	if got, want := describe(err), "read events: u/a.ndjson: permission denied"; got != want {
		t.Errorf("describe = %q, want %q", got, want)
	}
}
