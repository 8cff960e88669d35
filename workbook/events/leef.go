package events

import (
	"bufio"
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"unicode/utf8"
)

// leefNames are the fields of a LEEF header, in their order.
var leefNames = []string{"Vendor", "Product", "Version", "EventID"}

// openLEEF reads the Log Event Extended Format, 1.0 and 2.0: a header of fields
// between bars, then key=value pairs between tabs or what a 2.0 header names
// instead, bare or behind a syslog header. Backslashes in values stay: the
// format knows no escapes, and paths are written as they are.
func openLEEF(b *bufio.Reader) (reader, error) {
	return openPerLine(b, parseLEEF, slices.Concat(leefNames, prefixNames, []string{"extension"})...), nil
}

func (h head) leef() bool {
	return h.mostly(func(line []byte) bool { return markAt(line, "LEEF:") >= 0 })
}

func parseLEEF(f *filler, line []byte) string {
	at := markAt(line, "LEEF:")
	if at < 0 {
		return "no LEEF header (LEEF:2.0|…)"
	}
	header, rest := barred(line[at:], len(leefNames)+1, true)
	if len(header) < len(leefNames)+1 {
		return fmt.Sprintf("%s in the LEEF header, which has %d", fieldCount(len(header)), len(leefNames)+1)
	}
	f.syslogPrefix(line[:at])
	for i, name := range leefNames {
		f.put(name, bytes.TrimSpace(f.unescape(header[i+1], headerEscape)))
	}
	between := []byte("\t")
	if version := bytes.TrimSpace(header[0][len("LEEF:"):]); version[0] >= '2' {
		between, rest = leefDelimiter(rest)
	}
	f.attributes(rest, between)
	return ""
}

// leefDelimiter reads the delimiter of a 2.0 header, a character or its code as
// in x5E and 0x5E. It may be left out, with its bar or without.
func leefDelimiter(text []byte) (delimiter, rest []byte) {
	tab := []byte("\t")
	end := bytes.IndexByte(text, '|')
	if end < 0 || end > len("0x0000") {
		return tab, text
	}
	if end == 0 {
		// Two bars: no delimiter, or a bar that is one.
		if bytes.HasPrefix(text, []byte("||")) {
			return []byte("|"), text[2:]
		}
		return tab, text[1:]
	}
	field, rest := text[:end], text[end+1:]
	if utf8.RuneCount(field) == 1 && field[0] != '=' {
		return field, rest
	}
	if code, ok := bytes.CutPrefix(bytes.TrimPrefix(field, []byte("0")), []byte("x")); ok {
		if n, err := strconv.ParseUint(string(code), 16, 16); err == nil && n > 0 {
			return []byte(string(rune(n))), rest
		}
	}
	return tab, text
}

// attributes puts the pairs of a LEEF event. A piece that is no pair belongs to
// the value before it.
func (f *filler) attributes(text, between []byte) {
	var key []byte
	start := 0
	for at := 0; at < len(text) && !f.full; {
		end := len(text)
		if i := bytes.Index(text[at:], between); i >= 0 {
			end = at + i
		}
		name, _, isPair := bytes.Cut(text[at:end], []byte("="))
		if name = bytes.TrimSpace(name); isPair && isName(name) {
			if at > 0 {
				f.attribute(key, text[start:max(start, at-len(between))])
			}
			key, start = name, at+bytes.IndexByte(text[at:end], '=')+1
		}
		at = end + len(between)
	}
	f.attribute(key, text[start:])
}

func (f *filler) attribute(key, value []byte) {
	value = bytes.TrimSpace(value)
	if key == nil {
		f.putSome("extension", value)
		return
	}
	f.put(f.name(key), value)
}
