package events

import (
	"archive/zip"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// unpacked writes the one member of a real zip into a folder.
func unpacked(t *testing.T, corpus, name string) string {
	t.Helper()
	z, err := zip.OpenReader(filepath.Join(corpus, name))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	from, err := z.File[0].Open()
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	path := filepath.Join(t.TempDir(), "windows.json")
	to, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(to, from); err != nil {
		t.Fatal(err)
	}
	if err := to.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestWindowsOnRealFile(t *testing.T) {
	corpus := os.Getenv("TABLETOP_CORPUS")
	if corpus == "" {
		t.Log("TABLETOP_CORPUS is not set")
		return
	}
	path := unpacked(t, corpus, "windows/rdp_interactive_taskmanager_lsass_dump.zip")
	sources := filepath.Join(t.TempDir(), SourcesName)
	if err := os.WriteFile(sources, []byte("sources:\n  - {files: ['*.json'], mapping: windows}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	set, err := Open(path, Options{Sources: []string{sources}})
	if err != nil {
		t.Fatal(err)
	}
	for stream, want := range map[string][]any{
		"FIREWALL": {int64(135), int64(135)}, "AUTHENTICATION": {int64(18), int64(18)}, "PROCESS": {int64(34), int64(34)},
		"SYSMON": {int64(39), int64(39)}, "DNS": {int64(2), int64(2)}, "WINDOWS": {int64(5489 - 135 - 18 - 34 - 39 - 2), int64(0)},
	} {
		result := query(t, set, Query{Scans: []Scan{{Stream: stream, Columns: []string{"$SourceName", "$EventName"}}}, SQL: `SELECT count(*), count(c1) FROM t0`, Columns: make([]string, 2)})
		if diff := cmp.Diff([][]any{want}, values(result.Table)); diff != "" {
			t.Errorf("%s: %s", stream, diff)
		}
	}
	result := query(t, set, Query{
		Scans: []Scan{{Stream: "FIREWALL", Columns: []string{"$SrcIP", "$DstIP", "$DstPort", "$SourceName"}}},
		SQL:   `SELECT c0, c1, c3 FROM t0 WHERE c2 = '3389' ORDER BY c3`, Columns: make([]string, 3),
	})
	want := [][]any{{"1.2.3.4", "172.18.39.5", "Sysmon"}, {"1.2.3.4", "172.18.39.5", "Windows"}}
	if diff := cmp.Diff(want, values(result.Table)); diff != "" {
		t.Error(diff)
	}
}
