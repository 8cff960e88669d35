package events

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// errCut is a JSON document that ends before it is whole.
var errCut = errors.New("the JSON ends before it is whole: the file is cut off, or not what it looks like")

func cut(err error) error {
	if errors.Is(err, io.EOF) {
		return errCut
	}
	return err
}

// read takes one byte.
func (d *document) read() (byte, error) {
	c, err := d.b.ReadByte()
	if err != nil {
		return 0, err
	}
	d.offset++
	if c == '\n' {
		d.line++
	}
	return c, nil
}

// take drops the byte that peek has shown, which can't fail.
func (d *document) take() { _, _ = d.read() }

// peek returns the next byte that is no space, without taking it.
func (d *document) peek() (byte, error) {
	for {
		c, err := d.b.ReadByte()
		if err != nil {
			return 0, err
		}
		if c != ' ' && c != '\t' && c != '\n' && c != '\r' {
			return c, d.b.UnreadByte()
		}
		d.offset++
		if c == '\n' {
			d.line++
		}
	}
}

// enter goes to the array that holds the events.
func (d *document) enter() error {
	c, err := d.peek()
	if err != nil {
		return cut(err)
	}
	if c == '[' {
		d.take()
		d.inArray = true
		return nil
	}
	if c != '{' {
		return fmt.Errorf("no JSON document: it begins with %q", c)
	}
	d.take()
	found, err := d.members()
	if err == nil && !found {
		return errors.New(`no "result" in the JSON: is it an answer of DNIF's Search API?`)
	}
	return err
}

// members reads the members of the outer object up to the one that holds the
// events, and reports whether there was one.
func (d *document) members() (found bool, err error) {
	for {
		c, err := d.peek()
		if err != nil {
			return false, cut(err)
		}
		switch c {
		case ',':
			d.take()
			continue
		case '}':
			d.take()
			return false, nil
		case '"':
		default:
			return false, fmt.Errorf("broken JSON in line %d: %q where a key should stand", d.line, c)
		}
		key, err := d.value()
		if err != nil {
			return false, err
		}
		name := jsonText(key)
		if c, err = d.peek(); err != nil || c != ':' {
			return false, fmt.Errorf("broken JSON in line %d: no colon behind the key %q", d.line, name)
		}
		d.take()
		if c, err = d.peek(); err != nil {
			return false, cut(err)
		}
		if name == "result" && c == '[' {
			d.take()
			d.inArray = true
			return true, nil
		}
		text, err := d.value()
		if err != nil {
			return false, err
		}
		if name == "source_stream" && text[0] == '"' {
			d.source = jsonText(text)
		}
	}
}

// leave reads what follows the events.
func (d *document) leave() error {
	d.done = true
	c, err := d.peek()
	if errors.Is(err, io.EOF) {
		return io.EOF
	}
	if err != nil {
		return err
	}
	if c == ',' || c == '}' || c == '"' {
		found, err := d.members()
		if err != nil {
			return err
		}
		if found {
			return errors.New(`a second "result" in the JSON`)
		}
	}
	if c, err = d.peek(); err == nil {
		return fmt.Errorf("broken JSON in line %d: %q behind its end", d.line, c)
	}
	return err
}

// value takes one JSON value whole. Its text is valid until the next call.
func (d *document) value() ([]byte, error) {
	d.buffer = d.buffer[:0]
	depth, inText, escaped := 0, false, false
	for {
		c, err := d.read()
		if err != nil {
			return nil, cut(err)
		}
		if len(d.buffer) >= maxEventBytes {
			return nil, fmt.Errorf("the JSON value in line %d is %s", d.line, tooLongProblem)
		}
		d.buffer = append(d.buffer, c)
		switch {
		case escaped:
			escaped = false
			continue
		case inText && c == '\\':
			escaped = true
			continue
		case c == '"':
			inText = !inText
		case inText:
			continue
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			depth--
		}
		if inText || depth > 0 {
			continue
		}
		if c == '"' || c == '}' || c == ']' {
			return d.buffer, nil
		}
		next, _ := d.b.Peek(1)
		if len(next) == 0 || bytes.ContainsAny(next, ",]}: \t\r\n") {
			return d.buffer, nil
		}
	}
}
