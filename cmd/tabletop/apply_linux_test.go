package main

import (
	"os"
	"syscall"
	"testing"
)

// Nobody waits for a named pipe that stands where events stood.
func TestApplyOpensNoPipe(t *testing.T) {
	s := newSite(t)
	s.do("plan", ".", "--to", "plan.json")
	if err := os.Remove("events/FIREWALL.ndjson"); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo("events/FIREWALL.ndjson", 0o600); err != nil {
		t.Fatal(err)
	}
	s.says(2, "is no regular file any more", "apply", "plan.json", "--yes", "3")
}
