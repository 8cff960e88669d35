package pseudonym

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tabletop/workbook/events"
)

func rewritten(t testing.TB, p *Pseudonymiser, format, text string) string {
	t.Helper()
	var out bytes.Buffer
	if err := p.Rewrite(context.Background(), format, nil, bufio.NewReaderSize(strings.NewReader(text), 64<<10), &out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestFormatsAgree writes one event in every format: each name becomes the same.
func TestFormatsAgree(t *testing.T) {
	p := forTest(t, shared, nil)
	names := []string{
		p.Value(User, "lena.brook"), p.Value(Host, "ws-022.corp.example.com"), p.Value(IP, "10.20.6.23"), p.Value(IP, "2001:db8::5"),
		p.Value(Mail, "tobias@example.com"), p.Value(URL, "http://free.example.net/tool.exe?a=b"),
	}
	for format, text := range map[string]string{
		"ndjson":   `{"user":"lena.brook","n":1.50,"Host":"ws-022.corp.example.com","ip":["10.20.6.23","2001:db8::5"],"mail":{"to":"tobias@example.com"},"url":"http:\/\/free.example.net\/tool.exe?a=b"}`,
		"json":     `[ {"user":"lena.brook", "host":"ws-022.corp.example.com","x":"10.20.6.23","y":"2001:db8::5","z":"tobias@example.com","u":"http://free.example.net/tool.exe?a=b"} ]`,
		"dnif":     `{"fields_list":["$User"],"result":[{"$User":"lena.brook","$System":"ws-022.corp.example.com","x":"10.20.6.23 2001:db8::5","$Sender":"tobias@example.com","$URL":"http://free.example.net/tool.exe?a=b"}]}`,
		"csv":      "user,host,src,dst,mail,url\nlena.brook,\"ws-022.corp.example.com\",10.20.6.23,2001:db8::5,tobias@example.com,http://free.example.net/tool.exe?a=b\n",
		"zeek":     "#separator \\x09\n#fields\tuser\thost\tid.orig_h\tid.resp_h\tmailfrom\turl\n#types\tstring\tstring\taddr\taddr\tstring\tstring\nlena.brook\tws-022.corp.example.com\t10.20.6.23\t2001:db8::5\ttobias@example.com\thttp://free.example.net/tool.exe?a=b\n",
		"cef":      `CEF:0|a|b|1|2|n|3|suser=lena.brook shost=ws-022.corp.example.com src=10.20.6.23 dst=2001:db8::5 from=tobias@example.com request=http://free.example.net/tool.exe?a\=b`,
		"leef":     "LEEF:1.0|a|b|1|2|usrName=lena.brook\tdvchost=ws-022.corp.example.com\tsrc=10.20.6.23\tdst=2001:db8::5\tsender=tobias@example.com\turl=http://free.example.net/tool.exe?a=b",
		"keyvalue": `user="lena.brook" host=ws-022.corp.example.com src=10.20.6.23 dst=2001:db8::5 sender=tobias@example.com url="http://free.example.net/tool.exe?a=b"`,
		"syslog":   "<34>Jan  2 03:04:05 ws-022.corp.example.com sshd[12]: Failed password for lena.brook from 10.20.6.23 port 22 via 2001:db8::5, mail to <tobias@example.com> of http://free.example.net/tool.exe?a=b",
	} {
		got := rewritten(t, p, format, text)
		plain := strings.NewReplacer(`\/`, "/", `\=`, "=").Replace(got)
		for _, name := range names {
			if !strings.Contains(plain, name) {
				t.Errorf("%s: no %s in\n%s", format, name, got)
			}
		}
		for _, old := range []string{"lena", "ws-022", "10.20.6.23", "tobias", "tool"} {
			if strings.Contains(got, old) {
				t.Errorf("%s: %s is still in\n%s", format, old, got)
			}
		}
		if strings.Count(got, "\n") != strings.Count(text, "\n") {
			t.Errorf("%s: other lines\n%s", format, got)
		}
	}
	if p.Count.Undecodable != 0 {
		t.Errorf("%d undecodable", p.Count.Undecodable)
	}
}

// TestWhatStays copies what names no one byte for byte.
func TestWhatStays(t *testing.T) {
	p := forTest(t, Known{}, nil)
	for format, text := range map[string]string{
		"ndjson": "\ufeff{ \"a\" : 1.50e3, \"b\":\"\\u00e9\\/x\",\t\"c\":[true,null,{}] }\r\n\n{\"b\":\"\xff\"}\n",
		"json":   "[\n  {\"a\": \"b\"} ,\n  {\"a\": \"\\ud83d\\ude00\"}\n]\n",
		"csv":    "a;b;c\r\n1;\"x \"\"y\"\" \n z\";\n;;\n",
		"zeek":   "#fields\ta\tb\n-\t(empty)\n#close\t2026\n",
		"lines":  "SHA1 of nothing\n\n  x  \nlast",
	} {
		if got := rewritten(t, p, format, text); got != text {
			t.Errorf("%s:\n%q, want\n%q", format, got, text)
		}
	}
}

// TestBrokenLinesAreKept counts what is no event, and replaces indicators in it.
func TestBrokenLinesAreKept(t *testing.T) {
	for format, c := range map[string]struct {
		text        string
		undecodable int64
	}{
		"ndjson":   {"{\"user\":\"x\"}\n{\"a\":\"10.9.8.7\n[1]\nplain 10.9.8.7\n", 3},
		"csv":      {"a,b\n1,10.9.8.7,3\n\"open,10.9.8.7\nx\"y,10.9.8.7\n", 3},
		"zeek":     {"#fields\ta\tb\n10.9.8.7\n", 1},
		"cef":      {"no header 10.9.8.7\n", 1},
		"json":     {"[{\"a\":\"10.9.8.7\"},\n{\"b\":\"10.9.8.7", 1},
		"keyvalue": {"a=\"open 10.9.8.7\n", 1},
	} {
		p := forTest(t, Known{}, nil)
		got := rewritten(t, p, format, c.text)
		if strings.Contains(got, "10.9.8.7") || strings.Count(got, "\n") != strings.Count(c.text, "\n") {
			t.Errorf("%s:\n%s", format, got)
		}
		if p.Count.Undecodable != c.undecodable {
			t.Errorf("%s: %d undecodable, want %d", format, p.Count.Undecodable, c.undecodable)
		}
	}
}

func TestLongLines(t *testing.T) {
	p := forTest(t, Known{}, nil)
	text := strings.Repeat("10.9.8.7 and more\t", 2_000_000) + "\n10.9.8.7\n"
	got := rewritten(t, p, "ndjson", text)
	if strings.Contains(got, "10.9.8.7") || strings.Count(got, "\n") != 2 || strings.Count(got, " and more\t") != 2_000_000 {
		t.Error("a long line came out otherwise")
	}
	if p.Count.Lines > 10 || p.Count.Undecodable != p.Count.Lines {
		t.Errorf("%+v", p.Count)
	}
}

func TestMailIsRefused(t *testing.T) {
	p := forTest(t, Known{}, nil)
	for _, format := range []string{"mail", "mbox"} {
		if err := p.Rewrite(context.Background(), format, nil, bufio.NewReader(strings.NewReader("")), &bytes.Buffer{}); !errors.Is(err, ErrMail) {
			t.Error(err)
		}
	}
}

// FuzzRewrite: whatever comes, nothing breaks, lines stay lines, JSON stays JSON,
// and the same goes in as comes out twice.
func FuzzRewrite(f *testing.F) {
	for _, seed := range []string{
		`{"user":"lena","url":"http://a.example.com/x?y=z","ip":"10.0.0.5"}`, "a,b\n\"x\",10.0.0.5\n", "#fields\ta\n10.0.0.5\n",
		"<34>Jan  2 03:04:05 h sshd[1]: for x from 1.2.3.4", `CEF:0|a|b|1|2|n|3|suser=a\=b src=1.2.3.4`, `\\srv\c$\Users\x`, "[::1]:443 fe80::1%eth0 ::ffff:1.2.3.4/99",
		"\x80@", "\u212aC:\\Users\\x", "\xffS-1-5-21-1-2-3-4", "a@ ::1", // letters that change their length in lower case
		"hxxp[://]a[.]example[.]com/%zz", "a@b.com<c@d.com>,;e@f", `{"a":"` + "\xff" + `\ud800"}`, "5.0.0.10.in-addr.arpa 1.ip6.arpa 0x7f.1 010.0.0.1",
		"{\"a\":\"b\nc a@b.com\"}",
	} {
		f.Add(seed)
	}
	formats := []string{"ndjson", "json", "dnif", "csv", "zeek", "cef", "leef", "keyvalue", "syslog", "lines"}
	f.Fuzz(func(t *testing.T, text string) {
		for _, format := range formats {
			p := forTest(t, shared, nil)
			got := rewritten(t, p, format, text)
			// A line break that stands bare in a text is no JSON, and is written as
			// \n where another part of the text is rewritten.
			bare := (format == "json" || format == "dnif") && !json.Valid([]byte(text))
			if !bare && strings.Count(got, "\n") != strings.Count(text, "\n") {
				t.Errorf("%s: %q becomes %q", format, text, got)
			}
			if (format == "json" || format == "ndjson") && json.Valid([]byte(text)) && !json.Valid([]byte(got)) {
				t.Errorf("%s: %q becomes %q", format, text, got)
			}
			if again := rewritten(t, forTest(t, shared, nil), format, text); again != got {
				t.Errorf("%s: %q becomes %q and %q", format, text, got, again)
			}
		}
		p := forTest(t, shared, nil)
		for _, kind := range Kinds {
			p.Value(Kind(kind), text)
		}
	})
}

// TestColumnsThatNoEventHasAreTold gives a kind to a column with a slip in its
// name: its values would stay.
func TestColumnsThatNoEventHasAreTold(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "e.ndjson")
	if err := os.WriteFile(path, []byte(`{"$Nickname":"mallory","a.b":"x"}`+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"Nickname": "", "$nick_name": "", "b": "", "Nickame": "no event has the column Nickame: did you mean $Nickname?"} {
		set, err := events.Open(path, events.Options{Untimed: true})
		if err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(folder, "to-"+name)
		_, err = forTest(t, Known{}, map[string]Kind{name: User}).Folder(t.Context(), set, path, to)
		if got := fmt.Sprint(err); want == "" && err != nil || want != "" && !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
		if _, err := os.Stat(to); want != "" && err == nil {
			t.Error("something was written")
		}
	}
}
