package events

import (
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"mime"
	"regexp"
	"strings"

	"golang.org/x/net/html/charset"
)

const (
	// maxParts bounds the parts of one mail, maxDepth how deep they nest.
	maxParts = 1000
	maxDepth = 20
	// maxSearched is how much text of one mail is searched for links.
	maxSearched = 8 << 20
)

// part reads one part of a mail and those in it.
func (m *message) part(h headerFields, body []byte, depth int) {
	if m.parts++; m.parts > maxParts || depth > maxDepth {
		m.defect("too many parts, or parts too deep: the others were left out")
		return
	}
	kind, boundary := m.contentType(h)
	if strings.HasPrefix(kind, "multipart/") {
		pieces, closed := splitParts(body, boundary)
		if !closed {
			m.defect(kind + " that does not end")
		}
		for _, piece := range pieces {
			fields, inner, broken := splitHeaders(piece)
			if broken {
				m.defect("a line among the headers of a part is none")
			}
			m.part(fields, inner, depth+1)
		}
		if len(pieces) > 0 {
			return
		}
		kind = "text/plain"
	}
	decoded, broken := decodeTransfer(h.get("content-transfer-encoding"), body)
	if broken {
		m.defect("broken " + h.get("content-transfer-encoding") + " in " + kind)
	}
	name := fileName(h)
	disposition, _, _ := strings.Cut(strings.ToLower(h.get("content-disposition")), ";")
	if !strings.HasPrefix(kind, "text/") || name != "" || strings.TrimSpace(disposition) == "attachment" {
		m.attach(name, kind, decoded)
	}
	if kind == "message/rfc822" || kind == "message/global" {
		fields, inner, _ := splitHeaders(m.preamble(decoded))
		m.part(fields, inner, depth+1)
		return
	}
	m.search(h, kind, name, decoded)
}

// attach takes a part for a file.
func (m *message) attach(name, kind string, text []byte) {
	md, s1, s256 := md5.Sum(text), sha1.Sum(text), sha256.Sum256(text)
	m.attachments = append(m.attachments, attachment{
		name, kind, len(text),
		hex.EncodeToString(md[:]), hex.EncodeToString(s1[:]), hex.EncodeToString(s256[:]),
	})
}

var pageName = regexp.MustCompile(`(?i)\.(html?|shtml|xhtml|svg)$`)

// search looks for links in a part that is text or a page.
func (m *message) search(h headerFields, kind, name string, text []byte) {
	isPage := kind == "text/html" || kind == "image/svg+xml" || pageName.MatchString(name)
	if !isPage && !strings.HasPrefix(kind, "text/") {
		return
	}
	if label := parameter(h.get("content-type"), "charset"); label != "" {
		r, err := charset.NewReaderLabel(label, bytes.NewReader(text))
		if err == nil {
			if plain, err := io.ReadAll(io.LimitReader(r, maxSearched+1)); err == nil {
				text = plain
			}
		}
	}
	if room := maxSearched - m.searched; len(text) > room {
		m.defect(fmt.Sprintf("only the first %d MiB of text were searched for links", maxSearched>>20))
		text = text[:room]
	}
	m.searched += len(text)
	if isPage {
		m.links.page(text)
		return
	}
	m.links.text(text)
}

// contentType reads the type of a part, in lower case, and its boundary.
func (m *message) contentType(h headerFields) (kind, boundary string) {
	value := h.get("content-type")
	if value == "" {
		return "text/plain", ""
	}
	kind, params, err := mime.ParseMediaType(value)
	if err != nil && kind == "" || !strings.Contains(kind, "/") {
		m.defect("broken Content-Type")
		kind, _, _ = strings.Cut(value, ";")
		if kind = strings.ToLower(strings.TrimSpace(kind)); !strings.Contains(kind, "/") {
			kind = "text/plain"
		}
	}
	if boundary = params["boundary"]; boundary == "" {
		boundary = parameter(value, "boundary")
	}
	return decodeWords(kind), boundary
}

// parameter finds a parameter of a header, also where the header is broken.
func parameter(value, name string) string {
	if _, params, err := mime.ParseMediaType(value); err == nil {
		return params[name]
	}
	for _, piece := range strings.Split(value, ";") {
		key, text, ok := strings.Cut(piece, "=")
		if ok && strings.EqualFold(strings.TrimSpace(key), name) {
			return strings.Trim(strings.TrimSpace(text), `"`)
		}
	}
	return ""
}

func fileName(h headerFields) string {
	name := parameter(h.get("content-disposition"), "filename")
	if name == "" {
		name = parameter(h.get("content-type"), "name")
	}
	return decodeWords(name)
}

// splitParts cuts a body at the lines of its boundary; closed is false where
// the last one is missing. What stands before the first and behind the last is
// no part.
func splitParts(body []byte, boundary string) (parts [][]byte, closed bool) {
	mark := []byte("--" + boundary)
	if boundary == "" {
		return nil, false
	}
	start := -1
	for at := 0; at < len(body); {
		next := len(body)
		if i := bytes.IndexByte(body[at:], '\n'); i >= 0 {
			next = at + i + 1
		}
		if tail, ok := bytes.CutPrefix(body[at:next], mark); ok {
			tail = bytes.TrimSpace(tail)
			if last := string(tail) == "--"; last || len(tail) == 0 {
				if start >= 0 {
					parts = append(parts, withoutEnd(body[start:at]))
				}
				if start = next; last {
					return parts, true
				}
				if len(parts) > maxParts {
					return parts, false
				}
			}
		}
		at = next
	}
	if start >= 0 {
		parts = append(parts, body[start:])
	}
	return parts, false
}

// withoutEnd drops the line end that belongs to the boundary behind it.
func withoutEnd(text []byte) []byte {
	return bytes.TrimSuffix(bytes.TrimSuffix(text, []byte("\n")), []byte("\r"))
}
