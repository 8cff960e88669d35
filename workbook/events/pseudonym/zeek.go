package pseudonym

import (
	"bytes"
	"strconv"
	"strings"
)

// A zeekLog is one of Zeek's logs while it is replaced.
type zeekLog struct {
	separator, between string
	kinds              []Kind
	// several says which fields hold several values.
	several []bool
}

// zeek replaces in Zeek's tab-separated logs. The lines that begin with # stay.
func (p *Pseudonymiser) zeek(in *lines, out *bytes.Buffer, flush func() error) error {
	z := &zeekLog{separator: "\t", between: ","}
	for {
		l, err := in.next()
		if err != nil {
			return endOf(err)
		}
		p.Count.Lines++
		text := string(l.text)
		switch {
		case strings.HasPrefix(strings.TrimPrefix(text, "\ufeff"), "#") && !l.piece:
			z.directive(p, strings.TrimPrefix(text, "\ufeff"))
			out.Write(l.text)
		case l.piece || text != "" && strings.Count(text, z.separator)+1 != len(z.kinds):
			p.Count.Undecodable++
			out.WriteString(p.text(text))
		case text != "":
			z.row(p, text, out)
		}
		out.Write(l.end)
		if err := flush(); err != nil {
			return err
		}
	}
}

func (z *zeekLog) row(p *Pseudonymiser, text string, out *bytes.Buffer) {
	for i, field := range strings.Split(text, z.separator) {
		if i > 0 {
			out.WriteString(z.separator)
		}
		if i < len(z.several) && z.several[i] {
			parts := strings.Split(field, z.between)
			for j, part := range parts {
				parts[j] = p.Value(z.kinds[i], part)
			}
			out.WriteString(strings.Join(parts, z.between))
			continue
		}
		out.WriteString(p.Value(z.kinds[i], field))
	}
}

// directive takes a line of the header.
func (z *zeekLog) directive(p *Pseudonymiser, text string) {
	if mark, ok := strings.CutPrefix(text, "#separator "); ok {
		if c, err := strconv.Unquote(`"` + mark + `"`); err == nil && c != "" {
			z.separator = c
		}
		return
	}
	name, value, _ := strings.Cut(text, z.separator)
	switch name {
	case "#set_separator":
		if value != "" {
			z.between = value
		}
	case "#fields":
		z.kinds, z.several = nil, nil
		for field := range strings.SplitSeq(value, z.separator) {
			z.kinds = append(z.kinds, p.Kind(field))
		}
	case "#types":
		z.several = nil
		for t := range strings.SplitSeq(value, z.separator) {
			z.several = append(z.several, strings.HasSuffix(t, "]"))
		}
	}
}
