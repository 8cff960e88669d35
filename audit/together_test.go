package audit

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"tabletop/workbook/databasefile"
)

// writerPath, where set, makes this test program a process that does something
// to the audit there, once a line comes in; writerRole says what.
const (
	writerPath = "TABLETOP_TEST_WRITER"
	writerRole = "TABLETOP_TEST_ROLE"
)

func TestMain(m *testing.M) {
	path := os.Getenv(writerPath)
	if path == "" {
		os.Exit(m.Run())
	}
	do := write
	switch os.Getenv(writerRole) {
	case "apply":
		do = applyOnce
	case "send":
		do = sendOn
	case "once":
		do = recordOnce
	case "verify":
		do = verifyOnce
	}
	if err := do(path); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

const runsEach = 5

func write(path string) error {
	ctx, stop := context.WithTimeout(context.Background(), time.Minute)
	defer stop()
	if _, err := bufio.NewReader(os.Stdin).ReadString('\n'); err != nil {
		return err
	}
	log, err := Open(ctx, path, Options{Now: clock})
	if err != nil {
		return err
	}
	for range runsEach {
		if _, err := record(ctx, log, exampleInfo(), exampleBlocks(40)); err != nil {
			return err
		}
	}
	return log.Close()
}

// TestProcessesWriteTogether starts processes on a file that is not there yet:
// all make it, migrate it and write to it at once.
func TestProcessesWriteTogether(t *testing.T) {
	const processes = 4
	path := auditPath(t)
	var starts []io.Closer
	var wait sync.WaitGroup
	for range processes {
		command := exec.Command(os.Args[0])
		command.Env = append(os.Environ(), writerPath+"="+path)
		var said strings.Builder
		command.Stderr = &said
		in, err := command.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		starts = append(starts, in)
		wait.Go(func() {
			if err := command.Wait(); err != nil {
				t.Errorf("%v: %s", err, said.String())
			}
		})
	}
	for _, in := range starts {
		if _, err := io.WriteString(in.(io.Writer), "go\n"); err != nil {
			t.Error(err)
		}
	}
	wait.Wait()
	report := mustVerify(t, path)
	if !report.Whole() || report.Runs != processes*runsEach {
		t.Errorf("%d runs, %v", report.Runs, report.Breaks)
	}
	runs, err := newReader(t, path).Runs(t.Context(), 0)
	if err != nil || len(runs) != processes*runsEach {
		t.Fatalf("%d runs, %v", len(runs), err)
	}
	for i, run := range runs {
		if run.Run != int64(len(runs)-i) || run.Status != "completed" || run.Blocks != 3 || run.Signals != 2 || run.Actions != 40 {
			t.Errorf("run %+v", run)
		}
	}
	if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) > 4 {
		t.Errorf("the folder holds %v, %v", entries, err)
	}
}

// TestFirstStarts opens new files many times over, two at once each time.
func TestFirstStarts(t *testing.T) {
	folder := t.TempDir()
	for i := range 30 {
		path := filepath.Join(folder, fmt.Sprintf("%d.db", i))
		var wait sync.WaitGroup
		for range 3 {
			wait.Go(func() {
				log, err := Open(t.Context(), path, Options{Now: clock})
				if err != nil {
					t.Error(err)
					return
				}
				if err := log.Close(); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
	}
}

func TestOneLogRecordsRunsAtOnce(t *testing.T) {
	path := auditPath(t)
	log := newLog(t, path)
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			if _, err := record(t.Context(), log, exampleInfo(), exampleBlocks(30)); err != nil {
				t.Error(err)
			}
		})
	}
	reader := newReader(t, path)
	for range 5 {
		report, err := reader.Verify(t.Context())
		if err != nil || !report.Whole() {
			t.Errorf("while others write: %v, %v", report.Breaks, err)
		}
	}
	wait.Wait()
	closeLog(t, log)
	if report := mustVerify(t, path); !report.Whole() || report.Runs != 8 {
		t.Errorf("%d runs, %v", report.Runs, report.Breaks)
	}
}

// TestACheckpointCutShort opens an audit whose writer died while it emptied the
// write-ahead log into the file: all of it is still in the log.
func TestACheckpointCutShort(t *testing.T) {
	path := auditPath(t)
	log := newLog(t, path)
	mustRecord(t, log, 2)
	logged, err := os.ReadFile(path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	closeLog(t, log)
	emptied, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const page = 4096 // SQLite's usual size of one
	for _, pages := range []int{1, len(emptied)/page - 1} {
		cut := auditPath(t)
		if err := errors.Join(os.WriteFile(cut, emptied[:pages*page], 0o600), os.WriteFile(cut+"-wal", logged, 0o600)); err != nil {
			t.Fatal(err)
		}
		if report := mustVerify(t, cut); !report.Whole() || report.Runs != 1 {
			t.Errorf("after %d pages: %d runs, %v", pages, report.Runs, report.Breaks)
		}
		log := newLog(t, cut)
		mustRecord(t, log, 2)
		closeLog(t, log)
	}
}

// TestALogLeftBehind reads an audit as a program that died leaves it: with a
// write-ahead log beside it and a run that has no end.
func TestALogLeftBehind(t *testing.T) {
	path := auditPath(t)
	log := newLog(t, path)
	defer closeLog(t, log)
	mustRecord(t, log, 2)
	run, err := log.Begin(t.Context(), exampleInfo())
	if err != nil {
		t.Fatal(err)
	}
	if err := log.Block(t.Context(), run, exampleBlocks(2)[0]); err != nil {
		t.Fatal(err)
	}
	left := filepath.Join(t.TempDir(), "left.db")
	for _, suffix := range []string{"", "-wal"} {
		data, err := os.ReadFile(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(left+suffix, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	runs, err := newReader(t, left).Runs(t.Context(), 1)
	if err != nil || len(runs) != 1 || runs[0].Run != run || runs[0].Status != RunningOrDied || !runs[0].Ended.IsZero() {
		t.Errorf("%+v, %v", runs, err)
	}
	again := newLog(t, left)
	if next := mustRecord(t, again, 1); next.Run != run+1 {
		t.Errorf("the next run is %d", next.Run)
	}
	closeLog(t, again)
	if report := mustVerify(t, left); !report.Whole() || report.Runs != 3 {
		t.Errorf("%d runs, %v", report.Runs, report.Breaks)
	}
}

// TestReadingWithoutLocks reads as from a folder that can't be written.
func TestReadingWithoutLocks(t *testing.T) {
	path := auditPath(t)
	log := newLog(t, path)
	mustRecord(t, log, 2)
	if databasefile.EmptyLog(path) {
		t.Error("the write-ahead log of an open audit counts as empty")
	}
	closeLog(t, log)
	if !databasefile.EmptyLog(path) {
		t.Error("closing left something in the write-ahead log")
	}
	before := contentsOf(t, filepath.Dir(path))
	reader := &Reader{path: path}
	if err := reader.start(t.Context(), frozen); err != nil {
		t.Fatal(err)
	}
	report, err := reader.Verify(t.Context())
	if err != nil || !report.Whole() || report.Entries == 0 {
		t.Errorf("%d entries, %v, %v", report.Entries, report.Breaks, err)
	}
	if during := contentsOf(t, filepath.Dir(path)); during != before {
		t.Error("reading left something behind")
	}
	if err := reader.Close(); err != nil {
		t.Error(err)
	}
}
