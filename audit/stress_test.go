package audit

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tabletop/migrations"
)

// recordOnce records one run, in a process whose limits are its own.
func recordOnce(path string) error {
	// A file that grows past its limit is an error and no signal.
	signal.Ignore()
	ctx, stop := context.WithTimeout(context.Background(), time.Minute)
	defer stop()
	log, err := Open(ctx, path, Options{Now: clock})
	if err != nil {
		return err
	}
	_, err = record(ctx, log, exampleInfo(), exampleBlocks(900))
	return errors.Join(err, log.Close())
}

// verifyOnce verifies and says how many entries there are.
func verifyOnce(path string) error {
	reader, err := OpenReader(context.Background(), path)
	if err != nil {
		return err
	}
	report, err := reader.Verify(context.Background())
	if err == nil && !report.Whole() {
		err = fmt.Errorf("broken: %v", report.Breaks)
	}
	if err == nil {
		fmt.Println(report.Entries)
	}
	return errors.Join(err, reader.Close())
}

// ended is what a process said, and whether it failed.
func ended(command *exec.Cmd) (said string, failed bool) {
	out, err := command.CombinedOutput()
	return string(out), err != nil
}

// TestACopyWithoutItsLogIsFound copies an audit while it is written: with its
// write-ahead log it is whole, and without it the heads tell what is missing.
func TestACopyWithoutItsLogIsFound(t *testing.T) {
	path := auditPath(t)
	log := newLog(t, path)
	mustRecord(t, log, 2)
	closeLog(t, log)
	log = newLog(t, path)
	last := mustRecord(t, log, 3)
	copied := func(suffixes ...string) string {
		to := auditPath(t)
		for _, suffix := range suffixes {
			data, err := os.ReadFile(path + suffix)
			must(t, err)
			must(t, os.WriteFile(to+suffix, data, 0o600))
		}
		heads, err := os.ReadFile(HeadFile(path))
		must(t, err)
		must(t, os.WriteFile(HeadFile(to), heads, 0o600))
		return to
	}
	with, without := copied("", "-wal"), copied("")
	closeLog(t, log)
	if report := mustVerify(t, with); !report.Whole() || report.Head.Sequence != last.Head.Sequence {
		t.Errorf("with its log: %d entries, %v", report.Entries, report.Breaks)
	}
	report := mustVerify(t, without)
	if report.Whole() || report.Breaks[0].Kind != Cut || report.First() != report.Head.Sequence+1 {
		t.Errorf("without its log: %v", report.Breaks)
	}
	// It goes on where the log ends, as after a crash.
	log = newLog(t, with)
	mustRecord(t, log, 1)
	closeLog(t, log)
	if report := mustVerify(t, with); !report.Whole() || report.Runs != 3 {
		t.Errorf("%d runs, %v", report.Runs, report.Breaks)
	}
}

func TestEveryEarlierSchemaIsBroughtUpToDate(t *testing.T) {
	all, err := migrations.All()
	must(t, err)
	for version := 1; version < len(all); version++ {
		path := earlier(t, version)
		log := newLog(t, path)
		mustRecord(t, log, 1)
		closeLog(t, log)
		if report := mustVerify(t, path); !report.Whole() || report.Runs != 2 {
			t.Errorf("from schema %d: %d runs, %v", version, report.Runs, report.Breaks)
		}
	}
}

// TestNoHeadNoRun refuses to begin where the head could not be kept at the end.
func TestNoHeadNoRun(t *testing.T) {
	path := auditPath(t)
	must(t, os.Mkdir(HeadFile(path), 0o700))
	if _, err := Open(t.Context(), path, Options{Now: clock}); err == nil || !strings.Contains(err.Error(), "audit.head") {
		t.Errorf("a folder where the heads are kept: %v", err)
	}
}

// TestAFailedArchiveMovesNothing has no room to write to, and something in the
// way.
func TestAFailedArchiveMovesNothing(t *testing.T) {
	path := twoDays(t)
	before := mustVerify(t, path)
	log := logAt(t, path, 20)
	for _, to := range []string{filepath.Join(path, "old.db"), filepath.Join(t.TempDir(), "gone", "old.db"), path} {
		if _, err := log.Archive(t.Context(), ArchiveOrder{Before: day(5), To: to, Change: someone}); err == nil {
			t.Errorf("archived to %s", to)
		}
	}
	// Another process holds the lock for writing.
	other := raw(t, path)
	execute(t, other, "BEGIN IMMEDIATE")
	short, err := Open(t.Context(), path, Options{Now: clock, Wait: 20 * time.Millisecond})
	must(t, err)
	to := filepath.Join(t.TempDir(), "old.db")
	_, err = short.Archive(t.Context(), ArchiveOrder{Before: day(5), To: to, Change: someone})
	if !errors.Is(err, ErrLocked) {
		t.Errorf("while another writes: %v", err)
	}
	_, err = short.Purge(t.Context(), PurgeOrder{Before: day(5), Change: someone})
	if !errors.Is(err, ErrLocked) {
		t.Errorf("a purge while another writes: %v", err)
	}
	execute(t, other, "ROLLBACK")
	closeLog(t, short)
	closeLog(t, log)
	if after := mustBeWhole(t, path); after.Head != before.Head {
		t.Error("something was moved")
	}
	if names, err := os.ReadDir(filepath.Dir(to)); err != nil || len(names) != 0 {
		t.Errorf("left behind: %v, %v", names, err)
	}
}
