package message

import (
	netmail "net/mail"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func sample() Message {
	return Message{
		From: netmail.Address{Name: "SOC Zürich", Address: "soc@example.org"},
		To:   []netmail.Address{{Name: "Ä, B", Address: "a@example.org"}, {Address: "b@example.org"}},
		Cc:   []netmail.Address{{Address: "c@example.org"}}, Subject: "Größe: 5 × 7", Text: "one\n.\ntwo ü\n", CSV: []byte("a,b\n1,ü\n"),
	}
}

func TestMessageIsTheSameEachTime(t *testing.T) {
	first, err := sample().Write()
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		if again, err := sample().Write(); err != nil || again != first {
			t.Fatalf("%v\n%s\n%s", err, first, again)
		}
	}
	other := sample()
	other.CSV[0] = 'x'
	if again, _ := other.Write(); again == first {
		t.Error("another table makes the same message")
	}
	for _, name := range []string{"\nDate:", "\nMessage-ID:", "\nBcc:", "\nUser-Agent:"} {
		if strings.Contains("\n"+first, name) {
			t.Errorf("the message has %q:\n%s", name, first)
		}
	}
}

// TestMessageKeepsWhatItSays writes any message and reads it again: nothing of
// its subject or text becomes a header, a part or another line.
func TestMessageKeepsWhatItSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringMatching(`(=\?utf-8\?q\?|--tabletop|\n|\.|\r|From |Bcc: x|[a-zü ]){0,40}`))
		m := sample()
		m.Subject = rapid.OneOf(rapid.StringMatching(`[ -~äß€😀]{0,300}`), rapid.StringMatching(`(=\?utf-8\?b\?|\?=|  |[a-zü]){0,40}`)).Draw(t, "subject")
		m.Text = text.Draw(t, "text")
		if m.CSV = nil; rapid.Bool().Draw(t, "attached") {
			m.CSV = []byte(text.Draw(t, "table"))
		}
		written, err := m.Write()
		if err != nil {
			t.Fatal(err)
		}
		head, _, _ := strings.Cut(written, "\r\n\r\n")
		for line := range strings.SplitSeq(head, "\r\n") {
			name, _, _ := strings.Cut(line, ":")
			if !strings.HasPrefix(line, " ") && !strings.Contains("Auto-Submitted MIME-Version Subject From To Cc Content-Type Content-Transfer-Encoding", name) {
				t.Fatalf("a header of its own: %q", line)
			}
		}
		for line := range strings.SplitSeq(written, "\r\n") {
			if len(line) > 998 || strings.ContainsFunc(line, func(r rune) bool { return r >= 0x80 || r == '\r' || r == '\n' || r == 0 }) {
				t.Fatalf("a line that no server takes: %q", line)
			}
		}
		read, err := Read(written)
		if err != nil {
			t.Fatalf("%v\n%s", err, written)
		}
		if want := oneLine(m.Subject); read.Subject != want {
			t.Fatalf("the subject %q is read as %q", want, read.Subject)
		}
		if lines(read.Text) != lines(m.Text) {
			t.Fatalf("the text %q is read as %q", m.Text, read.Text)
		}
		if read.Attached != string(m.CSV) || (read.Name != "") != (m.CSV != nil) {
			t.Fatalf("the table %q is read as %q", m.CSV, read.Attached)
		}
	})
}

// lines is a text as lines, which the transport may end otherwise.
func lines(text string) string {
	return strings.TrimRight(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text), "\n")
}

func TestMessageIsBounded(t *testing.T) {
	m := sample()
	m.CSV = []byte(strings.Repeat("x", MaxBytes*3/4))
	if _, err := m.Write(); err == nil || !strings.Contains(err.Error(), "are the most") {
		t.Error(err)
	}
	m.CSV = []byte(strings.Repeat("x", 2*MaxBytes))
	if _, err := m.Write(); err == nil {
		t.Error("twice the bound is written")
	}
}

func TestShownInShort(t *testing.T) {
	written, err := sample().Write()
	if err != nil {
		t.Fatal(err)
	}
	read, err := Read(written)
	if err != nil {
		t.Fatal(err)
	}
	want := "Subject: Größe: 5 × 7\none . two ü\nattached rows.csv, 9 bytes: a,b | 1,ü"
	if got := strings.Join(read.Lines(), "\n"); got != want {
		t.Errorf("%s\nnot\n%s", got, want)
	}
	if read.From != `"SOC Zürich" <soc@example.org>` && read.From != "SOC Zürich <soc@example.org>" || !strings.HasSuffix(read.To, "<b@example.org>") {
		t.Errorf("from %s to %s", read.From, read.To)
	}
}

func FuzzRead(f *testing.F) {
	written, err := sample().Write()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(written)
	f.Add("Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\nContent-Transfer-Encoding: base64\r\n\r\n!\r\n--a--")
	f.Fuzz(func(t *testing.T, text string) {
		if read, err := Read(text); err == nil && len(read.Lines()) == 0 {
			t.Error("a message that shows nothing")
		}
	})
}
