package audit

import (
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"tabletop/workbook"
)

// raw opens the file as any other program would, with none of our settings.
func raw(t testing.TB, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func execute(t testing.TB, db *sql.DB, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		if _, err := db.Exec(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// TestRefused opens what can't be an audit. Neither writing nor reading may
// change a byte of it, nor leave anything beside it.
func TestRefused(t *testing.T) {
	text := func(s string) func(testing.TB, string) {
		return func(t testing.TB, path string) {
			t.Helper()
			if err := os.WriteFile(path, []byte(s), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	database := func(statements ...string) func(testing.TB, string) {
		return func(t testing.TB, path string) {
			t.Helper()
			db := raw(t, path)
			execute(t, db, statements...)
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	audit := func(statements ...string) func(testing.TB, string) {
		return func(t testing.TB, path string) {
			t.Helper()
			log := newLog(t, path)
			mustRecord(t, log, 1)
			closeLog(t, log)
			database(statements...)(t, path)
		}
	}
	tests := []struct {
		name string
		make func(testing.TB, string)
		want error
		says string
	}{
		{"garbage", text(strings.Repeat("SrcIP,DstIP\n", 1000)), ErrNotAudit, "is no SQLite database"},
		{"short garbage", text("x"), ErrNotAudit, "is no SQLite database"},
		{"another database", database("CREATE TABLE t (a)"), ErrNotAudit, "is a SQLite database"},
		{"another database in WAL mode", database("PRAGMA journal_mode = WAL", "CREATE TABLE t (a)"), ErrNotAudit, "is a SQLite database"},
		{"another program's", database("PRAGMA application_id = 7", "CREATE TABLE t (a)"), ErrNotAudit, "is a SQLite database"},
		{"another program's, empty", database("PRAGMA application_id = 7", "VACUUM"), ErrNotAudit, "is a SQLite database"},
		{"newer", audit("PRAGMA user_version = 99"), ErrNewer, "use the version of tabletop that wrote it"},
		{"newer and named", audit("INSERT INTO schemas VALUES (6, '0.9.0')", "PRAGMA user_version = 6"), ErrNewer, "use tabletop 0.9.0, or a newer one"},
		{"a folder", func(t testing.TB, path string) {
			if err := os.Mkdir(path, 0o700); err != nil {
				t.Fatal(err)
			}
		}, nil, "is a folder"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := auditPath(t)
			test.make(t, path)
			before := contentsOf(t, filepath.Dir(path))
			_, opened := Open(t.Context(), path, Options{Now: clock})
			_, read := OpenReader(t.Context(), path)
			for _, err := range []error{opened, read} {
				if err == nil {
					t.Fatal("accepted")
				}
				if test.want != nil && !errors.Is(err, test.want) {
					t.Errorf("%v is not: %v", err, test.want)
				}
				if !strings.Contains(err.Error(), test.says) || !strings.Contains(err.Error(), "audit.db") {
					t.Errorf("%q does not name the file and say %q", err, test.says)
				}
			}
			if after := contentsOf(t, filepath.Dir(path)); after != before {
				t.Error("the folder was changed")
			}
		})
	}
}

// contentsOf is every file of a folder with what is in it.
func contentsOf(t testing.TB, folder string) string {
	t.Helper()
	var all strings.Builder
	err := fs.WalkDir(os.DirFS(folder), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(filepath.Join(folder, path))
		all.WriteString(path + "\n")
		all.Write(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}

func TestMissing(t *testing.T) {
	path := auditPath(t)
	if _, err := OpenReader(t.Context(), path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("reading what is not there: %v", err)
	}
	if _, err := Open(t.Context(), filepath.Join(path, "deeper", "audit.db"), Options{Now: clock}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("writing in a folder that is not there: %v", err)
	}
	if _, err := Open(t.Context(), path+"\x00.txt", Options{Now: clock}); err == nil {
		t.Errorf("a path with a NUL byte: %v", err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("something was made: %v", err)
	}
}

func TestAnEmptyFileIsANewAudit(t *testing.T) {
	path := auditPath(t)
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenReader(t.Context(), path); !errors.Is(err, ErrNotAudit) {
		t.Errorf("reading an empty file: %v", err)
	}
	log := newLog(t, path)
	mustRecord(t, log, 1)
	closeLog(t, log)
	if report := mustVerify(t, path); !report.Whole() {
		t.Error(report.Breaks)
	}
}

func TestPathsAreTakenAsTheyAre(t *testing.T) {
	names := []string{"my audit.db", "100%41.db", "what?.db", "a#b.db", "a&mode=memory.db", "ü.db", "semi;colon.db", "a+b.db"}
	if runtime.GOOS == "windows" {
		names = []string{"my audit.db", "100%41.db", "a#b.db", "ü.db"}
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			log := newLog(t, filepath.Join(folder, name))
			mustRecord(t, log, 1)
			closeLog(t, log)
			entries, err := os.ReadDir(folder)
			must(t, err)
			var names []string
			for _, e := range entries {
				names = append(names, e.Name())
			}
			want := []string{name, filepath.Base(HeadFile(name))}
			slices.Sort(want)
			if !slices.Equal(names, want) {
				t.Fatalf("the folder holds %v, not %v", names, want)
			}
			if report := mustVerify(t, filepath.Join(folder, name)); !report.Whole() {
				t.Error(report.Breaks)
			}
		})
	}
}

func TestOnlyTheOwnerReads(t *testing.T) {
	path := auditPath(t)
	log := newLog(t, path)
	mustRecord(t, log, 1)
	defer closeLog(t, log)
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %o", filepath.Base(name), info.Mode().Perm())
		}
	}
}

func TestLocked(t *testing.T) {
	path := auditPath(t)
	closeLog(t, newLog(t, path))
	log, err := Open(t.Context(), path, Options{Now: clock, Wait: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer closeLog(t, log)
	other := raw(t, path)
	execute(t, other, "BEGIN IMMEDIATE")
	_, err = log.Begin(t.Context(), exampleInfo())
	if !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), "20ms") {
		t.Errorf("while another writes: %v", err)
	}
	execute(t, other, "ROLLBACK")
	if run, err := log.Begin(t.Context(), exampleInfo()); err != nil || run != 1 {
		t.Errorf("afterwards: run %d, %v", run, err)
	}
}

func TestLockedFromTheStart(t *testing.T) {
	path := auditPath(t)
	execute(t, raw(t, path), "VACUUM")
	other := raw(t, path)
	execute(t, other, "BEGIN EXCLUSIVE")
	if _, err := Open(t.Context(), path, Options{Now: clock, Wait: 20 * time.Millisecond}); !errors.Is(err, ErrLocked) {
		t.Errorf("opening while another holds the file: %v", err)
	}
}

func TestNoSpaceLeft(t *testing.T) {
	path := auditPath(t)
	log := newLog(t, path)
	mustRecord(t, log, 2)
	run, err := log.Begin(t.Context(), exampleInfo())
	if err != nil {
		t.Fatal(err)
	}
	// The limit makes SQLite answer as it does on a full disk.
	var pages int
	if err := log.db.Get(&pages, "PRAGMA page_count"); err != nil {
		t.Fatal(err)
	}
	if err := log.db.Get(&pages, "PRAGMA max_page_count = "+strconv.Itoa(pages+2)); err != nil {
		t.Fatal(err)
	}
	done := exampleBlocks(5000)[0]
	err = log.Block(t.Context(), run, done)
	if err == nil || !strings.Contains(err.Error(), "no space left") {
		t.Fatalf("on a full disk: %v", err)
	}
	if err := log.db.Get(&pages, "PRAGMA max_page_count = 1000000"); err != nil {
		t.Fatal(err)
	}
	// All or nothing: the same block is recorded once there is room.
	if err := log.Block(t.Context(), run, done); err != nil {
		t.Fatal(err)
	}
	closeLog(t, log)
	if report := mustVerify(t, path); !report.Whole() {
		t.Error(report.Breaks)
	}
	shown, err := newReader(t, path).Show(t.Context(), run)
	if err != nil || len(shown.Blocks) != 1 || len(shown.Blocks[0].Rows) != defaultKeepRows {
		t.Errorf("%d blocks, %v", len(shown.Blocks), err)
	}
}

func TestARunThatIsNotThere(t *testing.T) {
	path := auditPath(t)
	log := newLog(t, path)
	defer closeLog(t, log)
	reader := newReader(t, path)
	if _, err := reader.Show(t.Context(), 1); !errors.Is(err, ErrNoRun) || !strings.Contains(err.Error(), "holds none yet") {
		t.Errorf("in an empty audit: %v", err)
	}
	mustRecord(t, log, 1)
	if _, err := reader.Show(t.Context(), 9); !errors.Is(err, ErrNoRun) || !strings.Contains(err.Error(), "newest in") {
		t.Errorf("run 9 of 1: %v", err)
	}
	if err := log.Block(t.Context(), 1, exampleBlocks(1)[0]); !errors.Is(err, ErrNoRun) {
		t.Errorf("a block of a run that has ended: %v", err)
	}
	if _, err := log.End(t.Context(), workbook.Result{Run: 4}); !errors.Is(err, ErrNoRun) {
		t.Errorf("the end of a run that never began: %v", err)
	}
}

func TestACellOfAnotherTypeFailsTheBlock(t *testing.T) {
	path := auditPath(t)
	log := newLog(t, path)
	run, err := log.Begin(t.Context(), exampleInfo())
	if err != nil {
		t.Fatal(err)
	}
	done := exampleBlocks(300)[0]
	done.Output.Table.Rows[200].Values[0] = []byte("bytes")
	if err := log.Block(t.Context(), run, done); err == nil || !strings.Contains(err.Error(), "row 201 of block 1") {
		t.Errorf("accepted, or not named: %v", err)
	}
	closeLog(t, log)
	if report := mustVerify(t, path); !report.Whole() || report.Entries != 1 {
		t.Errorf("%d entries, %v", report.Entries, report.Breaks)
	}
}
