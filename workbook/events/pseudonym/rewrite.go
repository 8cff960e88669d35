package pseudonym

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"tabletop/workbook/events"
)

// ErrMail is a file of mail. Its text is folded, encoded and signed, so that
// names can't be told from what stands around them.
var ErrMail = errors.New("mail can't be pseudonymised: names hide in its encoded headers and bodies; take it out of the folder, or export the events of the mail gateway")

// maxRawColumns bounds the fields that take their kind from a source.
const maxRawColumns = 10_000

// Rewrite writes the text of a file of events with other names. format is one of
// those of package events, raw names the fields of columns that a source maps
// (see events.Content).
func (p *Pseudonymiser) Rewrite(ctx context.Context, format string, raw map[string][]string, in *bufio.Reader, to io.Writer) error {
	if format == "mail" || format == "mbox" {
		return ErrMail
	}
	defer p.forFile(raw)()
	out := bufio.NewWriterSize(to, 64<<10)
	err := p.rewrite(ctx, format, in, out)
	if err != nil {
		return err
	}
	return out.Flush()
}

// forFile gives the fields of one file the kinds of the columns that they
// become, where their own names tell none. It returns what undoes that.
func (p *Pseudonymiser) forFile(raw map[string][]string) (undo func()) {
	var added []string
	for column, fields := range raw {
		kind := p.Kind(column)
		for _, field := range fields {
			if kind == Text || p.Kind(field) != Text || len(added) == maxRawColumns {
				continue
			}
			bare := bareName(field)
			p.columns[bare] = kind
			added = append(added, bare)
		}
	}
	return func() {
		for _, bare := range added {
			delete(p.columns, bare)
		}
	}
}

func (p *Pseudonymiser) rewrite(ctx context.Context, format string, in *bufio.Reader, out *bufio.Writer) error {
	if format == "json" || format == "dnif" {
		return p.document(ctx, in, out)
	}
	buffer := &bytes.Buffer{}
	count := 0
	flush := func() error {
		if count++; count%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if buffer.Len() < 32<<10 {
			return nil
		}
		_, err := buffer.WriteTo(out)
		return err
	}
	var err error
	switch l := (&lines{in: in}); format {
	case "csv":
		head, _ := in.Peek(headBytes) // an error is met again by reading
		err = p.csv(l, buffer, flush, events.CSVDelimiter(head), nil)
	case "zeek":
		err = p.zeek(l, buffer, flush)
	default:
		err = p.byLine(format, l, buffer, flush)
	}
	if err != nil {
		return err
	}
	_, err = buffer.WriteTo(out)
	return err
}

// endOf turns the end of a file into none.
func endOf(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// byLine replaces where every line is an event.
func (p *Pseudonymiser) byLine(format string, in *lines, out *bytes.Buffer, flush func() error) error {
	replace := map[string]func(text []byte, out *bytes.Buffer) bool{
		"ndjson": p.object, "lines": p.plainLine,
		"cef": p.spans("cef"), "leef": p.spans("leef"), "syslog": p.spans("syslog"), "keyvalue": p.spans("keyvalue"),
	}[format]
	if replace == nil {
		return fmt.Errorf("the format %s can't be pseudonymised", format)
	}
	for {
		l, err := in.next()
		if err != nil {
			return endOf(err)
		}
		p.Count.Lines++
		text, mark := l.text, []byte("\ufeff")
		if p.Count.Lines == 1 || bytes.HasPrefix(text, mark) {
			if rest, ok := bytes.CutPrefix(text, mark); ok {
				out.Write(mark)
				text = rest
			}
		}
		switch {
		case len(bytes.TrimSpace(text)) == 0:
			out.Write(text)
		case l.piece || !replace(text, out):
			p.Count.Undecodable++
			out.WriteString(p.text(string(text)))
		}
		out.Write(l.end)
		if err := flush(); err != nil {
			return err
		}
	}
}

// plainLine replaces in a line that is one value: a word is a URL or a host,
// where it looks like one, and anything else text.
func (p *Pseudonymiser) plainLine(text []byte, out *bytes.Buffer) bool {
	s := string(text)
	inner := strings.TrimSpace(s)
	host := inner
	if i := strings.IndexAny(inner, "/?#"); i >= 0 {
		host = inner[:i]
	}
	kind := Text
	if !strings.ContainsAny(inner, " \t@") && strings.Contains(host, ".") && p.looksHost(host) {
		kind = URL
	}
	out.WriteString(p.Value(kind, s))
	return true
}

// spans replaces in lines whose fields stand in them as they are.
func (p *Pseudonymiser) spans(format string) func(text []byte, out *bytes.Buffer) bool {
	return func(text []byte, out *bytes.Buffer) bool {
		fields, problem := events.Spans(format, text)
		if problem != "" {
			return false
		}
		at := 0
		for i, f := range fields {
			kind := p.Kind(f.Key)
			for _, other := range fields[i+1:] { // the same value under its label
				if other.Start > f.Start || kind != Text {
					break
				}
				kind = p.Kind(other.Key)
			}
			if f.Start < at {
				continue
			}
			out.WriteString(p.text(string(text[at:f.Start])))
			out.WriteString(p.Value(kind, string(text[f.Start:f.End])))
			at = f.End
		}
		out.WriteString(p.text(string(text[at:])))
		return true
	}
}
