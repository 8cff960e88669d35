package indicator

import (
	"strings"
	"testing"
)

func TestSought(t *testing.T) {
	const sha1 = "da39a3ee5e6b4b0d3255bfef95601890afd80709"
	for _, test := range []struct {
		value, text string
		in, within  bool
	}{
		{"10.0.0.5", "10.0.0.5", true, true},
		{"10.0.0.5", "10.0.0.50", false, true},
		{"10.0.0.5", "::ffff:10.0.0.5", true, true},
		{"10[.]0[.]0[.]5", "10.0.0.5", true, true},
		{"10.0.0.5", "10[.]0.0.5", true, false},
		{"10.0.0.5", "http://10.0.0.5:8080/x", true, true},
		{"10.0.0.5", "from 10.0.0.5 to 10.0.0.6", false, true},
		{"10.0.0.5", "ada@10.0.0.5", false, true},
		{"2001:db8::1", "2001:DB8:0:0:0:0:0:1", true, false},
		{"Evil.Example.com", "https://u:p@evil.example.com:8443/x", true, true},
		{"hxxp://evil[.]example/a", "http://evil.example/a", true, true},
		{"evil.example.com", "not-evil.example.com", false, true},
		{"evil.example.com", "ada@evil.example.com", false, true},
		{"evil.example.com", "evil.example.com.", true, true},
		{"ada@example.com", "Ada <ada@EXAMPLE.com>", true, true},
		{"ada@example.com", "bob@example.com", false, false},
		{strings.ToUpper(sha1), "MD5=x,SHA1=" + sha1, true, true},
		{sha1, sha1[:39], false, false},
		{"Corp\\Ana", "corp\\ana", true, true},
		{"x", "", false, false},
		{"", "", false, false},
		{"$(reboot)", "$(reboot)", true, true},
	} {
		s := Seek(test.value)
		if got := s.In(test.text); got != test.in {
			t.Errorf("%q in %q is %v", test.value, test.text, got)
		}
		if got := s.Within(test.text); got != test.within {
			t.Errorf("%q within %q is %v", test.value, test.text, got)
		}
	}
}

// What is looked for is found in itself, in its one form and defanged.
func FuzzSought(f *testing.F) {
	for _, seed := range []string{"10.0.0.5", "hxxp://a[.]b/c", "Ada <a@b.example>", "evil.example", "::1", "\xff[.]", "a@[10.0.0.5]", "xx[:]//"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		s := Seek(value)
		if value == "" {
			return
		}
		if !s.In(value) || !s.Within(value) {
			t.Errorf("%q is not in itself", value)
		}
		if c := s.Canonical(); c != "" && s.host+s.hash+s.mailbox != "" && !s.In(c) {
			t.Errorf("%q is not in %q", value, c)
		}
	})
}
