package main

import (
	"os"
	"strings"
	"testing"

	"tabletop/blocks/trigger/plan"
)

const siteApprovers = `approvers:
  - {name: Anna, user: anna, key: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHZrZXkgb2YgdGhlIHRlc3Qga2V5IG9mIHRoZSB0ZXN0'}
`

// A file that stands beside the workbook since the plan was made is not passed
// over.
func TestApplyRefusesAPlanThatAFileCameToSince(t *testing.T) {
	s := newSite(t)
	s.do("plan", ".", "--to", "plan.json")
	s.write("approvers.yaml", siteApprovers)
	s.says(4, "approvers.yaml is there now, and the plan was made without approvers", "apply", "plan.json", "--yes", "3")
	if n := s.arrivedAt("/response/"); n > 0 {
		t.Errorf("%d requests arrived", n)
	}
}

func TestApplyRefusesAPlanThatANearerFileCameToSince(t *testing.T) {
	s := newSite(t)
	s.write("drafts/workbook.yaml", siteWorkbook)
	s.write("drafts/guard.yaml", drillGuard+"  - value: 203.0.113.0/24\n    reason: our customers\n")
	if err := os.Rename("drafts/guard.yaml", "later.yaml"); err != nil {
		t.Fatal(err)
	}
	s.do("plan", "drafts", "--events", "events", "--to", "plan.json")
	if err := os.Rename("later.yaml", "drafts/guard.yaml"); err != nil {
		t.Fatal(err)
	}
	s.says(4, "guard.yaml is there now, nearer to the workbook", "apply", "plan.json", "--yes", "3")
}

// What is used is what was checked, though a file is replaced in between.
func TestApplyUsesWhatItChecked(t *testing.T) {
	for name, text := range map[string]string{
		"integrations.yaml": "# other\n", "guard.yaml": "# other\n", "lists/own.txt": "198.51.100.8\n",
	} {
		s := newSite(t)
		s.write("lists/own.txt", "198.51.100.7\n")
		s.write("guard.yaml", drillGuard+"lists:\n  - {file: lists/own.txt, level: never, reason: our own, owner: the net, added: 2026-01-01}\n")
		s.do("plan", ".", "--to", "plan.json")
		d := s.dispatch("plan.json")
		if changes := d.asPlanned(); len(changes) > 0 {
			t.Fatal(changes)
		}
		s.extend(name, text)
		d = s.dispatch("plan.json")
		if changes := d.asPlanned(); len(changes) == 0 {
			t.Errorf("%s was replaced, and nobody tells", name)
		}
	}
}

// dispatch is a plan on its way, with what it rests on read again.
func (s *site) dispatch(file string) *dispatch {
	s.t.Helper()
	p, sum, err := plan.Load(file)
	if err != nil {
		s.t.Fatal(err)
	}
	d := &dispatch{plan: p, sha: sum, now: p.Created}
	if err := d.open(); err != nil {
		s.t.Fatal(err)
	}
	return d
}

// extend adds text to a file.
func (s *site) extend(name, text string) {
	s.t.Helper()
	before, err := os.ReadFile(name)
	if err != nil {
		s.t.Fatal(err)
	}
	s.write(name, string(before)+text)
}

// Event stores lie beside the audit, whatever its name.
func TestApplyFindsTheStoresOfItsAudit(t *testing.T) {
	s := newSite(t)
	s.write("owners.csv", "address,owner\n203.0.113.0/24,ann\n")
	s.write("events/sources.yaml", "sources:\n  - files: [FIREWALL.ndjson]\n    enrich:\n      join: {store: owners, on: $SrcIP, match: cidr, columns: {$Owner: owner}}\n")
	s.write("workbook.yaml", strings.ReplaceAll(siteWorkbook, "$DstIP", "$DstIP, $Owner"))
	other := []string{"--audit", "other.db"}
	s.do("stores", "import", "owners", "owners.csv", "--stores", "other.stores.db")
	s.do(append([]string{"integrations", "validate", "own"}, other...)...)
	s.do(append([]string{"integrations", "enable", "own"}, other...)...)
	s.do(append([]string{"plan", ".", "--to", "plan.json"}, other...)...)
	s.do(append([]string{"apply", "plan.json", "--yes", "3"}, other...)...)
}
