package guard

import (
	"encoding/json"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tabletop/workbook/indicator"
)

// corpus reads a file of the third-party data that TABLETOP_CORPUS names.
func corpus(t *testing.T, path string) []byte {
	t.Helper()
	folder := os.Getenv("TABLETOP_CORPUS")
	if folder == "" {
		t.Log("TABLETOP_CORPUS is not set")
		return nil
	}
	text, err := os.ReadFile(filepath.Join(folder, filepath.FromSlash(path)))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestNoSpellingSlipsPast takes each URL that a browser reads as one of a
// protected address or of localhost, however it is spelled.
func TestNoSpellingSlipsPast(t *testing.T) {
	text := corpus(t, "suites/ada-wpt/tests/wpt/urltestdata.json")
	if text == nil {
		return
	}
	var entries []json.RawMessage
	if err := json.Unmarshal(text, &entries); err != nil {
		t.Fatal(err)
	}
	g, tried := New(), 0
	for _, entry := range entries {
		var c struct {
			Input, Protocol, Hostname string
			Base                      *string
		}
		// The file holds comments as bare texts.
		if json.Unmarshal(entry, &c) != nil || c.Base != nil || c.Protocol != "http:" && c.Protocol != "https:" {
			continue
		}
		address, err := netip.ParseAddr(strings.Trim(c.Hostname, "[]"))
		if protected := err == nil && g.addressFinding(address.Unmap()).level == never; !protected && c.Hostname != "localhost" {
			continue
		}
		tried++
		if j := g.Judge(TypeURL, c.Input); !j.Protected {
			t.Errorf("%q, which is on %s, is %s: %s", c.Input, c.Hostname, j.Verdict, j.Reason)
		}
	}
	if tried < 10 {
		t.Errorf("only %d URLs tried", tried)
	}
}

// TestKnownMaliciousDomains holds the guard to what a defence is for: of a list
// of malicious domains nearly all may be blocked, and those that may not have a
// reason that fits.
func TestKnownMaliciousDomains(t *testing.T) {
	text := corpus(t, "urls/blackbook.csv")
	if text == nil {
		return
	}
	g, total, sent := New(), 0, 0
	for line := range strings.Lines(string(text)) {
		domain, _, _ := strings.Cut(strings.TrimSpace(line), ",")
		if domain == "" || domain == "Domain" {
			continue
		}
		total++
		j := g.Judge(TypeDomain, domain)
		if j.Verdict == would {
			sent++
		}
		if _, ok := indicator.Domain(domain); ok && j.Verdict == bad {
			t.Errorf("%q is invalid: %s", domain, j.Reason)
		}
	}
	if total < 18_000 || sent*100 < total*85 {
		t.Errorf("of %d malicious domains only %d may be blocked", total, sent)
	}
}

func TestKnownMaliciousHashes(t *testing.T) {
	text := corpus(t, "hashes/eset-stantinko.sha1")
	if text == nil {
		return
	}
	total := 0
	for line := range strings.Lines(string(text)) {
		hash := strings.TrimSpace(line)
		if len(hash) != 40 {
			continue
		}
		total++
		if j := New().Judge(TypeFileSHA1, hash); j.Verdict != would {
			t.Errorf("%q is %s: %s", hash, j.Verdict, j.Reason)
		}
	}
	if total < 900 {
		t.Errorf("only %d hashes found", total)
	}
}
