package indicator

import (
	"encoding/json"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
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

// disagreement is what is answered where a suite expects something else, and
// why.
type disagreement struct{ got, reason string }

// domainDisagreements are the cases of the public suffix list's own tests that
// Domain answers otherwise, with what it answers and why. There are none.
var domainDisagreements = map[string]disagreement{}

var suffixCase = regexp.MustCompile(`(?m)^checkPublicSuffix\((null|'[^']*'), (null|'[^']*')\);`)

func TestDomainAgainstPublicSuffixTests(t *testing.T) {
	text := corpus(t, "suites/publicsuffix/tests/test_psl.txt")
	if text == nil {
		return
	}
	cases := suffixCase.FindAllSubmatch(text, -1)
	if len(cases) < 78 {
		t.Fatalf("only %d cases found", len(cases))
	}
	for _, c := range cases {
		in, expected := unquote(c[1]), unquote(c[2])
		if expected != "" {
			ascii, ok := toASCII(expected)
			if !ok {
				t.Fatalf("expectation %q has no ASCII form", expected)
			}
			expected = ascii
		}
		got, _ := Domain(in)
		known, listed := domainDisagreements[in]
		switch {
		case listed && got != known.got:
			t.Errorf("Domain(%q) = %q, listed as %q: %s", in, got, known.got, known.reason)
		case listed == (got == expected):
			t.Errorf("Domain(%q) = %q, the suite says %q (listed: %v)", in, got, expected, listed)
		}
	}
}

func unquote(s []byte) string {
	if string(s) == "null" {
		return ""
	}
	return strings.Trim(string(s), "'")
}

// hostDisagreements are the cases of the web platform's URL tests that Host
// answers otherwise, with what it answers and why, besides the differences that
// Host is meant to have (see ours).
var hostDisagreements = map[string]disagreement{
	"http://../":      {"", "a host never ends in a dot, and only the root's dot may be cut"},
	"http://foo.09..": {"", "a host never ends in a dot, and only the root's dot may be cut"},
}

func TestHostAgainstURLTests(t *testing.T) {
	for _, name := range []string{"urltestdata.json", "ada_extra_urltestdata.json", "ada_long_urltestdata.json"} {
		text := corpus(t, "suites/ada-wpt/tests/wpt/"+name)
		if text == nil {
			return
		}
		var cases []json.RawMessage
		if err := json.Unmarshal(text, &cases); err != nil {
			t.Fatal(err)
		}
		checked := 0
		for _, raw := range cases {
			var c struct {
				Input, Base, Hostname string
				Failure               bool
			}
			// Comments are plain texts between the cases.
			if json.Unmarshal(raw, &c) != nil || !absoluteWeb(c.Input, c.Base) {
				continue
			}
			checked++
			expected := c.Hostname
			got, _ := Host(c.Input)
			known, listed := hostDisagreements[c.Input]
			switch {
			case listed && got != known.got:
				t.Errorf("Host(%q) = %q, listed as %q: %s", c.Input, got, known.got, known.reason)
			case listed == (got == ours(expected)):
				t.Errorf("Host(%q) = %q, the suite says %q (listed: %v)", c.Input, got, ours(expected), listed)
			}
		}
		t.Logf("%s: %d cases", name, checked)
	}
}

// absoluteWeb tells the http and https URLs that stand without a base. Where a
// case has one, it must not be what the case is about.
func absoluteWeb(input, base string) bool {
	scheme, rest := cutScheme(strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(strings.TrimLeft(input, " \x00\x1f")))
	if scheme != "http" && scheme != "https" {
		return false
	}
	// With a base of the same scheme, http:path is a path.
	if base == "" || base == "about:blank" {
		return true
	}
	_, ok := Host(base)
	return ok && (strings.HasPrefix(rest, "//") || strings.HasPrefix(rest, `\\`))
}

// ours writes a browser's host as Host does: no trailing dot, IPv6 without
// brackets and IPv4 within it unwrapped.
func ours(host string) string {
	if address, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return address.Unmap().String()
	}
	return strings.TrimSuffix(host, ".")
}
