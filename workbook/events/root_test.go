package events

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// sizedText is a text of the named format with exactly so many bytes.
func sizedText(csv, bom, end bool, size int) string {
	var b strings.Builder
	if bom {
		b.WriteString("\ufeff")
	}
	line := func(n int) string { return fmt.Sprintf("{\"a\":%d}\n", n) }
	if csv {
		b.WriteString("a,b\n")
		line = func(n int) string { return fmt.Sprintf("%d,x\r\n", n) }
	}
	for n := 0; b.Len() < size; n++ {
		b.WriteString(line(n))
	}
	text := b.String()[:size]
	if end && size > 0 {
		text = text[:size-1] + "\n"
	}
	return text
}

// TestRootsOnTheWay holds the roots that the survey makes against those of the
// whole bytes, at sizes around the edges of leaves.
func TestRootsOnTheWay(t *testing.T) {
	for _, size := range []int{1, 3, 4, 7, 20, chunkBytes - 1, chunkBytes, chunkBytes + 1, 2*chunkBytes - 1, 2 * chunkBytes, 2*chunkBytes + 1, 3*chunkBytes + 17} {
		for i := range 8 {
			csv, bom, end := i&1 != 0, i&2 != 0, i&4 != 0
			if csv && size < 8 {
				continue
			}
			text := sizedText(csv, bom, end, size)
			path := filepath.Join(t.TempDir(), map[bool]string{true: "E.csv", false: "E.ndjson"}[csv])
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			set, err := Open(path, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := set.Read(context.Background(), nil); err != nil {
				t.Fatal(size, csv, bom, err)
			}
			files, err := set.Hash(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			if files[0].Root != plainRoot([]byte(text)) || files[0].Bytes != int64(size) {
				t.Errorf("%d bytes, csv %v, bom %v: %+v (%d leaves)", size, csv, bom, files[0], len(set.leaves))
			}
		}
	}
}
