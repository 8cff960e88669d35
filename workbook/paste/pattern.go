package paste

import (
	"regexp"
	"sync"
)

// A pattern is compiled when it is first asked: every command carries this
// package, and only an import reads pasted text.
type pattern func() *regexp.Regexp

func compiled(text string) pattern {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}

func (p pattern) MatchString(line string) bool            { return p().MatchString(line) }
func (p pattern) FindString(line string) string           { return p().FindString(line) }
func (p pattern) FindStringSubmatch(line string) []string { return p().FindStringSubmatch(line) }

func (p pattern) FindAllStringSubmatch(text string, n int) [][]string {
	return p().FindAllStringSubmatch(text, n)
}
