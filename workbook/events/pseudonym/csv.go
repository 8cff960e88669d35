package pseudonym

import (
	"bytes"
	"errors"
	"io"
	"strings"
)

// maxQuotedBytes is the most that is read ahead for the end of a quote, as by
// the reader of events.
const maxQuotedBytes = 1 << 20

// A table is a file of CSV while it is replaced.
type table struct {
	p     *Pseudonymiser
	in    *lines
	comma byte
	kinds []Kind
}

// headBytes is how much of a file is looked at for its delimiter.
const headBytes = 64 << 10

// csv replaces in delimited text whose first line names the columns. kinds win over what names tell; that of "" is for the
// first column.
func (p *Pseudonymiser) csv(in *lines, out *bytes.Buffer, flush func() error, comma byte, kinds map[string]Kind) error {
	t := &table{p: p, in: in, comma: comma}
	for header := true; ; {
		record, err := t.record()
		if err != nil {
			return endOf(err)
		}
		p.Count.Lines++
		switch {
		case len(record.text) == 0:
		case header:
			header = false
			t.columns(record.text, kinds)
			out.Write(record.text)
		default:
			t.write(out, record)
		}
		out.Write(record.end)
		if err := flush(); err != nil {
			return err
		}
	}
}

// columns takes the header.
func (t *table) columns(header []byte, kinds map[string]Kind) {
	fields, _ := splitFields(header, t.comma)
	for i, f := range fields {
		name := strings.TrimSpace(strings.TrimPrefix(string(unquoteField(f)), "\ufeff"))
		kind, given := kinds[name]
		if first, has := kinds[""]; i == 0 && has && !given {
			kind, given = first, true
		}
		if !given {
			kind = t.p.Kind(name)
		}
		t.kinds = append(t.kinds, kind)
	}
}

// record reads one record, which may stand on several lines. A quote that does
// not end costs its line.
func (t *table) record() (line, error) {
	first, err := t.in.next()
	if err != nil || first.piece {
		return first, err
	}
	whole, end := bytes.Clone(first.text), bytes.Clone(first.end)
	alone := line{text: bytes.Clone(first.text), end: bytes.Clone(first.end), piece: true}
	var ahead [][]byte
	for _, open := splitFields(whole, t.comma); open; {
		more, err := t.in.next()
		ended := errors.Is(err, io.EOF)
		if err != nil && !ended {
			return line{}, err
		}
		if !ended {
			ahead = append(ahead, append(bytes.Clone(more.text), more.end...))
		}
		if ended || more.piece || len(whole)+len(more.text) > maxQuotedBytes {
			t.in.waiting = append(ahead, t.in.waiting...)
			return alone, nil
		}
		whole = append(append(whole, end...), more.text...)
		end = append(end[:0], more.end...)
		if bytes.Count(more.text, []byte{'"'})%2 == 1 {
			_, open = splitFields(whole, t.comma)
		}
	}
	if fields, _ := splitFields(whole, t.comma); len(ahead) > 0 && badQuotes(fields) {
		t.in.waiting = append(ahead, t.in.waiting...)
		return alone, nil
	}
	return line{text: whole, end: end}, nil
}

// write replaces in one record. Where it is none, indicators alone are replaced.
func (t *table) write(out *bytes.Buffer, record line) {
	fields, open := splitFields(record.text, t.comma)
	if record.piece || open || len(fields) != len(t.kinds) || badQuotes(fields) {
		t.p.Count.Undecodable++
		out.WriteString(t.p.text(string(record.text)))
		return
	}
	for i, field := range fields {
		if i > 0 {
			out.WriteByte(t.comma)
		}
		text := string(unquoteField(field))
		other := t.p.Value(t.kinds[i], text)
		switch {
		case other == text:
			out.Write(field)
		case field[0] == '"' || strings.ContainsAny(other, "\"\n\r"+string(t.comma)):
			out.WriteString(`"` + strings.ReplaceAll(other, `"`, `""`) + `"`)
		default:
			out.WriteString(other)
		}
	}
}

// splitFields cuts a record at its delimiters; the fields keep their quotes.
// open says that a quote goes on behind the end.
func splitFields(text []byte, comma byte) (fields [][]byte, open bool) {
	start := 0
	for i := 0; i <= len(text); {
		if i == start && i < len(text) && text[i] == '"' {
			i = quoteEnd(text, i)
			if i < 0 {
				return append(fields, text[start:]), true
			}
		}
		next := bytes.IndexByte(text[i:], comma)
		if next < 0 {
			return append(fields, text[start:]), false
		}
		i += next
		fields = append(fields, text[start:i])
		i++
		start = i
	}
	return fields, false
}

// quoteEnd is the place behind the quote that ends the one at i, -1 where none
// does.
func quoteEnd(text []byte, i int) int {
	for i++; i < len(text); i++ {
		if text[i] != '"' {
			continue
		}
		if i+1 == len(text) || text[i+1] != '"' {
			return i + 1
		}
		i++
	}
	return -1
}

// badQuotes reports whether a field has a quote where none may be.
func badQuotes(fields [][]byte) bool {
	for _, f := range fields {
		if len(f) > 0 && f[0] == '"' {
			if quoteEnd(f, 0) != len(f) {
				return true
			}
		} else if bytes.IndexByte(f, '"') >= 0 {
			return true
		}
	}
	return false
}

func unquoteField(f []byte) []byte {
	if len(f) < 2 || f[0] != '"' {
		return f
	}
	return bytes.ReplaceAll(f[1:len(f)-1], []byte(`""`), []byte(`"`))
}
