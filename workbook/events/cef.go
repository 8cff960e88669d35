package events

import (
	"bufio"
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// cefNames are the fields of a CEF header, in their order.
var cefNames = []string{"DeviceVendor", "DeviceProduct", "DeviceVersion", "SignatureID", "Name", "Severity"}

// openCEF reads the Common Event Format: a header of fields between bars, then
// key=value pairs between blanks, bare or behind a syslog header.
//
// A key that bears the name of a header field stands as extension.KEY, so that
// it can't pass for the header. A value also stands under the label that the
// event gives its key (cs1Label), unless the event has such a key already.
func openCEF(b *bufio.Reader) (reader, error) {
	return openPerLine(b, parseCEF, slices.Concat(cefNames, prefixNames, []string{"extension"})...), nil
}

func (h head) cef() bool {
	return h.mostly(func(line []byte) bool { return markAt(line, "CEF:") >= 0 })
}

func parseCEF(f *filler, line []byte) string {
	at := markAt(line, "CEF:")
	if at < 0 {
		return "no CEF header (CEF:0|…)"
	}
	header, rest := barred(line[at:], len(cefNames)+1, true)
	if len(header) < len(cefNames)+1 {
		return fmt.Sprintf("%s in the CEF header, which has %d", fieldCount(len(header)), len(cefNames)+1)
	}
	f.syslogPrefix(line[:at])
	for i, name := range cefNames {
		f.put(name, bytes.TrimSpace(f.unescape(header[i+1], headerEscape)))
	}
	f.extension(rest)
	f.labels()
	return ""
}

// headerEscape is what a backslash means in a header, valueEscape in a value.
func headerEscape(c byte) byte {
	if c == '|' || c == '\\' || c == '=' {
		return c
	}
	return 0
}

func valueEscape(c byte) byte {
	switch c {
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	}
	return headerEscape(c)
}

// maxPrefixBytes is how far into a line a mark may stand behind the header of
// syslog.
const maxPrefixBytes = 1024

// markAt finds where CEF:0| or LEEF:2.0| begins in a line, -1 where it does
// not: at the line's beginning or behind a header.
func markAt(line []byte, mark string) int {
	for from := 0; ; {
		i := bytes.Index(line[from:min(len(line), maxPrefixBytes)], []byte(mark))
		if i < 0 {
			return -1
		}
		i += from
		from = i + len(mark)
		if i > 0 && !strings.ContainsRune(" \t:>", rune(line[i-1])) {
			continue
		}
		version := bytes.TrimLeft(line[from:min(len(line), from+8)], " ")
		digits := bytes.TrimLeft(version, "0123456789.")
		if len(digits) < len(version) && len(digits) > 0 && digits[0] == '|' {
			return i
		}
	}
}

// barred cuts the first n fields that end in a bar off a text. With escapes, a
// bar behind a backslash is none.
func barred(text []byte, n int, escapes bool) (fields [][]byte, rest []byte) {
	start := 0
	for i := 0; i < len(text) && len(fields) < n; i++ {
		switch {
		case escapes && text[i] == '\\':
			i++
		case text[i] == '|':
			fields = append(fields, text[start:i])
			start = i + 1
		}
	}
	return fields, text[start:]
}

// extension puts the pairs of an extension. A value goes on until the next key
// that stands behind a blank; text before the first key is the field
// "extension".
func (f *filler) extension(text []byte) {
	var key []byte
	// start is where the value began, word where the word at hand did; in a word
	// only what stands before its first = can be a key.
	start, word, named := 0, 0, false
	for i := 0; i < len(text) && !f.full; i++ {
		switch text[i] {
		case '\\':
			i++
		case ' ', '\t':
			word, named = i+1, false
		case '=':
			if !named && isName(text[word:i]) {
				f.pair(key, text[start:word])
				key, start = text[word:i], i+1
			}
			named = true
		}
	}
	f.pair(key, text[start:])
}

// pair puts one pair of an extension, with no key the text before the first.
func (f *filler) pair(key, value []byte) {
	value = bytes.TrimSpace(value)
	if key == nil {
		f.putSome("extension", f.unescape(value, valueEscape))
		return
	}
	f.put(f.name(key), f.unescape(value, valueEscape))
}

// maxLabels bounds the labels of one event, maxLabelBytes each of them.
const (
	maxLabels     = 64
	maxLabelBytes = 256
)

// labels puts each value that has a label under that label also.
func (f *filler) labels() {
	keys, values := f.record.keys, f.record.values
	labels := 0
	for i, key := range keys {
		bare, isLabel := strings.CutSuffix(key, "Label")
		text := values[i].text
		if !isLabel || bare == "" || len(text) == 0 || len(text) > maxLabelBytes || labels == maxLabels {
			continue
		}
		labels++
		label := f.name(text)
		if f.has(label) {
			continue
		}
		for j := range keys {
			if keys[j] == bare {
				f.put(label, values[j].text)
				break
			}
		}
	}
}
