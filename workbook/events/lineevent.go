package events

import (
	"bufio"
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// perLine reads formats in which every line that is not blank is one event.
type perLine struct {
	lines  lineReader
	filler filler
	parse  lineParser
}

// A lineParser puts the fields of a line into a record through f, or says what
// is wrong with the line. What it puts may point into the line.
type lineParser func(f *filler, line []byte) (problem string)

// openPerLine reads lines with parse. A key that an event chooses itself and
// that could pass for one of reserved stands as extension.KEY.
func openPerLine(b *bufio.Reader, parse lineParser, reserved ...string) *perLine {
	skipped := skipBOM(b)
	return &perLine{
		lines:  lineReader{b: b, offset: skipped},
		filler: filler{names: map[string]string{}, reserved: reserved},
		parse:  parse,
	}
}

func (p *perLine) stream() string { return "" }

func (p *perLine) next(r *record) error {
	for {
		text, offset, line, tooLong, err := p.lines.next()
		if err != nil {
			return err
		}
		if len(bytes.TrimSpace(text)) == 0 {
			continue
		}
		r.reset()
		r.offset, r.line = offset, line
		if tooLong {
			r.problem = tooLongProblem
			return nil
		}
		p.filler.begin(r)
		problem := p.parse(&p.filler, text)
		if problem == "" && p.filler.full {
			problem = fmt.Sprintf("more than %d fields", maxFields)
		}
		if problem != "" {
			r.reset()
			r.problem = problem
		}
		return nil
	}
}

// maxFields bounds the fields of one event.
const maxFields = 4096

// A filler puts fields of plain text into a record.
type filler struct {
	record *record
	// names keeps one string for each key, so that a key costs nothing after
	// its first event.
	names map[string]string
	// reserved are the fields that the format itself gives.
	reserved []string
	// unescaped holds the values that do not stand in the line as they are.
	unescaped []byte
	// full says that there were more fields than an event may have.
	full bool
	// raw says that values are to stay as they stand in the line.
	raw bool
}

func (f *filler) begin(r *record) {
	f.record, f.unescaped, f.full = r, f.unescaped[:0], false
}

// put adds a field.
func (f *filler) put(key string, text []byte) {
	if len(f.record.keys) >= maxFields {
		f.full = true
		return
	}
	f.record.add(key, rawValue{text: text})
}

// putSome adds a field unless its text is empty.
func (f *filler) putSome(key string, text []byte) {
	if len(text) > 0 {
		f.put(key, text)
	}
}

// has reports whether the record has a key that a column could take for key.
func (f *filler) has(key string) bool {
	for _, k := range f.record.keys {
		if match(key, k) != noMatch {
			return true
		}
	}
	return false
}

// name is what a key is called that an event chooses itself.
func (f *filler) name(key []byte) string {
	if name, ok := f.names[string(key)]; ok {
		return name
	}
	name := string(key)
	if !utf8.ValidString(name) {
		name = string([]rune(name))
	}
	for _, reserved := range f.reserved {
		if match(reserved, name) != noMatch {
			name = "extension." + name
			break
		}
	}
	if len(f.names) < maxKeys {
		f.names[string(key)] = name
	}
	return name
}

// unescape takes the backslashes out of a text: escaped gives the byte that a
// byte behind a backslash means, 0 where both stay as they are.
func (f *filler) unescape(text []byte, escaped func(c byte) byte) []byte {
	if f.raw || bytes.IndexByte(text, '\\') < 0 {
		return text
	}
	start := len(f.unescaped)
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+1 < len(text) {
			if c := escaped(text[i+1]); c != 0 {
				f.unescaped = append(f.unescaped, c)
				i++
				continue
			}
		}
		f.unescaped = append(f.unescaped, text[i])
	}
	return f.unescaped[start:]
}

// isName reports whether a text can be the key of a key=value pair.
func isName(text []byte) bool {
	for _, c := range text {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c >= utf8.RuneSelf
		if !letter && !strings.ContainsRune("_.-@$#[]", rune(c)) {
			return false
		}
	}
	return len(text) > 0
}

// mostly reports whether more than half of the first lines, and at least one,
// are what is looked for.
func (h head) mostly(is func(line []byte) bool) bool {
	n := 0
	for _, line := range h.lines {
		if is(line) {
			n++
		}
	}
	return n > 0 && 2*n > len(h.lines)
}
