package events

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// left makes a folder of events with what can't be one, and opens it.
func left(t *testing.T, sources string) (*Set, error) {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "events")
	write := func(name, text string) {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("a.ndjson", `{"n":1}`+"\n")
	write("shot.png", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")
	write("wide.csv", "\xff\xfea\x00,\x00b\x00\n\x00")
	if sources != "" {
		write(SourcesName, sources)
	}
	for name, to := range map[string]string{"gone.log": "nowhere", "round.log": "round.log", "elsewhere": t.TempDir()} {
		if err := os.Symlink(to, filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	return Open(folder, Options{Sources: []string{filepath.Join(folder, SourcesName)}})
}

func TestFilesWithoutEventsAreLeftOut(t *testing.T) {
	set, err := left(t, "sources: [{files: ['*.png', '*.log'], stream: X}]")
	if err != nil {
		t.Fatal(err)
	}
	got, err := set.LeftOut(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	want := []LeftOut{
		{"events/elsewhere", "a link to a folder, which is not followed: name that folder with --events"},
		{"events/gone.log", "a link that leads nowhere"},
		{"events/round.log", "a link that leads back to itself"},
		{"events/shot.png", "no text: its beginning holds NUL bytes"},
		{"events/wide.csv", "UTF-16, which is not read: write it as UTF-8"},
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	survey, err := set.Read(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(survey.Unused) > 0 {
		t.Errorf("patterns of files that are there: %v", survey.Unused)
	}
	files, err := set.Hash(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files { // those beside the events have a kind
		if f.Kind == "" && f.Path != "events/a.ndjson" {
			t.Errorf("%s is recorded as read", f.Path)
		}
	}
}

// TestFilesThatAreNamedAreNotLeftOut names in a sources file what is no file of
// events.
func TestFilesThatAreNamedAreNotLeftOut(t *testing.T) {
	for name, want := range map[string]string{"gone.log": "a link that leads nowhere", "shot.png": "no text", "events/shot.png": "no text", "wide.csv": "UTF-16"} {
		set, err := left(t, "sources: [{files: ["+name+"], stream: X}]")
		if err == nil {
			_, err = set.LeftOut(context.Background())
		}
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), filepath.Base(name)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
