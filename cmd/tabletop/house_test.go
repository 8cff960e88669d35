package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The house rules: what CONTRIBUTING says of the tree, checked over the tree.

const checkout = "../.."

func TestTopLevelIsTheDesigns(t *testing.T) {
	folders := []string{"audit", "blocks", "cmd", "examples", "migrations", "workbook"}
	files := []string{"ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "README.md", "go.mod", "go.sum"}
	ignored := ignoredNames(t)
	entries, err := os.ReadDir(checkout)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, e := range entries {
		switch name := e.Name(); {
		case strings.HasPrefix(name, ".") || ignored(name):
		case e.IsDir():
			found = append(found, name)
		case !slices.Contains(files, name):
			t.Errorf("the file %s lies at the top level: only %s do; put it into the folder that it belongs to", name, strings.Join(files, ", "))
		}
	}
	if !slices.Equal(found, folders) {
		t.Errorf("the top-level folders are %s, and should be %s: new code goes into one of these", strings.Join(found, ", "), strings.Join(folders, ", "))
	}
}

func TestImportsGoOneWay(t *testing.T) {
	for _, f := range goFiles(t) {
		for _, i := range f.tree.Imports {
			to, ours := strings.CutPrefix(importPath(t, i), "tabletop/")
			if ours && !mayImport(f.folder(), to) {
				t.Errorf("%s: %s may not import %s: move what both need down into workbook/, or let cmd/tabletop pass it in", f.place(i), f.folder(), to)
			}
		}
	}
}

// mayImport tells whether a package in one folder may import that of another.
func mayImport(from, to string) bool {
	within := func(folder string) bool { return to == folder || strings.HasPrefix(to, folder+"/") }
	parts := strings.Split(from, "/")
	switch {
	case to == from: // the tests of a package from outside
		return true
	case within("cmd"):
		return false
	}
	switch parts[0] {
	case "cmd":
		return true
	case "blocks":
		return within("workbook") || within(path.Join(parts[:min(len(parts), 2)]...))
	case "audit":
		return within("workbook") || within("migrations") || within("audit")
	case "workbook":
		return within("workbook")
	}
	return false
}

func TestEveryPackageIsDocumented(t *testing.T) {
	documents := map[string][]string{}
	for _, f := range goFiles(t) {
		if f.test {
			continue
		}
		begin := "Package " + f.tree.Name.Name + " "
		if f.tree.Name.Name == "main" {
			begin = "Command " + path.Base(f.folder()) + " "
		}
		found := documents[f.folder()]
		if f.tree.Doc != nil {
			found = append(found, f.path)
			if !strings.HasPrefix(f.tree.Doc.Text(), begin) {
				t.Errorf("%s: the package's comment should begin %q", f.path, begin+"…")
			}
		}
		documents[f.folder()] = found
	}
	for folder, found := range documents {
		if len(found) != 1 {
			t.Errorf("%d files of %s carry a package comment (%s): one should, saying what goes in and what comes out", len(found), folder, strings.Join(found, ", "))
		}
	}
}

func TestNoInit(t *testing.T) {
	for _, f := range goFiles(t) {
		for _, d := range f.tree.Decls {
			if function, ok := d.(*ast.FuncDecl); ok && function.Recv == nil && function.Name.Name == "init" {
				t.Errorf("%s: an init function runs behind the reader's back: build the value where it is used, or list it in a table", f.place(d))
			}
		}
	}
}

func TestOnlyMainExits(t *testing.T) {
	exits := regexp.MustCompile(`^(os\.Exit|syscall\.Exit|log\.Fatal(f|ln)?)$`)
	for _, f := range goFiles(t) {
		if f.test { // a test that starts itself as another process may end it
			continue
		}
		for _, u := range f.uses(t) {
			if exits.MatchString(u.name) && f.path != "cmd/tabletop/main.go" {
				t.Errorf("%s: %s ends the process past every defer: return an error, and let cmd/tabletop/main.go exit", f.place(u.node), u.name)
			}
		}
	}
}

// connects matches what opens a socket, asks a name server, or would do so when
// it is used. A type or a constant of net/http does neither.
var connects = regexp.MustCompile(`^(` +
	`net\.(Dial.*|Listen.*|FileConn|FileListener|Lookup.*|Resolve.*|Resolver|DefaultResolver)` +
	`|net/http\.(Get|Head|Post|PostForm|DefaultClient|DefaultTransport|Transport|Serve|ServeTLS|ListenAndServe|ListenAndServeTLS|Server)` +
	`|net/http/httptest\..*|net/smtp\..*|net/rpc.*` +
	`|github\.com/wneessen/go-mail(/smtp)?\.(Dial.*|NewClient|SendMail|QuickSend|WriteToSendmail.*)` +
	`|crypto/tls\.(Dial.*|Listen|Client|Server)` +
	`|syscall\.(Socket|Connect|Bind|Listen)` +
	`)$`)

func TestNothingConnects(t *testing.T) {
	// Files that may connect, each with its reason. A rehearsal never may.
	allowed := map[string]string{
		"blocks/trigger/delivery/client.go":       "what apply, resume and integrations validate reach vendors by",
		"blocks/trigger/delivery/mail_session.go": "it speaks SMTP over a connection that client.go made",
		"blocks/trigger/simulator/server.go":      "tabletop simulate listens on this machine",
		"cmd/tabletop/approve_key.go":             "an SSH agent is asked to sign, by its socket on this machine",
	}
	for _, f := range goFiles(t) {
		if f.test || allowed[f.path] != "" {
			continue
		}
		for _, u := range f.uses(t) {
			if connects.MatchString(u.name) {
				t.Errorf("%s: %s opens a connection: take an http.RoundTripper from the caller", f.place(u.node), u.name)
			}
		}
		for _, c := range f.literals(t, "net/http.Client") {
			if !hasKey(c, "Transport") {
				t.Errorf("%s: an http.Client without a Transport connects by itself: give it the caller's", f.place(c))
			}
		}
	}
}

func TestNoTestIsSkipped(t *testing.T) {
	for _, f := range goFiles(t) {
		ast.Inspect(f.tree, func(n ast.Node) bool {
			s, ok := n.(*ast.SelectorExpr)
			if !ok || !strings.HasPrefix(s.Sel.Name, "Skip") {
				return true
			}
			if x, ok := s.X.(*ast.Ident); ok && f.test && slices.Contains([]string{"t", "b", "f", "tb", "rt"}, x.Name) {
				t.Errorf("%s: a skipped test looks like one that passed: let it run, or keep it out with a build constraint", f.place(s))
			}
			return true
		})
	}
	skip := regexp.MustCompile(`(?m)^(\[[^\]\n]*\]\s*)*skip\b`)
	eachFile(t, func(name, text string) {
		script, _, _ := strings.Cut(text, "\n-- ") // behind it stand files
		if strings.HasSuffix(name, ".txtar") && skip.MatchString(script) {
			t.Errorf("%s: a skipped script looks like one that passed: let it run", name)
		}
	})
}

func TestExamplesAreWhole(t *testing.T) {
	entries, err := os.ReadDir(filepath.Join(checkout, "examples"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		for _, part := range []string{"README.md", "workbook.yaml", "events/*"} {
			found, err := filepath.Glob(filepath.Join(checkout, "examples", e.Name(), part))
			if err != nil || len(found) == 0 {
				t.Errorf("examples/%s has no %s: an example is a workbook, its events and the story they tell", e.Name(), part)
			}
		}
	}
}

func TestTheTreeSpeaksOfItselfAlone(t *testing.T) {
	here, err := filepath.Abs(checkout)
	if err != nil {
		t.Fatal(err)
	}
	// Written in parts, so that this file passes its own rule.
	paths := []string{"/work" + "/main", "/work" + "/shared", "/root" + "/go"}
	if strings.Count(filepath.ToSlash(here), "/") > 1 {
		paths = append(paths, here)
	}
	tools := regexp.MustCompile(`(?i)\b(` + strings.Join([]string{"cla" + "ude", "anth" + "ropic", "co" + "pilot", "chat" + "gpt"}, "|") + `)\b`)
	eachFile(t, func(name, text string) {
		for _, p := range paths {
			if strings.Contains(text, p) {
				t.Errorf("%s holds the path %s of one machine: write it relative to the checkout", name, p)
			}
		}
		if word := tools.FindString(text); word != "" {
			t.Errorf("%s names the tool %q: the tree speaks of itself alone", name, word)
		}
	})
}

// A goFile is a parsed Go file; its path is from the checkout, with slashes.
type goFile struct {
	path string
	test bool
	set  *token.FileSet
	tree *ast.File
}

func (f goFile) folder() string { return path.Dir(f.path) }

func (f goFile) place(n ast.Node) string {
	return f.path + ":" + strconv.Itoa(f.set.Position(n.Pos()).Line)
}

// goFiles parses every Go file of the tree.
func goFiles(t *testing.T) []goFile {
	t.Helper()
	var files []goFile
	eachFile(t, func(name, text string) {
		if path.Ext(name) != ".go" {
			return
		}
		set := token.NewFileSet()
		tree, err := parser.ParseFile(set, name, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, goFile{path: name, test: strings.HasSuffix(name, "_test.go"), set: set, tree: tree})
	})
	if len(files) == 0 {
		t.Fatal("no Go files: is the test run in its folder?")
	}
	return files
}

// A use is a name that a file takes from an imported package, such as
// net/http.Get.
type use struct {
	name string
	node ast.Node
}

func (f goFile) uses(t *testing.T) []use {
	t.Helper()
	packages := map[string]string{}
	for _, i := range f.tree.Imports {
		from := importPath(t, i)
		name := path.Base(from)
		if i.Name != nil {
			name = i.Name.Name
		}
		packages[name] = from
	}
	var uses []use
	ast.Inspect(f.tree, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok && packages[x.Name] != "" {
				uses = append(uses, use{packages[x.Name] + "." + s.Sel.Name, s})
			}
		}
		return true
	})
	return uses
}

// literals lists the composite literals of a type that a file makes.
func (f goFile) literals(t *testing.T, name string) []*ast.CompositeLit {
	t.Helper()
	types := map[ast.Node]bool{}
	for _, u := range f.uses(t) {
		types[u.node] = u.name == name
	}
	var found []*ast.CompositeLit
	ast.Inspect(f.tree, func(n ast.Node) bool {
		if c, ok := n.(*ast.CompositeLit); ok && types[c.Type] {
			found = append(found, c)
		}
		return true
	})
	return found
}

func hasKey(c *ast.CompositeLit, name string) bool {
	return slices.ContainsFunc(c.Elts, func(e ast.Expr) bool {
		pair, ok := e.(*ast.KeyValueExpr)
		if !ok {
			return false
		}
		key, ok := pair.Key.(*ast.Ident)
		return ok && key.Name == name
	})
}

func importPath(t *testing.T, i *ast.ImportSpec) string {
	t.Helper()
	name, err := strconv.Unquote(i.Path.Value)
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// eachFile reads every file that belongs to the tree, but not the events of the
// examples: those may say what they like.
func eachFile(t *testing.T, do func(name, text string)) {
	t.Helper()
	ignored := ignoredNames(t)
	err := fs.WalkDir(os.DirFS(checkout), ".", func(name string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name == ".":
			return nil
		case e.IsDir() && (e.Name() == ".git" || path.Dir(name) != "." && e.Name() == "events" && strings.HasPrefix(name, "examples/")):
			return fs.SkipDir
		case ignored(name):
			if e.IsDir() {
				return fs.SkipDir
			}
			return nil
		case e.IsDir() || !e.Type().IsRegular():
			return nil
		}
		text, err := os.ReadFile(filepath.Join(checkout, filepath.FromSlash(name)))
		if err == nil {
			do(name, string(text))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// ignoredNames tells what .gitignore leaves out: a pattern with a slash names a
// path from the top or a path's end, one without a file's or folder's own name.
func ignoredNames(t *testing.T) func(name string) bool {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(checkout, ".gitignore"))
	if err != nil {
		t.Fatal(err)
	}
	patterns := strings.Fields(string(text))
	return func(name string) bool {
		return slices.ContainsFunc(patterns, func(pattern string) bool {
			pattern = strings.TrimSuffix(pattern, "/")
			if top, ok := strings.CutPrefix(pattern, "/"); ok {
				return name == top
			}
			if strings.Contains(pattern, "/") {
				return name == pattern || strings.HasSuffix(name, "/"+pattern)
			}
			match, err := path.Match(pattern, path.Base(name))
			return err == nil && match
		})
	}
}
