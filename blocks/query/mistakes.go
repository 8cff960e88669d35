package query

import (
	"slices"
	"strings"

	"tabletop/workbook/source"
)

// What follows words the mistakes that are made most: a comma or a pipe left
// out, a sign of another language, a name that stands in no list.

// endsValue reports whether a token may end a value, so that one behind it lacks
// a comma or an operator.
func (t token) endsValue() bool {
	switch t.kind {
	case columnToken, quotedToken, stringToken, numberToken, pathToken, wordToken:
		return true
	}
	return t.is(")")
}

// noComma refuses what stands behind a value in a list without a comma: another
// column, or a function.
func (q *parser) noComma() {
	t := q.peek()
	if q.at == 0 || !q.tokens[q.at-1].endsValue() {
		return
	}
	name := t.text
	switch {
	case q.callAhead():
		name += "(…)"
	case t.kind == columnToken:
	case q.pipes && (t.kind == pathToken || t.kind == wordToken && !q.pipeWord(t)):
		name = q.text.Value[t.start:t.end]
	default:
		return
	}
	q.fail(t, "a comma is missing before "+name, "write a comma between columns, AS before a new name")
}

// callAhead reports whether the next tokens begin a call of a function.
func (q *parser) callAhead() bool {
	t := q.peek()
	if t.kind != wordToken && t.kind != columnToken || q.at+1 >= len(q.tokens) || !q.tokens[q.at+1].is("(") {
		return false
	}
	_, known := functions()[strings.ToLower(strings.TrimPrefix(t.text, "$"))]
	return known
}

// pipeWord reports whether a word is one of pipe DQL's own, not a field.
func (q *parser) pipeWord(t token) bool {
	return slices.ContainsFunc(pipeKeywords, t.is) || slices.Contains(pipeNames, strings.ToLower(t.text)) || slices.ContainsFunc(keywords, t.is) || pipesElsewhere[strings.ToLower(t.text)] != ""
}

// pipesElsewhere say what to write for pipes of other languages.
var pipesElsewhere = map[string]string{
	"sort":      "first N and last N go by time; else a directive behind: _sort by …",
	"order":     "first N and last N go by time; else a directive behind: _sort by …",
	"group":     "did you mean groupby?",
	"by":        "did you mean groupby?",
	"count":     "write | groupby <field>, which counts, or | select count(*)",
	"stats":     "write | groupby <field> | select <field>, count(*)",
	"summarize": "write | groupby <field> | select <field>, count(*)",
	"top":       "write | groupby <field> | having count_col1 > N",
	"rare":      "write | groupby <field> | having count_col1 < N",
	"filter":    "conditions stand before the first pipe: stream=… where …",
	"search":    "conditions stand before the first pipe: stream=… where …",
	"where":     "conditions stand before the first pipe: stream=… where …",
	"dedup":     "write | select distinct(<field>)",
	"distinct":  "write | select distinct(<field>)",
	"uniq":      "write | select distinct(<field>)",
	"fields":    "did you mean select?",
	"table":     "did you mean select?",
	"project":   "did you mean select?",
	"rename":    "write | select <field> as <name>",
	"eval":      "write | select f(<field>) as <name>",
	"extend":    "write | select f(<field>) as <name>",
	"head":      "did you mean first?",
	"tail":      "did you mean last?",
	"take":      "did you mean limit?",
	"join":      "write | checkif <field> in <store>.<column>",
	"lookup":    "write | checkif <field> in <store>.<column>",
	"bin":       "did you mean timeslice?",
	"bucket":    "did you mean timeslice?",
	"timechart": "did you mean timeslice?",
}

// noPipe refuses a pipe that there is not.
func (z *pipe) noPipe(t token) {
	word := strings.ToLower(t.text)
	fix := pipesElsewhere[word]
	switch {
	case slices.Contains(directiveNames, word):
		z.fail(t, "a directive behind a pipe", "write it in a block behind: directives are joined to _fetch by >>")
	case word == "where":
		z.fail(t, "where stands without a pipe before it", fix)
	case fix == "":
		fix = source.DidYouMean(word, pipeNames)
	}
	z.fail(t, "there is no pipe "+z.text.Value[t.start:t.end], fix)
}

// noPipeSign refuses what stands where a pipe or where should: it says which of
// them is missing.
func (z *pipe) noPipeSign(t token) {
	next := z.tokens[min(z.parser.at+1, len(z.tokens)-1)]
	begun := len(z.at) > 0 || z.s.Where != nil
	name := strings.ToLower(t.text)
	switch {
	case t.kind == wordToken && slices.Contains(pipeNames, name) && !(name == "duration" && comparisons[next.text] == "=" && next.kind == symbolToken):
		z.fail(t, "a pipe is missing before "+t.text, "write | "+name)
	case t.kind == wordToken && begun && pipesElsewhere[name] != "":
		z.noPipe(t)
	case t.kind == wordToken && name == "duration":
		z.fail(t, "a pipe is missing before duration", "write | duration 7d, without =")
	case !begun && (t.is("AND") || t.is("OR")):
		z.fail(t, "expected where, found "+t.text, "conditions begin with where: stream=… where a=1 and b=2")
	case !begun && (t.is("NOT") || t.is("(") || comparisons[next.text] != "" && next.kind == symbolToken || slices.ContainsFunc([]string{"IN", "LIKE", "RLIKE", "IS", "BETWEEN", "NOT"}, next.is)):
		z.fail(t, "where is missing before "+z.text.Value[t.start:t.end], "write where before the conditions")
	case !begun:
		z.unexpected("where, | or the end of the query")
	}
	z.unexpected("| or the end of the query")
}

// fixBehind says what to do about a token out of place by what stands before it.
func (q *parser) fixBehind(t token) string {
	if q.at == 0 {
		return ""
	}
	before := q.tokens[q.at-1]
	switch {
	case before.is("LAST") && t.kind == durationToken:
		return "write " + t.text + " alone, as in $Duration=" + t.text
	case before.kind == numberToken && t.kind == wordToken && len(t.text) == 1 && strings.Contains("mhdwM", t.text):
		return "a duration is written " + before.text + t.text + ", without a blank"
	case before.kind == numberToken && t.is(",") && q.at > 1 && q.tokens[q.at-2].is("LIMIT"):
		return "write LIMIT <rows> OFFSET " + before.text
	case before.kind == numberToken && t.is(","):
		return "numbers stand without commas between their digits"
	case before.is("IN") && !t.is("("):
		return "a list of values stands in ( )"
	case (before.is("%") || before.is("*")) && q.at > 1 && q.tokens[q.at-2].end == before.start && !t.is("("):
		return "a pattern stands in quotes behind LIKE, with %: '" + q.tokens[q.at-2].text + "%'"
	case before.is("AND"), before.is("OR"), before.is("WHERE"):
		return "write a condition behind " + strings.ToUpper(before.text) + ", or take it out"
	case (before.is("IS") || before.is("NOT")) && t.is("EMPTY"):
		return "write IS NULL or IS NOT NULL, = '' or <> ''"
	case q.at > 2 && before.kind == wordToken && q.tokens[q.at-2].is("=") && strings.EqualFold(q.tokens[q.at-3].text, "$Duration"):
		return "a duration is a number and its unit, as in $Duration=1h or $Duration=7d"
	case before.kind == wordToken && !slices.ContainsFunc(keywords, before.is) && t.kind != symbolToken:
		if near := source.Nearest(before.text, keywords); near != "" && len(before.text) > 2 {
			return "did you mean " + near + " where " + before.text + " stands?"
		}
	}
	return ""
}

// unexpectedFix says what to do about a token out of place.
func (q *parser) unexpectedFix(t token) string {
	if address := q.bareAddress(t); address != "" {
		return "a text stands in quotes: '" + address + "'"
	}
	if fix := q.fixBehind(t); fix != "" {
		return fix
	}
	if t.kind == stringToken && q.at > 0 && q.tokens[q.at-1].is("AS") {
		return "a name stands without quotes, or in backticks: `" + t.text + "`"
	}
	switch {
	case t.is("GROUP"), t.is("ORDER"):
		return "did you mean " + strings.ToUpper(t.text) + " BY?"
	case t.is("CONTAINS"), t.is("STARTSWITH"), t.is("ENDSWITH"), t.is("MATCHES"):
		return "write LIKE '%x%', or RLIKE for a pattern"
	}
	if fix := q.misspelt(t); fix != "" {
		return fix
	}
	if t.kind == columnToken && q.at > 0 && q.tokens[q.at-1].endsValue() {
		return "a comma or an operator may be missing before it"
	}
	return ""
}

// meaningless says what to do about a character that no query holds.
func (z *tokenizer) meaningless(r rune) (message, fix string) {
	message = "a character that means nothing here: " + string(r)
	switch r {
	case '[', ']':
		fix = "a list of values stands in ( )"
	case ':':
		message, fix = "a colon is no operator", "write ="
		if n := len(z.tokens); n > 0 && z.tokens[n-1].end == z.at && strings.HasPrefix(z.rest(), ":=") {
			return message, "write = alone"
		} else if n > 0 && (z.tokens[n-1].kind == columnToken || z.tokens[n-1].kind == wordToken) {
			fix = "write " + z.tokens[n-1].text + " = and the value"
		}
	case '&':
		fix = "write AND"
	case '|':
		fix = "pipes belong to stream=… where … | …; in SQL write OR, or || to join texts"
	case '~':
		fix = "write RLIKE for a pattern, LIKE for one with %"
	case '#':
		fix = "a comment begins with --"
	}
	return message, fix
}

// pipeSign refuses a pipe among directives.
func (l *legacy) pipeSign(w Word) {
	if w.Quoted || !strings.HasPrefix(w.Text, "|") {
		return
	}
	if l.directive == searchDirective {
		l.fail(w.At, "a pipe in a search", "write limit 5 and the like without it; pipes belong to stream=… where …")
	}
	l.fail(w.At, "a pipe among directives, which are joined by >>", "write >>_limit 5 and the like; pipes belong to stream=… where …")
}

// searchDirective is what messages call a search.
const searchDirective = "the search"

// language is what messages call the language that is read.
func (l *legacy) language() string {
	if l.directive == searchDirective {
		return "a search"
	}
	return "legacy DQL"
}

// colon tells $Field:value, in which a colon stands for an operator.
func (l *legacy) colon(w Word) {
	name, value, found := strings.Cut(w.Text, ":")
	if w.Quoted || !found || !strings.HasPrefix(name, "$") {
		return
	}
	l.fail(w.At+len(name), "a colon is no operator", "write "+name+"="+value)
}

// UnknownFunction words what to do about a function that there is not.
func UnknownFunction(name string) string {
	if there := functionsElsewhere[strings.ToLower(name)]; there != "" {
		return "here it is " + there
	}
	near := NearestFunctions(name)
	if len(near) == 0 {
		return "tabletop functions lists what there is"
	}
	return "did you mean " + alternatives(near) + "? tabletop functions lists all"
}

// alternatives joins names: a, b or c.
func alternatives(names []string) string {
	last := len(names) - 1
	if last == 0 {
		return names[0]
	}
	return strings.Join(names[:last], ", ") + " or " + names[last]
}

// functionsElsewhere are names that other languages have for functions.
var functionsElsewhere = map[string]string{
	"len": "length", "char_length": "length", "character_length": "length", "strlen": "length",
	"ucase": "upper", "lcase": "lower", "toupper": "upper", "tolower": "lower",
	"charindex": "instr or locate", "position": "locate", "isnull": "nvl, or $Field IS NULL", "isnotnull": "$Field IS NOT NULL",
	"dc": "distinct_count", "dcount": "distinct_count", "count_distinct": "distinct_count", "cardinality": "distinct_count",
	"group_concat": "collect_set", "string_agg": "collect_set", "array_agg": "collect_list", "values": "collect_set",
	"strftime": "date_format", "to_char": "date_format", "regexp_substr": "regexp_extract", "regexp_like": "rlike",
	"regexp": "rlike", "json_extract": "get_json_object", "date_part": "year, month, day, hour, minute or second",
	"extract": "year, month, day, hour, minute or second", "cidrmatch": "cidr_match", "iff": "if", "iif": "if", "decode": "CASE … WHEN … THEN … END",
	"to_unix_timestamp": "unix_timestamp", "sha256": "sha2(text, 256)", "sha512": "sha2(text, 512)", "sha": "sha1",
	"starts_with": "$Field LIKE 'x%'", "startswith": "$Field LIKE 'x%'", "ends_with": "$Field LIKE '%x'", "endswith": "$Field LIKE '%x'",
	"contains": "$Field LIKE '%x%'", "like": "$Field LIKE 'x%'", "match": "rlike", "regexp_matches": "rlike",
	"concatenate": "concat", "average": "avg", "getdate": "now", "sysdate": "now", "curdate": "current_date",
}

// NearestFunctions are up to three functions whose names are most like a name,
// the most like first; none where no name is.
func NearestFunctions(name string) []string {
	name = strings.ToLower(name)
	type likeness struct {
		name  string
		score float64
	}
	var list []likeness
	for _, f := range functionNames() {
		if score := alike(name, f); score >= 0.4 {
			list = append(list, likeness{f, score})
		}
	}
	slices.SortStableFunc(list, func(a, b likeness) int {
		switch {
		case a.score > b.score:
			return -1
		case a.score < b.score:
			return 1
		}
		return 0
	})
	var out []string
	for _, l := range list[:min(3, len(list))] {
		out = append(out, l.name)
	}
	if near := source.Nearest(name, functionNames()); near != "" {
		out = slices.DeleteFunc(out, func(o string) bool { return o == near })
		out = append([]string{near}, out[:min(2, len(out))]...)
	}
	return out
}

// alike measures, from 0 to 1, how much of two names is the same: the pairs of
// neighbouring letters that both have, as a part of a's and as a part of both
// names'. A name that stands whole in the other is alike.
func alike(a, b string) float64 {
	if min(len(a), len(b)) >= 3 && (strings.Contains(a, b) || strings.Contains(b, a)) {
		return 0.9
	}
	pairs := func(s string) map[string]int {
		out := map[string]int{}
		for i := 0; i+2 <= len(s); i++ {
			out[s[i:i+2]]++
		}
		return out
	}
	x, y := pairs(a), pairs(b)
	both := 0
	for pair, n := range x {
		both += min(n, y[pair])
	}
	if len(a) < 2 || len(b) < 2 {
		return 0
	}
	return float64(both)/float64(len(a)-1)/2 + float64(both)/float64(len(a)+len(b)-2)
}
