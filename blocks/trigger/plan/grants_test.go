package plan

import "testing"

// TestGrantsOfATarget: a target that needs an approval of its own goes with as
// many as the plan needs, and not with one fewer.
func TestGrantsOfATarget(t *testing.T) {
	s := Standing{Needed: 2, Targets: []TargetStanding{
		{Target: Target{Action: 1}, By: []Grant{{Name: "ada"}}},
		{Target: Target{Action: 2}, By: []Grant{{Name: "ada"}, {Name: "ben"}}},
	}}
	for action, want := range map[int]bool{1: false, 2: true, 3: false} {
		if by, ok := s.Grants(action); ok != want || want && len(by) != 2 {
			t.Errorf("action %d goes: %v, by %v", action, ok, by)
		}
	}
}
