// Package source reads the YAML files that people write (workbooks,
// integrations, event sources, guard lists) and keeps for every value the place
// it came from, so that each mistake can be shown where it stands. In goes the
// text of a file, out come Nodes to decode into Go structures, and Problems.
package source

import (
	"strings"
	"unicode/utf8"
)

// A Place is a position in a file. Line and Column count from 1; Column counts
// characters, not bytes. A zero Line means the file as a whole.
type Place struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
}

// A File is a text and its name as the user wrote it.
type File struct {
	Name  string
	lines []string
}

// NewFile keeps the text of a file so that its lines can be shown.
func NewFile(name, text string) *File {
	return &File{Name: name, lines: strings.Split(strings.TrimPrefix(text, "\ufeff"), "\n")}
}

// line returns line n (from 1) without its end, or "" where there is none.
func (f *File) line(n int) string {
	if f == nil || n < 1 || n > len(f.lines) {
		return ""
	}
	return strings.TrimSuffix(f.lines[n-1], "\r")
}

// A Text is a scalar of a file together with the place of each of its bytes.
// Its zero value is the empty text of nowhere.
type Text struct {
	Value string
	file  *File
	// first is the place of the value's first byte.
	first Place
	// indent is what precedes each further line of a block scalar, in
	// characters; block says that lines of Value are lines of the file.
	indent int
	block  bool
}

// NewText makes a Text of a whole file or of a command line's argument, which
// stands under the given name.
func NewText(name, value string) Text {
	return Text{Value: value, file: NewFile(name, value), first: Place{name, 1, 1}, block: true}
}

// String returns the text itself.
func (t Text) String() string { return t.Value }

// Set reports whether the text was written in a file at all.
func (t Text) Set() bool { return t.file != nil }

// Place returns where the byte at offset of t.Value stands in its file. In
// scalars with escapes or folded lines it is the place of the scalar.
func (t Text) Place(offset int) Place {
	p := t.first
	if t.file == nil {
		return p
	}
	before := t.Value[:min(max(offset, 0), len(t.Value))]
	newlines := strings.Count(before, "\n")
	if !t.block {
		// A scalar with escapes or over several lines does not stand in the file
		// as it reads: then the scalar's own place must do.
		line := []rune(t.file.line(p.Line))
		if at := p.Column - 1; newlines == 0 && at <= len(line) && strings.HasPrefix(string(line[at:]), before) {
			p.Column += utf8.RuneCountInString(before)
		}
		return p
	}
	if newlines == 0 {
		p.Column += utf8.RuneCountInString(before)
		return p
	}
	p.Line += newlines
	p.Column = t.indent + 1 + utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:])
	return p
}

// Part returns a text of the same place whose value is part of t's.
func (t Text) Part(value string) Text {
	part := t
	part.Value, part.block = value, false
	return part
}

// Problem reports a mistake at the byte at offset, with the way to mend it. One
// at the text's end stands behind its last character that is no blank.
func (t Text) Problem(offset int, message, fix string) Problem {
	offset = min(offset, len(strings.TrimRight(t.Value, " \t\r\n")))
	p := t.Place(offset)
	return Problem{Place: p, LineText: t.file.line(p.Line), Message: message, Fix: fix}
}
