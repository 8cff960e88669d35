package findings

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"tabletop/workbook/source"
)

// Edits are those that mend problems in a file.
func Edits(found source.Problems, file string) []source.Edit {
	var out []source.Edit
	for _, p := range found {
		if p.Edit != nil && p.Edit.File == file {
			out = append(out, *p.Edit)
		}
	}
	return out
}

// Apply makes edits in the text of a file and leaves every other byte as it is. An
// edit whose old text does not stand in its place, or that overlaps another, is
// left out. A line on which nothing else stands goes with what is taken from it.
// It returns how many were made.
func Apply(text []byte, edits []source.Edit) ([]byte, int) {
	byLine := map[int][]source.Edit{}
	for _, e := range edits {
		if !slices.Contains(byLine[e.Line], e) { // two findings may ask for the same
			byLine[e.Line] = append(byLine[e.Line], e)
		}
	}
	var out bytes.Buffer
	made, n := 0, 0
	for line := range bytes.Lines(text) {
		n++
		if n == 1 {
			if rest, ok := bytes.CutPrefix(line, []byte("\ufeff")); ok {
				out.WriteString("\ufeff")
				line = rest
			}
		}
		changed, count := applyLine(string(line), byLine[n])
		made += count
		out.WriteString(changed)
	}
	return out.Bytes(), made
}

func applyLine(line string, edits []source.Edit) (string, int) {
	if len(edits) == 0 {
		return line, 0
	}
	slices.SortStableFunc(edits, func(a, b source.Edit) int { return cmp.Compare(b.Column, a.Column) })
	made, before := 0, len(line)+1
	for _, e := range edits {
		at := byteAt(line, e.Column)
		if at < 0 || !strings.HasPrefix(line[at:], e.Old) || at+len(e.Old) > before {
			continue
		}
		made, before = made+1, at
		rest := line[at+len(e.Old):]
		line = line[:at] + e.New + rest
		if e.New == "" && strings.TrimSpace(rest) == "" {
			if line = strings.TrimRight(line[:at], " \t") + rest; strings.TrimSpace(line) == "" {
				return "", made
			}
		}
	}
	return line, made
}

// byteAt is where the character of a column (from 1) begins, -1 behind the end.
func byteAt(line string, column int) int {
	at := 0
	for ; column > 1 && at < len(line); column-- {
		_, size := utf8.DecodeRuneInString(line[at:])
		at += size
	}
	if column > 1 {
		return -1
	}
	return at
}
