package events

import (
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
)

// openFiles counts the descriptors of this process that are files at path.
func openFiles(t *testing.T, path string) (n int) {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0 // no such list on this system
	}
	for _, e := range entries {
		if target, err := os.Readlink(filepath.Join("/proc/self/fd", e.Name())); err == nil && target == path {
			n++
		}
	}
	return n
}

// TestStoppedReadingClosesItsFile stops streams of rows early, again and again.
func TestStoppedReadingClosesItsFile(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // nobody else closes it
	path := filepath.Join(t.TempDir(), "E.ndjson")
	if err := os.WriteFile(path, []byte(strings.Repeat(`{"a":1}`+"\n", 100_000)), 0o600); err != nil {
		t.Fatal(err)
	}
	set, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	set.chunkSize = 4096
	for range 50 {
		query(t, set, Query{Scans: []Scan{{Stream: "E", Columns: []string{"a"}}}, SQL: "SELECT c0 FROM t0 LIMIT 1", Columns: []string{"a"}})
	}
	if n := openFiles(t, path); n > 0 {
		t.Errorf("%d descriptors are left open", n)
	}
}
