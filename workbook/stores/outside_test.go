package stores

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"tabletop/workbook"
)

func TestHostileNamesAndValuesComeBackAsTheyWere(t *testing.T) {
	values := []workbook.Value{
		nil, "", "\x00", "a\x00b", "\xff\xfe\x00", "'; DROP TABLE stores; --", `"`, `\`, "\u2028\u202e\x7f\u0085\x1b[2J", "\ufffd", "007", "1e5",
		`{"bytes":"AA=="}`, "null", strings.Repeat("x", MaxValue), strings.Repeat("\xff", MaxValue),
		int64(math.MaxInt64), int64(math.MinInt64), int64(5), 5.0, 0.1, math.Copysign(0, -1), 1e300, 5e-324, math.Inf(1), math.Inf(-1),
	}
	columns := strangeNames
	want := workbook.Table{Columns: columns}
	for i := range values {
		row := make([]workbook.Value, len(columns))
		row[i%len(row)] = values[i]
		want.Rows = append(want.Rows, workbook.Row{Values: row})
	}
	s := open(t)
	keep(t, s, "one", StackReplace, "", want)
	keep(t, s, "one", StackAppend, "", want)
	want.Rows = append(want.Rows, want.Rows...)
	holds(t, s, "one", want)
}

func TestWhatIsRefused(t *testing.T) {
	wide := make([]string, MaxColumns+1)
	for i := range wide {
		wide[i] = fmt.Sprint(i)
	}
	tests := map[string]struct {
		name string
		mode Mode
		key  string
		rows workbook.Table
		want string
	}{
		"no name":           {"", StackReplace, "", counts, `"" is no name of a store`},
		"a path":            {"../x", StackReplace, "", counts, `is no name of a store: write letters`},
		"a long name":       {strings.Repeat("a", 65), StackReplace, "", counts, `is no name of a store`},
		"a NUL":             {"a\x00", StackReplace, "", counts, `is no name of a store`},
		"no mode":           {"one", "replace", "", counts, `no mode "replace": write one of stack_replace, stack_append, key_replace`},
		"no key":            {"one", KeyReplace, "", counts, "needs the column that is the key"},
		"a key too many":    {"one", StackAppend, "$SrcIP", counts, "stack_append takes no key"},
		"no such key":       {"one", KeyReplace, "$SrcIp", counts, "no column $SrcIp, which is to be the key: did you mean $SrcIP?"},
		"no column name":    {"one", StackReplace, "", tableOf([]string{""}), "column 1 has no name"},
		"a name twice":      {"one", StackReplace, "", tableOf([]string{"a", "a"}), "two columns are called a"},
		"too wide":          {"one", StackReplace, "", tableOf(wide), "201 columns"},
		"too long":          {"one", StackReplace, "", tableOf([]string{"a"}, []workbook.Value{strings.Repeat("x", MaxValue+1)}), "row 1, column a: a text of 1048577 bytes"},
		"no value":          {"one", StackReplace, "", tableOf([]string{"a"}, []workbook.Value{struct{}{}}), "neither text nor number"},
		"a short row":       {"one", StackReplace, "", tableOf([]string{"a", "b"}, []workbook.Value{"x"}), "row 1 has 1 values for 2 columns"},
		"too many rows":     {"one", StackReplace, "", workbook.Table{Columns: []string{"a"}, Rows: make([]workbook.Row, MaxRows+1)}, "1000001 rows"},
		"too wide together": {"one", StackAppend, "", tableOf(wide[:MaxColumns]), "it would have 202 columns"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			x := begin(t, s)
			write(t, x, "one", StackReplace, "", counts)
			_, err := x.Write(context.Background(), test.name, test.mode, test.key, test.rows, 1, noon)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %s", err, test.want)
			}
			holds(t, x, "one", counts)
			if n := len(x.Changes()); n != 1 {
				t.Errorf("%d changes", n)
			}
		})
	}
}

func TestATruthValueIsKeptAsText(t *testing.T) {
	s := open(t)
	keep(t, s, "one", StackReplace, "", tableOf([]string{"a"}, []workbook.Value{true}, []workbook.Value{false}))
	holds(t, s, "one", tableOf([]string{"a"}, []workbook.Value{"true"}, []workbook.Value{"false"}))
}

func TestAStoreThatOthersChangedIsNotOverwritten(t *testing.T) {
	changes := map[string]func(t *testing.T, s *Stores){
		"written": func(t *testing.T, s *Stores) { keep(t, s, "one", StackAppend, "", counts) },
		"deleted": func(t *testing.T, s *Stores) {
			if err := s.Delete(context.Background(), "ONE"); err != nil {
				t.Fatal(err)
			}
		},
		"made anew": func(t *testing.T, s *Stores) {
			if err := s.Delete(context.Background(), "one"); err != nil {
				t.Fatal(err)
			}
			keep(t, s, "one", StackReplace, "", counts)
		},
	}
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			keep(t, s, "one", StackReplace, "", counts)
			x := begin(t, s)
			write(t, x, "two", StackReplace, "", counts)
			write(t, x, "one", StackAppend, "", counts)
			change(t, s)
			var changed *ChangedError
			err := x.Commit(context.Background())
			if !errors.As(err, &changed) || changed.Store != "one" || !strings.Contains(err.Error(), "run this again") {
				t.Error(err)
			}
			if infos, err := s.List(context.Background()); err != nil || len(infos) > 1 {
				t.Error("half of it was written", infos, err)
			}
			if err := x.Discard(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestASessionReadsTheFileAsItBegan(t *testing.T) {
	s := open(t)
	keep(t, s, "one", StackReplace, "", counts)
	x := begin(t, s)
	keep(t, s, "one", StackAppend, "", counts)
	keep(t, s, "two", StackReplace, "", counts)
	holds(t, x, "one", counts)
	if infos, err := x.List(context.Background()); err != nil || len(infos) != 1 {
		t.Error(infos, err)
	}
	if err := x.Discard(); err != nil {
		t.Error(err)
	}
}

// TestMain makes this program a second process that writes, too.
func TestMain(m *testing.M) {
	if path := os.Getenv("TABLETOP_TEST_STORES"); path != "" {
		if err := writeAlong(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// writeAlong appends rows to a store of its own and to one that others write,
// and does again what was refused because they did.
func writeAlong(path string) error {
	ctx := context.Background()
	s, err := Open(path)
	if err != nil {
		return err
	}
	defer s.Close()
	fmt.Println("ready")
	if _, err := bufio.NewReader(os.Stdin).ReadString('\n'); err != nil {
		return err
	}
	for done := 0; done < 5; {
		x, err := s.Begin(ctx)
		if err != nil {
			return err
		}
		for _, name := range []string{fmt.Sprintf("own-%d", os.Getpid()), "shared"} {
			if _, err := x.Write(ctx, name, StackAppend, "", counts, 1, noon); err != nil {
				return err
			}
		}
		err = x.Commit(ctx)
		var changed *ChangedError
		switch {
		case err == nil:
			done++
		case errors.As(err, &changed) && changed.Store == "shared":
			if err := x.Discard(); err != nil {
				return err
			}
		default:
			return err
		}
	}
	return nil
}

// TestProcessesThatWriteAtOnce starts with no file, so that the processes also
// race to make it.
func TestProcessesThatWriteAtOnce(t *testing.T) {
	const processes = 4
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "stores.db")
	var group sync.WaitGroup
	failed := make([]error, processes)
	var start []func()
	for i := range processes {
		cmd := exec.CommandContext(t.Context(), program)
		cmd.Env = append(os.Environ(), "TABLETOP_TEST_STORES="+path)
		in, _ := cmd.StdinPipe()
		out, _ := cmd.StdoutPipe()
		var said strings.Builder
		cmd.Stderr = &said
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
			t.Fatal(err)
		}
		start = append(start, func() { fmt.Fprintln(in) })
		group.Go(func() {
			if err := cmd.Wait(); err != nil {
				failed[i] = fmt.Errorf("%w: %s", err, said.String())
			}
		})
	}
	for _, begin := range start {
		begin()
	}
	group.Wait()
	if err := errors.Join(failed...); err != nil {
		t.Fatal(err)
	}
	infos, err := openAt(t, path).List(context.Background())
	if err != nil || len(infos) != processes+1 {
		t.Fatal(infos, err)
	}
	for _, info := range infos {
		want := int64(15)
		if info.Name == "shared" {
			want *= processes
		}
		if info.Rows != want {
			t.Errorf("%s has %d rows, want %d", info.Name, info.Rows, want)
		}
	}
}

func TestFilesThatAreNone(t *testing.T) {
	folder := t.TempDir()
	file := func(name string, content []byte) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	database := func(name, statements string) string {
		path := file(name, nil)
		db, err := connect(context.Background(), path, writing)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		db.MustExec(statements)
		db.MustExec("PRAGMA wal_checkpoint(TRUNCATE)")
		return path
	}
	tests := map[string]struct {
		path string
		want error
	}{
		"a text":          {file("text", []byte("hello")), ErrNotStores},
		"a long text":     {file("long", []byte(strings.Repeat("hello ", 1000))), ErrNotStores},
		"an other's":      {database("other", "CREATE TABLE t (a)"), ErrNotStores},
		"an audit's mark": {database("audit", fmt.Sprintf("PRAGMA application_id = %d; CREATE TABLE t (a)", 0x74626c74)), ErrNotStores},
		"a newer one":     {database("newer", fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = 99; CREATE TABLE t (a)", applicationID)), ErrNewer},
		"no tables":       {database("bare", fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = 1; CREATE TABLE t (a)", applicationID)), ErrDamaged},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			before, err := os.ReadFile(test.path)
			if err != nil {
				t.Fatal(err)
			}
			s := openAt(t, test.path)
			if _, err := s.List(context.Background()); !errors.Is(err, test.want) || !strings.Contains(err.Error(), test.path) {
				t.Error(err)
			}
			if db, err := forWriting(context.Background(), test.path); err == nil {
				_ = db.Close()
				if !errors.Is(test.want, ErrDamaged) { // that shows only once it is read
					t.Error("opened for writing")
				}
			}
			after, err := os.ReadFile(test.path)
			if err != nil || string(before) != string(after) {
				t.Error("the file was changed", err)
			}
		})
	}
	for _, path := range []string{folder, "", "a\x00b", filepath.Join(folder, "text", "x")} {
		s, err := Open(path)
		if err == nil {
			_, err = s.List(context.Background())
		}
		if err == nil {
			t.Errorf("%q was opened", path)
		}
	}
}

func TestDamage(t *testing.T) {
	tests := map[string]string{
		"a row is gone":       "DELETE FROM cells WHERE row = 2",
		"the last is gone":    "DELETE FROM cells WHERE row = 3",
		"no JSON":             "UPDATE cells SET cells = 'x' WHERE row = 2",
		"an object":           `UPDATE cells SET cells = '[{"a":1}]' WHERE row = 2`,
		"too many cells":      "UPDATE cells SET cells = '[1,2,3]' WHERE row = 2",
		"a list in a cell":    "UPDATE cells SET cells = '[[1],2]' WHERE row = 2",
		"no columns":          "UPDATE stores SET columns = '{}'",
		"a column of numbers": "UPDATE stores SET columns = '[1,2]'",
		"too many rows":       "UPDATE stores SET rows = 99999999999",
		"fewer than none":     "UPDATE stores SET rows = -1",
		"no time":             "UPDATE stores SET updated = 'yesterday'",
		"another name":        "UPDATE stores SET name = '../x'",
		"no table":            "DROP TABLE cells",
	}
	for name, statement := range tests {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			keep(t, s, "one", StackReplace, "", counts)
			db, err := connect(context.Background(), s.path, writing)
			if err != nil {
				t.Fatal(err)
			}
			db.MustExec(statement)
			if err := closeWriter(db); err != nil {
				t.Fatal(err)
			}
			if got, err := s.Rows(context.Background(), "one", 0); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), s.path) {
				t.Error(got, err)
			}
		})
	}
	t.Run("pages", func(t *testing.T) {
		s := open(t)
		keep(t, s, "one", StackReplace, "", counts)
		content, err := os.ReadFile(s.path)
		if err != nil {
			t.Fatal(err)
		}
		for i := 4096; i < len(content); i++ {
			content[i] = 0xa5
		}
		if err := os.WriteFile(s.path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Rows(context.Background(), "one", 0); !errors.Is(err, ErrDamaged) {
			t.Error(got, err)
		}
	})
}

func TestACommitLeavesOneFile(t *testing.T) {
	s := open(t)
	keep(t, s, "one", StackReplace, "", counts)
	if _, err := os.Stat(s.path + "-wal"); !errors.Is(err, os.ErrNotExist) {
		t.Error("a write-ahead log was left", err)
	}
	holds(t, s, "one", counts)
	copied := filepath.Join(t.TempDir(), "copy.db")
	content, err := os.ReadFile(s.path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(copied, content, 0o600); err != nil {
		t.Fatal(err)
	}
	holds(t, openAt(t, copied), "one", counts)
}

// TestAFolderThatCanNotBeWritten puts folders where SQLite would make its files
// beside the database, which stops root too.
func TestAFolderThatCanNotBeWritten(t *testing.T) {
	s := open(t)
	keep(t, s, "one", StackReplace, "", counts)
	if err := os.Mkdir(s.path+"-shm", 0o700); err != nil {
		t.Fatal(err)
	}
	holds(t, s, "one", counts)
	x := begin(t, s)
	write(t, x, "one", StackAppend, "", counts)
	if err := x.Commit(context.Background()); err == nil || !strings.Contains(err.Error(), s.path) || !strings.Contains(err.Error(), "writ") {
		t.Error(err)
	}
	if err := x.Discard(); err != nil {
		t.Error(err)
	}
	holds(t, s, "one", counts)
}

func TestACommitThatFailsCanBeTriedAgain(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "later")
	s := openAt(t, filepath.Join(folder, "stores.db"))
	x := begin(t, s)
	write(t, x, "one", StackReplace, "", counts)
	if err := x.Commit(context.Background()); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "later") {
		t.Error(err)
	}
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := x.Commit(context.Background()); err != nil {
		t.Fatal(err)
	}
	holds(t, s, "one", counts)
}
