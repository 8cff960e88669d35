package indicator

import (
	"net/netip"
	"strings"
	"testing"
)

var seeds = []string{
	"", "http://User:pw@EVIL.example:8443/a?b#c", "evil.example/path", "http://[::ffff:1.2.3.4]:80/", "http://0x7f.1/", "http:\\\\a\\b@c",
	"http://bücher.example/", "http://faß.example", "http://xn--/", "a。b.example", "http://%65%", "//..", "Doe, John <j@b.example>",
	`"a b"@c.example`, "a@b, c@d", "SHA1=da39a3ee5e6b4b0d3255bfef95601890afd80709,MD5=x", "hxxps[:]//evil[.]example", "[[.]]", "x(at)[at]y", "\xff\x00\u00ad",
}

// twice fails where reading what was read gives anything else.
func twice(t *testing.T, read func(string) (string, bool), text string) (string, bool) {
	once, ok := read(text)
	if !ok {
		if once != "" {
			t.Fatalf("%q gives %q and false", text, once)
		}
		return "", false
	}
	if again, ok := read(once); !ok || again != once {
		t.Fatalf("%q gives %q, and that gives %q, %v", text, once, again, ok)
	}
	return once, true
}

func fuzz(f *testing.F, each func(t *testing.T, text string)) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(each)
}

func FuzzHost(f *testing.F) {
	fuzz(f, func(t *testing.T, text string) {
		host, ok := twice(t, Host, text)
		if !ok {
			return
		}
		if host != strings.ToLower(host) || !isASCII(host) {
			t.Fatalf("Host(%q) = %q is not canonical", text, host)
		}
		if again, ok := Host("https://user:pw@" + bracketed(host) + ":443/x"); !ok || again != host {
			t.Fatalf("%q gives %q, and in a URL it gives %q, %v", text, host, again, ok)
		}
	})
}

func bracketed(host string) string {
	if a, err := netip.ParseAddr(host); err == nil && a.Is6() {
		return "[" + host + "]"
	}
	return host
}

func FuzzDomain(f *testing.F) {
	fuzz(f, func(t *testing.T, text string) {
		domain, ok := twice(t, Domain, text)
		if !ok {
			return
		}
		host, _ := Host(text)
		if host != domain && !strings.HasSuffix(host, "."+domain) || PublicSuffix(domain) {
			t.Fatalf("Domain(%q) = %q under host %q", text, domain, host)
		}
	})
}

func FuzzMailbox(f *testing.F) {
	fuzz(f, func(t *testing.T, text string) {
		mailbox, ok := twice(t, Mailbox, text)
		if ok && (strings.ContainsAny(mailbox, "\r\n\x00") || len(mailbox) > maxMailbox) {
			t.Fatalf("Mailbox(%q) = %q", text, mailbox)
		}
	})
}

func FuzzRefang(f *testing.F) {
	fuzz(f, func(t *testing.T, text string) {
		once := Refang(text)
		if again := Refang(once); again != once {
			t.Fatalf("Refang(%q) = %q, and of that %q", text, once, again)
		}
		if back := Refang(Defang(text)); back != once {
			t.Fatalf("Refang(Defang(%q)) = %q, want %q", text, back, once)
		}
	})
}
