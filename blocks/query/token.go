package query

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"tabletop/workbook/source"
)

// A kind of token.
type tokenKind int

const (
	endToken tokenKind = iota
	wordToken
	columnToken   // $Name
	quotedToken   // `name`
	stringToken   // 'text' or "text"
	numberToken   // 12, 1.5, 1e3
	durationToken // 7d
	atToken       // @now-3h, 2026-01-31T12:00:00
	pathToken     // @json.path[0], without its @; only in DQL
	symbolToken
)

// A token is a word of a query with its place.
type token struct {
	kind tokenKind
	// text is the token's meaning: a string without its quotes, a column with
	// its $, a symbol as it stands.
	text       string
	start, end int
	// like and pattern are a string as a pattern of LIKE and as a regular
	// expression: in these the values of parameters stand for themselves.
	like, pattern string
}

// is reports whether the token is the keyword or symbol s; keywords are
// written in capitals.
func (t token) is(s string) bool {
	switch t.kind {
	case symbolToken:
		return t.text == s
	case wordToken:
		return strings.EqualFold(t.text, s)
	}
	return false
}

// A tokenizer splits the text of a query. Comments and blanks fall away; what
// stands in quotes is never looked into, but for parameters.
type tokenizer struct {
	text source.Text
	// parameter gives the value of {Name}.
	parameter func(name string) (string, bool)
	names     []string
	// dql adds the pipe, and fields that are read out of the raw line.
	dql      bool
	at       int
	tokens   []token
	problems source.Problems
}

// symbols, longest first.
var symbols = []string{"<=>", "<=", ">=", "<>", "!=", "==", "||", "=", "<", ">", "+", "-", "*", "/", "%", "(", ")", ",", ".", ";"}

// tokenize splits a text into tokens, the last of which is endToken.
func (z *tokenizer) tokenize() []token {
	for {
		z.skip()
		if z.at >= len(z.text.Value) || len(z.problems) > 0 {
			break
		}
		z.token()
	}
	z.tokens = append(z.tokens, token{kind: endToken, start: len(z.text.Value), end: len(z.text.Value)})
	return z.tokens
}

func (z *tokenizer) report(at int, message, fix string) {
	z.problems = append(z.problems, z.text.Problem(at, message, fix))
}

func (z *tokenizer) rest() string { return z.text.Value[z.at:] }

// skip passes over blanks and comments.
func (z *tokenizer) skip() {
	for z.at < len(z.text.Value) {
		rest := z.rest()
		r, size := utf8.DecodeRuneInString(rest)
		switch {
		case unicode.IsSpace(r), r == '\u200b', r == '\ufeff':
			z.at += size
		case strings.HasPrefix(rest, "--"):
			end := strings.IndexByte(rest, '\n')
			if end < 0 {
				end = len(rest)
			}
			z.at += end
		case strings.HasPrefix(rest, "/*"):
			end := strings.Index(rest, "*/")
			if end < 0 {
				z.report(z.at, "a comment that does not end", "end it with */")
				z.at = len(z.text.Value)
				return
			}
			z.at += end + 2
		default:
			return
		}
	}
}

func (z *tokenizer) add(kind tokenKind, text string, size int) {
	z.tokens = append(z.tokens, token{kind: kind, text: text, start: z.at, end: z.at + size})
	z.at += size
}

// quotes are the marks that begin a text, with those that end it: word
// processors turn straight ones into these.
var quotes = map[rune]rune{'\'': '\'', '"': '"', '‘': '’', '’': '’', '“': '”', '”': '”'}

func (z *tokenizer) token() {
	rest := z.rest()
	r, size := utf8.DecodeRuneInString(rest)
	if end, ok := quotes[r]; ok {
		z.quoted(size, end)
		return
	}
	switch {
	case r == '`':
		end := strings.IndexByte(rest[1:], '`')
		if end < 0 {
			z.report(z.at, "a quoted name that does not end", "end it with `")
			return
		}
		z.add(quotedToken, rest[1:end+1], end+2)
	case r == '{':
		z.bareParameter()
	case r == '$' && wordLength(rest[1:]) > 0:
		n := 1 + wordLength(rest[1:])
		z.add(columnToken, rest[:n], n)
	case r == '@':
		z.moment()
	case r >= '0' && r <= '9', r == '.' && len(rest) > 1 && isDigit(rest[1]):
		z.number(rest)
	case wordLength(rest) > 0:
		n := wordLength(rest)
		z.add(wordToken, rest[:n], n)
	case r == '|' && z.dql && !strings.HasPrefix(rest, "||"):
		z.add(symbolToken, "|", 1)
	default:
		for _, s := range symbols {
			if strings.HasPrefix(rest, s) {
				z.add(symbolToken, s, len(s))
				return
			}
		}
		message, fix := z.meaningless(r)
		z.report(z.at, message, fix)
	}
}

// quoted takes a text and puts in its parameters, whose values can't end it
// because they are not looked into. A doubled quote and a backslash before a quote or a
// backslash stand for the character itself; other backslashes stay, so that
// paths and patterns read as they are written.
func (z *tokenizer) quoted(size int, end rune) {
	start, from := z.at, z.at+size
	var b, like, pattern strings.Builder
	write := func(text string) {
		b.WriteString(text)
		like.WriteString(text)
		pattern.WriteString(text)
	}
	for i := from; i < len(z.text.Value); {
		r, n := utf8.DecodeRuneInString(z.text.Value[i:])
		next, m := utf8.DecodeRuneInString(z.text.Value[i+n:])
		switch {
		case r == '\\' && parameterLength(z.text.Value[i+n:]) > 0: // \{Name} is the text itself
			length := parameterLength(z.text.Value[i+n:])
			write(z.text.Value[i+n : i+n+length])
			i += n + length
		case r == '{' && parameterLength(z.text.Value[i:]) > 0:
			length := parameterLength(z.text.Value[i:])
			value := z.value(z.text.Value[i+1:i+length-1], start)
			b.WriteString(value)
			like.WriteString(likeEscape(value))
			pattern.WriteString(regexp.QuoteMeta(value))
			i += length
		case r == '\\' && (next == end || next == '\\'):
			write(string(next))
			i += n + m
		case r == end && next == end && end < utf8.RuneSelf:
			write(string(end))
			i += n + m
		case r == end:
			z.tokens = append(z.tokens, token{stringToken, b.String(), start, i + n, like.String(), pattern.String()})
			z.at = i + n
			return
		default:
			write(z.text.Value[i : i+n])
			i += n
		}
	}
	z.report(start, "a text that does not end", "end it with "+string(end))
}

// parameterLength is the length of the {Name} that begins s, 0 where none does.
func parameterLength(s string) int {
	if s == "" || s[0] != '{' {
		return 0
	}
	n := wordLength(s[1:])
	if n == 0 || n+1 >= len(s) || s[n+1] != '}' || isDigit(s[1]) {
		return 0
	}
	return n + 2
}

// value looks up a parameter.
func (z *tokenizer) value(name string, at int) string {
	value, ok := z.parameter(name)
	if !ok {
		fix := source.DidYouMean(name, z.names)
		if fix == "" {
			fix = "declare it under parameters: in the workbook"
		}
		z.report(at, "unknown parameter {"+name+"}", fix)
	}
	return value
}

// bareParameter takes a parameter outside quotes: only a number or a duration
// may stand there.
func (z *tokenizer) bareParameter() {
	rest := z.rest()
	n := wordLength(rest[1:])
	if n == 0 || n+1 >= len(rest) || rest[n+1] != '}' {
		z.report(z.at, "{ without a parameter's name and }", "a parameter is written {Name}")
		return
	}
	name := rest[1 : n+1]
	value := z.value(name, z.at)
	if len(z.problems) > 0 {
		return
	}
	inner := tokenizer{text: source.NewText("{"+name+"}", value), parameter: z.parameter}
	inner.number(value)
	if value == "" {
		z.report(z.at, "the parameter {"+name+"} is empty where a number or a duration must stand", "give it a value, as in default: 30")
		return
	}
	if len(inner.problems) > 0 || len(inner.tokens) != 1 || inner.tokens[0].end != len(value) {
		z.report(z.at, "the parameter {"+name+"} holds a text where a number or a duration must stand", "write quotes around it: '{"+name+"}'")
		return
	}
	z.add(inner.tokens[0].kind, inner.tokens[0].text, n+2)
}

// number takes a number or, with a unit behind it, a duration.
func (z *tokenizer) number(rest string) {
	if n := timestampLength(rest); n > len("2006-01-02") || n > 0 && z.dql {
		z.add(atToken, rest[:n], n)
		return
	}
	n := digitsLength(rest)
	if n < len(rest) && rest[n] == '.' {
		n += 1 + digitsLength(rest[n+1:])
	}
	if n+1 < len(rest) && (rest[n] == 'e' || rest[n] == 'E') {
		m := n + 1
		if m < len(rest) && (rest[m] == '+' || rest[m] == '-') {
			m++
		}
		if d := digitsLength(rest[m:]); d > 0 {
			n = m + d
		}
	}
	word := wordLength(rest[n:])
	switch {
	case n == 0 || word > 1 || word == 1 && !strings.ContainsRune("smhdwM", rune(rest[n])):
		z.report(z.at, "neither a number nor a duration: "+rest[:n+word], "a text stands in quotes, a duration is written 7d")
	case word == 1:
		z.add(durationToken, rest[:n+1], n+1)
	default:
		z.add(numberToken, rest[:n], n)
	}
}

// moment takes @now, with a span before or behind it.
func (z *tokenizer) moment() {
	rest := z.rest()
	n := 1 + wordLength(rest[1:])
	if path := pathLength(rest[1:]); z.dql && path > 0 && (path >= n || !strings.EqualFold(rest[:n], "@now")) {
		z.tokens = append(z.tokens, token{kind: pathToken, text: rest[1 : path+1], start: z.at, end: z.at + 1 + path})
		z.at += 1 + path
		return
	}
	if !strings.EqualFold(rest[:n], "@now") {
		z.report(z.at, "unknown time "+rest[:n], "write @now or @now-3h")
		return
	}
	if n < len(rest) && (rest[n] == '-' || rest[n] == '+') {
		if m := wordLength(rest[n+1:]); m > 0 && isDigit(rest[n+1]) {
			n += 1 + m
		}
	}
	z.add(atToken, rest[:n], n)
}

// wordLength counts the bytes of the letters, digits and underscores at the
// start of s.
func wordLength(s string) int {
	for i, r := range s {
		if r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return i
		}
	}
	return len(s)
}

func digitsLength(s string) int {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return i
		}
	}
	return len(s)
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
