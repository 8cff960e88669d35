package query

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"tabletop/workbook"
	"tabletop/workbook/source"
)

// Legacy DQL is read word by word, not token by token: its values stand without
// quotes and may hold nearly anything.

// A segment is one directive of a text: what stands between two >>.
type segment struct{ from, to int }

// segments splits a text at >>, but not inside quotes or regex( … ). A directive
// that begins a line is one of its own.
func segments(text source.Text) ([]segment, source.Problems) {
	s := text.Value
	var out []segment
	from := 0
	cut := func(to, next int) {
		if end := from + len(strings.TrimRightFunc(s[from:to], isBlank)); end > from {
			out = append(out, segment{from, end})
		}
		from = next
	}
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case strings.HasPrefix(s[i:], ">>"):
			cut(i, i+2)
			i += 2
		case opensQuote(s, i):
			n := quotedLength(s[i:])
			if n == 0 {
				return nil, source.Problems{text.Problem(i, "a text that does not end", "end it with the quote that it begins with")}
			}
			i += n
		case hasFoldPrefix(s[i:], "regex("):
			n := patternLength(s[i+len("regex"):])
			if n == 0 {
				return nil, source.Problems{text.Problem(i, "a pattern that does not end", "end it with )")}
			}
			i += len("regex") + n
		case r == '|' && directiveAt(s[i+1:]):
			return nil, source.Problems{text.Problem(i, "a pipe between directives, which are joined by >>", "write >> in place of |")}
		case r == '\n' && directiveAt(s[i+1:]) && strings.TrimFunc(s[from:i], isBlank) != "":
			cut(i, i+1)
			i++
		default:
			i += size
		}
	}
	cut(len(s), len(s))
	return out, nil
}

// isBlank reports what separates words: blanks of all kinds, and marks without
// width that word processors leave.
func isBlank(r rune) bool { return unicode.IsSpace(r) || r == '\u200b' || r == '\ufeff' || r == ';' }

func hasFoldPrefix(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// directiveAt reports whether a line begins with a directive.
func directiveAt(line string) bool {
	word := strings.TrimLeftFunc(line, isBlank)
	if n := wordLength(word); n > 0 {
		for _, name := range directiveNames {
			if strings.EqualFold(word[:n], name) {
				return true
			}
		}
	}
	return false
}

// opensQuote reports whether a quote at i begins a text: inside a word it is an
// apostrophe.
func opensQuote(s string, i int) bool {
	r, _ := utf8.DecodeRuneInString(s[i:])
	if _, ok := quotes[r]; !ok {
		return false
	}
	if i == 0 {
		return true
	}
	before, _ := utf8.DecodeLastRuneInString(s[:i])
	return isBlank(before) || strings.ContainsRune("=<>!,([", before)
}

// quotedLength is the length of the text in quotes that begins s, 0 where it
// does not end.
func quotedLength(s string) int {
	r, size := utf8.DecodeRuneInString(s)
	end := strings.IndexRune(s[size:], quotes[r])
	if end < 0 {
		return 0
	}
	return size + end + utf8.RuneLen(quotes[r])
}

// patternLength is the length of a pattern in parentheses, 0 where it does not
// end. Parentheses inside it pair, but for those behind a backslash.
func patternLength(s string) int {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return 0
}

// A legacy reads the words of one directive.
type legacy struct {
	text   source.Text
	p      *workbook.Preparation
	at, to int
	// directive is its name, for messages.
	directive string
	warnings  source.Problems
}

func (l *legacy) fail(at int, message, fix string) {
	panic(mistake{l.text.Problem(at, message, fix)})
}

func (l *legacy) warn(code string, at int, message, fix string) {
	l.warnings = append(l.warnings, l.text.Problem(at, message, fix).Warn(code))
}

func (l *legacy) rest() string { return l.text.Value[l.at:l.to] }

func (l *legacy) skip() {
	for l.at < l.to {
		r, size := utf8.DecodeRuneInString(l.rest())
		if !isBlank(r) {
			return
		}
		l.at += size
	}
}

func (l *legacy) done() bool {
	l.skip()
	return l.at == l.to
}

// word is the next word: a text in quotes, a list's comma or bracket, or
// anything up to a blank, a comma or an operator.
func (l *legacy) peek() Word {
	l.skip()
	w := Word{At: l.at}
	rest := l.rest()
	if rest == "" {
		return w
	}
	if opensQuote(l.text.Value, l.at) {
		_, size := utf8.DecodeRuneInString(rest)
		n := quotedLength(rest)
		r, _ := utf8.DecodeRuneInString(rest)
		if n == 0 {
			l.fail(l.at, "a text that does not end", "end it with the quote that it begins with")
		}
		w.Quoted, w.length, w.Text = true, n, rest[size:n-utf8.RuneLen(quotes[r])]
		return w
	}
	if strings.IndexByte(",[]()", rest[0]) >= 0 {
		w.Text, w.length = rest[:1], 1
		return w
	}
	if op := operatorAt(rest); op != "" {
		w.Text, w.length = op, len(op)
		return w
	}
	n := strings.IndexFunc(rest, func(r rune) bool { return isBlank(r) || strings.ContainsRune(",=<>!", r) })
	if n < 0 {
		n = len(rest)
	}
	if strings.HasPrefix(rest, "@") { // places of lists are part of a path
		n = max(1, 1+pathLength(rest[1:]))
	} else if bracket := strings.IndexAny(rest[:n], "[]"); bracket > 0 {
		n = bracket
	}
	w.Text, w.length = rest[:n], n
	return w
}

// legacyOperators, longest first, with the tree's.
var legacyOperators = []struct{ written, op string }{{"!=", "<>"}, {"<>", "<>"}, {">=", ">="}, {"<=", "<="}, {"==", "="}, {"=", "="}, {">", ">"}, {"<", "<"}}

func operatorAt(s string) string {
	for _, o := range legacyOperators {
		if strings.HasPrefix(s, o.written) {
			return o.written
		}
	}
	return ""
}

func treeOperator(written string) string {
	for _, o := range legacyOperators {
		if o.written == written {
			return o.op
		}
	}
	return ""
}

func (l *legacy) next() Word {
	w := l.peek()
	l.at += w.length
	return w
}

// accept takes the next word if it is the one given, letter case aside.
func (l *legacy) accept(word string) bool {
	w := l.peek()
	if w.Quoted || !strings.EqualFold(w.Text, word) {
		return false
	}
	l.at += w.length
	return true
}

// found words what stands where something else should.
func (l *legacy) unexpected(w Word, wanted string, known ...string) {
	l.pipeSign(w)
	l.colon(w)
	found := "the end of " + l.directive
	if w.Text != "" || w.Quoted {
		found = w.Text
		if len(found) > 40 {
			found = found[:40] + "…"
		}
	}
	fix := ""
	if w.Text != "" {
		if near := source.Nearest(w.Text, known); near != "" {
			fix = "did you mean " + near + "?"
		}
	}
	l.fail(w.At, "expected "+wanted+", found "+found, fix)
}

// end refuses what stands behind the end of a directive.
func (l *legacy) end() {
	if w := l.peek(); w.Text != "" || w.Quoted {
		l.unexpected(w, "the end of "+l.directive)
	}
}

// field takes a field: $Name, @path, or a name that DQL itself gives, such as
// count_unique.
func (l *legacy) field(wanted string) Word {
	w := l.peek()
	bare := strings.TrimPrefix(w.Text, "$")
	if strings.HasPrefix(w.Text, "@") {
		bare = strings.TrimPrefix(w.Text, "@")
		if pathLength(bare) != len(bare) {
			bare = ""
		}
	} else if wordLength(bare) != len(bare) {
		bare = ""
	}
	if w.Quoted || bare == "" {
		l.unexpected(w, wanted)
	}
	return l.next()
}

// fields takes fields joined by commas; blanks alone join them too.
func (l *legacy) fields(most int, wanted string) []Word {
	var out []Word
	for {
		w := l.field(wanted)
		if len(out) == most {
			l.fail(w.At, "more than "+spelled(most), "")
		}
		out = append(out, w)
		if !l.accept(",") {
			return out
		}
	}
}

func spelled(n int) string {
	if n == 1 {
		return "one field"
	}
	return map[int]string{2: "two", 3: "three", 4: "four"}[n] + " fields"
}

// column is the field as the tree has it.
func fieldColumn(w Word) Expr {
	if path, ok := strings.CutPrefix(w.Text, "@"); ok {
		return pathField(token{kind: pathToken, text: path, start: w.At})
	}
	return &Column{At: w.At, Name: w.Text}
}

// fieldTitle is the name of a field in the result: $UseridentityType for
// @userIdentity.type.
func fieldTitle(w Word) string {
	path, ok := strings.CutPrefix(w.Text, "@")
	if !ok {
		return w.Text
	}
	title := "$"
	for _, part := range strings.FieldsFunc(path, func(r rune) bool { return strings.ContainsRune(".[]-@", r) }) {
		r, size := utf8.DecodeRuneInString(part)
		title += string(unicode.ToUpper(r)) + strings.ToLower(part[size:])
	}
	return title
}
