package main

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"

	"tabletop/blocks"
	"tabletop/blocks/query"
	"tabletop/blocks/trigger/guard"
	"tabletop/blocks/trigger/simulator"
	"tabletop/workbook"
	"tabletop/workbook/findings"
)

// documented lists what the reference must tell of, by its topic.
func documented() map[string][]string {
	all := map[string][]string{}
	for _, k := range blocks.Kinds(blocks.Options{}) {
		all["blocks"] = append(all["blocks"], k.Name)
	}
	for _, f := range query.Functions() {
		all["functions"] = append(all["functions"], f.Name)
	}
	for _, v := range workbook.Verdicts {
		all["verdicts"] = append(all["verdicts"], string(v))
	}
	for _, r := range guard.Rules() {
		all["guard"] = append(all["guard"], r.Name)
	}
	for _, f := range simulator.Faults() {
		all["faults"] = append(all["faults"], f.Form)
	}
	for _, r := range findings.Rules() {
		all["findings"] = append(all["findings"], r.Code)
	}
	all["columns"] = []string{"$CNAMTime", "$SrcIP", "$DetectionName", "$WebhookStatus"}
	all["code"] = []string{"host", "col", "where expression", "IP_Network(s)"}
	all["workbook"] = []string{"workbook.yaml"}
	all["integrations"] = []string{"integrations.yaml"}
	all["tests"] = []string{"a file of tests", "tests", "expect", "expect.blocks"}
	all["exit-codes"] = []string{"0", "130"}
	return all
}

func TestDocsTellOfEverything(t *testing.T) {
	for _, topic := range docTopics() {
		names := documented()[topic.name]
		if len(names) == 0 {
			t.Errorf("nothing is wanted of %s", topic.name)
		}
		_, text, _ := tabletop(t, "docs", topic.name)
		_, markdown, _ := tabletop(t, "docs", topic.name, "-o", "markdown")
		for _, name := range names {
			if !strings.Contains(text, "\n"+name) {
				t.Errorf("docs %s lacks %s", topic.name, name)
			}
			if !strings.Contains(markdown, verbatim(name)) {
				t.Errorf("docs %s -o markdown lacks %s", topic.name, name)
			}
			code, one, said := tabletop(t, "docs", name)
			if code != exitDone || !strings.Contains(one, name) {
				t.Errorf("docs %s: %s%s", name, one, said)
			}
		}
		for _, e := range topic.entries {
			if strings.TrimSpace(e.doc) == "" {
				t.Errorf("%s: %s has no words", topic.name, e.name)
			}
			for _, f := range e.fields {
				if f.doc == "" {
					t.Errorf("%s: %s of %s has no words", topic.name, f.name, e.name)
				}
			}
		}
	}
}

// TestDocsOfAKey: a key is found wherever it is written, with those in it.
func TestDocsOfAKey(t *testing.T) {
	for name, want := range map[string]string{"suppress": "suppress.reason", "must_not_act": "must_not_act", "schedule": "schedule", "technique": "technique"} {
		if code, text, said := tabletop(t, "docs", name); code != exitDone || !strings.Contains(text, "\n  "+want+" ") || strings.Contains(text, "\n  fails ") {
			t.Errorf("docs %s: %s%s", name, text, said)
		}
	}
}

// TestDocsFit reads the whole reference: its lines fit a terminal, and its
// Markdown has a row a name.
func TestDocsFit(t *testing.T) {
	code, text, said := tabletop(t, "docs")
	if code != exitDone || said != "" {
		t.Fatal(code, said)
	}
	for line := range strings.SplitSeq(text, "\n") {
		if utf8.RuneCountInString(line) > narrow {
			t.Errorf("%d columns: %s", utf8.RuneCountInString(line), line)
		}
	}
	_, markdown, _ := tabletop(t, "docs", "-o", "markdown")
	var html bytes.Buffer
	if err := goldmark.New(goldmark.WithExtensions(extension.Table)).Convert([]byte(markdown), &html); err != nil {
		t.Fatal(err)
	}
	rows, headings := 0, 0
	for _, topic := range docTopics() {
		headings++
		for _, e := range topic.entries {
			if slices.ContainsFunc(topic.entries, docEntry.long) {
				headings++
				rows += len(e.fields)
			} else {
				rows++
			}
		}
	}
	if got := strings.Count(html.String(), "</tr>") - strings.Count(html.String(), "</thead>"); got != rows {
		t.Errorf("%d rows in tables, want %d", got, rows)
	}
	if got := strings.Count(html.String(), "</h2>") + strings.Count(html.String(), "</h3>"); got != headings {
		t.Errorf("%d headings, want %d", got, headings)
	}
}

func TestDocsUnknown(t *testing.T) {
	code, out, said := tabletop(t, "docs", "verdict")
	if code != exitNothingRan || out != "" || !strings.Contains(said, "did you mean verdicts?") {
		t.Error(code, out, said)
	}
	if code, _, _ := tabletop(t, "docs", "-o", "html"); code != exitNothingRan {
		t.Error(code)
	}
}

// TestExitCodesAreListed reads the constants out of main.go.
func TestExitCodesAreListed(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "main.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	ast.Inspect(file, func(n ast.Node) bool {
		if s, ok := n.(*ast.ValueSpec); ok && strings.HasPrefix(s.Names[0].Name, "exit") {
			seen++
			code, err := strconv.Atoi(s.Values[0].(*ast.BasicLit).Value)
			listed := false
			for _, e := range exitCodes {
				listed = listed || e.code == code
			}
			if err != nil || !listed {
				t.Errorf("%s is not listed", s.Names[0].Name)
			}
		}
		return true
	})
	if seen != len(exitCodes) {
		t.Errorf("%d exit codes, %d listed", seen, len(exitCodes))
	}
}
