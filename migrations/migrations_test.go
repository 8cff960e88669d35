package migrations

import (
	"testing"
	"testing/fstest"
)

func TestAllAreNumberedFromOne(t *testing.T) {
	all, err := All()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		t.Fatal("no migrations")
	}
	for i, m := range all {
		if m.Version != i+1 || m.SQL == "" {
			t.Errorf("migration %d: version %d, %d bytes", i+1, m.Version, len(m.SQL))
		}
	}
}

func TestListRefusesBadNames(t *testing.T) {
	tests := map[string][]string{
		"gap":       {"0001_a.sql", "0003_b.sql"},
		"twice":     {"0001_a.sql", "0001_b.sql"},
		"no number": {"first.sql"},
		"short":     {"1_a.sql"},
		"from zero": {"0000_a.sql"},
	}
	for name, names := range tests {
		t.Run(name, func(t *testing.T) {
			folder := fstest.MapFS{}
			for _, file := range names {
				folder[file] = &fstest.MapFile{Data: []byte("SELECT 1;")}
			}
			if all, err := list(folder); err == nil {
				t.Errorf("accepted: %v", all)
			}
		})
	}
}
