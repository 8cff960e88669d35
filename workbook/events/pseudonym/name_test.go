package pseudonym

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tabletop/workbook/indicator"
)

func TestKeys(t *testing.T) {
	for text, ok := range map[string]bool{
		testKey:        true,
		testKey + "\n": true,
		"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=": true,
		"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8":  true,
		testKey[:62]: false, "": false, "a key in words, long enough for 32 bytes": false,
		strings.Repeat("00", 3000): false,
	} {
		if _, err := ParseKey(text); (err == nil) != ok {
			t.Errorf("%.20q: %v", text, err)
		}
	}
	text, err := NewKey(strings.NewReader(strings.Repeat("x", 32)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ParseKey(text); err != nil {
		t.Error(err)
	}
	if _, err := NewKey(strings.NewReader("short")); err == nil {
		t.Error("a key of 5 bytes")
	}
}

var labels = rapid.StringMatching(`[a-zA-Z0-9]([a-zA-Z0-9_-]{0,6}[a-zA-Z0-9])?`)

// drawHost draws a host under some suffix, inner, private and unlisted ones too.
func drawHost(t *rapid.T, name string) string {
	suffix := rapid.SampledFrom([]string{"com", "co.uk", "github.io", "local", "example", "acme", "kawasaki.jp", "city.kawasaki.jp", "ck", "www.ck", "com.", "sharepoint.com"}).Draw(t, name+" suffix")
	return strings.Join(append(rapid.SliceOfN(labels, 0, 4).Draw(t, name), suffix), ".")
}

var shared = Known{Domains: []string{"sharepoint.com", "github.com", "gist.github.com"}, Inner: []string{"local"}}

// TestRegistrableDomainsCommute: the registrable domain of a pseudonym is the
// pseudonym of the registrable domain.
func TestRegistrableDomainsCommute(t *testing.T) {
	p := forTest(t, shared, nil)
	rapid.Check(t, func(t *rapid.T) {
		host := drawHost(t, "host")
		canonical, ok := indicator.Host(host)
		if !ok {
			return
		}
		other, ok := indicator.Host(p.hostName(host))
		if !ok {
			t.Fatalf("%s becomes %s, which is no host", host, p.hostName(host))
		}
		if want := p.hostName(canonical); other != want {
			t.Fatalf("%s is canonically %s, which becomes %s; as written it becomes %s", host, canonical, want, other)
		}
		domain, has := indicator.Domain(host)
		got, hasStill := indicator.Domain(p.hostName(host))
		if has != hasStill || has && got != p.hostName(domain) {
			t.Fatalf("the domain of %s is %q, which becomes %q; that of %s is %q", host, domain, p.hostName(domain), p.hostName(host), got)
		}
		if indicator.PublicSuffix(host) != indicator.PublicSuffix(p.hostName(host)) {
			t.Fatalf("%s becomes %s: one of them is a public suffix", host, p.hostName(host))
		}
	})
}

// TestNamesStayApart: equal names stay equal, different ones different, and
// spellings of one name stay spellings of one.
func TestNamesStayApart(t *testing.T) {
	p := forTest(t, shared, nil)
	from := map[string]string{}
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.OneOf(labels, rapid.StringMatching(`(anna|ANNA|Anna|aNNa|anNa) ?(lund|Lund|LUND)?`), rapid.String()).Draw(t, "name")
		kind := rapid.SampledFrom([]Kind{User, Host}).Draw(t, "kind")
		inner := strings.TrimSpace(name)
		if inner == "" || inner != name || strings.ContainsAny(name, `\@$.,/:;`) || placeholders[strings.ToLower(name)] {
			return
		}
		out := p.Value(kind, name)
		if out != p.Value(kind, name) {
			t.Fatal("not the same twice")
		}
		key := string(kind) + " " + out
		if other, taken := from[key]; taken && other != name {
			t.Fatalf("%q and %q both become %q", name, other, out)
		}
		from[key] = name
		if strings.ToLower(name) != name && p.Value(kind, strings.ToLower(name)) != strings.ToLower(out) && strings.Trim(strings.ToLower(name), "abcdefghijklmnopqrstuvwxyz0123456789 ") == "" {
			t.Fatalf("%q becomes %q, in lower case it becomes %q", name, out, p.Value(kind, strings.ToLower(name)))
		}
	})
}

// TestTheOrderDoesNotCount meets the spellings of one name in either order.
func TestTheOrderDoesNotCount(t *testing.T) {
	spellings := []string{"anna lund", "Anna Lund", "Anna lund", "ANNA LUND", "aNNA lUND", "anna Lund", "WS-1a", "ws-1A", "Ws-1a"}
	p, q := forTest(t, Known{}, nil), forTest(t, Known{}, nil)
	for _, kind := range []Kind{User, Host} {
		for i := range spellings {
			q.Value(kind, spellings[len(spellings)-1-i])
		}
		for _, s := range spellings {
			if p.Value(kind, s) != q.Value(kind, s) {
				t.Errorf("%s becomes %s or %s", s, p.Value(kind, s), q.Value(kind, s))
			}
		}
	}
}

// TestShortNamesAreExtended makes the short form run out.
func TestShortNamesAreExtended(t *testing.T) {
	p := forTest(t, Known{}, nil)
	short := p.names.body("user", "anna", bodyLength)
	q := forTest(t, Known{}, nil)
	q.names.issued["user:"+short] = 1
	long := q.names.body("user", "anna", bodyLength)
	if long != q.names.body("user", "anna", bodyLength) || len(long) <= len(short) || !strings.HasPrefix(long, short) || q.names.extended == 0 {
		t.Errorf("%q became %q", short, long)
	}
}

func TestValues(t *testing.T) {
	p := forTest(t, shared, map[string]Kind{"badge": User})
	for _, c := range []struct {
		kind     Kind
		in, want string // want is a pattern
	}{
		{User, "lena.brook", `user-\w{8}`},
		{User, "LENA.BROOK", `USER-[A-Z0-9]{8}`},
		{User, `CORP\lena`, `HOST-[A-Z0-9]{8}\\user-\w{8}`},
		{User, `NT AUTHORITY\SYSTEM`, `NT AUTHORITY\\SYSTEM`},
		{User, "SYSTEM", "SYSTEM"},
		{User, "root", "root"},
		{User, "1000", "1000"},
		{User, "-", "-"},
		{User, "WS-022$", `HOST-[A-Z0-9]{8}\$`},
		{User, "S-1-5-18", `S-1-5-18`},
		{User, "S-1-5-21-1-2-3-500", `S-1-5-21-\d+-\d+-\d+-500`},
		{User, "lena@example.com", `user-\w{8}@d-\w{8}\.com`},
		{Host, "www.example.co.uk", `www\.d-\w{8}\.co\.uk`},
		{Host, "tenant.sharepoint.com", `host-\w{8}\.sharepoint\.com`},
		{Host, "gist.github.com", `gist\.github\.com`},
		{Host, "a.example.com.:8443", `host-\w{8}\.d-\w{8}\.com\.:8443`},
		{Host, "_ldap._tcp.corp.local", `_ldap\._tcp\.d-\w{8}\.local`},
		{Host, "*.example.com", `\*\.d-\w{8}\.com`},
		{Host, "Lena's laptop", `(?i)host-\w{8}`},
		{Host, "server.acme", `d-\w{8}\.top-\w{8}`},
		{Mail, "Lena Brook <lena@example.com>", `User-\w{8} <user-\w{8}@d-\w{8}\.com>`},
		{Mail, `"support@bank.example" <x@evil.test>`, `"user-\w{8}@d-\w{8}\.example" <user-\w{8}@d-\w{8}\.test>`},
		{Mail, "a@example.com, b@example.com", `user-\w{8}@d-\w{8}\.com, user-\w{8}@d-\w{8}\.com`},
		{Mail, "postmaster@example.com", `postmaster@d-\w{8}\.com`},
		{Mail, "lena+news@gmail.com", `user-\w{8}\+user-\w{8}@d-\w{8}\.com`},
		{Mail, "<>", "<>"},
		{Text, "http://lena:pw@a.example.com:8080/x/report.pdf?user=lena&n=1#top", `http://user-\w{8}:user-\w{8}@host-\w{8}\.d-\w{8}\.com:8080/\w{8}/\w{8}\.pdf\?\w{8}=\w{8}&\w{8}=\w{8}#\w{8}`},
		{Text, "hxxps://evil[.]example[.]com/a", `hxxps://host-\w{8}\[\.\]d-\w{8}\[\.\]com/\w{8}`},
		{Text, "see http://a.example.com/x.", `see http://host-\w{8}\.d-\w{8}\.com/\w{8}\.`},
		{Text, "session for invalid user lena from 203.0.113.9 port 22", `session for invalid user user-\w{8} from 203\.0\.113\.\d+ port 22`},
		{Text, "user=lena pid=12", `user=user-\w{8} pid=12`},
		{Text, "Account Name:\t\tlena", "Account Name:\t\tuser-\\w{8}"},
		{Text, `C:\Users\lena\x.exe`, `C:\\Users\\user-\w{8}\\x\.exe`},
		{Text, "/home/lena/.ssh", `/home/user-\w{8}/\.ssh`},
		{Text, "12:30:45 nothing here, setup.zip and svchost.exe", `12:30:45 nothing here, setup\.zip and svchost\.exe`},
		{Text, "SHA1=3395856CE81F2B7382DEE72602F798B642F14140", "SHA1=3395856CE81F2B7382DEE72602F798B642F14140"},
		{Text, "PACKET_BLOCKED", "PACKET_BLOCKED"},
		{Text, "from addr:2001:db8::1/64 now", `from addr:2001:db8:[0-9a-f:]+/64 now`},
		{Text, "['131.107.147.209']", `\['\d+\.\d+\.\d+\.\d+'\]`},
		{URL, "/index.html?x=y", `/\w{8}\.html\?\w{8}=\w{8}`},
		{URL, "GET /a HTTP/1.1", `GET /\w{8} HTTP/1\.1`},
		{URL, "evil.example.com/path", `host-\w{8}\.d-\w{8}\.com/\w{8}`},
		{Keep, "lena@example.com", "lena@example.com"},
	} {
		if got := p.Value(c.kind, c.in); !regexp.MustCompile(`^(?s:` + c.want + `)$`).MatchString(got) {
			t.Errorf("%s %q becomes %q, want %s", c.kind, c.in, got, c.want)
		}
	}
	if p.Kind("$Badge") != User || p.Kind("winlog.event_data.TargetUserName") != User || p.Kind("anything") != Text {
		t.Error("kinds of columns")
	}
}
