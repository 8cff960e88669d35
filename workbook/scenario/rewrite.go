package scenario

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"tabletop/workbook/source"
)

// Rewrite returns the file's text with other expectations for some of its tests;
// all else stays as it is, comments too, but for those among the expectations.
// The error says which test can't be rewritten where it stands.
func (f *File) Rewrite(expect map[*Test]*Expect) ([]byte, error) {
	lines := strings.SplitAfter(string(f.Text), "\n")
	for _, t := range slices.Backward(f.Tests) {
		e, ok := expect[t]
		if !ok {
			continue
		}
		column, from, to, err := t.lines(lines)
		if err != nil {
			return nil, err
		}
		written, err := e.text(column)
		if err != nil {
			return nil, err
		}
		if from > 0 && !strings.HasSuffix(lines[from-1], "\n") { // the file's last line
			lines[from-1] += "\n"
		}
		lines = slices.Replace(lines, from, to, written)
	}
	text := []byte(strings.Join(lines, ""))
	return text, f.confirm(text, expect)
}

// text writes expectations as lines that begin behind so many blanks.
func (e *Expect) text(column int) (string, error) {
	m := mapping()
	put(m, "expect", e.node())
	written, err := encode(m)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, line := range strings.SplitAfter(string(written), "\n") {
		if line != "" {
			b.WriteString(strings.Repeat(" ", column) + line)
		}
	}
	return b.String(), nil
}

// lines finds the lines of a test's expectations, from one up to another counted
// from 0, or where they are to be put; column is how far in they stand.
func (t *Test) lines(lines []string) (column, from, to int, err error) {
	pairs := t.node.Pairs()
	at := slices.IndexFunc(pairs, func(p source.Pair) bool { return p.Key.Value == "expect" })
	last := at
	if at < 0 {
		last = len(pairs) - 1
	}
	place := pairs[last].Key.Place(0)
	if place.Line < 1 || place.Line > len(lines) {
		return 0, 0, 0, fmt.Errorf("%s: the test %s does not stand where it was read", t.node.Place().File, t.Name)
	}
	column = place.Column - 1
	before := lines[place.Line-1][:min(column, len(lines[place.Line-1]))]
	if strings.Trim(before, " ") != "" && (at >= 0 || strings.Trim(before, " -") != "") {
		return 0, 0, 0, fmt.Errorf("%s:%d: the expectations of the test %s can't be rewritten: write each of its keys on a line of its own, expect not the first", place.File, place.Line, t.Name)
	}
	to = endOf(lines, place.Line-1, column)
	if at < 0 {
		return column, to, to, nil
	}
	return column, place.Line - 1, to, nil
}

// endOf finds the line behind the value of a key that stands in a line, behind so
// many blanks: what belongs to it stands further in. Blank lines at its end don't.
func endOf(lines []string, key, column int) int {
	end := key + 1
	for i := end; i < len(lines); i++ {
		trimmed := strings.TrimLeft(lines[i], " ")
		if strings.TrimSpace(trimmed) == "" {
			continue
		}
		if len(lines[i])-len(trimmed) <= column {
			break
		}
		end = i + 1
	}
	return end
}

// confirm reads a rewritten file again: it must hold the tests that it held, and
// say what was meant.
func (f *File) confirm(text []byte, expect map[*Test]*Expect) error {
	again, err := Parse(f.Path, text)
	if err != nil {
		return fmt.Errorf("the rewritten file would not read: %w", err)
	}
	if len(again.Tests) != len(f.Tests) {
		return fmt.Errorf("%s: the rewritten file would hold %d tests, not %d", f.Path, len(again.Tests), len(f.Tests))
	}
	for i, t := range f.Tests {
		want, changed := expect[t]
		if !changed {
			want = t.Expect
		}
		if !same(want, again.Tests[i].Expect) {
			return fmt.Errorf("%s: the test %s would read otherwise than meant", f.Path, t.Name)
		}
	}
	return nil
}

// same reports whether expectations that were read say what others do, once
// those are written and read too: a real number that is no number of events stays
// a text.
func same(meant, read *Expect) bool {
	if meant == nil || read == nil {
		return meant == read
	}
	written, err := encode(meant.node())
	if err != nil {
		return false
	}
	n, err := source.Parse("", written)
	if err != nil {
		return false
	}
	r := reading{}
	x, err := encode(r.expect(n).node())
	y, other := encode(read.node())
	return err == nil && other == nil && bytes.Equal(x, y)
}
