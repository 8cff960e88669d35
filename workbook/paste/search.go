package paste

import (
	"strings"
)

var (
	// filterLine is a filter of a search: [AND] [NOT] $Column operator value.
	filterLine = compiled(`(?i)^(?:and\s+)?((?:not\s+)?\$[A-Za-z_]\w*\s*(?:=|!=|<=|>=|<|>)\s*\S.*)$`)
	// callsFunction tells a line of code from a filter.
	callsFunction = compiled(`=\s*\w+\(\s*[$"']`)
	streamLine    = compiled(`(?i)^\$?stream\s*=\s*(\S+)$`)
	limitLine     = compiled(`(?i)^limit\s+(\d+)$`)
	lastLine      = compiled(`(?i)^last\s+(.+)$`)
	spanWords     = compiled(`^(?:last\s+)?(?:(\d+|one|five|ten|fifteen|thirty)\s+)?(minute|hour|day|week|month)s?$`)
)

// filter reads a line of a search block without a label.
func (r *reader) filter(line string) bool {
	at := r.at
	set := func(name, value string) bool {
		r.setBlock(groupSearch, name, value, at)
		r.at++
		return true
	}
	if m := streamLine.FindStringSubmatch(line); m != nil {
		return set("stream", m[1])
	}
	if m := filterLine.FindStringSubmatch(line); m != nil && !callsFunction.MatchString(line) {
		return set("where", m[1])
	}
	if m := limitLine.FindStringSubmatch(line); m != nil {
		return set("rows", m[1])
	}
	if m := lastLine.FindStringSubmatch(line); m != nil && duration(line) != line {
		return set("duration", line)
	}
	return false
}

// duration writes a span of the page's list as DNIF's queries do: Last one day
// as 1d. What is no such span stays as it is.
func duration(written string) string {
	m := spanWords.FindStringSubmatch(strings.ToLower(strings.TrimSpace(written)))
	if m == nil {
		return written
	}
	count := m[1]
	if words, ok := map[string]string{"": "1", "one": "1", "five": "5", "ten": "10", "fifteen": "15", "thirty": "30"}[count]; ok {
		count = words
	}
	return count + map[string]string{"minute": "m", "hour": "h", "day": "d", "week": "w", "month": "M"}[m[2]]
}
