package events

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

// csvReader reads delimited text whose first line names the columns, as
// encoding/csv does, but for what is broken: a quote that does not end costs one
// line and not the rest of the file. An empty field is nothing.
type csvReader struct {
	lines lineReader
	dialect
	header []string
	// waiting are lines that were read ahead for a quote that did not end.
	waiting []physical
	record  []byte
	fields  [][]byte
}

// A physical is a line of the file.
type physical struct {
	text         []byte
	offset, line int64
	tooLong      bool
}

// maxQuotedBytes is the most that is read ahead for the end of a quote.
const maxQuotedBytes = 1 << 20

func openCSV(b *bufio.Reader) (reader, error) {
	head, err := b.Peek(headBytes)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return openDelimited(b, new(file).dialectOf(head))
}

// openDelimited reads the header of delimited text.
func openDelimited(b *bufio.Reader, d dialect) (reader, error) {
	c := &csvReader{lines: lineReader{b: b, offset: skipBOM(b)}, dialect: d}
	var r record
	if _, err := c.take(&r); err != nil {
		if errors.Is(err, io.EOF) {
			return c, nil
		}
		return nil, err
	}
	if r.problem != "" {
		return nil, fmt.Errorf("line %d, the header: %s", r.line, r.problem)
	}
	seen := map[string]bool{}
	for _, field := range c.fields {
		name := strings.TrimSpace(string([]rune(string(field))))
		if seen[name] {
			return nil, fmt.Errorf("the header names the column %q twice", name)
		}
		seen[name] = true
		c.header = append(c.header, name)
	}
	return c, nil
}

func (c *csvReader) stream() string { return "" }

func (c *csvReader) next(r *record) error {
	r.reset()
	ok, err := c.take(r)
	if err != nil || !ok {
		return err
	}
	if len(c.fields) != len(c.header) {
		r.problem = otherThanHeader(len(c.fields), len(c.header))
		return nil
	}
	for i, field := range c.fields {
		r.add(c.header[i], rawValue{text: field})
	}
	return nil
}

// line gives the next line that is not blank: one read ahead before, or a new
// one.
func (c *csvReader) line() (physical, error) {
	if len(c.waiting) > 0 {
		p := c.waiting[0]
		c.waiting = c.waiting[1:]
		return p, nil
	}
	text, offset, line, tooLong, err := c.lines.next()
	return physical{text: text, offset: offset, line: line, tooLong: tooLong}, err
}

// take reads one record into c.fields. It returns false where the record is
// broken, which r.problem then says.
func (c *csvReader) take(r *record) (bool, error) {
	var first physical
	for len(first.text) == 0 && !first.tooLong {
		var err error
		if first, err = c.line(); err != nil {
			return false, err
		}
	}
	r.offset, r.line = first.offset, first.line
	if first.tooLong {
		r.problem = tooLongProblem
		return false, nil
	}
	c.record = append(c.record[:0], first.text...)
	open, problem := c.split()
	var ahead []physical
	for open && problem == "" {
		more, err := c.line()
		if err != nil && !errors.Is(err, io.EOF) {
			return false, err
		}
		if errors.Is(err, io.EOF) || more.tooLong || len(c.record)+len(more.text) > maxQuotedBytes {
			if err == nil {
				more.text = bytes.Clone(more.text)
				ahead = append(ahead, more)
			}
			problem = "a quote that does not end"
			break
		}
		more.text = bytes.Clone(more.text)
		ahead = append(ahead, more)
		c.record = append(append(c.record, '\n'), more.text...)
		// A line with an even number of quotes leaves the record as open as it
		// was, so it need not be looked at again.
		if bytes.Count(more.text, []byte{c.quote})%2 == 1 {
			open, problem = c.split()
		}
	}
	if problem != "" {
		c.waiting = append(ahead, c.waiting...)
		r.problem = problem
		return false, nil
	}
	return true, nil
}

// split cuts c.record into c.fields. open says that a quote goes on behind it;
// the problem is what encoding/csv would say.
func (c *csvReader) split() (open bool, problem string) {
	c.fields = c.fields[:0]
	text := c.record
	for {
		if len(text) == 0 || c.quote == 0 || text[0] != c.quote {
			end := bytes.IndexByte(text, c.comma)
			field := text
			if end >= 0 {
				field = text[:end]
			}
			if c.quote == '"' && bytes.IndexByte(field, '"') >= 0 {
				return false, `bare " in a field without quotes`
			}
			c.fields = append(c.fields, field)
			if end < 0 {
				return false, ""
			}
			text = text[end+1:]
			continue
		}
		field, rest, open, problem := quoted(text[1:], c.dialect)
		if open || problem != "" {
			return open, problem
		}
		c.fields = append(c.fields, field)
		if rest == nil {
			return false, ""
		}
		text = rest
	}
}

// quoted reads a field behind its opening quote. rest is what follows the comma
// behind it, nil where none does.
func quoted(text []byte, d dialect) (field, rest []byte, open bool, problem string) {
	doubled := false
	for i := 0; ; {
		n := bytes.IndexByte(text[i:], d.quote)
		if n < 0 {
			return nil, nil, true, ""
		}
		i += n
		switch {
		case i+1 == len(text):
			return unquoted(text[:i], d.quote, doubled), nil, false, ""
		case text[i+1] == d.quote:
			doubled = true
			i += 2
		case text[i+1] == d.comma:
			return unquoted(text[:i], d.quote, doubled), text[i+2:], false, ""
		default:
			return nil, nil, false, `a quote inside a field in quotes, not doubled`
		}
	}
}

func unquoted(field []byte, quote byte, doubled bool) []byte {
	if !doubled {
		return field
	}
	return bytes.ReplaceAll(field, []byte{quote, quote}, []byte{quote})
}
