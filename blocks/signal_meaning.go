package blocks

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Meaning says what the block raises.
func (s *signalStep) Meaning() []string {
	line := fmt.Sprintf("raise a signal %s for each row", s.name)
	if s.scored {
		line += fmt.Sprintf(", of score %d", s.score)
	}
	out := []string{line}
	for _, side := range []struct {
		name   string
		fields map[string]string
	}{{"target", s.target}, {"suspect", s.suspect}} {
		var parts []string
		for _, key := range slices.Sorted(maps.Keys(side.fields)) {
			parts = append(parts, key+" "+side.fields[key])
		}
		if len(parts) > 0 {
			out = append(out, "with the "+side.name+" "+strings.Join(parts, ", "))
		}
	}
	return append(out, "let all rows pass on")
}
