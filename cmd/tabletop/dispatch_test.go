package main

import (
	"testing"

	"tabletop/blocks/trigger/plan"
)

// Whoever approves a plan first and a target later is recorded with both.
func TestEveryApprovalThatCountsIsRecorded(t *testing.T) {
	whole := plan.Grant{Name: "Anna", User: "anna", Approval: &plan.Approval{}}
	target := plan.Grant{Name: "Anna", User: "anna", Approval: &plan.Approval{Statement: plan.Statement{Targets: []plan.Target{{Action: 3}}}}}
	d := &dispatch{standing: plan.Standing{Plan: []plan.Grant{whole}, Counted: []plan.Grant{whole, target}}}
	given := d.given()
	if len(given) != 2 || len(given[1].Actions) != 1 || given[1].Actions[0] != 3 {
		t.Errorf("recorded are %+v", given)
	}
}
