package pseudonym

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"unicode/utf8"
)

const (
	// maxDepth bounds how far objects and arrays may lie in one another.
	maxDepth = 10_000
	// maxStringBytes bounds one text in JSON.
	maxStringBytes = 16 << 20
)

// errLongText is a text in JSON that is beyond the bound.
var errLongText = errors.New("a text in the JSON is longer than 16777216 bytes: is a quote missing?")

// A walk goes through JSON token by token and writes it again with other texts.
// What stands between the texts is copied byte by byte.
type walk struct {
	p   *Pseudonymiser
	in  io.ByteScanner
	out *bytes.Buffer
	// levels are the objects and arrays around.
	levels []level
	quoted []byte
}

// A level is an object or an array.
type level struct {
	object bool
	// key says that a key follows.
	key bool
	// path are the keys that lead to the value at hand, with dots between; kind is
	// what they say of it. An array has those of the value that it is.
	path string
	kind Kind
}

// run replaces in what follows, up to the end of the input. flush is called
// between texts. broken says that the brackets did not fit.
func (w *walk) run(flush func() error) (broken bool, err error) {
	for {
		c, err := w.in.ReadByte()
		if errors.Is(err, io.EOF) {
			return broken || len(w.levels) > 0, nil
		}
		if err != nil {
			return broken, err
		}
		switch c {
		case '"':
			closed, err := w.string()
			if err != nil {
				return broken, err
			}
			broken = broken || !closed
		case '{', '[':
			if len(w.levels) == maxDepth {
				return broken, errors.New("the JSON is nested too deep")
			}
			w.open(c == '{')
			w.out.WriteByte(c)
		case '}', ']':
			if n := len(w.levels); n > 0 && w.levels[n-1].object == (c == '}') {
				w.levels = w.levels[:n-1]
			} else {
				broken = true
			}
			w.out.WriteByte(c)
		default:
			if c == ',' && len(w.levels) > 0 {
				w.levels[len(w.levels)-1].key = w.levels[len(w.levels)-1].object
			}
			w.out.WriteByte(c)
		}
		if err := flush(); err != nil {
			return broken, err
		}
	}
}

func (w *walk) open(object bool) {
	inner := level{object: object, key: object, kind: Text}
	if n := len(w.levels); n > 0 {
		inner.path = w.levels[n-1].path
		if !object {
			inner.kind = w.levels[n-1].kind
		}
	}
	w.levels = append(w.levels, inner)
}

// string takes a text whose opening quote was read.
func (w *walk) string() (closed bool, err error) {
	w.quoted = append(w.quoted[:0], '"')
	for escaped := false; ; {
		c, err := w.in.ReadByte()
		if errors.Is(err, io.EOF) {
			w.out.WriteString(w.p.text(string(w.quoted)))
			return false, nil
		}
		if err != nil {
			return false, err
		}
		if len(w.quoted) > maxStringBytes {
			return false, errLongText
		}
		w.quoted = append(w.quoted, c)
		if c == '"' && !escaped {
			break
		}
		escaped = c == '\\' && !escaped
	}
	n := len(w.levels)
	if n > 0 && w.levels[n-1].key {
		w.key(&w.levels[n-1])
		return true, nil
	}
	kind := Text
	if n > 0 {
		kind = w.levels[n-1].kind
	}
	w.out.Write(w.p.jsonText(kind, w.quoted))
	return true, nil
}

// key takes a key. Keys are names of columns and stay, but for those that are an
// address or a mailbox.
func (w *walk) key(l *level) {
	l.key = false
	name := unquote(w.quoted)
	parent := l.path
	if n := len(w.levels); n > 1 {
		parent = w.levels[n-2].path
	}
	l.path, l.kind = name, w.p.Kind(name)
	if parent != "" && len(parent) < 1024 {
		l.path = parent + "." + name
		if kind := w.p.Kind(l.path); kind != Text {
			l.kind = kind
		}
	}
	out := name
	if a, ok := w.p.wholeAddress(name); ok {
		out = a
	} else if isOneMailbox(name) {
		out = w.p.mail(name)
	}
	if out == name {
		w.out.Write(w.quoted)
		return
	}
	w.p.Count.Replaced++
	w.out.Write(quote(out, w.quoted))
}

// jsonText replaces a text in its quotes. One that stays is not written anew.
func (p *Pseudonymiser) jsonText(kind Kind, quoted []byte) []byte {
	text := unquote(quoted)
	other := p.Value(kind, text)
	if other == text {
		return quoted
	}
	return quote(other, quoted)
}

// unquote is the text in quotes as encoding/json reads it.
func unquote(quoted []byte) string {
	inner := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(inner, '\\') < 0 && utf8.Valid(inner) {
		return string(inner)
	}
	var s string
	if json.Unmarshal(quoted, &s) != nil {
		return string(inner)
	}
	return s
}

// quote writes a text in quotes, in ASCII where the one before was.
func quote(text string, like []byte) []byte {
	ascii := bytes.IndexFunc(like, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
	out := []byte{'"'}
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			out = append(out, '\\', byte(r))
		case r == '\n':
			out = append(out, `\n`...)
		case r == '\r':
			out = append(out, `\r`...)
		case r == '\t':
			out = append(out, `\t`...)
		case r < ' ' || r < 0x10000 && ascii && r >= utf8.RuneSelf:
			out = append(out, `\u`...)
			out = append(out, hexFour(r)...)
		case ascii && r >= utf8.RuneSelf:
			r -= 0x10000
			out = append(append(append(append(out, `\u`...), hexFour(0xd800+r>>10)...), `\u`...), hexFour(0xdc00+r&0x3ff)...)
		default:
			out = utf8.AppendRune(out, r)
		}
	}
	return append(out, '"')
}

func hexFour(r rune) string {
	text := strconv.FormatInt(int64(r), 16)
	return "0000"[min(len(text), 4):] + text
}

// document replaces in a whole JSON document, however large.
func (p *Pseudonymiser) document(ctx context.Context, in *bufio.Reader, out *bufio.Writer) error {
	w := &walk{p: p, in: in, out: &bytes.Buffer{}}
	broken, err := w.run(func() error {
		if w.out.Len() < 32<<10 {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		_, err := w.out.WriteTo(out)
		return err
	})
	if err == nil {
		_, err = w.out.WriteTo(out)
	}
	if broken {
		p.Count.Undecodable++
	}
	return err
}

// object replaces in a line that is a JSON object; false where it is none.
func (p *Pseudonymiser) object(text []byte, out *bytes.Buffer) bool {
	if trimmed := bytes.TrimLeft(text, " \t"); len(trimmed) == 0 || trimmed[0] != '{' || !json.Valid(text) {
		return false
	}
	w := &walk{p: p, in: bytes.NewReader(text), out: out}
	_, err := w.run(func() error { return nil })
	return err == nil
}
