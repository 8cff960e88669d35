package scenario

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestEventsAreWritten(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "raw.csv.gz"), []byte("not looked at"), 0o600); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, "x.test.yaml")
	f, err := Parse(path, []byte(`tests:
  - name: x
    now: 2026-01-30T12:00:00Z
    events:
      firewall:
        - {$SrcIP: 203.0.113.7, Port: 3389, Text: '3389', Zeros: 007, Nothing: null, Yes: yes, True: true, Hex: 0x1f}
        - {$CNAMTime: -10m}
        - {CNAMTime: null}
        - {$CNAMTime: 1769774400000, "a\nb": "\e[2J"}
      EMPTY: []
      RAW: raw.csv.gz
`))
	if err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(folder, "events")
	if got, err := f.Tests[0].Events.Write(to); err != nil || got != to {
		t.Fatal(got, err)
	}
	for name, want := range map[string]string{
		"FIREWALL.ndjson": `{"$SrcIP":"203.0.113.7","Port":3389,"Text":"3389","Zeros":"007","Nothing":null,"Yes":"yes","True":true,"Hex":"0x1f","$CNAMTime":1769774400000}
{"$CNAMTime":1769773800000}
{"CNAMTime":null}
{"$CNAMTime":1769774400000,"a\nb":"\u001b[2J"}
`,
		"EMPTY.ndjson": "",
		"RAW.csv.gz":   "not looked at",
	} {
		got, err := os.ReadFile(filepath.Join(to, name))
		if err != nil || string(got) != want {
			t.Errorf("%s: %v\n%s", name, err, got)
		}
	}
}

func TestEventsOfAFileOrFolder(t *testing.T) {
	f, err := Parse(filepath.Join("books", "x.test.yaml"), []byte("tests:\n  - name: x\n    events: ../events\n  - name: y\n    expect: {}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := f.Tests[0].Events.Write("nowhere"); err != nil || got != "events" {
		t.Error(got, err)
	}
	if got, err := f.Tests[1].Events.Write("nowhere"); err != nil || got != "" {
		t.Error(got, err)
	}
}

// TestRewriteRefuses has tests whose expectations stand where no lines can be put.
func TestRewriteRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"tests: [{name: x, expect: {}}]":                        "write each of its keys on a line of its own",
		"tests:\n  - {name: x, expect: {}}\n":                   "write each of its keys on a line of its own",
		"tests:\n  - expect: {}\n    name: x\n":                 "expect not the first",
		"tests:\n  - &a\n    name: x\n    expect: {}\n  - *a\n": "stands twice",
	} {
		f, err := Parse("x.test.yaml", []byte(text))
		if err == nil {
			_, err = f.Rewrite(map[*Test]*Expect{f.Tests[0]: {Fails: "x"}})
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestRewriteWithoutExpectations adds them, also at the end of a file without a
// line's end.
func TestRewriteWithoutExpectations(t *testing.T) {
	for text, want := range map[string]string{
		"tests:\n  - name: x":                                            "tests:\n  - name: x\n    expect:\n      fails: gone\n",
		"tests:\n- name: x\n  note: |\n    a\n\n    b\n":                 "tests:\n- name: x\n  note: |\n    a\n\n    b\n  expect:\n    fails: gone\n",
		"tests:\n  - name: x\n    events:\n      A: []\n\n  - name: y\n": "tests:\n  - name: x\n    events:\n      A: []\n    expect:\n      fails: gone\n\n  - name: y\n",
	} {
		f, err := Parse("x.test.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		got, err := f.Rewrite(map[*Test]*Expect{f.Tests[0]: {Fails: "gone"}})
		if err != nil || string(got) != want {
			t.Errorf("%v\n%s", err, got)
		}
	}
}
