package guard

import (
	"strings"
	"testing"
	"unicode"

	"tabletop/workbook"
)

const (
	would   = workbook.WouldSend
	refused = workbook.RefusedProtected
	asks    = workbook.NeedsApproval
	bad     = workbook.Invalid
)

// A judged is a target and what the guard must say of it.
type judged struct {
	kind, target string
	verdict      workbook.Verdict
	rule         string
	canonical    string
}

func check(t *testing.T, g *Guard, cases []judged) {
	t.Helper()
	for _, c := range cases {
		j := g.Judge(c.kind, c.target)
		if j.Verdict != c.verdict || j.Rule != c.rule {
			t.Errorf("%s %q: got %s by %q (%s), want %s by %q", c.kind, c.target, j.Verdict, j.Rule, j.Reason, c.verdict, c.rule)
		}
		if c.canonical != "" && j.Canonical != c.canonical {
			t.Errorf("%s %q: canonical form %q, want %q", c.kind, c.target, j.Canonical, c.canonical)
		}
		if (j.Verdict == would) != j.Approved.Covers(c.kind, c.target) {
			t.Errorf("%s %q: approved %v with verdict %s", c.kind, c.target, j.Approved, j.Verdict)
		}
		if (j.Verdict == refused) != j.Protected {
			t.Errorf("%s %q: protected %v with verdict %s", c.kind, c.target, j.Protected, j.Verdict)
		}
		if j.Verdict != would && j.Reason == "" {
			t.Errorf("%s %q: %s without a reason", c.kind, c.target, j.Verdict)
		}
		if strings.ContainsFunc(j.Reason, unprintable) {
			t.Errorf("%s %q: the reason %q is not printable", c.kind, c.target, j.Reason)
		}
	}
}

func unprintable(r rune) bool { return !unicode.IsPrint(r) }

func TestAddresses(t *testing.T) {
	check(t, New(), []judged{
		{TypeIP, "203.0.113.7", would, "", "203.0.113.7"},
		{TypeIP, "198.51.100.9", would, "", ""},
		{TypeIP, "192.0.2.1", would, "", ""},
		{TypeIP, "45.155.205.233", would, "", ""},
		{TypeIP, "2001:DB8::1", would, "", "2001:db8::1"},
		{TypeIP, "::ffff:203.0.113.7", would, "", "203.0.113.7"},
		{TypeIP, "64:ff9b::cb00:7107", would, "", "64:ff9b::cb00:7107"},

		{TypeIP, "10.1.2.3", refused, RulePrivate, ""},
		{TypeIP, "172.16.0.1", refused, RulePrivate, ""},
		{TypeIP, "172.31.255.255", refused, RulePrivate, ""},
		{TypeIP, "172.32.0.1", would, "", ""},
		{TypeIP, "192.168.1.1", refused, RulePrivate, ""},
		{TypeIP, "fd00::1", refused, RulePrivate, ""},
		{TypeIP, "fec0::1", refused, RulePrivate, ""},
		{TypeIP, "127.0.0.1", refused, RuleLoopback, ""},
		{TypeIP, "::1", refused, RuleLoopback, ""},
		{TypeIP, "169.254.169.254", refused, RuleLinkLocal, ""},
		{TypeIP, "fe80::1", refused, RuleLinkLocal, ""},
		{TypeIP, "100.64.0.1", refused, RuleCarrier, ""},
		{TypeIP, "100.128.0.1", would, "", ""},
		{TypeIP, "224.0.0.251", refused, RuleMulticast, ""},
		{TypeIP, "ff02::fb", refused, RuleMulticast, ""},
		{TypeIP, "0.0.0.0", refused, RuleUnspecified, ""},
		{TypeIP, "0.1.2.3", refused, RuleUnspecified, ""},
		{TypeIP, "::", refused, RuleUnspecified, ""},
		{TypeIP, "255.255.255.255", refused, RuleBroadcast, ""},
		{TypeIP, "240.0.0.1", refused, RuleReserved, ""},
		{TypeIP, "198.18.0.1", refused, RuleReserved, ""},
		{TypeIP, "192.0.0.1", refused, RuleReserved, ""},
		{TypeIP, "2001:2::1", refused, RuleReserved, ""},
		{TypeIP, "4000::1", refused, RuleReserved, ""},
		{TypeIP, "::7f00:1", refused, RuleReserved, ""},
		{TypeIP, "8.8.8.8", refused, RuleResolver, ""},
		{TypeIP, "1.1.1.1", refused, RuleResolver, ""},
		{TypeIP, "9.9.9.9", refused, RuleResolver, ""},
		{TypeIP, "208.67.222.222", refused, RuleResolver, ""},
		{TypeIP, "2001:4860:4860:0:0:0:0:8888", refused, RuleResolver, "2001:4860:4860::8888"},
		{TypeIP, "198.41.0.4", refused, RuleRootServer, ""},

		// What carries a protected address is protected.
		{TypeIP, "::ffff:10.0.0.1", refused, RulePrivate, "10.0.0.1"},
		{TypeIP, "64:ff9b::808:808", refused, RuleResolver, ""},
		{TypeIP, "2002:a00:1::", refused, RulePrivate, ""},
		{TypeIP, "2002:cb00:7107::1", would, "", ""},
		{TypeIP, "2001:0:cb00:7107:0:0:f5ff:fffe", refused, RulePrivate, ""},

		// Protected in whatever way it is written.
		{TypeIP, "8.8[.]8.8", refused, RuleResolver, "8.8.8.8"},
		{TypeIP, " 10.0.0.1 ", refused, RulePrivate, "10.0.0.1"},
		{TypeIP, "[::1]", refused, RuleLoopback, "::1"},
		{TypeIP, "8.8.8.8:53", refused, RuleResolver, "8.8.8.8"},
		{TypeIP, "0x7f.1", refused, RuleLoopback, "127.0.0.1"},
		{TypeIP, "http://10.0.0.1/", refused, RulePrivate, ""},

		{TypeIP, "10.0.0.0/8", refused, RuleNetwork, "10.0.0.0/8"},
		{TypeIP, "203.0.113.0/24", refused, RuleNetwork, ""},
		{TypeIP, "8.8.8.0/24", refused, RuleNetwork, ""},
		{TypeIP, "0.0.0.0/0", refused, RuleNetwork, ""},
		{TypeIP, "::/0", refused, RuleNetwork, ""},
		{TypeIP, "::ffff:10.0.0.0/104", refused, RuleNetwork, "10.0.0.0/8"},
		{TypeIP, "10.0.0.1/32", refused, RulePrivate, ""},
		{TypeIP, "203.0.113.7/32", bad, "", ""},
		{TypeIP, "203.0.113.*", refused, RuleWildcard, ""},

		{TypeIP, "", bad, "", ""},
		{TypeIP, "-", bad, "", ""},
		{TypeIP, "203.0.113.7 ", bad, "", "203.0.113.7"},
		{TypeIP, "203.0.113.7:3389", bad, "", "203.0.113.7"},
		{TypeIP, "203[.]0.113.7", bad, "", "203.0.113.7"},
		{TypeIP, "203.0.113.7, 203.0.113.8", bad, "", ""},
		{TypeIP, "203.0.113.7-203.0.113.9", refused, RuleNetwork, "203.0.113.7-203.0.113.9"},
		{TypeIP, "8.8.8.0-255", refused, RuleNetwork, "8.8.8.0-8.8.8.255"},
		{TypeIP, "203.0.113.0/255.255.255.0", refused, RuleNetwork, "203.0.113.0/24"},
		{TypeIP, "203.0.113.0 / 0.0.0.255", refused, RuleNetwork, "203.0.113.0/24"},
		{TypeIP, "203.0.113.x", refused, RuleWildcard, ""},
		{TypeIP, "203.0.%", refused, RuleWildcard, ""},
		{TypeIP, "203.0.113.8, 10.0.0.1", refused, RulePrivate, "10.0.0.1"},
		{TypeIP, "fe80::1%eth0", refused, RuleLinkLocal, "fe80::1"},
		{TypeIP, "tcp/10.0.0.1:80", refused, RulePrivate, ""},
		{TypeIP, "08.8.8.8", refused, RuleResolver, "8.8.8.8"},
		{TypeIP, "2001:db8::5efe:10.0.0.1", refused, RulePrivate, ""},
		{TypeIP, "2001:db8::200:5efe:808:808", refused, RuleResolver, ""},
		{TypeIP, "2001:db8::5efe:203.0.113.7", would, "", ""},
		{TypeIP, "199.2.137.20", refused, RuleSinkhole, ""},
		{TypeIP, "146.112.61.106", refused, RuleSinkhole, ""},
		{TypeIP, "010.0.0.1", refused, RulePrivate, "10.0.0.1"},
		{TypeIP, "2001:db8::1%eth0", bad, "", ""},
		{TypeIP, "evil.example", bad, "", ""},
		{TypeIP, "203.0.113.7\x1b[2J", bad, "", ""},
		{TypeIP, "203.0.113.7\x00", bad, "", ""},
	})
}

func TestDomains(t *testing.T) {
	g := New().Protecting("api.xdr.trendmicro.com", "192.0.2.44")
	check(t, g, []judged{
		{TypeDomain, "malicious.example", would, "", ""},
		{TypeDomain, "MALICIOUS.Example.", would, "", "malicious.example"},
		{TypeDomain, "bücher.example", would, "", "xn--bcher-kva.example"},
		{TypeDomain, "a.b.evil.co.uk", would, "", ""},

		{TypeDomain, "co.uk", refused, RulePublicSuffix, ""},
		{TypeDomain, "CO.UK.", refused, RulePublicSuffix, "co.uk"},
		{TypeDomain, "com", refused, RulePublicSuffix, ""},
		{TypeDomain, "github.io", refused, RuleShared, ""},
		{TypeDomain, "sharepoint.com", refused, RuleShared, ""},
		{TypeDomain, "amazonaws.com", refused, RuleShared, ""},
		{TypeDomain, "s3.amazonaws.com", refused, RuleShared, ""},
		{TypeDomain, "blogspot.com", refused, RuleShared, ""},
		{TypeDomain, "bit.ly", refused, RuleShared, ""},
		{TypeDomain, "www.bit[.]ly", refused, RuleShared, ""},
		{TypeDomain, "t.co", refused, RuleShared, ""},
		{TypeDomain, "gmail.com", refused, RuleShared, ""},
		{TypeDomain, "dns.google", refused, RuleShared, ""},
		{TypeDomain, "evil.github.io", asks, RuleTenant, ""},
		{TypeDomain, "contoso.sharepoint.com", asks, RuleTenant, ""},
		{TypeDomain, "bucket.s3.amazonaws.com", asks, RuleTenant, ""},
		{TypeDomain, "evil.duckdns.org", asks, RuleTenant, ""},

		{TypeDomain, "trendmicro.com", refused, RuleVendor, ""},
		{TypeDomain, "xdr.trendmicro.com", refused, RuleVendor, ""},
		{TypeDomain, "API.XDR.trendmicro.com", refused, RuleVendor, ""},
		{TypeIP, "192.0.2.44", refused, RuleVendor, ""},
		{TypeMailbox, "alerts@trendmicro.com", refused, RuleVendor, ""},

		{TypeDomain, "localhost", refused, RuleSpecialName, ""},
		{TypeDomain, "fileserver", refused, RuleSpecialName, ""},
		{TypeDomain, "printer.local", refused, RuleSpecialName, ""},
		{TypeDomain, "db.internal", refused, RuleSpecialName, ""},
		{TypeDomain, "1.0.0.10.in-addr.arpa", refused, RuleSpecialName, ""},
		{TypeDomain, "*.evil.example", refused, RuleWildcard, ""},
		{TypeDomain, "*", refused, RuleWildcard, ""},
		{TypeDomain, "10.0.0.1", refused, RulePrivate, ""},
		{TypeDomain, "127.1", refused, RuleLoopback, ""},
		{TypeDomain, "010.0.0.1", refused, RulePrivate, ""},
		{TypeDomain, "08.8.8.8", refused, RuleResolver, ""},
		{TypeDomain, "１０.0.0.1", refused, RulePrivate, ""},

		{TypeDomain, "203.0.113.7", bad, "", ""},
		{TypeDomain, "evil.example:8080", bad, "", "evil.example"},
		{TypeDomain, "http://evil.example/x", bad, "", "evil.example"},
		{TypeDomain, "evil[.]example", bad, "", "evil.example"},
		{TypeDomain, "evil.example/path", bad, "", ""},
		{TypeDomain, "a@evil.example", bad, "", ""},
		{TypeDomain, "evil..example", bad, "", ""},
		{TypeDomain, "evil.example\n", bad, "", ""},
		{TypeDomain, strings.Repeat("a", 64) + ".example", bad, "", ""},
		{TypeDomain, strings.Repeat("a.", 3000) + "example", bad, "", ""},
	})
}

func TestURLs(t *testing.T) {
	g := New().Protecting("api.xdr.trendmicro.com")
	check(t, g, []judged{
		{TypeURL, "http://evil.example/a?b=c#d", would, "", "http://evil.example/a?b=c"},
		{TypeURL, "HTTPS://User:pw@Evil.Example:443/A", would, "", "https://User:pw@evil.example/A"},
		{TypeURL, "https://evil.example", would, "", "https://evil.example/"},
		{TypeURL, "http://203.0.113.7/x", would, "", ""},
		{TypeURL, "http://[2001:db8::1]:8080/x", would, "", "http://[2001:db8::1]:8080/x"},
		{TypeURL, "https://github.com/evil/repo", would, "", ""},
		{TypeURL, "https://bit.ly/abc", would, "", ""},
		{TypeURL, "https://evil.github.io/login", would, "", ""},

		{TypeURL, "http://10.0.0.1/x", refused, RulePrivate, ""},
		{TypeURL, "http://0x0a000001/x", refused, RulePrivate, ""},
		{TypeURL, "http://[::ffff:10.0.0.1]/x", refused, RulePrivate, ""},
		{TypeURL, "https://evil.example@localhost/x", refused, RuleSpecialName, ""},
		{TypeURL, "http:\\\\localhost\\x", refused, RuleSpecialName, ""},
		{TypeURL, "hxxps://8[.]8[.]8[.]8/", refused, RuleResolver, ""},
		{TypeURL, "https://github.com", refused, RuleShared, ""},
		{TypeURL, "https://github.com/", refused, RuleShared, ""},
		{TypeURL, "https://github.com/./#x", refused, RuleShared, ""},
		{TypeURL, "https://bit.ly/?", refused, RuleShared, ""},
		{TypeURL, "https://co.uk/x", refused, RulePublicSuffix, ""},
		{TypeURL, "https://api.xdr.trendmicro.com/v2.0", refused, RuleVendor, ""},
		{TypeURL, "https://*.evil.example/x", refused, RuleWildcard, ""},
		{TypeURL, "https://evil.example/*", refused, RuleWildcard, ""},
		{TypeURL, "https://evil.example/a*b", asks, RuleWildcard, ""},
		{TypeURL, "https://evil.github.io/", asks, RuleTenant, ""},

		// Others than browsers may see another host.
		{TypeURL, "http://010.0.0.5/x", refused, RulePrivate, ""},
		{TypeURL, "http://0000010.0.0.1:80/", refused, RulePrivate, ""},
		{TypeURL, "http://08.8.8.8/x", refused, RuleResolver, ""},
		{TypeURL, "http://0113.0.0161.7/x", asks, RuleAmbiguous, "http://75.0.113.7/x"},
		{TypeURL, "http://0xcb.0.113.7/x", would, "", "http://203.0.113.7/x"},
		{TypeURL, "http://evil.example\\@localhost/x", refused, RuleSpecialName, ""},
		{TypeURL, "http://a@localhost@evil.example/x", refused, RuleSpecialName, ""},
		{TypeURL, "http://a@b.example@evil.example/x", asks, RuleAmbiguous, ""},
		{TypeURL, "http://github.com@evil.example/x", would, "", ""},
		{TypeURL, "http://evil.example/@localhost", would, "", ""},

		{TypeURL, "evil.example/path", bad, "", ""},
		{TypeURL, "github.com/evil/repo", bad, "", ""},
		{TypeURL, "hxxp://evil.example/x", bad, "", ""},
		{TypeURL, "javascript:alert(1)", bad, "", ""},
		{TypeURL, "gopher://evil.example/x", bad, "", ""},
		{TypeURL, "http:///x", refused, RuleSpecialName, ""},
		{TypeURL, "https://", bad, "", ""},
		{TypeURL, "http://evil.example/a b", bad, "", ""},
		{TypeURL, "http://evil.example/a\nb", bad, "", ""},
		{TypeURL, "http://evil.example/" + strings.Repeat("a", 5000), bad, "", ""},
	})
}

func TestMailboxes(t *testing.T) {
	check(t, New(), []judged{
		{TypeMailbox, "Billing@Evil.Example", would, "", "Billing@evil.example"},
		{TypeMailbox, "evil.person+x@gmail.com", would, "", ""},

		{TypeMailbox, "<>", refused, RuleNullSender, ""},
		{TypeMailbox, "< >", refused, RuleNullSender, ""},
		{TypeMailbox, "mailto:postmaster@evil.example?subject=x", refused, RuleRole, ""},
		{TypeMailbox, "a@[10.0.0.1]", refused, RulePrivate, ""},
		{TypeMailbox, "a@[IPv6:::1]", refused, RuleLoopback, ""},
		{TypeMailbox, "a@[203.0.113.7]", bad, "", ""},
		{TypeMailbox, "MAILER-DAEMON <>", refused, RuleNullSender, ""},
		{TypeMailbox, "postmaster@evil.example", refused, RuleRole, ""},
		{TypeMailbox, "Abuse@evil.example", refused, RuleRole, ""},
		{TypeMailbox, "Report <abuse@evil.example>", refused, RuleRole, ""},
		{TypeMailbox, "*@gmail.com", refused, RuleWildcard, ""},
		{TypeMailbox, "*", refused, RuleWildcard, ""},
		{TypeMailbox, "gmail.com", refused, RuleFreeMail, ""},
		{TypeMailbox, "@Outlook.com", refused, RuleFreeMail, ""},
		{TypeMailbox, "root@localhost", refused, RuleSpecialName, ""},
		{TypeMailbox, "scan@printer.local", refused, RuleSpecialName, ""},

		{TypeMailbox, "Billing <billing@evil.example>", bad, "", "billing@evil.example"},
		{TypeMailbox, "<billing@evil.example>", bad, "", ""},
		{TypeMailbox, "billing[@]evil.example", bad, "", "billing@evil.example"},
		{TypeMailbox, "a@evil.example, b@evil.example", bad, "", ""},
		{TypeMailbox, "evil.example", bad, "", ""},
		{TypeMailbox, "nobody", refused, RuleSpecialName, ""},
		{TypeMailbox, "a@evil.example\r\nBcc: x@y.example", bad, "", ""},
	})
}

func TestHashes(t *testing.T) {
	const (
		sha1   = "3395856ce81f2b7382dee72602f798b642f14140"
		md5    = "44d88612fea8a8f36de82e1278abb02f"
		sha256 = "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f"
	)
	check(t, New(), []judged{
		{TypeFileSHA1, sha1, would, "", sha1},
		{TypeFileSHA1, strings.ToUpper(sha1), would, "", sha1},
		{TypeFileSHA256, sha256, would, "", ""},
		{TypeFileMD5, md5, would, "", ""},

		{TypeFileSHA1, "da39a3ee5e6b4b0d3255bfef95601890afd80709", refused, RuleEmptyFile, ""},
		{TypeFileSHA1, "SHA1=DA39A3EE5E6B4B0D3255BFEF95601890AFD80709", refused, RuleEmptyFile, ""},
		{TypeFileSHA1, "d41d8cd98f00b204e9800998ecf8427e", refused, RuleEmptyFile, ""},
		{TypeFileSHA256, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", refused, RuleEmptyFile, ""},
		{TypeFileMD5, "d41d8cd98f00b204e9800998ecf8427e", refused, RuleEmptyFile, ""},

		{TypeFileSHA1, "SHA1=" + sha1, bad, "", sha1},
		{TypeFileSHA1, "SHA1=" + sha1 + ",MD5=" + md5, bad, "", sha1},
		{TypeFileSHA1, "MD5=" + md5, bad, "", ""},
		{TypeFileSHA1, md5, bad, "", ""},
		{TypeFileSHA1, sha256, bad, "", ""},
		{TypeFileSHA1, sha1[:39], bad, "", ""},
		{TypeFileSHA1, sha1 + " ", bad, "", ""},
		{TypeFileSHA1, strings.Repeat("0", 40), bad, "", ""},
		{TypeFileSHA1, strings.Repeat("é", 20), bad, "", ""},
		{"password", "x", bad, "", ""},
	})
	if r := New().Judge(TypeFileSHA1, "SHA1="+sha1).Reason; !strings.Contains(r, "find_sha1") {
		t.Errorf("the reason %q does not say how to take the hash out", r)
	}
}

func TestNoTargetIsApproved(t *testing.T) {
	j := New().Judge(TypeNone, "")
	if j.Verdict != would || !j.Approved.Covers(TypeNone, "") || j.Approved.Covers(TypeIP, "") {
		t.Errorf("a request without a target: %+v", j)
	}
	if (Approved{}).Covers("", "") || (Approved{}).Covers(TypeNone, "") {
		t.Error("an approval that nobody gave covers something")
	}
}

// FuzzJudge holds for every text: no panic, a printable reason, an approval
// exactly where it would be sent, and the same answer for the canonical form
// wherever a protected target is concerned.
func FuzzJudge(f *testing.F) {
	for _, seed := range []string{
		"203.0.113.7", "10.0.0.0/8", "http://[::1]/x", "hxxp://evil[.]example/", "Name <a@b.example>", "*@gmail.com",
		"SHA1=da39a3ee5e6b4b0d3255bfef95601890afd80709", "\x1b[2J\xff", "a..b", "xn--a", "[::ffff:1.2.3.4]", "https://a@b:99999/",
	} {
		f.Add(seed)
	}
	g := New().Protecting("api.xdr.trendmicro.com")
	for i, value := range []string{"198.51.100.0/24", "corp.example", "ceo@elsewhere.example", "*://files.example/ours/*", "vpn*.partner.example", "board-*@partner.example"} {
		var e entry
		if !e.read(value) {
			f.Fatalf("%q is read as nothing", value)
		}
		if e.list, e.reason = "never", "ours"; i%2 == 1 {
			g.ask = append(g.ask, e)
			continue
		}
		g.never = append(g.never, e)
	}
	f.Fuzz(func(t *testing.T, target string) {
		for _, kind := range append([]string{"other"}, Types...) {
			j := g.Judge(kind, target)
			if strings.ContainsFunc(j.Reason, unprintable) {
				t.Errorf("%s %q: the reason %q is not printable", kind, target, j.Reason)
			}
			if (j.Verdict == would) != j.Approved.Covers(kind, target) {
				t.Errorf("%s %q: verdict %s and approval %v", kind, target, j.Verdict, j.Approved)
			}
			if j.Verdict != would || j.Canonical == "" {
				continue
			}
			if again := g.Judge(kind, j.Canonical); again.Verdict != would || again.Canonical != j.Canonical {
				t.Errorf("%s %q: its canonical form %q is %s (%s), canonical %q", kind, target, j.Canonical, again.Verdict, again.Reason, again.Canonical)
			}
		}
	})
}
