package events

import "bytes"

// csvLines decodes the records of delimited text.
type csvLines struct {
	layout *layout
	header []string
	comma  byte
	// at says which field is for which column, -1 for none.
	at     []int
	split  csvReader
	record record
}

func newCSVLines(l *layout, header []string, comma byte) *csvLines {
	c := &csvLines{layout: l, header: header, comma: comma, split: csvReader{dialect: dialect{comma, '"'}}}
	var r record
	for _, name := range header {
		r.add(name, rawValue{})
	}
	l.picker.find(&r)
	c.at = append(c.at, l.picker.at...)
	return c
}

func (c *csvLines) keys() *[]string { return &c.header }

func (c *csvLines) marks() (first, second byte) { return c.comma, '"' }

// decode reads one record, which may stand on several lines.
func (c *csvLines) decode(l line, at place, cells []cell) (moment, string, error) {
	var fields [][]byte
	if !l.second {
		fields = c.plain(l)
	} else {
		text := l.bytes()
		c.split.record = text
		if bytes.IndexByte(text, '\r') >= 0 { // as encoding/csv has it
			c.split.record = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
		}
		open, problem := c.split.split()
		if open {
			problem = "a quote that does not end"
		}
		if problem != "" {
			return 0, problem, nil
		}
		fields = c.split.fields
	}
	if len(fields) != len(c.header) {
		return 0, otherThanHeader(len(fields), len(c.header)), nil
	}
	if c.layout.file.rule != nil {
		return c.ruled(fields, at, cells)
	}
	for i, k := range c.at {
		cells[i] = cell{}
		if k >= 0 {
			cells[i] = cell{raw: fields[k], form: plainForm}
		}
	}
	c.layout.nameStream(cells)
	when, err := c.layout.time(cells, at)
	return when, "", err
}

// plain splits a record without quotes.
func (c *csvLines) plain(l line) [][]byte {
	fields := c.split.fields[:0]
	from := l.from
	for {
		comma := l.next(from)
		if comma >= l.to {
			break
		}
		fields = append(fields, l.text[from:comma])
		from = comma + 1
	}
	c.split.fields = append(fields, l.text[from:l.to])
	return c.split.fields
}

// ruled hands the whole record to the source's rule.
func (c *csvLines) ruled(fields [][]byte, at place, cells []cell) (moment, string, error) {
	c.record.reset()
	c.record.offset, c.record.line = at.offset, at.line
	for i, field := range fields {
		c.record.add(c.header[i], rawValue{text: field})
	}
	when, err := c.layout.fromRecord(&c.record, cells)
	return when, "", err
}
