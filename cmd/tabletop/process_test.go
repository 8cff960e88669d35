package main

import (
	"os/exec"
	"path/filepath"
	"testing"
)

// benchmarkProcess times whole processes of the built program, each with an
// audit of its own.
func benchmarkProcess(b *testing.B, args ...string) {
	b.Helper()
	dir := b.TempDir()
	program := filepath.Join(dir, "tabletop")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	args = append(args, "--audit", filepath.Join(dir, "audit.db"))
	for b.Loop() {
		if out, err := exec.Command(program, args...).CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
	}
}
