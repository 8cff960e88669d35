package plan

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tabletop/workbook"
	"tabletop/workbook/events"
)

// onDisk hashes files and the event store of a test.
func onDisk(store string) Hashes {
	return Hashes{
		File: func(_ context.Context, path string, bytes int64) (string, int64, error) {
			text, err := os.ReadFile(path)
			if err != nil {
				return "", 0, err
			}
			return events.Root(text[:min(bytes, int64(len(text)))]), int64(len(text)), nil
		},
		Store: func(_ context.Context, name string) (string, error) {
			if name != "assets" {
				return "", os.ErrNotExist
			}
			return events.Root([]byte(store)), nil
		},
	}
}

func TestChanged(t *testing.T) {
	long := strings.Repeat("an event\n", 200_000) // more than one chunk
	texts := map[string]string{
		"workbook.yaml": "workbook", "integrations.yaml": "integrations", "guard.yaml": "guard", "approvers.yaml": "approvers",
		"events/FIREWALL.ndjson": long, "sources.yaml": "sources", "known.csv": "guard's",
	}
	for _, c := range []struct {
		name   string
		change func(write func(name, text string), remove func(name string))
		store  string
		want   []string
	}{
		{name: "nothing"},
		{name: "events grew", change: func(write func(string, string), _ func(string)) {
			write("events/FIREWALL.ndjson", long+"one more\n")
		}},
		{name: "events changed and grew", change: func(write func(string, string), _ func(string)) {
			write("events/FIREWALL.ndjson", "A"+long[1:]+"one more\n")
		}, want: []string{"the events, events/FIREWALL.ndjson, changed in its first 1800000 bytes, those that the plan was made of"}},
		{name: "events shrank", change: func(write func(string, string), _ func(string)) {
			write("events/FIREWALL.ndjson", long[:9])
		}, want: []string{"the events, events/FIREWALL.ndjson, shrank from 1800000 to 9 bytes"}},
		{name: "a list grew", change: func(write func(string, string), _ func(string)) {
			write("known.csv", "guard's and more")
		}, want: []string{"the guard's list, known.csv, changed"}},
		{name: "a store", store: "another", want: []string{"the event store, assets, changed"}},
		{name: "everything", change: func(write func(string, string), remove func(string)) {
			for _, name := range []string{"workbook.yaml", "integrations.yaml", "guard.yaml", "approvers.yaml"} {
				write(name, "another")
			}
			for _, name := range []string{"sources.yaml", "known.csv", "events/FIREWALL.ndjson"} {
				remove(name)
			}
		}, want: []string{
			"the workbook, workbook.yaml, changed",
			"the integrations, integrations.yaml, changed",
			"the guard, guard.yaml, changed",
			"the approvers, approvers.yaml, changed",
			"the events, events/FIREWALL.ndjson, is gone",
			"the sources, sources.yaml, is gone",
			"the guard's list, known.csv, is gone",
		}},
		{name: "files gone", change: func(_ func(string, string), remove func(string)) {
			remove("workbook.yaml")
			remove("guard.yaml")
		}, want: []string{"the workbook, workbook.yaml, is gone", "the guard, guard.yaml, is gone"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			folder := t.TempDir()
			write := func(name, text string) {
				path := filepath.Join(folder, name)
				if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
					t.Fatal(err)
				}
			}
			remove := func(name string) {
				if err := os.Remove(filepath.Join(folder, name)); err != nil {
					t.Fatal(err)
				}
			}
			p := newPlan(folder)
			p.Events = nil
			for name, text := range texts {
				write(name, text)
			}
			for _, f := range []workbook.EventFile{{Path: "events/FIREWALL.ndjson"}, {Path: "sources.yaml", Kind: workbook.KindSources}, {Path: "known.csv", Kind: workbook.KindGuard}} {
				f.Bytes, f.Root = int64(len(texts[f.Path])), events.Root([]byte(texts[f.Path]))
				p.Events = append(p.Events, f)
			}
			p.Events = append(p.Events, workbook.EventFile{Path: "assets", Kind: workbook.KindStore, Bytes: 5, Root: events.Root([]byte("store"))})
			if c.change != nil {
				c.change(write, remove)
			}
			store := "store"
			if c.store != "" {
				store = c.store
			}
			got, err := Changed(t.Context(), p, onDisk(store))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestChangedTellsWhatItCantRead does not take a file for unchanged, or for
// gone, that it can't read.
func TestChangedTellsWhatItCantRead(t *testing.T) {
	folder := t.TempDir()
	if err := os.Mkdir(filepath.Join(folder, "workbook.yaml"), 0o700); err != nil {
		t.Fatal(err)
	}
	if changes, err := Changed(t.Context(), newPlan(folder), onDisk("")); err == nil {
		t.Errorf("a folder for a workbook: %q", changes)
	}
}

func TestExpired(t *testing.T) {
	p := newPlan("/srv")
	for at, want := range map[time.Time]string{
		p.Created:                             "",
		p.Expires:                             "",
		p.Expires.Add(1):                      "the plan expired at 2026-02-01T11:00:00Z: plan again",
		p.Created.Add(-maxSkew):               "",
		p.Created.Add(-maxSkew - time.Second): "the plan was made at 2026-01-31T11:00:00Z, which is yet to come: set the clock right, or plan again",
	} {
		if got := p.Expired(at); got != want {
			t.Errorf("%s: %q, and not %q", at, got, want)
		}
	}
}
