// Package paste reads blocks that were copied out of DNIF's pages: the text of
// queries and of Python, the fields of signals, searches and webhooks, in any
// order, with or without the labels that the page sets before them. In goes the
// text; out comes a Result that writes itself as a workbook and as
// integrations. What it can't place is kept with its lines: every line that is
// not blank stands in what is written, or among the Problems, or is a label
// whose meaning the Result has taken over.
package paste

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"tabletop/workbook"
	"tabletop/workbook/source"
)

// Limits on a text: its bytes and its lines.
const (
	MaxBytes = 256 << 10
	MaxLines = 10_000
)

// A Result is what a pasted text holds.
type Result struct {
	// Name is the workbook's name, empty where the text tells none.
	Name          string
	Folder, Stage string
	Tags          []string
	Parameters    []Parameter
	Blocks        []*Block
	Webhooks      []*Webhook
	// Problems are the lines that found no place, in the order of the text.
	Problems source.Problems

	loose []loose
	file  *text
}

// A Parameter is a value that the workbook's queries name as {Name}.
type Parameter struct {
	Name, Default string
	line          int
}

// A Block is a block of the workbook: a text, or fields.
type Block struct {
	// Kind is the key of the block in a workbook.
	Kind string
	// Line is where the block begins, from 1.
	Line int
	// Number is what the page's label counts, 0 where it doesn't.
	Number int
	Note   string
	Text   string
	Fields []Field
}

// A Webhook is a webhook configuration; what the text does not tell is empty.
type Webhook struct {
	Name, Method, URL, Headers, Payload string
	Line                                int
}

// A Field is a field of a block. A name with a point in it, such as
// target.host, stands for a map in a map.
type Field struct {
	Name   string
	Values []string
	// Written is the value as the page had it where that reads otherwise.
	Written string
	line    int
}

// loose are lines that stand in what is written as a comment.
type loose struct {
	line int
	text string
	// why is empty for the page's own words, which are no mistake.
	why, fix string
}

// Read reads a pasted text, which stands under name in problems. Its error is
// source.Problems, for a text that is no text or over the limits; what can't be
// placed is no error but among the Result's Problems.
func Read(name string, pasted []byte) (*Result, error) {
	whole := func(message, fix string) error {
		return source.Problems{{Place: source.Place{File: name}, Message: message, Fix: fix}}
	}
	switch {
	case len(pasted) > MaxBytes:
		return nil, whole(fmt.Sprintf("larger than %d bytes, the most that is read", MaxBytes), "import the blocks in parts")
	case !utf8.Valid(pasted):
		return nil, whole("not UTF-8 text", "save it as UTF-8")
	}
	t := newText(name, string(pasted))
	if len(t.lines) > MaxLines {
		return nil, whole(fmt.Sprintf("more than %d lines, the most that are read", MaxLines), "import the blocks in parts")
	}
	r := &reader{text: t, out: &Result{file: t}, filling: map[string]*Block{}}
	for r.at < len(t.lines) {
		r.next()
	}
	r.finish()
	switch {
	case len(r.out.Blocks) > workbook.MaxBlocks:
		return nil, whole(fmt.Sprintf("%d blocks, and a workbook has at most %d", len(r.out.Blocks), workbook.MaxBlocks), "import the blocks in parts")
	case len(r.out.Webhooks) > maxWebhooks:
		return nil, whole(fmt.Sprintf("more than %d webhooks", maxWebhooks), "import them in parts")
	}
	return r.out, nil
}

// maxWebhooks is the most webhooks of one text.
const maxWebhooks = 500

// A text is the pasted text, line by line.
type text struct {
	name  string
	whole source.Text
	// lines are without their ends; no-break blanks, which browsers copy out of
	// pages, are blanks.
	lines []string
	// starts are the offsets of the lines in the whole.
	starts []int
}

func newText(name, pasted string) *text {
	pasted = strings.TrimPrefix(pasted, "\ufeff")
	t := &text{name: name, whole: source.NewText(name, pasted)}
	from := 0
	for line := range strings.SplitSeq(pasted, "\n") {
		t.starts = append(t.starts, from)
		from += len(line) + 1
		line = strings.TrimSuffix(line, "\r")
		t.lines = append(t.lines, strings.ReplaceAll(line, "\u00a0", " "))
	}
	return t
}

// problem reports a mistake at line n, from 0.
func (t *text) problem(n int, message, fix string) source.Problem {
	at := t.starts[n]
	lead := t.whole.Value[at:]
	at += len(lead) - len(strings.TrimLeft(lead, " \t\u00a0"))
	return t.whole.Problem(at, message, fix)
}

// blank reports whether line n is blank, as those behind the last are.
func (t *text) blank(n int) bool { return n >= len(t.lines) || strings.TrimSpace(t.lines[n]) == "" }

// filled is the first line from n on that is not blank, or the number of lines.
func (t *text) filled(n int) int {
	for n < len(t.lines) && t.blank(n) {
		n++
	}
	return n
}
