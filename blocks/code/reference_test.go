package code

import (
	"context"
	"strings"
	"testing"

	"go.starlark.net/starlark"

	"tabletop/workbook"
)

// TestEveryFunctionIsDocumented evaluates the example of each function.
func TestEveryFunctionIsDocumented(t *testing.T) {
	for _, f := range Functions() {
		if f.Doc == "" || !strings.Contains(f.Example, f.Name+"(") {
			t.Errorf("%s has no words", f.Name)
			continue
		}
		step, p := prepared(t, "$Result = "+f.Example, "", "$Count(1)")
		if problems := p.Problems(); len(problems) > 0 {
			t.Errorf("%s: %v", f.Example, problems)
			continue
		}
		out, err := step.Run(context.Background(), table([]string{"$Count(1)"}, []workbook.Value{int64(3)}), environment())
		if err != nil {
			t.Errorf("%s: %v", f.Example, err)
			continue
		}
		i := out.Table.Index("$Result")
		if got := workbook.Text(out.Table.Rows[0].Values[i]); got != f.Result {
			t.Errorf("%s gives %s, and is said to give %s", f.Example, got, f.Result)
		}
	}
	if len(wordsOn) != len(functions) {
		t.Errorf("words on %d functions, and there are %d", len(wordsOn), len(functions))
	}
	for _, f := range PythonFunctions() {
		name, _, _ := strings.Cut(f.Form, "(")
		if _, ok := library()[name].(*starlark.Builtin); !ok {
			t.Errorf("Python has no %s", name)
		}
	}
}
