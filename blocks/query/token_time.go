package query

import (
	"regexp"
	"sync"
)

// compiled makes a pattern when it is first asked for: the tables of letters in
// some take longer to make than a small query to answer.
func compiled(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}

// timestamp is a moment written out of quotes, as DNIF's pages do.
var timestamp = compiled(`^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?)?`)

// timestampLength is the length of the moment that begins s, 0 where none does.
// What goes on as a word or a number is none.
func timestampLength(s string) int {
	n := len(timestamp().FindString(s))
	if n < len(s) && wordLength(s[n:]) > 0 {
		return 0
	}
	return n
}

// path is a field of the raw line: names joined by dots, with places of lists.
var path = compiled(`^[\p{L}_][\p{L}\p{N}_]*(\[\d{1,6}\])*(\.[\p{L}_@][\p{L}\p{N}_-]*(\[\d{1,6}\])*)*`)

// pathLength is the length of the path that begins s, 0 where none does.
func pathLength(s string) int { return len(path().FindString(s)) }
