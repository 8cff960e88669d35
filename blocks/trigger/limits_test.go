package trigger

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tabletop/workbook"
)

func TestPolicy(t *testing.T) {
	p := entry(t).Policy()
	if p.Rate != 0 || p.Connect != 5*time.Second || p.Read != 25*time.Second || p.Tries != 4 || p.MaxWait != time.Minute || p.Roots != nil {
		t.Error(p)
	}
	p = entry(t, "rate: 7", "timeouts: {connect: 1s, read: 1m30s}", "retry: {tries: 1, max_wait: 500ms}", "success: {status: [201]}").Policy()
	if p.Rate != 7 || p.Connect != time.Second || p.Read != 90*time.Second || p.Tries != 1 || p.MaxWait != 500*time.Millisecond {
		t.Error(p)
	}
	if p.Judge(answered(201, "")).Verdict != workbook.Sent || p.Judge(answered(200, "")).Verdict != workbook.Failed {
		t.Error("the policy judges by another rule")
	}
}

func TestIdempotencyKey(t *testing.T) {
	if _, ok := entry(t).IdempotencyHeader("plan", "action"); ok {
		t.Error("a key that nobody asked for")
	}
	h, ok := entry(t, "idempotency_key: Idempotency-Key").IdempotencyHeader("plan", "action")
	if !ok || h.Name != "Idempotency-Key" || len(h.Value) != 32 || h.Value != IdempotencyKey("plan", "action") {
		t.Error(h, ok)
	}
	if IdempotencyKey("plan", "action") == IdempotencyKey("plana", "ction") || IdempotencyKey("plan", "action") == IdempotencyKey("plan", "other") {
		t.Error("two actions of one key")
	}
}

// certificate makes a PEM file of one certificate.
func certificate(t testing.TB) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	form := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, form, form, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func TestCertificates(t *testing.T) {
	folder := t.TempDir()
	for name, text := range map[string][]byte{
		"ca.pem": certificate(t), "other.pem": certificate(t), "text.pem": []byte("x"), "key.pem": append(certificate(t), "-----BEGIN PRIVATE KEY-----\n"...),
		"large.pem":         make([]byte, maxRoots+1),
		"integrations.yaml": nil,
	} {
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	with := func(ca string) (*Integrations, error) {
		path := filepath.Join(folder, "integrations.yaml")
		if err := os.WriteFile(path, []byte("integrations:\n  - {name: A, url: 'https://h.example/', target: none, ca: "+ca+"}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		return Load(path)
	}
	digests := map[string]bool{}
	for _, name := range []string{"ca.pem", "other.pem"} {
		n, err := with(name)
		if err != nil || n.list[0].Policy().Roots == nil {
			t.Fatal(err)
		}
		digests[n.list[0].Digest()] = true
	}
	if len(digests) != 2 {
		t.Error("other certificates give the same digest")
	}
	for name, want := range map[string]string{
		"none.pem": "no such file", "text.pem": "holds no certificate", "key.pem": "holds a private key", "large.pem": "over 1048576 bytes", ".": "can't be read",
	} {
		if _, err := with(name); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "integrations.yaml:2:") {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
}
