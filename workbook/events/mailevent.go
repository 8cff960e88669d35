package events

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/mail"
	"strings"
	"time"
)

// A message is what was found in one mail.
type message struct {
	headers headerFields
	// returnPath and envelope are what the SMTP dialogue before the headers
	// tells, where there is one.
	returnPath  string
	envelope    []string
	bytes       int
	links       links
	attachments []attachment
	defects     []string
	parts       int
	// searched is how many bytes of text were searched for links.
	searched int
}

// An attachment is a part of a mail that is a file.
type attachment struct {
	Name   string `json:"name"`
	Type   string `json:"type"`
	Bytes  int    `json:"bytes"`
	MD5    string `json:"md5"`
	SHA1   string `json:"sha1"`
	SHA256 string `json:"sha256"`
}

// readMessage reads one mail; false where it has no headers at all.
func readMessage(text []byte) (*message, bool) {
	m := &message{bytes: len(text)}
	text = m.preamble(text)
	fields, body, broken := splitHeaders(text)
	if len(fields) == 0 {
		return nil, false
	}
	if broken {
		m.defect("a line among the headers is none")
	}
	m.headers = inCharset(fields)
	if n := fields.count("from"); n > 1 {
		m.defect(fmt.Sprintf("%d From headers, the first counts", n))
	}
	m.part(fields, body, 0)
	return m, true
}

// maxPreambleLines is how many lines may stand before the headers.
const maxPreambleLines = 100

// preamble drops what stands before the headers: blank lines, the line of mbox
// and an SMTP dialogue, which names the envelope.
func (m *message) preamble(text []byte) []byte {
	rest := text
	for range maxPreambleLines {
		line, after, _ := bytes.Cut(rest, []byte("\n"))
		line = bytes.TrimSpace(line)
		if len(rest) == 0 || headerName(rest) != "" && !isCommand(line) {
			return rest
		}
		if path, ok := cutCommand(line, "MAIL FROM:"); ok {
			m.returnPath = path
		} else if path, ok := cutCommand(line, "RCPT TO:"); ok && path != "" {
			m.envelope = append(m.envelope, path)
		}
		rest = after
	}
	return text
}

func isCommand(line []byte) bool {
	return len(line) >= 8 && (strings.EqualFold(string(line[:8]), "RCPT TO:") || strings.EqualFold(string(line[:8]), "MAIL FRO"))
}

func cutCommand(line []byte, command string) (path string, ok bool) {
	if len(line) < len(command) || !strings.EqualFold(string(line[:len(command)]), command) {
		return "", false
	}
	path, _, _ = strings.Cut(strings.TrimSpace(string(line[len(command):])), " ")
	return strings.Trim(path, "<>"), true
}

// maxDefects bounds what is said to be wrong with one mail.
const maxDefects = 20

func (m *message) defect(what string) {
	if len(m.defects) < maxDefects {
		m.defects = append(m.defects, what)
	}
}

// plainHeaders are the headers that stand in an event as they are written.
var plainHeaders = [][2]string{
	{"to", "to"},
	{"cc", "cc"},
	{"bcc", "bcc"},
	{"delivered-to", "delivered_to"},
	{"date", "date"},
	{"in-reply-to", "in_reply_to"},
	{"authentication-results", "authentication_results"},
	{"received-spf", "received_spf"},
	{"x-originating-ip", "originating_ip"},
	{"x-mailer", "mailer"},
	{"list-id", "list_id"},
}

// fill puts the mail into a record. Lists are JSON arrays, and are left out
// where they are empty, as is all that the mail does not say.
func (m *message) fill(r *record) {
	put := func(key, value string) {
		if value != "" {
			r.add(key, rawValue{text: []byte(value)})
		}
	}
	if from := mailboxes(m.headers.get("from")); len(from) > 0 {
		put("sender", from[0].address)
		put("sender_name", from[0].name)
	}
	put("from", decodeWords(m.headers.get("from")))
	put("return_path", m.path())
	put("reply_to", firstAddress(m.headers.get("reply-to")))
	put("header_sender", firstAddress(m.headers.get("sender")))
	recipients := m.recipients()
	if len(recipients) > 0 {
		put("recipient", recipients[0])
	}
	putList(r, "recipients", recipients)
	put("subject", decodeWords(m.headers.get("subject")))
	put("time", mailTime(m.headers.get("date")))
	put("received_time", receivedTime(m.headers.get("received")))
	put("message_id", strings.Trim(m.headers.get("message-id"), "<> "))
	for _, names := range plainHeaders {
		put(names[1], decodeWords(m.headers.get(names[0])))
	}
	put("bytes", fmt.Sprint(m.bytes))
	putList(r, "urls", m.links.found)
	m.fillAttachments(r)
	putList(r, "defects", m.defects)
}

func (m *message) fillAttachments(r *record) {
	var names, md5s, sha1s, sha256s []string
	for _, a := range m.attachments {
		if a.Name != "" {
			names = append(names, a.Name)
		}
		md5s, sha1s, sha256s = append(md5s, a.MD5), append(sha1s, a.SHA1), append(sha256s, a.SHA256)
	}
	putList(r, "attachments", m.attachments)
	putList(r, "attachment_names", names)
	putList(r, "attachment_md5", md5s)
	putList(r, "attachment_sha1", sha1s)
	putList(r, "attachment_sha256", sha256s)
}

// putList adds a field that is a JSON array.
func putList[T any](r *record, key string, values []T) {
	if len(values) == 0 {
		return
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(values); err != nil {
		return
	}
	r.add(key, rawValue{text: bytes.TrimSpace(b.Bytes()), json: true})
}

// path is the sender on the envelope; "" where there is none, as in a bounce.
func (m *message) path() string {
	if value := m.headers.get("return-path"); value != "" {
		return firstAddress(value)
	}
	return m.returnPath
}

// recipients are the addresses of To, Cc and Bcc and those on the envelope, each
// once.
func (m *message) recipients() []string {
	var out []string
	seen := map[string]bool{}
	add := func(address string) {
		if address != "" && !seen[address] && len(out) < maxRecipients {
			seen[address] = true
			out = append(out, address)
		}
	}
	for _, name := range []string{"to", "cc", "bcc"} {
		for _, f := range m.headers {
			if f.name != name {
				continue
			}
			for _, box := range mailboxes(f.value) {
				add(box.address)
			}
		}
	}
	for _, address := range m.envelope {
		add(address)
	}
	return out
}

func firstAddress(value string) string {
	for _, box := range mailboxes(value) {
		if box.address != "" {
			return box.address
		}
	}
	return ""
}

// mailTime reads a date as RFC 3339, "" where it is none.
func mailTime(date string) string {
	t, err := mail.ParseDate(date)
	if err != nil {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// receivedTime is the time of the last server that took the mail: unlike Date,
// its sender did not write it.
func receivedTime(received string) string {
	i := strings.LastIndexByte(received, ';')
	if i < 0 {
		return ""
	}
	return mailTime(strings.TrimSpace(received[i+1:]))
}
