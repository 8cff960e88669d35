package audit

import (
	"fmt"
	"testing"

	"tabletop/migrations"
	"tabletop/workbook"
)

// earlier is an audit whose schema is an earlier one, with the entries of
// another: those of a rehearsal.
func earlier(t testing.TB, version int) string {
	t.Helper()
	full := auditPath(t)
	log := newLog(t, full)
	mustRecord(t, log, 3)
	closeLog(t, log)
	path := auditPath(t)
	db := raw(t, path)
	all, err := migrations.All()
	must(t, err)
	for _, m := range all[:version] {
		execute(t, db, m.SQL)
	}
	execute(t, db,
		fmt.Sprintf("PRAGMA application_id = %d", migrations.ApplicationID), fmt.Sprintf("PRAGMA user_version = %d", version),
		fmt.Sprintf("ATTACH '%s' AS new", full),
		"INSERT INTO entries SELECT * FROM new.entries ORDER BY seq", "INSERT INTO bodies SELECT * FROM new.bodies ORDER BY seq",
		"INSERT INTO contents SELECT * FROM new.contents", "DETACH new",
	)
	return path
}

// TestAnEarlierAuditIsBroughtUpToDate and goes on, with what it holds as it was.
func TestAnEarlierAuditIsBroughtUpToDate(t *testing.T) {
	path := earlier(t, 2)
	if _, err := OpenReader(t.Context(), path); err == nil {
		t.Error("an earlier schema is read")
	}
	log := newLog(t, path)
	_, plan := planned(t, log, examplePlan)
	run := begin(t, log, applyInfo(workbook.ModeApply, plan))
	deliver(t, log, run, nil, sendable(1))
	closeLog(t, log)
	if report := mustVerify(t, path); !report.Whole() || report.Runs != 3 {
		t.Errorf("%d runs, %v", report.Runs, report.Breaks)
	}
	reader := newReader(t, path)
	var actions []int
	must(t, reader.db.Select(&actions, "SELECT actions FROM runs ORDER BY run"))
	equal(t, []int{3, 2, 1}, actions)
	equal(t, exampleBlocks(3)[2].Output.Actions, show(t, reader, 1).Actions)
}
