package events

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// A reader gives the events of a file one after the other.
type reader interface {
	// next fills r with the next event. It returns io.EOF behind the last one,
	// and any other error where nothing further can be read. What is wrong with
	// one event alone stands in its problem.
	next(r *record) error
	// stream is the stream that the file as a whole names, or "". It is final
	// once next has returned io.EOF.
	stream() string
}

// A format is a way in which events stand in a file.
type format struct {
	name string
	// looks tells from a file's first bytes whether it has the format.
	looks func(head []byte) bool
	open  func(b *bufio.Reader) (reader, error)
}

// formats are the known formats, in the order in which they are looked for.
// The last one fits everything.
func formats() []format {
	return []format{
		{"dnif", looksDNIF, openDocument},
		{"json", func(head []byte) bool { return firstByte(head) == '[' }, openDocument},
		{"ndjson", func(head []byte) bool { return firstByte(head) == '{' }, openNDJSON},
		{"zeek", func(head []byte) bool {
			return bytes.HasPrefix(head, []byte("#separator")) || bytes.HasPrefix(head, []byte("#fields"))
		}, openZeek},
		{"csv", looksCSV, openCSV},
		{"lines", func([]byte) bool { return true }, openLines},
	}
}

// FormatNames lists the names that a source may set as its format.
func FormatNames() []string {
	var names []string
	for _, f := range formats() {
		names = append(names, f.name)
	}
	slices.Sort(names)
	return names
}

const (
	// headBytes is how much of a file is looked at to tell its format.
	headBytes = 64 << 10
	// maxEventBytes bounds one event.
	maxEventBytes = 16 << 20
)

// detect chooses the format of a file by its first bytes, or by name.
func detect(b *bufio.Reader, name string) (format, error) {
	known := formats()
	if name != "" {
		i := slices.IndexFunc(known, func(f format) bool { return f.name == name })
		if i < 0 {
			return format{}, fmt.Errorf("unknown format %s (known: %s)", name, strings.Join(FormatNames(), ", "))
		}
		return known[i], nil
	}
	head, err := b.Peek(headBytes)
	if err != nil && err != io.EOF {
		return format{}, err
	}
	head = bytes.TrimPrefix(head, bom)
	for _, f := range known {
		if f.looks(head) {
			return f, nil
		}
	}
	panic("events: no format fits")
}

var bom = []byte("\ufeff")

// skipBOM drops a byte order mark and returns the number of bytes dropped.
func skipBOM(b *bufio.Reader) int64 {
	if head, _ := b.Peek(len(bom)); bytes.Equal(head, bom) {
		n, _ := b.Discard(len(bom))
		return int64(n)
	}
	return 0
}

func firstByte(head []byte) byte {
	if i := skipSpace(head, 0); i < len(head) {
		return head[i]
	}
	return 0
}

// looksDNIF tells an answer of DNIF's Search API (one object that holds the
// events) from one event a line.
func looksDNIF(head []byte) bool {
	if firstByte(head) != '{' {
		return false
	}
	line, _, _ := bytes.Cut(bytes.TrimLeft(head, " \t\r\n"), []byte("\n"))
	var event map[string]json.RawMessage
	if json.Unmarshal(line, &event) == nil {
		_, hasResult := event["result"]
		_, hasList := event["fields_list"]
		return hasResult && hasList
	}
	return bytes.Contains(head, []byte(`"fields_list"`)) || bytes.Contains(head, []byte(`"result"`)) && bytes.Contains(head, []byte(`[`))
}

// looksCSV takes a first line with a delimiter for a header.
func looksCSV(head []byte) bool {
	line, _, _ := bytes.Cut(head, []byte("\n"))
	return bytes.ContainsAny(line, ",;\t") && !bytes.ContainsAny(line, " /?=")
}

// lineReader splits a file into lines of bounded length.
type lineReader struct {
	b            *bufio.Reader
	offset, line int64
	long         []byte
}

// next returns the next line without its end, and where it began. A line over
// maxEventBytes comes back cut, with tooLong set.
func (l *lineReader) next() (text []byte, offset, line int64, tooLong bool, err error) {
	offset = l.offset
	l.line++
	text, err = l.b.ReadSlice('\n')
	l.offset += int64(len(text))
	if err == bufio.ErrBufferFull {
		l.long = append(l.long[:0], text...)
		for err == bufio.ErrBufferFull {
			text, err = l.b.ReadSlice('\n')
			l.offset += int64(len(text))
			if len(l.long)+len(text) > maxEventBytes {
				tooLong = true
				continue
			}
			l.long = append(l.long, text...)
		}
		text = l.long
	}
	if err == io.EOF && len(text) > 0 {
		err = nil
	}
	text = bytes.TrimSuffix(text, []byte("\n"))
	return bytes.TrimSuffix(text, []byte("\r")), offset, l.line, tooLong, err
}

var tooLongProblem = fmt.Sprintf("longer than %d bytes", maxEventBytes)
