package events

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
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
	// extensions are those by which a file's name tells the format.
	extensions []string
	// looks tells from a file's beginning whether it has the format, reason what
	// was seen there.
	looks  func(h head) bool
	reason string
	open   func(b *bufio.Reader) (reader, error)
}

// formats are the known formats, in the order in which they are looked for.
// The last one fits everything.
func formats() []format {
	return []format{
		{"zeek", nil, head.zeek, "begins with #separator or #fields", openZeek},
		{"dnif", nil, head.dnif, "an object that holds fields_list or result", openDocument},
		{"json", nil, func(h head) bool { return h.first == '[' }, "begins with [", openDocument},
		{"ndjson", []string{".ndjson", ".jsonl"}, head.ndjson, "lines are JSON objects", openNDJSON},
		{"cef", []string{".cef"}, head.cef, "most lines hold CEF:", openCEF},
		{"leef", []string{".leef"}, head.leef, "most lines hold LEEF:", openLEEF},
		{"mbox", []string{".mbox"}, head.mbox, "begins with a line From", openMbox},
		{"mail", []string{".eml"}, head.mail, "begins with headers of mail", openMail},
		{"syslog", nil, head.syslog, "most lines begin as syslog's, with a time and a host", openSyslog},
		{"keyvalue", nil, head.keyvalue, "most lines are key=value pairs", openKeyValue},
		{"csv", []string{".csv", ".tsv"}, head.csv, "lines have as many delimiters as the first", openCSV},
		{"lines", nil, func(head) bool { return true }, "nothing else fits", openLines},
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

// detect chooses the format of a file: the one that is set, else the one that
// its content shows beyond doubt, else that of the extension of its name, else
// what its content looks like. The reason says which of these it was.
func detect(b *bufio.Reader, set, name string) (form format, reason string, err error) {
	known := formats()
	if set != "" {
		i := slices.IndexFunc(known, func(f format) bool { return f.name == set })
		if i < 0 {
			return format{}, "", fmt.Errorf("unknown format %s (known: %s)", set, strings.Join(FormatNames(), ", "))
		}
		return known[i], "set in " + SourcesName, nil
	}
	text, err := b.Peek(headBytes)
	if err != nil && !errors.Is(err, io.EOF) {
		return format{}, "", err
	}
	name = strings.TrimSuffix(strings.TrimSuffix(strings.ToLower(name), ".gz"), ".zst")
	for _, f := range known { // a mail may hold anything
		if (f.name == "mail" || f.name == "mbox") && strings.HasSuffix(name, f.extensions[0]) {
			return f, "named " + f.extensions[0], nil
		}
	}
	if bytes.IndexByte(text, 0) >= 0 {
		return format{}, "", noText(string(text))
	}
	h := newHead(text)
	for _, f := range known[:3] {
		if f.looks(h) {
			return f, f.reason, nil
		}
	}
	for _, f := range known {
		for _, extension := range f.extensions {
			if strings.HasSuffix(name, extension) {
				return f, "named " + extension, nil
			}
		}
	}
	for _, f := range known {
		if f.looks(h) {
			return f, f.reason, nil
		}
	}
	panic("events: no format fits")
}

// A head is the beginning of a file, looked at once.
type head struct {
	text  []byte
	first byte
	// lines are the first whole lines that are not blank, objects how many of
	// them are JSON objects each.
	lines   [][]byte
	objects int
}

// headLines is how many lines of a file are looked at.
const headLines = 10

func newHead(text []byte) head {
	text = bytes.TrimPrefix(text, bom)
	h := head{text: text}
	if i := skipSpace(text, 0); i < len(text) {
		h.first = text[i]
	}
	cut := len(text) >= headBytes-len(bom)
	for rest := text; len(rest) > 0 && len(h.lines) < headLines; {
		line, after, whole := bytes.Cut(rest, []byte("\n"))
		rest = after
		if line = bytes.TrimSpace(line); len(line) == 0 || !whole && cut {
			continue
		}
		h.lines = append(h.lines, line)
		if line[0] == '{' && json.Valid(line) {
			h.objects++
		}
	}
	return h
}

func (h head) zeek() bool {
	return bytes.HasPrefix(h.text, []byte("#separator")) || bytes.HasPrefix(h.text, []byte("#fields"))
}

func (h head) ndjson() bool { return h.objects > 0 || h.first == '{' }

// dnif tells an answer of DNIF's Search API, one object that holds the events,
// from one event a line.
func (h head) dnif() bool {
	if h.first != '{' || h.objects > 1 {
		return false
	}
	if h.objects == 1 {
		var answer struct {
			Fields *json.RawMessage `json:"fields_list"`
			Result []json.RawMessage
		}
		return json.Unmarshal(h.lines[0], &answer) == nil && answer.Fields != nil && answer.Result != nil
	}
	return bytes.Contains(h.text, []byte(`"fields_list"`)) || bytes.Contains(h.text, []byte(`"result"`))
}

// csv takes a first line with a delimiter for a header where the lines behind
// it have as many fields.
func (h head) csv() bool {
	if len(h.lines) == 0 {
		return false
	}
	d := []byte{delimiter(bytes.Join(h.lines, []byte("\n")), '"')}
	fields := bytes.Count(h.lines[0], d)
	if fields == 0 || d[0] == '|' { // which stands in lines of any kind
		return false
	}
	if len(h.lines) == 1 {
		return !bytes.Contains(h.lines[0], []byte("://"))
	}
	return bytes.Contains(h.lines[1], []byte(`"`)) || bytes.Count(h.lines[1], d) == fields
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
	if errors.Is(err, bufio.ErrBufferFull) {
		l.long = append(l.long[:0], text...)
		for errors.Is(err, bufio.ErrBufferFull) {
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
	if errors.Is(err, io.EOF) && len(text) > 0 {
		err = nil
	}
	text = bytes.TrimSuffix(text, []byte("\n"))
	return bytes.TrimSuffix(text, []byte("\r")), offset, l.line, tooLong, err
}

var tooLongProblem = fmt.Sprintf("longer than %d bytes", maxEventBytes)

// otherThanHeader is the problem of a record of delimited text that has more or
// fewer fields than its header.
func otherThanHeader(fields, header int) string {
	return fmt.Sprintf("%s where the header has %d", fieldCount(fields), header)
}

func fieldCount(n int) string {
	if n == 1 {
		return "1 field"
	}
	return fmt.Sprintf("%d fields", n)
}
