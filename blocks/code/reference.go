package code

import "strings"

// A Function is what a reader should know of a function of expressions.
type Function struct {
	Name string `json:"name"`
	// Takes says how many arguments it takes.
	Takes string `json:"takes"`
	Doc   string `json:"doc"`
	// Example is a call of literals, Result what it gives as text.
	Example string `json:"example"`
	Result  string `json:"result"`
}

// Functions lists what expressions may call, in the order of their use.
func Functions() []Function {
	out := []Function{{"col", "1 argument", "the column of a name that is no identifier, as $Count(1)", `col("$Count(1)")`, "3"}}
	for _, f := range functions {
		w := wordsOn[f.name]
		takes := f.takes() + " arguments"
		if strings.HasSuffix(f.takes(), "1") {
			takes = f.takes() + " argument"
		}
		out = append(out, Function{f.name, takes, w.doc, w.example, w.result})
	}
	return out
}

// words are the words on a function. A test evaluates the examples.
type words struct{ doc, example, result string }

// wordsOn are the words on each function.
var wordsOn = map[string]words{
	"host":           {"the host of a URL as a browser reads it: lower case, without user and port", "host('https://user@Login.Example.com:8443/a')", "login.example.com"},
	"domain":         {"the registrable domain of a URL or a host", "domain('https://a.b.example.co.uk/x')", "example.co.uk"},
	"mailbox":        {"the address in a mail header", "mailbox('Ana <Ana@Example.com>')", "Ana@example.com"},
	"md5":            {"short for find_md5; in SQL md5 computes one", "md5('MD5=9E107D9D372BB6826BD81D3542A419D6')", "9e107d9d372bb6826bd81d3542a419d6"},
	"find_md5":       {"the MD5 that stands in a text, bare or behind MD5=", "find_md5('MD5=9E107D9D372BB6826BD81D3542A419D6')", "9e107d9d372bb6826bd81d3542a419d6"},
	"sha1":           {"short for find_sha1; in SQL sha1 computes one", "sha1('SHA1=2FD4E1C67A2D28FCED849EE1BB76E7391B93EB12')", "2fd4e1c67a2d28fced849ee1bb76e7391b93eb12"},
	"find_sha1":      {"the SHA-1 that stands in a text, bare or behind SHA1=", "find_sha1('SHA1=2FD4E1C67A2D28FCED849EE1BB76E7391B93EB12')", "2fd4e1c67a2d28fced849ee1bb76e7391b93eb12"},
	"sha256":         {"short for find_sha256; in SQL sha256 computes one", "sha256('none here') == nil", "true"},
	"find_sha256":    {"the SHA-256 that stands in a text, bare or behind SHA256=", "find_sha256('none here') == nil", "true"},
	"ip":             {"an address in its canonical form", "ip('::ffff:192.0.2.7')", "192.0.2.7"},
	"refang":         {"a text whose hxxp and [.] are http and . again", "refang('hxxps://evil[.]example/a')", "https://evil.example/a"},
	"defang":         {"a text that no reader makes a link of", "defang('https://evil.example/a')", "hxxps://evil[.]example/a"},
	"is_private":     {"whether an address is a private one", "is_private('10.0.0.5')", "true"},
	"in_cidr":        {"whether an address lies in one of the networks", "in_cidr('10.1.2.3', '192.0.2.0/24', '10.0.0.0/8')", "true"},
	"lower":          {"a text in lower case", "lower('Ana')", "ana"},
	"upper":          {"a text in upper case", "upper('Ana')", "ANA"},
	"trim":           {"a text without blanks around it, or without the characters of the second text", "trim('--a-', '-')", "a"},
	"trimPrefix":     {"a text without another that it begins with", "trimPrefix('SHA1=ab', 'SHA1=')", "ab"},
	"trimSuffix":     {"a text without another that it ends with", "trimSuffix('example.com.', '.')", "example.com"},
	"hasPrefix":      {"whether a text begins with another", "hasPrefix('https://x', 'https')", "true"},
	"hasSuffix":      {"whether a text ends with another", "hasSuffix('a.exe', '.exe')", "true"},
	"indexOf":        {"where a text holds another, from 0; -1 for nowhere", "indexOf('abc', 'c')", "2"},
	"replace":        {"a text with every place of one text replaced by another", "replace('a-b-c', '-', '.')", "a.b.c"},
	"split":          {"the parts of a text between another", "split('a,b', ',')[1]", "b"},
	"string":         {"a value as text", "string(3)", "3"},
	"json_parse":     {"the value of a text of JSON", `json_parse('{"a": {"b": 7}}').a.b`, "7"},
	"json_stringify": {"a value as a text of JSON", "json_stringify('a\"b')", `"a\"b"`},
	"join":           {"the texts of a list with another between them", "join(split('a,b', ','), '+')", "a+b"},
	"len":            {"the characters of a text, or the items of a list", "len('abc')", "3"},
	"int":            {"a number without what is behind its point", "int('3.9')", "3"},
	"float":          {"a text or number as a real number", "float('3')", "3.0"},
	"floor":          {"the whole number below", "floor(-1.5)", "-2"},
	"ceil":           {"the whole number above", "ceil(-1.5)", "-1"},
	"round":          {"the nearest whole number", "round(1.5)", "2"},
	"abs":            {"a number without its sign", "abs(-3)", "3"},
	"min":            {"the least of numbers; what is none is left out", "min(3, '2', 'x')", "2"},
	"max":            {"the greatest of numbers; what is none is left out", "max(3, '2', 'x')", "3"},
	"regexp_match":   {"whether a pattern is found in a text", "regexp_match('^a+$', 'aaa')", "true"},
	"regexp_extract": {"what a pattern, or a group of it, finds in a text", "regexp_extract('id=([0-9]+)', 'x id=42', 1)", "42"},
}

// A Statement is what a reader should know of a statement of a code block.
type Statement struct{ Form, Doc string }

// Statements lists the statements of code blocks.
func Statements() []Statement {
	return []Statement{
		{"$Column = expression", "sets a column of every row; a later line sees it"},
		{"where expression", "keeps the rows for which it is true"},
		{"drop $A, $B", "takes columns away"},
		{"rename $A to $B", "gives a column another name"},
		{"// text", "a remark, up to the line's end"},
		{"def transform(inward_array):", "as the text's beginning: the block is DNIF's Python"},
	}
}

// PythonFunctions lists what DNIF adds to the Python of code blocks.
func PythonFunctions() []Statement {
	return []Statement{
		{"json_parse(s)", "the value of a text of JSON"},
		{"json_stringify(v)", "a value as a text of JSON"},
		{"regexp_extract(pattern, s, group=0)", "what a pattern, or a group of it, finds first; None for nothing"},
		{"regexp_match(pattern, s)", "whether a pattern is found"},
		{"IP_Address(s)", "an address, to compare and to look for in networks"},
		{"IP_Network(s)", "a network: IP_Address(a) in IP_Network(n)"},
	}
}
