package plan

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A Standing is how far the approvals of a plan have come.
type Standing struct {
	// Needed is how many people must approve.
	Needed int
	// Plan are the approvals of the plan as a whole, one a person.
	Plan []Grant
	// Targets are the actions that need an approval of their own, in their order.
	Targets []TargetStanding
	// Counted are all approvals that count, in the order in which they were given:
	// those on whose strength the plan is sent. A person may have several.
	Counted []Grant
	// Refused are the approvals that do not count.
	Refused []Refusal
}

// A TargetStanding is how far the approvals of one target have come.
type TargetStanding struct {
	Target
	By []Grant
}

// A Grant is an approval that counts.
type Grant struct {
	Name string
	User string
	// Key is the fingerprint of the key.
	Key      string
	Reason   string
	Time     time.Time
	Approval *Approval
}

// Check tells who approved a plan, whose file has the given SHA-256, and each of
// its targets that needs it. An approval counts where it names this plan, by a
// key in approvers that has not expired, of a person who did not make the plan;
// a person counts once, however often and by however many keys they approve.
// Signatures were checked when the approvals were read. Where approvers is nil,
// nobody may approve.
func Check(p *Plan, sha256 string, approvers *Approvers, approvals []*Approval, now time.Time) Standing {
	if approvers == nil {
		approvers = &Approvers{Path: "no approvers.yaml", Needed: 1}
	}
	s := Standing{Needed: approvers.Needed}
	for _, t := range p.NeedApproval() {
		s.Targets = append(s.Targets, TargetStanding{Target: t})
	}
	for _, a := range approvals {
		by, reason := approvers.counts(p, sha256, a, now)
		if reason != "" {
			s.Refused = append(s.Refused, Refusal{a.File, reason})
			continue
		}
		grant := Grant{by.Name, by.User, Fingerprint(by.Key), a.Statement.Reason, a.Statement.Time, a}
		s.Counted = append(s.Counted, grant)
		s.Plan = once(s.Plan, grant)
		named := map[Target]bool{}
		for _, t := range a.Statement.Targets {
			named[t] = true
		}
		for i, t := range s.Targets {
			if named[t.Target] {
				s.Targets[i].By = once(t.By, grant)
			}
		}
	}
	return s
}

// counts finds whose an approval is, and why it does not count, "" where it
// does.
func (a *Approvers) counts(p *Plan, sha256 string, approval *Approval, now time.Time) (by Approver, reason string) {
	s := approval.Statement
	switch {
	case s.Plan != sha256:
		return by, "it is of another plan, or the plan was changed since"
	case s.Time.After(now.Add(maxSkew)):
		return by, "it was signed at " + s.Time.Format(time.RFC3339) + ", which is yet to come"
	case s.Time.After(p.Expires):
		return by, "it was signed after the plan expired"
	case s.Time.Before(p.Created.Add(-maxSkew)):
		return by, "it was signed before the plan was made"
	}
	by, err := a.MayApprove(p, approval.Key, now)
	if err != nil {
		return by, err.Error()
	}
	needing := map[Target]bool{}
	for _, t := range p.NeedApproval() {
		needing[t] = true
	}
	for _, t := range s.Targets {
		if !needing[t] {
			return by, fmt.Sprintf("it approves action %d with the target %s, which is none of the plan that needs it", t.Action, strconv.Quote(t.Canonical))
		}
	}
	return by, ""
}

// once adds a grant unless its person is there already.
func once(grants []Grant, g Grant) []Grant {
	for _, other := range grants {
		if strings.EqualFold(other.User, g.User) {
			return grants
		}
	}
	return append(grants, g)
}

// Approved reports whether enough people approved the plan as a whole.
func (s Standing) Approved() bool { return len(s.Plan) >= s.Needed }

// Grants are the approvals of the target of an action; ok says that they are
// enough for it to be sent.
func (s Standing) Grants(action int) (by []Grant, ok bool) {
	for _, t := range s.Targets {
		if t.Action == action {
			return t.By, len(t.By) >= s.Needed
		}
	}
	return nil, false
}

// Lacks says in a sentence each what approvals are missing, of the plan first;
// nothing where it can be sent whole.
func (s Standing) Lacks() []string {
	var lacks []string
	if !s.Approved() {
		lacks = append(lacks, "the plan "+s.short(s.Plan))
	}
	for _, t := range s.Targets {
		if len(t.By) < s.Needed {
			lacks = append(lacks, fmt.Sprintf("action %d, %s %s, %s", t.Action, t.Type, strconv.Quote(t.Canonical), s.short(t.By)))
		}
	}
	return lacks
}

// short tells how many approvals there are of those needed, and whose.
func (s Standing) short(by []Grant) string {
	if len(by) == 0 {
		return fmt.Sprintf("is approved by nobody, %d must", s.Needed)
	}
	names := make([]string, len(by))
	for i, g := range by {
		names[i] = g.Name
	}
	return fmt.Sprintf("is approved by %d of %d people: %s", len(by), s.Needed, strings.Join(names, ", "))
}
