package pseudonym

import "strings"

// nextURL finds the first scheme://… of a text; start and end are its length
// where there is none.
func nextURL(s string) (start, end int) {
	for from := 0; ; {
		i := strings.Index(s[from:], "//")
		if i < 0 {
			return len(s), len(s)
		}
		i += from
		from = i + 2
		start = i
		for start > 0 && strings.IndexByte(":[]", s[start-1]) >= 0 {
			start--
		}
		if start == i {
			continue // two slashes without a colon
		}
		for start > 0 && (isLetter(s[start-1]) || s[start-1] >= '0' && s[start-1] <= '9' || strings.IndexByte("+-.", s[start-1]) >= 0) {
			start--
		}
		for start < i && !isLetter(s[start]) {
			start++
		}
		length := schemeEnd(s[start:])
		if length == 0 || start+length < i {
			continue
		}
		end = start + length
		for end < len(s) && isURLByte(s[end]) {
			if strings.IndexByte(",;|", s[end]) >= 0 && schemeEnd(s[end+1:]) > 0 {
				break
			}
			end++
		}
		return start, end
	}
}

func isURLByte(c byte) bool { return c > ' ' && c != 0x7f && strings.IndexByte("\"'<>`|\\^{}", c) < 0 }

// trimEnd cuts off what ends a sentence and no URL.
func trimEnd(s string) (inner, after string) {
	inner = strings.TrimRight(s, ".,;:!?")
	for _, pair := range []string{"()", "[]"} {
		if strings.HasSuffix(inner, pair[1:]) && strings.Count(inner, pair[:1]) < strings.Count(inner, pair[1:]) {
			inner = strings.TrimRight(inner[:len(inner)-1], ".,;:!?")
		}
	}
	return inner, s[len(inner):]
}
