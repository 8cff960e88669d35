package events

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
)

// ndjsonReader reads one JSON object a line. Blank lines are passed over.
type ndjsonReader struct {
	lines lineReader
	names interner
}

func openNDJSON(b *bufio.Reader) (reader, error) {
	skipped := skipBOM(b)
	return &ndjsonReader{lines: lineReader{b: b, offset: skipped}, names: interner{}}, nil
}

func (n *ndjsonReader) stream() string { return "" }

func (n *ndjsonReader) next(r *record) error {
	for {
		text, offset, line, tooLong, err := n.lines.next()
		if err != nil {
			return err
		}
		r.reset()
		r.offset, r.line = offset, line
		switch {
		case tooLong:
			r.problem = tooLongProblem
		case len(bytes.TrimSpace(text)) == 0:
			continue
		default:
			n.names.object(r, text)
		}
		return nil
	}
}

// interner keeps one string for each key, so that a key costs nothing after
// its first event.
type interner map[string]string

// object fills r with the fields of a JSON object, or says what is wrong.
func (names interner) object(r *record, text []byte) {
	if !json.Valid(text) {
		r.problem = "no valid JSON"
		if len(text) > 0 && text[0] == '{' && !bytes.HasSuffix(bytes.TrimSpace(text), []byte("}")) {
			r.problem = "no valid JSON: the line is cut off"
		}
		return
	}
	isObject := eachField(text, func(key, value []byte) {
		r.add(names.name(key), rawValue{text: value, json: true})
	})
	if !isObject {
		r.problem = "JSON, but no object"
	}
}

func (names interner) name(key []byte) string {
	if name, ok := names[string(key)]; ok {
		return name
	}
	quoted := append(append([]byte{'"'}, key...), '"')
	name := jsonText(quoted)
	if len(names) < maxKeys {
		names[string(key)] = name
	}
	return name
}

// document reads events that stand as objects in one JSON array: the array
// itself, or the "result" of an answer of DNIF's Search API. It holds one
// object at a time.
type document struct {
	b            *bufio.Reader
	names        interner
	offset, line int64
	inArray      bool
	// comma says that an event must follow.
	comma  bool
	done   bool
	source string
	buffer []byte
}

func openDocument(b *bufio.Reader) (reader, error) {
	skipped := skipBOM(b)
	return &document{b: b, names: interner{}, offset: skipped, line: 1}, nil
}

func (d *document) stream() string { return d.source }

func (d *document) next(r *record) error {
	if d.done {
		return io.EOF
	}
	if !d.inArray {
		if err := d.enter(); err != nil {
			return err
		}
	}
	c, err := d.peek()
	if err != nil {
		return cut(err)
	}
	if c == ']' && !d.comma {
		d.take()
		d.inArray = false
		return d.leave()
	}
	if c == ',' || c == ']' {
		return fmt.Errorf("broken JSON in line %d: %q where an event should stand", d.line, c)
	}
	r.reset()
	r.offset, r.line = d.offset, d.line
	text, err := d.value()
	if err != nil {
		return err
	}
	d.names.object(r, text)
	return d.separator()
}

// separator takes the comma behind an event, and refuses anything else but the
// array's end.
func (d *document) separator() error {
	c, err := d.peek()
	if err != nil {
		return cut(err)
	}
	if d.comma = c == ','; d.comma {
		d.take()
		return nil
	}
	if c != ']' {
		return fmt.Errorf("broken JSON in line %d: %q where a comma should stand", d.line, c)
	}
	return nil
}
