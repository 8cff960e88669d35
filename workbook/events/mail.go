package events

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"regexp"
)

// maxMailBytes is how much of one message is read. What lies behind it is left
// out, and the message says so in its defects.
const maxMailBytes = 32 << 20

// mailReader reads messages as RFC 5322 has them, one in a file, or many behind
// lines of mbox that begin with "From ".
type mailReader struct {
	b            *bufio.Reader
	offset, line int64
	many         bool
	done         bool
	buffer       []byte
}

func openMail(b *bufio.Reader) (reader, error) { return newMailReader(b, false), nil }

func openMbox(b *bufio.Reader) (reader, error) { return newMailReader(b, true), nil }

func newMailReader(b *bufio.Reader, many bool) *mailReader {
	return &mailReader{b: b, offset: skipBOM(b), line: 1, many: many}
}

func (m *mailReader) stream() string { return "" }

func (m *mailReader) next(r *record) error {
	for {
		if m.done {
			return io.EOF
		}
		offset, line := m.offset, m.line
		whole, err := m.message()
		if err != nil {
			return err
		}
		if m.many && len(bytes.TrimSpace(m.buffer)) == 0 {
			continue
		}
		r.reset()
		r.offset, r.line = offset, line
		message, ok := readMessage(m.buffer)
		if !ok {
			r.problem = "no mail: there are no headers"
			return nil
		}
		if !whole {
			message.defect("cut off at the limit of 32 MiB")
		}
		message.fill(r)
		return nil
	}
}

// message reads one message into the buffer; whole is false where it was too
// long for it.
func (m *mailReader) message() (whole bool, err error) {
	m.buffer = m.buffer[:0]
	whole = true
	blank, start := true, true
	for first := true; ; first = false {
		if m.many && start && blank && !first && m.separator() {
			return whole, nil
		}
		text, err := m.b.ReadSlice('\n')
		m.offset += int64(len(text))
		if room := maxMailBytes - len(m.buffer); room >= len(text) {
			m.buffer = append(m.buffer, text...)
		} else {
			m.buffer = append(m.buffer, text[:room]...)
			whole = false
		}
		if errors.Is(err, io.EOF) {
			m.done = true
			return whole, nil
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return false, err
		}
		blank = start && len(bytes.TrimRight(text, "\r\n")) == 0
		if start = err == nil; start {
			m.line++
		}
	}
}

// separator reports whether a message of mbox begins here: a line "From " with
// a year, and a header behind it.
func (m *mailReader) separator() bool {
	if head, _ := m.b.Peek(len("From ")); string(head) != "From " {
		return false
	}
	head, _ := m.b.Peek(2048)
	return isMbox(head)
}

var mboxLine = regexp.MustCompile(`^From \S.*\d\d:\d\d.*\b(19|20)\d\d\b`)

func isMbox(text []byte) bool {
	line, rest, _ := bytes.Cut(text, []byte("\n"))
	rest = bytes.TrimPrefix(rest, []byte(">"))
	return mboxLine.Match(line) && (headerName(rest) != "" || bytes.HasPrefix(rest, []byte("From ")))
}

func (h head) mbox() bool { return isMbox(h.text) }

var smtpLine = regexp.MustCompile(`^(?i:HELO|EHLO|MAIL FROM:)`)

// mail wants two headers that only mail has, where the text begins or behind an
// SMTP dialogue.
func (h head) mail() bool {
	text := bytes.TrimLeft(h.text, "\r\n")
	if smtpLine.Match(text) {
		text = new(message).preamble(text)
	}
	fields, _, _ := splitHeaders(text)
	var origin, other bool
	for _, f := range fields {
		switch f.name {
		case "from", "return-path", "received", "delivered-to", "message-id":
			other = other || origin
			origin = true
		case "to", "subject", "date", "mime-version", "dkim-signature", "authentication-results":
			other = true
		}
	}
	return origin && other && headerName(text) != ""
}
