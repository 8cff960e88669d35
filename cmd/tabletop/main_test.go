package main

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"

	"tabletop/workbook/scenario"
)

var update = flag.Bool("update", false, "write the expected output of the examples anew")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"tabletop": func() {
		if os.Getenv(trapVariable) != "" {
			trapSockets()
		}
		main()
	}})
}

// trapVariable makes the program under test die where it opens a socket.
const trapVariable = "TABLETOP_TEST_TRAP_SOCKETS"

// TestScripts runs the command as a user does.
func TestScripts(t *testing.T) {
	examples, err := filepath.Abs("../../examples")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		UpdateScripts:       *update,
		Setup: func(e *testscript.Env) error {
			e.Vars = append(e.Vars, "EXAMPLES="+examples)
			return nil
		},
	})
}

// atRoot goes to the top of the project, where the README's commands run, and
// returns a path for an audit elsewhere.
func atRoot(t *testing.T) (auditPath string) {
	t.Helper()
	t.Chdir(filepath.Join("..", ".."))
	return filepath.Join(t.TempDir(), "audit.db")
}

// exampleBooks lists the workbooks of the examples, from the top of the project.
func exampleBooks(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob("examples/*/*.yaml")
	books := slices.DeleteFunc(files, func(file string) bool { return strings.HasSuffix(file, scenario.Ending) })
	if err != nil || len(books) < 6 {
		t.Fatal(books, err)
	}
	return books
}

// tabletop runs the program in this process.
func tabletop(t testing.TB, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	code = run(context.Background(), args, strings.NewReader(""), &out, &err)
	return code, out.String(), err.String()
}

// What differs from run to run.
var (
	seconds   = regexp.MustCompile(`in [0-9.]+ s\b`)
	auditHead = regexp.MustCompile(`(?m)^run (\d+) is entry (\d+) of .*, whose head is\n[0-9a-f]{64}$`)
)

func steady(output string) string {
	output = seconds.ReplaceAllString(output, "in 0.000 s")
	return auditHead.ReplaceAllString(output, "run $1 is entry $2 of audit.db, whose head is\n<head>")
}

// TestExamples runs every workbook of every example and compares what it shows
// with what stands beside it.
func TestExamples(t *testing.T) {
	auditPath := atRoot(t)
	books := exampleBooks(t)
	for _, book := range books {
		t.Run(filepath.ToSlash(book), func(t *testing.T) {
			code, got, remarks := tabletop(t, "run", filepath.ToSlash(book), "--audit", auditPath+filepath.Base(filepath.Dir(book))+filepath.Base(book))
			if code != 0 || remarks != "" {
				t.Fatalf("exit %d\n%s", code, remarks)
			}
			got = steady(got)
			for n, line := range strings.Split(got, "\n") {
				if width := len([]rune(line)); width > narrow {
					t.Errorf("line %d is %d columns wide: %s", n+1, width, line)
				}
			}
			expected := filepath.Join(filepath.Dir(book), "expected", strings.TrimSuffix(filepath.Base(book), ".yaml")+".txt")
			if *update {
				if err := os.MkdirAll(filepath.Dir(expected), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(expected, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(expected)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
				t.Errorf("go test ./cmd/tabletop -run TestExamples -update writes it anew\n%s", diff)
			}
		})
	}
}

// BenchmarkSmallestExample times the whole process of the smallest example.
func BenchmarkSmallestExample(b *testing.B) {
	benchmarkProcess(b, "run", "../../examples/file-hash")
}

// TestReadmeShowsARealRun holds the README's output against the example's.
func TestReadmeShowsARealRun(t *testing.T) {
	atRoot(t)
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("examples/suspicious-remote-desktop/expected/workbook.txt")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(steady(string(readme)), string(want)) {
		t.Error("the README shows another output than the example's expected/workbook.txt")
	}
}
