package source

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// A Problem is one mistake in a file: where it stands, the line it stands in,
// what is wrong and what to write instead.
type Problem struct {
	Place
	// LineText is the text of the line, empty where the file as a whole is meant.
	LineText string `json:"line_text,omitempty"`
	Message  string `json:"message"`
	Fix      string `json:"fix,omitempty"`
	Warning  bool   `json:"warning,omitempty"`
	// Code names the kind of problem where it is one of those that package
	// findings lists.
	Code string `json:"code,omitempty"`
	// Edit mends the problem in the file's text; nil where that is for a person
	// to decide.
	Edit *Edit `json:"-"`
}

// An Edit puts New in the place of Old, which stands at Place, on one line.
type Edit struct {
	Place
	Old, New string
}

// Coded is the problem under a code.
func (p Problem) Coded(code string) Problem {
	p.Code = code
	return p
}

// Warn is the problem as a warning under a code.
func (p Problem) Warn(code string) Problem {
	p.Code, p.Warning = code, true
	return p
}

// Mended is the problem with the edit that mends it where it stands.
func (p Problem) Mended(old, with string) Problem {
	if p.Line > 0 && old != "" {
		p.Edit = &Edit{Place: p.Place, Old: old, New: with}
	}
	return p
}

// InCase is the problem of an unknown name, with the edit that mends it where one
// known name is the same but for the case of its letters.
func (p Problem) InCase(written string, known []string) Problem {
	same := slices.DeleteFunc(slices.Clone(known), func(name string) bool { return !strings.EqualFold(name, written) })
	if len(same) != 1 {
		return p
	}
	return p.Mended(written, same[0])
}

// A Spot is a place together with the line it stands in, for a problem that is
// found later.
type Spot struct {
	Place
	LineText string
}

// Problem reports a mistake there.
func (s Spot) Problem(message, fix string) Problem {
	return Problem{Place: s.Place, LineText: s.LineText, Message: message, Fix: fix}
}

// Spot is the place of the byte at offset.
func (t Text) Spot(offset int) Spot {
	p := t.Problem(offset, "", "")
	return Spot{Place: p.Place, LineText: p.LineText}
}

// Spot is the place of the node's first character.
func (n Node) Spot() Spot {
	if n.yaml == nil {
		return Spot{}
	}
	p := n.Problem("", "")
	return Spot{Place: p.Place, LineText: p.LineText}
}

// String gives the problem as file:line:column: message, the line, a caret
// under the place and the fix.
func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", p.Line, p.Column)
	}
	b.WriteString(": ")
	if p.Warning {
		b.WriteString("warning: ")
	}
	b.WriteString(p.Message)
	if p.LineText != "" {
		line, caret := window(p.LineText, p.Column)
		fmt.Fprintf(&b, "\n    %s\n    %s^", line, caret)
	}
	if p.Fix != "" {
		b.WriteString("\n    " + p.Fix)
	}
	return b.String()
}

// shown is the widest part of a line that is printed around a problem.
const shown = 72

// window cuts the part of line around column (from 1) that fits a terminal and
// returns it with the blanks that lead to the caret.
func window(line string, column int) (part, lead string) {
	runes := []rune(line)
	at := min(max(column-1, 0), len(runes))
	from := 0
	if len(runes) > shown && at > shown*2/3 {
		from = max(0, min(at-shown/2, len(runes)-shown))
	}
	to := min(len(runes), from+shown)
	for _, r := range runes[from:at] {
		if r == '\t' {
			lead += "\t"
		} else {
			lead += " "
		}
	}
	return string(runes[from:to]), lead
}

// Problems are all mistakes found in one go. As an error it reads as their
// texts, one after the other.
type Problems []Problem

// Error joins the problems' texts with newlines.
func (p Problems) Error() string {
	texts := make([]string, len(p))
	for i, problem := range p {
		texts[i] = problem.String()
	}
	return strings.Join(texts, "\n")
}

// Errors returns the problems that are not mere warnings.
func (p Problems) Errors() Problems {
	return slices.DeleteFunc(slices.Clone(p), func(q Problem) bool { return q.Warning })
}

// Warnings returns the problems that stop nothing.
func (p Problems) Warnings() Problems {
	return slices.DeleteFunc(slices.Clone(p), func(q Problem) bool { return !q.Warning })
}

// Sorted returns the problems file by file, each file's by their places.
func (p Problems) Sorted() Problems {
	files := map[string]int{}
	for _, q := range p {
		if _, ok := files[q.File]; !ok {
			files[q.File] = len(files)
		}
	}
	return slices.SortedStableFunc(slices.Values(p), func(a, b Problem) int {
		return cmp.Or(cmp.Compare(files[a.File], files[b.File]), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}

// Distinct returns the problems in their order, each once.
func (p Problems) Distinct() Problems {
	seen := make(map[string]bool, len(p))
	return slices.DeleteFunc(slices.Clone(p), func(q Problem) bool {
		text := q.String()
		known := seen[text]
		seen[text] = true
		return known
	})
}

// Err returns p as an error, or nil where it holds no more than warnings.
func (p Problems) Err() error {
	if errors := p.Errors(); len(errors) > 0 {
		return errors
	}
	return nil
}
