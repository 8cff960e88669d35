package trigger

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"tabletop/blocks/trigger/delivery"
	"tabletop/workbook/source"
)

// answered is an answer that came whole.
func answered(status int, body string, headers ...string) delivery.Answer {
	a := delivery.Answer{Status: status, Headers: http.Header{}, Body: []byte(body), Whole: true}
	for i := 0; i+1 < len(headers); i += 2 {
		a.Headers.Add(headers[i], headers[i+1])
	}
	return a
}

func TestExpressions(t *testing.T) {
	const body = `{"actionId":"00000120","number":120,"big":123456789012345678901234567890,"half":0.5,"list":[{"status":202,"ok":true},{"status":400,"ok":false}],"error":{"code":"TooMany"},"nothing":null}`
	view := viewOf(answered(207, body, "Operation-Location", "https://h.example/tasks/7?x=1", "A", "1", "A", "2"))
	for text, want := range map[string]any{
		"status":                                              207,
		"status in [200, 207]":                                true,
		"body.actionId != nil":                                true,
		"body.missing != nil":                                 false,
		"body?.missing?.deeper":                               nil,
		"body.number == 120":                                  true,
		"body.big":                                            "123456789012345678901234567890",
		"body.half < 1":                                       true,
		"body.nothing == nil":                                 true,
		`body["actionId"]`:                                    "00000120",
		"same(body.number, '120')":                            true,
		"same(body.missing, nil)":                             false,
		"same(body.error.code, 'TOOMANY')":                    true,
		"error_code(body)":                                    "TooMany",
		"error_code(body.list)":                               nil,
		"all(body.list, .status < 500)":                       true,
		"any(body.list, .ok)":                                 true,
		"count(body.list, #.ok)":                              1,
		"len(body.list) == 2 and not (status < 200)":          true,
		"first(body.list).status":                             202,
		"find(body.list, not .ok).status":                     400,
		`headers["a"]`:                                        "1, 2",
		"header(headers, 'operation-LOCATION')":               "https://h.example/tasks/7?x=1",
		"last_segment(header(headers, 'Operation-Location'))": "7",
		"last_segment(nil)":                                   nil,
		"header(body, 'x')":                                   nil,
		"text startsWith '{' and text matches 'act[a-z]+Id'":  true,
		"lower(body.error.code) contains 'many'":              true,
		"status == 200 ? 'a' : 'b'":                           "b",
		"body.missing ?? 'none'":                              "none",
		"any(body.list, .ok and any([1, 2], # == 1))":         true,
	} {
		e, problems := newExpressions().compile(source.NewText("x", text), answerView{}, false)
		if problems != nil {
			t.Errorf("%s: %v", text, problems)
			continue
		}
		got, err := e.value(view)
		if err != nil || got != want {
			t.Errorf("%s: got %#v, %v, want %#v", text, got, err, want)
		}
	}
}

func TestExpressionMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"":                                      "an expression is missing",
		"statuss == 200":                        "x:1:1: unknown name statuss",
		"status = 200":                          "compare with ==",
		`status == "200"`:                       "mismatched types int and string",
		"status":                                "expected bool, but got int",
		"status ==":                             "ends too early",
		"target == nil":                         "unknown name target",
		"status + 1 == 2":                       "+ is not for it",
		"text + text == ''":                     "+ is not for it",
		"any(1..9, # == 1)":                     ".. is not for it",
		"2 ** 9 == 1":                           "** is not for it",
		"map(body, #)":                          "map is not for answers",
		"len(map(body, #)) == 1":                "map is not for answers",
		"now() == nil":                          "unknown name now",
		"repeat('a', 9) == 'b'":                 "unknown name repeat",
		"let a = body; a == nil":                "no variables",
		"{'a': 1} == body":                      "no variables, objects",
		"body[1:2] == nil":                      "no variables, objects or parts",
		"text matches body.pattern":             "the pattern of matches must be written out",
		"text matches '['":                      "missing closing ]",
		"any(body.a, text == #)":                "x:1:13: a test of each element can't ask for text",
		"any(body.a, any(body.b, # == 1))":      "can't ask for body",
		"any(body.a, any(.b, any(.c, # == 1)))": "a test within a test",
		"header(headers) == nil":                "not enough arguments",
		"header(headers, 1) == nil":             "cannot use int",
		strings.Repeat("status == 200 or ", 200) + "true": "more than 2000 bytes",
		strings.Repeat("status or ", 150) + "true":        "more than 200 parts",
	} {
		_, problems := newExpressions().compile(source.NewText("x", text), answerView{}, true)
		if problems.Err() == nil || !strings.Contains(problems.Error(), want) {
			t.Errorf("%s:\ngot %v\nwant %q", text, problems, want)
		}
	}
	for text, want := range map[string]string{
		".status in [200":      "ends too early",
		".status) or (true":    "unexpected token Bracket(\")\")",
		"1}) or map(items, {2": "brackets of the expression don't pair",
		"any(body, #)":         "can't ask for body",
		"any(items, #)":        "can't ask for items",
		"status(.status)":      "int is not callable",
		".status == $X":        "unknown name $X",
		".a + .b == 'c'":       "x:1:4: an answer is only asked: + is not for it",
		"wrong":                "x:1:1: unknown name wrong",
		"'é' == .a and wrong":  "x:1:15: unknown name wrong",
	} {
		_, problems := newExpressions().compileItem(source.NewText("x", text))
		if problems.Err() == nil || !strings.Contains(problems.Error(), want) {
			t.Errorf("item %s:\ngot %v\nwant %q", text, problems, want)
		}
	}
}

// FuzzExpression compiles any text: what compiles runs on every answer to its
// end, and gives no more than a value or an error.
func FuzzExpression(f *testing.F) {
	for _, seed := range []string{
		"body.actionId != nil", "status in [200]", ".status == 200", "any(body.items, same(.ip, '1'))", "last_segment(header(first(body), 'a'))",
		"filter(body, .a)[0]", "one(body, #.b contains 'c')", "headers['a'] ?? text", "error_code(#)", "find(body, any(#, # == 1))", "-status < 1",
	} {
		f.Add(seed, `{"items":[{"ip":"1"}]}`)
	}
	f.Fuzz(func(t *testing.T, text, body string) {
		if len(body) > 1<<12 {
			return
		}
		view := viewOf(answered(200, body, "Operation-Location", "/a/b"))
		if e, problems := newExpressions().compile(source.NewText("x", text), answerView{}, true); problems == nil {
			if _, err := e.truth(view); err != nil && err.Error() == "" {
				t.Error("an error without words")
			}
		}
		if e, problems := newExpressions().compileItem(source.NewText("x", text)); problems == nil {
			items := itemsView{answerView: view, Items: []any{map[string]any{"status": 200}, nil, "x", []any{1}}}
			rule := successRule{item: e}
			taken, err := rule.testItems(items)
			if err == nil && (taken < 0 || taken > len(items.Items)) {
				t.Errorf("%s took %d of %d items", text, taken, len(items.Items))
			}
		}
		_, problems := newExpressions().compile(source.NewText("x", text), answerView{}, false)
		var listed source.Problems
		if problems != nil && !errors.As(problems.Err(), &listed) {
			t.Errorf("%s: %v", text, problems)
		}
	})
}
