package events

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tabletop/workbook"
)

// An opener opens a reader of one format.
type opener func(b *bufio.Reader) (reader, error)

// eventsOf reads all events of a text as maps of texts; one that is none stands
// as its problem under "!".
func eventsOf(t testing.TB, open opener, text string) []map[string]string {
	t.Helper()
	in, err := open(bufio.NewReaderSize(strings.NewReader(text), 4096))
	if err != nil {
		t.Fatal(err)
	}
	var out []map[string]string
	var r record
	for {
		if err := in.next(&r); err != nil {
			if !errors.Is(err, io.EOF) {
				t.Fatal(err)
			}
			return out
		}
		if r.line < 1 || r.offset < 0 || r.offset >= int64(len(text)) {
			t.Errorf("the event stands at offset %d, line %d of %d bytes", r.offset, r.line, len(text))
		}
		if r.problem != "" && len(r.keys) > 0 {
			t.Errorf("a problem (%s) and fields", r.problem)
		}
		if len(r.keys) > maxFields {
			t.Errorf("%d fields", len(r.keys))
		}
		fields := map[string]string{}
		for i, key := range r.keys {
			fields[key] = workbook.Text(r.values[i].value())
		}
		if r.problem != "" {
			fields["!"] = r.problem
		}
		out = append(out, fields)
	}
}

// A lineCase is one line and the fields that it holds.
type lineCase struct {
	name, line string
	want       map[string]string
}

func checkLines(t *testing.T, open opener, tests []lineCase) {
	t.Helper()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := eventsOf(t, open, test.line+"\n")
			if diff := cmp.Diff([]map[string]string{test.want}, got); diff != "" {
				t.Errorf("%s\n(-want +got)\n%s", test.line, diff)
			}
		})
	}
}

func TestCEF(t *testing.T) {
	header := map[string]string{"DeviceVendor": "Acme", "DeviceProduct": "Wall", "DeviceVersion": "1.0", "SignatureID": "100", "Name": "seen", "Severity": "7"}
	const start = "CEF:0|Acme|Wall|1.0|100|seen|7|"
	checkLines(t, openCEF, []lineCase{
		{"bare", start + "src=192.0.2.1 dst=192.0.2.2", with(header, "src", "192.0.2.1", "dst", "192.0.2.2")},
		{"nothing behind the header", start, header},
		{"version 1 and a blank", strings.Replace(start, "CEF:0", "CEF: 1", 1) + "a=b", with(header, "a", "b")},
		{"values with blanks", start + "msg=a  b c act=stop it", with(header, "msg", "a  b c", "act", "stop it")},
		{"escapes", start + `msg=a\=b\\c\nd\re\|f act=C:\Users`, with(header, "msg", "a=b\\c\nd\re|f", "act", `C:\Users`)},
		{"an escaped = is no key", start + `msg=x src\=192.0.2.9 act=y`, with(header, "msg", "x src=192.0.2.9", "act", "y")},
		{"escapes in the header", `CEF:0|Ac\|me|W\\all|1.0|100|se\=en|7|`, with(header, "DeviceVendor", "Ac|me", "DeviceProduct", `W\all`, "Name", "se=en")},
		{"a bar in a value", start + "msg=a|b", with(header, "msg", "a|b")},
		{"an address with = in it", start + "request=http://x.example/?a=b&c=d act=ok", with(header, "request", "http://x.example/?a=b&c=d", "act", "ok")},
		{"a value that begins with =", start + "a==b c=d=e=f", with(header, "a", "=b", "c", "d=e=f")},
		{"an empty value", start + "a= b=c", with(header, "a", "", "b", "c")},
		{"text before the first key", start + "hello there a=b", with(header, "extension", "hello there", "a", "b")},
		{"labels", start + "cs1Label=Rule Name cs1=allow all", with(header, "cs1Label", "Rule Name", "cs1", "allow all", "Rule Name", "allow all")},
		{"a label before its value", start + "cn1=5 cn1Label=Count", with(header, "cn1", "5", "cn1Label", "Count", "Count", "5")},
		{"a label without a value", start + "cs1Label=x", with(header, "cs1Label", "x")},
		{"a label that would pass for a key", start + "src=192.0.2.1 cs1Label=SRC cs1=192.0.2.2", with(header, "src", "192.0.2.1", "cs1Label", "SRC", "cs1", "192.0.2.2")},
		{"a label that would pass for the header", start + "cs1Label=severity cs1=1", with(header, "cs1Label", "severity", "cs1", "1", "extension.severity", "1")},
		{"a key that would pass for the header", start + "severity=0 $Name=x", with(header, "extension.severity", "0", "extension.$Name", "x")},
		{
			"behind syslog", "<134>Mar  7 13:06:56 fw1 " + start + "a=b",
			with(header, "syslog_timestamp", "Mar  7 13:06:56", "syslog_host", "fw1", "a", "b"),
		},
		{
			"behind syslog of RFC 5424", "<134>1 2026-01-02T03:04:05Z fw1 app - - - " + start + "a=b",
			with(header, "syslog_timestamp", "2026-01-02T03:04:05Z", "syslog_host", "fw1", "syslog_app", "app", "a", "b"),
		},
		{"too few fields", "CEF:0|Acme|Wall|1.0", map[string]string{"!": "3 fields in the CEF header, which has 7"}},
		{"one field", "CEF:0|Acme", map[string]string{"!": "1 field in the CEF header, which has 7"}},
		{"no header", "hello", map[string]string{"!": "no CEF header (CEF:0|…)"}},
		{"a mark inside a word", "xCEF:0|a|b|c|d|e|f|", map[string]string{"!": "no CEF header (CEF:0|…)"}},
		{"a backslash at the end", start + `a=b\`, with(header, "a", `b\`)},
		{"bytes that are no UTF-8", start + "\xff=b c=\xff", with(header, "\ufffd", "b", "c", "\ufffd")},
	})
}

// with is a copy of fields with more.
func with(fields map[string]string, pairs ...string) map[string]string {
	out := map[string]string{}
	for key, value := range fields {
		out[key] = value
	}
	for i := 0; i < len(pairs); i += 2 {
		out[pairs[i]] = pairs[i+1]
	}
	return out
}

func TestLEEF(t *testing.T) {
	header := map[string]string{"Vendor": "Acme", "Product": "Wall", "Version": "1.0", "EventID": "100"}
	const one, two = "LEEF:1.0|Acme|Wall|1.0|100|", "LEEF:2.0|Acme|Wall|1.0|100|"
	checkLines(t, openLEEF, []lineCase{
		{"1.0", one + "src=192.0.2.1\tmsg=a b=c\tusrName=x", with(header, "src", "192.0.2.1", "msg", "a b=c", "usrName", "x")},
		{"1.0 has tabs", one + "a=b^c=d", with(header, "a", "b^c=d")},
		{"paths stay", one + `path=C:\new\table`, with(header, "path", `C:\new\table`)},
		{"2.0 with a character", two + "^|a=b^c=d e", with(header, "a", "b", "c", "d e")},
		{"2.0 with a code", two + "x5E|a=b^c=d", with(header, "a", "b", "c", "d")},
		{"2.0 with 0x09", two + "0x09|a=b\tc=d", with(header, "a", "b", "c", "d")},
		{"2.0 with none", two + "|a=b\tc=d", with(header, "a", "b", "c", "d")},
		{"2.0 without its bar", two + "a=b\tc=d", with(header, "a", "b", "c", "d")},
		{"2.0 with a bar", two + "||a=b|c=d", with(header, "a", "b", "c", "d")},
		{"a delimiter in a value", two + "^|msg=a^b^c=d", with(header, "msg", "a^b", "c", "d")},
		{"text before the first key", one + "hello\ta=b", with(header, "extension", "hello", "a", "b")},
		{"delimiters in a row", one + "a=b\t\t\tc=d\t", with(header, "a", "b", "c", "d")},
		{"a key that would pass for the header", one + "eventid=5", with(header, "extension.eventid", "5")},
		{"behind syslog", "Mar 27 13:06:56 fw1 " + one + "a=b", with(header, "syslog_timestamp", "Mar 27 13:06:56", "syslog_host", "fw1", "a", "b")},
		{"too few fields", "LEEF:1.0|Acme|", map[string]string{"!": "2 fields in the LEEF header, which has 5"}},
		{"one field", "LEEF:1.0|Acme", map[string]string{"!": "1 field in the LEEF header, which has 5"}},
		{"no header", "CEF:0|a|", map[string]string{"!": "no LEEF header (LEEF:2.0|…)"}},
	})
}

func TestKeyValue(t *testing.T) {
	checkLines(t, openKeyValue, []lineCase{
		{"logfmt", `level=info msg="a b" n=5`, map[string]string{"level": "info", "msg": "a b", "n": "5"}},
		{"escapes", `a="x\"y\\z\n" b='q`, map[string]string{"a": "x\"y\\z\n", "b": "'q"}},
		{"an empty value", `a= b=""`, map[string]string{"a": "", "b": ""}},
		{"= in a value", `q=a=b u=http://x.example/?a=b`, map[string]string{"q": "a=b", "u": "http://x.example/?a=b"}},
		{"words", `hello a=b DF c=d`, map[string]string{"a": "b", "c": "d", "unkeyed": "hello DF"}},
		{"behind a priority", `<189>date=2026-01-02 devname="f w"`, map[string]string{"date": "2026-01-02", "devname": "f w"}},
		{
			"behind syslog", `<189>Mar 27 13:06:56 fw1 date=2026-01-02 syslog_host=x`,
			map[string]string{"syslog_timestamp": "Mar 27 13:06:56", "syslog_host": "fw1", "date": "2026-01-02", "extension.syslog_host": "x"},
		},
		{"a quote that does not end", `a="b c=d`, map[string]string{"!": "a quote that does not end"}},
		{"none", `hello there`, map[string]string{"!": "no key=value"}},
		{"too many", strings.Repeat("a=b ", maxFields+1), map[string]string{"!": fmt.Sprintf("more than %d fields", maxFields)}},
	})
}

func TestSyslog(t *testing.T) {
	checkLines(t, openSyslog, []lineCase{
		{
			"RFC 3164", "<34>Oct 11 22:14:15 mymachine su: 'su root' failed",
			map[string]string{"timestamp": "Oct 11 22:14:15", "host": "mymachine", "app": "su", "facility": "auth", "severity": "crit", "message": "'su root' failed"},
		},
		{
			"without a priority", "Mar  7 13:06:56 ip-192-0-2-1 sshd[1291]: Server listening on :: port 22.",
			map[string]string{"timestamp": "Mar  7 13:06:56", "host": "ip-192-0-2-1", "app": "sshd", "pid": "1291", "message": "Server listening on :: port 22."},
		},
		{"without a host", "Mar 27 13:06:56 sshd[1]: x", map[string]string{"timestamp": "Mar 27 13:06:56", "app": "sshd", "pid": "1", "message": "x"}},
		{"without a program", "Mar 27 13:06:56 h last message repeated 2 times", map[string]string{"timestamp": "Mar 27 13:06:56", "host": "h", "message": "last message repeated 2 times"}},
		{"a program with marks", "Mar 27 13:06:56 h postfix/smtpd(x)[7]: a: b", map[string]string{"timestamp": "Mar 27 13:06:56", "host": "h", "app": "postfix/smtpd(x)", "pid": "7", "message": "a: b"}},
		{"an address is no program", "Mar 27 13:06:56 h http://x.example/", map[string]string{"timestamp": "Mar 27 13:06:56", "host": "h", "message": "http://x.example/"}},
		{"a year", "<189>Mar 27 2026 13:06:56: %ASA-6-302013: Built", map[string]string{"timestamp": "Mar 27 2026 13:06:56", "app": "%ASA-6-302013", "facility": "local7", "severity": "notice", "message": "Built"}},
		{"RFC 3339 of rsyslog", "2026-01-02T03:04:05.678901+01:00 h app[9]: x", map[string]string{"timestamp": "2026-01-02T03:04:05.678901+01:00", "host": "h", "app": "app", "pid": "9", "message": "x"}},
		{
			"RFC 5424", `<165>1 2003-10-11T22:14:15.003Z h.example.com evntslog 5 ID47 [a@1 iut="3" q="x\"y\]\\z"][b host="evil"] ` + "\ufeffAn event",
			map[string]string{
				"timestamp": "2003-10-11T22:14:15.003Z", "host": "h.example.com", "app": "evntslog", "pid": "5", "msgid": "ID47",
				"facility": "local4", "severity": "notice", "message": "An event", "a@1.iut": "3", "iut": "3", "a@1.q": `x"y]\z`, "q": `x"y]\z`, "b.host": "evil",
			},
		},
		{"RFC 5424 of nothing", "<0>1 - - - - - -", map[string]string{"facility": "kern", "severity": "emerg", "message": ""}},
		{"RFC 5424 with a count", "17 <0>1 - h - - - - x", map[string]string{"facility": "kern", "severity": "emerg", "host": "h", "message": "x"}},
		{"broken data stays in the message", `<0>1 - h - - - [a b="c] x`, map[string]string{"facility": "kern", "severity": "emerg", "host": "h", "message": `[a b="c] x`}},
		{"only a priority", "<13>hello", map[string]string{"facility": "user", "severity": "notice", "message": "hello"}},
		{"a priority that is none", "<192>hello", map[string]string{"!": "no syslog header"}},
		{"a stack trace", "\tat x.y(Z.java:5)", map[string]string{"!": "no syslog header"}},
		{"a time that is none", "Mar 27 13:06 h app: x", map[string]string{"!": "no syslog header"}},
		{"only a time", "Mar 27 13:06:56", map[string]string{"timestamp": "Mar 27 13:06:56", "message": ""}},
	})
}

// TestLooks runs every detector over every beginning, in the order in which
// they are asked.
func TestLooks(t *testing.T) {
	order := []struct {
		name  string
		looks func(h head) bool
	}{
		{"cef", head.cef}, {"leef", head.leef}, {"mbox", head.mbox}, {"mail", head.mail}, {"syslog", head.syslog}, {"keyvalue", head.keyvalue},
	}
	tests := []struct{ text, want string }{
		{"CEF:0|a|b|c|d|e|f|x=y\n", "cef"},
		{"<1>Mar 27 13:06:56 h CEF:0|a|b|c|d|e|f|x=y\n", "cef"},
		{"LEEF:1.0|a|b|c|d|x=y\n", "leef"},
		{"Mar 27 13:06:56 h app: a=b c=d\n", "syslog"},
		{"<13>1 - - - - - -\n", "syslog"},
		{"2026-01-02T03:04:05Z h app[1]: x\n", "syslog"},
		{"2026-01-02T03:04:05Z INFO main: x\n", ""},
		{"a=b c=d\n", "keyvalue"},
		{"<189>date=2026-01-02 x=y\n", "keyvalue"},
		{"a=b\n", ""},
		{"hello a=b c=d\n", ""},
		{"a=b c=d\nhello\n", ""},
		{"http://x.example/?a=b c=d\n", ""},
		{"From: a@x.example\nTo: b@x.example\n\nhi", "mail"},
		{"From a@x.example Mon Jan  2 15:04:05 2006\nFrom: a@x.example\nTo: b@x.example\n\nhi", "mbox"},
		{"HELO x\nMAIL FROM:<a@x.example>\nDATA\nFrom: a@x.example\nTo: b@x.example\n\nhi", "mail"},
		{"From here on\nnothing is the same 2006\n", ""},
		{"Subject: x\nDate: y\n\n", ""},
		{"HTTP/1.1 200 OK\nDate: x\nContent-Type: y\n", ""},
		{"a,b\n1,2\n", ""},
		{`{"a":1}` + "\n", ""},
		{"x.example.com\n", ""},
		{"", ""},
	}
	for _, test := range tests {
		got := ""
		for _, f := range order {
			if f.looks(newHead([]byte(test.text))) {
				got = f.name
				break
			}
		}
		if got != test.want {
			t.Errorf("%q looks like %q, want %q", test.text, got, test.want)
		}
	}
}

// TestCEFWrittenAndRead checks that what is escaped comes back.
func TestCEFWrittenAndRead(t *testing.T) {
	inHeader := strings.NewReplacer(`\`, `\\`, `|`, `\|`)
	inValue := strings.NewReplacer(`\`, `\\`, `=`, `\=`, "\n", `\n`, "\r", `\r`)
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[a-z|\\=]{0,6}([ =|\\a-z]{0,8}[a-z|\\=])?`)
		line, want := "CEF:0|", map[string]string{}
		for _, name := range cefNames {
			value := strings.TrimSpace(text.Draw(t, name))
			want[name] = value
			line += inHeader.Replace(value) + "|"
		}
		keys := rapid.SliceOfNDistinct(rapid.StringMatching(`x[a-zA-Z0-9]{1,6}`), 0, 6, rapid.ID[string]).Draw(t, "keys")
		for _, key := range keys {
			value := strings.TrimSpace(rapid.StringMatching(`[a-z|\\=\n\r ]{0,12}`).Draw(t, "value"))
			want[key] = value
			line += key + "=" + inValue.Replace(value) + " "
		}
		in, err := openCEF(bufio.NewReader(strings.NewReader(line)))
		if err != nil {
			t.Fatal(err)
		}
		var r record
		if err := in.next(&r); err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for i, key := range r.keys {
			got[key] = workbook.Text(r.values[i].value())
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%q %s\n%s", line, r.problem, diff)
		}
	})
}

// hostileLines are long lines that would be slow to read if any byte of them
// were looked at again and again.
func hostileLines() []string {
	const n = 1 << 19
	header := "CEF:0|a|b|c|d|e|f|"
	return []string{
		header + "a" + strings.Repeat("=", n), header + strings.Repeat("a", n/2) + strings.Repeat("=", n/2), header + strings.Repeat("a=", n/2),
		header + strings.Repeat(`\`, n), header + strings.Repeat(" =", n/2), strings.Repeat("CEF:", n/4), strings.Repeat("|", n),
		"LEEF:2.0|a|b|c|d|^|" + strings.Repeat("^", n), "LEEF:1.0|a|b|c|d|" + strings.Repeat("a=\t", n/3), strings.Repeat(`a="`, n/3), strings.Repeat("a ", n/2),
		"<1>1 - - - - - " + strings.Repeat("[", n), "<1>1 - - - - - " + strings.Repeat("[a]", n/3), "<1>1 - - - - - [a " + strings.Repeat("b", n), "<1>1 - - - - - [a" + strings.Repeat(` b="`, n/4),
		strings.Repeat("1", n) + " <1>", "Mar 27 13:06:56 h " + strings.Repeat("[", n), "Mar" + strings.Repeat(" ", n),
	}
}

func TestHostileLines(t *testing.T) {
	for _, line := range hostileLines() {
		for _, open := range []opener{openCEF, openLEEF, openKeyValue, openSyslog} {
			if got := eventsOf(t, open, line+"\n"+line); len(got) != 2 {
				t.Errorf("%d events in %.40q, want 2", len(got), line)
			}
		}
	}
}

func FuzzLineFormats(f *testing.F) {
	for _, seed := range []string{
		`CEF:0|a|b|c|d|e|5|x=y cs1=\=q cs1Label=l z`, "LEEF:2.0|a|b|c|d|x5E|k=v^k2=v2", "LEEF:2.0|a|b|c|d||k=v", `<189>a="b\"c" d=e f`,
		`<165>1 2003-10-11T22:14:15.003Z h a 5 - [x@1 a="b\]"][y] m`, "Mar 27 13:06:56 h app[1]: m", "12 <1>x",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		h := newHead([]byte(text))
		_, _, _, _ = h.cef(), h.leef(), h.syslog(), h.keyvalue()
		lines := 0
		for _, line := range strings.Split(text, "\n") {
			if len(bytes.TrimSpace([]byte(strings.TrimSuffix(line, "\r")))) > 0 {
				lines++
			}
		}
		for _, open := range []opener{openCEF, openLEEF, openKeyValue, openSyslog} {
			if got := eventsOf(t, open, text); len(got) != lines && !strings.HasPrefix(text, string(bom)) {
				t.Errorf("%d events in %d lines", len(got), lines)
			}
		}
	})
}

// corpusPath is where a file of the corpus lies, "" where there is no corpus.
func corpusPath(t *testing.T, name string) string {
	root := os.Getenv("TABLETOP_CORPUS")
	if root == "" {
		t.Log("TABLETOP_CORPUS is not set")
		return ""
	}
	return filepath.Join(root, name)
}

func TestCorpusAuthLog(t *testing.T) {
	path := corpusPath(t, "network/auth.log")
	if path == "" {
		return
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	h := newHead(text[:headBytes])
	if !h.syslog() || h.keyvalue() || h.cef() || h.leef() || h.mail() || h.mbox() {
		t.Error("auth.log does not look like syslog, or like something else")
	}
	apps := map[string]int{}
	events := eventsOf(t, openSyslog, string(text))
	for _, e := range events {
		if e["!"] != "" || e["host"] != "ip-10-77-20-248" || e["message"] == "" {
			t.Fatalf("an event of auth.log is %v", e)
		}
		if _, err := time.Parse(time.Stamp, e["timestamp"]); err != nil {
			t.Fatal(err)
		}
		apps[e["app"]]++
	}
	want := map[string]int{"sshd": 4095, "CRON": 1264, "sudo": 557, "systemd-logind": 452, "chpasswd": 417, "systemd": 238, "useradd": 50, "su": 45, "groupadd": 3}
	if diff := cmp.Diff(want, apps); diff != "" || len(events) != 7121 {
		t.Errorf("%d events, want 7121\n%s", len(events), diff)
	}
}
