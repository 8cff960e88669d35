package main

import (
	"os"
	"path/filepath"
	"testing"
)

// TestCheckOfFolderWithoutEvents has events that are none of check's to judge.
func TestCheckOfFolderWithoutEvents(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.Mkdir("events", 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{filepath.Join("events", "x.bin"): "\x00\x01\x02\x00", "workbook.yaml": "workbook: W\nblocks:\n  - sql: SELECT $n FROM A WHERE $Duration=1h\n"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	code, out, remarks := tabletop(t, "check", "workbook.yaml")
	if code != 0 || out != "workbook.yaml: 1 block, no mistake\n" || remarks != "warning: events/x.bin is left out: no text: its beginning holds NUL bytes\n" {
		t.Errorf("exit %d\n%s%s", code, out, remarks)
	}
}
