package trigger

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tabletop/workbook"
)

// hostileValue draws what a row may hold.
func hostileValue() *rapid.Generator[workbook.Value] {
	return rapid.OneOf(
		rapid.Map(rapid.String(), func(s string) workbook.Value { return s }),
		rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) workbook.Value { return string(b) }),
		rapid.Map(rapid.StringOf(rapid.SampledFrom([]rune(`"'\<>&/?#%.$[]{}:,`+"\r\n\x00\x1b"))), func(s string) workbook.Value { return s }),
		rapid.Map(rapid.Int64(), func(i int64) workbook.Value { return i }),
		rapid.Map(rapid.Float64(), func(f float64) workbook.Value { return f }),
		rapid.Just[workbook.Value](nil),
	)
}

// TestCallsAgreeWithRows holds the calls that are built from an action's values
// against those that are built from its row.
func TestCallsAgreeWithRows(t *testing.T) {
	integrations := all(t)
	rapid.Check(t, func(t *rapid.T) {
		n := integrations[rapid.IntRange(0, len(integrations)-1).Draw(t, "configuration")]
		f := filler{columns: map[string]int{}, secret: Shown}
		for i, need := range n.needs() {
			f.columns[need.field] = i
			f.values = append(f.values, hostileValue().Draw(t, need.field))
		}
		request, err := n.fill(f)
		if err != nil {
			return
		}
		values, err := n.valuesOf(f)
		if err != nil {
			t.Fatal(err)
		}
		call, err := n.SendCall(values, Shown)
		if diff := cmp.Diff(request.Record(), call.Record()); diff != "" || err != nil {
			t.Errorf("%v, from the row (-) and from the values (+): %s", err, diff)
		}
		target, err := n.TargetOf(call, values)
		if target != request.target || err != nil {
			t.Errorf("aimed at %q and %q, %v", request.target, target, err)
		}
		undo, undoErr := n.undoRequest(f)
		again, err := n.UndoCall(values, Shown)
		if n.Undo() && ((undoErr == nil) != (err == nil) || err == nil && !cmp.Equal(undo, again.Record())) {
			t.Errorf("undo from the row %v, %v and from the values %v, %v", undo, undoErr, again, err)
		}
	})
}

// hostileLoad is a configuration with columns wherever they may stand.
func hostileLoad(t testing.TB) *Integration {
	return entry(
		t, "url: 'https://h.example:8443/a/$A/c$B/d?q=$A&r=1&s=[key]'", "target: {type: ip, column: $A}",
		`payload: '{"A": "x$A", "b": ["$B", $A, {"c": "[key]"}], "d": $B}'`,
		"undo: {method: DELETE, url: 'https://h.example:8443/$A/u?b=$B', payload: '<a b=\"$A\"><c>$B</c></a>'}",
		"ask: {method: POST, url: 'https://h.example:8443/q/$B', payload: 'a=$A&b=$B', format: form, taken: body.x}",
	)
}

// keepsShape fills every request of a configuration with a row: what is built
// has the shape that it has for a harmless row, with the values in it.
func keepsShape(t interface {
	Fatalf(string, ...any)
	Errorf(string, ...any)
}, n *Integration, a, b string,
) {
	values := map[string]string{"$A": a, "$B": b}
	harmless := map[string]string{"$A": "x", "$B": "y"}
	for _, build := range []func(map[string]string, func(string) (string, error)) (Call, error){n.SendCall, n.UndoCall, n.AskCall} {
		plain, err := build(harmless, Shown)
		if err != nil {
			t.Fatalf("%v", err)
		}
		c, err := build(values, Shown)
		if err != nil {
			continue
		}
		if !utf8.ValidString(a) || !utf8.ValidString(b) {
			t.Errorf("%q %q: bytes that are no text were taken", a, b)
		}
		sameURL(t, plain.URL, c.URL, values)
		sameHeaders(t, plain, c)
		switch {
		case strings.HasPrefix(plain.Body, "{"):
			sameJSON(t, plain.Body, c.Body, values)
		case strings.HasPrefix(plain.Body, "<"):
			if xmlShape(t, plain.Body) != xmlShape(t, c.Body) {
				t.Errorf("%q %q: the XML became %s", a, b, c.Body)
			}
		default:
			form, err := url.ParseQuery(c.Body)
			if diff := cmp.Diff(url.Values{"a": {a}, "b": {b}}, form); diff != "" || err != nil {
				t.Errorf("%q %q: the form became %s: %v", a, b, c.Body, err)
			}
		}
	}
}

// sameURL holds the URL of a row against that of a harmless one: the same host,
// as many segments of the path, each with its value, and the same query keys.
func sameURL(t interface{ Errorf(string, ...any) }, plain, got string, values map[string]string) {
	p, err := url.Parse(plain)
	if err != nil {
		panic(err)
	}
	u, err := url.Parse(got)
	if err != nil || u.Scheme != p.Scheme || u.Host != p.Host || u.User != nil || u.Fragment != "" {
		t.Errorf("%q: the URL became %s: %v", values, got, err)
		return
	}
	fill := func(text string) string {
		return strings.NewReplacer("x", values["$A"], "y", values["$B"]).Replace(text)
	}
	was, is := strings.Split(p.EscapedPath(), "/"), strings.Split(u.EscapedPath(), "/")
	if len(was) != len(is) || len(strings.Split(u.JoinPath().EscapedPath(), "/")) != len(was) {
		t.Errorf("%q: the path became %s", values, u.EscapedPath())
		return
	}
	for i := range was {
		if segment, err := url.PathUnescape(is[i]); err != nil || segment != fill(was[i]) {
			t.Errorf("%q: a segment became %q: %v", values, segment, err)
		}
	}
	query, err := url.ParseQuery(u.RawQuery)
	want := p.Query()
	for _, list := range want {
		for i := range list {
			if list[i] != "[key]" {
				list[i] = fill(list[i])
			}
		}
	}
	if diff := cmp.Diff(want, query); diff != "" || err != nil {
		t.Errorf("%q: the query became %s: %v", values, u.RawQuery, err)
	}
}

// sameHeaders writes the request and reads it as a server would: as many
// headers, and the same names.
func sameHeaders(t interface{ Errorf(string, ...any) }, plain, got Call) {
	names := func(c Call) []string {
		r, err := http.NewRequest(c.Method, c.URL, strings.NewReader(c.Body))
		if err != nil {
			t.Errorf("%+v: %v", c, err)
			return nil
		}
		for _, h := range c.Headers {
			r.Header.Set(h.Name, h.Value)
		}
		var b bytes.Buffer
		if err := r.Write(&b); err != nil {
			t.Errorf("%+v: %v", c, err)
			return nil
		}
		head, _, _ := strings.Cut(b.String(), "\r\n\r\n")
		var list []string
		for _, line := range strings.Split(head, "\r\n")[1:] {
			name, _, _ := strings.Cut(line, ":")
			list = append(list, name)
		}
		slices.Sort(list)
		return list
	}
	if diff := cmp.Diff(names(plain), names(got)); diff != "" {
		t.Errorf("%+v: the headers: %s", got.Headers, diff)
	}
}

// sameJSON holds the JSON of a row against that of a harmless one: the same
// delimiters, keys and texts, with the values in their places.
func sameJSON(t interface{ Errorf(string, ...any) }, plain, got string, values map[string]string) {
	tokens := func(text string) ([]any, error) {
		d := json.NewDecoder(strings.NewReader(text))
		d.UseNumber()
		var list []any
		for {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				return list, nil
			}
			if err != nil {
				return nil, err
			}
			list = append(list, token)
		}
	}
	was, err := tokens(plain)
	if err != nil {
		panic(err)
	}
	is, err := tokens(got)
	if err != nil || len(is) != len(was) {
		t.Errorf("%q: the JSON became %s: %v", values, got, err)
		return
	}
	for i := range was {
		want := was[i]
		switch want {
		case "xx":
			want = "x" + values["$A"]
		case "x":
			want = values["$A"]
		case "y":
			want = values["$B"]
		}
		text, isText := want.(string)
		bare := isText && (text == "true" || text == "false" || isJSONNumber(text))
		if is[i] != want && !(bare && (is[i] == json.Number(text) || is[i] == (text == "true"))) {
			t.Errorf("%q: the JSON holds %#v in place of %#v", values, is[i], want)
		}
	}
}

func TestRequestsKeepTheirShape(t *testing.T) {
	n := hostileLoad(t)
	text := rapid.Map(hostileValue(), func(v workbook.Value) string {
		if v == nil {
			return ""
		}
		return workbook.Text(v)
	})
	rapid.Check(t, func(t *rapid.T) {
		keepsShape(t, n, text.Draw(t, "A"), text.Draw(t, "B"))
	})
}

func FuzzRequest(f *testing.F) {
	for _, seed := range []string{
		"", ".", "..", "/", "a/../b", `"`, `\`, `\u0022`, "\r\nX: y", "%2e%2e", "]]>", "&lt;", "$A", "${A}", "[key]", "\xff", "\ue0000\ue001", "\u2028",
		"true", "1e5", "-0", "x", "y", "null", "?#", "@evil.example/", "\x7f", "\u0085",
	} {
		f.Add(seed, "u")
		f.Add("u", seed)
	}
	n := hostileLoad(f)
	f.Fuzz(func(t *testing.T, a, b string) { keepsShape(t, n, a, b) })
}
