package code

import (
	"fmt"
	"strings"
)

// Meaning says in words what the statements do, one after the other.
func (s statements) Meaning() []string {
	var out []string
	for _, one := range s.list {
		_, behind, _ := strings.Cut(one.text, "=")
		behind = strings.TrimSpace(behind)
		switch one.does {
		case assign:
			out = append(out, fmt.Sprintf("set %s of each row to %s", one.columns[0], behind))
		case where:
			out = append(out, "keep the rows in which "+strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(one.text), "where")))
		case drop:
			out = append(out, "take away "+strings.Join(one.columns, ", "))
		case rename:
			out = append(out, fmt.Sprintf("call %s by the name %s", one.columns[0], one.columns[1]))
		}
	}
	return out
}

// Meaning says what DNIF's Python does with the rows: what it returns, no one
// can tell before.
func (p python) Meaning() []string {
	return []string{"give all rows to transform, in Python; the rows that it returns go on"}
}
