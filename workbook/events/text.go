package events

import (
	"bufio"
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// zeekReader reads Zeek's tab-separated logs: # lines of headers, then one
// event a line. The unset mark and the empty mark are nothing.
type zeekReader struct {
	lines        lineReader
	fields       []string
	unset, empty string
	path         string
	separator    string
}

func openZeek(b *bufio.Reader) (reader, error) {
	skipped := skipBOM(b)
	return &zeekReader{lines: lineReader{b: b, offset: skipped}, unset: "-", empty: "(empty)", separator: "\t"}, nil
}

func (z *zeekReader) stream() string { return z.path }

func (z *zeekReader) next(r *record) error {
	for {
		text, offset, line, tooLong, err := z.lines.next()
		if err != nil {
			return err
		}
		if len(text) == 0 {
			continue
		}
		if text[0] == '#' {
			z.directive(string(text))
			continue
		}
		r.reset()
		r.offset, r.line = offset, line
		if tooLong {
			r.problem = tooLongProblem
			return nil
		}
		parts := bytes.Split(text, []byte(z.separator))
		if len(parts) != len(z.fields) {
			r.problem = fmt.Sprintf("%s where #fields has %d", fieldCount(len(parts)), len(z.fields))
			return nil
		}
		for i, part := range parts {
			if s := string(part); s == z.unset || s == z.empty {
				part = nil
			}
			r.add(z.fields[i], rawValue{text: part})
		}
		return nil
	}
}

// directive takes a header line.
func (z *zeekReader) directive(text string) {
	if mark, ok := strings.CutPrefix(text, "#separator "); ok {
		if c, err := strconv.Unquote(`"` + mark + `"`); err == nil && c != "" {
			z.separator = c
		}
		return
	}
	name, value, _ := strings.Cut(text, z.separator)
	switch name {
	case "#fields":
		z.fields = strings.Split(value, z.separator)
	case "#unset_field":
		z.unset = value
	case "#empty_field":
		z.empty = value
	case "#path":
		z.path = value
	}
}

// plainLines reads one value a line, as the field "line".
type plainLines struct{ lines lineReader }

func openLines(b *bufio.Reader) (reader, error) {
	skipped := skipBOM(b)
	return &plainLines{lineReader{b: b, offset: skipped}}, nil
}

func (p *plainLines) stream() string { return "" }

func (p *plainLines) next(r *record) error {
	for {
		text, offset, line, tooLong, err := p.lines.next()
		if err != nil {
			return err
		}
		text = bytes.TrimSpace(text)
		if len(text) == 0 {
			continue
		}
		r.reset()
		r.offset, r.line = offset, line
		if tooLong {
			r.problem = tooLongProblem
			return nil
		}
		r.add("line", rawValue{text: text})
		return nil
	}
}
