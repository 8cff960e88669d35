package events

import (
	"strings"
	"time"
	"unicode"
)

// timeParts are the letters of Java's patterns for times in Go's way.
var timeParts = map[string]string{
	"yyyy": "2006", "yy": "06", "y": "2006", "u": "2006", "uuuu": "2006",
	"MMMM": "January", "MMM": "Jan", "MM": "01", "M": "1", "dd": "02", "d": "2", "D": "002", "DDD": "002",
	"EEEE": "Monday", "EEE": "Mon", "EE": "Mon", "E": "Mon",
	"HH": "15", "H": "15", "hh": "03", "h": "3", "mm": "04", "m": "4", "ss": "05", "s": "5",
	"S": ".0", "SS": ".00", "SSS": ".000", "SSSSSS": ".000000", "a": "PM",
	"XXX": "Z07:00", "XX": "Z0700", "X": "Z07", "xxx": "-07:00", "Z": "-0700", "z": "MST",
}

// eachPart goes through a pattern: letters that mean a part of a time, and what
// stands for itself. It returns false where letters mean nothing.
func eachPart(pattern string, part func(layout, letters string), literal func(text string)) bool {
	for i := 0; i < len(pattern); {
		switch c := pattern[i]; {
		case c == '\'':
			text, rest, closed := strings.Cut(pattern[i+1:], "'")
			if !closed {
				return false
			}
			if text == "" {
				text = "'"
			}
			literal(text)
			i = len(pattern) - len(rest)
		case c < 0x80 && unicode.IsLetter(rune(c)):
			n := 1
			for i+n < len(pattern) && pattern[i+n] == c {
				n++
			}
			letters := pattern[i : i+n]
			layout, ok := timeParts[letters]
			if !ok {
				return false
			}
			part(layout, letters)
			i += n
		default:
			literal(pattern[i : i+1])
			i++
		}
	}
	return true
}

// writeTime writes a time in Java's pattern, nil where the pattern is none.
func writeTime(t time.Time, pattern string) any {
	var b strings.Builder
	ok := eachPart(pattern, func(layout, letters string) {
		text := t.Format(layout)
		switch letters[0] {
		case 'S':
			text = text[1:] // the point is the pattern's own
		case 'H':
			if len(letters) == 1 {
				text = strings.TrimPrefix(text, "0")
				if text == "" {
					text = "0"
				}
			}
		}
		b.WriteString(text)
	}, func(text string) { b.WriteString(text) })
	if !ok {
		return nil
	}
	return b.String()
}

// readTime reads a time that is written in Java's pattern.
func readTime(text, pattern string, zone *time.Location) (time.Time, bool) {
	var layout strings.Builder
	ok := eachPart(pattern, func(part, letters string) {
		if letters[0] == 'S' {
			part = part[1:]
		}
		layout.WriteString(part)
	}, func(text string) { layout.WriteString(text) })
	if !ok {
		return time.Time{}, false
	}
	t, err := time.ParseInLocation(layout.String(), text, zone)
	return t, err == nil
}
