package trigger

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tabletop/workbook"
	"tabletop/workbook/source"
)

func TestScan(t *testing.T) {
	for text, want := range map[string][]string{
		"$SrcIP":                   {"$SrcIP"},
		"$SrcIPx-$Src":             {"$SrcIPx", "-", "$Src"},
		"a${Count(1)}b":            {"a", "$Count(1)", "b"},
		"${$SrcIP}":                {"$SrcIP"},
		"Bearer [token]":           {"Bearer ", "[token]"},
		"$5 $ ${} ${a [1] [] [a b": {"$5 $ ${} ${a [1] [] [a b"},
		"$$A_1.":                   {"$", "$A_1", "."},
		"":                         nil,
	} {
		var got []string
		for _, p := range scan(text) {
			got = append(got, p.literal+p.name())
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
}

// one fills a template with one value for every column.
func one(t template, value workbook.Value) (string, error) {
	columns := map[string]int{}
	for _, p := range t {
		if p.field != "" {
			columns[p.field] = 0
		}
	}
	return t.fill(filler{columns, values{value}, Shown})
}

func compiled(t testing.TB, text, format string) template {
	t.Helper()
	parts, problems := compilePayload(source.NewText("x", text), format, scanner{})
	if problems != nil {
		t.Fatal(problems)
	}
	return parts
}

func TestFillJSON(t *testing.T) {
	for _, c := range []struct {
		template string
		value    workbook.Value
		want     string
	}{
		{`{"a":"$A"}`, `x"y\`, `{"a":"x\"y\\"}`},
		{`{"a":"$A"}`, "\x1b[2J\n\x00", `{"a":"\u001b[2J\n\u0000"}`},
		{`{"a":"<$A>"}`, "<&>", `{"a":"<<&>>"}`},
		{`{"a":"$A"}`, `"},{"b":"`, `{"a":"\"},{\"b\":\""}`},
		{`{"a":"$A"}`, "", `{"a":""}`},
		{`{"a":"$A"}`, 5.0, `{"a":"5.0"}`},
		{`{"a":$A}`, int64(-3), `{"a":-3}`},
		{`{"a":$A}`, "3389", `{"a":3389}`},
		{`{"a":$A}`, "1.5e3", `{"a":1.5e3}`},
		{`{"a":$A}`, "007", `{"a":"007"}`},
		{`{"a":$A}`, "+1", `{"a":"+1"}`},
		{`{"a":$A}`, "true", `{"a":true}`},
		{`{"a":$A}`, "null", `{"a":"null"}`},
		{`{"a":$A}`, `1,"b":2`, `{"a":"1,\"b\":2"}`},
		{`{"a":$A}`, "1 2", `{"a":"1 2"}`},
		{`{"a":$A}`, "", `{"a":""}`},
		{`[$A, "[token]", [true]]`, "[token]", `["[token]", "[token]", [true]]`},
	} {
		got, err := one(compiled(t, c.template, formatJSON), c.value)
		if err != nil || got != c.want {
			t.Errorf("%s with %q: got %s, %v, want %s", c.template, c.value, got, err, c.want)
		}
	}
}

func TestFillRefuses(t *testing.T) {
	for _, c := range []struct {
		template, format string
		value            workbook.Value
		want             string
	}{
		{`{"a":"$A"}`, formatJSON, nil, "the row has no value for $A"},
		{`{"a":"$A"}`, formatJSON, "a\xffb", `$A holds "a\xffb", which is not UTF-8 text`},
		{`<a>$A</a>`, formatXML, "a\x00b", `$A holds "a\x00b", which XML can't hold`},
	} {
		_, err := one(compiled(t, c.template, c.format), c.value)
		if err == nil || err.Error() != c.want {
			t.Errorf("%s with %q: got %v, want %s", c.template, c.value, err, c.want)
		}
	}
	_, err := one(scan("a $A").encodeAll(encodeHeader), "x\r\nCookie: y")
	if want := `$A holds "x\r\nCookie: y", and a header can't hold control bytes`; err == nil || err.Error() != want {
		t.Errorf("header: got %v, want %s", err, want)
	}
	var h hole
	if _, err := one(compiled(t, "$A", formatText), nil); !errors.As(err, &h) || h.field != "$A" {
		t.Errorf("a hole: %v", err)
	}
}

func TestFillForm(t *testing.T) {
	got, err := one(compiled(t, "type=ip&target=$A", formatForm), "1&type=url")
	if err != nil || got != "type=ip&target=1%26type%3Durl" {
		t.Errorf("got %s, %v", got, err)
	}
}

// jsonShape is the JSON with every scalar gone.
func jsonShape(t interface{ Fatalf(string, ...any) }, text string) string {
	d := json.NewDecoder(strings.NewReader(text))
	var b strings.Builder
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return b.String()
		}
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if delim, ok := token.(json.Delim); ok {
			b.WriteRune(rune(delim))
		} else {
			b.WriteByte('.')
		}
	}
}

// xmlShape is the XML with every text gone.
func xmlShape(t interface{ Fatalf(string, ...any) }, text string) string {
	d := xml.NewDecoder(strings.NewReader(text))
	var b strings.Builder
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return b.String()
		}
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			b.WriteString("<" + token.Name.Local)
			for _, a := range token.Attr {
				b.WriteString(" " + a.Name.Local)
			}
		case xml.EndElement:
			b.WriteString(">")
		case xml.Comment, xml.ProcInst, xml.Directive:
			b.WriteString("!")
		}
	}
}

// holdsShape fills templates of every kind with a value: a value that is taken
// leaves the shape alone and comes out of the request as it went in.
func holdsShape(t interface {
	Fatalf(string, ...any)
	Errorf(string, ...any)
}, inJSON, inXML template, in endpoint, inHeader template, value string,
) {
	if text, err := one(inJSON, value); err == nil {
		if shape := jsonShape(t, text); shape != "{...[..]}" {
			t.Errorf("%q: the JSON became %s", value, text)
		}
		var decoded struct{ A string }
		if err := json.Unmarshal([]byte(text), &decoded); err != nil || decoded.A != "x"+value {
			t.Errorf("%q: the JSON holds %q, %v", value, decoded.A, err)
		}
	} else if utf8.ValidString(value) {
		t.Errorf("%q: JSON: %v", value, err)
	}
	if text, err := one(inXML, value); err == nil {
		if shape := xmlShape(t, text); shape != "<a b<c>>" {
			t.Errorf("%q: the XML became %s", value, text)
		}
	}
	if text, err := one(inHeader, value); err == nil && strings.ContainsAny(text, "\r\n\x00") {
		t.Errorf("%q: the header became %q", value, text)
	}
	columns := map[string]int{"$A": 0}
	text, err := in.fill(filler{columns, values{value}, Shown})
	if err != nil {
		return
	}
	u, err := url.Parse(text)
	if err != nil || u.Host != "h.example:8443" || u.Scheme != "https" || u.User != nil || u.Fragment != "" {
		t.Fatalf("%q: the URL became %s: %v", value, text, err)
	}
	if segments := strings.Split(u.EscapedPath(), "/"); len(segments) != 5 || segments[1] != "a" || segments[4] != "d" {
		t.Errorf("%q: the path became %s", value, u.EscapedPath())
	}
	if resolved := u.JoinPath(); len(strings.Split(resolved.EscapedPath(), "/")) != 5 {
		t.Errorf("%q: the path %s resolves to %s", value, u.EscapedPath(), resolved.EscapedPath())
	}
	query, err := url.ParseQuery(u.RawQuery)
	if diff := cmp.Diff(url.Values{"q": {value}, "r": {"1"}}, query); diff != "" || err != nil {
		t.Errorf("%q: the query became %s: %v", value, u.RawQuery, err)
	}
}

func shapes(t testing.TB) (inJSON, inXML template, in endpoint, inHeader template) {
	t.Helper()
	in, problems := compileEndpoint(source.NewText("x", "https://h.example:8443/a/$A/c$A/d?q=$A&r=1"), scanner{})
	if problems != nil {
		t.Fatal(problems)
	}
	inJSON = compiled(t, `{"A": "x$A", "b": ["$A", $A]}`, formatJSON)
	inXML = compiled(t, `<a b="$A">$A<c/></a>`, formatXML)
	return inJSON, inXML, in, scan("x $A").encodeAll(encodeHeader)
}

func TestTemplatesKeepTheirShape(t *testing.T) {
	inJSON, inXML, in, inHeader := shapes(t)
	hostile := rapid.OneOf(rapid.String(), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
		rapid.StringOf(rapid.SampledFrom([]rune(`"'\<>&/?#%.$[]{}:,`+"\r\n\x00\x1b"))))
	rapid.Check(t, func(t *rapid.T) {
		holdsShape(t, inJSON, inXML, in, inHeader, hostile.Draw(t, "value"))
	})
}

func FuzzTemplateValue(f *testing.F) {
	for _, seed := range []string{"", ".", "..", "/", "a/../b", `"`, `\`, `\u0022`, "\r\nX: y", "%2e%2e", "]]>", "&lt;", "$A", "${A}", "[token]", "\xff", "\ue0000\ue001", "\u2028"} {
		f.Add(seed)
	}
	inJSON, inXML, in, inHeader := shapes(f)
	f.Fuzz(func(t *testing.T, value string) { holdsShape(t, inJSON, inXML, in, inHeader, value) })
}

// FuzzTemplate compiles any payload: what compiles stays valid whatever is
// filled in.
func FuzzTemplate(f *testing.F) {
	for _, seed := range []string{
		`{"a":"$A"}`, `{"a":$A}`, `[$A,"[x]"]`, `{"a":"\\$A\""}`, `{"$A":1}`, `{"a":"b" , "c" :"$A"}`, `"$A"`,
		`<a>$A</a>`, `<a b='$A'/>`, `<?xml version="1.0"?><a>$A</a>`, `<a><!-- $A --></a>`, "$A", "{", "<",
	} {
		f.Add(seed, `x"'<\`)
	}
	f.Fuzz(func(t *testing.T, text, value string) {
		if !utf8.ValidString(text) {
			return
		}
		for _, format := range []string{formatJSON, formatXML, formatForm, formatText} {
			parts, problems := compilePayload(source.NewText("x", text), format, scanner{})
			if problems != nil {
				continue
			}
			plain, err := one(parts, "x")
			filled, hostileErr := one(parts, value)
			if err != nil {
				t.Fatalf("%s %q can't be filled: %v", format, text, err)
			}
			if hostileErr != nil {
				continue
			}
			switch format {
			case formatJSON:
				if !json.Valid([]byte(filled)) || jsonShape(t, plain) != jsonShape(t, filled) {
					t.Errorf("%q with %q became %s", text, value, filled)
				}
			case formatXML:
				if xmlShape(t, plain) != xmlShape(t, filled) {
					t.Errorf("%q with %q became %s", text, value, filled)
				}
			}
			if parts.constant() && !bytes.Equal([]byte(filled), []byte(text)) {
				t.Errorf("%q without columns became %q", text, filled)
			}
		}
	})
}

func FuzzEndpoint(f *testing.F) {
	for _, seed := range []string{"https://h.example/$A", "https://h.example?$A", "https://$A/", "https://h.example/${a?b}/c", "http://[::1]:80/$A", "https://h.example/%2e$A/[x]"} {
		f.Add(seed, "..")
	}
	f.Fuzz(func(t *testing.T, text, value string) {
		e, problems := compileEndpoint(source.NewText("x", text), scanner{})
		if problems != nil {
			return
		}
		columns := map[string]int{}
		for _, p := range e.parts {
			if p.field != "" {
				columns[p.field] = 0
			}
		}
		filled, err := e.fill(filler{columns, values{value}, Shown})
		if err != nil || e.parts.constant() {
			return
		}
		u, err := url.Parse(filled)
		if err != nil || u.Host != e.host || u.Scheme != e.scheme || u.User != nil {
			t.Errorf("%q with %q became %q: %v", text, value, filled, err)
		}
		if strings.Count(u.EscapedPath(), "/") != strings.Count(strings.SplitN(e.parts.blank(text), "?", 2)[0], "/")-2 {
			t.Errorf("%q with %q has the path %q", text, value, u.EscapedPath())
		}
	})
}
