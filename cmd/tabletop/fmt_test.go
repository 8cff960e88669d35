package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tabletop/blocks"
	"tabletop/workbook"
	"tabletop/workbook/layout"
)

// TestFmtOfExamples lays out each workbook of the examples and each planted one:
// once and for all, and the blocks are the same.
func TestFmtOfExamples(t *testing.T) {
	kinds := blocks.Kinds(blocks.Options{})
	for _, file := range append(exampleWorkbooks(t), plantedWorkbooks(t)...) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		laid, err := layout.Format(file, text, kinds)
		if err != nil {
			t.Fatal(err)
		}
		again, err := layout.Format(file, laid, kinds)
		if diff := cmp.Diff(string(laid), string(again)); diff != "" || err != nil {
			t.Errorf("%s: laid out twice: %v %s", file, err, diff)
		}
		path := filepath.Join(t.TempDir(), "workbook.yaml")
		if err := os.WriteFile(path, laid, 0o600); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(programOf(t, file, kinds), programOf(t, path, kinds)); diff != "" {
			t.Errorf("%s: another program: %s", file, diff)
		}
	}
}

// programOf is what a workbook's blocks say.
func programOf(t *testing.T, file string, kinds []workbook.Kind) []string {
	t.Helper()
	w, problems, err := workbook.ReadFile(file, kinds)
	if err != nil || problems.Err() != nil {
		t.Fatal(err, problems)
	}
	out := []string{w.Name, w.Folder, w.Stage, strings.Join(w.Tags, " "), w.Schedule.String()}
	for _, b := range w.Blocks {
		lines := strings.Split(b.Text(), "\n")
		if _, text := b.Body.Text(); !text { // the order of its keys is not the same
			slices.Sort(lines)
		}
		out = append(append(out, b.Kind.Name, b.ID, b.Note), lines...)
	}
	return out
}

func TestFmt(t *testing.T) {
	t.Chdir(t.TempDir())
	const loose, laid = "blocks:\n- sql: SELECT $a FROM X\n# why\nworkbook:  A\n", "# why\nworkbook: A\nblocks:\n  - sql: |\n      SELECT $a FROM X\n"
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("loose.yaml", loose)
	write("laid.yaml", laid)
	write("flow.yaml", "{workbook: A, blocks: [{text: x}]}\n")
	write("broken.yaml", "blocks: [\n")
	for _, test := range []struct {
		args      []string
		code      int
		out, said string
	}{
		{[]string{"fmt", "loose.yaml"}, exitDone, laid, ""},
		{[]string{"fmt", "laid.yaml"}, exitDone, laid, ""},
		{[]string{"fmt", "--check", "laid.yaml"}, exitDone, "", ""},
		{[]string{"fmt", "--check", "laid.yaml", "loose.yaml"}, exitNotHeld, "loose.yaml\n", "--check: 1 file would change\n"},
		{[]string{"fmt", "flow.yaml"}, exitNothingRan, "", "flow.yaml is left as it is: it is no map with a key a line\n"},
		{[]string{"fmt", "broken.yaml"}, exitNothingRan, "", "broken.yaml:1:1: broken YAML"},
		{[]string{"fmt", "gone.yaml"}, exitNothingRan, "", "does not exist"},
		{[]string{"fmt", "-w", "-"}, exitNothingRan, "", "name one, not -"},
		{[]string{"fmt"}, exitNothingRan, "", "takes at least one workbook"},
		{[]string{"fmt", "--diff", "loose.yaml"}, exitDone, "", ""},
		{[]string{"fmt", "-w", "loose.yaml", "laid.yaml"}, exitDone, "", "loose.yaml: written\n"},
		{[]string{"fmt", "--check", "loose.yaml"}, exitDone, "", ""},
	} {
		code, out, said := tabletop(t, test.args...)
		if code != test.code || test.out != "" && out != test.out || !strings.Contains(said, test.said) {
			t.Errorf("%v: exit %d\n%s%s", test.args, code, out, said)
		}
		if test.args[1:] != nil && len(test.args) > 1 && test.args[1] == "--diff" && (!strings.Contains(out, "-workbook:  A\n") || !strings.Contains(out, "+workbook: A\n")) {
			t.Errorf("no difference:\n%s", out)
		}
	}
	got, err := os.ReadFile("loose.yaml")
	if err != nil || string(got) != laid {
		t.Errorf("%v: %s", err, got)
	}
}
