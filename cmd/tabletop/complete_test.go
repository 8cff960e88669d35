package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
)

// offered asks for the completion of the last argument, without what is said of
// each.
func offered(t *testing.T, args ...string) []string {
	t.Helper()
	code, out, _ := tabletop(t, append([]string{"__complete"}, args...)...)
	lines := strings.Split(strings.TrimRight(out, "\n"), "\n")
	if last := lines[len(lines)-1]; code != exitDone || !strings.HasPrefix(last, ":") {
		t.Fatalf("%q: exit %d\n%s", args, code, out)
	}
	var found []string
	for _, line := range lines[:len(lines)-1] {
		name, _, _ := strings.Cut(line, "\t")
		found = append(found, name)
	}
	slices.Sort(found)
	return found
}

// state lists every file below the current folder with its size and time, but for
// those that SQLite keeps beside a database while it is read.
func state(t *testing.T) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(".", func(path string, e fs.DirEntry, err error) error {
		if err != nil || path == "." || strings.HasSuffix(path, "-shm") || strings.HasSuffix(path, "-wal") {
			return err
		}
		info, err := e.Info()
		out = append(out, path+" "+info.Mode().String()+" "+info.ModTime().String())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestCompletion(t *testing.T) {
	s := newSite(t)
	s.write("books/one/workbook.yaml", "# a book\nworkbook: One\nblocks: []\n")
	s.write("books/two.yaml", "workbook: Two\n")
	s.write("books/settings.yaml", "a: b\n")
	s.write("books/readme.md", "workbook: no\n")
	s.write("books/.hidden/workbook.yaml", "workbook: Hidden\n")
	s.write("books/turned\u202e.yaml", "workbook: Turned\n")
	s.write("books/deep/er/x.yaml", "workbook: Deep\n")
	s.write("bad_ips.csv", "$SrcIP\n203.0.113.7\n")
	s.do("stores", "import", "bad_ips", "bad_ips.csv")
	s.do("run", ".")
	s.write("broken.db", "no audit")
	before := state(t)
	tests := []struct {
		args []string
		want []string
	}{
		{[]string{"run", "bo"}, []string{"books/"}},
		{[]string{"run", "books/"}, []string{"books/deep/", "books/one", "books/two.yaml"}},
		{[]string{"run", "books/one", "books/t"}, []string{"books/two.yaml"}},
		{[]string{"plan", "books/o"}, []string{"books/one"}},
		{[]string{"plan", "books/one", "books/"}, nil},
		{[]string{"check", "gone/"}, nil},
		{[]string{"show", ""}, []string{"1"}},
		{[]string{"show", "--audit", "gone.db", ""}, nil},
		{[]string{"show", "--audit", "broken.db", ""}, nil},
		{[]string{"undo", "1", ""}, nil},
		{[]string{"export", "actions", "--run", ""}, []string{"1"}},
		{[]string{"versions", "Th"}, []string{"Three addresses"}},
		{[]string{"integrations", "show", ""}, []string{"own"}},
		{[]string{"integrations", "enable", "own", ""}, nil},
		{[]string{"integrations", "show", "--integrations", "broken.db", ""}, nil},
		{[]string{"stores", "show", ""}, []string{"bad_ips"}},
		{[]string{"stores", "show", "--stores", "gone.db", ""}, nil},
		{[]string{"run", "--fail-on", "se"}, []string{"sent"}},
		{[]string{"run", "--fail-on", "sent,pro"}, []string{"sent,protected"}},
		{[]string{"run", "--fail-on", "sent,se"}, nil},
		{[]string{"export", "actions", "--verdict", "un"}, []string{"undone", "unknown"}},
		{[]string{"query", "-o", ""}, []string{"csv", "json", "ndjson", "table"}},
		{[]string{"docs", "-o", "m"}, []string{"markdown"}},
		{[]string{"docs", "verd"}, []string{"verdicts"}},
		{[]string{"functions", "regexp_e"}, []string{"regexp_extract"}},
		{[]string{"guard", "test", "--type", "m"}, []string{"mailbox"}},
		{[]string{"events", "mapping", "zeek-r"}, []string{"zeek-rdp"}},
		{[]string{"integrations", "template", "trend-v3"}, []string{"trend-v3"}},
		{[]string{"export", "ac"}, []string{"actions"}},
	}
	for _, test := range tests {
		if diff := cmp.Diff(test.want, offered(t, test.args...)); diff != "" {
			t.Errorf("%q: %s", test.args, diff)
		}
	}
	if diff := cmp.Diff(before, state(t)); diff != "" {
		t.Errorf("completion changed a file: %s", diff)
	}
}

// TestCompletionDescribes looks at what is said of runs and configurations, which
// come from workbooks and are clean.
func TestCompletionDescribes(t *testing.T) {
	s := newSite(t)
	s.write("workbook.yaml", strings.Replace(siteWorkbook, "Three addresses", `"Three \e[31m"`, 1))
	s.do("run", ".")
	_, out, _ := tabletop(t, "__complete", "show", "")
	if !strings.HasPrefix(out, "1\tThree \\x1b[31m, rehearse, 20") {
		t.Errorf("%q", out)
	}
	_, out, _ = tabletop(t, "__complete", "integrations", "show", "o")
	if !strings.HasPrefix(out, "own\tip at 127.0.0.1\n") {
		t.Errorf("%q", out)
	}
}

// TestCompletionIsBounded offers no more than it looks at.
func TestCompletionIsBounded(t *testing.T) {
	t.Chdir(t.TempDir())
	for i := range mostLookedAt + 50 {
		name := "w" + strings.Repeat("x", i%100) + string(rune('a'+i/100)) + ".yaml"
		if err := os.WriteFile(name, []byte("workbook: W\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got := len(offered(t, "run", "")); got != mostLookedAt {
		t.Errorf("%d offered", got)
	}
}

// TestEveryFormIsOffered reads the forms of each command's -o: what it takes
// where nothing is said is among them.
func TestEveryFormIsOffered(t *testing.T) {
	var out bytes.Buffer
	seen := 0
	var visit func(cmd *cobra.Command)
	visit = func(cmd *cobra.Command) {
		if f := cmd.LocalFlags().Lookup("output"); f != nil {
			seen++
			forms := outputForms(f.Usage)
			if len(forms) < 2 || f.DefValue != "" && !slices.Contains(forms, f.DefValue) {
				t.Errorf("%s: %q of %q", cmd.CommandPath(), forms, f.Usage)
			}
		}
		for _, sub := range cmd.Commands() {
			visit(sub)
		}
	}
	visit(rootCommand(newConsole(&out, &out)))
	if seen < 15 {
		t.Errorf("%d commands have forms", seen)
	}
}
