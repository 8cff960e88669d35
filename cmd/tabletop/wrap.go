package main

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// wrapHanging breaks a line at blanks so that it fits a width, and sets what
// follows the first line further in. A word that is longer stays whole: in a
// message it is a path or a name that somebody copies.
func wrapHanging(line string, width int) []string {
	if ansi.StringWidth(line) <= width {
		return []string{line}
	}
	lead := line[:len(line)-len(strings.TrimLeft(line, " "))]
	var out []string
	current := lead
	for _, word := range strings.Fields(line) {
		switch {
		case strings.TrimLeft(current, " ") == "":
			current += word
		case ansi.StringWidth(current)+1+ansi.StringWidth(word) > width:
			out = append(out, current)
			current = lead + "  " + word
		default:
			current += " " + word
		}
	}
	return append(out, current)
}

// wrap breaks a line at blanks so that it fits a width; a word that is longer
// is cut where the width ends. It keeps the blanks that lead the line.
func wrap(line string, width int) []string {
	if ansi.StringWidth(line) <= width {
		return []string{line}
	}
	var out []string
	current := line[:len(line)-len(strings.TrimLeft(line, " "))]
	empty := true
	for _, word := range strings.Fields(line) {
		if !empty && ansi.StringWidth(current)+1+ansi.StringWidth(word) > width {
			out = append(out, current)
			current, empty = "", true
		}
		if !empty {
			current += " "
		}
		current, empty = current+word, false
		for ansi.StringWidth(current) > width {
			head := ansi.Truncate(current, width, "")
			out = append(out, head)
			current = current[len(head):]
		}
	}
	if !empty {
		out = append(out, current)
	}
	return out
}
