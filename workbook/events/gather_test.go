package events

import (
	"bytes"
	"compress/gzip"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tabletop/workbook"
)

// TestGatherAgreesWithEventAt gathers every event of files of several formats, and
// holds each against the same event looked up by its place.
func TestGatherAgreesWithEventAt(t *testing.T) {
	folder := t.TempDir()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write([]byte("{\"$CNAMTime\":1769774400000,\"a\":1}\nno event\n{\"$Stream\":\"other\",\"a\":\"x\"}\n")); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"FIREWALL.ndjson.gz": packed.String(),
		"RAW.csv":            "ts,src\n2026-01-30T12:00:00Z,203.0.113.7\n2026-01-30T12:00:01Z,\"a\nb\"\n",
		"THREAT.json":        `{"fields_list":["$CNAMTime","$a"],"result":[{"$CNAMTime":1769774400000,"$a":1},{"$a":2}]}`,
		SourcesName:          "sources:\n  - stream: GATE\n    files: ['*.csv']\n    fields: {SrcIP: src}\n    time: ts\n",
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	set, err := Open(folder, Options{Sources: []string{filepath.Join(folder, SourcesName)}})
	if err != nil {
		t.Fatal(err)
	}
	var found []*Event
	all := func(workbook.Position) bool { return true }
	if err := set.Gather(t.Context(), all, func(e *Event) error {
		found = append(found, e)
		return nil
	}); err != nil || len(found) != 6 {
		t.Fatalf("%d events: %v", len(found), err)
	}
	for _, e := range found {
		want, err := set.EventAt(t.Context(), e.Position.File, Place{Offset: e.Position.Offset})
		if err != nil {
			t.Fatal(err)
		}
		want.Raw = nil
		if diff := cmp.Diff(want, e); diff != "" {
			t.Errorf("%v: %s", e.Position, diff)
		}
	}
	enough := errors.New("enough")
	count := 0
	err = set.Gather(t.Context(), func(at workbook.Position) bool { return at.Line > 1 }, func(*Event) error {
		count++
		return enough
	})
	if !errors.Is(err, enough) || count != 1 {
		t.Errorf("%d events: %v", count, err)
	}
}
