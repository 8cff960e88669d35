package code

import (
	"fmt"
	"strings"

	"tabletop/workbook/source"
)

// A line is one statement as written: its text without comments, every byte
// where it was, and its offset in the block's text.
type line struct {
	text   string
	offset int
}

// split cuts a block into statements: one a line, longer while a bracket or a
// text in back quotes is open.
func split(text source.Text) ([]line, source.Problems) {
	s := splitter{text: text, code: []byte(text.Value)}
	for s.at < len(s.code) {
		s.step()
	}
	s.end()
	for _, open := range s.open {
		s.report(open, fmt.Sprintf("%c is never closed", s.code[open]), "")
	}
	return s.lines, s.problems
}

// splitter walks over the bytes of a block once.
type splitter struct {
	text     source.Text
	code     []byte
	at       int
	from     int
	open     []int
	lines    []line
	problems source.Problems
}

func (s *splitter) report(offset int, message, fix string) {
	s.problems = append(s.problems, s.text.Problem(offset, message, fix))
}

func (s *splitter) step() {
	switch c := s.code[s.at]; c {
	case '\n':
		if len(s.open) == 0 {
			s.end()
		}
	case '/':
		if strings.HasPrefix(string(s.code[s.at:min(s.at+2, len(s.code))]), "//") {
			s.blankComment()
			return
		}
	case '\'', '"', '`':
		s.skipText(c)
		return
	case '(', '[', '{':
		s.open = append(s.open, s.at)
		if len(s.open) == maxDepth+1 {
			s.report(s.at, fmt.Sprintf("brackets nest deeper than %d", maxDepth), "split the expression over several columns")
		}
	case ')', ']', '}':
		s.close(c)
	}
	s.at++
}

// end ends a statement before s.at.
func (s *splitter) end() {
	statement := string(s.code[s.from:s.at])
	trimmed := strings.TrimLeft(statement, " \t\r\n")
	if trimmed != "" {
		s.lines = append(s.lines, line{strings.TrimRight(trimmed, " \t\r\n"), s.from + len(statement) - len(trimmed)})
	}
	s.from = s.at
}

func (s *splitter) blankComment() {
	for s.at < len(s.code) && s.code[s.at] != '\n' {
		s.code[s.at] = ' '
		s.at++
	}
}

// skipText goes behind a text in quotes.
func (s *splitter) skipText(quote byte) {
	from := s.at
	for s.at++; s.at < len(s.code); s.at++ {
		switch c := s.code[s.at]; {
		case c == quote:
			s.at++
			return
		case c == '\\' && quote != '`':
			s.at++
		case c == '\n' && quote != '`':
			s.report(from, "a text without its closing quote", fmt.Sprintf("end it with %c on the same line", quote))
			return
		}
	}
	s.at = min(s.at, len(s.code))
	s.report(from, "a text without its closing quote", fmt.Sprintf("end it with %c", quote))
}

func (s *splitter) close(c byte) {
	if len(s.open) == 0 {
		s.report(s.at, fmt.Sprintf("%c closes nothing", c), "")
		return
	}
	last := s.open[len(s.open)-1]
	if want := map[byte]byte{'(': ')', '[': ']', '{': '}'}[s.code[last]]; c != want {
		s.report(s.at, fmt.Sprintf("%c where %c should close", c, want), "")
	}
	s.open = s.open[:len(s.open)-1]
}
