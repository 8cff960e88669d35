package plan

import (
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestCheck(t *testing.T) {
	p, text := written(t)
	sum := SHA256(text)
	ip, domain := Target{3, "ip", "203.0.113.7"}, Target{5, "domain", "evil.example"}
	both := []Target{ip, domain}
	approval := func(targets []Target, key string) *Approval { return sign(t, sum, targets, key) }
	at := func(when time.Time, key string) *Approval {
		s := NewStatement(sum, nil, "reviewed", when)
		a, err := Sign(s, signerOf(t, key), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	for _, c := range []struct {
		name      string
		needed    string
		approvals []*Approval
		now       time.Time // noon where it is not set
		planner   *Planner  // Kim where it is not set
		lacks     []string
		refused   string
	}{
		{name: "none", lacks: []string{
			"the plan is approved by nobody, 1 must",
			`action 3, ip "203.0.113.7", is approved by nobody, 1 must`,
			`action 5, domain "evil.example", is approved by nobody, 1 must`,
		}},
		{name: "the plan alone", approvals: []*Approval{approval(nil, "ed25519")}, lacks: []string{
			`action 3, ip "203.0.113.7", is approved by nobody, 1 must`,
			`action 5, domain "evil.example", is approved by nobody, 1 must`,
		}},
		{name: "the plan and a target", approvals: []*Approval{approval([]Target{domain}, "rsa")}, lacks: []string{
			`action 3, ip "203.0.113.7", is approved by nobody, 1 must`,
		}},
		{name: "all", approvals: []*Approval{approval(both, "ed25519")}},
		{name: "all, a target each", approvals: []*Approval{approval([]Target{ip}, "ed25519"), approval([]Target{domain}, "rsa")}},
		{name: "one of two", needed: "2", approvals: []*Approval{approval(both, "ed25519")}, lacks: []string{
			"the plan is approved by 1 of 2 people: Anna",
			`action 3, ip "203.0.113.7", is approved by 1 of 2 people: Anna`,
			`action 5, domain "evil.example", is approved by 1 of 2 people: Anna`,
		}},
		{name: "a person twice, by two keys", needed: "2", approvals: []*Approval{approval([]Target{ip}, "ed25519"), approval(both, "ecdsa"), approval(both, "ed25519")}, lacks: []string{
			"the plan is approved by 1 of 2 people: Anna",
			`action 3, ip "203.0.113.7", is approved by 1 of 2 people: Anna`,
			`action 5, domain "evil.example", is approved by 1 of 2 people: Anna`,
		}},
		{name: "two of two, a target by one", needed: "2", approvals: []*Approval{approval(both, "ed25519"), approval([]Target{domain}, "rsa")}, lacks: []string{
			`action 3, ip "203.0.113.7", is approved by 1 of 2 people: Anna`,
		}},
		{name: "two of two", needed: "2", approvals: []*Approval{approval(both, "ed25519"), approval(both, "rsa")}},
		{name: "the planner's user", approvals: []*Approval{approval(nil, "locked")}, refused: "Kim made the plan, and nobody approves a plan of their own"},
		{name: "the planner's user in other letters", planner: &Planner{User: "ANNA"}, approvals: []*Approval{approval(nil, "ed25519")}, refused: "Anna made the plan"},
		{name: "the planner's key", planner: &Planner{User: "root", Key: Fingerprint(signerOf(t, "ed25519").PublicKey())}, approvals: []*Approval{approval(nil, "ed25519")}, refused: "Anna made the plan"},
		{name: "another key of the planner's", planner: &Planner{User: "root", Key: Fingerprint(signerOf(t, "ed25519").PublicKey())}, approvals: []*Approval{approval(nil, "ecdsa")}, refused: "Anna made the plan"},
		{name: "a key that expired", now: time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC), approvals: []*Approval{approval(nil, "rsa")}, refused: "the key of Ben counted until 2026-01-31"},
		{name: "a key that expired, signed before", now: time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC), approvals: []*Approval{at(noon, "rsa")}, refused: "the key of Ben counted until 2026-01-31"},
		{name: "a key that nobody has", approvals: []*Approval{deviceApproval(t, sum)}, refused: "approvers.yaml does not name the key SHA256:"},
		{name: "another plan", approvals: []*Approval{sign(t, somePlan, nil, "ed25519")}, refused: "it is of another plan"},
		{name: "signed tomorrow", approvals: []*Approval{at(noon.Add(time.Hour), "ed25519")}, refused: "which is yet to come"},
		{name: "signed by a clock that is fast", approvals: []*Approval{at(noon.Add(time.Minute), "ed25519")}, lacks: []string{
			`action 3, ip "203.0.113.7", is approved by nobody, 1 must`,
			`action 5, domain "evil.example", is approved by nobody, 1 must`,
		}},
		{name: "signed after the plan expired", now: noon.Add(48 * time.Hour), approvals: []*Approval{at(noon.Add(47*time.Hour), "ed25519")}, refused: "after the plan expired"},
		{name: "signed before the plan", approvals: []*Approval{at(noon.Add(-2*time.Hour), "ed25519")}, refused: "before the plan was made"},
		{name: "a target of no action", approvals: []*Approval{approval([]Target{{6, "ip", "203.0.113.7"}}, "ed25519")}, refused: `approves action 6 with the target "203.0.113.7", which is none`},
		{name: "another target", approvals: []*Approval{approval([]Target{{3, "ip", "203.0.113.8"}}, "ed25519")}, refused: `approves action 3 with the target "203.0.113.8", which is none`},
		{name: "a target of another type", approvals: []*Approval{approval([]Target{{3, "domain", "203.0.113.7"}}, "ed25519")}, refused: "which is none"},
		{name: "a target that is protected", approvals: []*Approval{approval([]Target{ip, {4, "ip", "10.0.0.1"}}, "ed25519")}, refused: `approves action 4 with the target "10.0.0.1", which is none`},
		{name: "a target that needs none", approvals: []*Approval{approval([]Target{{1, "ip", "203.0.113.9"}}, "ed25519")}, refused: `approves action 1`},
	} {
		t.Run(c.name, func(t *testing.T) {
			yaml := approversText(t)
			if c.needed != "" {
				yaml = strings.Replace(yaml, "needed: 1", "needed: "+c.needed, 1)
			}
			approvers, err := ParseApprovers("approvers.yaml", []byte(yaml))
			if err != nil {
				t.Fatal(err)
			}
			now, of := c.now, *p
			if now.IsZero() {
				now = noon
			}
			if c.planner != nil {
				of.Planner = *c.planner
			}
			s := Check(&of, sum, approvers, c.approvals, now)
			if c.refused != "" {
				if len(s.Refused) != 1 || !strings.Contains(s.Refused[0].Reason, c.refused) {
					t.Errorf("refused: %q, and not %q", s.Refused, c.refused)
				}
				if s.Approved() || len(s.Lacks()) != 3 {
					t.Errorf("approved by %v, lacks %q", s.Plan, s.Lacks())
				}
				return
			}
			if len(s.Refused) > 0 || len(s.Counted) != len(c.approvals) {
				t.Errorf("refused: %v, counted: %v", s.Refused, s.Counted)
			}
			if diff := cmp.Diff(c.lacks, s.Lacks()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestNobodyApproves where there are no approvers.
func TestNobodyApproves(t *testing.T) {
	p, text := written(t)
	s := Check(p, SHA256(text), nil, []*Approval{sign(t, SHA256(text), nil, "ed25519")}, noon)
	if s.Approved() || len(s.Refused) != 1 || len(s.Lacks()) != 3 {
		t.Errorf("%+v", s)
	}
}

// deviceApproval is signed by a key that no approver has.
func deviceApproval(t *testing.T, sum string) *Approval {
	t.Helper()
	a, err := Sign(NewStatement(sum, nil, "reviewed", noon), device{key: someDeviceKey(), flags: 1}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestOrderOfApprovalsIsNoMatter checks that whoever counts does so in whichever
// order the files are read, and that no approval takes from what others gave.
func TestOrderOfApprovalsIsNoMatter(t *testing.T) {
	p, text := written(t)
	sum := SHA256(text)
	approvers, err := ParseApprovers("approvers.yaml", []byte(strings.Replace(approversText(t), "needed: 1", "needed: 2", 1)))
	if err != nil {
		t.Fatal(err)
	}
	all := p.NeedApproval()
	var approvals []*Approval
	for _, key := range []string{"ed25519", "ecdsa", "rsa", "locked"} {
		for _, targets := range [][]Target{nil, all[:1], all[1:], all} {
			if key == "locked" {
				approvals = append(approvals, sign(t, somePlan, targets, "ed25519"))
				continue
			}
			approvals = append(approvals, sign(t, sum, targets, key))
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		some := rapid.SliceOfNDistinct(rapid.IntRange(0, len(approvals)-1), 0, 6, rapid.ID).Draw(t, "approvals")
		var in, reversed, more []*Approval
		for _, i := range some {
			in = append(in, approvals[i])
			reversed = append([]*Approval{approvals[i]}, reversed...)
		}
		more = append(append(more, in...), approvals[rapid.IntRange(0, len(approvals)-1).Draw(t, "one more")])
		one, other, grown := Check(p, sum, approvers, in, noon), Check(p, sum, approvers, reversed, noon), Check(p, sum, approvers, more, noon)
		for i, target := range all {
			_, ok := one.Grants(target.Action)
			if _, same := other.Grants(target.Action); ok != same {
				t.Fatalf("action %d: %v in one order, %v in the other", target.Action, ok, same)
			}
			if _, still := grown.Grants(target.Action); ok && !still {
				t.Fatalf("action %d is approved, and no more with one approval more", target.Action)
			}
			people := map[string]bool{}
			for _, a := range in {
				by, known := approvers.By(a.Key)
				for _, named := range a.Statement.Targets {
					if known && a.Statement.Plan == sum && named == target {
						people[by.User] = true
					}
				}
			}
			if len(one.Targets[i].By) != len(people) {
				t.Fatalf("action %d is approved by %v, and %d people signed", target.Action, one.Targets[i].By, len(people))
			}
		}
		if one.Approved() != other.Approved() || one.Approved() && !grown.Approved() {
			t.Fatal("the plan is approved in one order and not in the other")
		}
	})
}
