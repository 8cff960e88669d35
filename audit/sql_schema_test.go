package audit

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// TestViewsAreDocumented holds what is said of the views against the schema:
// every view, every column, in order, and each value of the type that is told.
func TestViewsAreDocumented(t *testing.T) {
	paths := []string{viewed(t), viewedSending(t)}
	db := raw(t, paths[0])
	var inSchema, documented []string
	each(t, db, "SELECT name FROM sqlite_schema WHERE type = 'view'", func(v []any) { inSchema = append(inSchema, plainText(v[0])) })
	for _, view := range Views() {
		documented = append(documented, view.Name)
		var names, told []string
		each(t, db, "SELECT name FROM pragma_table_info('"+view.Name+"')", func(v []any) { names = append(names, plainText(v[0])) })
		for _, c := range view.Columns {
			told = append(told, c.Name)
			line := fmt.Sprintf("  %-19s  %-7s  %s", c.Name, c.Type, c.Doc)
			if c.Doc == "" || strings.Contains(c.Doc, "\n") || utf8.RuneCountInString(line) > 80 {
				t.Errorf("%s.%s: say in a line of a terminal what it is: %q", view.Name, c.Name, c.Doc)
			}
			for _, path := range paths {
				checkType(t, path, view.Name, c)
			}
		}
		if diff := cmp.Diff(names, told); diff != "" {
			t.Errorf("%s has other columns than audit/sql_schema.go tells:\n%s", view.Name, diff)
		}
		if view.Doc == "" {
			t.Errorf("%s: say what a row of it is", view.Name)
		}
	}
	slices.Sort(inSchema)
	slices.Sort(documented)
	if diff := cmp.Diff(inSchema, documented); diff != "" {
		t.Errorf("the schema has other views than audit/sql_schema.go tells:\n%s", diff)
	}
}

func checkType(t *testing.T, path, view string, c ViewColumn) {
	t.Helper()
	want := c.Type
	if want == typeJSON {
		want = typeText
	}
	each(t, raw(t, path), fmt.Sprintf("SELECT typeof(%[1]s), %[1]s FROM %[2]s", c.Name, view), func(v []any) {
		if found := plainText(v[0]); found != "null" && found != want {
			t.Errorf("%s.%s is told to be %s, and holds the %s %v", view, c.Name, want, found, v[1])
		}
		if v[1] != nil && c.Type == typeJSON && !json.Valid([]byte(plainText(v[1]))) {
			t.Errorf("%s.%s is told to be JSON, and holds %v", view, c.Name, v[1])
		}
	})
}
