package source

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type shape struct {
	Name  Text            `yaml:"name,required"`
	Stage string          `yaml:"stage" enum:"test,prod"`
	Count int             `yaml:"count"`
	Rate  float64         `yaml:"rate"`
	On    bool            `yaml:"on"`
	Tags  []string        `yaml:"tags"`
	Texts map[string]Text `yaml:"texts"`
	Inner *inner          `yaml:"inner"`
	Any   Node            `yaml:"any"`
}

type inner struct {
	Deep Text `yaml:"deep"`
}

func decode(t *testing.T, text string) (shape, string) {
	t.Helper()
	n, err := Parse("f.yaml", []byte(text))
	if err != nil {
		return shape{}, err.Error()
	}
	var s shape
	return s, Decode(n, &s).Error()
}

func TestDecodeMistakes(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"nothing wrong", "name: a\ncount: 3\nrate: 1.5\non: true\ntags: [x, y]\ninner: {deep: z}\n", ""},
		{"an unknown key", "name: a\ncuont: 3\n", "f.yaml:2:1: unknown key cuont\n    cuont: 3\n    ^\n    did you mean count?"},
		{"a key twice", "name: a\nname: b\n", "f.yaml:2:1: name stands twice\n    name: b\n    ^\n    remove one of them"},
		{"what must be there", "count: 1\n", "f.yaml:1:1: name is missing\n    count: 1\n    ^"},
		{"a value that may not be", "name: a\nstage: live\n", "f.yaml:2:8: stage can't be \"live\"\n    stage: live\n           ^\n    one of: test, prod"},
		{"numbers and truths", "name: a\ncount: x\nrate: y\non: yes\n", "f.yaml:2:8: count must be a whole number, not \"x\"\n    count: x\n           ^\nf.yaml:3:7: rate must be a number, not \"y\"\n    rate: y\n          ^\nf.yaml:4:5: on must be true or false, not \"yes\"\n    on: yes\n        ^"},
		{"a map for a text", "name: {a: b}\n", "f.yaml:1:7: name must be a text\n    name: {a: b}\n          ^"},
		{"a text for a list", "name: a\ntags: x\n", "f.yaml:2:7: tags must be a list\n    tags: x\n          ^\n    write it as [a, b] or one item a line, each after '- '"},
		{"deep inside", "name: a\ninner:\n  dep: 1\n", "f.yaml:3:3: unknown key dep\n      dep: 1\n      ^\n    did you mean deep?"},
		{"a key twice in a map", "name: a\ntexts: {k: 1, k: 2}\n", "f.yaml:2:15: k stands twice\n    texts: {k: 1, k: 2}\n                  ^\n    remove one of them"},
		{"through an alias", "name: &n a\ntexts: {k: *n}\n", ""},
		{"no YAML", "name: [a\n", "f.yaml:1:1: broken YAML: did not find expected ',' or ']'"},
		{"a tab among the blanks", "name: a\ntexts:\n  k: |\n    x\n\t  y\n  l: z\n", "f.yaml:5:1: broken YAML: a tab where blanks indent\n    \t  y\n    ^\n    write blanks in its place"},
		{"an item too far left", "# first\nname: a\ntags:\n  - b\n - c\n  - d\n", "f.yaml:5:2: broken YAML: did not find expected key\n     - c\n     ^\n    indent it as line 4, by 2"},
		{"a quote that is not closed", "name: 'a\nstage: test\ntexts: {k: 'b'}\n", "f.yaml:1:7: broken YAML: a quote that is not closed\n    name: 'a\n          ^\n    close it on its line"},
		{"a line of a text too far left", "texts:\n  k: |\n    one\n  two\n  l: x\n", "f.yaml:4:3: broken YAML: could not find expected ':'\n      two\n      ^\n    a key ends in ':'"},
		{"no text at all", "", "f.yaml: empty"},
		{"not UTF-8", "name: \xff\n", "f.yaml: not UTF-8 text\n    save it as UTF-8"},
		{"multibyte characters before the place", "name: a\nstage: 'žluť'\n", "f.yaml:2:8: stage can't be \"žluť\""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, got := decode(t, test.text)
			if !strings.HasPrefix(got, test.want) || test.want == "" && got != "" {
				t.Error(cmp.Diff(test.want, got))
			}
		})
	}
}

// TestTextPlaces marks a byte with ^ in each form that a scalar may have.
func TestTextPlaces(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"plain", "name: ab^cd", "1:9"},
		{"single quotes", "name: 'ab^cd'", "1:10"},
		{"double quotes", `name: "ab^cd"`, "1:10"},
		{"literal", "name: |\n  first\n  se^cond\n", "3:5"},
		{"literal, the first line", "name: |\n  a^b\n", "2:4"},
		{"literal, deeper", "name: |\n\n  first\n\n    th^ird\n", "5:7"},
		{"literal with its indentation told", "name: |2\n    in^dented\n", "2:7"},
		{"literal, kept", "name: |+\n  x\n  y^z\n\n", "3:4"},
		{"multibyte", "name: |\n  žž^z\n", "2:5"},
		{"carriage returns", "name: |\r\n  a\r\n  b^c\r\n", "3:4"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			n, err := Parse("f.yaml", []byte(strings.Replace(test.text, "^", "\x01", 1)))
			if err != nil {
				// \x01 is no YAML; a character that is stands for it.
				n, err = Parse("f.yaml", []byte(strings.Replace(test.text, "^", "§", 1)))
			}
			if err != nil {
				t.Fatal(err)
			}
			var s shape
			if problems := Decode(n, &s); len(problems) > 0 {
				t.Fatal(problems)
			}
			p := s.Name.Place(strings.IndexAny(s.Name.Value, "\x01§"))
			if got := strings.TrimPrefix(Problem{Place: p}.String(), "f.yaml:"); !strings.HasPrefix(got, test.want+":") {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestLimits(t *testing.T) {
	if _, err := Parse("f.yaml", make([]byte, MaxBytes+1)); err == nil || !strings.Contains(err.Error(), "larger than") {
		t.Error(err)
	}
	if _, err := Parse("f.yaml", []byte("a: "+strings.Repeat("[", 100)+strings.Repeat("]", 100))); err == nil || !strings.Contains(err.Error(), "nested deeper") {
		t.Error(err)
	}
	bomb := "a: &a [x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c < 'j'; c++ {
		bomb += string(c) + ": &" + string(c) + " [" + strings.Repeat("*"+string(c-1)+",", 9) + "]\n"
	}
	if _, err := Parse("f.yaml", []byte(bomb)); err == nil || !strings.Contains(err.Error(), "stands for more than") {
		t.Error(err)
	}
}

func TestNearest(t *testing.T) {
	tests := []struct{ word, want string }{
		{"$SrcIp", "$SrcIP"}, {"$Scrip", "$SrcIP"}, {"WERE", "WHERE"}, {"zzz", ""}, {"", ""},
	}
	for _, test := range tests {
		if got := Nearest(test.word, []string{"$DstIP", "$SrcIP", "WHERE"}); got != test.want {
			t.Errorf("%s: got %q, want %q", test.word, got, test.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("name: a\nstage: test\ncount: 3\n")
	f.Add("name: |2\n    x\ntexts: {a: &x 'y', b: *x}\n")
	f.Add("a: !!binary |\n  x\n? [k]\n: v\n<<: {name: z}\n")
	f.Fuzz(func(t *testing.T, text string) {
		n, err := Parse("f.yaml", []byte(text))
		if err != nil {
			_ = err.Error()
			return
		}
		var s shape
		_ = Decode(n, &s).Error()
		for i := range s.Name.Value {
			if p := s.Name.Problem(i, "x", ""); p.Place.Line < 1 || p.Column < 1 {
				t.Fatalf("no place at %d of %q: %v", i, s.Name.Value, p)
			}
			_ = s.Name.Problem(i, "x", "").String()
		}
		_ = n.YAML()
	})
}
