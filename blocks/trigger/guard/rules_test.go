package guard

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestEveryRuleIsListed reads the names of rules out of the package's own files.
func TestEveryRuleIsListed(t *testing.T) {
	listed := map[string]bool{}
	for _, r := range Rules() {
		if listed[r.Name] || r.Doc == "" || r.Level == "" {
			t.Errorf("%s stands twice, or without words", r.Name)
		}
		listed[r.Name] = true
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			s, ok := n.(*ast.ValueSpec)
			if !ok || !strings.HasPrefix(s.Names[0].Name, "Rule") || len(s.Values) != 1 {
				return true
			}
			if value, ok := s.Values[0].(*ast.BasicLit); ok {
				name, _ := strconv.Unquote(value.Value)
				seen++
				if !listed[name] {
					t.Errorf("the rule %s is not listed", name)
				}
			}
			return true
		})
	}
	if seen != len(listed) {
		t.Errorf("%d rules, %d listed", seen, len(listed))
	}
}
