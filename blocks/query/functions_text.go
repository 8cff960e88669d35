package query

import "strings"

func textFunctions() map[string]function {
	return map[string]function{
		"lower":  texts(1, 1, isText, "lower_case").as("in small letters", "lower('ÀB')", "àb"),
		"upper":  texts(1, 1, isText, "upper_case").as("in capitals", "upper('àb')", "ÀB"),
		"trim":   texts(1, 1, isText, "trim").as("without blanks at its ends", "trim('  a ')", "a"),
		"ltrim":  texts(1, 1, isText, "ltrim").as("without blanks at its beginning", "ltrim('  a ')", "a "),
		"rtrim":  texts(1, 1, isText, "rtrim").as("without blanks at its end", "concat(rtrim('a  '), '.')", "a."),
		"length": texts(1, 1, isNumber, "characters").as("how many characters a text has", "length('né')", "2"),
		"replace": function{least: 2, most: 3, write: func(w *writer, _ bool, a []operand) operand {
			with := "''"
			if len(a) == 3 {
				with = w.textOf(a[2])
			}
			return textual("replaced(%s, %s, %s)", w.textOf(a[0]), w.textOf(a[1]), with)
		}}.as("every place of a text replaced; without a third argument, removed", "replace('a.b.c', '.', '-')", "a-b-c"),
		"instr": function{least: 2, most: 2, write: func(w *writer, _ bool, a []operand) operand {
			return numeric("position_of(%s, %s, 1)", w.textOf(a[1]), w.textOf(a[0]))
		}}.as("where a text holds another, from 1; 0 where it does not", "instr('SHA1=ab', '=')", "5"),
		"locate": function{least: 2, most: 3, write: func(w *writer, _ bool, a []operand) operand {
			from := "1"
			if len(a) == 3 {
				from = w.numberOf(a[2])
			}
			return numeric("position_of(%s, %s, %s)", w.textOf(a[0]), w.textOf(a[1]), from)
		}}.as("where a text stands in another, from 1, looked for from a third argument on", "locate('a', 'banana', 3)", "4"),
		"concat": function{least: 1, most: -1, write: writeConcat}.as("texts one behind the other; NULL where one is", "concat('a', 1, 'b')", "a1b"),
		"concat_ws": texts(1, -1, isText, "joined_by").
			as("texts joined by the first one; what is NULL is left out", "concat_ws('-', 'a', NULL, 'b')", "a-b"),
		"substr":     substring.as("characters of a text from a place on, from 1, from the end where negative", "substr('abcdef', -2)", "ef"),
		"substring":  substring.as("characters of a text from a place on, from 1, from the end where negative", "substring('abcdef', 2, 3)", "bcd"),
		"split":      pattern(texts(2, 2, isText, "split_text")).as("the parts between the places of a pattern, as a JSON list", "split('a1b2c', '[0-9]')", `["a","b","c"]`),
		"split_part": texts(3, 3, isText, "split_part").as("part n between marks, from 1, from the end where negative", "split_part('SHA1=ab', '=', 2)", "ab"),
		"regexp_extract": pattern(function{least: 2, most: 3, write: func(w *writer, _ bool, a []operand) operand {
			group := "1"
			if len(a) == 3 {
				group = w.numberOf(a[2])
			}
			return textual("found(%s, %s, %s)", w.textOf(a[0]), w.textOf(a[1]), group)
		}}).as("a group of the first place of a pattern, group 1 where none is named; '' where it is not found", `regexp_extract('id=42;', 'id=([0-9]+)')`, "42"),
		"regexp_replace": pattern(texts(3, 3, isText, "substituted")).as("every place of a pattern replaced; $1 is a group", `regexp_replace('10.1.2.3', '[.]([0-9]+)$', '.x$1')`, "10.1.2.x3"),
		"rlike":          pattern(texts(2, 2, isBool, "rlike")).as("whether a pattern is found in a text", `rlike('powershell.exe', '^power.*[.]exe$')`, "true"),
		"md5":            texts(1, 1, isText, "md5_of").as("the MD5 of a text, in hexadecimal", "md5('abc')", "900150983cd24fb0d6963f7d28e17f72"),
		"sha1":           texts(1, 1, isText, "sha1_of").as("the SHA-1 of a text; it does not find one in it", "sha1('abc')", "a9993e364706816aba3e25717850c26c9cd0d89d"),
		"sha2": function{least: 2, most: 2, write: func(w *writer, _ bool, a []operand) operand {
			return textual("sha2_of(%s, %s)", w.textOf(a[0]), w.numberOf(a[1]))
		}}.as("the SHA-2 of a text with 224, 256, 384 or 512 bits", "sha2('abc', 256)", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
		"base64":   texts(1, 1, isText, "base64_of").as("a text in base 64", "base64('abc')", "YWJj"),
		"unbase64": texts(1, 1, isText, "unbase64_of").as("the text behind base 64; NULL where it is none", "unbase64('YWJj')", "abc"),
		"hex": function{least: 1, most: 1, write: func(w *writer, _ bool, a []operand) operand { return textual("hex_of(%s)", a[0].sql) }}.
			as("a whole number in base 16; the bytes of a text", "hex(255)", "FF"),
		"get_json_object": texts(2, 2, isAny, "json_at").
			as("a value in a JSON text, by its path", `get_json_object('{"a":{"b":[1,2]}}', '$.a.b[1]')`, "2"),
		"raw_field": texts(2, 2, isAny, "raw_field").
			as("a field of a raw line: of JSON by its path, of key=value pairs by its key; @path in DQL", `raw_field('devname="fw 1" action=deny', 'devname')`, "fw 1"),
	}
}

var substring = function{least: 2, most: 3, write: writeSubstr}

// pattern says that the second argument is a regular expression, to be checked
// before the run where it is known.
func pattern(f function) function {
	const argument = 1
	write := f.write
	f.pattern = argument
	f.write = func(w *writer, distinct bool, a []operand) operand {
		w.pattern(w.calling[len(w.calling)-1].Args[argument])
		return write(w, distinct, a)
	}
	return f
}

func writeConcat(w *writer, _ bool, a []operand) operand {
	list := make([]string, len(a))
	for i := range a {
		list[i] = w.textOf(a[i])
	}
	return textual("(%s)", strings.Join(list, " || "))
}

// writeSubstr writes Spark's substring, where position 0 is position 1.
func writeSubstr(w *writer, _ bool, a []operand) operand {
	if len(a) == 2 {
		return textual("part(%s, %s, NULL)", w.textOf(a[0]), w.numberOf(a[1]))
	}
	return textual("part(%s, %s, %s)", w.textOf(a[0]), w.numberOf(a[1]), w.numberOf(a[2]))
}
