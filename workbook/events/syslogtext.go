package events

import (
	"bytes"
	"strings"
	"time"
)

// facilities and severities are named as syslog.conf names them.
var (
	facilities = byteTexts("kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "ntp", "audit", "alert", "clock",
		"local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7")
	severities = byteTexts("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug")
)

func byteTexts(texts ...string) [][]byte {
	var out [][]byte
	for _, text := range texts {
		out = append(out, []byte(text))
	}
	return out
}

// timestampEnd returns where the timestamp at a text's beginning ends, 0 where
// there is none, and whether it names its year: Jan 2 15:04:05, the same with
// the year behind the day or before the month, and RFC 3339.
func timestampEnd(text []byte) (end int, dated bool) {
	if len(text) > 4 && text[4] == '-' {
		return datedEnd(text), true
	}
	i := 0
	if len(text) > 5 && isDigits(text[:4]) && text[4] == ' ' {
		i, dated = 5, true
	}
	if i+4 > len(text) || text[i+3] != ' ' || !isMonth(text[i:i+3]) {
		return 0, false
	}
	i = skipBlanks(text, i+3)
	day := i
	for i < len(text) && text[i] >= '0' && text[i] <= '9' {
		i++
	}
	if i == day || i > day+2 {
		return 0, false
	}
	i = skipBlanks(text, i)
	if i+5 <= len(text) && isDigits(text[i:i+4]) && text[i+4] == ' ' {
		i, dated = i+5, true
	}
	if clock := clockEnd(text[i:]); clock > 0 {
		return i + clock, dated
	}
	return 0, false
}

// datedEnd is timestampEnd for RFC 3339.
func datedEnd(text []byte) int {
	first, _ := word(text[:min(len(text), len(time.RFC3339Nano)+1)])
	layout := time.RFC3339Nano
	if !bytes.HasSuffix(first, []byte("Z")) && strings.LastIndexAny(string(first), "+-") < len("2006-01-02T") {
		layout = "2006-01-02T15:04:05.999999999"
	}
	if _, err := time.Parse(layout, string(first)); err != nil {
		return 0
	}
	return len(first)
}

// clockEnd returns where hh:mm:ss with its fraction ends.
func clockEnd(text []byte) int {
	const clock = len("15:04:05")
	if len(text) < clock || text[2] != ':' || text[5] != ':' || !isDigits(text[:2]) || !isDigits(text[3:5]) || !isDigits(text[6:clock]) {
		return 0
	}
	end := clock
	if end < len(text) && text[end] == '.' {
		for end++; end < len(text) && text[end] >= '0' && text[end] <= '9'; end++ {
		}
	}
	return end
}

func isDigits(text []byte) bool {
	for _, c := range text {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

func isMonth(text []byte) bool {
	return strings.Contains("|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|", "|"+string(text)+"|")
}

func skipBlanks(text []byte, i int) int {
	for i < len(text) && text[i] == ' ' {
		i++
	}
	return i
}

// structuredEnd returns where the structured data at a text's beginning ends, 0
// where it is broken.
func structuredEnd(text []byte) int {
	if len(text) > 0 && text[0] == '-' {
		return 1
	}
	end := 0
	for end < len(text) && text[end] == '[' {
		shut := elementEnd(text[end:], func(_, _, _ []byte) {})
		if shut == 0 {
			return 0
		}
		end += shut
	}
	return end
}

// elementEnd reads [id name="value" …] and returns where it ends, 0 where it is
// broken.
func elementEnd(text []byte, visit func(id, name, value []byte)) int {
	end := bytes.IndexAny(text, " ]")
	if end < 2 {
		return 0
	}
	id, rest := text[1:end], text[end:]
	for {
		rest = bytes.TrimLeft(rest, " ")
		if len(rest) == 0 {
			return 0
		}
		if rest[0] == ']' {
			return len(text) - len(rest) + 1
		}
		name, behind, ok := bytes.Cut(rest, []byte(`="`))
		if !ok || len(name) == 0 || bytes.ContainsAny(name, ` ]"=`) {
			return 0
		}
		value, after, closed := inQuotes(behind)
		if !closed {
			return 0
		}
		visit(id, name, value)
		rest = after
	}
}

// parameters puts structured data.
func (f *filler) parameters(data []byte) {
	for len(data) > 0 && data[0] == '[' && !f.full {
		shut := elementEnd(data, func(id, name, value []byte) {
			value = f.unescape(value, parameterEscape)
			f.put(f.name(bytes.Join([][]byte{id, name}, []byte("."))), value)
			if bare := f.name(name); bare == string(name) {
				f.put(bare, value)
			}
		})
		data = data[shut:]
	}
}

func parameterEscape(c byte) byte {
	if c == '"' || c == '\\' || c == ']' {
		return c
	}
	return 0
}
