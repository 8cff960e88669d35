package events

import (
	"bytes"
	"errors"
	"net/url"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
)

const (
	// maxLinks bounds the links of one mail, maxLinkBytes each of them.
	maxLinks     = 1000
	maxLinkBytes = 8192
	// maxTokenBytes bounds a tag of a page.
	maxTokenBytes = 1 << 20
)

// links are the web addresses of a mail, each once, as they are written.
type links struct {
	found []string
	seen  map[string]bool
}

func (l *links) add(link string) {
	if len(l.found) >= maxLinks || l.seen[link] {
		return
	}
	if l.seen == nil {
		l.seen = map[string]bool{}
	}
	if !utf8.ValidString(link) {
		link = string([]rune(link))
	}
	l.seen[link] = true
	l.found = append(l.found, link)
}

// text finds the addresses in running text: those with a scheme of the web, and
// those that begin with www.
func (l *links) text(text []byte) {
	for at := 0; at < len(text) && len(l.found) < maxLinks; {
		i := bytes.IndexAny(text[at:], ":wW")
		if i < 0 {
			return
		}
		i += at
		start := linkStart(text, i)
		if start < at {
			at = i + 1
			continue
		}
		end := linkEnd(text, start)
		if link := trimLink(text[start:end]); bytes.IndexByte(link, '.') > 0 || bytes.Contains(link, []byte("//")) && !bytes.HasSuffix(link, []byte("//")) {
			l.add(string(link))
		}
		at = max(end, i+1)
	}
}

// linkStart returns where the address begins whose :// or www. is at i, -1
// where there is none.
func linkStart(text []byte, i int) int {
	if text[i] != ':' {
		inside := i > 0 && (isWordByte(text[i-1]) || text[i-1] == '.' || text[i-1] == '@' || text[i-1] == '-')
		if inside || len(text) < i+5 || !bytes.EqualFold(text[i:i+4], []byte("www.")) || !isWordByte(text[i+4]) {
			return -1
		}
		return i
	}
	if !bytes.HasPrefix(text[i:], []byte("://")) {
		return -1
	}
	for _, scheme := range []string{"https", "http", "ftp"} {
		if i >= len(scheme) && bytes.EqualFold(text[i-len(scheme):i], []byte(scheme)) {
			return i - len(scheme)
		}
	}
	return -1
}

func isWordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c >= utf8.RuneSelf
}

func linkEnd(text []byte, start int) int {
	end := start
	for end < len(text) && end-start < maxLinkBytes && text[end] > ' ' && text[end] != 0x7f && !strings.ContainsRune("<>\"`", rune(text[end])) {
		end++
	}
	return end
}

// trimLink drops what ends a sentence or a bracket rather than an address.
func trimLink(link []byte) []byte {
	var open, closed [3]int
	for i, bracket := range []string{"()", "[]", "{}"} {
		open[i] = bytes.Count(link, []byte(bracket[:1]))
		closed[i] = bytes.Count(link, []byte(bracket[1:]))
	}
	for ; len(link) > 0; link = link[:len(link)-1] {
		last := link[len(link)-1]
		if strings.IndexByte(".,;:!?'*|", last) >= 0 {
			continue
		}
		i := strings.IndexByte(")]}", last)
		if i < 0 || closed[i] <= open[i] {
			break
		}
		closed[i]--
	}
	return link
}

// addressAttributes are the attributes of a page that hold one address.
var addressAttributes = map[string]bool{
	"href": true, "src": true, "action": true, "formaction": true, "background": true, "poster": true, "data": true, "cite": true, "xlink:href": true, "longdesc": true,
}

// page finds the addresses in a page: in attributes, in text and in comments,
// which Outlook shows under conditions.
func (l *links) page(text []byte) {
	z := html.NewTokenizer(bytes.NewReader(text))
	z.SetMaxBuf(maxTokenBytes)
	var base *url.URL
	for len(l.found) < maxLinks {
		switch z.Next() {
		case html.ErrorToken:
			if errors.Is(z.Err(), html.ErrBufferExceeded) {
				l.text(text)
			}
			return
		case html.TextToken:
			l.text(z.Text())
		case html.CommentToken:
			l.text(z.Raw())
		case html.StartTagToken, html.SelfClosingTagToken:
			name, more := z.TagName()
			isBase := string(name) == "base"
			for more {
				var key, value []byte
				key, value, more = z.TagAttr()
				switch {
				case isBase && string(key) == "href" && base == nil:
					base, _ = url.Parse(string(webAddress(value)))
					l.attribute(value, nil)
				case addressAttributes[string(key)]:
					l.attribute(value, base)
				case !bytes.HasPrefix(key, []byte("xmlns")):
					l.text(value)
				}
			}
		}
	}
}

// webAddress takes out of an attribute what a browser drops.
func webAddress(value []byte) []byte {
	value = bytes.TrimFunc(value, func(r rune) bool { return r <= ' ' })
	return bytes.Map(func(r rune) rune {
		if r == '\t' || r == '\n' || r == '\r' {
			return -1
		}
		return r
	}, value)
}

// attribute takes an attribute's value where it leads to the web.
func (l *links) attribute(value []byte, base *url.URL) {
	value = webAddress(value)
	if len(value) > maxLinkBytes {
		value = value[:maxLinkBytes]
	}
	scheme, _, hasScheme := strings.Cut(string(value), ":")
	switch scheme = strings.ToLower(scheme); {
	case hasScheme && (scheme == "http" || scheme == "https" || scheme == "ftp"):
		l.add(string(value))
	case bytes.HasPrefix(value, []byte("//")):
		l.add("http:" + string(value))
	case base != nil && base.Host != "" && len(value) > 0 && value[0] != '#':
		if relative, err := url.Parse(string(value)); err == nil && relative.Scheme == "" {
			l.add(base.ResolveReference(relative).String())
		}
	default:
		l.text(value)
	}
}
