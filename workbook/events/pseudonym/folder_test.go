package pseudonym

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"tabletop/workbook/events"
)

const oneEvent = `{"user":"lena.brook","src":"10.20.6.23"}` + "\n"

// packed writes a folder with one event, plain and in every compression.
func packed(t *testing.T) string {
	t.Helper()
	from := filepath.Join(t.TempDir(), "events")
	var gz, zst, zipped bytes.Buffer
	g := gzip.NewWriter(&gz)
	z, err := zstd.NewWriter(&zst)
	if err != nil {
		t.Fatal(err)
	}
	a := zip.NewWriter(&zipped)
	member, err := a.Create("inner/d.ndjson")
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range []io.Writer{g, z, member} {
		if _, err := io.WriteString(w, oneEvent); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(g.Close(), z.Close(), a.Close(), os.Mkdir(from, 0o700)); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{"a.ndjson": []byte(oneEvent), "b.ndjson.gz": gz.Bytes(), "c.ndjson.zst": zst.Bytes(), "d.zip": zipped.Bytes()} {
		if err := os.WriteFile(filepath.Join(from, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return from
}

func opened(t *testing.T, from string) *events.Set {
	t.Helper()
	set, err := events.Open(from, events.Options{Sources: []string{filepath.Join(from, events.SourcesName)}})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func TestFolderKeepsCompression(t *testing.T) {
	from, to := packed(t), filepath.Join(t.TempDir(), "to")
	report, err := forTest(t, Known{}, nil).Folder(context.Background(), opened(t, from), from, to)
	if err != nil || len(report.Files) != 4 {
		t.Fatal(report, err)
	}
	plain, err := os.ReadFile(filepath.Join(to, "a.ndjson"))
	if err != nil || strings.Contains(string(plain), "lena") {
		t.Fatal(string(plain), err)
	}
	compression := map[string]string{"a.ndjson": "", "b.ndjson.gz": "gzip", "c.ndjson.zst": "zstd", "d.zip/inner/d.ndjson": ""}
	for _, c := range opened(t, to).Contents() {
		text, err := c.Open()
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(text)
		text.Close()
		want, known := compression[target(c, to)]
		if err != nil || string(got) != string(plain) || c.Compression != want || !known || c.Member != "" {
			t.Errorf("%s: %q, %q, %v", c.Name, c.Compression, got, err)
		}
	}
	if _, err := forTest(t, Known{}, nil).Folder(context.Background(), opened(t, from), from, to); err == nil {
		t.Error("a folder that is not empty was written to")
	}
}

// TestFolderLeavesNothing breaks off in the middle: by a damaged file, and by who
// waits no longer.
func TestFolderLeavesNothing(t *testing.T) {
	from := packed(t)
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	// More lines than are read between two looks at the context.
	if err := os.WriteFile(filepath.Join(from, "a.ndjson"), []byte(strings.Repeat(oneEvent, 5000)), 0o600); err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(t.TempDir(), "to")
	if _, err := forTest(t, Known{}, nil).Folder(cancelled, opened(t, from), from, to); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err := os.Stat(to); !errors.Is(err, os.ErrNotExist) {
		t.Error("a cancelled copy left its folder")
	}
	text, err := os.ReadFile(filepath.Join(from, "b.ndjson.gz"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(from, "b.ndjson.gz"), text[:len(text)-6], 0o600); err != nil {
		t.Fatal(err)
	}
	empty := t.TempDir()
	if _, err := forTest(t, Known{}, nil).Folder(context.Background(), opened(t, from), from, empty); err == nil || !strings.Contains(err.Error(), "b.ndjson.gz") {
		t.Error(err)
	}
	if left, err := os.ReadDir(empty); err != nil || len(left) > 0 {
		t.Error(left, err)
	}
}
