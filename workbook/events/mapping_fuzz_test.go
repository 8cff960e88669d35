package events

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tabletop/workbook/source"
)

// lookInto is the reference of a dotted path: it follows it through what
// encoding/json decodes, the longest key first.
func lookInto(value any, parts []string) (any, bool) {
	if len(parts) == 0 {
		return value, true
	}
	for n := len(parts); n > 0; n-- {
		key := strings.Join(parts[:n], ".")
		bare, items := cutItems(key)
		for _, try := range []struct {
			key   string
			items []int
		}{{key, nil}, {bare, items}} {
			object, ok := value.(map[string]any)
			if !ok || try.items == nil && try.key != key {
				continue
			}
			found, ok := object[try.key]
			for _, i := range try.items {
				list, isList := found.([]any)
				if ok = ok && isList && i < len(list); ok {
					found = list[i]
				}
			}
			if !ok {
				continue
			}
			if found, ok := lookInto(found, parts[n:]); ok {
				return found, true
			}
		}
	}
	return nil, false
}

func FuzzPath(f *testing.F) {
	f.Add("a.b[0].c", `{"a":{"b":[{"c":1}]}}`)
	f.Add("a.b", `{"a.b":1,"a":{"b":2}}`)
	f.Add("a.b.c", `{"a.b":{"c":1},"a":{"b.c":2,"b":{"c":3}}}`)
	f.Add("x[0][1]", `{"x[0][1]":null,"x":[[1,"é"]]}`)
	f.Add("a.b[1]", `{"a":{"\u0062":[ 1 , {"d":[]} ]}}`)
	f.Add("..", `{"":{"":{"":1}}}`)
	f.Fuzz(func(t *testing.T, name, text string) {
		var r record
		interner{}.object(&r, []byte(text))
		if r.problem != "" || !strings.ContainsAny(name, ".[") || strings.Count(name, ".") >= maxSteps {
			return
		}
		d := json.NewDecoder(strings.NewReader(text))
		d.UseNumber()
		var object any
		if err := d.Decode(&object); err != nil {
			return
		}
		want, ok := lookInto(object, strings.Split(name, "."))
		got := parsePath(name).eval(&r)
		var wanted any
		if ok {
			var b bytes.Buffer
			e := json.NewEncoder(&b)
			e.SetEscapeHTML(false)
			if err := e.Encode(want); err != nil {
				t.Fatal(err)
			}
			wanted = jsonValue(bytes.TrimSpace(b.Bytes()))
		}
		if s, isText := got.(string); isText && len(s) > 0 && (s[0] == '{' || s[0] == '[') {
			// An object stays as it is written: compare what it says.
			var a, b any
			if json.Unmarshal([]byte(s), &a) == nil && wanted != nil && json.Unmarshal([]byte(wanted.(string)), &b) == nil && cmp.Equal(a, b) {
				return
			}
		}
		if diff := cmp.Diff(wanted, got); diff != "" {
			t.Errorf("%q in %s: %s", name, text, diff)
		}
	})
}

// What is read from sources.yaml is an expression or a problem, and the
// expression bears any event.
func FuzzExpression(f *testing.F) {
	for _, text := range []string{"a.b", "{const: x}", "{template: 'a{b}c'}", "{first: [a, {lower: b}]}", "{regex: '(a)|b', field: {upper: x}, group: 1}", "{regex: '(', field: x}", "[]", "{}", "{first: }"} {
		f.Add(text, `{"a":{"b":1},"x":"ab"}`)
	}
	f.Fuzz(func(t *testing.T, text, event string) {
		node, err := source.Parse("t", []byte(text))
		if err != nil {
			return
		}
		e, problems := parseExpression(node)
		if len(problems) > 0 {
			return
		}
		var r record
		interner{}.object(&r, []byte(event))
		e.eval(&r)
		e.reads()
	})
}

// What a value needs stands in the keys that its expression names.
func FuzzReads(f *testing.F) {
	f.Add("a.b[0].c", `{"a":{"b":[{"c":1}]},"z":1,"a.b":{"c":2}}`)
	f.Fuzz(func(t *testing.T, name, text string) {
		var all, some record
		interner{}.object(&all, []byte(text))
		e := parsePath(name)
		for i, key := range all.keys {
			for _, wanted := range e.reads() {
				if match(wanted, key) != noMatch {
					some.add(key, all.values[i])
					break
				}
			}
		}
		if diff := cmp.Diff(e.eval(&all), e.eval(&some)); diff != "" {
			t.Error(diff)
		}
	})
}

func FuzzList(f *testing.F) {
	f.Add("net,site\n10.0.0.0/8,a\n", "cidr", "10.0.0.1")
	f.Add("\ufeffname,zone\n*.example.com,z\n", "suffix", "a.example.com.")
	f.Add("a,b\n\"x\n", "exact", "x")
	f.Fuzz(func(t *testing.T, text, match, value string) {
		l := newLookupList(match)
		if l.read([]byte(text), "") == nil {
			l.find(value)
		}
	})
}
