package events

import (
	"context"
	"os"
	"path/filepath"
	"testing"
)

// TestFileThatWasEmptyStaysSo writes to a file once it was surveyed: rows never
// come from bytes that the record does not cover.
func TestFileThatWasEmptyStaysSo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "E.ndjson")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	set, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := set.Read(context.Background(), nil); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(`{"a":1}`+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	q := countAll
	q.Scans = []Scan{q.Scans[0]}
	q.Scans[0].Every = true
	if rows := query(t, set, q).Table.Rows; len(rows) > 0 {
		t.Errorf("%d rows of what was written later", len(rows))
	}
	files, err := set.Hash(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if files[0].Bytes != 0 {
		t.Errorf("%d bytes in the record, whose root is that of none", files[0].Bytes)
	}
}
