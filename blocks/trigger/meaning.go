package trigger

import "fmt"

// Meaning says what a request is aimed at and where it would go.
func (s *step) Meaning() []string {
	n := s.integration
	if n.TargetType() == "" || n.Target() == "" {
		return []string{fmt.Sprintf("make one request of each row, to %s through %s; it blocks nothing", n.Origin(), n.Name)}
	}
	return []string{
		fmt.Sprintf("make one request of each row, to %s through %s", n.Origin(), n.Name),
		fmt.Sprintf("it is aimed at the %s in %s; the guard refuses what is protected", n.TargetType(), n.Target()),
		"nothing is sent: a rehearsal asks the simulator",
	}
}
