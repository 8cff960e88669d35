package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/term"
)

// The rules of output: results go to out, everything else to err; no colour
// where out is no terminal or NO_COLOR is set; whatever comes from events,
// workbooks or answers passes through clean before it reaches a terminal; lines
// fit 80 columns where what they say can be cut.
type console struct {
	out     *bufio.Writer
	err     io.Writer
	width   int
	noColor bool
	quiet   bool
	tty     bool
	// spaced sets a blank line behind each.
	spaced bool
}

// narrow is the width of output that goes to no terminal.
const narrow = 80

func newConsole(stdout, stderr io.Writer) *console {
	c := &console{out: bufio.NewWriterSize(stdout, 1<<16), err: stderr, width: narrow}
	if f, ok := stdout.(*os.File); ok && term.IsTerminal(f.Fd()) {
		c.tty = true
		if w, _, err := term.GetSize(f.Fd()); err == nil && w >= 40 {
			c.width = min(w, 160)
		}
	}
	return c
}

func (c *console) flush() error { return c.out.Flush() }

// colour reports whether out may be coloured.
func (c *console) colour() bool {
	return c.tty && !c.noColor && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// line writes a line to out.
func (c *console) line(parts ...string) {
	fmt.Fprintln(c.out, strings.Join(parts, ""))
	if c.spaced {
		fmt.Fprintln(c.out)
	}
}

// remark tells something beside the result.
func (c *console) remark(format string, a ...any) {
	if !c.quiet {
		c.tell(fmt.Sprintf(format, a...))
	}
}

// problem tells what went wrong.
func (c *console) problem(message string) {
	_ = c.out.Flush()
	c.tell(cleanLines(message))
}

// tell writes a message to err. Lines that are too long go on below, further in;
// those that a caret points into stay as they are.
func (c *console) tell(message string) {
	lines := strings.Split(message, "\n")
	for i, line := range lines {
		parts := []string{line}
		if i+1 == len(lines) || strings.TrimLeft(lines[i+1], " ") != "^" {
			parts = wrapHanging(line, c.width)
		}
		for _, part := range parts {
			fmt.Fprintln(c.err, part)
		}
	}
}

// The styles of output, each used for one thing.
func (c *console) style(s lipgloss.Style, text string) string {
	if !c.colour() {
		return text
	}
	return s.Render(text)
}

func (c *console) strong(text string) string {
	return c.style(lipgloss.NewStyle().Bold(true), text)
}

func (c *console) faint(text string) string {
	return c.style(lipgloss.NewStyle().Faint(true), text)
}

func (c *console) red(text string) string {
	return c.style(lipgloss.NewStyle().Foreground(lipgloss.Red).Bold(true), text)
}

func (c *console) green(text string) string {
	return c.style(lipgloss.NewStyle().Foreground(lipgloss.Green), text)
}

func (c *console) yellow(text string) string {
	return c.style(lipgloss.NewStyle().Foreground(lipgloss.Yellow), text)
}

// clean makes a text harmless for a terminal and one line of it: control
// characters, and those that turn the direction of writing or can't be seen,
// stand as escapes.
func clean(text string) string { return escape(text, false) }

// cleanLines is clean for a text whose line breaks are meant.
func cleanLines(text string) string { return escape(text, true) }

func escape(text string, lines bool) string {
	harmless := func(r rune) bool {
		return r >= ' ' && r < 0x7f || lines && (r == '\n' || r == '\t') || r >= 0xa0 && unicode.IsPrint(r)
	}
	ok := utf8.ValidString(text)
	for _, r := range text {
		ok = ok && harmless(r)
	}
	if ok {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, text[i])
		case harmless(r):
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\r':
			b.WriteString(`\r`)
		case r < 0x100:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
		i += size
	}
	return b.String()
}
