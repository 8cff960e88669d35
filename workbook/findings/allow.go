package findings

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"tabletop/workbook/source"
)

// A comment `# check: allow TT303 why` keeps a finding from being reported: above
// or in a block those of the block, above all blocks those of the whole workbook.
// Several codes stand with commas between them. Mistakes can't be allowed.

var allowComment = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`#[ \t]*check:[ \t]*allow\b[ \t]*((?:[A-Za-z]+[0-9]+)(?:[ \t]*,[ \t]*[A-Za-z]+[0-9]+)*)?[ \t:]*(.*)$`)
})

// An allowed is a comment with the lines that it is about; last is 0 for all.
type allowed struct {
	spot        source.Spot
	codes       []string
	reason      string
	text        string
	first, last int
	used        map[string]bool
}

// Allow takes from the findings in a workbook's file those that its comments
// allow, and adds what is wrong with the comments. begins are the lines on which
// its blocks begin, in order. seen says that the events were looked at: without,
// a comment that allows what they would show is not idle.
func Allow(found source.Problems, path string, text []byte, begins []int, seen bool) source.Problems {
	comments := allows(path, text, begins)
	broken := found.Err() != nil
	found = slices.DeleteFunc(slices.Clone(found), func(p source.Problem) bool {
		if p.File != path || !p.Warning {
			return false
		}
		drop := false
		for _, c := range comments {
			if slices.Contains(c.codes, CodeOf(p)) && (c.last == 0 || p.Line >= c.first && p.Line <= c.last) {
				drop, c.used[CodeOf(p)] = true, true
			}
		}
		return drop
	})
	for _, c := range comments {
		found = append(found, c.problems(broken, seen)...)
	}
	return found
}

// allows reads the comments of a file.
func allows(path string, text []byte, begins []int) []*allowed {
	var out []*allowed
	lines := bytes.Split(text, []byte("\n"))
	for i, line := range lines {
		line := string(bytes.TrimSuffix(line, []byte("\r")))
		m := allowComment().FindStringSubmatchIndex(line)
		if m == nil || m[0] > 0 && !strings.ContainsRune(" \t", rune(line[m[0]-1])) {
			continue
		}
		c := &allowed{text: line[m[0]:], reason: strings.TrimSpace(line[m[4]:]), used: map[string]bool{}}
		if m[2] >= 0 {
			for code := range strings.SplitSeq(line[m[2]:m[3]], ",") {
				c.codes = append(c.codes, strings.ToUpper(strings.TrimSpace(code)))
			}
		}
		column := utf8.RuneCountInString(line[:m[0]]) + 1
		c.spot = source.Spot{Place: source.Place{File: path, Line: i + 1, Column: column}, LineText: line}
		c.first, c.last = about(i+1, lines, begins)
		out = append(out, c)
	}
	return out
}

// about are the lines that a comment on line n is about: those of the block that
// it stands in, or that begins below it with nothing but comments between, unless
// it stands further in than that one begins.
func about(n int, lines [][]byte, begins []int) (first, last int) {
	next := slices.IndexFunc(begins, func(b int) bool { return b > n })
	if next < 0 {
		next = len(begins)
	}
	block := next - 1
	if next < len(begins) && blanks(lines[n-1]) <= blanks(lines[begins[next]-1]) {
		between := lines[n : begins[next]-1]
		if !slices.ContainsFunc(between, func(l []byte) bool {
			l = bytes.TrimSpace(l)
			return len(l) > 0 && l[0] != '#' && !bytes.Equal(l, []byte("-"))
		}) {
			block = next
		}
	}
	if block < 0 {
		return 0, 0
	}
	if block+1 < len(begins) {
		return begins[block], begins[block+1] - 1
	}
	return begins[block], len(lines)
}

// blanks counts those that a line begins with.
func blanks(line []byte) int { return len(line) - len(bytes.TrimLeft(line, " ")) }

func (c *allowed) problems(broken, seen bool) source.Problems {
	var out source.Problems
	warn := func(code, message, fix string) *source.Problem {
		out = append(out, c.spot.Problem(message, fix).Warn(code))
		return &out[len(out)-1]
	}
	if len(c.codes) == 0 {
		warn(AllowUnnamed, "the comment names no code to allow", "write # check: allow "+NoSignal+" and why")
		return out
	}
	if c.reason == "" {
		warn(AllowNoReason, "the comment does not say why "+strings.Join(c.codes, ", ")+" is allowed", "write the reason behind the code")
	}
	for _, code := range c.codes {
		rule, ok := Find(code)
		switch {
		case !ok:
			warn(AllowUnnamed, "there is no finding "+code, "tabletop check --list lists them")
		case rule.Severity == Error:
			warn(AllowOfMistake, fmt.Sprintf("%s (%s) can't be allowed: nothing runs with it", code, rule.Summary), "mend it, and take the comment out")
		case !c.used[code] && !broken && (seen || !rule.OfEvents):
			p := warn(IdleAllow, "nothing to allow: there is no finding "+code+" here", "take the comment out")
			if len(c.codes) == 1 {
				*p = p.Mended(c.text, "")
			}
		}
	}
	return out
}
