// Package message writes e-mails. In go addresses, a subject, a text and perhaps
// a table as CSV; out comes the message as RFC 5322 has it, in ASCII and with
// lines that end in CRLF. It has neither Date nor Message-ID, which are those of
// the sending: the same message is always the same bytes, so that a plan can be
// held against it and a repetition be told.
package message

import (
	"crypto/sha256"
	"fmt"
	"io"
	netmail "net/mail"
	"strings"

	mail "github.com/wneessen/go-mail"
)

// MaxBytes is the largest message that is written: what a request may hold.
const MaxBytes = 1 << 20

// A Message is one e-mail. Its texts are UTF-8; those who get a blind copy stand
// nowhere in it.
type Message struct {
	From    netmail.Address
	To, Cc  []netmail.Address
	Subject string
	Text    string
	// CSV is attached as rows.csv; nil attaches nothing.
	CSV []byte
}

// CSVName is the name of the attached table.
const CSVName = "rows.csv"

// Write writes the message. Its error says in a sentence why there is none.
func (m Message) Write() (string, error) {
	if size := len(m.Text) + len(m.CSV); size > MaxBytes { // known before anything is encoded
		return "", tooLarge(size)
	}
	w := mail.NewMsg(mail.WithCharset(mail.CharsetUTF8), mail.WithEncoding(mail.EncodingQP), mail.WithBoundary(m.boundary()), mail.WithNoDefaultUserAgent())
	// Named here without a value, so that the library adds none of its own.
	w.SetGenHeader(mail.HeaderDate)
	w.SetGenHeader(mail.HeaderMessageID)
	w.SetGenHeader("Auto-Submitted", "auto-generated")
	w.Subject(oneLine(m.Subject))
	w.SetAddrHeaderFromMailAddress(mail.HeaderFrom, &m.From)
	w.SetAddrHeaderFromMailAddress(mail.HeaderTo, pointers(m.To)...)
	if len(m.Cc) > 0 {
		w.SetAddrHeaderFromMailAddress(mail.HeaderCc, pointers(m.Cc)...)
	}
	w.SetBodyString(mail.TypeTextPlain, m.Text)
	if m.CSV != nil {
		if err := w.AttachReader(CSVName, strings.NewReader(string(m.CSV)), csvHeaders); err != nil {
			return "", fmt.Errorf("attach the rows: %w", err)
		}
	}
	var text strings.Builder
	if _, err := w.WriteTo(&text); err != nil {
		return "", fmt.Errorf("write the e-mail: %w", err)
	}
	written := withoutEmpty(text.String(), mail.HeaderDate, mail.HeaderMessageID)
	if !strings.HasSuffix(written, "\r\n") {
		written += "\r\n"
	}
	if len(written) > MaxBytes {
		return "", tooLarge(len(written))
	}
	return written, nil
}

func tooLarge(size int) error {
	return fmt.Errorf("the e-mail would have %d bytes, and %d are the most that is sent: attach fewer rows or columns", size, MaxBytes)
}

// csvHeaders says what the attachment is. The library would ask this machine's
// table of types otherwise.
func csvHeaders(f *mail.File) {
	f.Header.Set("Content-Type", `text/csv; charset=UTF-8; name="`+CSVName+`"`)
}

// boundary parts the text from the table. It is made of both, so that neither
// can hold it.
func (m Message) boundary() string {
	digest := sha256.New()
	for _, part := range []string{m.Subject, m.Text, string(m.CSV)} {
		fmt.Fprintf(digest, "%d:", len(part))
		_, _ = io.WriteString(digest, part)
	}
	return fmt.Sprintf("tabletop-%x", digest.Sum(nil)[:16])
}

// oneLine is a text with single blanks, so that no line of a folded header is
// empty, and with nothing that reads as a word of RFC 2047, which could show as
// anything.
func oneLine(text string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(text), " "), "=?", "= ?")
}

// withoutEmpty takes headers without a value out of a message.
func withoutEmpty(text string, names ...mail.Header) string {
	head, body, _ := strings.Cut(text, "\r\n\r\n")
	for _, name := range names {
		head = strings.Replace("\r\n"+head, "\r\n"+string(name)+":\r\n", "\r\n", 1)
		head = strings.TrimPrefix(head, "\r\n")
	}
	return head + "\r\n\r\n" + body
}

func pointers(list []netmail.Address) []*netmail.Address {
	out := make([]*netmail.Address, len(list))
	for i := range list {
		out[i] = &list[i]
	}
	return out
}
