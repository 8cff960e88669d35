package audit

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"tabletop/workbook"
)

// someone takes things away in these tests.
var someone = Change{Reason: "the data protection officer asked for it", User: "grace", Host: "desk"}

// logAt opens an audit whose clock stands some days after that of the others.
func logAt(t testing.TB, path string, days int) *Log {
	t.Helper()
	log, err := Open(t.Context(), path, Options{Now: func() time.Time { return clock().AddDate(0, 0, days) }})
	must(t, err)
	return log
}

func day(days int) time.Time { return clock().AddDate(0, 0, days).Add(-time.Hour) }

// twoDays is an audit of what damageable holds, and a rehearsal ten days later.
func twoDays(t testing.TB) string {
	t.Helper()
	path := copyOf(t, damageable(t))
	log := logAt(t, path, 10)
	info := exampleInfo()
	info.Workbook.Text = []byte("workbook: of the later day\n")
	_, err := record(t.Context(), log, info, exampleBlocks(2))
	must(t, err)
	closeLog(t, log)
	return path
}

// retained are the bytes of audits after what retention does: one that is as it
// was, one that was purged, and both halves of one that was purged and archived.
func retained(t testing.TB) map[string][]byte {
	t.Helper()
	all := map[string][]byte{"plain": damageable(t)}
	read := func(path string) []byte {
		data, err := os.ReadFile(path)
		must(t, err)
		return data
	}
	path := twoDays(t)
	settle(t, path)
	log := logAt(t, path, 20)
	_, err := log.Purge(t.Context(), PurgeOrder{Value: "203.0.113.2", Change: someone})
	must(t, err)
	closeLog(t, log)
	all["purged"] = read(path)
	log = logAt(t, path, 20)
	to := filepath.Join(filepath.Dir(path), "old.db")
	_, err = log.Archive(t.Context(), ArchiveOrder{Before: day(5), To: to, Change: someone})
	must(t, err)
	closeLog(t, log)
	all["archive"], all["rest"] = read(to), read(path)
	return all
}

// settle ends what is open in what damageable holds.
func settle(t testing.TB, path string) {
	t.Helper()
	log := newLog(t, path)
	open, err := newReader(t, path).Unsettled(t.Context(), 4)
	must(t, err)
	resume := begin(t, log, workbook.Info{Mode: workbook.ModeResume, Plan: digestOf([]byte("{}")), Now: clock()})
	for _, a := range open {
		deliver(t, log, resume, []Outcome{{Run: 4, Action: a.Number, Verdict: workbook.Failed, Reason: "not listed"}})
	}
	_, err = log.End(t.Context(), workbook.Result{Run: resume, Status: workbook.Completed})
	must(t, err)
	closeLog(t, log)
}

func mustBeWhole(t testing.TB, path string) Report {
	t.Helper()
	report := mustVerify(t, path)
	for _, b := range report.Breaks {
		t.Errorf("%s: entry %d, %s: %s", filepath.Base(path), b.Entry, b.Kind, b.What)
	}
	if got := naive(t, raw(t, path)); got != 0 {
		t.Errorf("%s: the naive one finds entry %d", filepath.Base(path), got)
	}
	return report
}

func TestPurgeOfAValueLeavesNoTraceOfIt(t *testing.T) {
	path := twoDays(t)
	const value = "203.0.113.2"
	log := logAt(t, path, 20)
	before := mustVerify(t, path)
	tried, err := log.Purge(t.Context(), PurgeOrder{Value: value, Try: true, Change: someone})
	must(t, err)
	if again := mustVerify(t, path); again.Head != before.Head {
		t.Error("a trial changed something")
	}
	done, err := log.Purge(t.Context(), PurgeOrder{Value: value, Change: someone})
	must(t, err)
	if tried.Entries != done.Entries || done.Entries == 0 || done.Lingers {
		t.Errorf("tried %+v, done %+v", tried, done)
	}
	report := mustBeWhole(t, path)
	if report.Purged != done.Entries || report.Entries != before.Entries+1 {
		t.Errorf("%d purged of %d entries, want %d of %d", report.Purged, report.Entries, done.Entries, before.Entries+1)
	}
	if !strings.Contains(strings.Join(report.Unchecked, "\n"), "were purged") {
		t.Errorf("verify does not say what is gone: %v", report.Unchecked)
	}
	closeLog(t, log)
	for _, name := range []string{path, path + "-wal"} {
		data, err := os.ReadFile(name)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		for at := 0; ; {
			i := bytes.Index(data[at:], []byte(value))
			if i < 0 {
				break
			}
			at += i + len(value)
			if c := data[at]; c < '0' || c > '9' {
				t.Errorf("%s still holds the value at byte %d: %q", filepath.Base(name), at, data[max(0, at-40):at+10])
			}
		}
	}
	// Another address that begins alike stays, and so does what can be read.
	reader := newReader(t, path)
	runs, err := reader.Runs(t.Context(), 0)
	must(t, err)
	for _, run := range runs {
		shown := show(t, reader, run.Run)
		for _, a := range shown.Actions {
			if a.Canonical == value {
				t.Errorf("run %d still acts on the value", run.Run)
			}
		}
	}
	first := show(t, reader, 1)
	if len(first.Actions) != 3 || first.Purged == 0 || len(first.Blocks[0].Rows) != 3 {
		t.Errorf("%d actions and %d rows are left, %d entries purged", len(first.Actions), len(first.Blocks[0].Rows), first.Purged)
	}
	var said struct{ What, Reason, User string }
	must(t, reader.db.Get(&said, "SELECT what, reason, user FROM purges"))
	if said.What != "value" || said.Reason != someone.Reason || said.User != "grace" {
		t.Errorf("the tombstone says %+v", said)
	}
}

func TestPurgeByDate(t *testing.T) {
	path := twoDays(t)
	log := logAt(t, path, 20)
	done, err := log.Purge(t.Context(), PurgeOrder{Before: day(5), Change: someone})
	must(t, err)
	// Run 4 sent something, and it is not known what became of it.
	if !slices.Equal(done.Runs, []int64{1, 2, 3}) || !slices.Equal(done.Open, []int64{4}) {
		t.Errorf("purged runs %v, left %v", done.Runs, done.Open)
	}
	_, err = log.Purge(t.Context(), PurgeOrder{Before: day(5), Change: someone})
	if !errors.Is(err, ErrNoneFits) {
		t.Errorf("a second time: %v", err)
	}
	report := mustBeWhole(t, path)
	if report.Purged != done.Entries || report.PurgedTexts != int64(done.Texts) || done.Texts == 0 {
		t.Errorf("%+v, verified %d and %d", done, report.Purged, report.PurgedTexts)
	}
	// A text that was purged comes again with a new run, and is kept again.
	info := exampleInfo()
	if _, err := record(t.Context(), log, info, exampleBlocks(1)); err != nil {
		t.Fatal(err)
	}
	reader := newReader(t, path)
	runs, err := reader.Runs(t.Context(), 0)
	must(t, err)
	if last := runs[len(runs)-1]; last.Workbook != Purged || last.Status != Purged || last.Run != 1 {
		t.Errorf("run 1 is %+v", last)
	}
	for _, run := range runs {
		show(t, reader, run.Run)
	}
	closeLog(t, log)
	mustBeWhole(t, path)
	// Nobody else can make it go once more.
	db := raw(t, path)
	if _, err := db.Exec("DELETE FROM contents"); err == nil {
		t.Error("a kept text was deleted from outside")
	}
	withoutTriggers(t, path, "DELETE FROM contents WHERE digest = '"+digestOf(info.Workbook.Text)+"'")
	if report := mustVerify(t, path); report.Whole() {
		t.Error("a text that was kept again is gone, and nobody says so")
	}
}

func TestPurgeAsksForWhatItNeeds(t *testing.T) {
	log := logAt(t, twoDays(t), 20)
	defer closeLog(t, log)
	for name, order := range map[string]PurgeOrder{
		"nothing":         {Change: someone},
		"both":            {Before: day(5), Value: "203.0.113.2", Change: someone},
		"no reason":       {Value: "203.0.113.2"},
		"short":           {Value: "a ", Change: someone},
		"told by reason":  {Value: "officer", Change: someone},
		"told by user":    {Value: "Grace", Change: someone},
		"no such value":   {Value: "203.0.113.200", Change: someone},
		"before anything": {Before: day(-5), Change: someone},
	} {
		if done, err := log.Purge(t.Context(), order); err == nil {
			t.Errorf("%s: purged %d", name, done.Entries)
		}
	}
}

// TestABodyRemovedInTheNameOfAPurgeIsFound removes what no purge names.
func TestABodyRemovedInTheNameOfAPurgeIsFound(t *testing.T) {
	path := copyOf(t, retained(t)["purged"])
	var purge, other int64
	db := raw(t, path)
	must(t, db.QueryRow("SELECT max(seq) FROM entries WHERE kind = 'purge'").Scan(&purge))
	must(t, db.QueryRow("SELECT max(seq) FROM bodies WHERE body NOT LIKE '{\"purged\"%' AND seq < ?", purge).Scan(&other))
	blank := "UPDATE bodies SET salt = x'', subject = NULL, body = '" + removed(purge) + "' WHERE seq = "
	if _, err := db.Exec(blank + "5"); err == nil {
		t.Error("a body was removed from outside")
	}
	withoutTriggers(t, path, strings.Replace(blank, "seq = ", "seq = (SELECT max(seq) FROM bodies WHERE body NOT LIKE '{\"purged\"%' AND seq < "+strconv.FormatInt(purge, 10)+")", 1))
	report := mustVerify(t, path)
	if report.First() != other || report.Breaks[0].Kind != Deleted || !strings.Contains(report.Breaks[0].What, "no purge names it") {
		t.Errorf("entry %d, want %d: %v", report.First(), other, report.Breaks)
	}
}

func TestArchiveMovesWholeRuns(t *testing.T) {
	path := twoDays(t)
	to := filepath.Join(filepath.Dir(path), "old.db")
	log := logAt(t, path, 20)
	before := mustVerify(t, path)
	order := ArchiveOrder{Before: day(5), To: to, Change: someone}
	done, err := log.Archive(t.Context(), order)
	must(t, err)
	if done.Runs != 3 || done.Through == 0 || done.Entries != done.Through {
		t.Errorf("archived %+v", done)
	}
	closeLog(t, log)
	archived, rest := mustBeWhole(t, to), mustBeWhole(t, path)
	if archived.Runs != 3 || archived.Head.Hash != done.Closed.Hash || archived.Entries != done.Through+1 {
		t.Errorf("the archive: %+v", archived)
	}
	if rest.Runs != before.Runs-3 || rest.Head.Hash != done.Head.Hash || rest.Moved == nil || rest.Moved.Through != done.Through || rest.Moved.File != "old.db" {
		t.Errorf("the rest: %+v", rest)
	}
	info, err := os.Stat(to)
	must(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the archive has mode %o", info.Mode().Perm())
	}
	// The enabling that counts is still there; the runs are where they should be.
	reader := newReader(t, path)
	status, err := reader.Lifecycle(t.Context(), "d1", "")
	if err != nil || status.Status != "Validated" || !status.Validated.Equal(clock()) {
		t.Errorf("%+v, %v", status, err)
	}
	equal(t, exampleBlocks(4)[2].Output.Actions, show(t, newReader(t, to), 1).Actions)
	if _, err := reader.Show(t.Context(), 1); !errors.Is(err, ErrNoRun) || !strings.Contains(err.Error(), "old.db") {
		t.Errorf("a run that was moved: %v", err)
	}
	// Both go on as they should: the rest with the next run, the archive not.
	log = logAt(t, path, 21)
	next, err := record(t.Context(), log, exampleInfo(), exampleBlocks(1))
	if err != nil || next.Run != 6 {
		t.Errorf("run %d, %v", next.Run, err)
	}
	if _, err := log.Archive(t.Context(), order); err == nil || !strings.Contains(err.Error(), "is there already") {
		t.Errorf("over an archive: %v", err)
	}
	closeLog(t, log)
	mustBeWhole(t, path)
	closed := logAt(t, to, 21)
	if _, err := closed.Begin(t.Context(), exampleInfo()); !errors.Is(err, ErrClosed) {
		t.Errorf("a run in an archive: %v", err)
	}
	closeLog(t, closed)
}

func TestArchiveOfAnArchivedAudit(t *testing.T) {
	path := twoDays(t)
	settle(t, path)
	folder := filepath.Dir(path)
	log := logAt(t, path, 20)
	for i, before := range []time.Time{day(5), day(15)} {
		to := filepath.Join(folder, []string{"first.db", "second.db"}[i])
		if _, err := log.Archive(t.Context(), ArchiveOrder{Before: before, To: to, Change: someone}); err != nil {
			t.Fatal(err)
		}
		mustBeWhole(t, to)
		mustBeWhole(t, path)
	}
	result, err := record(t.Context(), log, exampleInfo(), exampleBlocks(1))
	if err != nil || result.Run != 7 {
		t.Errorf("run %d, %v", result.Run, err)
	}
	closeLog(t, log)
	mustBeWhole(t, path)
	_, err = logAt(t, path, 20).Archive(t.Context(), ArchiveOrder{Before: day(-50), To: filepath.Join(folder, "third.db"), Change: someone})
	if !errors.Is(err, ErrNoneFits) {
		t.Errorf("nothing is that old: %v", err)
	}
}

// TestArchiveLeavesWhatIsOpen leaves the runs from the first on that may go on.
func TestArchiveLeavesWhatIsOpen(t *testing.T) {
	path := twoDays(t)
	log := logAt(t, path, 20)
	to := filepath.Join(filepath.Dir(path), "old.db")
	done, err := log.Archive(t.Context(), ArchiveOrder{Before: day(15), To: to, Change: someone})
	must(t, err)
	if done.Runs != 3 {
		t.Errorf("moved %d runs past one that is not settled", done.Runs)
	}
	_, err = log.Archive(t.Context(), ArchiveOrder{Before: day(15), To: to + "2", Change: someone})
	if !errors.Is(err, ErrNoneFits) || !strings.Contains(err.Error(), "tabletop resume 4") {
		t.Errorf("what is in the way is not told: %v", err)
	}
	closeLog(t, log)
}

// TestAPrefixCutOffByHandIsFound makes a link as archive does, with no entry
// that tells of it.
func TestAPrefixCutOffByHandIsFound(t *testing.T) {
	path := twoDays(t)
	withoutTriggers(t, path,
		"DELETE FROM entries WHERE seq < 5", "DELETE FROM bodies WHERE seq < 5",
		"UPDATE entries SET kind = 'link', run = 0 WHERE seq = 5",
		"DELETE FROM contents WHERE rowid = 1")
	report := mustVerify(t, path)
	if report.First() != 5 || report.Breaks[0].Kind != Deleted {
		t.Errorf("%v", report.Breaks)
	}
}
