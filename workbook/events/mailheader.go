package events

import (
	"bytes"
	"io"
	"mime"
	"net/mail"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
)

// A headerField is a header with its folds taken out; its name is in lower
// case.
type headerField struct {
	name, value string
}

type headerFields []headerField

// get returns the first header of a name.
func (h headerFields) get(name string) string {
	for _, f := range h {
		if f.name == name {
			return f.value
		}
	}
	return ""
}

// count is how many headers bear a name.
func (h headerFields) count(name string) (n int) {
	for _, f := range h {
		if f.name == name {
			n++
		}
	}
	return n
}

const (
	// maxHeaders bounds the headers of one part, maxHeaderBytes each of them.
	maxHeaders     = 1000
	maxHeaderBytes = 64 << 10
)

// splitHeaders cuts headers off a body. A line among them that is none is
// where the body begins, though later headers still count: a reader of mail
// may take it for either.
func splitHeaders(text []byte) (fields headerFields, body []byte, broken bool) {
	var stray []byte
	for len(text) > 0 {
		line, rest, _ := bytes.Cut(text, []byte("\n"))
		line = bytes.TrimSuffix(line, []byte("\r"))
		if len(line) == 0 {
			text = rest
			break
		}
		if name := headerName(line); name != "" {
			if len(fields) < maxHeaders {
				value := strings.TrimSpace(string(line[len(name)+1:]))
				value, rest = unfold(value, rest)
				fields = append(fields, headerField{strings.ToLower(strings.TrimRight(name, " \t")), value})
			}
		} else if stray == nil && !bytes.HasPrefix(bytes.TrimPrefix(line, []byte(">")), []byte("From ")) {
			stray = text
		}
		text = rest
	}
	if stray != nil {
		return fields, stray, true
	}
	return fields, text, false
}

// unfold joins the lines that continue a header to it.
func unfold(value string, rest []byte) (whole string, after []byte) {
	var b strings.Builder
	b.WriteString(value)
	for len(rest) > 0 && (rest[0] == ' ' || rest[0] == '\t') {
		line, next, _ := bytes.Cut(rest, []byte("\n"))
		if len(bytes.TrimSpace(line)) == 0 {
			break
		}
		if b.Len()+len(line) <= maxHeaderBytes {
			b.WriteByte(' ')
			b.Write(bytes.TrimSpace(line))
		}
		rest = next
	}
	whole = b.String()
	return whole[:min(len(whole), maxHeaderBytes)], rest
}

// headerName returns the name of the header that a line holds, with the blanks
// before its colon, "" where it holds none.
func headerName(line []byte) string {
	for i, c := range line[:min(len(line), 128)] {
		if c == ':' && i > 0 {
			return string(line[:i])
		}
		if c == ' ' || c == '\t' {
			if rest := bytes.TrimLeft(line[i:], " \t"); i > 0 && len(rest) > 0 && rest[0] == ':' {
				return string(line[:len(line)-len(rest)])
			}
			return ""
		}
		if c <= ' ' || c >= 0x7f {
			return ""
		}
	}
	return ""
}

// words decodes the encoded words of headers; bytes in an unknown character set
// stay as they are.
var words = mime.WordDecoder{CharsetReader: func(label string, input io.Reader) (io.Reader, error) {
	if r, err := charset.NewReaderLabel(label, input); err == nil {
		return r, nil
	}
	return input, nil
}}

func decodeWords(value string) string {
	if text, err := words.DecodeHeader(value); err == nil {
		value = text
	}
	if !utf8.ValidString(value) {
		value = string([]rune(value))
	}
	return value
}

// inCharset reads headers with bytes that are no UTF-8 in the character set of
// the body: mail that writes such headers means that one.
func inCharset(fields headerFields) headerFields {
	label := parameter(fields.get("content-type"), "charset")
	for i, f := range fields {
		if label == "" || utf8.ValidString(f.value) {
			continue
		}
		if r, err := charset.NewReaderLabel(label, strings.NewReader(f.value)); err == nil {
			if text, err := io.ReadAll(r); err == nil {
				fields[i].value = string(text)
			}
		}
	}
	return fields
}

// A mailbox is an address with the name before it.
type mailbox struct{ name, address string }

// maxRecipients bounds the addresses that are taken of one message.
const maxRecipients = 1000

// mailboxes reads the addresses of a header, also where they are broken.
func mailboxes(value string) []mailbox {
	parser := mail.AddressParser{WordDecoder: &words}
	var out []mailbox
	if list, err := parser.ParseList(value); err == nil {
		for _, a := range list[:min(len(list), maxRecipients)] {
			out = append(out, mailbox{strings.TrimSpace(decodeWords(a.Name)), decodeWords(a.Address)})
		}
		return out
	}
	for _, at := range looseAddress.FindAllStringSubmatchIndex(value, maxRecipients) {
		name := ""
		if len(out) == 0 {
			name = strings.Trim(decodeWords(strings.TrimSpace(value[:at[0]])), " \t\"<'")
		}
		out = append(out, mailbox{name, decodeWords(value[at[0]:at[1]])})
	}
	if len(out) == 0 && value != "" {
		out = append(out, mailbox{name: decodeWords(value)})
	}
	// The address in angle brackets is the one that counts: the name before it
	// may look like another.
	if i := strings.LastIndexByte(value, '<'); i >= 0 && len(out) > 1 && strings.Count(value, "<") == 1 {
		if at := looseAddress.FindString(value[i:]); at != "" {
			name := strings.Trim(decodeWords(strings.TrimSpace(value[:i])), " \t\"'")
			return []mailbox{{name, decodeWords(at)}}
		}
	}
	return out
}

var looseAddress = regexp.MustCompile(`[^\s<>"'(),;:\[\]@]+@[^\s<>"'(),;:@]+`)
