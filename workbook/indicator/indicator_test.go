package indicator

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// want is one text and what is read from it; empty means nothing.
type want struct{ in, want string }

func check(t *testing.T, name string, read func(string) (string, bool), table []want) {
	t.Helper()
	for _, w := range table {
		got, ok := read(w.in)
		if got != w.want || ok != (w.want != "") {
			t.Errorf("%s(%q) = %q, %v, want %q", name, w.in, got, ok, w.want)
		}
	}
}

func address(s string) (string, bool) {
	a, ok := Address(s)
	if !ok {
		return "", false
	}
	return a.String(), true
}

func TestAddress(t *testing.T) {
	check(t, "Address", address, []want{
		{"1.2.3.4", "1.2.3.4"},
		{" 1.2.3.4\n", "1.2.3.4"},
		{"::ffff:1.2.3.4", "1.2.3.4"},
		{"[::1]", "::1"},
		{"2001:DB8:0:0::1", "2001:db8::1"},
		{"[::ffff:7f00:1]", "127.0.0.1"},
		{"", ""},
		{"010.0.0.1", ""},
		{"1.2.3.4:80", ""},
		{"10.0.0.0/8", ""},
		{"fe80::1%eth0", ""},
		{"[1.2.3.4]", ""},
		{"[::1", ""},
		{"::1]", ""},
		{"1.2.3", ""},
		{"0x7f.1", ""},
		{strings.Repeat("1", 100), ""},
	})
}

func TestHost(t *testing.T) {
	check(t, "Host", Host, []want{
		{"http://evil.example/path", "evil.example"},
		{"https://User:pw@EVIL.example:8443/a?b#c", "evil.example"},
		{"evil.example/path", "evil.example"},
		{"evil.example", "evil.example"},
		{"evil.example:8080/x", "evil.example"},
		{"//evil.example/x", "evil.example"},
		{"evil.example.", "evil.example"},
		{"http://evil.example./", "evil.example"},
		{"http://bücher.example/", "xn--bcher-kva.example"},
		{"http://xn--bcher-kva.example", "xn--bcher-kva.example"},
		{"http://1.2.3.4:80/x", "1.2.3.4"},
		{"http://[2001:DB8::1]:443/", "2001:db8::1"},
		{"2001:db8::1", "2001:db8::1"},
		{"http://[::ffff:1.2.3.4]/", "1.2.3.4"},
		{"http://0x7f.1/", "127.0.0.1"},
		{"http://2130706433/", "127.0.0.1"},
		{"http:\\\\evil.example\\a@b", "evil.example"},
		{"http://good.example@evil.example/", "evil.example"},
		{"http://evil.example#@good.example/", "evil.example"},
		{"ht\ntp://ev\til.example", "evil.example"},
		{"http://%65vil.example", "evil.example"},
		{"ftp://files.example/x", "files.example"},
		{"ldap://evil.example:389/x", "evil.example"},
		{"", ""},
		{"/path", ""},
		{"user@evil.example", ""},
		{"mailto:user@evil.example", ""},
		{"javascript:alert(1)", ""},
		{"http://", ""},
		{"http://a b/", ""},
		{"http://1.2.3.4.5/", ""},
		{"http://evil.example:99999/", ""},
		{"http://[::1%25eth0]/", ""},
		{"http://\xff/", ""},
		{"http://%ff/", ""},
		{"evil.example\x00/", ""},
		{"http://./", ""},
		{strings.Repeat("a", 3000), ""},
	})
}

func TestDomain(t *testing.T) {
	check(t, "Domain", Domain, []want{
		{"https://A.B.Example.co.uk:8443/x", "example.co.uk"},
		{"www.example.com.", "example.com"},
		{"tenant.github.io", "tenant.github.io"},
		{"x.tenant.github.io", "tenant.github.io"},
		{"_dmarc.example.com", "example.com"},
		{"bücher.example.com", "example.com"},
		{"co.uk", ""},
		{"github.io", ""},
		{"com", ""},
		{"localhost", ""},
		{"1.2.3.4", ""},
		{"http://[::1]/", ""},
		{"", ""},
		{"a..example.com", ""},
		{".example.com", ""},
		{strings.Repeat("a", 64) + ".com", ""},
		{"a_b.com", ""},
		{"-a.com", ""},
		{"it's.com", ""},
		{strings.Repeat("a.", 130) + "com", ""},
	})
}

func TestPublicSuffix(t *testing.T) {
	for host, want := range map[string]bool{
		"com": true, "CO.UK.": true, "github.io": true, "example.com": false, "localhost": false, "1.2.3.4": false, "": false, "anything.ck": true, "www.ck": false,
	} {
		if got := PublicSuffix(host); got != want {
			t.Errorf("PublicSuffix(%q) = %v, want %v", host, got, want)
		}
	}
}

func TestMailbox(t *testing.T) {
	check(t, "Mailbox", Mailbox, []want{
		{"a@b.example", "a@b.example"},
		{"<a@b.example>", "a@b.example"},
		{"Name <First.Last+tag@B.Example>", "First.Last+tag@b.example"},
		{`"Doe, John" <j@b.example>`, "j@b.example"},
		{"Doe, John <j@b.example>", "j@b.example"},
		{"Jörg <j@bücher.example>", "j@xn--bcher-kva.example"},
		{`"x@y.example" <a@b.example>`, "a@b.example"},
		{`"a b"@c.example`, `"a b"@c.example`},
		{"root@localhost", "root@localhost"},
		{"", ""},
		{"a@b.example, c@d.example", ""},
		{"A <a@b.example>, B <c@d.example>", ""},
		{"x@y.example <a@b.example>", ""},
		{"a@b..example", ""},
		{"a@", ""},
		{"@b.example", ""},
		{"a@b@c.example", ""},
		{"a@[1.2.3.4]", ""},
		{"a@1.2.3.4", ""},
		{"a b@c.example", ""},
		{"a@b.example\r\nBcc: c@d.example", ""},
		{"a@exam_ple.com", ""},
		{strings.Repeat("a", 65) + "@b.example", ""},
		{strings.Repeat("a", 5000), ""},
	})
}

func TestHashes(t *testing.T) {
	md5, sha1, sha256 := strings.Repeat("0a", 16), strings.Repeat("1b", 20), strings.Repeat("2c", 32)
	list := "SHA1=" + strings.ToUpper(sha1) + ",MD5=" + md5 + ",SHA256=" + sha256 + ",IMPHASH=" + md5
	check(t, "FindSHA1", FindSHA1, []want{
		{list, sha1},
		{sha1, sha1},
		{" " + strings.ToUpper(sha1) + " ", sha1},
		{"sha-1: " + sha1, sha1},
		{`{"sha1":"` + sha1 + `"}`, sha1},
		{"", ""},
		{md5, ""},
		{"SHA1=" + sha256, ""},
		{"SHA1=" + sha1 + "z", ""},
		{"xSHA1=" + sha1, ""},
		{"SHA1=", ""},
		{sha1 + " " + sha1, ""},
		{"MD5=" + sha1, ""},
	})
	check(t, "FindMD5", FindMD5, []want{{list, md5}, {md5, md5}, {"IMPHASH=" + md5, ""}, {"SHA1=" + sha1, ""}})
	check(t, "FindSHA256", FindSHA256, []want{{list, sha256}, {sha256, sha256}, {"SHA256=" + sha1, ""}, {"SHA256=x, SHA256=" + sha256, sha256}})
}

func TestRefangAndDefang(t *testing.T) {
	for _, w := range []want{
		{"hxxp://evil[.]example/a", "http://evil.example/a"},
		{"hXXps[:]//evil(.)example", "hTTps://evil.example"},
		{"evil{.}example", "evil.example"},
		{"a[at]b[dot]example", "a@b.example"},
		{"a[@]b.example", "a@b.example"},
		{"hxxp[://]evil.example", "http://evil.example"},
		{"http://[::1]/", "http://[::1]/"},
		{"[[.]]", "."},
		{"xhxxp://a", "xhxxp://a"},
		{"", ""},
		{"[.", "[."},
	} {
		if got := Refang(w.in); got != w.want {
			t.Errorf("Refang(%q) = %q, want %q", w.in, got, w.want)
		}
	}
	if got, want := Defang("https://evil.example/a.b"), "hxxps://evil[.]example/a[.]b"; got != want {
		t.Errorf("Defang = %q, want %q", got, want)
	}
}

// hostile draws texts made of the pieces that readers stumble over.
func hostile(t *rapid.T) string {
	pieces := []string{
		"http://", "https:", "//", "\\", "hxxp:", "hxxps[:]", "[.]", "[", "]", "(", ")", ".", "..", ":", "@", "<", ">", ",", "\"", "a", "b", "xn--", "ü", "。", "\u00ad",
		"1", "0x7f", "255", "::1", "%41", "%", "com", "co.uk", "\t", "\x00", "\xff", " ", "SHA1=", "-", "_", "t", "p", "s", "HTTP:", "dot", "{.}",
	}
	return strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 12).Draw(t, "pieces"), "")
}

func TestReadingAgainChangesNothing(t *testing.T) {
	readers := map[string]func(string) (string, bool){"Address": address, "Host": Host, "Domain": Domain, "Mailbox": Mailbox, "FindSHA1": FindSHA1}
	rapid.Check(t, func(t *rapid.T) {
		text := hostile(t)
		for name, read := range readers {
			once, ok := read(text)
			if !ok {
				if once != "" {
					t.Fatalf("%s(%q) gives %q and false", name, text, once)
				}
				continue
			}
			if twice, ok := read(once); !ok || twice != once {
				t.Fatalf("%s(%q) = %q, and of that %q, %v", name, text, once, twice, ok)
			}
		}
		if once := Refang(text); Refang(once) != once {
			t.Fatalf("Refang(%q) = %q, and of that %q", text, once, Refang(once))
		}
		if got := Refang(Defang(text)); got != Refang(text) {
			t.Fatalf("Refang(Defang(%q)) = %q, want %q", text, got, Refang(text))
		}
		if once := Defang(text); Defang(once) != once {
			t.Fatalf("Defang(%q) = %q, and of that %q", text, once, Defang(once))
		}
	})
}
