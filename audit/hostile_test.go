package audit

import (
	"testing"

	"pgregory.net/rapid"

	"tabletop/workbook"
)

// TestHostileTextsComeBack puts any text into what sending records beside its
// actions: it is given back as it was, and none of it reaches a view raw.
func TestHostileTextsComeBack(t *testing.T) {
	path := auditPath(t)
	log := newLog(t, path)
	reader := newReader(t, path)
	rapid.Check(t, func(rt *rapid.T) {
		info := exampleInfo()
		info.Workbook, info.Name, info.Mode = nil, drawString(rt, "name"), workbook.ModeSimulate
		info.Plan, info.Endpoint = drawString(rt, "plan"), drawString(rt, "endpoint")
		run, err := log.Begin(rt.Context(), info)
		if err != nil {
			rt.Fatal(err)
		}
		file := []byte(drawString(rt, "text"))
		note := PlanNote{File: drawString(rt, "file"), Expires: drawTime(rt, "expires"), Actions: rapid.Int().Draw(rt, "actions"), NeedApproval: 1}
		approval := Approval{
			Name: drawString(rt, "name"), Key: drawString(rt, "key"), Reason: drawString(rt, "reason"), Actions: rapid.SliceOf(rapid.Int()).Draw(rt, "actions"),
			Statement: drawString(rt, "statement"), Signature: drawString(rt, "signature"), Time: drawTime(rt, "time"),
		}
		validation := Validation{
			Name: drawString(rt, "name"), Digest: "d" + drawString(rt, "digest"), Status: drawString(rt, "status"), Detail: drawString(rt, "detail"),
			Endpoint: drawString(rt, "endpoint"), User: drawString(rt, "user"), Host: drawString(rt, "host"),
		}
		enabling := Enabling{Digest: validation.Digest, Endpoint: validation.Endpoint, Enabled: true, User: validation.Host, Host: validation.User}
		_, kept := log.KeepPlan(rt.Context(), run, digestOf(file), file, note)
		for _, err := range []error{
			kept, log.Approve(rt.Context(), run, []Approval{approval}),
			log.Validate(rt.Context(), validation), log.Enable(rt.Context(), enabling),
		} {
			if err != nil {
				rt.Fatal(err)
			}
		}
		shown, err := reader.Show(rt.Context(), run)
		if err != nil {
			rt.Fatal(err)
		}
		equal(rt, []string{info.Name, info.Plan, info.Endpoint}, []string{shown.Workbook.Name, shown.Plan, shown.Endpoint})
		equal(rt, []Approval{approval}, shown.Approvals)
		plan, err := reader.FindPlan(rt.Context(), digestOf(file))
		if err != nil {
			rt.Fatal(err)
		}
		equal(rt, PlanEntry{Run: run, SHA256: digestOf(file), PlanNote: note, Made: clock(), Text: file}, plan)
		equal(rt, plan.PlanNote, shown.Planned.PlanNote)
		at, err := reader.Lifecycle(rt.Context(), validation.Digest, validation.Endpoint)
		if err != nil {
			rt.Fatal(err)
		}
		equal(rt, Lifecycle{
			Status: validation.Status, Detail: validation.Detail, Validated: clock(), ValidatedBy: validation.User, ValidatedOn: validation.Host,
			Enabled: true, Changed: clock(), ChangedBy: validation.Host, ChangedOn: validation.User,
		}, at)
	})
	closeLog(t, log)
	for _, view := range []string{"runs", "plans", "approvals", "validations"} {
		each(t, raw(t, path), "SELECT * FROM "+view, func(row []any) {
			for _, cell := range row {
				for _, r := range plainText(cell) {
					if acts(r) {
						t.Fatalf("%s shows %q", view, cell)
					}
				}
			}
		})
	}
	if report := mustVerify(t, path); !report.Whole() {
		t.Error(report.Breaks)
	}
}
