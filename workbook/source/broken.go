package source

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// What is looked through for where YAML breaks: lines before the parser gives up,
// and bytes that are read again in all.
const (
	mostTried = 200
	mostRead  = 8 << 20
)

// A breach is where YAML goes wrong: with the line at, counted from 1, its text can
// no longer be read, and the parser noticed it at noticed.
type breach struct{ at, noticed int }

// breachOf finds the line that breaks a text. The parser's own place is that of
// the structure it was in, which may be the whole file: so the text is read again
// up to where it notices, and a line less each time until it can be read.
func breachOf(file *File, broken error) (breach, bool) {
	read := 0
	fails := func(lines int) error {
		var n yaml.Node
		text := strings.Join(file.lines[:lines], "\n")
		read += len(text)
		err := yaml.NewDecoder(strings.NewReader(text)).Decode(&n)
		if errors.Is(err, io.EOF) {
			return nil
		}
		return err
	}
	low, high := 1, len(file.lines)
	for low < high && read < mostRead {
		middle := (low + high) / 2
		if err := fails(middle); err != nil && err.Error() == broken.Error() {
			high = middle
		} else {
			low = middle + 1
		}
	}
	for at := low; low == high && at > 0 && low-at < mostTried && read < mostRead; at-- {
		if fails(at-1) == nil {
			return breach{at, low}, true
		}
	}
	return breach{}, false
}

// opensQuote finds quotes where a value may begin.
var opensQuote = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?:^|[\s\[{,])(['"])`) })

// diagnose places a problem at the line that breaks the text and says what to do.
func (b breach) diagnose(file *File, p Problem) Problem {
	line := file.line(b.at)
	trimmed := strings.TrimLeft(line, " \t")
	blanks := len(line) - len(trimmed)
	moved := p.Line != b.at
	p.Line, p.LineText = b.at, line
	at := func(offset int) Problem {
		p.Column = utf8.RuneCountInString(line[:offset]) + 1
		return p
	}
	if tab := strings.IndexByte(line[:blanks], '\t'); tab >= 0 {
		p.Message, p.Fix = "broken YAML: a tab where blanks indent", "write blanks in its place"
		return at(tab)
	}
	if quote := unclosed(line); quote >= 0 && b.noticed > b.at {
		p.Message, p.Fix = "broken YAML: a quote that is not closed", "close it on its line, or write the text under '|'"
		return at(quote)
	}
	if strings.Contains(p.Message, "did not find expected ',' or") {
		p.Fix = "close the bracket"
		return at(blanks)
	}
	if strings.Contains(p.Message, "could not find expected ':'") {
		p.Fix = "a key ends in ':'; a line of a text is indented as the text is"
		return at(blanks)
	}
	if !moved {
		return p
	}
	p.Fix = b.indentation(file, blanks, trimmed)
	return at(blanks)
}

// indentation says how a line that fits nowhere may be indented.
func (b breach) indentation(file *File, blanks int, trimmed string) string {
	if !strings.HasPrefix(trimmed, "- ") {
		return "indent it as the lines that it belongs to"
	}
	for n := b.at - 1; n > 0; n-- {
		above := strings.TrimLeft(file.line(n), " ")
		if !strings.HasPrefix(above, "- ") {
			continue
		}
		if other := leadingBlanks(file.line(n)); other != blanks {
			return fmt.Sprintf("indent it as line %d, by %d", n, other)
		}
		break
	}
	return "indent it as the items above it"
}

// unclosed is where a quote begins that its line does not close, -1 for none.
func unclosed(line string) int {
	for from := 0; ; {
		m := opensQuote().FindStringSubmatchIndex(line[from:])
		if m == nil {
			return -1
		}
		open := from + m[2]
		end := strings.IndexByte(line[open+1:], line[open])
		if end < 0 {
			return open
		}
		from = open + 1 + end + 1
	}
}
