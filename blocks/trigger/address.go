package trigger

import (
	"fmt"
	"net/url"
	"strings"

	"tabletop/blocks/trigger/guard"
	"tabletop/workbook/source"
)

// maxURL is the longest URL that is sent, in bytes.
const maxURL = 8 << 10

// An endpoint is the URL of a configuration. Columns and secrets stand in its
// path and query only, so that no row chooses where a request goes.
type endpoint struct {
	parts template
	// scheme and host are those of every request; host has its port.
	scheme, host string
}

// compileEndpoint reads the template of a URL.
func compileEndpoint(text source.Text, s scanner) (endpoint, source.Problems) {
	fail := func(offset int, message, fix string) (endpoint, source.Problems) {
		return endpoint{}, source.Problems{text.Problem(offset, message, fix)}
	}
	e := endpoint{parts: s.scan(text.Value)}
	value := e.parts.blank(text.Value)
	if strings.TrimSpace(value) != value || strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r == 0x7f || r == '\\' }) {
		return fail(0, "the URL holds blanks or control bytes", "write a blank as %20")
	}
	scheme, rest, found := strings.Cut(value, "://")
	if !found || strings.ToLower(scheme) != "http" && strings.ToLower(scheme) != "https" {
		return fail(0, "the URL is not one of http or https", "write it as https://host/path")
	}
	path := len(value)
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		path = len(scheme) + len("://") + i
	}
	query := len(value)
	if i := strings.IndexByte(value, '?'); i >= 0 {
		query = i
	}
	if i := strings.IndexByte(value, '#'); i >= 0 {
		return fail(i, "the URL has a fragment", "what stands after # is never sent: remove it, or write # as %23")
	}
	for i, p := range e.parts {
		if p.literal == "" && p.offset < path {
			return fail(p.offset, p.name()+" stands in the scheme, host or port of the URL", "a row must not choose where a request goes: write the host out")
		}
		e.parts[i].encode = encodePath
		if p.offset > query {
			e.parts[i].encode = encodeQuery
		}
	}
	parsed, err := url.Parse(e.parts.with("x"))
	switch {
	case err != nil:
		return fail(0, "the URL can't be read: "+err.Error(), "")
	case parsed.Hostname() == "":
		return fail(0, "the URL has no host", "write it as https://host/path")
	case parsed.User != nil:
		return fail(0, "the URL holds a user or password", "send it in a header, with the secret as [name]")
	}
	e.scheme, e.host = parsed.Scheme, parsed.Host
	return e, nil
}

// hostname is the host without its port.
func (e endpoint) hostname() string { return (&url.URL{Host: e.host}).Hostname() }

// fill writes the URL for one row. Its error says which segment of the path
// would lead elsewhere.
func (e endpoint) fill(f filler) (string, error) {
	text, err := e.parts.fill(f)
	if err != nil || e.parts.constant() {
		return text, err
	}
	if len(text) > maxURL {
		return "", fmt.Errorf("the URL has %d bytes, and %d are the most that is sent", len(text), maxURL)
	}
	parsed, err := url.Parse(text)
	if err != nil {
		return "", fmt.Errorf("the URL %s can't be read", guard.Quote(text))
	}
	if parsed.Scheme != e.scheme || parsed.Host != e.host {
		return "", fmt.Errorf("the URL %s leads to another host", guard.Quote(text))
	}
	path, _, _ := strings.Cut(text, "?")
	pattern, _, _ := strings.Cut(e.parts.with("x"), "?")
	was := strings.Split(pattern, "/")
	for i, segment := range strings.Split(path, "/") {
		decoded, _ := url.PathUnescape(segment)
		if i < len(was) && was[i] != segment && (decoded == "" || decoded == "." || decoded == "..") {
			return "", fmt.Errorf("the URL would have %s as a segment of its path and lead elsewhere", guard.Quote(decoded))
		}
	}
	return text, nil
}
