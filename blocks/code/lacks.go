package code

import (
	"strings"

	"tabletop/workbook/source"
)

// lacks are the words of Python that DNIF's restricted form of it, or Starlark,
// does without, and the way to write it instead.
var lacks = map[string]string{
	"try":      "test before: parts = log['$URL'].split('http://'), then if len(parts) > 1:",
	"except":   "test before what could fail",
	"finally":  "test before what could fail",
	"raise":    "write fail('what is wrong')",
	"assert":   "write if not …: fail('what is wrong')",
	"import":   "nothing is imported; json_parse, json_stringify, regexp_extract, regexp_match, IP_Network and IP_Address are there",
	"from":     "nothing is imported; json_parse, json_stringify, regexp_extract, regexp_match, IP_Network and IP_Address are there",
	"is":       "write == None or != None",
	"class":    "use a dict",
	"with":     "nothing is opened in a block",
	"global":   "give the value to the function, and return it",
	"nonlocal": "give the value to the function, and return it",
	"del":      "write log.pop('$Column')",
	"yield":    "append to a list and return it",
	"async":    "write a plain def",
	"await":    "call the function",
}

// undefined are names that Python has and Starlark lacks.
var undefined = map[string]string{
	"sum":        "add in a loop: total = total + x",
	"isinstance": "write type(x) == 'string' (or int, float, list, dict)",
	"map":        "write [f(x) for x in list]",
	"filter":     "write [x for x in list if …]",
	"round":      "write int(x + 0.5)",
	"re":         "use regexp_extract(pattern, text, group) or regexp_match(pattern, text)",
	"json":       "use json_parse(text) and json_stringify(value)",
	"ipaddress":  "use IP_Address(text) and IP_Network(text)",
	"Exception":  "write fail('what is wrong')",
	"open":       "nothing is opened in a block",
	"eval":       "nothing is evaluated in a block",
}

// findLacks names each word and each f-string that Python has and this does
// not, outside of texts and comments.
func findLacks(text source.Text) source.Problems {
	s := pythonScanner{text: text, code: text.Value}
	for s.at < len(s.code) {
		s.step()
	}
	return s.problems
}

// pythonScanner walks over the bytes of a Python text once.
type pythonScanner struct {
	text     source.Text
	code     string
	at       int
	problems source.Problems
}

func (s *pythonScanner) step() {
	switch c := s.code[s.at]; {
	case c == '#':
		if end := strings.IndexByte(s.code[s.at:], '\n'); end >= 0 {
			s.at += end
		} else {
			s.at = len(s.code)
		}
	case c == '"' || c == '\'':
		s.skipText()
	case isLetter(c):
		s.name()
	case c == ':' && strings.HasPrefix(s.code[s.at:], ":="):
		s.report(s.at, ":= is not part of this Python", "assign on a line of its own")
		s.at += 2
	default:
		s.at++
	}
}

func (s *pythonScanner) report(offset int, message, fix string) {
	s.problems = append(s.problems, s.text.Problem(offset, message, fix))
}

// name goes behind a name, or behind a text with a prefix such as f or r.
func (s *pythonScanner) name() {
	from := s.at
	for s.at < len(s.code) && (isLetter(s.code[s.at]) || s.code[s.at] >= '0' && s.code[s.at] <= '9') {
		s.at++
	}
	name := s.code[from:s.at]
	if s.at < len(s.code) && (s.code[s.at] == '"' || s.code[s.at] == '\'') && len(name) <= 2 {
		prefix := strings.ToLower(name)
		if strings.Contains(prefix, "f") {
			s.report(from, "f-strings are not part of this Python", "write '{} and {}'.format(a, b), or a + str(b)")
		}
		s.skipText()
		return
	}
	if fix, ok := lacks[name]; ok && (from == 0 || s.code[from-1] != '.') {
		s.report(from, name+" is not part of this Python", fix)
	}
}

// skipText goes behind a text in single, double or triple quotes; one that is
// never closed is left to the parser.
func (s *pythonScanner) skipText() {
	quote := s.code[s.at : s.at+1]
	if triple := strings.Repeat(quote, 3); strings.HasPrefix(s.code[s.at:], triple) {
		quote = triple
	}
	for s.at += len(quote); s.at < len(s.code); s.at++ {
		switch {
		case s.code[s.at] == '\\':
			s.at++
		case strings.HasPrefix(s.code[s.at:], quote):
			s.at += len(quote)
			return
		case s.code[s.at] == '\n' && len(quote) == 1:
			return
		}
	}
	s.at = len(s.code)
}

func isLetter(c byte) bool {
	return c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z' || c >= 0x80
}
