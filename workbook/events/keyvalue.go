package events

import (
	"bufio"
	"bytes"
	"slices"
)

// openKeyValue reads key=value pairs between blanks, as logfmt and firewalls
// write them, bare or behind a syslog header. A value with blanks stands in
// quotes. Words that belong to no key are joined in the field "unkeyed".
func openKeyValue(b *bufio.Reader) (reader, error) {
	return openPerLine(b, parseKeyValue, append(slices.Clone(prefixNames), "unkeyed")...), nil
}

// keyvalue wants lines of nothing but pairs, two at least: many a line of text
// holds one.
func (h head) keyvalue() bool {
	f := filler{names: map[string]string{}}
	var r record
	return h.mostly(func(line []byte) bool {
		_, rest := keyValueStart(line)
		r.reset()
		f.begin(&r)
		pairs, words, problem := f.pairs(rest)
		return problem == "" && len(words) == 0 && pairs >= 2
	})
}

func parseKeyValue(f *filler, line []byte) string {
	prefix, rest := keyValueStart(line)
	f.syslogPrefix(prefix)
	pairs, words, problem := f.pairs(rest)
	if problem != "" {
		return problem
	}
	if pairs == 0 {
		return "no key=value"
	}
	f.putSome("unkeyed", words)
	return ""
}

// keyValueStart cuts the header of syslog off a line.
func keyValueStart(line []byte) (prefix, rest []byte) {
	var s syslogLine
	if s.parse(line) && s.app == nil && len(s.message) > 0 {
		at := len(line) - len(s.message)
		return line[:at], line[at:]
	}
	return nil, line
}

// pairs puts the pairs of a text, and returns how many there are and the words
// that are none.
func (f *filler) pairs(text []byte) (n int, words []byte, problem string) {
	for !f.full {
		text = bytes.TrimLeft(text, " \t")
		if len(text) == 0 {
			break
		}
		end := bytes.IndexAny(text, " \t=")
		if end < 0 || text[end] != '=' || !isName(text[:end]) {
			var word []byte
			word, text = upToBlank(text)
			if len(words) > 0 {
				words = append(words, ' ')
			}
			words = append(words, word...)
			continue
		}
		var value []byte
		key, rest := text[:end], text[end+1:]
		if len(rest) > 0 && rest[0] == '"' {
			var closed bool
			if value, text, closed = inQuotes(rest[1:]); !closed {
				return n, words, "a quote that does not end"
			}
			value = f.unescape(value, quoteEscape)
		} else {
			value, text = upToBlank(rest)
		}
		f.put(f.name(key), value)
		n++
	}
	return n, words, ""
}

func upToBlank(text []byte) (word, rest []byte) {
	end := bytes.IndexAny(text, " \t")
	if end < 0 {
		end = len(text)
	}
	return text[:end], text[end:]
}

// inQuotes cuts a text at the quote that ends it.
func inQuotes(text []byte) (inner, rest []byte, closed bool) {
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return text[:i], text[i+1:], true
		}
	}
	return nil, nil, false
}

func quoteEscape(c byte) byte {
	switch c {
	case '"', '\\':
		return c
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return 0
}
