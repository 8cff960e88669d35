package audit

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestEncodeText(t *testing.T) {
	tests := []struct{ in, want string }{
		{"", ""},
		{"203.0.113.7", "203.0.113.7"},
		{"a\tb\nc", "a\tb\nc"},
		{"Zürich 東京 🎲", "Zürich 東京 🎲"},
		{"a\x00b", "a�00b"},
		{"\x1b[2J", "�1b[2J"},
		{"a\r\n", "a�0d\n"},
		{"\x7f", "�7f"},
		{"\u009b2J", "�c2�9b2J"},
		{"\xff\xfe", "�ff�fe"},
		{"half \xe6\x9d", "half �e6�9d"},
		{"�", "��"},
		{"�00", "��00"},
		{"exe\u202etxt", "exe�e2�80�aetxt"},
	}
	for _, test := range tests {
		got := encodeText(test.in)
		if got != test.want {
			t.Errorf("encodeText(%q) = %q, want %q", test.in, got, test.want)
		}
		back, err := decodeText(got)
		if err != nil || back != test.in {
			t.Errorf("decodeText(%q) = %q, %v, want %q", got, back, err, test.in)
		}
	}
}

func TestDecodeTextRefusesWhatWasNeverStored(t *testing.T) {
	for _, stored := range []string{"�", "a�0", "�zz", "���0"} {
		if got, err := decodeText(stored); err == nil {
			t.Errorf("decodeText(%q) = %q, want an error", stored, got)
		}
	}
}

func FuzzEncodeText(f *testing.F) {
	for _, seed := range []string{"", "a", "\x00", "\xff", "�", "�00", "\xef\xbf", "\u202e", "\xc2\x9b", "\xed\xa0\x80"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		stored := encodeText(s)
		if !utf8.ValidString(stored) || strings.ContainsFunc(stored, acts) {
			t.Errorf("encodeText(%q) = %q, which holds what it must not", s, stored)
		}
		back, err := decodeText(stored)
		if err != nil || back != s {
			t.Errorf("%q comes back as %q, %v", s, back, err)
		}
		data, err := encodeJSON(text(s))
		if err != nil {
			t.Fatal(err)
		}
		var decoded text
		if err := json.Unmarshal(data, &decoded); err != nil || string(decoded) != s {
			t.Errorf("%q comes back from %s as %q, %v", s, data, decoded, err)
		}
	})
}

func TestValues(t *testing.T) {
	tests := []struct {
		in   any
		want string
	}{
		{nil, `null`},
		{"5", `"5"`},
		{"<a & b>", `"<a & b>"`},
		{"null", `"null"`},
		{`{"float":"NaN"}`, `"{\"float\":\"NaN\"}"`},
		{int64(5), `5`},
		{5.0, `5.0`},
		{math.Copysign(0, -1), `-0.0`},
		{int64(9007199254740993), `9007199254740993`},
		{int64(math.MaxInt64), `9223372036854775807`},
		{int64(math.MinInt64), `-9223372036854775808`},
		{9007199254740993.0, `9.007199254740992e+15`},
		{1e21, `1e+21`},
		{1e300, `1e+300`},
		{math.SmallestNonzeroFloat64, `5e-324`},
		{math.Inf(-1), `{"float":"-Inf"}`},
		{math.NaN(), `{"float":"NaN"}`},
	}
	for _, test := range tests {
		data, err := encodeJSON(value{test.in})
		if err != nil || string(data) != test.want {
			t.Errorf("%T %v is stored as %s, %v, want %s", test.in, test.in, data, err, test.want)
			continue
		}
		var back value
		if err := json.Unmarshal(data, &back); err != nil {
			t.Errorf("%s: %v", data, err)
			continue
		}
		if !sameValue(back.any, test.in) && test.want != `{"float":"NaN"}` {
			t.Errorf("%s comes back as %T %v, want %T %v", data, back.any, back.any, test.in, test.in)
		}
		if f, ok := back.any.(float64); test.want == `{"float":"NaN"}` && (!ok || !math.IsNaN(f)) {
			t.Errorf("%s comes back as %T %v", data, back.any, back.any)
		}
	}
}

func TestACellThatIsNoValueIsAnError(t *testing.T) {
	if data, err := encodeJSON(value{[]byte("x")}); err == nil {
		t.Errorf("stored as %s", data)
	}
}
