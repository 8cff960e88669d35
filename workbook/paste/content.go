package paste

import (
	"strings"
)

// A form is what a line begins, judged by the line alone.
type form string

// The forms.
const (
	formNone       form = ""
	formSQL        form = "sql"
	formDQL        form = "dql"
	formPython     form = "python"
	formStatements form = "statements"
	formJSON       form = "json"
	formXML        form = "xml"
	formURL        form = "url"
	formMethod     form = "method"
)

var (
	beginsSQL        = compiled(`(?i)^\s*(?:select|with)\s`)
	beginsPipe       = compiled(`(?i)^\s*(?:stream|sourcename)\s*=`)
	beginsDirective  = compiled(`(?i)^\s*(?:>>\s*)?_(?:fetch|agg|checkif|store|retrieve|sort|limit|export|lookup|trigger)\b`)
	beginsPython     = compiled(`^\s*def\s+\w+\s*\(`)
	beginsStatement  = compiled(`^\s*(?:\$[A-Za-z_]\w*\s*=[^=]|where\s+\S|drop\s+\$|rename\s+\$|//)`)
	beginsAssignment = compiled(`^\s*\$[A-Za-z_]\w*\s*=[^=]`)
	beginsJSON       = compiled(`^\s*[\[{]`)
	beginsXML        = compiled(`^\s*<[?A-Za-z]`)
	isURL            = compiled(`^\s*https?://\S+\s*$`)
	isMethod         = compiled(`^\s*(?:GET|POST|PUT|PATCH|DELETE)\s*$`)
	isComment        = compiled(`^\s*(?:--|/\*)`)
)

// formOf tells what line n begins.
func (t *text) formOf(n int) form {
	if n >= len(t.lines) {
		return formNone
	}
	line := strings.TrimPrefix(t.lines[n], "{''}") // the page wraps Python so
	switch {
	case beginsSQL.MatchString(line):
		return formSQL
	case isComment.MatchString(line): // SQL, where a query follows
		for last := n + mostComments; n < min(last, len(t.lines)) && (t.blank(n) || isComment.MatchString(t.lines[n])); {
			n++
		}
		if n < len(t.lines) && beginsSQL.MatchString(t.lines[n]) {
			return formSQL
		}
		return formNone
	case beginsPipe.MatchString(line), beginsDirective.MatchString(line):
		return formDQL
	case beginsPython.MatchString(line):
		return formPython
	case beginsJSON.MatchString(line):
		return formJSON
	case beginsXML.MatchString(line):
		return formXML
	case isURL.MatchString(line):
		return formURL
	case isMethod.MatchString(line):
		return formMethod
	}
	return formNone
}

// mostComments is the most lines of comments before a query.
const mostComments = 50

// strong reports whether line n begins something else whatever stands before
// it: a label, a query, Python.
func (t *text) strong(n int) bool {
	if fence(t.lines[n]) {
		return true
	}
	if _, _, _, ok := blockLabelOf(t.lines[n]); ok {
		return true
	}
	if _, _, ok := fieldOf(t.lines[n]); ok {
		return true
	}
	return t.formOf(n) != formNone || workbookNamed.MatchString(t.lines[n])
}

// fence reports whether a line opens or closes a block of code in Markdown.
func fence(line string) bool { return strings.HasPrefix(strings.TrimSpace(line), "```") }

// extent is the line behind the last of what begins at line n.
func (t *text) extent(n int, f form) int {
	switch f {
	case formSQL:
		return t.queryEnd(n, sqlGoesOn)
	case formDQL:
		return t.queryEnd(n, dqlGoesOn)
	case formPython:
		return t.pythonEnd(n)
	case formStatements:
		return t.statementsEnd(n)
	case formJSON:
		return t.bracketsEnd(n)
	case formXML:
		return t.xmlEnd(n)
	}
	return n + 1
}

var (
	sqlGoesOn = continuation{
		begins: compiled(`(?i)^\s*(?:from|where|and|or|not|group|order|having|limit|offset|union|join|inner|left|right|full|cross|on|case|when|then|else|end|as|in|like|between|is|select|asc|desc)\b|^\s*[(),$` + "`" + `'"*<>=+/|-]`),
		ends:   compiled(`(?i)(?:[,(=<>+*/|-]|\b(?:select|distinct|from|where|and|or|not|by|having|on|join|as|in|like|between|limit|union|all|case|when|then|else|with|is))\s*$`),
	}
	dqlGoesOn = continuation{
		begins: compiled(`(?i)^\s*(?:>>|\||where\b|and\b|or\b|not\b|group\b|as\b|limit\b|first\b|last\b|filter\b|include\b|exclude\b|join\b|[('"$,]|_\$)`),
		ends:   compiled(`(?i)(?:>>|[|,(=<>]|\b(?:where|and|or|not|from|by|group|join))\s*$`),
	}
)

// A continuation tells by a line's beginning, or by the end of the one before,
// that a query goes on.
type continuation struct{ begins, ends pattern }

// queryEnd follows a query over the lines that go on with it. What looks like
// the beginning of something else ends it, unless a bracket or the last word
// says that more must come.
func (t *text) queryEnd(n int, more continuation) int {
	end := n + 1
	var open brackets
	open.read(t.lines[n])
	for isComment.MatchString(t.lines[end-1]) && end < len(t.lines) {
		open.read(t.lines[end])
		end++
	}
	union := beginsWith.MatchString(t.lines[end-1])
	for {
		if strings.HasSuffix(strings.TrimSpace(t.lines[end-1]), ";") {
			return end
		}
		next := t.filled(end)
		if next >= len(t.lines) || fence(t.lines[next]) {
			return end
		}
		line := t.lines[next]
		expected := open.depth > 0 || open.quote != 0 || more.ends.MatchString(t.lines[end-1])
		switch {
		case expected && !t.labelled(next):
		case union && beginsSQL.MatchString(line): // WITH … SELECT
			union = false
		case isComment.MatchString(line) && next == end:
		case !more.begins.MatchString(line), beginsAssignment.MatchString(line), t.strong(next) && !strings.HasPrefix(strings.TrimSpace(line), ">>"):
			return end
		}
		for ; end <= next; end++ {
			open.read(t.lines[end])
		}
	}
}

var beginsWith = compiled(`(?i)^\s*with\s`)

// labelled reports whether line n is a label of a block or of a field.
func (t *text) labelled(n int) bool {
	if _, _, _, ok := blockLabelOf(t.lines[n]); ok {
		return true
	}
	_, _, ok := fieldOf(t.lines[n])
	return ok || workbookNamed.MatchString(t.lines[n])
}

// brackets counts what is open in a text, quotes aside.
type brackets struct {
	depth int
	quote byte
}

func (b *brackets) read(line string) {
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '\\' && b.quote != 0:
			i++
		case b.quote != 0:
			if c == b.quote {
				b.quote = 0
			}
		case c == '"' || c == '\'':
			b.quote = c
		case c == '(' || c == '[' || c == '{':
			b.depth++
		case c == ')' || c == ']' || c == '}':
			b.depth--
		}
	}
}

// pythonEnd follows Python: what is indented, further functions, and comments
// that more of it follows.
func (t *text) pythonEnd(n int) int {
	base := indentation(t.lines[n])
	end := n + 1
	for next := t.filled(end); next < len(t.lines) && !fence(t.lines[next]); next = t.filled(next + 1) {
		line := t.lines[next]
		trimmed := strings.TrimSpace(line)
		switch {
		case indentation(line) > base, beginsPython.MatchString(line), strings.HasPrefix(trimmed, "@"):
			end = next + 1
		case trimmed == "{''}", len(trimmed) == 1 && strings.Contains(")]}", trimmed):
			return next + 1
		case strings.HasPrefix(trimmed, "#") && !t.labelled(next): // counts where Python follows
		default:
			return end
		}
	}
	return end
}

// indentation counts the bytes of blanks and tabs that lead a line.
func indentation(line string) int { return len(line) - len(strings.TrimLeft(line, " \t")) }

// statementsEnd follows statements of a code block, a line each, longer while a
// bracket is open.
func (t *text) statementsEnd(n int) int {
	var open brackets
	end := n
	for next := n; next < len(t.lines); next = t.filled(next + 1) {
		if open.depth <= 0 && !beginsStatement.MatchString(t.lines[next]) || t.labelled(next) || fence(t.lines[next]) {
			break
		}
		open.read(t.lines[next])
		open.quote = 0 // texts end with their lines
		end = next + 1
	}
	return max(end, n+1)
}

// bracketsEnd follows JSON to the bracket that closes it; a label ends what is
// never closed.
func (t *text) bracketsEnd(n int) int {
	var open jsonBrackets
	for end := n; end < len(t.lines); end++ {
		if end > n && (t.labelled(end) || fence(t.lines[end])) {
			return end
		}
		if open.read(t.lines[end]); open.depth <= 0 && !open.text {
			return end + 1
		}
	}
	return len(t.lines)
}

// jsonBrackets counts the open brackets of JSON, whose texts stand in double
// quotes only.
type jsonBrackets struct {
	depth int
	text  bool
}

func (b *jsonBrackets) read(line string) {
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '\\' && b.text:
			i++
		case c == '"':
			b.text = !b.text
		case b.text:
		case c == '[' || c == '{':
			b.depth++
		case c == ']' || c == '}':
			b.depth--
		}
	}
	b.text = false // no text of JSON goes over a line's end
}

// xmlEnd follows XML to the next blank line or label.
func (t *text) xmlEnd(n int) int {
	end := n + 1
	for end < len(t.lines) && !t.blank(end) && !t.labelled(end) && !fence(t.lines[end]) {
		end++
	}
	return end
}
