package events

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestUnfoundSaysWhatWasLookedAt has a field whose only event is behind those that
// are looked at, and one that no event has.
func TestUnfoundSaysWhatWasLookedAt(t *testing.T) {
	const sources = "sources: [{files: ['*.ndjson'], fields: {User: nam, Late: late}}]"
	lines := strings.Repeat(`{"name":"a"}`+"\n", lookedEvents)
	for text, want := range map[string][]string{
		lines: {
			"no event has the field nam, which $User is taken from",
			"no event has the field late, which $Late is taken from",
		},
		lines + `{"late":null}` + "\n": {
			"none of the first 1000 events of a file has the field nam, which $User is taken from",
			"none of the first 1000 events of a file has the field late, which $Late is taken from",
		},
		`{"late":null}` + "\n": {"no event has the field nam, which $User is taken from"},
		"":                     nil,
	} {
		folder := t.TempDir()
		for name, text := range map[string]string{"a.ndjson": text, SourcesName: sources} {
			if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		set, err := Open(folder, Options{Sources: []string{filepath.Join(folder, SourcesName)}})
		if err != nil {
			t.Fatal(err)
		}
		problems, err := set.Unfound(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, p := range problems {
			if !p.Warning || p.Place.Line != 1 {
				t.Errorf("%+v", p)
			}
			got = append(got, p.Message)
		}
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("%d bytes of events: %q", len(text), got)
		}
	}
}
