package events

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/klauspost/compress/gzip"
	"pgregory.net/rapid"

	"tabletop/workbook"
)

// Reading an event by its offset alone gives what reading the file up to it does,
// whatever the place.
func TestRawAtAgreesWithEventAt(t *testing.T) {
	folder := t.TempDir()
	lines := rapid.SampledFrom([]string{`{"a":1}`, `{"a":"x,y"}`, "", "  ", `{"a":`, "a,b", `"a`, `b",c`, "x=1 y=2", "\ufeff{}", `{"a":1}` + "\r"})
	rapid.Check(t, func(rt *rapid.T) {
		text := ""
		for _, line := range rapid.SliceOfN(lines, 1, 6).Draw(rt, "lines") {
			text += line + "\n"
		}
		if rapid.Bool().Draw(rt, "cut") {
			text = text[:len(text)-1]
		}
		name := rapid.SampledFrom([]string{"A.ndjson", "A.csv", "A.txt", "A.ndjson.gz"}).Draw(rt, "name")
		path := filepath.Join(folder, name)
		file, err := os.Create(path)
		if err != nil {
			rt.Fatal(err)
		}
		if filepath.Ext(name) == ".gz" {
			w := gzip.NewWriter(file)
			_, err = w.Write([]byte(text))
			err = errors.Join(err, w.Close())
		} else {
			_, err = file.WriteString(text)
		}
		if err := errors.Join(err, file.Close()); err != nil {
			rt.Fatal(err)
		}
		set, err := Open(path, Options{Untimed: true})
		if err != nil {
			return
		}
		at := workbook.Position{File: set.files[0].name, Offset: rapid.Int64Range(0, int64(len(text))+2).Draw(rt, "offset")}
		want, wanted := set.EventAt(t.Context(), at.File, Place{Offset: at.Offset})
		got, cut, failed := set.RawAt(t.Context(), at, 1<<16)
		if (wanted == nil) != (failed == nil) {
			rt.Fatalf("%q at %d: %v, and %v", text, at.Offset, wanted, failed)
		}
		if wanted == nil && (string(want.Raw) != string(got) || cut) {
			rt.Fatalf("%q at %d: %q, and %q", text, at.Offset, want.Raw, got)
		}
	})
}
