package source

import "testing"

func TestJSON(t *testing.T) {
	for yaml, want := range map[string]string{
		"1":                       `1`,
		"-1.50":                   `-1.50`,
		"1e5":                     `1e5`,
		"'1'":                     `"1"`,
		"007":                     `"007"`,
		"+1":                      `"+1"`,
		".5":                      `".5"`,
		"0x1f":                    `"0x1f"`,
		"1_000":                   `"1_000"`,
		".inf":                    `".inf"`,
		"true":                    `true`,
		"True":                    `"True"`,
		"yes":                     `"yes"`,
		"null":                    `null`,
		"~":                       `null`,
		"2026-01-30":              `"2026-01-30"`,
		"|\n  a\n  b\n":           `"a\nb\n"`,
		`"\x1b\u2028"`:            `"\u001b\u2028"`,
		"{b: [1, {c: x}], a: {}}": `{"b":[1,{"c":"x"}],"a":{}}`,
		"[&x {a: 1}, *x]":         `[{"a":1},{"a":1}]`,
		"!!str 1":                 `"1"`,
	} {
		n, err := Parse("x.yaml", []byte(yaml))
		if err != nil {
			t.Fatal(err)
		}
		if got := string(n.JSON()); got != want {
			t.Errorf("%s is %s, not %s", yaml, got, want)
		}
	}
	if got := string(Node{}.JSON()); got != "null" {
		t.Errorf("what is not there is %s", got)
	}
}
