package plan

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/pem"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"
)

// testdata holds keys that ssh-keygen made, worth nothing outside these tests,
// and its signatures over the file statement.

func readTestdata(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func signerOf(t testing.TB, name string) ssh.Signer {
	t.Helper()
	signer, err := NewSigner([]byte(readTestdata(t, "key_"+name)), func() ([]byte, error) { return []byte("correct horse"), nil })
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

// TestVerifiesSSHKeygen checks what ssh-keygen signed.
func TestVerifiesSSHKeygen(t *testing.T) {
	text := readTestdata(t, "statement")
	for _, c := range []struct{ signature, key, refusal string }{
		{"ed25519", "ed25519", ""},
		{"ecdsa", "ecdsa", ""},
		{"rsa", "rsa", ""},
		{"sha256", "ed25519", ""},
		{"git", "", `signed for "git", not for tabletop`},
		{"dsa", "", "a key of type ssh-dss can't approve"},
		{"short_rsa", "", "an RSA key of 1024 bits can't approve"},
	} {
		key, err := VerifyText(text, readTestdata(t, "statement."+c.signature+".sig"))
		if c.refusal != "" {
			if err == nil || !strings.Contains(err.Error(), c.refusal) {
				t.Errorf("%s: %v, and not %q", c.signature, err, c.refusal)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.signature, err)
			continue
		}
		want, err := ParseKey(readTestdata(t, "key_"+c.key+".pub"))
		if err != nil || !bytes.Equal(key.Marshal(), want.Marshal()) {
			t.Errorf("%s: signed by %s, %v", c.signature, Fingerprint(key), err)
		}
	}
}

// TestSignsAsSSHKeygen compares with ssh-keygen's signatures where the algorithm
// gives one signature for one text, so that each verifies what the other signs.
func TestSignsAsSSHKeygen(t *testing.T) {
	text := readTestdata(t, "statement")
	for _, name := range []string{"ed25519", "rsa"} {
		armoured, err := SignText(text, signerOf(t, name), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		ours, _ := pem.Decode([]byte(armoured))
		theirs, _ := pem.Decode([]byte(readTestdata(t, "statement."+name+".sig")))
		if ours == nil || theirs == nil || !bytes.Equal(ours.Bytes, theirs.Bytes) {
			t.Errorf("%s signs otherwise than ssh-keygen does:\n%s", name, armoured)
		}
	}
}

// TestSSHKeygenVerifies asks the ssh-keygen of this machine, where there is one.
// Where there is none, TestSignsAsSSHKeygen stands for it.
func TestSSHKeygenVerifies(t *testing.T) {
	keygen, err := exec.LookPath("ssh-keygen")
	if err != nil {
		return
	}
	folder := t.TempDir()
	text := readTestdata(t, "statement")
	write := func(name, text string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, name := range []string{"ed25519", "ecdsa", "rsa"} {
		armoured, err := SignText(text, signerOf(t, name), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		signers := write("allowed", "anna "+readTestdata(t, "key_"+name+".pub"))
		verify := func(text string) error {
			cmd := exec.CommandContext(t.Context(), keygen, "-Y", "verify", "-n", Namespace, "-I", "anna", "-f", signers, "-s", write("signature", armoured))
			cmd.Stdin = strings.NewReader(text)
			return cmd.Run()
		}
		if err := verify(text); err != nil {
			t.Errorf("%s: ssh-keygen -Y verify: %v", name, err)
		}
		if err := verify(text + "."); err == nil {
			t.Errorf("%s: ssh-keygen verifies another text too", name)
		}
		cmd := exec.CommandContext(t.Context(), keygen, "-q", "-Y", "sign", "-n", Namespace, "-f", write("key", readTestdata(t, "key_"+name)))
		cmd.Stdin = strings.NewReader(text)
		theirs, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := VerifyText(text, string(theirs)); err != nil {
			t.Errorf("%s: a signature of ssh-keygen: %v", name, err)
		}
	}
}

// TestNothingElseVerifies changes the text and the signature bit by bit.
func TestNothingElseVerifies(t *testing.T) {
	text := readTestdata(t, "statement")
	armoured := readTestdata(t, "statement.ed25519.sig")
	for i := range text {
		changed := []byte(text)
		changed[i] ^= 1
		if _, err := VerifyText(string(changed), armoured); err == nil {
			t.Fatalf("a text changed at byte %d verifies", i)
		}
	}
	block, _ := pem.Decode([]byte(armoured))
	signer, err := VerifyText(text, armoured)
	if err != nil {
		t.Fatal(err)
	}
	for i := range block.Bytes {
		changed := bytes.Clone(block.Bytes)
		changed[i] ^= 1
		key, err := VerifyText(text, string(pem.EncodeToMemory(&pem.Block{Type: block.Type, Bytes: changed})))
		if err == nil {
			t.Fatalf("a signature changed at byte %d verifies by %s, made by %s", i, Fingerprint(key), Fingerprint(signer))
		}
	}
	for name, changed := range map[string]string{
		"nothing":           "",
		"a text before":     "see below\n" + armoured,
		"a text behind":     armoured + "and more\n",
		"two signatures":    armoured + armoured,
		"a header":          strings.Replace(armoured, "-----\n", "-----\nBy: anna\n\n", 1),
		"another kind":      strings.ReplaceAll(armoured, "SSH SIGNATURE", "PUBLIC KEY"),
		"cut":               armoured[:len(armoured)/2],
		"too long":          "-----BEGIN SSH SIGNATURE-----\n" + strings.Repeat("AAAA\n", maxSignatureBytes/5) + "-----END SSH SIGNATURE-----\n",
		"bytes at its end":  reArmour(block, func(b []byte) []byte { return append(b, 0) }),
		"cut in its middle": reArmour(block, func(b []byte) []byte { return b[:len(b)-1] }),
	} {
		if _, err := VerifyText(text, changed); err == nil {
			t.Errorf("a signature with %s verifies", name)
		}
	}
}

func reArmour(block *pem.Block, change func([]byte) []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: block.Type, Bytes: change(bytes.Clone(block.Bytes))}))
}

// TestSHA1IsRefused signs by RSA's oldest algorithm, in the form of a signature
// that is otherwise whole.
func TestSHA1IsRefused(t *testing.T) {
	text := readTestdata(t, "statement")
	signer, ok := signerOf(t, "rsa").(ssh.AlgorithmSigner)
	if !ok {
		t.Fatal("the signer chooses no algorithm")
	}
	old := algorithmSigner{signer, ssh.KeyAlgoRSA}
	signature, err := sshsig.Sign(strings.NewReader(text), old, sshsig.HashSHA512, Namespace)
	if err != nil {
		t.Fatal(err)
	}
	if signature.Signature.Format != ssh.KeyAlgoRSA {
		t.Fatal("signed by ", signature.Signature.Format)
	}
	if _, err := VerifyText(text, string(sshsig.Armor(signature))); err == nil || !strings.Contains(err.Error(), "ssh-rsa") {
		t.Errorf("a signature over SHA-1: %v", err)
	}
	if armoured, err := SignText(text, old, rand.Reader); err == nil {
		t.Errorf("signed over SHA-1:\n%s", armoured)
	}
}

// An algorithmSigner signs by its algorithm, whichever is asked for.
type algorithmSigner struct {
	ssh.AlgorithmSigner
	algorithm string
}

func (s algorithmSigner) SignWithAlgorithm(random io.Reader, data []byte, _ string) (*ssh.Signature, error) {
	return s.AlgorithmSigner.SignWithAlgorithm(random, data, s.algorithm)
}

// A device signs as a FIDO key does: over a hash of the data, with flags and a
// counter, as OpenSSH's PROTOCOL.u2f lays down.
type device struct {
	key   ed25519.PrivateKey
	flags byte
}

func (d device) PublicKey() ssh.PublicKey {
	key, err := ssh.ParsePublicKey(ssh.Marshal(struct{ Type, Key, Application string }{
		ssh.KeyAlgoSKED25519, string(d.key[32:]), "ssh:",
	}))
	if err != nil {
		panic(err)
	}
	return key
}

func (d device) Sign(_ io.Reader, data []byte) (*ssh.Signature, error) {
	application, message := sha256.Sum256([]byte("ssh:")), sha256.Sum256(data)
	behind := []byte{d.flags, 0, 0, 0, 7}
	signed := bytes.Join([][]byte{application[:], behind, message[:]}, nil)
	return &ssh.Signature{Format: ssh.KeyAlgoSKED25519, Blob: ed25519.Sign(d.key, signed), Rest: behind}, nil
}

// someDeviceKey is the key that a device holds.
func someDeviceKey() ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{5}, ed25519.SeedSize))
}

func TestDevicesSign(t *testing.T) {
	key := someDeviceKey()
	armoured, err := SignText("a text", device{key, 1}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := VerifyText("a text", armoured); err != nil {
		t.Error(err)
	}
	if _, err := SignText("a text", device{key, 0}, nil); err == nil {
		t.Error("a signature that nobody touched the device for is taken")
	}
}

func TestPassphrase(t *testing.T) {
	text := []byte(readTestdata(t, "key_locked"))
	if _, err := NewSigner(text, nil); !errors.Is(err, ErrNoPassphrase) {
		t.Errorf("without a passphrase: %v", err)
	}
	answer := func(phrase string) func() ([]byte, error) {
		return func() ([]byte, error) { return []byte(phrase), nil }
	}
	if _, err := NewSigner(text, answer("wrong")); err == nil {
		t.Error("a wrong passphrase opens the key")
	}
	signer, err := NewSigner(text, answer("correct horse"))
	if err != nil {
		t.Fatal(err)
	}
	if want, err := ParseKey(readTestdata(t, "key_locked.pub")); err != nil || Fingerprint(want) != Fingerprint(signer.PublicKey()) {
		t.Error("another key: ", Fingerprint(signer.PublicKey()), err)
	}
	if _, err := NewSigner([]byte(readTestdata(t, "key_short_rsa")), nil); err == nil {
		t.Error("a short RSA key signs")
	}
}

func TestParseKey(t *testing.T) {
	good := strings.TrimSpace(readTestdata(t, "key_ed25519.pub"))
	for in, refusal := range map[string]string{
		good:                                 "",
		good + "\n":                          "",
		"":                                   "this is no SSH public key",
		"ssh-ed25519 AAAA":                   "this is no SSH public key",
		`from="a" ` + good:                   "options stand before the key",
		good + "\n" + good:                   "more than one line",
		readTestdata(t, "key_dsa.pub"):       "type ssh-dss",
		readTestdata(t, "key_short_rsa.pub"): "1024 bits",
	} {
		_, err := ParseKey(in)
		if (err == nil) != (refusal == "") || err != nil && !strings.Contains(err.Error(), refusal) {
			t.Errorf("%s: %v, and not %q", in, err, refusal)
		}
	}
}
