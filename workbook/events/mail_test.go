package events

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"io/fs"
	"mime/quotedprintable"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

const plainMail = `Return-Path: <bounce@x.example>
Received: from a by b; Mon, 2 Feb 2026 10:00:01 +0100 (CET)
From: "Ann, of sales" <ann@x.example>
Sender: list@x.example
Reply-To: <other@y.example>
To: Bob <bob@y.example>,
	carol@y.example
Cc: bob@y.example
Subject: =?UTF-8?Q?Gr=C3=BC=C3=9Fe?= =?iso-8859-1?q?_aus_K=F6ln?=
Date: Mon, 2 Feb 2026 10:00:00 +0100
Message-ID: <1@x.example>

See http://evil.example/a?b=c, (https://x.example/p_(q)) or www.z.example.
`

func TestMail(t *testing.T) {
	got := eventsOf(t, openMail, plainMail)
	want := []map[string]string{{
		"sender": "ann@x.example", "sender_name": "Ann, of sales", "from": `"Ann, of sales" <ann@x.example>`,
		"return_path": "bounce@x.example", "reply_to": "other@y.example", "header_sender": "list@x.example",
		"recipient": "bob@y.example", "recipients": `["bob@y.example","carol@y.example"]`, "to": "Bob <bob@y.example>, carol@y.example", "cc": "bob@y.example",
		"subject": "Grüße aus Köln", "date": "Mon, 2 Feb 2026 10:00:00 +0100", "time": "2026-02-02T09:00:00Z", "received_time": "2026-02-02T09:00:01Z",
		"message_id": "1@x.example", "bytes": strconv.Itoa(len(plainMail)),
		"urls": `["http://evil.example/a?b=c","https://x.example/p_(q)","www.z.example"]`,
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	crlf := strings.ReplaceAll(plainMail, "\n", "\r\n")
	want[0]["bytes"] = strconv.Itoa(len(crlf))
	if diff := cmp.Diff(want, eventsOf(t, openMail, crlf)); diff != "" {
		t.Errorf("with CRLF (-want +got)\n%s", diff)
	}
}

// multipartMail is a mail with a page, an attachment and a mail in it.
func multipartMail(file string) string {
	return strings.ReplaceAll(`From: a@x.example
To: b@x.example
Content-Type: multipart/mixed; boundary="B"

preamble http://not.example/
--B
Content-Type: multipart/alternative; boundary=B1

--B1
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: quoted-printable

<base href=3D"http://base.example/d/"><a HREF=3D" ht=
tps://a.example/?x=3D1&amp;y=3D2 ">x</a><a href=3D"rel">y</a><img src=3D'//i.example/p.png'>
<!--[if mso]><a href=3D"http://mso.example/">z</a><![endif]-->
<form action=3D"java&#10;script:1"></form><a href=3D"ht&#9;tp://tab.example/">t</a>
--B1--
--B
Content-Type: application/octet-stream
Content-Disposition: attachment; filename*=UTF-8''m%C3%A4h.exe
Content-Transfer-Encoding: base64

`+base64.StdEncoding.EncodeToString([]byte(file))+`
--B
Content-Type: message/rfc822

From: inner@x.example
Subject: inner

http://inner.example/
--B--
epilogue http://not2.example/
`, "\n", "\r\n")
}

func TestMailParts(t *testing.T) {
	file := "MZ\x00\x01 a file"
	got := eventsOf(t, openMail, multipartMail(file))[0]
	urls := `["http://base.example/d/","https://a.example/?x=1&y=2","http://base.example/d/rel","http://i.example/p.png","http://mso.example/","http://tab.example/","http://inner.example/"]`
	if got["urls"] != urls || got["sender"] != "a@x.example" || got["defects"] != "" {
		t.Errorf("the mail is %v", got)
	}
	var attachments []attachment
	if err := json.Unmarshal([]byte(got["attachments"]), &attachments); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(file))
	if len(attachments) != 2 || attachments[0].Name != "mäh.exe" || attachments[0].Bytes != len(file) || attachments[0].SHA256 != hex.EncodeToString(sum[:]) || attachments[1].Type != "message/rfc822" {
		t.Errorf("the attachments are %+v", attachments)
	}
	if got["attachment_names"] != `["mäh.exe"]` || !strings.Contains(got["attachment_sha256"], attachments[0].SHA256) {
		t.Errorf("the attachments stand as %s", got["attachment_names"])
	}
}

// TestBrokenMail checks what is had of mail that breaks the rules.
func TestBrokenMail(t *testing.T) {
	const start = "From: a@x.example\nTo: b@x.example\n"
	tests := []struct {
		name, text, key, want string
	}{
		{"no headers", "hello\nthere\n", "!", "no mail: there are no headers"},
		{"nothing", "\n", "!", "no mail: there are no headers"},
		{"no body", "From: a@x.example", "sender", "a@x.example"},
		{"blank lines before", "\n\r\n" + start, "sender", "a@x.example"},
		{"a line of mbox before", "From a Mon\n" + start, "sender", "a@x.example"},
		{"an SMTP dialogue before", "HELO x\nMAIL FROM:<e@x.example> SIZE=5\nRCPT TO:<r@x.example>\nDATA\n" + start, "return_path", "e@x.example"},
		{"its recipients", "HELO x\nMAIL FROM:<e@x.example>\nRCPT TO:<r@x.example>\nDATA\n" + start, "recipients", `["b@x.example","r@x.example"]`},
		{"a broken header", "To: b@x.example\nthis is none\nFrom: a@x.example\n\nhi", "sender", "a@x.example"},
		{"links behind a broken header", start + "see http://x.example/\n\nhi", "urls", `["http://x.example/"]`},
		{"two senders", start + "From: c@x.example\n", "defects", `["2 From headers, the first counts"]`},
		{"a name like an address", "From: \"ceo@x.example\" <a@y.example>\n", "sender", "a@y.example"},
		{"a name like an address, broken", "From: ceo@x.example <a@y.example>\n", "sender", "a@y.example"},
		{"a broken name", "From: A, B <a@y.example\n", "sender", "a@y.example"},
		{"an address in a comment", "From: (x) a@y.example (Ann)\n", "sender", "a@y.example"},
		{"only a name", "From: nobody\n", "sender_name", "nobody"},
		{"bytes in a header", start + "Subject: gr\xfc\xdfe\nContent-Type: text/plain; charset=iso-8859-1\n", "subject", "grüße"},
		{"bytes of no known set", start + "Subject: gr\xfc\n", "subject", "gr\ufffd"},
		{"a word of an unknown set", start + "Subject: =?x-none?q?abc?=\n", "subject", "abc"},
		{"a broken word", start + "Subject: =?utf-8?b?%%?=\n", "subject", "=?utf-8?b?%%?="},
		{"a date that is none", start + "Date: yesterday\n", "time", ""},
		{"no end", start + "Content-Type: multipart/mixed; boundary=B\n\n--B\n\nhttp://x.example/\n", "urls", `["http://x.example/"]`},
		{"no end is a defect", start + "Content-Type: multipart/mixed; boundary=B\n\n--B\n\nx\n", "defects", `["multipart/mixed that does not end"]`},
		{"no boundary", start + "Content-Type: multipart/mixed\n\nhttp://x.example/\n", "urls", `["http://x.example/"]`},
		{"a boundary that never comes", start + "Content-Type: multipart/mixed; boundary=B\n\nhttp://x.example/\n", "urls", `["http://x.example/"]`},
		{"a broken type", start + "Content-Type: text/html; charset=\"x; =\n\n<a href=//x.example>", "urls", `["http://x.example"]`},
		{"no type at all", start + "Content-Type: ;\n\nhttp://x.example/", "urls", `["http://x.example/"]`},
		{"broken quoted-printable", start + "Content-Transfer-Encoding: quoted-printable\n\n=ZZ http://x.example/=3Da\n", "urls", `["http://x.example/=a"]`},
		{"broken base64", start + "Content-Transfer-Encoding: base64\n\naHR0\xffcDov L3gu*ZXhhbXBsZS8\n", "urls", `["http://x.example/"]`},
		{"UTF-16", start + "Content-Type: text/plain; charset=utf-16le\n\nh\x00t\x00t\x00p\x00:\x00/\x00/\x00x\x00.\x00y\x00", "urls", `["http://x.y"]`},
		{"an unknown set", start + "Content-Type: text/plain; charset=none\n\nhttp://x.example/\xff\n", "urls", "[\"http://x.example/\ufffd\"]"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := eventsOf(t, openMail, test.text)
			if len(got) != 1 || got[0][test.key] != test.want {
				t.Errorf("%s is %q, want %q\n%v", test.key, got[0][test.key], test.want, got)
			}
		})
	}
}

func TestMbox(t *testing.T) {
	text := "From a@x.example Mon Jan  2 15:04:05 2006\nFrom: a@x.example\nSubject: one\n\nbody\n\nFrom here on, 10:00 2006, nothing\n\n>From x\n\n" +
		"From - Mon Jan  2 15:04:05 2006\r\nFrom: b@x.example\r\nSubject: two\r\n\r\nbody\r\n\r\nFrom c Mon Jan 2 15:04:05 2006\nFrom: c@x.example\n"
	in, err := openMbox(bufio.NewReader(strings.NewReader(text)))
	if err != nil {
		t.Fatal(err)
	}
	var r record
	var senders []string
	for in.next(&r) == nil {
		senders = append(senders, string(r.values[0].text))
		if !strings.HasPrefix(text[r.offset:], "From ") || strings.Count(text[:r.offset], "\n") != int(r.line)-1 {
			t.Errorf("a message stands at offset %d, line %d", r.offset, r.line)
		}
	}
	if diff := cmp.Diff([]string{"a@x.example", "b@x.example", "c@x.example"}, senders); diff != "" {
		t.Error(diff)
	}
}

// TestLongMail checks that a mail over the bound gives what stands before it.
func TestLongMail(t *testing.T) {
	text := plainMail + strings.Repeat("x\n", maxMailBytes/2)
	got := eventsOf(t, openMail, text)
	if len(got) != 1 || got[0]["sender"] != "ann@x.example" || !strings.Contains(got[0]["defects"], "cut off") {
		t.Errorf("%d events, %s", len(got), got[0]["defects"])
	}
}

// TestHostileMail reads mail that would be slow to read, or deep.
func TestHostileMail(t *testing.T) {
	const n = 1 << 18
	nested := "From: a@x.example\n" + strings.Repeat("Content-Type: message/rfc822\n\n", 1000)
	mails := []string{
		nested, nested + strings.Repeat("http://x.example/ ", n/16),
		"From: a@x.example\nContent-Type: multipart/mixed; boundary=B\n\n" + strings.Repeat("--B\n\n", n),
		"From: a@x.example\nContent-Type: text/html\n\n" + strings.Repeat("<a ", n), "From: a@x.example\nContent-Type: text/html\n\n" + strings.Repeat("<", n),
		"From: a@x.example\nContent-Type: text/html\n\n<a " + strings.Repeat("href=http://x ", n),
		"From: a@x.example\n\n" + strings.Repeat("http://a)))))))))))))))))))))))))", n/8), "From: a@x.example\n\nhttp://" + strings.Repeat(")", n),
		"From: a@x.example\n\n" + strings.Repeat("www.a", n), strings.Repeat("From: a@x.example\n", n), "From: " + strings.Repeat("<a@x.example>,", n) + "\n",
		"From: " + strings.Repeat("(", n) + "\n", "From: " + strings.Repeat("=?utf-8?q?a?= ", n/8) + "\n", "From: a@x.example\n" + strings.Repeat(" x\n", n),
		strings.Repeat("x\n", n), "From: a@x.example\nContent-Type: text/plain" + strings.Repeat("; a=b", n) + "\n",
		"From: a@x.example\nTo: " + strings.Repeat("a@b", n) + "\n", strings.Repeat("From a 10:00 2006\n\n", n/4),
	}
	for _, text := range mails {
		for _, open := range []opener{openMail, openMbox} {
			if got := eventsOf(t, open, text); len(got) == 0 {
				t.Errorf("no event in %.60q", text)
			}
		}
	}
}

// TestDecodeTransfer holds the decoders against those of the standard library.
func TestDecodeTransfer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		plain := rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "plain")
		encoded := base64.StdEncoding.EncodeToString(plain)
		for at := 76; at < len(encoded); at += 78 {
			encoded = encoded[:at] + "\r\n" + encoded[at:]
		}
		if got, broken := decodeTransfer("BASE64 ", []byte(encoded)); broken || !bytes.Equal(got, plain) {
			t.Fatalf("base64 gives %q, want %q", got, plain)
		}
		var b bytes.Buffer
		w := quotedprintable.NewWriter(&b)
		_, _ = w.Write(plain)
		w.Close()
		want, err := io.ReadAll(quotedprintable.NewReader(bytes.NewReader(b.Bytes())))
		if err != nil {
			t.Fatal(err)
		}
		if got, broken := decodeTransfer("quoted-printable", b.Bytes()); broken || !bytes.Equal(got, want) {
			t.Fatalf("quoted-printable gives %q, want %q", got, want)
		}
	})
}

func FuzzMail(f *testing.F) {
	for _, seed := range []string{plainMail, multipartMail("x"), "From a 10:00 2006\nFrom: a@b\n\nFrom b 10:00 2006\nTo: x\n", "HELO\nMAIL FROM:<a>\nA: b\n\n=3D"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		h := newHead([]byte(text))
		_, _ = h.mail(), h.mbox()
		if text == "" {
			return
		}
		if got := eventsOf(t, openMail, text); len(got) != 1 {
			t.Errorf("%d events", len(got))
		}
		for _, e := range eventsOf(t, openMbox, text) {
			for _, key := range []string{"urls", "recipients", "attachments", "defects"} {
				if e[key] != "" && !json.Valid([]byte(e[key])) {
					t.Errorf("%s is %s", key, e[key])
				}
			}
		}
	})
}

// TestCorpusMail opens all mail of the corpus: each file is one message, which
// gives a sender if one of its From headers holds an address.
func TestCorpusMail(t *testing.T) {
	root := corpusPath(t, "email")
	if root == "" {
		return
	}
	counts := map[string]int{}
	unlike := []string{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(root, path)
		h := newHead(text[:min(len(text), headBytes)])
		open := openMail
		if h.mbox() {
			open = openMbox
		} else if !h.mail() {
			unlike = append(unlike, filepath.ToSlash(name))
		}
		if h.cef() || h.leef() || h.syslog() || h.keyvalue() {
			t.Errorf("%s looks like a log", name)
		}
		events := eventsOf(t, open, string(text))
		if len(events) != 1 {
			t.Fatalf("%d messages in %s", len(events), name)
		}
		e := events[0]
		head, _, _ := bytes.Cut(bytes.ReplaceAll(text, []byte("\r"), nil), []byte("\n\n"))
		hasSender := slices.ContainsFunc(strings.Split(string(head), "\n"), func(line string) bool {
			return strings.HasPrefix(line, "From:") && strings.Contains(line, "@")
		})
		if hasSender != (e["sender"] != "") {
			t.Errorf("the sender of %s is %q", name, e["sender"])
		}
		counts["files"]++
		for _, key := range []string{"!", "sender", "return_path", "subject", "time", "urls", "attachments", "defects"} {
			if e[key] != "" {
				counts[key]++
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"spamassassin/spam/bsmtpnull"}, unlike); diff != "" {
		t.Errorf("files that do not look like mail\n%s", diff)
	}
	want := map[string]int{"files": 134, "!": 1, "sender": 132, "return_path": 84, "subject": 129, "time": 121, "urls": 61, "attachments": 18, "defects": 10}
	if diff := cmp.Diff(want, counts); diff != "" {
		t.Errorf("what the mails hold (-want +got)\n%s", diff)
	}
}
