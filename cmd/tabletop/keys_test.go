package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tabletop/audit"
)

// TestSignedHeads signs the head of an audit with one key, and has it verified
// with that key and with another.
func TestSignedHeads(t *testing.T) {
	keys := map[string]string{}
	for _, name := range []string{"ed25519", "ed25519.pub", "ecdsa.pub"} {
		keys[name] = testKey(t, name)
	}
	path := atRoot(t)
	folder := filepath.Dir(path)
	if code, _, said := tabletop(t, "run", "examples/file-hash", "--audit", path); code != exitDone {
		t.Fatal(said)
	}
	key := filepath.Join(folder, "key")
	if err := os.WriteFile(key, []byte(keys["ed25519"]), 0o600); err != nil {
		t.Fatal(err)
	}
	signers := func(name string) string {
		file := filepath.Join(folder, name+".signers")
		if err := os.WriteFile(file, []byte("# who counts\n\n"+keys[name+".pub"]), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	ours, others := signers("ed25519"), signers("ecdsa")
	verify := func(file string) (int, string) {
		t.Helper()
		code, out, said := tabletop(t, "verify", "--audit", path, "--signers", file)
		return code, out + said
	}
	if code, out := verify(ours); code != exitNotHeld || !strings.Contains(out, "no head of this audit is signed") {
		t.Errorf("unsigned: exit %d\n%s", code, out)
	}
	if code, out, said := tabletop(t, "keys", "sign", "--audit", path, "--key", key); code != exitDone || !strings.Contains(out, "by SHA256:") {
		t.Fatalf("exit %d\n%s%s", code, out, said)
	}
	if code, out := verify(ours); code != exitDone || !strings.Contains(out, "signed at entry #") {
		t.Errorf("signed: exit %d\n%s", code, out)
	}
	if code, out := verify(others); code != exitNotHeld || !strings.Contains(out, "not listed") {
		t.Errorf("signed by another: exit %d\n%s", code, out)
	}
	if code, out, _ := tabletop(t, "keys", "list", "--audit", path); code != exitDone || !strings.Contains(out, "SHA256:") {
		t.Errorf("list: exit %d\n%s", code, out)
	}
	// A byte of the signature more.
	file := audit.HeadFile(path)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	signed := lines[len(lines)-1]
	at := strings.Index(signed, " signed ") + 120
	flipped := []byte(signed)
	flipped[at] = map[bool]byte{true: 'B', false: 'A'}[flipped[at] == 'A']
	lines[len(lines)-1] = string(flipped)
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, out := verify(ours); code != exitNotHeld {
		t.Errorf("a signature edited: exit %d\n%s", code, out)
	}
}
