package events

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
)

// csvReader reads delimited text whose first line names the columns. An empty
// field is nothing.
type csvReader struct {
	csv    *csv.Reader
	header []string
	start  int64
}

func openCSV(b *bufio.Reader) (reader, error) {
	start := skipBOM(b)
	head, err := b.Peek(headBytes)
	if err != nil && err != io.EOF {
		return nil, err
	}
	c := csv.NewReader(b)
	c.Comma = delimiter(head)
	c.FieldsPerRecord = -1
	header, err := c.Read()
	if err == io.EOF {
		return &csvReader{csv: c, start: start}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the header: %w", err)
	}
	seen := map[string]bool{}
	for i, name := range header {
		header[i] = strings.TrimSpace(name)
		if seen[header[i]] {
			return nil, fmt.Errorf("the header names the column %q twice", header[i])
		}
		seen[header[i]] = true
	}
	c.ReuseRecord = true
	return &csvReader{csv: c, header: header, start: start}, nil
}

// delimiter is the one of comma, semicolon and tab that the first line has most
// of.
func delimiter(head []byte) rune {
	line, _, _ := bytes.Cut(head, []byte("\n"))
	best, most := ',', 0
	for _, d := range ",;\t" {
		if n := bytes.Count(line, []byte(string(d))); n > most {
			best, most = d, n
		}
	}
	return best
}

func (c *csvReader) stream() string { return "" }

func (c *csvReader) next(r *record) error {
	r.reset()
	offset := c.csv.InputOffset() + c.start
	fields, err := c.csv.Read()
	r.offset = offset
	var broken *csv.ParseError
	switch {
	case errors.As(err, &broken):
		r.line, r.problem = int64(broken.StartLine), broken.Err.Error()
		return nil
	case err != nil:
		return err
	}
	line, _ := c.csv.FieldPos(0)
	r.line = int64(line)
	if len(fields) != len(c.header) {
		r.problem = fmt.Sprintf("%d fields where the header has %d", len(fields), len(c.header))
		return nil
	}
	for i, f := range fields {
		r.add(c.header[i], rawValue{text: []byte(f)})
	}
	return nil
}

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
			r.problem = fmt.Sprintf("%d fields where #fields has %d", len(parts), len(z.fields))
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
