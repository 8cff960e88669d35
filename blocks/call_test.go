package blocks_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tabletop/blocks"
	"tabletop/workbook"
)

// A folder is files by their paths; "-> to" is a link.
type folder map[string]string

func (f folder) write(t *testing.T) string {
	t.Helper()
	at := t.TempDir()
	for name, text := range f {
		path := filepath.Join(at, filepath.FromSlash(name))
		err := os.MkdirAll(filepath.Dir(path), 0o700)
		if to, link := strings.CutPrefix(text, "-> "); link {
			err = errors.Join(err, os.Symlink(filepath.FromSlash(to), path))
		} else {
			err = errors.Join(err, os.WriteFile(path, []byte(text), 0o600))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return at
}

// prepared prepares a.yaml of a folder and tells what is wrong, with paths from
// that folder.
func prepared(t *testing.T, at string) (*workbook.Program, []string) {
	t.Helper()
	w, problems, err := workbook.ReadFile(filepath.Join(at, "a.yaml"), blocks.Kinds(blocks.Options{}))
	if err != nil {
		t.Fatal(err)
	}
	program, found := workbook.Prepare(w, nil)
	var told []string
	for _, p := range append(problems, found...) {
		name, err := filepath.Rel(at, p.File)
		if err != nil {
			t.Fatal(err)
		}
		told = append(told, fmt.Sprintf("%s:%d:%d: %s", filepath.ToSlash(name), p.Line, p.Column, p.Message))
	}
	return program, told
}

const rowsBlock = "  - sql: SELECT $A, $B FROM FIREWALL\n"

// book is a workbook of blocks.
func book(blocks ...string) string {
	return "workbook: Book\nblocks:\n" + strings.Join(blocks, "")
}

func calls(kind, path string) string { return "  - " + kind + ": " + path + "\n" }

func TestMistakesOfCalls(t *testing.T) {
	outside := filepath.ToSlash(filepath.Join(t.TempDir(), "outside.yaml"))
	if err := os.WriteFile(outside, []byte(book(rowsBlock)), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		folder
		want []string
	}{
		"right": {folder: folder{
			"a.yaml":     book(rowsBlock, calls("return", "sub/b.yaml"), "  - code: $D = $C\n", calls("call", "sub/b.yaml")),
			"sub/b.yaml": book("  - code: $C = $A\n", calls("call", "../c.yaml"), calls("return", "./d.yaml")),
			"c.yaml":     book("  - code: $E = $C\n"), "sub/d.yaml": book("  - text: nothing\n"),
		}},
		"a call stands alone": {folder: folder{"a.yaml": book(calls("call", "b.yaml")), "b.yaml": book(rowsBlock)}},
		"a return stands first": {folder: folder{
			"a.yaml": book(calls("return", "b.yaml"), "  - code: $C = $A\n"), "b.yaml": book(rowsBlock),
		}},
		"a circle": {
			folder{"a.yaml": book(rowsBlock, calls("call", "b.yaml")), "b.yaml": book("  - text: x\n", calls("return", "a.yaml"))},
			[]string{"b.yaml:4:13: the workbooks call each other in a circle: a.yaml → b.yaml → a.yaml"},
		},
		"a circle of one": {
			folder{"a.yaml": book(rowsBlock, calls("call", "a.yaml"))},
			[]string{"a.yaml:4:11: the workbooks call each other in a circle: a.yaml → a.yaml"},
		},
		"a circle behind a link": {
			folder{"a.yaml": book(rowsBlock, calls("call", "sub/b.yaml")), "sub/b.yaml": "-> ../a.yaml"},
			[]string{"a.yaml:4:11: the workbooks call each other in a circle: a.yaml → sub/b.yaml"},
		},
		"a circle further down": {
			folder{"a.yaml": book(rowsBlock, calls("call", "b.yaml")), "b.yaml": book(calls("call", "c.yaml")), "c.yaml": book(calls("call", "./x/../b.yaml"))},
			[]string{"c.yaml:3:11: the workbooks call each other in a circle: a.yaml → b.yaml → c.yaml → b.yaml"},
		},
		"none there": {
			folder{"a.yaml": book(rowsBlock, calls("call", "sub/b.yaml"), calls("return", "c.yaml"))},
			[]string{"a.yaml:4:11: there is no workbook sub/b.yaml", "a.yaml:5:13: there is no workbook c.yaml"},
		},
		"elsewhere": {
			folder{
				"a.yaml": book(rowsBlock, calls("call", "../b.yaml"), calls("call", "/etc/passwd"), calls("call", "sub"), calls("call", `a\b.yaml`), calls("call", `""`),
					calls("call", "link.yaml"), calls("call", "folder/outside.yaml"), calls("call", `"b\0.yaml"`)),
				"sub/x": "", "link.yaml": "-> " + outside, "folder": "-> " + filepath.Dir(outside),
			},
			[]string{
				"a.yaml:4:11: ../b.yaml lies outside of the workbook's folder", "a.yaml:5:11: the path to a called workbook can't be absolute", "a.yaml:6:11: sub is no file",
				"a.yaml:7:11: a path to a workbook has / between its folders", "a.yaml:8:12: no workbook is named",
				"a.yaml:9:11: link.yaml leads outside of the workbook's folder", "a.yaml:10:11: folder/outside.yaml leads outside of the workbook's folder",
				"a.yaml:11:12: a path to a workbook has / between its folders",
			},
		},
		"mistakes there, told once": {
			folder{
				"a.yaml": book(rowsBlock, calls("call", "b.yaml"), calls("return", "b.yaml"), "  - code: $C = $Nothing\n"),
				"b.yaml": book("  - code: $X = $C\n", "  - signal: {name: x}\n", "  - squirrel: x\n"),
			},
			[]string{"b.yaml:5:5: unknown kind of block squirrel", "b.yaml:3:16: unknown column $C", "b.yaml:4:13: a signal needs a target or a suspect"},
		},
		"no YAML": {
			folder{"a.yaml": book(rowsBlock, calls("call", "b.yaml")), "b.yaml": "a: b: c\n"},
			[]string{"b.yaml:0:0: broken YAML: mapping values are not allowed in this context"},
		},
		"no rows": {
			folder{"a.yaml": book(calls("call", "b.yaml"), calls("call", "c.yaml")), "b.yaml": book("  - signal: {name: x, target: {host: $A}}\n"), "c.yaml": book("  - code: where true\n")},
			[]string{
				"b.yaml:3:13: a signal needs rows, and no block before it gives any",
				"b.yaml:3:38: unknown column $A", "c.yaml:3:11: code needs the rows of a block before it",
			},
		},
		"the columns that come back": {
			folder{"a.yaml": book(rowsBlock, calls("return", "b.yaml"), "  - code: $D = $B\n"), "b.yaml": book("  - code: drop $B\n")},
			[]string{"a.yaml:5:16: unknown column $B"},
		},
		"parameters": {
			folder{
				"a.yaml": book(rowsBlock, calls("call", "b.yaml")+"    set: {Typo: x, Two: '{None}', Two: x, Three: [x]}\n", calls("call", "b.yaml")+"    set: x\n"),
				"b.yaml": "workbook: b\nparameters:\n  One: {}\n  Two: {default: x}\n  Three: {default: x}\nblocks:\n  - text: x\n",
			},
			[]string{
				"a.yaml:5:11: b.yaml has no parameter Typo", "a.yaml:5:26: unknown parameter {None}", "a.yaml:5:35: Two stands twice", "a.yaml:5:50: the value of a parameter must be a text",
				"a.yaml:4:11: the parameter One of b.yaml has no value", "a.yaml:7:10: set must be a map of parameters", "a.yaml:6:11: the parameter One of b.yaml has no value",
			},
		},
		"beside": {
			folder{"a.yaml": book(rowsBlock, calls("call", "b.yaml")+"    sets: {}\n", calls("call", "{}")), "b.yaml": book("  - text: x\n")},
			[]string{"a.yaml:5:5: unknown key sets beside call", "a.yaml:6:11: call holds the path of a workbook"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			program, told := prepared(t, c.write(t))
			if (program == nil) != (len(c.want) > 0) || fmt.Sprint(told) != fmt.Sprint(c.want) {
				t.Errorf("it says\n%s\nand not\n%s", strings.Join(told, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}

// chain are workbooks each of which calls the next so many times.
func chain(length, times int) folder {
	f := folder{}
	for i := range length {
		f[chained(i)] = book(rowsBlock, strings.Repeat(calls("call", chained(i+1)), times))
	}
	f[chained(length)] = book(rowsBlock)
	return f
}

func chained(i int) string {
	if i == 0 {
		return "a.yaml"
	}
	return fmt.Sprintf("n%d.yaml", i)
}

func TestCallsAreBounded(t *testing.T) {
	many := book(strings.Repeat("  - text: x\n", workbook.MaxBlocks))
	for name, c := range map[string]struct {
		folder
		want string
	}{
		"as deep as may be": {chain(workbook.MaxCallDepth, 1), ""},
		"deeper":            {chain(workbook.MaxCallDepth+1, 1), "n8.yaml:4:11: calls go more than 8 deep: a.yaml → n1.yaml → n2.yaml → n3.yaml → n4.yaml → n5.yaml → n6.yaml → n7.yaml → n8.yaml → n9.yaml"},
		"as many":           {chain(1, workbook.MaxCalls), ""},
		"more":              {chain(1, workbook.MaxCalls+1), "a.yaml:104:11: more than 100 calls of workbooks in all"},
		"doubled each time": {chain(workbook.MaxCallDepth, 50), "n7.yaml:46:11: more than 100 calls of workbooks in all"},
		"blocks":            {folder{"a.yaml": book(strings.Repeat(calls("call", "b.yaml"), 6)), "b.yaml": many}, "a.yaml:8:11: the called workbooks have more than 1000 blocks in all"},
	} {
		t.Run(name, func(t *testing.T) {
			_, told := prepared(t, c.write(t))
			if got := strings.Join(told, "\n"); got != c.want {
				t.Errorf("it says\n%s\nand not\n%s", got, c.want)
			}
		})
	}
}

// FuzzCalledPath: whatever a call names, no file outside of the folder is asked
// for, and one that is not read is told of.
func FuzzCalledPath(f *testing.F) {
	for _, path := range []string{"b.yaml", "../b.yaml", "a/../../b.yaml", "/etc/passwd", "C:/b.yaml", "//host/share", `..\b.yaml`, "a/./b", "…", " ", "a\x00b", "a.yaml"} {
		f.Add(path)
	}
	text := []byte(book("  - call: x\n"))
	f.Fuzz(func(t *testing.T, path string) {
		w, problems := workbook.ParseText("a.yaml", fmt.Appendf(nil, "workbook: Book\nblocks:\n  - call: %q\n", path), blocks.Kinds(blocks.Options{}))
		asked := 0
		_, found := workbook.Prepare(w.Calling(func(name string) (workbook.CalledFile, error) {
			if asked++; !filepath.IsLocal(name) || strings.ContainsAny(name, "\\\x00") {
				t.Errorf("%q asks for %q", path, name)
			}
			if name == "b.yaml" {
				return workbook.CalledFile{Name: name, Text: text}, nil
			}
			return workbook.CalledFile{}, fs.ErrNotExist
		}), nil)
		if len(problems) == 0 && found.Err() == nil {
			t.Errorf("%q is taken", path) // b.yaml calls x, which is not there
		}
	})
}
