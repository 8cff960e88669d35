package audit

import (
	"context"
	"errors"
	"strings"
	"testing"
)

// TestOutsideConnections changes the audit as another program would, with none
// of our settings. The schema alone must refuse all of it.
func TestOutsideConnections(t *testing.T) {
	path := auditPath(t)
	log := newLog(t, path)
	mustRecord(t, log, 3)
	closeLog(t, log)
	before := everything(t, path)
	db := raw(t, path)
	forged := "run, block, number, kind, time, contents, digest, hash FROM entries WHERE seq = 3"
	for _, statement := range []string{
		"UPDATE entries SET time = ''",
		"DELETE FROM entries",
		"DELETE FROM entries WHERE seq = 3",
		"INSERT OR REPLACE INTO entries SELECT 3, " + forged,
		"REPLACE INTO entries SELECT 3, " + forged,
		"INSERT INTO entries SELECT 3, " + forged + " ON CONFLICT DO UPDATE SET kind = 'x'",
		"INSERT INTO entries SELECT 1000, " + forged,
		"INSERT INTO entries SELECT NULL, " + forged,
		"INSERT INTO entries SELECT 0, " + forged,
		"INSERT INTO entries SELECT -1, " + forged,
		"UPDATE OR REPLACE entries SET seq = 4 WHERE seq = 3",
		"UPDATE bodies SET body = '{}' WHERE seq = 3",
		"DELETE FROM bodies WHERE seq = 3",
		"INSERT OR REPLACE INTO bodies VALUES (3, x'00', NULL, '{}')",
		"REPLACE INTO bodies SELECT max(seq), x'00', NULL, '{}' FROM entries",
		"INSERT INTO bodies SELECT max(seq) + 1, x'00', NULL, '{}' FROM entries",
		"INSERT INTO bodies VALUES (NULL, x'00', NULL, '{}')",
		"UPDATE contents SET text = x'00'",
		"DELETE FROM contents",
		"INSERT OR REPLACE INTO contents SELECT digest, x'00' FROM contents",
		"REPLACE INTO contents (rowid, digest, text) SELECT rowid, digest, x'00' FROM contents",
		"REPLACE INTO contents (rowid, digest, text) VALUES (1, 'other', x'00')",
		"UPDATE schemas SET program = ''",
		"DELETE FROM schemas",
		"REPLACE INTO schemas VALUES (1, '')",
		"REPLACE INTO schemas VALUES (9, '')",
	} {
		_, err := db.Exec(statement)
		if err == nil || !strings.Contains(err.Error(), "audit: ") {
			t.Errorf("%s: %v", statement, err)
		}
	}
	if after := everything(t, path); after != before {
		t.Error("the record was changed")
	}
	// The schema can't compute a hash, so an entry in the right place gets in,
	// and verify finds it.
	execute(t, db, "INSERT INTO entries SELECT (SELECT max(seq) FROM entries) + 1, "+forged)
	if report := mustVerify(t, path); report.First() != report.Head.Sequence {
		t.Errorf("a forged last entry: %v", report.Breaks)
	}
}

func TestAReaderChangesNothing(t *testing.T) {
	path := auditPath(t)
	log := newLog(t, path)
	mustRecord(t, log, 1)
	defer closeLog(t, log)
	reader := newReader(t, path)
	for _, statement := range []string{
		"INSERT INTO contents VALUES ('a', x'00')",
		"PRAGMA query_only = 0; INSERT INTO contents VALUES ('a', x'00')",
		"PRAGMA user_version = 7",
		"DROP VIEW runs",
	} {
		if _, err := reader.db.Exec(statement); err == nil {
			t.Errorf("%s: accepted", statement)
		}
	}
}

func TestACancelledVerifyIsNoVerdict(t *testing.T) {
	path := auditPath(t)
	log := newLog(t, path)
	mustRecord(t, log, 300)
	closeLog(t, log)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	report, err := newReader(t, path).Verify(ctx)
	if !errors.Is(err, context.Canceled) || len(report.Breaks) != 0 {
		t.Errorf("%v, %v", report.Breaks, err)
	}
}
